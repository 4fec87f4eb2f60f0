//! What flags and environment change in a profile.

use std::path::PathBuf;
use std::time::Duration;

use super::{Profile, Timeouts};

/// Values that win over the profile's. Flags and environment arrive here already ranked by clap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Instead of `identity`; relative to the working folder.
    pub identity: Option<PathBuf>,
    /// Instead of every key of `timeouts`.
    pub timeout: Option<Duration>,
    /// Instead of `channel`.
    pub channel: Option<String>,
    /// Instead of `chaincode`.
    pub chaincode: Option<String>,
    /// Instead of `msp_id`.
    pub msp_id: Option<String>,
}

impl Overrides {
    /// The profile as the user wants it this time.
    #[must_use]
    pub fn apply(&self, mut profile: Profile) -> Profile {
        for (target, value) in [
            (&mut profile.channel, &self.channel),
            (&mut profile.chaincode, &self.chaincode),
            (&mut profile.msp_id, &self.msp_id),
        ] {
            if let Some(value) = value {
                target.clone_from(value);
            }
        }
        if let Some(identity) = &self.identity {
            profile.identity.clone_from(identity);
        }
        if let Some(limit) = self.timeout {
            profile.timeouts = Timeouts::all(limit);
        }
        profile
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Overrides, Profile, Timeouts};

    fn profile() -> Profile {
        Profile {
            channel: "market".into(),
            chaincode: "der".into(),
            msp_id: "GridMSP".into(),
            identity: "msp".into(),
            endpoints: Vec::new(),
            organisations: None,
            timeouts: Timeouts::default(),
        }
    }

    #[test]
    fn nothing_given_changes_nothing() {
        assert_eq!(Overrides::default().apply(profile()), profile());
    }

    #[test]
    fn each_value_given_wins() {
        let overrides = Overrides {
            identity: Some("other".into()),
            timeout: Some(Duration::from_millis(9)),
            channel: Some("c".into()),
            chaincode: Some("d".into()),
            msp_id: Some("M".into()),
        };
        let changed = overrides.apply(profile());
        assert_eq!(
            (
                changed.channel.as_str(),
                changed.chaincode.as_str(),
                changed.msp_id.as_str()
            ),
            ("c", "d", "M")
        );
        assert_eq!(changed.identity.to_str(), Some("other"));
        assert_eq!(changed.timeouts, Timeouts::all(Duration::from_millis(9)));
    }
}
