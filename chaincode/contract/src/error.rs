//! Why a transaction function refuses.

use der_api::{ApiError, ErrorCode};
use der_market::units::UnitError;

/// A refusal with its code; the service puts status and text into the chaincode response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct ContractError(#[from] ApiError);

impl ContractError {
    /// A refusal with its own sentence.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self(ApiError::new(code, detail))
    }

    /// The code.
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// What is wrong here, without the code.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Status of the chaincode response: 400 or above, so that Fabric does not endorse it.
    pub fn status(&self) -> i32 {
        self.0.code.status()
    }

    /// Text of the chaincode response: `DER-nnnn: sentence`.
    pub fn message(&self) -> String {
        self.0.to_string()
    }
}

impl From<ErrorCode> for ContractError {
    fn from(code: ErrorCode) -> Self {
        Self(code.into())
    }
}

impl From<UnitError> for ContractError {
    fn from(error: UnitError) -> Self {
        Self::new(ErrorCode::ArithmeticOverflow, error.to_string())
    }
}
