//! How a statement stands: what is due, and what became of its lines.

use der_api::ErrorCode;
use der_api::reply::{LineState, MonthStatementView, StatedLine};
use der_api::request::QueryMonthStatement;
use der_market::billing::Month;
use der_market::journal::{Account, sum_of};
use der_market::units::{Money, UnitError};

use super::super::time::elapsed;
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::governance::rules_in_force;
use crate::rows::{Ruling, Statement, StatementHead, StatementState};
use crate::schema;
use crate::view::LedgerView;

/// A statement with what became of it.
pub(super) struct Standing {
    pub(super) statement: Statement,
    pub(super) state: StatementState,
    pub(super) head: StatementHead,
    /// The days for answers are over.
    pub(super) silent: bool,
}

impl Standing {
    pub(super) async fn of<V: LedgerView>(
        cx: &Context<'_, V>,
        account: &Account,
        month: Month,
    ) -> Result<Self, ContractError> {
        let statement = cx.ledger.require(&schema::statement(account, &month)).await?;
        let (state, head) = (
            schema::statement_state(account, &month),
            schema::statement_head(account),
        );
        let answers = cx.ledger.many(&[state.key.clone(), head.key.clone()]).await?;
        let missing = || ContractError::new(ErrorCode::CorruptState, format!("{account} has no head"));
        let days = rules_in_force(cx, statement.closed_at).await?.billing().silence_days;
        Ok(Self {
            silent: elapsed(cx, statement.closed_at, days).await?,
            state: answers.get(&state)?.unwrap_or_default(),
            head: answers.get(&head)?.ok_or_else(missing)?,
            statement,
        })
    }

    /// The line of a number.
    pub(super) fn require(&self, line: u32) -> Result<Money, ContractError> {
        let place = usize::try_from(line).ok();
        let found = place.and_then(|place| self.statement.lines.get(place));
        let unknown = || ContractError::new(ErrorCode::UnknownLine, format!("there is no line {line}"));
        found.map(|line| line.amount).ok_or_else(unknown)
    }

    /// What became of a line.
    pub(super) fn line(&self, number: u32) -> LineState {
        match self.state.disputed.get(&number) {
            Some(Ruling::Pending) => LineState::Disputed,
            Some(Ruling::Stands) => LineState::Stands,
            Some(Ruling::Falls) => LineState::Falls,
            None if self.state.acknowledged.contains(&number) => LineState::Acknowledged,
            None if self.silent => LineState::Silent,
            None => LineState::Open,
        }
    }

    /// Numbers of the lines in a state that this accepts.
    pub(super) fn numbers(&self, wanted: impl Fn(LineState) -> bool) -> Vec<u32> {
        let numbers = (0_u32..).zip(&self.statement.lines).map(|(number, _)| number);
        numbers.filter(|number| wanted(self.line(*number))).collect()
    }

    fn sum(&self, wanted: impl Fn(LineState) -> bool) -> Result<Money, UnitError> {
        let lines = (0_u32..).zip(&self.statement.lines);
        sum_of(
            lines
                .filter(|(number, _)| wanted(self.line(*number)))
                .map(|(_, line)| line.amount),
        )
    }

    /// Undisputed and not paid.
    pub(super) fn due(&self) -> Result<Money, UnitError> {
        self.sum(|line| !matches!(line, LineState::Disputed | LineState::Falls))?
            .minus(self.state.paid)
    }

    /// Not paid, disputed lines included.
    fn open(&self) -> Result<Money, UnitError> {
        self.sum(|line| line != LineState::Falls)?.minus(self.state.paid)
    }

    /// What is told of it.
    pub(super) fn view(&self) -> Result<MonthStatementView, ContractError> {
        let row = &self.statement;
        let lines = (0_u32..).zip(&row.lines).map(|(number, line)| StatedLine {
            number,
            line: line.clone(),
            state: self.line(number),
        });
        Ok(MonthStatementView {
            account: row.account.clone(),
            month: row.month,
            closed_at: row.closed_at,
            lines: lines.collect(),
            total: row.total,
            rest: row.rest,
            due: self.due()?,
            paid: self.state.paid,
            in_default: self.state.in_default,
        })
    }

    /// A decision that puts what became of it.
    pub(super) fn put(&self) -> Result<Decision, ContractError> {
        let (account, month) = (&self.statement.account, &self.statement.month);
        let mut decision = Decision::replying(&self.view()?)?;
        decision.put(schema::statement_state(account, month), &self.state)?;
        Ok(decision)
    }

    /// Puts what is open of it at its account's head.
    pub(super) fn put_head(&self, decision: &mut Decision) -> Result<(), ContractError> {
        let mut head = self.head.clone();
        match self.open()? {
            Money::ZERO => head.unpaid.remove(&self.statement.month),
            open => head.unpaid.insert(self.statement.month, open),
        };
        decision.put(schema::statement_head(&self.statement.account), &head)
    }
}

/// `Query:MonthStatement`.
pub(crate) async fn month_statement<V: LedgerView>(
    cx: &Context<'_, V>,
    request: QueryMonthStatement,
) -> Result<Decision, ContractError> {
    let standing = Standing::of(cx, &request.account, request.month).await?;
    Decision::replying(&standing.view()?)
}
