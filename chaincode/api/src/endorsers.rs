//! Which organisations must endorse a function. A client names them, because a guarded key asks for its guardian at commit
//! and no peer can foresee that for a key that is only being born.

use der_market::id::MspId;

use crate::function::Function;
use crate::organisations::Organisations;

/// An organisation whose endorsement a function needs beyond the majority of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endorser {
    /// The grid company.
    Grid,
    /// The regulator.
    Regulator,
    /// The caller's own.
    Caller,
}

const GRID_AND_REGULATOR: &[Endorser] = &[Endorser::Grid, Endorser::Regulator];

/// The organisations that must be among a function's endorsers. All functions need a majority of members besides.
pub fn endorsers(function: Function) -> &'static [Endorser] {
    use Function as F;
    match function {
        F::Bootstrap
        | F::OpenSlot
        | F::CloseGate
        | F::EndReveal
        | F::SealBook
        | F::Clear
        | F::WriteContracts
        | F::EndConfirmation
        | F::Plan
        | F::Settle => GRID_AND_REGULATOR,
        F::SettlePage | F::CorrectSlot | F::Estimate => GRID_AND_REGULATOR,
        F::Migrate | F::AdmitMember | F::DismissMember | F::RewriteGuards | F::PublishParameters => GRID_AND_REGULATOR,
        F::CallFor | F::ProposeWelfare => &[Endorser::Caller],
        F::Enact => GRID_AND_REGULATOR,
        F::Propose | F::Approve | F::Reject => &[Endorser::Caller],
        F::PublishRows => &[Endorser::Grid],
        F::SuspendMarket | F::ResumeMarket => &[Endorser::Regulator],
        F::RegisterUser | F::AddKey | F::RegisterPlant => &[Endorser::Caller],
        F::RegisterDevice | F::ChangeDevice | F::RetireDevice | F::SetState => &[Endorser::Caller],
        F::ChangePlant | F::RetirePlant => &[Endorser::Caller],
        F::MoveOut => &[Endorser::Caller, Endorser::Regulator],
        F::Authenticate | F::Suspend | F::Reinstate | F::SetIndex => &[Endorser::Regulator],
        F::AnswerDeposit | F::AnswerWithdrawal => &[Endorser::Grid],
        F::DecideLine => &[Endorser::Regulator],
        F::PublishPoint | F::PublishDistances | F::AcceptConnection | F::RegisterMeter | F::ReplaceMeter => {
            &[Endorser::Grid]
        }
        _ => &[],
    }
}

/// How many organisations to name, and which never.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// So many more than a majority: the channel may count more members than the market while one joins or leaves.
    pub surplus: usize,
    /// Members that cannot endorse: their peers are down, or they are about to leave.
    pub absent: Vec<MspId>,
}

/// The organisations to name when submitting: those that must, then others in a fixed order up to a majority. Guards are rewritten
/// by all who are there: keys of several guardians are in one transaction.
pub fn endorsing_organisations(
    function: Function,
    organisations: &Organisations,
    caller: &MspId,
    naming: &Naming,
) -> Vec<MspId> {
    let members = organisations.members();
    let must = endorsers(function).iter().map(|endorser| match endorser {
        Endorser::Grid => &organisations.grid,
        Endorser::Regulator => &organisations.regulator,
        Endorser::Caller => caller,
    });
    let wanted = match function {
        Function::RewriteGuards => members.len(),
        _ => organisations.majority().saturating_add(naming.surplus),
    };
    let mut named: Vec<MspId> = Vec::new();
    for msp in must.chain([caller]).chain(members.iter().map(|(_, msp)| *msp)) {
        let there = organisations.part_of(msp).is_some() && !naming.absent.contains(msp);
        if there && named.len() < wanted && !named.contains(msp) {
            named.push(msp.clone());
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> MspId {
        MspId::new(text).unwrap()
    }

    fn consortium(energy: &[&str], microgrid: &[&str]) -> Organisations {
        let group = |msps: &[&str]| msps.iter().map(|msp| id(msp)).collect::<Vec<_>>().into();
        Organisations {
            grid: id("G"),
            regulator: id("R"),
            energy: group(energy),
            microgrid: group(microgrid),
        }
    }

    #[test]
    fn a_majority_with_whoever_must_be_in_it() {
        for (all, majority) in [
            (consortium(&["E"], &["M"]), 3),
            (consortium(&["E", "N"], &["M"]), 3),
            (consortium(&["E", "N"], &["M", "S"]), 4),
            (consortium(&[], &["M"]), 2),
        ] {
            for function in Function::all().iter().filter(|f| **f != Function::RewriteGuards) {
                let named = endorsing_organisations(*function, &all, &id("M"), &Naming::default());
                assert_eq!(named.len(), majority, "{}", function.name());
                for endorser in endorsers(*function) {
                    let msp = match endorser {
                        Endorser::Grid => id("G"),
                        Endorser::Regulator => id("R"),
                        Endorser::Caller => id("M"),
                    };
                    assert!(named.contains(&msp), "{}", function.name());
                }
            }
        }
    }

    #[test]
    fn strangers_and_the_absent_are_never_named() {
        let all = consortium(&["E"], &["M"]);
        let bid = |caller: &str, naming: &Naming| endorsing_organisations(Function::PostBid, &all, &id(caller), naming);
        assert!(!bid("X", &Naming::default()).contains(&id("X")));
        let naming = Naming {
            surplus: 0,
            absent: vec![id("E")],
        };
        assert_eq!(bid("G", &naming), [id("G"), id("R"), id("M")]);
        let rewriting = endorsing_organisations(Function::RewriteGuards, &all, &id("G"), &Naming::default());
        assert_eq!(rewriting.len(), 4);
    }

    #[test]
    fn a_surplus_names_more_up_to_all() {
        let all = consortium(&["E"], &["M"]);
        let named = |surplus| {
            let naming = Naming {
                surplus,
                absent: Vec::new(),
            };
            endorsing_organisations(Function::Clear, &all, &id("G"), &naming).len()
        };
        assert_eq!([named(0), named(1), named(9)], [3, 4, 4]);
    }
}
