//! Guards: key-level endorsement, abstract. The service encodes them as Fabric's validation parameters.

use der_api::organisations::{Organisations, Part};
use der_market::id::MspId;

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
    /// A guard of one part's organisation.
    pub(crate) fn of_part(part: Part, organisations: &Organisations) -> Self {
        Self::of_organisation(organisations.msp(part).clone(), organisations)
    }

    /// A guard of one organisation: a user's own record.
    pub fn of_organisation(guardian: MspId, organisations: &Organisations) -> Self {
        Self {
            guardians: vec![guardian],
            organisations: organisations.clone(),
        }
    }

    /// A guard of grid company and regulator together.
    pub fn of_grid_and_regulator(organisations: &Organisations) -> Self {
        let guardians = vec![organisations.grid.clone(), organisations.regulator.clone()];
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
        let members: Vec<&MspId> = self.organisations.members().map(|(_, msp)| msp).to_vec();
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

fn majority(of: &[&MspId]) -> usize {
    of.len().div_euclid(2).saturating_add(1)
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
    } else {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organisations() -> Organisations {
        let id = |text: &str| MspId::new(text).unwrap();
        Organisations {
            grid: id("G"),
            regulator: id("R"),
            energy: id("E"),
            microgrid: id("M"),
        }
    }

    fn of(part: Part) -> Guard {
        Guard::of_part(part, &organisations())
    }

    #[test]
    fn a_guardian_with_two_others_or_all_others_without_it() {
        assert_eq!(
            of(Part::Microgrid).expression(),
            "OutOf(1, OutOf(2, 'M.peer', OutOf(2, 'G.peer', 'R.peer', 'E.peer')), OutOf(3, 'G.peer', 'R.peer', 'E.peer'))"
        );
        assert_eq!(
            of(Part::Energy).expression(),
            "OutOf(1, OutOf(2, 'E.peer', OutOf(2, 'G.peer', 'R.peer', 'M.peer')), OutOf(3, 'G.peer', 'R.peer', 'M.peer'))"
        );
    }

    #[test]
    fn who_restores_the_keys_of_others_is_not_replaced_itself() {
        assert_eq!(
            of(Part::Grid).expression(),
            "OutOf(2, 'G.peer', OutOf(2, 'R.peer', 'E.peer', 'M.peer'))"
        );
        assert_eq!(
            of(Part::Regulator).expression(),
            "OutOf(2, 'R.peer', OutOf(2, 'G.peer', 'E.peer', 'M.peer'))"
        );
        assert_eq!(
            Guard::of_grid_and_regulator(&organisations()).expression(),
            "OutOf(3, 'G.peer', 'R.peer', OutOf(1, 'E.peer', 'M.peer'))"
        );
    }

    fn leaves(rule: &Rule) -> Vec<&MspId> {
        match rule {
            Rule::Peer(msp) => vec![msp],
            Rule::OutOf(_, rules) => rules.iter().flat_map(leaves).collect(),
        }
    }

    #[test]
    fn within_one_way_no_organisation_stands_twice() {
        let grid_and_regulator = Guard::of_grid_and_regulator(&organisations());
        let parts = [Part::Grid, Part::Regulator, Part::Energy, Part::Microgrid].map(of);
        for guard in parts.into_iter().chain([grid_and_regulator]) {
            let rule = guard.rule();
            let ways = match &rule {
                Rule::OutOf(1, ways) => ways.iter().collect(),
                way => vec![way],
            };
            for way in ways {
                let mut found = leaves(way);
                let count = found.len();
                found.sort();
                found.dedup();
                assert_eq!(found.len(), count, "{}", way.expression());
            }
        }
    }
}
