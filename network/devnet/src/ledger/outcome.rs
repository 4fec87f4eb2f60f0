use fabric_protos::{
    common::{Block, HeaderType},
    protos::TxValidationCode,
};

use super::{LedgerError, Snapshot, StateUpdates, Version, block, rwset::TxRwSet};

/// The verdicts of a block and their effect on the state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BlockOutcome {
    /// One for each transaction.
    pub codes: Vec<TxValidationCode>,
    /// The writes of the valid ones.
    pub updates: StateUpdates,
}

impl BlockOutcome {
    /// The outcome of a committed block, from its recorded verdicts.
    ///
    /// # Errors
    ///
    /// When a transaction marked valid does not decode, or the state cannot be read.
    pub fn of_committed(judged: &Block, before: &Snapshot) -> Result<Self, LedgerError> {
        let number = block::number(judged);
        let codes = block::codes(judged);
        let mut updates = StateUpdates::default();
        for ((index, envelope), code) in (0..).zip(block::envelopes(judged)).zip(&codes) {
            if *code != TxValidationCode::Valid {
                continue;
            }
            let unreadable = || LedgerError::bad_block(number, format!("transaction {index} is valid yet unreadable"));
            let (payload, header) = block::open_envelope(envelope).ok_or_else(unreadable)?;
            if header.r#type != HeaderType::EndorserTransaction as i32 {
                continue;
            }
            let action = block::chaincode_action(&payload).ok_or_else(unreadable)?;
            let set = TxRwSet::decode(action.results).map_err(|_| unreadable())?;
            updates.apply(
                &set,
                Version {
                    block: number,
                    tx: index,
                },
                before,
            )?;
        }
        Ok(Self { codes, updates })
    }

    /// A genesis block is valid by definition and changes no state.
    pub(super) fn of_genesis(genesis: &Block) -> Self {
        let codes = vec![TxValidationCode::Valid; block::envelopes(genesis).len()];
        Self {
            codes,
            updates: StateUpdates::default(),
        }
    }
}
