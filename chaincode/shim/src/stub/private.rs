use bytes::Bytes;
use fabric_protos::protos::chaincode_message::Type;

use super::{query::simple_range, state::present};
use crate::{ShimError, StateIterator, Stub, composite_key, request, write_batch::Change};

/// Private data: the same requests with a collection's name. Who may read and write it, the peer decides.
impl Stub {
    /// The committed private value of a key, or `None`.
    ///
    /// # Errors
    /// If the collection is unnamed, or the peer refuses.
    pub async fn get_private(&self, collection: &str, key: &str) -> Result<Option<Bytes>, ShimError> {
        self.get_in(named(collection)?, key).await
    }

    /// The committed private values of many keys, as [`get_states`](Self::get_states).
    ///
    /// # Errors
    /// As [`get_private`](Self::get_private).
    pub async fn get_privates<K: AsRef<str> + Sync>(
        &self,
        collection: &str,
        keys: &[K],
    ) -> Result<Vec<Option<Bytes>>, ShimError> {
        self.get_many_in(named(collection)?, keys).await
    }

    /// The hash of a private value, which every peer of the channel holds, or `None`.
    ///
    /// # Errors
    /// As [`get_private`](Self::get_private).
    pub async fn get_private_hash(&self, collection: &str, key: &str) -> Result<Option<Bytes>, ShimError> {
        let payload = request::key(named(collection)?, key);
        self.0.ask(Type::GetPrivateDataHash, payload).await.map(present)
    }

    /// Writes a private value when the transaction succeeds.
    ///
    /// # Errors
    /// If the collection is unnamed, the key empty, or too much is unwritten.
    pub fn put_private(
        &self,
        collection: &str,
        key: impl Into<String>,
        value: impl Into<Bytes>,
    ) -> Result<(), ShimError> {
        self.put_in(named(collection)?.to_owned(), key.into(), value.into())
    }

    /// Deletes a private key when the transaction succeeds.
    ///
    /// # Errors
    /// If the collection is unnamed, or too much is unwritten.
    pub fn delete_private(&self, collection: &str, key: impl Into<String>) -> Result<(), ShimError> {
        self.0.write(named(collection)?.to_owned(), key.into(), Change::Delete)
    }

    /// Deletes a private key and its history when the transaction succeeds. Needs the channel capability `V2_5`.
    ///
    /// # Errors
    /// If the collection is unnamed, or too much is unwritten.
    pub fn purge_private(&self, collection: &str, key: impl Into<String>) -> Result<(), ShimError> {
        self.0.write(named(collection)?.to_owned(), key.into(), Change::Purge)
    }

    /// The private simple keys of a range. The peer refuses writes in the same transaction.
    ///
    /// # Errors
    /// As [`range`](Self::range), or if the collection is unnamed.
    pub async fn private_range(&self, collection: &str, start: &str, end: &str) -> Result<StateIterator, ShimError> {
        let start = simple_range(start, end)?;
        self.open_private_range(named(collection)?, start, end).await
    }

    /// The private composite keys that start with the given parts. The peer refuses writes in the same transaction.
    ///
    /// # Errors
    /// As [`partial_composite_key`](Self::partial_composite_key), or if the collection is unnamed.
    pub async fn private_partial_composite_key<A: AsRef<str> + Sync>(
        &self,
        collection: &str,
        object_type: &str,
        attributes: &[A],
    ) -> Result<StateIterator, ShimError> {
        let (start, end) = composite_key::partial_range(object_type, attributes)?;
        self.open_private_range(named(collection)?, &start, &end).await
    }

    /// A query of private data in the state database's own language.
    ///
    /// # Errors
    /// As [`query`](Self::query), or if the collection is unnamed.
    pub async fn private_query(&self, collection: &str, query: &str) -> Result<StateIterator, ShimError> {
        let collection = named(collection)?;
        self.flush().await?;
        Ok(self.open_query(collection, query, Bytes::new()).await?.0)
    }

    /// The endorsement policy of a private key, or `None`.
    ///
    /// # Errors
    /// As [`get_private`](Self::get_private).
    pub async fn get_private_validation_parameter(
        &self,
        collection: &str,
        key: &str,
    ) -> Result<Option<Bytes>, ShimError> {
        self.get_validation_parameter_in(named(collection)?, key).await
    }

    /// Sets the endorsement policy of a private key.
    ///
    /// # Errors
    /// If the collection is unnamed, or too much is unwritten.
    pub fn set_private_validation_parameter(
        &self,
        collection: &str,
        key: impl Into<String>,
        policy: impl Into<Bytes>,
    ) -> Result<(), ShimError> {
        self.0.write(
            named(collection)?.to_owned(),
            key.into(),
            Change::ValidationParameter(policy.into()),
        )
    }

    async fn open_private_range(&self, collection: &str, start: &str, end: &str) -> Result<StateIterator, ShimError> {
        self.flush().await?;
        Ok(self.open_range(collection, start, end, &[]).await?.0)
    }
}

fn named(collection: &str) -> Result<&str, ShimError> {
    if collection.is_empty() {
        return Err(ShimError::argument("collection must not be an empty string"));
    }
    Ok(collection)
}
