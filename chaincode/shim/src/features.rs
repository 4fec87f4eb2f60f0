use fabric_protos::protos::ChaincodeAdditionalParams;
use prost::Message as _;

/// What the peer said it can do, in the payload of `READY` (core/chaincode/handler.go `sendReady`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Features {
    /// The most writes in one `WRITE_BATCH_STATE`, if the peer takes them.
    pub(crate) write_batch: Option<usize>,
    /// The most keys in one `GET_STATE_MULTIPLE`, if the peer takes them.
    pub(crate) get_multiple: Option<usize>,
}

/// For a peer that offers batches without saying how large; the Go shim's default.
const UNSTATED: u32 = 100;

impl Features {
    /// Reads the payload of `READY`. Fabric 2.5 sends none; a malformed one offers nothing, as in the Go shim.
    pub(crate) fn read(payload: &[u8]) -> Self {
        let parameters = ChaincodeAdditionalParams::decode(payload).unwrap_or_default();
        let size = |offered: bool, size: u32| offered.then_some(if size == 0 { UNSTATED } else { size } as usize);
        Self {
            write_batch: size(parameters.use_write_batch, parameters.max_size_write_batch),
            get_multiple: size(parameters.use_get_multiple_keys, parameters.max_size_get_multiple_keys),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_offered_by_an_empty_or_malformed_payload() {
        assert_eq!(Features::read(&[]), Features::default());
        assert_eq!(Features::read(&[0xff, 0xff]), Features::default());
    }

    #[test]
    fn sizes_are_taken_as_advertised() {
        let parameters = ChaincodeAdditionalParams {
            use_write_batch: true,
            max_size_write_batch: 7,
            use_get_multiple_keys: true,
            max_size_get_multiple_keys: 0,
        };
        let features = Features::read(&parameters.encode_to_vec());
        assert_eq!(
            features,
            Features {
                write_batch: Some(7),
                get_multiple: Some(100)
            }
        );
    }
}
