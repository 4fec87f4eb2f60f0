//! The generated transactions: rounds that are endorsed against one state and then sent.
//!
//! A round's market transactions come in their order; between them come made ones. Made ones that belong together
//! stand together and in one block, so that what becomes of each is known from its kind.

use std::{collections::BTreeMap, ops::Range};

use bytes::Bytes;
use fabric_protos::protos::TxValidationCode;

use super::{
    call::Call,
    dice::Dice,
    draft::{Draft, Spoil},
    faults::{ORDERED, REFUSED},
    made::{MADE, last_of_block, malformed},
    people::{ORGANISATIONS, People, Who},
    rows::{Place, Rows},
    step::{Fate, How, Step},
};

/// Transactions in a block.
pub(crate) const BLOCK: usize = 20;
/// Transactions that the orderer takes, and such as it refuses: together a thousand.
pub(crate) const TAKEN: usize = 960;
const REFUSALS: usize = 40;
/// Of so many market transactions, one is followed by made ones.
const MIX: usize = 2;

/// Of so many groups of made transactions, one is a malformed one.
const MALFORMED: usize = 3;

/// Blocks that end with what must be a block's last.
const LASTS: usize = 9;

/// A key that a made transaction has written, as it stands before the round.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) place: Place,
    /// Whether only the grid company's peer may write it.
    pub(crate) guarded: bool,
}

/// Rows under one prefix, for range queries.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    pub(crate) prefix: String,
    pub(crate) rows: Vec<(String, Place)>,
}

