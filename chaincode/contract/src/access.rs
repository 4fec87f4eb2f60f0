//! Who may call what. Deny by default: roles come from the certificate, parts from `Market:Bootstrap`.

use std::collections::BTreeSet;

use der_api::organisations::{Organisations, Part};
use der_api::schema::WHOLE_MARKET;
use der_api::{ErrorCode, Function};
use der_market::id::{EnrolmentId, MspId, ParticipantId};
use serde::Serialize;

use crate::caller::{Attributes, Caller};
use crate::error::ContractError;

/// Name of the attribute that carries the roles, separated by commas.
pub const ROLE_ATTRIBUTE: &str = "der.role";

/// What a caller does for its organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Trades.
    Participant,
    /// Enrols users.
    Registrar,
    /// Keeps the grid chain.
    Grid,
    /// Publishes prices.
    Retail,
    /// Accredits and suspends.
    Regulator,
    /// Moves slots through their stages.
    Operator,
    /// Registers meters and reports readings.
    Metering,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 7] = [
        Self::Participant,
        Self::Registrar,
        Self::Grid,
        Self::Retail,
        Self::Regulator,
        Self::Operator,
        Self::Metering,
    ];

    /// Its name in a certificate.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Participant => "participant",
            Self::Registrar => "registrar",
            Self::Grid => "grid",
            Self::Retail => "retail",
            Self::Regulator => "regulator",
            Self::Operator => "operator",
            Self::Metering => "metering",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

const EVERYBODY: &[Part] = &[Part::Grid, Part::Regulator, Part::Energy, Part::Microgrid];
const USERS: &[Part] = &[Part::Energy, Part::Microgrid];

/// Roles and parts that may call a function on a ledger of this schema.
pub(crate) fn allowed(function: Function, schema: u32) -> (&'static [Role], &'static [Part]) {
    use Function as F;
    match function {
        F::Bootstrap => (&[Role::Operator], &[Part::Grid]),
        stage if stage.is_stage() && schema >= WHOLE_MARKET => (&[Role::Operator], EVERYBODY),
        F::WriteContracts | F::ProposeWelfare => (&[Role::Operator], EVERYBODY),
        F::OpenSlot
        | F::CloseGate
        | F::EndReveal
        | F::SealBook
        | F::Clear
        | F::EndConfirmation
        | F::Plan
        | F::Settle => (&[Role::Operator], &[Part::Grid, Part::Regulator]),
        F::Migrate | F::AdmitMember | F::DismissMember | F::RewriteGuards | F::PublishParameters => {
            (&[Role::Operator, Role::Regulator], &[Part::Grid, Part::Regulator])
        }
        F::CallFor => (&[Role::Operator], EVERYBODY),
        F::Propose => (
            &[
                Role::Operator,
                Role::Regulator,
                Role::Registrar,
                Role::Grid,
                Role::Retail,
            ],
            EVERYBODY,
        ),
        F::Approve | F::Reject | F::Enact => (&[Role::Operator, Role::Regulator, Role::Registrar], EVERYBODY),
        F::PublishRows => (&[Role::Grid], &[Part::Grid]),
        F::SuspendMarket | F::ResumeMarket | F::QueryMarketAudit => (&[Role::Regulator], &[Part::Regulator]),
        F::PublishPoint | F::PublishDistances | F::AcceptConnection => (&[Role::Grid], &[Part::Grid]),
        F::RegisterMeter | F::ReplaceMeter => (&[Role::Metering], &[Part::Grid]),
        F::SettlePage | F::CorrectSlot => (&[Role::Operator], &[Part::Grid, Part::Regulator]),
        F::Estimate => (&[Role::Metering, Role::Operator], &[Part::Grid, Part::Regulator]),
        F::Authenticate | F::Suspend | F::Reinstate | F::SetIndex => (&[Role::Regulator], &[Part::Regulator]),
        F::AccrueCertificates => (&[Role::Metering, Role::Operator, Role::Participant], EVERYBODY),
        F::TransferCertificates | F::ClaimCertificates => (&[Role::Participant], USERS),
        F::RecordReadings => (&[Role::Metering, Role::Operator, Role::Participant], EVERYBODY),
        F::RegisterUser | F::AddKey | F::MoveOut => (&[Role::Participant], USERS),
        F::RegisterDevice | F::ChangeDevice | F::RetireDevice | F::SetState => (&[Role::Participant], USERS),
        F::RegisterPlant | F::ChangePlant | F::RetirePlant => (&[Role::Participant], USERS),
        F::GrantMandate | F::RevokeMandate | F::GrantDelegation | F::RevokeDelegation => (&[Role::Participant], USERS),
        F::Seal | F::Reveal | F::Amend | F::WithdrawMany | F::SetAside => (&[Role::Participant], USERS),
        F::PostForecast | F::PostMany | F::PostOffer | F::PostBid | F::Withdraw | F::Confirm | F::Refuse => {
            (&[Role::Participant], USERS)
        }
        F::RequestDeposit | F::RequestWithdrawal | F::Collect | F::ReleaseHolds | F::PayStatement => {
            (&[Role::Participant], USERS)
        }
        F::AnswerDeposit | F::AnswerWithdrawal => (&[Role::Retail], &[Part::Grid]),
        F::FoldAccounts | F::RollCredit => (&[Role::Operator], &[Part::Grid, Part::Regulator]),
        F::CloseStatements | F::DeclareDefault => (&[Role::Operator, Role::Retail], &[Part::Grid, Part::Regulator]),
        F::AcknowledgeStatement => (
            &[Role::Participant, Role::Grid, Role::Retail],
            &[Part::Grid, Part::Energy, Part::Microgrid],
        ),
        F::DisputeStatement => (&[Role::Participant], USERS),
        F::DecideLine => (&[Role::Regulator], &[Part::Regulator]),
        query if query.is_query() => (&Role::ALL, EVERYBODY),
        _ => (&[], &[]),
    }
}

