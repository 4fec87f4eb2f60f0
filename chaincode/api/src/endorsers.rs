//! Which organisations must endorse a function. A client names them, because a guarded key asks for its guardian at commit
//! and no peer can foresee that for a key that is only being born.

use der_market::id::MspId;

use crate::function::Function;
use crate::organisations::{Organisations, Part};

/// An organisation whose endorsement a function needs beyond the majority of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endorser {
    /// The organisation that plays this part.
    Part(Part),
    /// The caller's own.
    Caller,
}

const GRID: &[Endorser] = &[Endorser::Part(Part::Grid)];
const REGULATOR: &[Endorser] = &[Endorser::Part(Part::Regulator)];
const GRID_AND_REGULATOR: &[Endorser] = &[Endorser::Part(Part::Grid), Endorser::Part(Part::Regulator)];
const CALLER: &[Endorser] = &[Endorser::Caller];

/// The organisations that must be among a function's endorsers. All functions need a majority of members besides.
pub fn endorsers(function: Function) -> &'static [Endorser] {
    use Function as F;
    match function {
        F::Bootstrap | F::OpenSlot | F::CloseGate | F::SealBook | F::Clear | F::Plan | F::Settle => GRID_AND_REGULATOR,
        F::RegisterUser | F::AddKey | F::RegisterPlant => CALLER,
        F::Authenticate | F::Suspend | F::Reinstate => REGULATOR,
        F::PublishPoint | F::PublishDistances | F::AcceptConnection | F::RegisterMeter => GRID,
        _ => &[],
    }
}

/// The organisations to name when submitting: those that must, then others in a fixed order up to a majority.
pub fn endorsing_organisations(function: Function, organisations: &Organisations, caller: &MspId) -> Vec<MspId> {
    let members = organisations.members().map(|(_, msp)| msp);
    let must = endorsers(function).iter().map(|endorser| match endorser {
        Endorser::Part(part) => organisations.msp(*part),
        Endorser::Caller => caller,
    });
    let majority = members.len().div_euclid(2).saturating_add(1);
    let mut named: Vec<MspId> = Vec::new();
    for msp in must.chain([caller]).chain(members) {
        let wanted = named.len() < majority && !named.contains(msp);
        if wanted && organisations.part_of(msp).is_some() {
            named.push(msp.clone());
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_majority_with_whoever_must_be_in_it() {
        let id = |text: &str| MspId::new(text).unwrap();
        let all = Organisations {
            grid: id("G"),
            regulator: id("R"),
            energy: id("E"),
            microgrid: id("M"),
        };
        for function in Function::all() {
            let named = endorsing_organisations(*function, &all, &id("M"));
            assert_eq!(named.len(), 3, "{}", function.name());
            for endorser in endorsers(*function) {
                let msp = match endorser {
                    Endorser::Part(part) => all.msp(*part).clone(),
                    Endorser::Caller => id("M"),
                };
                assert!(named.contains(&msp), "{}", function.name());
            }
        }
        assert!(!endorsing_organisations(Function::PostBid, &all, &id("X")).contains(&id("X")));
    }
}
