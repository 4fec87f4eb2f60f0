//! Guards: key-level endorsement, abstract. The service encodes them as Fabric's validation parameters.

use std::collections::BTreeSet;

use der_market::id::MspId;

use crate::organisations::{Organisations, Part};

/// Who must endorse a change of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    guardians: Vec<MspId>,
    organisations: Organisations,
}

/// An endorsement rule as a tree; a leaf is an organisation's peer.
///
/// Fabric counts an endorsement at one leaf of a rule only (common/cauthdsl/cauthdsl.go). Within one way to satisfy a rule, an
/// organisation therefore stands at one leaf: who is demanded outright is not among those of whom a majority is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A peer of this organisation.
    Peer(MspId),
    /// At least so many of these.
    OutOf(usize, Vec<Rule>),
}

impl Guard {
    /// A guard of the grid company.
    pub fn of_grid(organisations: &Organisations) -> Self {
        Self::of(vec![organisations.grid.clone()], organisations)
    }

    /// A guard of the regulator.
    pub fn of_regulator(organisations: &Organisations) -> Self {
        Self::of(vec![organisations.regulator.clone()], organisations)
    }

    /// A guard of one organisation: a user's own record. The records of an organisation that has left are guarded by grid company
    /// and regulator.
    pub fn of_organisation(guardian: MspId, organisations: &Organisations) -> Self {
        if organisations.part_of(&guardian).is_none() {
            return Self::of_grid_and_regulator(organisations);
        }
        Self::of(vec![guardian], organisations)
    }

    /// A guard of grid company and regulator together.
    pub fn of_grid_and_regulator(organisations: &Organisations) -> Self {
        let guardians = vec![organisations.grid.clone(), organisations.regulator.clone()];
        Self::of(guardians, organisations)
    }

    /// Every guard that this membership gives: whoever reviews the market's policies reads these.
    pub fn all(organisations: &Organisations) -> Vec<Self> {
        let members = organisations.members();
        let own = members.iter().filter(|(part, _)| Part::OPEN.contains(part));
        let own = own.map(|(_, msp)| Self::of_organisation((*msp).clone(), organisations));
        let first = [
            Self::of_grid(organisations),
            Self::of_regulator(organisations),
            Self::of_grid_and_regulator(organisations),
        ];
        first.into_iter().chain(own).collect()
    }

    fn of(guardians: Vec<MspId>, organisations: &Organisations) -> Self {
        Self {
            guardians,
            organisations: organisations.clone(),
        }
    }

    /// The organisations that guard the key.
    pub fn guardians(&self) -> &[MspId] {
        &self.guardians
    }

    /// The guardians and a majority of all with them in it; or, where neither the grid company nor the regulator is a guardian, these
    /// two and a majority of the rest without the guardian, which recovers a key whose guardian is lost.
    pub fn rule(&self) -> Rule {
        let members: Vec<&MspId> = self.organisations.members().into_iter().map(|(_, msp)| msp).collect();
        let guardians: Vec<&MspId> = self.guardians.iter().collect();
        let others = without(&members, &guardians);
        let counted = members.len().saturating_sub(others.len());
        let guarded = demand(&guardians, majority(&members).saturating_sub(counted), &others);
        let restorers = [&self.organisations.grid, &self.organisations.regulator];
        if restorers.iter().any(|restorer| guardians.contains(restorer)) {
            return guarded;
        }
        let rest = without(&others, &restorers);
        Rule::OutOf(1, vec![guarded, demand(&restorers, majority(&rest), &rest)])
    }

    /// The rule in Fabric's policy language.
    pub fn expression(&self) -> String {
        self.rule().expression()
    }
}

/// More than half of these; of nobody, nobody.
fn majority(of: &[&MspId]) -> usize {
    let more_than_half = of.len().div_euclid(2).saturating_add(1);
    if of.is_empty() { 0 } else { more_than_half }
}

fn without<'a>(all: &[&'a MspId], these: &[&MspId]) -> Vec<&'a MspId> {
    all.iter().copied().filter(|msp| !these.contains(msp)).collect()
}

/// All of these and so many of the others.
fn demand(these: &[&MspId], least: usize, others: &[&MspId]) -> Rule {
    let peers = |ids: &[&MspId]| -> Vec<Rule> { ids.iter().map(|msp| Rule::Peer((*msp).clone())).collect() };
    let mut all = peers(these);
    if least == others.len() {
        all.extend(peers(others));
    } else if least > 0 {
        all.push(Rule::OutOf(least, peers(others)));
    }
    Rule::OutOf(all.len(), all)
}

impl Rule {
    /// Fabric's policy language: `OutOf(1, 'GridMSP.peer', …)`.
    pub fn expression(&self) -> String {
        match self {
            Self::Peer(msp) => format!("'{msp}.peer'"),
            Self::OutOf(least, rules) => {
                let rules: Vec<String> = rules.iter().map(Self::expression).collect();
                format!("OutOf({least}, {})", rules.join(", "))
            }
        }
    }

    /// Every organisation that it names.
    pub fn organisations(&self) -> BTreeSet<&MspId> {
        match self {
            Self::Peer(msp) => BTreeSet::from([msp]),
            Self::OutOf(_, rules) => rules.iter().flat_map(Self::organisations).collect(),
        }
    }

    /// True when peers of these organisations satisfy it. An organisation stands at one leaf of a way only, so that no endorsement
    /// is counted twice.
    pub fn satisfied_by(&self, organisations: &BTreeSet<MspId>) -> bool {
        match self {
            Self::Peer(msp) => organisations.contains(msp),
            Self::OutOf(least, rules) => rules.iter().filter(|rule| rule.satisfied_by(organisations)).count() >= *least,
        }
    }

    /// How few organisations satisfy it.
    pub fn fewest(&self) -> usize {
        match self {
            Self::Peer(_) => 1,
            Self::OutOf(least, rules) => {
                let mut each: Vec<usize> = rules.iter().map(Self::fewest).collect();
                each.sort_unstable();
                each.into_iter().take(*least).fold(0, usize::saturating_add)
            }
        }
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
