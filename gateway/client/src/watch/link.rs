//! The chain, link by link.

use fabric_msp::sha256;
use fabric_protos::common::{Block, BlockHeader};

/// Why a block does not belong behind another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Header or data is missing.
    #[error("block {0} has no header or no data")]
    Torn(u64),
    /// Another number than the next one.
    #[error("block {found} came where {expected} was expected")]
    Number {
        /// The next one.
        expected: u64,
        /// What came.
        found: u64,
    },
    /// The data's hash differs from the header's.
    #[error("block {0} does not match its data hash")]
    Data(u64),
    /// The previous hash differs from the block before.
    #[error("block {0} does not link to the one before")]
    Previous(u64),
}

/// Checks number, data hash and link of a block; its header.
///
/// # Errors
/// [`LinkError`] names what does not hold.
pub fn check_link(block: &Block, number: u64, previous: Option<&BlockHeader>) -> Result<BlockHeader, LinkError> {
    let header = block.header.clone().ok_or(LinkError::Torn(number))?;
    if header.number != number {
        return Err(LinkError::Number {
            expected: number,
            found: header.number,
        });
    }
    let data = block.data.as_ref().ok_or(LinkError::Torn(number))?;
    if header.data_hash[..] != sha256(&data.data.concat())[..] {
        return Err(LinkError::Data(number));
    }
    if previous.is_some_and(|previous| header.previous_hash[..] != header_hash(previous)[..]) {
        return Err(LinkError::Previous(number));
    }
    Ok(header)
}

/// SHA-256 of the DER sequence of number, previous hash and data hash. Source: Fabric's `protoutil/blockutils.go`.
#[must_use]
pub fn header_hash(header: &BlockHeader) -> [u8; 32] {
    let significant = header.number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0);
    let mut number: Vec<u8> = significant.collect();
    if number.first().is_none_or(|byte| *byte >= 0x80) {
        number.insert(0, 0);
    }
    let mut body = der(2, &number);
    body.extend(der(4, &header.previous_hash));
    body.extend(der(4, &header.data_hash));
    sha256(&der(0x30, &body))
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
    [&[tag, length], content].concat()
}

#[cfg(test)]
mod tests {
    use fabric_protos::common::BlockData;

    use super::*;

    fn block(number: u64, previous: Option<&Block>) -> Block {
        let data = BlockData {
            data: vec![vec![u8::try_from(number).unwrap(); 3].into()],
        };
        let before = previous.and_then(|block| block.header.as_ref()).map(header_hash);
        Block {
            header: Some(BlockHeader {
                number,
                previous_hash: before.map_or_else(Vec::new, |hash| hash.to_vec()).into(),
                data_hash: sha256(&data.data.concat()).to_vec().into(),
            }),
            data: Some(data),
            metadata: None,
        }
    }

    #[test]
    fn a_chain_is_accepted_and_every_altered_one_is_not() {
        let first = block(0, None);
        let second = block(1, Some(&first));
        let genesis = check_link(&first, 0, None).unwrap();
        check_link(&second, 1, Some(&genesis)).unwrap();
        assert_eq!(
            check_link(&second, 2, Some(&genesis)).unwrap_err(),
            LinkError::Number { expected: 2, found: 1 }
        );
        let mut data = second.clone();
        data.data.as_mut().unwrap().data[0] = vec![9].into();
        assert_eq!(check_link(&data, 1, Some(&genesis)).unwrap_err(), LinkError::Data(1));
        let mut previous = second;
        previous.header.as_mut().unwrap().previous_hash = vec![0; 32].into();
        assert_eq!(
            check_link(&previous, 1, Some(&genesis)).unwrap_err(),
            LinkError::Previous(1)
        );
    }
}
