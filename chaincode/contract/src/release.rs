//! Which schemas a build knows.

use der_api::schema::{FIRST, SCHEMA};
use der_api::{ErrorCode, Function};

use crate::error::ContractError;

/// What a build can serve. It is fixed in the program: an operator changes it by installing another build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    highest: u32,
}

impl Release {
    /// The first, which knows schema 1 only.
    pub const FIRST: Self = Self { highest: FIRST };
    /// This one.
    pub const CURRENT: Self = Self { highest: SCHEMA };

    /// The latest schema that it knows; it knows every earlier one too.
    pub const fn highest(self) -> u32 {
        self.highest
    }

    /// A function of this name, where this build has one.
    pub(crate) fn function(self, name: &str) -> Option<Function> {
        Function::from_name(name).filter(|function| function.introduced() <= self.highest)
    }

    /// Refuses a schema that this build does not know.
    pub(crate) fn require(self, schema: u32) -> Result<(), ContractError> {
        if (FIRST..=self.highest).contains(&schema) {
            return Ok(());
        }
        let detail = format!(
            "schema {schema} asked for; this build knows {FIRST} to {}: it takes a build of der-chaincode that knows schema {schema}",
            self.highest
        );
        Err(ContractError::new(ErrorCode::SchemaUnknown, detail))
    }
}
