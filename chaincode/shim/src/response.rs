use bytes::Bytes;
use fabric_protos::protos;

/// What a transaction answers.
///
/// Below 400 the peer endorses; from 400 to 499 it returns the response without endorsing; from 500 on it reports a
/// failed transaction (core/endorser/endorser.go).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// One of the status codes above; 200 is success.
    pub status: i32,
    /// The reason of a failure, for a human.
    pub message: String,
    /// The result.
    pub payload: Bytes,
}

impl Response {
    /// Status of success.
    pub const OK: i32 = 200;
    /// From this status on, nothing is endorsed.
    pub const ERROR_THRESHOLD: i32 = 400;
    /// Status of a failed transaction.
    pub const ERROR: i32 = 500;

    /// A success with its result.
    #[must_use]
    pub fn success(payload: impl Into<Bytes>) -> Self {
        Self {
            status: Self::OK,
            message: String::new(),
            payload: payload.into(),
        }
    }

    /// A failure with its reason.
    #[must_use]
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            status: Self::ERROR,
            message: message.into(),
            payload: Bytes::new(),
        }
    }

    /// Whether the peer will endorse this response.
    #[must_use]
    pub fn is_endorsed(&self) -> bool {
        self.status < Self::ERROR_THRESHOLD
    }
}

impl From<Response> for protos::Response {
    fn from(response: Response) -> Self {
        Self {
            status: response.status,
            message: response.message,
            payload: response.payload,
        }
    }
}

impl From<protos::Response> for Response {
    fn from(response: protos::Response) -> Self {
        Self {
            status: response.status,
            message: response.message,
            payload: response.payload,
        }
    }
}