/// A caller with its roles, before its organisation's part is known.
pub(crate) struct Identified {
    pub(crate) id: ParticipantId,
    roles: BTreeSet<Role>,
    pub(crate) public_key: Vec<u8>,
}

/// Reads identity and roles from the certificate's data.
pub(crate) fn identify(caller: &Caller) -> Result<Identified, ContractError> {
    let unidentified = |what: String| ContractError::new(ErrorCode::CallerUnidentified, what);
    let msp = MspId::new(caller.msp_id.as_str()).map_err(|e| unidentified(e.to_string()))?;
    let user = EnrolmentId::new(caller.enrollment_id.as_str()).map_err(|e| unidentified(e.to_string()))?;
    let attributes = match &caller.attributes {
        Attributes::Absent => return Err(ErrorCode::MissingRole.into()),
        Attributes::Malformed => return Err(ErrorCode::MalformedAttributes.into()),
        Attributes::Present(attributes) => attributes,
    };
    let roles = attributes.get(ROLE_ATTRIBUTE).ok_or(ErrorCode::MissingRole)?;
    let roles = roles
        .split(',')
        .filter_map(|name| Role::from_name(name.trim()))
        .collect();
    Ok(Identified {
        id: ParticipantId::new(msp, user),
        roles,
        public_key: caller.public_key.clone(),
    })
}

impl Identified {
    /// Refuses unless role and organisation both allow the function.
    pub(crate) fn authorise(
        &self,
        function: Function,
        organisations: &Organisations,
        schema: u32,
    ) -> Result<(), ContractError> {
        let (roles, parts) = allowed(function, schema);
        let name = function.name();
        if !organisations
            .part_of(&self.id.msp)
            .is_some_and(|part| parts.contains(&part))
        {
            let detail = format!("{} may not call {name}", self.id.msp);
            return Err(ContractError::new(ErrorCode::OrganisationNotAllowed, detail));
        }
        if !roles.iter().any(|role| self.roles.contains(role)) {
            let detail = format!("none of the caller's roles may call {name}");
            return Err(ContractError::new(ErrorCode::RoleNotAllowed, detail));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_function_is_open_to_everybody_by_oversight() {
        for function in Function::all() {
            let (roles, parts) = allowed(*function, WHOLE_MARKET);
            assert!(
                !roles.is_empty() && !parts.is_empty(),
                "{} can never be called",
                function.name()
            );
            assert!(
                function.is_query() || roles.len() < Role::ALL.len(),
                "{} is open",
                function.name()
            );
        }
    }
}
