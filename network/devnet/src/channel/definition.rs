use bytes::Bytes;
use fabric_msp::SignaturePolicy;
use fabric_protos::{
    lifecycle::{ChaincodeEndorsementInfo, ChaincodeValidationInfo},
    protos::{ApplicationPolicy, application_policy},
};
use prost::{Message, Oneof};

use crate::ledger::{LedgerError, StateView};

/// The namespace, and the system chaincode, of chaincode definitions.
pub const LIFECYCLE: &str = "_lifecycle";
const DATATYPE: &str = "ChaincodeDefinition";
const FIELDS: [&str; 4] = ["Sequence", "EndorsementInfo", "ValidationInfo", "Collections"];

/// `lifecycle.StateMetadata` of Fabric's peer/lifecycle/db.proto.
#[derive(Clone, PartialEq, Message)]
struct StateMetadata {
    #[prost(string, tag = "1")]
    datatype: String,
    #[prost(string, repeated, tag = "2")]
    fields: Vec<String>,
}

/// `lifecycle.StateData` of Fabric's peer/lifecycle/db.proto.
#[derive(Clone, PartialEq, Message)]
struct StateData {
    #[prost(oneof = "Field", tags = "1, 2, 3")]
    field: Option<Field>,
}

#[derive(Clone, PartialEq, Oneof)]
enum Field {
    #[prost(int64, tag = "1")]
    Int64(i64),
    #[prost(bytes = "bytes", tag = "2")]
    Bytes(Bytes),
    #[prost(string, tag = "3")]
    String(String),
}

/// Who must endorse a chaincode's transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndorsementPolicy {
    /// The chaincode's own signature policy.
    Signature(SignaturePolicy),
    /// A policy of the channel by its path, such as [`super::ENDORSEMENT`].
    ChannelReference(String),
}

impl EndorsementPolicy {
    /// The policy as a definition holds it.
    pub fn to_wire(&self) -> ApplicationPolicy {
        use application_policy::Type;
        let kind = match self {
            Self::Signature(policy) => Type::SignaturePolicy(policy.to_envelope()),
            Self::ChannelReference(path) => Type::ChannelConfigPolicyReference(path.clone()),
        };
        ApplicationPolicy { r#type: Some(kind) }
    }

    fn from_wire(wire: ApplicationPolicy) -> Option<Self> {
        use application_policy::Type;
        match wire.r#type? {
            Type::SignaturePolicy(envelope) => SignaturePolicy::from_envelope(&envelope).ok().map(Self::Signature),
            Type::ChannelConfigPolicyReference(path) => Some(Self::ChannelReference(path)),
        }
    }
}

/// A chaincode as the channel's members agreed on it. Collections and `init_required` are not offered.
///
/// Source: Fabric, core/chaincode/lifecycle/lifecycle.go and serializer.go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChaincodeDefinition {
    /// The chaincode's name: its namespace.
    pub name: String,
    /// Version in the developer's own terms.
    pub version: String,
    /// Counts definitions of this name from 1.
    pub sequence: i64,
    /// Who must endorse.
    pub endorsement: EndorsementPolicy,
}

/// The key of a definition's sequence in namespace [`LIFECYCLE`]. Every endorsement of the chaincode reads it, so
/// that a new definition invalidates what is in flight.
pub fn sequence_key(name: &str) -> String {
    field_key(name, "Sequence")
}

fn field_key(name: &str, field: &str) -> String {
    format!("namespaces/fields/{name}/{field}")
}

fn metadata_key(name: &str) -> String {
    format!("namespaces/metadata/{name}")
}

impl ChaincodeDefinition {
    /// The definition as keys and values of namespace [`LIFECYCLE`], sorted by key.
    pub fn writes(&self) -> Vec<(String, Bytes)> {
        let endorsement = ChaincodeEndorsementInfo {
            version: self.version.clone(),
            init_required: false,
            endorsement_plugin: "escc".to_owned(),
        };
        let validation = ChaincodeValidationInfo {
            validation_plugin: "vscc".to_owned(),
            validation_parameter: self.endorsement.to_wire().encode_to_vec().into(),
        };
        let metadata = StateMetadata {
            datatype: DATATYPE.to_owned(),
            fields: FIELDS.map(str::to_owned).into(),
        };
        let entry = |field: &str, value: Field| {
            let data = StateData { field: Some(value) };
            (field_key(&self.name, field), Bytes::from(data.encode_to_vec()))
        };
        vec![
            entry("Collections", Field::Bytes(Bytes::new())),
            entry("EndorsementInfo", Field::Bytes(endorsement.encode_to_vec().into())),
            entry("Sequence", Field::Int64(self.sequence)),
            entry("ValidationInfo", Field::Bytes(validation.encode_to_vec().into())),
            (metadata_key(&self.name), metadata.encode_to_vec().into()),
        ]
    }

