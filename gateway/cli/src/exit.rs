//! Exit codes: one number per class of outcome, so that scripts can branch without reading words.

/// What the process tells its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// The command line or the profile is wrong.
    Usage,
    /// No answer from the network within the limit.
    Network,
    /// Refused by endorsement or by the contract.
    Refused,
    /// Another transaction came first; sending again is safe.
    Conflict,
    /// What was asked for does not exist.
    NotFound,
    /// The caller may not do this.
    NotAuthorised,
    /// A fault of this program.
    Internal,
}

impl Exit {
    /// Every class, in the order of its number.
    pub const ALL: [Self; 8] = [
        Self::Done,
        Self::Usage,
        Self::Network,
        Self::Refused,
        Self::Conflict,
        Self::NotFound,
        Self::NotAuthorised,
        Self::Internal,
    ];

    /// The number handed to the operating system.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Usage => 2,
            Self::Network => 3,
            Self::Refused => 4,
            Self::Conflict => 5,
            Self::NotFound => 6,
            Self::NotAuthorised => 7,
            Self::Internal => 70,
        }
    }

    /// The class in words, as help and errors print it.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Usage => "usage",
            Self::Network => "network or time-out",
            Self::Refused => "refused by endorsement or contract",
            Self::Conflict => "conflict, safe to retry",
            Self::NotFound => "not found",
            Self::NotAuthorised => "not authorised",
            Self::Internal => "internal",
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn numbers_are_those_scripts_rely_on() {
        let numbers: Vec<u8> = Exit::ALL.iter().map(|exit| exit.number()).collect();
        assert_eq!(numbers, [0, 2, 3, 4, 5, 6, 7, 70]);
    }
}
