//! Where an event stands on the ledger.

use serde::{Deserialize, Serialize};

/// The exact place of a chaincode event: a Fabric transaction carries at most one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Block number, from 0.
    pub block: u64,
    /// Transaction id, 64 lowercase hexadecimal digits.
    pub transaction: String,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "({}, {})", self.block, self.transaction)
    }
}

impl From<Position> for fabric_gateway::Position {
    fn from(position: Position) -> Self {
        Self {
            block_number: position.block,
            transaction_id: position.transaction,
        }
    }
}
