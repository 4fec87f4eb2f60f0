//! What a participant may dispose of: one row, moved by its own acts alone.

use der_api::ErrorCode;
use der_api::reply::FundsView;
use der_market::id::ParticipantId;
use der_market::journal::{Account, Journal, Posting, Purpose, sum};
use der_market::units::{Money, UnitError};

use crate::context::Context;
use crate::error::ContractError;
use crate::identity::Standing;
use crate::ledger::Answers;
use crate::rows::Funds;
use crate::schema;
use crate::view::LedgerView;

/// A participant's funds; before its first act they are what its account was opened with.
pub(crate) async fn funds_of<V: LedgerView>(cx: &Context<'_, V>, who: &ParticipantId) -> Result<Funds, ContractError> {
    let account = Account::Participant(who.clone());
    let (funds, opening) = (schema::funds(who), schema::opening(&account));
    let answers = cx.ledger.many(&[funds.key.clone(), opening.key.clone()]).await?;
    if let Some(funds) = answers.get(&funds)? {
        return Ok(funds);
    }
    opened(who, &answers)
}

/// Funds before their owner's first act, where the opening row was read.
pub(super) fn opened(who: &ParticipantId, answers: &Answers) -> Result<Funds, ContractError> {
    let account = Account::Participant(who.clone());
    let row = answers.get(&schema::opening(&account))?;
    let postings = row.map_or(Vec::new(), |row| row.postings);
    Ok(Funds {
        balance: sum(postings.iter().filter(|posting| posting.account == account))?,
        held: Money::ZERO,
    })
}

/// Refuses a participant that was never accredited. One that is suspended keeps its money.
pub(crate) async fn accredited<V: LedgerView>(cx: &Context<'_, V>, who: &ParticipantId) -> Result<(), ContractError> {
    if Standing::of(cx, who).await?.accredited {
        return Ok(());
    }
    let detail = format!("the regulator has not accredited {who}");
    Err(ContractError::new(ErrorCode::NotAuthenticated, detail))
}

impl Funds {
    /// What is neither held nor spent.
    pub(crate) fn available(&self) -> Result<Money, UnitError> {
        self.balance.minus(self.held)
    }

    /// Moves the balance. What leaves it must be available.
    pub(crate) fn moved(&self, amount: Money) -> Result<Self, ContractError> {
        let moved = Self {
            balance: self.balance.plus(amount)?,
            held: self.held,
        };
        if amount < Money::ZERO && moved.available()? < Money::ZERO {
            return Err(short(self.available()?, amount.negated()?));
        }
        Ok(moved)
    }
}

/// A refusal for want of money.
pub(super) fn short(available: Money, wanted: Money) -> ContractError {
    let detail = format!(
        "{} yuan available, {} yuan needed",
        available.to_yuan(),
        wanted.to_yuan()
    );
    ContractError::new(ErrorCode::InsufficientFunds, detail)
}

/// What is told of funds.
pub(crate) fn funds_view(who: &ParticipantId, funds: &Funds) -> Result<FundsView, ContractError> {
    Ok(FundsView {
        participant: who.clone(),
        balance: funds.balance,
        held: funds.held,
        available: funds.available()?,
    })
}

/// A booking between two accounts outside settlement.
pub(crate) struct Book {
    journal: Journal,
}

impl Book {
    /// So much from one to the other.
    pub(crate) fn of(from: &Account, to: &Account, purpose: Purpose, amount: Money) -> Result<Self, ContractError> {
        let mut journal = Journal::default();
        journal.transfer(from.clone(), to.clone(), purpose, amount)?;
        Ok(Self { journal })
    }

    /// The postings of one account.
    pub(crate) fn of_account(&self, account: &Account) -> Vec<Posting> {
        let postings = self.journal.postings().iter();
        postings
            .filter(|posting| posting.account == *account)
            .cloned()
            .collect()
    }

    /// All postings; they sum to zero.
    pub(crate) fn postings(&self) -> Vec<Posting> {
        self.journal.postings().to_vec()
    }
}
