//! From the market's codes to exit codes, and from a client's error to what a user reads.

use der_api::ErrorCode;
use der_client::ClientError;
use fabric_gateway::Stage;

use crate::exit::Exit;
use crate::failure::{Failure, PeerWords};

impl From<&ClientError> for Failure {
    fn from(error: &ClientError) -> Self {
        let peers = error.peers().iter().map(|peer| PeerWords {
            address: peer.address.clone(),
            msp_id: peer.msp_id.clone(),
            message: peer.message.clone(),
        });
        let failure = Self::new(exit_of(error.code()), error.detail())
            .of_transaction(error.transaction_id().unwrap_or_default())
            .with_code(error.code())
            .with_peers(peers.collect())
            .advise(error.advice());
        match error.stage() {
            Stage::Configure => failure,
            stage => failure.at_stage(stage),
        }
    }
}

/// The exit code of a refusal.
#[must_use]
pub fn exit_of(code: ErrorCode) -> Exit {
    use ErrorCode as C;
    match code {
        C::RecordNotFound | C::UnknownPoint | C::UnknownMeter => Exit::NotFound,
        C::MvccReadConflict | C::PhantomReadConflict | C::DuplicateTransaction | C::EndorsementsDisagree => {
            Exit::Conflict
        }
        C::ChaincodeUnavailable
        | C::DeadlineExceeded
        | C::CommitUnknown
        | C::Overloaded
        | C::NetworkDown
        | C::NoEndorsers => Exit::Network,
        C::BadCreatorSignature | C::IdentityRefused => Exit::NotAuthorised,
        C::BadContractSignature | C::UncodedRefusal => Exit::Refused,
        other => match other.number() {
            2000..=2999 => Exit::NotAuthorised,
            9000..=9999 => Exit::Internal,
            _ => Exit::Refused,
        },
    }
}

#[cfg(test)]
mod tests {
    use der_api::{ErrorCode, RetryClass};

    use super::exit_of;
    use crate::exit::Exit;

    #[test]
    fn each_class_has_its_exit_code() {
        for (code, exit) in [
            (ErrorCode::GateClosed, Exit::Refused),
            (ErrorCode::EndorsementPolicyFailure, Exit::Refused),
            (ErrorCode::RoleNotAllowed, Exit::NotAuthorised),
            (ErrorCode::RecordNotFound, Exit::NotFound),
            (ErrorCode::MvccReadConflict, Exit::Conflict),
            (ErrorCode::NetworkDown, Exit::Network),
            (ErrorCode::CorruptState, Exit::Internal),
        ] {
            assert_eq!(exit_of(code), exit, "{code}");
        }
    }

    #[test]
    fn a_conflict_is_never_of_a_code_that_must_not_be_retried() {
        for code in ErrorCode::all().iter().filter(|code| exit_of(**code) == Exit::Conflict) {
            assert_ne!(code.retry_class(), RetryClass::Never, "{code}");
        }
    }
}
