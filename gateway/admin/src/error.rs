//! Why the configuration cannot be read or changed.

/// Why the configuration cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Bytes are not the message they should be.
    #[error("{what} cannot be read: {reason}")]
    Malformed {
        /// What they should be.
        what: String,
        /// What is wrong.
        reason: String,
    },
    /// The channel's configuration lacks something that every Fabric channel has.
    #[error("the channel's configuration has no {0}")]
    Absent(String),
    /// The peer did not give the configuration.
    #[error("the channel's configuration could not be read through the gateway: {0}")]
    Read(Box<fabric_gateway::Error>),
    /// What was asked for makes no sound configuration.
    #[error("{what}: {advice}")]
    Refused {
        /// What is wrong.
        what: String,
        /// What to do.
        advice: String,
    },
    /// What was named is not in the channel.
    #[error("{0} is not in the channel; `der org show` lists what is")]
    Unknown(String),
    /// The channel has changed since the update was computed.
    #[error("the update was computed against an older configuration: {0}; compute it again against the present one")]
    Stale(String),
    /// An orderer would refuse the update, whoever signs it.
    #[error("no orderer would take the update: {0}")]
    Unsound(String),
    /// The update is another channel's.
    #[error("the update is for channel {found}, not for {expected}")]
    OtherChannel {
        /// The channel of the profile.
        expected: String,
        /// The channel of the update.
        found: String,
    },
    /// Not everybody has signed who must.
    #[error("signatures are missing: {0}")]
    Unsigned(String),
    /// The signer's key failed.
    #[error("cannot sign: {0}")]
    Sign(String),
    /// An ordering node is not what the channel needs it to be.
    #[error("the ordering node {address} (MSP {msp_id}): {reason}")]
    Node {
        /// Host and port.
        address: String,
        /// Whose it is.
        msp_id: String,
        /// What is wrong.
        reason: String,
    },
    /// No orderer took the update, or it did not take effect in time.
    #[error("the update is not in force: {0}")]
    NotInForce(String),
}

impl AdminError {
    /// A stable word for scripts.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "CONFIG_MALFORMED",
            Self::Absent(_) => "CONFIG_INCOMPLETE",
            Self::Read(_) => "CONFIG_UNREADABLE",
            Self::Refused { .. } => "CONFIG_REFUSED",
            Self::Unknown(_) => "CONFIG_UNKNOWN_NAME",
            Self::Stale(_) => "CONFIG_STALE",
            Self::Unsound(_) => "CONFIG_UNSOUND",
            Self::OtherChannel { .. } => "CONFIG_OTHER_CHANNEL",
            Self::Unsigned(_) => "CONFIG_UNSIGNED",
            Self::Sign(_) => "CONFIG_SIGNING",
            Self::Node { .. } => "ORDERING_NODE",
            Self::NotInForce(_) => "CONFIG_NOT_IN_FORCE",
        }
    }

    pub(crate) fn malformed(what: impl Into<String>, reason: impl ToString) -> Self {
        Self::Malformed {
            what: what.into(),
            reason: reason.to_string(),
        }
    }

    pub(crate) fn refused(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::Refused {
            what: what.into(),
            advice: advice.into(),
        }
    }
}
