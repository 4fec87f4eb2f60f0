//! Good and bad policies.

use super::*;
use crate::{State, worst};
use fabric_msp::ImplicitMetaPolicy;

fn signature(text: &str) -> SignaturePolicy {
    SignaturePolicy::parse(text).unwrap()
}

/// A channel whose members each have the same policies, with these above them.
fn channel(members: &[&str], own: &[(&str, &str)], above: &[(&str, &str)]) -> PolicyGroup {
    let mut application = PolicyGroup::default();
    for member in members {
        let mut group = PolicyGroup::default();
        for (name, text) in own {
            let policy = signature(&text.replace('X', member));
            group.policies.insert((*name).to_owned(), Policy::Signature(policy));
        }
        application.groups.insert((*member).to_owned(), group);
    }
    for (name, text) in above {
        let policy = ImplicitMetaPolicy::parse(text).unwrap();
        application
            .policies
            .insert((*name).to_owned(), Policy::ImplicitMeta(policy));
    }
    let mut root = PolicyGroup::default();
    root.groups.insert("Application".to_owned(), application);
    root
}

fn referring(members: &[&str], own: &str, above: &str) -> Vec<Finding> {
    let channel = channel(members, &[("Endorsement", own)], &[("Endorsement", above)]);
    definition(&DefinedPolicy::Reference(ENDORSEMENT.to_owned()), &channel)
}

fn own(text: &str) -> Vec<Finding> {
    definition(&DefinedPolicy::Signature(signature(text)), &PolicyGroup::default())
}

fn said(findings: &[Finding], words: &str) -> bool {
    findings
        .iter()
        .any(|finding| finding.found.contains(words) && !finding.advice.is_empty())
}

#[test]
fn a_reference_to_a_majority_of_peers_is_good() {
    for members in [&["A", "B"][..], &["A", "B", "C", "D"], &["A", "B", "C", "D", "E"]] {
        let findings = referring(members, "OR('X.peer')", "MAJORITY Endorsement");
        assert_eq!(worst(&findings), State::Ok, "{findings:?}");
    }
}

#[test]
fn any_and_a_majority_of_one_let_one_organisation_settle() {
    let any = referring(&["A", "B", "C", "D"], "OR('X.peer')", "ANY Endorsement");
    assert!(worst(&any) == State::Fail && said(&any, "alone: A, B, C, D"), "{any:?}");
    let lonely = referring(&["A"], "OR('X.peer')", "MAJORITY Endorsement");
    assert!(worst(&lonely) == State::Fail && said(&lonely, "alone: A"), "{lonely:?}");
}

#[test]
fn member_lets_clients_endorse() {
    let findings = referring(&["A", "B", "C"], "OR('X.member')", "MAJORITY Endorsement");
    assert!(
        worst(&findings) == State::Fail && said(&findings, "B.member"),
        "{findings:?}"
    );
    assert!(said(&own("AND('A.peer', 'B.admin')"), "B.admin"));
    assert!(said(&own("AND('A.client', 'B.peer')"), "A.client"));
}

/// Each organisation sets its own policy: two of three may hand theirs to the first.
#[test]
fn policies_handed_to_one_organisation_are_seen_through() {
    let mut channel = channel(
        &["A", "B", "C"],
        &[("Endorsement", "OR('X.peer')")],
        &[("Endorsement", "MAJORITY Endorsement")],
    );
    let application = channel.groups.get_mut("Application").unwrap();
    let handed = Policy::Signature(signature("OR('A.peer')"));
    application
        .groups
        .get_mut("B")
        .unwrap()
        .policies
        .insert("Endorsement".to_owned(), handed);
    let findings = definition(&DefinedPolicy::Reference(ENDORSEMENT.to_owned()), &channel);
    assert!(
        worst(&findings) == State::Fail && said(&findings, "alone: A"),
        "{findings:?}"
    );
}

#[test]
fn a_policy_of_its_own_warns_and_is_judged() {
    let good = own("OutOf(3, 'A.peer', 'B.peer', 'C.peer', 'D.peer')");
    assert!(
        worst(&good) == State::Warn && said(&good, "that joins does not count"),
        "{good:?}"
    );
    // Two peers of one organisation are still one organisation.
    for bad in [
        "OR('A.peer', 'B.peer')",
        "OutOf(2, 'A.peer', 'A.peer', 'B.peer')",
        "OR('A.peer', AND('A.peer', 'B.peer'))",
    ] {
        let findings = own(bad);
        assert!(
            worst(&findings) == State::Fail && said(&findings, "alone: A"),
            "{bad}: {findings:?}"
        );
    }
}

#[test]
fn policies_that_hold_always_or_never_are_named() {
    assert!(said(&own("OutOf(0, 'A.peer')"), "no signature at all"));
    assert!(said(&own("OutOf(3, 'A.peer', 'B.peer')"), "can never be satisfied"));
    let empty = referring(&[], "OR('X.peer')", "MAJORITY Endorsement");
    assert!(said(&empty, "no signature at all"), "{empty:?}");
    let absent = definition(
        &DefinedPolicy::Reference("/Channel/Application/None".to_owned()),
        &PolicyGroup::default(),
    );
    assert!(said(&absent, "does not have"), "{absent:?}");
}

#[test]
fn guards_of_the_shape_that_the_market_writes_are_good_until_their_members_leave() {
    let text =
        "OutOf(1, OutOf(2, 'M.peer', OutOf(2, 'G.peer', 'R.peer', 'E.peer')), OutOf(3, 'G.peer', 'R.peer', 'E.peer'))";
    let of = |members: &[&str]| {
        let members = members.iter().map(|member| (*member).to_owned()).collect();
        guard("energy", &signature(text), &members)
    };
    assert_eq!(worst(&of(&["M", "G", "R", "E"])), State::Ok);
    assert_eq!(worst(&of(&["M", "G", "R"])), State::Ok);
    let frozen = of(&["M", "G"]);
    assert!(worst(&frozen) == State::Fail && said(&frozen, "frozen"), "{frozen:?}");
    let alone = guard("own", &signature("OR('M.peer')"), &BTreeSet::from(["M".to_owned()]));
    assert!(said(&alone, "alone: M"), "{alone:?}");
}

#[test]
fn governance_by_one_is_refused() {
    let own = [("Endorsement", "OR('X.peer')"), ("Admins", "OR('X.admin')")];
    let good = [
        ("LifecycleEndorsement", "MAJORITY Endorsement"),
        ("Admins", "MAJORITY Admins"),
    ];
    let findings = governance(&channel(&["A", "B", "C"], &own, &good));
    assert_eq!((findings.len(), worst(&findings)), (2, State::Ok), "{findings:?}");
    let bad = [
        ("LifecycleEndorsement", "ANY Endorsement"),
        ("Admins", "MAJORITY Admins"),
    ];
    let findings = governance(&channel(&["A", "B", "C"], &own, &bad));
    assert!(
        worst(&findings) == State::Fail && said(&findings, "alone: A, B, C"),
        "{findings:?}"
    );
}

/// Against counting every set of organisations by hand: what suffices alone is exactly the satisfying sets of one.
#[test]
fn sets_of_one_are_those_that_satisfy() {
    for (text, alone) in [
        ("OutOf(1, 'A.peer', AND('B.peer', 'C.peer'))", "A"),
        ("AND(OR('A.peer', 'B.peer'), OR('B.peer', 'C.peer'))", "B"),
        ("AND(OR('A.peer', 'B.peer'), OR('B.peer', 'A.peer'))", "A, B"),
    ] {
        assert!(said(&own(text), &format!("alone: {alone}")), "{text}");
    }
}
