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
    pub(crate) fn of_organisation(guardian: MspId, organisations: &Organisations) -> Self {
        Self {
            guardians: vec![guardian],
            organisations: organisations.clone(),
        }
    }

    /// A guard of grid company and regulator together.
    pub(crate) fn of_grid_and_regulator(organisations: &Organisations) -> Self {
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

    /// `OR(AND(guardians, majority of all), AND(grid, regulator, majority of the rest))`; the second branch recovers a key whose
    /// guardian is gone.
    pub fn rule(&self) -> Rule {
        let peers = |ids: Vec<&MspId>| ids.into_iter().cloned().map(Rule::Peer).collect::<Vec<_>>();
        let all = peers(self.organisations.members().map(|(_, msp)| msp).to_vec());
        let rest = peers(vec![&self.organisations.energy, &self.organisations.microgrid]);
        let guarded = with_majority(peers(self.guardians.iter().collect()), all);
        let recovery = with_majority(
            peers(vec![&self.organisations.grid, &self.organisations.regulator]),
            rest,
        );
        Rule::OutOf(1, vec![guarded, recovery])
    }

    /// The rule in Fabric's policy language.
    pub fn expression(&self) -> String {
        self.rule().expression()
    }
}

fn with_majority(mut required: Vec<Rule>, of: Vec<Rule>) -> Rule {
    let majority = of.len().div_euclid(2).saturating_add(1);
    required.push(Rule::OutOf(majority, of));
    Rule::OutOf(required.len(), required)
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

    #[test]
    fn guardian_and_majority_or_recovery() {
        let id = |text: &str| MspId::new(text).unwrap();
        let all = Organisations {
            grid: id("G"),
            regulator: id("R"),
            energy: id("E"),
            microgrid: id("M"),
        };
        assert_eq!(
            Guard::of_organisation(id("M"), &all).expression(),
            "OutOf(1, OutOf(2, 'M.peer', OutOf(3, 'G.peer', 'R.peer', 'E.peer', 'M.peer')), \
             OutOf(3, 'G.peer', 'R.peer', OutOf(2, 'E.peer', 'M.peer')))"
        );
    }
}
