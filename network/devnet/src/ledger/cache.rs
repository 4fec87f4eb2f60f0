use std::{collections::VecDeque, sync::Arc};

use fabric_protos::common::Block;

use super::block;

const MAX_BLOCKS: usize = 8;
const MAX_BYTES: usize = 4 << 20;

/// The newest blocks, so that followers at the tip share one decoded copy. Bounded by number and bytes.
#[derive(Debug, Default)]
pub(super) struct RecentBlocks {
    blocks: VecDeque<(Arc<Block>, usize)>,
    bytes: usize,
}

impl RecentBlocks {
    pub(super) fn push(&mut self, block: Arc<Block>, bytes: usize) {
        self.blocks.push_back((block, bytes));
        self.bytes += bytes;
        while self.blocks.len() > MAX_BLOCKS || self.bytes > MAX_BYTES {
            let Some((_, dropped)) = self.blocks.pop_front() else {
                break;
            };
            self.bytes -= dropped;
        }
    }

    pub(super) fn get(&self, number: u64) -> Option<Arc<Block>> {
        self.blocks
            .iter()
            .rev()
            .find(|(block, _)| block::number(block) == number)
            .map(|(block, _)| block.clone())
    }
}
