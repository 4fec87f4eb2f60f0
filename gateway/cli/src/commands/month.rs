//! `der statement` by month: close, read, answer, pay.

use clap::Args;
use der_api::reply::MonthStatementView;
use der_api::request::{
    AcknowledgeStatement, CLOSE_LIMIT, CloseStatements, DecideLine, DeclareDefault, DisputeStatement, PayStatement,
    QueryMonthStatement,
};
use der_market::billing::Month;
use der_market::id::ParticipantId;
use der_market::journal::Account;
use der_market::slot::Slot;
use serde::Serialize;

use super::account::Which;
use super::{DryRun, parse};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::line;
use crate::session::Session;

/// One account's month.
#[derive(Debug, Args)]
struct Of {
    /// Whose.
    account: Account,
    /// Which month, YYYY-MM.
    month: Month,
}

/// A month to read.
#[derive(Debug, Args)]
pub struct Read {
    #[command(flatten)]
    of: Of,
    /// Print the lines as CSV.
    #[arg(long)]
    csv: bool,
}

/// Lines to answer.
#[derive(Debug, Args)]
pub struct Lines {
    #[command(flatten)]
    of: Of,
    /// Numbers of lines.
    lines: Vec<u32>,
    #[command(flatten)]
    dry: DryRun,
}

/// A line to decide.
#[derive(Debug, Args)]
pub struct Decision {
    #[command(flatten)]
    of: Of,
    /// Which line.
    line: u32,
    /// It stands; without this it is booked back.
    #[arg(long)]
    stands: bool,
    #[command(flatten)]
    dry: DryRun,
}

/// A month to close.
#[derive(Debug, Args)]
pub struct Close {
    /// Which month, YYYY-MM.
    #[arg(long)]
    month: Month,
    /// The latest settled slot: from it on the time for answers runs.
    #[arg(long, value_name = "SLOT", value_parser = parse::number::<Slot>)]
    at: Slot,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    dry: DryRun,
}

/// The caller's month.
#[derive(Debug, Args)]
pub struct Pay {
    /// Which month, YYYY-MM.
    month: Month,
    #[command(flatten)]
    dry: DryRun,
}

/// A participant's month.
#[derive(Debug, Args)]
pub struct Overdue {
    /// Whose.
    participant: ParticipantId,
    /// Which month, YYYY-MM.
    month: Month,
    #[command(flatten)]
    dry: DryRun,
}

#[derive(Serialize)]
struct Closed {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    month: Month,
    closed: u32,
}

impl Read {
    pub(super) fn run(self, session: &Session) -> Result<Exit, Failure> {
        let Of { account, month } = self.of;
        let request = QueryMonthStatement { month, account };
        if !self.csv {
            return session.query(&request);
        }
        let view = session
            .wait(session.client().month_statement(&request))
            .map_err(|error| Failure::from(&error))?;
        line(csv(&view)?.trim_end())?;
        Ok(Exit::Done)
    }
}

impl Lines {
    pub(super) fn acknowledge(self, session: &Session) -> Result<Exit, Failure> {
        let (Of { account, month }, lines) = (self.of, self.lines);
        session.submit(&AcknowledgeStatement { month, account, lines }, self.dry)
    }

    pub(super) fn dispute(self, session: &Session) -> Result<Exit, Failure> {
        let (Of { account, month }, lines) = (self.of, self.lines);
        session.submit(&DisputeStatement { month, account, lines }, self.dry)
    }
}

impl Decision {
    pub(super) fn run(self, session: &Session) -> Result<Exit, Failure> {
        let Of { account, month } = self.of;
        let request = DecideLine {
            month,
            account,
            line: self.line,
            stands: self.stands,
        };
        session.submit(&request, self.dry)
    }
}

impl Close {
    pub(super) fn run(self, session: &Session) -> Result<Exit, Failure> {
        let (month, at) = (self.month, self.at);
        let accounts = self.which.read(session)?;
        let pages = accounts.chunks(CLOSE_LIMIT).map(|page| CloseStatements {
            month,
            at,
            accounts: page.to_vec(),
        });
        let replies = session.pages(pages, self.dry)?;
        session.done(&Closed {
            dry_run: self.dry.dry_run,
            month,
            closed: replies.iter().map(|reply| reply.closed).sum(),
        })
    }
}

impl Pay {
    pub(super) fn run(self, session: &Session) -> Result<Exit, Failure> {
        session.submit(&PayStatement { month: self.month }, self.dry)
    }
}

impl Overdue {
    pub(super) fn run(self, session: &Session) -> Result<Exit, Failure> {
        let Self {
            participant,
            month,
            dry,
        } = self;
        session.submit(&DeclareDefault { month, participant }, dry)
    }
}

/// A heading and a row per line; no field needs a quotation mark. The amounts of a file add up to the statement's total.
fn csv(view: &MonthStatementView) -> Result<String, Failure> {
    let mut text = String::from("account,month,number,day,purpose,exact_nyuan,amount_yuan,state\n");
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    for stated in &view.lines {
        let line = &stated.line;
        let purpose = word(serde_json::to_value(line.purpose).map_err(Failure::internal)?);
        let state = word(serde_json::to_value(stated.state).map_err(Failure::internal)?);
        let day = line.day.map_or_else(String::new, |day| day.to_string());
        text.push_str(&format!(
            "{},{},{},{day},{purpose},{},{},{state}\n",
            view.account,
            view.month,
            stated.number,
            line.exact,
            line.amount.to_yuan()
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use der_api::reply::MonthStatementView;

    use super::csv;

    #[test]
    fn a_statement_as_csv_has_a_row_for_each_line() {
        let view: MonthStatementView = serde_json::from_str(
            r#"{"account":"grid","month":"2026-11","closed_at":7,"lines":[
                {"number":0,"line":{"day":20758,"purpose":"grid_supply","exact":"-110000000001","amount":"-110000000000"},"state":"open"},
                {"number":1,"line":{"day":null,"purpose":"rounding","exact":"1","amount":"0"},"state":"silent"}],
                "total":"-110000000000","rest":"0","due":"0","paid":"0","in_default":false}"#,
        )
        .unwrap();
        assert_eq!(
            csv(&view).unwrap(),
            "account,month,number,day,purpose,exact_nyuan,amount_yuan,state\n\
             grid,2026-11,0,20758,grid_supply,-110000000001,-110,open\n\
             grid,2026-11,1,,rounding,1,0,silent\n"
        );
    }
}
