//! What a transaction function decides: all writes at once, as values.

use std::collections::{BTreeMap, BTreeSet};

use der_api::{ApiError, ErrorCode, Event, codec};
use serde::Serialize;

use crate::error::ContractError;
use crate::guard::Guard;
use crate::key::Key;

/// Writes, guards, one event, one reply. The service applies it; the function itself never writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    puts: BTreeMap<Key, Vec<u8>>,
    deletes: BTreeSet<Key>,
    guards: BTreeMap<Key, Guard>,
    event: Option<Event>,
    reply: Vec<u8>,
}

impl Decision {
    /// A decision with a reply and no write.
    ///
    /// # Errors
    /// See [`codec::encode`].
    pub fn replying<T: Serialize>(reply: &T) -> Result<Self, ContractError> {
        Ok(Self { reply: codec::encode(reply)?, ..Self::default() })
    }

    /// Puts a row.
    ///
    /// # Errors
    /// [`ErrorCode::Internal`] for a second write of a key: a transaction never sees its own first one.
    pub fn put<T: Serialize>(&mut self, key: Key, row: &T) -> Result<(), ContractError> {
        self.check_unwritten(&key)?;
        self.puts.insert(key, codec::encode(row)?);
        Ok(())
    }

    /// Puts a row and gives its key a guard, at its birth.
    ///
    /// # Errors
    /// As [`Decision::put`].
    pub fn put_guarded<T: Serialize>(&mut self, key: Key, row: &T, guard: Guard) -> Result<(), ContractError> {
        self.put(key.clone(), row)?;
        self.guards.insert(key, guard);
        Ok(())
    }

    /// Deletes a row.
    ///
    /// # Errors
    /// As [`Decision::put`].
    pub fn delete(&mut self, key: Key) -> Result<(), ContractError> {
        self.check_unwritten(&key)?;
        self.deletes.insert(key);
        Ok(())
    }

    /// Sets the event.
    ///
    /// # Errors
    /// [`ErrorCode::Internal`] for a second event: Fabric carries one per transaction.
    pub fn emit(&mut self, event: impl Into<Event>) -> Result<(), ContractError> {
        if self.event.is_some() {
            return Err(ApiError::new(ErrorCode::Internal, "a transaction has one event").into());
        }
        self.event = Some(event.into());
        Ok(())
    }

    fn check_unwritten(&self, key: &Key) -> Result<(), ContractError> {
        if self.puts.contains_key(key) || self.deletes.contains(key) {
            return Err(ContractError::new(ErrorCode::Internal, format!("second write to {key:?}")));
        }
        Ok(())
    }

    /// Rows to put, in key order.
    pub fn puts(&self) -> &BTreeMap<Key, Vec<u8>> {
        &self.puts
    }

    /// Rows to delete, in key order.
    pub fn deletes(&self) -> &BTreeSet<Key> {
        &self.deletes
    }

    /// Guards to set, in key order; each key is also in [`Decision::puts`].
    pub fn guards(&self) -> &BTreeMap<Key, Guard> {
        &self.guards
    }

    /// The event.
    pub fn event(&self) -> Option<&Event> {
        self.event.as_ref()
    }

    /// The response's payload.
    pub fn reply(&self) -> &[u8] {
        &self.reply
    }

    /// True when nothing is written: a query, or an order that is known already.
    pub fn is_read_only(&self) -> bool {
        self.puts.is_empty() && self.deletes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use der_market::id::PointId;

    #[test]
    fn a_second_write_to_a_key_is_refused() {
        let key = Key::new("point", &[&PointId::new("p").unwrap()]);
        let mut decision = Decision::replying(&()).unwrap();
        decision.put(key.clone(), &1).unwrap();
        assert_eq!(decision.put(key.clone(), &2).unwrap_err().code(), ErrorCode::Internal);
        assert_eq!(decision.delete(key.clone()).unwrap_err().code(), ErrorCode::Internal);
        assert_eq!(decision.puts()[&key], b"1");
        assert!(decision.deletes().is_empty());
    }
}
