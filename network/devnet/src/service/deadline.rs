//! The caller's time limit (`grpc-timeout`), answered with DEADLINE_EXCEEDED as Fabric does.
//!
//! tonic watches the same header, but answers CANCELLED: this one ends a little earlier.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, timeout_at};
use tonic::{Status, metadata::MetadataMap};

const HEADER: &str = "grpc-timeout";
/// How much earlier than asked, so that the answer is out before tonic's.
const LEAD: Duration = Duration::from_millis(5);
/// Of a short limit the lead takes no more than this part.
const LEAST_PART: u32 = 4;

/// When a call must be answered; `None` where the caller waits for ever.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Option<Instant>);

impl Deadline {
    /// The deadline of a call that arrived just now.
    pub(super) fn of(metadata: &MetadataMap) -> Self {
        let limit = metadata.get(HEADER).and_then(|value| parse(value.to_str().ok()?));
        Self(limit.and_then(|limit| Instant::now().checked_add(limit - LEAD.min(limit / LEAST_PART))))
    }

    /// The outcome, or DEADLINE_EXCEEDED with `message` when time is up first.
    pub(super) async fn limit<T>(
        self,
        message: &'static str,
        call: impl Future<Output = Result<T, Status>>,
    ) -> Result<T, Status> {
        let Some(at) = self.0 else { return call.await };
        match timeout_at(at, call).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Status::deadline_exceeded(message)),
        }
    }
}

/// At most eight digits and a unit (gRPC over HTTP/2, `Timeout`).
fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > 8 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(count * 3600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_grpc_writes_them() {
        let cases = [
            ("1H", Some(Duration::from_secs(3600))),
            ("2M", Some(Duration::from_secs(120))),
            ("3S", Some(Duration::from_secs(3))),
            ("99999999m", Some(Duration::from_millis(99_999_999))),
            ("5u", Some(Duration::from_micros(5))),
            ("6n", Some(Duration::from_nanos(6))),
            ("100000000m", None),
            ("+1S", None),
            ("S", None),
            ("1", None),
            ("", None),
            ("1é", None),
        ];
        for (text, limit) in cases {
            assert_eq!(parse(text), limit, "{text:?}");
        }
    }

    #[tokio::test]
    async fn time_is_up_before_tonics_own_timer() {
        let mut metadata = MetadataMap::new();
        metadata.insert(HEADER, "40m".parse().unwrap());
        let deadline = Deadline::of(&metadata);
        assert!(deadline.0.unwrap() <= Instant::now() + Duration::from_millis(35));
        let never = std::future::pending::<Result<(), Status>>();
        let status = deadline.limit("too late", never).await.unwrap_err();
        assert_eq!(
            (status.code(), status.message()),
            (tonic::Code::DeadlineExceeded, "too late")
        );
    }

    #[tokio::test]
    async fn without_a_limit_the_call_runs_on() {
        let deadline = Deadline::of(&MetadataMap::new());
        assert_eq!(deadline.limit("too late", async { Ok(7) }).await.unwrap(), 7);
    }
}
