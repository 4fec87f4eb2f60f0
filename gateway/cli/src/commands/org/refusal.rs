//! From the administration's errors to exit codes and advice.

use fabric_admin::AdminError;

use crate::exit::Exit;
use crate::failure::Failure;

impl From<AdminError> for Failure {
    fn from(error: AdminError) -> Self {
        let failure = Self::new(exit_of(&error), &error).with_code(error.code());
        match error {
            AdminError::Read(source) => failure.at_stage(source.stage()).advise(source.advice()),
            AdminError::Unsigned(_) => failure.advise("Let them run: der org sign FILE --profile THEIR-ADMIN."),
            AdminError::NotInForce(_) => failure.advise("Submitting again is safe: an update takes effect once."),
            AdminError::Node { .. } => failure
                .advise("Every ordering node must answer while consenters change; start it, or mend what is named."),
            _ => failure,
        }
    }
}

fn exit_of(error: &AdminError) -> Exit {
    match error {
        AdminError::Malformed { .. } | AdminError::OtherChannel { .. } => Exit::Usage,
        AdminError::Refused { .. } | AdminError::Unsound(_) | AdminError::Absent(_) => Exit::Refused,
        AdminError::Read(_) | AdminError::Node { .. } | AdminError::NotInForce(_) => Exit::Network,
        AdminError::Unknown(_) => Exit::NotFound,
        AdminError::Stale(_) => Exit::Conflict,
        AdminError::Unsigned(_) => Exit::NotAuthorised,
        AdminError::Sign(_) => Exit::Internal,
    }
}
