//! A proposal's arguments, bounded before anything reads them.

use der_api::function::BATCH_LIMIT;
use der_api::{ErrorCode, Function};
use der_contract::ContractError;
use fabric_shim::Stub;

/// No function's name is longer.
const NAME_LIMIT: usize = 64;
/// A function and one JSON argument; a few more are passed on, for the contract to refuse with its own words.
const COUNT_LIMIT: usize = 8;

/// The function's name and what follows it.
pub(super) struct Arguments<'a> {
    name: &'a str,
    rest: Vec<&'a [u8]>,
}

impl<'a> Arguments<'a> {
    /// # Errors
    /// [`ErrorCode::ArgumentTooLarge`] before any parsing, [`ErrorCode::WrongArgumentCount`] without or with far too
    /// many arguments, [`ErrorCode::UnknownFunction`] for a name that is no short text.
    pub(super) fn read(stub: &'a Stub) -> Result<Self, ContractError> {
        let (name, rest) = match stub.args() {
            [name, rest @ ..] if rest.len() < COUNT_LIMIT => (name, rest),
            args => {
                return Err(ContractError::new(
                    ErrorCode::WrongArgumentCount,
                    format!("{} arguments", args.len()),
                ));
            }
        };
        if let Some(large) = rest.iter().find(|argument| argument.len() > BATCH_LIMIT) {
            let detail = format!("the argument has {} bytes, {BATCH_LIMIT} are allowed", large.len());
            return Err(ContractError::new(ErrorCode::ArgumentTooLarge, detail));
        }
        let name = Some(name)
            .filter(|name| name.len() <= NAME_LIMIT)
            .and_then(|name| std::str::from_utf8(name).ok());
        let unknown = || ContractError::new(ErrorCode::UnknownFunction, "the function's name is no short text");
        Ok(Self {
            name: name.ok_or_else(unknown)?,
            rest: rest.iter().map(AsRef::as_ref).collect(),
        })
    }

    pub(super) fn name(&self) -> &'a str {
        self.name
    }

    pub(super) fn rest(&self) -> &[&'a [u8]] {
        &self.rest
    }

    pub(super) fn function(&self) -> Option<Function> {
        Function::from_name(self.name)
    }
}