/// All steps, and where each round begins and ends.
pub(crate) struct Plan<'a> {
    pub(crate) people: &'a People,
    pub(crate) dice: Dice,
    pub(crate) steps: Vec<Step>,
    pub(crate) rounds: Vec<Range<usize>>,
    /// Keys and shelves as they stand before the round, but for those that the round already changes.
    pub(crate) keys: BTreeMap<String, Known>,
    pub(crate) shelves: Vec<Shelf>,
    /// What the round leaves.
    pub(crate) later_keys: BTreeMap<String, Known>,
    pub(crate) later_shelves: Vec<Shelf>,
    /// Transactions whose ids others have claimed already, to be sent in a later round.
    pub(crate) claimed: Vec<Draft>,
    pub(crate) later_claimed: Vec<Draft>,
    /// Groups and faults that were not drawn yet: all come before one comes again.
    groups: Vec<usize>,
    faults: Vec<usize>,
    lasts: usize,
    taken: usize,
    refused: usize,
    names: usize,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(people: &'a People, seed: u64) -> Self {
        Self {
            people,
            dice: Dice::new(seed),
            steps: Vec::new(),
            rounds: Vec::new(),
            keys: BTreeMap::new(),
            shelves: Vec::new(),
            later_keys: BTreeMap::new(),
            later_shelves: Vec::new(),
            claimed: Vec::new(),
            later_claimed: Vec::new(),
            groups: Vec::new(),
            faults: Vec::new(),
            lasts: 0,
            taken: 0,
            refused: 0,
            names: 0,
        }
    }

    /// A round of these market transactions, mixed with made ones, to the end of a block.
    pub(crate) fn round(&mut self, market: Vec<Step>) {
        let begin = self.steps.len();
        for step in market {
            self.push(step);
            if self.dice.below(MIX) == 0 {
                self.make();
            }
        }
        while !self.taken.is_multiple_of(BLOCK) || self.steps.len() == begin {
            self.make();
        }
        self.end_round(begin);
    }

    /// Rounds of made transactions until there are a thousand of all.
    pub(crate) fn fill(&mut self, blocks_each: usize) {
        while self.taken < TAKEN {
            let (begin, until) = (self.steps.len(), TAKEN.min(self.taken + blocks_each * BLOCK));
            while self.taken < until {
                self.make();
            }
            self.end_round(begin);
        }
    }

    fn end_round(&mut self, begin: usize) {
        self.rounds.push(begin..self.steps.len());
        self.keys.append(&mut self.later_keys);
        self.shelves.append(&mut self.later_shelves);
        self.claimed.append(&mut self.later_claimed);
    }

    /// One group of made transactions that has room in the block.
    fn make(&mut self) {
        let room = BLOCK - self.taken % BLOCK;
        if room == 1 && self.lasts < LASTS {
            self.lasts += 1;
            return last_of_block(self, self.lasts);
        }
        if self.dice.below(MALFORMED) == 0 {
            return malformed(self);
        }
        if !self.groups.iter().any(|group| MADE[*group].0 <= room) {
            self.groups.extend(0..MADE.len());
        }
        let fitting: Vec<_> = (0..self.groups.len())
            .filter(|at| MADE[self.groups[*at]].0 <= room)
            .collect();
        let at = *self.dice.pick(&fitting);
        let (_, make) = MADE[self.groups.swap_remove(at)];
        make(self);
    }

    /// Adds a step; one that the orderer refuses goes before each block as long as there are some to send.
    pub(crate) fn push(&mut self, step: Step) {
        if step.is_ordered() {
            if self.taken.is_multiple_of(BLOCK) && self.refused < REFUSALS {
                let refusal = self.refusal();
                self.steps.push(refusal);
                self.refused += 1;
            }
            self.taken += 1;
        }
        self.steps.push(step);
    }

    /// A transaction of no use, for blocks before the comparison.
    pub(crate) fn filling(&mut self) -> anyhow::Result<Step> {
        let mut draft = self.draft(vec![Rows::default()]);
        draft.endorsers.clear();
        let fate = Fate::Code(TxValidationCode::EndorsementPolicyFailure);
        Ok(Step::drafted("a filling", fate, draft))
    }

    fn refusal(&mut self) -> Step {
        let rows = self.creation().0;
        let mut draft = self.draft(vec![rows]);
        // A stranger's transaction comes after each fault once.
        let turn = self.refused % (REFUSED.len() + 1);
        let Some((kind, fate, spoil)) = REFUSED.get(turn) else {
            draft.call = Call::new(&self.people.stranger, self.dice.nonce(), "Made", "by a stranger");
            let fate = Fate::Refused(fabric_protos::common::Status::Forbidden);
            return Step::drafted("a stranger's transaction", fate, draft);
        };
        draft.spoil = *spoil;
        Step::drafted(kind, *fate, draft)
    }

    /// Where the next step will stand that the orderer takes.
    pub(crate) const fn place(&self) -> Place {
        Place {
            block: (self.taken / BLOCK) as u64,
            tx: (self.taken % BLOCK) as u64,
        }
    }

    /// A name that was not used before.
    pub(crate) fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{:05}", self.names)
    }

    /// Rows that create a new key, and the key.
    pub(crate) fn creation(&mut self) -> (Rows, String) {
        let key = self.name("made/");
        (Rows::default().read(&key, None).write(&key, "new"), key)
    }

    /// A transaction of any user with these rows, endorsed by a majority or by all.
    pub(crate) fn draft(&mut self, rows: Vec<Rows>) -> Draft {
        let creator = self.dice.pick(&self.people.users).clone();
        let nonce = self.dice.nonce();
        let leave_out = self.dice.below(ORGANISATIONS.len() + 1);
        let named = ORGANISATIONS
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != leave_out);
        Draft {
            call: Call::new(&creator, nonce, "Made", &self.name("call ")),
            rows,
            event: None,
            endorsers: named.map(|(_, (msp_id, _))| self.people.peer(msp_id)).collect(),
            spoil: Spoil::Nothing,
        }
    }

    /// The peers of these organisations.
    pub(crate) fn peers(&self, msp_ids: &[&str]) -> Vec<Who> {
        msp_ids.iter().map(|msp_id| self.people.peer(msp_id)).collect()
    }

    pub(crate) fn push_draft(&mut self, kind: &'static str, code: TxValidationCode, draft: Draft) {
        self.push(Step::drafted(kind, Fate::Code(code), draft));
    }

    /// Takes a key out of the round's reach: the caller changes it.
    pub(crate) fn take_key(&mut self, guarded: bool) -> Option<(String, Known)> {
        let names: Vec<_> = self.keys.iter().filter(|(_, known)| known.guarded == guarded).collect();
        if names.is_empty() {
            return None;
        }
        let name = self.dice.pick(&names).0.clone();
        self.keys.remove_entry(&name)
    }

    /// Takes a shelf out of the round's reach.
    pub(crate) fn take_shelf(&mut self) -> Option<Shelf> {
        if self.shelves.is_empty() {
            return None;
        }
        let index = self.dice.below(self.shelves.len());
        Some(self.shelves.swap_remove(index))
    }

    /// The next malformed kind.
    pub(crate) fn next_fault(&mut self) -> usize {
        if self.faults.is_empty() {
            self.faults = (0..ORDERED.len()).collect();
        }
        let index = self.dice.below(self.faults.len());
        self.faults.swap_remove(index)
    }

    /// A made transaction of an earlier round that validation has looked at, without policies of keys: one that has such
    /// and is a duplicate would let Fabric's peers wait for ever for the verdict over it.
    pub(crate) fn earlier(&mut self) -> Option<usize> {
        use TxValidationCode::{EndorsementPolicyFailure, MvccReadConflict, PhantomReadConflict, Valid};
        let end = self.rounds.last().map_or(0, |round| round.end);
        let judged = |step: &Step| match (&step.how, step.fate) {
            (How::Drafted(draft), Fate::Code(code)) => {
                matches!(
                    code,
                    Valid | MvccReadConflict | PhantomReadConflict | EndorsementPolicyFailure
                ) && draft.rows.iter().all(|rows| rows.guards.is_empty())
            }
            _ => false,
        };
        let found: Vec<usize> = (0..end).filter(|index| judged(&self.steps[*index])).collect();
        (!found.is_empty()).then(|| *self.dice.pick(&found))
    }

    /// The policy under which only the grid company's peer may write.
    pub(crate) fn grid_alone() -> Option<Bytes> {
        use prost::Message as _;
        let policy = fabric_msp::SignaturePolicy::parse("OR('GridMSP.peer')").ok()?;
        Some(policy.to_envelope().encode_to_vec().into())
    }
}
