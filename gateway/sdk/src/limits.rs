//! Every wait and every buffer of a gateway has a limit; these are they.

use std::time::Duration;

use tokio::sync::Semaphore;

use crate::ConfigError;

/// The longest message that Fabric sends or takes: 100 MiB (FAB/internal/pkg/comm/config.go).
pub(crate) const MAX_MESSAGE_BYTES: usize = 100 * 1024 * 1024;

/// No wait is longer; beyond it a time-out is as good as none.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// How long one sending of a call may take. A call that is sent again has the same time again, so a
/// call takes at most [`Limits::attempts`] times its deadline plus the pauses in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Evaluate: 30 s, as long as a peer lets a chaincode run.
    pub evaluate: Duration,
    /// Endorse: 15 s.
    pub endorse: Duration,
    /// Submit: 5 s.
    pub submit: Duration,
    /// Commit status, which waits for the block: 60 s.
    pub commit_status: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            evaluate: Duration::from_secs(30),
            endorse: Duration::from_secs(15),
            submit: Duration::from_secs(5),
            commit_status: Duration::from_secs(60),
        }
    }
}

/// What a gateway spends at most: time, calls in flight, attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long one sending of each call may take.
    pub deadlines: Deadlines,
    /// How long a connection may take to be made: 3 s.
    pub connect: Duration,
    /// Calls in flight: 400. Fabric's gateway refuses beyond 500 of all its clients together. Further calls wait
    /// their turn, no longer than their deadline. Event streams are not counted.
    pub in_flight: usize,
    /// How often one call is sent, over all endpoints, before it fails: 4.
    pub attempts: u32,
    /// How often a proposal is sent for endorsement when peers disagree, as they do while one of them lags: 3.
    /// One switches the repetition off.
    pub endorsements: u32,
    /// The first pause before a call is sent again: 50 ms. It doubles each time, with jitter.
    pub pause: Duration,
    /// The longest pause: 2 s.
    pub longest_pause: Duration,
    /// How long a broken event stream is tried again before it fails: 5 min.
    pub resume: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadlines: Deadlines::default(),
            connect: Duration::from_secs(3),
            in_flight: 400,
            attempts: 4,
            endorsements: 3,
            pause: Duration::from_millis(50),
            longest_pause: Duration::from_secs(2),
            resume: Duration::from_secs(300),
        }
    }
}

impl Limits {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |name, reason| Err(ConfigError::Limit { name, reason });
        match self {
            Self { in_flight: 0, .. } => return wrong("in_flight", "it is zero"),
            Self { attempts: 0, .. } => return wrong("attempts", "it is zero"),
            Self { endorsements: 0, .. } => return wrong("endorsements", "it is zero"),
            limits if limits.in_flight > Semaphore::MAX_PERMITS => {
                return wrong("in_flight", "it is beyond what can be counted");
            }
            limits if limits.longest_pause < limits.pause => {
                return wrong("longest_pause", "it is shorter than `pause`");
            }
            _ => {}
        }
        for (name, wait) in self.waits() {
            if wait.is_zero() {
                return wrong(name, "it is zero");
            }
            if wait > LONGEST_WAIT {
                return wrong(name, "it is longer than a day");
            }
        }
        Ok(())
    }

    fn waits(&self) -> [(&'static str, Duration); 8] {
        let Deadlines {
            evaluate,
            endorse,
            submit,
            commit_status,
        } = self.deadlines;
        [
            ("evaluate", evaluate),
            ("endorse", endorse),
            ("submit", submit),
            ("commit_status", commit_status),
            ("connect", self.connect),
            ("pause", self.pause),
            ("longest_pause", self.longest_pause),
            ("resume", self.resume),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_pass_and_neither_zero_nor_for_ever_does() {
        Limits::default().check().unwrap();
        let none = Limits {
            in_flight: 0,
            ..Limits::default()
        };
        assert!(matches!(
            none.check(),
            Err(ConfigError::Limit { name: "in_flight", .. })
        ));
        let deadlines = Deadlines {
            submit: Duration::ZERO,
            ..Deadlines::default()
        };
        let none = Limits {
            deadlines,
            ..Limits::default()
        };
        assert!(matches!(none.check(), Err(ConfigError::Limit { name: "submit", .. })));
        let endless = Limits {
            resume: Duration::MAX,
            ..Limits::default()
        };
        assert!(matches!(
            endless.check(),
            Err(ConfigError::Limit { name: "resume", .. })
        ));
    }
}