    /// What changes against the definition before: Fabric does not write a field again that stays the same.
    pub fn writes_after(&self, previous: Option<&Self>) -> Vec<(String, Bytes)> {
        let before = previous.map(Self::writes).unwrap_or_default();
        self.writes()
            .into_iter()
            .filter(|entry| !before.contains(entry))
            .collect()
    }

    /// The committed definition of a chaincode, `None` when there is none.
    ///
    /// # Errors
    ///
    /// When the state cannot be read or holds no definition where one should be.
    pub fn read(state: &dyn StateView, name: &str) -> Result<Option<Self>, LedgerError> {
        const BAD: LedgerError = LedgerError::BadRecord("chaincode definition");
        let Some(metadata) = state.get(LIFECYCLE, &metadata_key(name))? else {
            return Ok(None);
        };
        let metadata = StateMetadata::decode(metadata.value).map_err(|_| BAD)?;
        if metadata.datatype != DATATYPE {
            return Err(BAD);
        }
        let Some(Field::Int64(sequence)) = field(state, name, "Sequence")? else {
            return Err(BAD);
        };
        let endorsement = ChaincodeEndorsementInfo::decode(bytes(state, name, "EndorsementInfo")?).map_err(|_| BAD)?;
        let validation = ChaincodeValidationInfo::decode(bytes(state, name, "ValidationInfo")?).map_err(|_| BAD)?;
        let policy = ApplicationPolicy::decode(validation.validation_parameter).map_err(|_| BAD)?;
        Ok(Some(Self {
            name: name.to_owned(),
            version: endorsement.version,
            sequence,
            endorsement: EndorsementPolicy::from_wire(policy).ok_or(BAD)?,
        }))
    }
}

fn field(state: &dyn StateView, name: &str, field: &str) -> Result<Option<Field>, LedgerError> {
    let Some(found) = state.get(LIFECYCLE, &field_key(name, field))? else {
        return Ok(None);
    };
    let data = StateData::decode(found.value).map_err(|_| LedgerError::BadRecord("chaincode definition"))?;
    Ok(data.field)
}

fn bytes(state: &dyn StateView, name: &str, key: &str) -> Result<Bytes, LedgerError> {
    match field(state, name, key)? {
        Some(Field::Bytes(bytes)) => Ok(bytes),
        _ => Err(LedgerError::BadRecord("chaincode definition")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition() -> ChaincodeDefinition {
        ChaincodeDefinition {
            name: "market".to_owned(),
            version: "1".to_owned(),
            sequence: 1,
            endorsement: EndorsementPolicy::ChannelReference("/Channel/Application/Endorsement".to_owned()),
        }
    }

    /// Bytes by hand from Fabric's .proto files: field number and wire type, length, content.
    #[test]
    fn keys_and_bytes_are_those_of_fabric() {
        let writes = definition().writes();
        let hex: Vec<_> = writes
            .iter()
            .map(|(key, value)| (key.as_str(), hex::encode(value)))
            .collect();
        let policy = hex::encode("/Channel/Application/Endorsement");
        let expected = [
            ("namespaces/fields/market/Collections", "1200".to_owned()),
            (
                "namespaces/fields/market/EndorsementInfo",
                "12090a01311a0465736363".to_owned(),
            ),
            ("namespaces/fields/market/Sequence", "0801".to_owned()),
            (
                "namespaces/fields/market/ValidationInfo",
                "122a0a047673636312221220".to_owned() + &policy,
            ),
            (
                "namespaces/metadata/market",
                format!(
                    "0a13{}1208{}120f{}120e{}120b{}",
                    hex::encode("ChaincodeDefinition"),
                    hex::encode("Sequence"),
                    hex::encode("EndorsementInfo"),
                    hex::encode("ValidationInfo"),
                    hex::encode("Collections")
                ),
            ),
        ];
        assert_eq!(hex, expected);
    }

    #[test]
    fn an_upgrade_writes_only_what_changes() {
        let next = ChaincodeDefinition {
            sequence: 2,
            ..definition()
        };
        let keys: Vec<_> = next
            .writes_after(Some(&definition()))
            .into_iter()
            .map(|(key, _)| key)
            .collect();
        assert_eq!(keys, [sequence_key("market")]);
    }
}
