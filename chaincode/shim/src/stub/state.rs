use bytes::Bytes;
use fabric_protos::protos::{GetStateMultipleResult, MetaDataKeys, StateMetadataResult, chaincode_message::Type};
use prost::Message as _;

use crate::{ShimError, Stub, request, write_batch::Change};

const PUBLIC: &str = "";

impl Stub {
    /// The committed value of a key, or `None`. Fabric does not tell an empty value from none.
    ///
    /// # Errors
    /// If the peer fails.
    pub async fn get_state(&self, key: &str) -> Result<Option<Bytes>, ShimError> {
        self.get_in(PUBLIC, key).await
    }

    /// The committed values of many keys, in the order asked: in one request if the peer offers that.
    ///
    /// # Errors
    /// If the peer fails, or answers another number of values.
    pub async fn get_states<K: AsRef<str> + Sync>(&self, keys: &[K]) -> Result<Vec<Option<Bytes>>, ShimError> {
        self.get_many_in(PUBLIC, keys).await
    }

    /// Writes a value when the transaction succeeds. Fabric takes an empty value for a deletion.
    ///
    /// # Errors
    /// If the key is empty, or too much is unwritten (see [`Limits::buffered_bytes`](crate::Limits)).
    pub fn put_state(&self, key: impl Into<String>, value: impl Into<Bytes>) -> Result<(), ShimError> {
        self.put_in(String::new(), key.into(), value.into())
    }

    /// Deletes a key when the transaction succeeds.
    ///
    /// # Errors
    /// If too much is unwritten.
    pub fn delete_state(&self, key: impl Into<String>) -> Result<(), ShimError> {
        self.0.write(String::new(), key.into(), Change::Delete)
    }

    /// The key's own endorsement policy (a marshalled `ApplicationPolicy` or `SignaturePolicyEnvelope`), or `None`.
    ///
    /// # Errors
    /// If the peer fails.
    pub async fn get_validation_parameter(&self, key: &str) -> Result<Option<Bytes>, ShimError> {
        self.get_validation_parameter_in(PUBLIC, key).await
    }

    /// Sets the key's own endorsement policy, which replaces the chaincode's for every later write of it.
    ///
    /// # Errors
    /// If too much is unwritten.
    pub fn set_validation_parameter(&self, key: impl Into<String>, policy: impl Into<Bytes>) -> Result<(), ShimError> {
        self.0
            .write(String::new(), key.into(), Change::ValidationParameter(policy.into()))
    }

    pub(super) async fn get_in(&self, collection: &str, key: &str) -> Result<Option<Bytes>, ShimError> {
        self.0
            .ask(Type::GetState, request::key(collection, key))
            .await
            .map(present)
    }

    pub(super) async fn get_many_in<K: AsRef<str> + Sync>(
        &self,
        collection: &str,
        keys: &[K],
    ) -> Result<Vec<Option<Bytes>>, ShimError> {
        let mut values = Vec::with_capacity(keys.len());
        let Some(size) = self.0.features.get_multiple else {
            for key in keys {
                values.push(self.get_in(collection, key.as_ref()).await?);
            }
            return Ok(values);
        };
        for chunk in keys.chunks(size) {
            let answer = self
                .0
                .ask(Type::GetStateMultiple, request::keys(collection, chunk))
                .await?;
            let found = GetStateMultipleResult::decode(answer)
                .map_err(|_| ShimError::Malformed(Type::GetStateMultiple.as_str_name()))?
                .values;
            if found.len() != chunk.len() {
                return Err(ShimError::ValueCount {
                    asked: chunk.len(),
                    answered: found.len(),
                });
            }
            values.extend(found.into_iter().map(present));
        }
        Ok(values)
    }

    pub(super) fn put_in(&self, collection: String, key: String, value: Bytes) -> Result<(), ShimError> {
        if key.is_empty() {
            return Err(ShimError::argument("key must not be an empty string"));
        }
        self.0.write(collection, key, Change::Put(value))
    }

    pub(super) async fn get_validation_parameter_in(
        &self,
        collection: &str,
        key: &str,
    ) -> Result<Option<Bytes>, ShimError> {
        let answer = self
            .0
            .ask(Type::GetStateMetadata, request::key(collection, key))
            .await?;
        let result = StateMetadataResult::decode(answer)
            .map_err(|_| ShimError::Malformed(Type::GetStateMetadata.as_str_name()))?;
        let name = MetaDataKeys::ValidationParameter.as_str_name();
        Ok(result
            .entries
            .into_iter()
            .find(|entry| entry.metakey == name)
            .map(|entry| entry.value))
    }
}

pub(super) fn present(value: Bytes) -> Option<Bytes> {
    (!value.is_empty()).then_some(value)
}
