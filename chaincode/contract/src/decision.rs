//! What a transaction function decides: all writes at once, as values.

use std::collections::{BTreeMap, BTreeSet};

use der_api::guard::Guard;
use der_api::{ApiError, ErrorCode, Event, codec};
use serde::Serialize;

use crate::error::ContractError;
use crate::key::Key;
use crate::ledger::Stored;
use crate::rows::{Market, SHAPE};
use crate::schema::{self, Row};

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
    pub(crate) fn replying<T: Serialize>(reply: &T) -> Result<Self, ContractError> {
        Ok(Self {
            reply: codec::encode(reply)?,
            ..Self::default()
        })
    }

    /// Puts a row.
    ///
    /// # Errors
    /// [`ErrorCode::Internal`] for a second write of a key: a transaction never sees its own first one.
    pub(crate) fn put<T: Serialize>(&mut self, at: Row<T>, row: &T) -> Result<(), ContractError> {
        self.check_unwritten(&at.key)?;
        self.puts.insert(at.key, codec::encode(&Stored { v: SHAPE, row })?);
        Ok(())
    }

    /// Puts the market's row under the ledger's schema.
    ///
    /// # Errors
    /// As [`Decision::put`].
    pub(crate) fn put_market(&mut self, schema: u32, row: &Market) -> Result<(), ContractError> {
        let at = schema::market().key;
        self.check_unwritten(&at)?;
        self.puts.insert(at, codec::encode(&Stored { v: schema, row })?);
        Ok(())
    }

    /// Gives a key a guard and leaves its row as it is, or as it is put.
    pub(crate) fn guard(&mut self, key: Key, guard: Guard) {
        self.guards.insert(key, guard);
    }

    /// Puts a row and gives its key a guard, at its birth.
    ///
    /// # Errors
    /// As [`Decision::put`].
    pub(crate) fn put_guarded<T: Serialize>(&mut self, at: Row<T>, row: &T, guard: Guard) -> Result<(), ContractError> {
        let key = at.key.clone();
        self.put(at, row)?;
        self.guards.insert(key, guard);
        Ok(())
    }

    /// Deletes a row.
    ///
    /// # Errors
    /// As [`Decision::put`].
    pub(crate) fn delete<T>(&mut self, at: Row<T>) -> Result<(), ContractError> {
        self.check_unwritten(&at.key)?;
        self.deletes.insert(at.key);
        Ok(())
    }

    /// Sets the event.
    ///
    /// # Errors
    /// [`ErrorCode::Internal`] for a second event: Fabric carries one per transaction.
    pub(crate) fn emit(&mut self, event: impl Into<Event>) -> Result<(), ContractError> {
        if self.event.is_some() {
            return Err(ApiError::new(ErrorCode::Internal, "a transaction has one event").into());
        }
        self.event = Some(event.into());
        Ok(())
    }

    fn check_unwritten(&self, key: &Key) -> Result<(), ContractError> {
        if self.puts.contains_key(key) || self.deletes.contains(key) {
            return Err(ContractError::new(
                ErrorCode::Internal,
                format!("second write to {key:?}"),
            ));
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

    /// Guards to set, in key order; a key that is not in [`Decision::puts`] keeps its row.
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
        self.puts.is_empty() && self.deletes.is_empty() && self.guards.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::DistancesHead;

    #[test]
    fn a_second_write_to_a_key_is_refused() {
        let head = schema::distances_head;
        let mut decision = Decision::replying(&()).unwrap();
        decision.put(head(), &DistancesHead { version: 1 }).unwrap();
        let again = decision.put(head(), &DistancesHead { version: 2 });
        assert_eq!(again.unwrap_err().code(), ErrorCode::Internal);
        assert_eq!(decision.delete(head()).unwrap_err().code(), ErrorCode::Internal);
        assert_eq!(decision.puts()[&head().key], br#"{"v":1,"row":{"version":1}}"#);
        assert!(decision.deletes().is_empty());
    }
}
