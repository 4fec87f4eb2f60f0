//! A ledger as far as its blocks were read.

use std::collections::BTreeMap;

use der_market::forecast::Position;
use der_market::slot::Slot;
use fabric_protos::common::{Block, BlockHeader};

use super::books::Books;
use super::invariant::{Broken, Invariant};
use super::link::check_link;
use super::orders::Place;
use super::tally::Tally;
use super::transaction::transactions;

/// A ledger as far as its blocks were read; each block is checked when it is taken.
#[derive(Debug, Default)]
pub struct Ledger {
    chaincode: String,
    last: Option<BlockHeader>,
    books: Books,
    tally: Tally,
}

impl Ledger {
    /// An empty ledger of the market in this chaincode.
    #[must_use]
    pub fn new(chaincode: &str) -> Self {
        Self {
            chaincode: chaincode.to_owned(),
            ..Self::default()
        }
    }

    /// Takes the next block; its number.
    ///
    /// # Errors
    /// [`Broken`] names the block and the invariant that does not hold.
    pub fn take(&mut self, block: &Block) -> Result<u64, Broken> {
        let number = self.last.as_ref().map_or(0, |last| last.number.saturating_add(1));
        let broken = |(invariant, what)| Broken {
            block: number,
            invariant,
            what,
        };
        let linked = check_link(block, number, self.last.as_ref());
        let header = linked.map_err(|error| broken((Invariant::Chain, error.to_string())))?;
        let read = transactions(block, &self.chaincode);
        let transactions = read.map_err(|what| broken((Invariant::Chain, what)))?;
        self.tally.block(block);
        for transaction in &transactions {
            self.tally.transaction(transaction);
            if transaction.is_valid() {
                let taken = self.books.take(&transaction.writes, &mut self.tally);
                taken.map_err(|(invariant, what)| {
                    let what = format!("{what} (transaction {})", transaction.id);
                    broken((invariant, what))
                })?;
            }
        }
        self.last = Some(header);
        Ok(number)
    }

    /// What was seen so far.
    #[must_use]
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The positions of a slot's participants, until it is settled.
    #[must_use]
    pub fn positions(&self, slot: Slot) -> BTreeMap<Place, Position> {
        self.books.positions(slot)
    }
}
