//! Payments, accounts, credit and statements: a typed method for each function.

use der_api::request::{
    AcknowledgeStatement, AnswerDeposit, AnswerWithdrawal, CloseStatements, Collect, DecideLine, DeclareDefault,
    DisputeStatement, FoldAccounts, PayStatement, QueryAccount, QueryAccounts, QueryCredit, QueryMonthStatement,
    QueryPayment, ReleaseHolds, Request, RequestDeposit, RequestWithdrawal, RollCredit,
};

use crate::market_client::{queries, submits};
use crate::{ClientError, MarketClient, Receipt};

submits! {
    /// Says that the caller pays money in.
    request_deposit: RequestDeposit;
    /// Confirms or refuses a deposit.
    answer_deposit: AnswerDeposit;
    /// Asks for the caller's money back.
    request_withdrawal: RequestWithdrawal;
    /// Confirms or refuses a withdrawal.
    answer_withdrawal: AnswerWithdrawal;
    /// Takes confirmed payments into what is available.
    collect: Collect;
    /// Takes back what is held in vain.
    release_holds: ReleaseHolds;
    /// Sums up a day of accounts.
    fold_accounts: FoldAccounts;
    /// Counts settled slots into credit.
    roll_credit: RollCredit;
    /// Closes a month.
    close_statements: CloseStatements;
    /// Accepts lines of a statement.
    acknowledge_statement: AcknowledgeStatement;
    /// Disputes lines of a statement.
    dispute_statement: DisputeStatement;
    /// Decides a disputed line.
    decide_line: DecideLine;
    /// Settles the caller's statement.
    pay_statement: PayStatement;
    /// Declares a payment default.
    declare_default: DeclareDefault;
}

queries! {
    /// A deposit or a withdrawal.
    payment: QueryPayment;
    /// An account by its folds.
    account: QueryAccount;
    /// Accounts, page by page.
    accounts: QueryAccounts;
    /// A participant's credit.
    credit: QueryCredit;
    /// A closed statement.
    month_statement: QueryMonthStatement;
}
