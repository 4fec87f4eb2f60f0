//! A participant over all chains: registered, connected, accredited, not suspended.

use der_api::ErrorCode;
use der_api::bytes::Digest;
use der_api::reply::ParticipantView;
use der_market::id::ParticipantId;

use crate::context::Context;
use crate::error::ContractError;
use crate::key::Key;
use crate::ledger::Answers;
use crate::rows::{Accreditation, Connection, Suspension, User};
use crate::schema::{self, Row};
use crate::view::LedgerView;

/// The rows that say how a participant stands, to be read together with others.
pub(crate) struct StandingRows {
    user: Row<User>,
    connection: Row<Connection>,
    accreditation: Row<Accreditation>,
    suspension: Row<Suspension>,
}

/// How a participant stands.
pub(crate) struct Standing {
    pub(crate) user: User,
    connection: Option<Connection>,
    pub(crate) accredited: bool,
    pub(crate) suspended: bool,
    pub(crate) moved_out: bool,
}

impl StandingRows {
    pub(crate) fn of(who: &ParticipantId) -> Self {
        Self {
            user: schema::user(who),
            connection: schema::connection(who),
            accreditation: schema::accreditation(who),
            suspension: schema::suspension(who),
        }
    }

    pub(crate) fn keys(&self) -> [Key; 4] {
        [
            self.user.key.clone(),
            self.connection.key.clone(),
            self.accreditation.key.clone(),
            self.suspension.key.clone(),
        ]
    }

    /// # Errors
    /// [`ErrorCode::NotRegistered`] without a row on the user chain.
    pub(crate) fn read(&self, answers: &Answers) -> Result<Standing, ContractError> {
        let unregistered = || ContractError::new(ErrorCode::NotRegistered, format!("there is no {:?}", self.user.key));
        self.find(answers)?.ok_or_else(unregistered)
    }

    /// How a participant stands; none without a row on the user chain.
    pub(crate) fn find(&self, answers: &Answers) -> Result<Option<Standing>, ContractError> {
        let Some(user) = answers.get(&self.user)? else {
            return Ok(None);
        };
        let suspension = answers.get(&self.suspension)?;
        Ok(Some(Standing {
            user,
            connection: answers.get(&self.connection)?,
            accredited: answers.get(&self.accreditation)?.is_some(),
            suspended: suspension.as_ref().is_some_and(|row| row.suspended),
            moved_out: suspension.is_some_and(|row| row.moved_out == Some(true)),
        }))
    }
}

impl Standing {
    /// A participant that has just asked to join.
    pub(crate) fn requested(user: User) -> Self {
        Self {
            user,
            connection: None,
            accredited: false,
            suspended: false,
            moved_out: false,
        }
    }

    pub(crate) async fn of<V: LedgerView>(cx: &Context<'_, V>, who: &ParticipantId) -> Result<Self, ContractError> {
        let rows = StandingRows::of(who);
        rows.read(&cx.ledger.many(&rows.keys()).await?)
    }

    /// The grid company accepted the very point of the registration.
    pub(crate) fn connected(&self) -> bool {
        self.connection.as_ref().is_some_and(|row| row.point == self.user.point)
    }

    /// Refuses unless the participant may trade.
    pub(crate) fn require_active(&self) -> Result<(), ContractError> {
        let who = &self.user.participant;
        if !self.connected() {
            let detail = format!("the grid company has not accepted the connection of {who}");
            return Err(ContractError::new(ErrorCode::NotAuthenticated, detail));
        }
        if !self.accredited {
            let detail = format!("the regulator has not accredited {who}");
            return Err(ContractError::new(ErrorCode::NotAuthenticated, detail));
        }
        self.require_resident()?;
        if self.suspended {
            return Err(ContractError::new(ErrorCode::Suspended, format!("{who} is suspended")));
        }
        Ok(())
    }

    /// Refuses for a participant that has moved out.
    pub(crate) fn require_resident(&self) -> Result<(), ContractError> {
        if self.moved_out {
            let detail = format!("{} has moved out", self.user.participant);
            return Err(ContractError::new(ErrorCode::MovedOut, detail));
        }
        Ok(())
    }

    pub(crate) fn view(&self, keys: Vec<Digest>) -> ParticipantView {
        ParticipantView {
            participant: self.user.participant.clone(),
            capacity_w: self.user.capacity_w,
            point: self.user.point.clone(),
            source: self.user.source,
            class: self.user.class,
            connected: self.connected(),
            accredited: self.accredited,
            suspended: self.suspended,
            keys,
            moved_out: self.moved_out.then_some(true),
        }
    }

    pub(crate) fn connect(&mut self) {
        self.connection = Some(Connection {
            point: self.user.point.clone(),
        });
    }
}

/// Fingerprints of a participant's contract-signing keys.
pub(crate) async fn fingerprints<V: LedgerView>(
    cx: &Context<'_, V>,
    who: &ParticipantId,
) -> Result<Vec<Digest>, ContractError> {
    let keys = cx.ledger.scan(&schema::signing_keys_of(who)).await?;
    Ok(keys.iter().map(|row| Digest::of(row.public_key.as_slice())).collect())
}
