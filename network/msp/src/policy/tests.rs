use std::{collections::BTreeMap, sync::Arc};

use fabric_protos::common::signature_policy::Type;
use proptest::prelude::*;
use prost::Message;

use super::*;
use crate::{Identity, MspManager, Principal, PrincipalRole, forge::Forge};

fn signed_by(rule: &fabric_protos::common::SignaturePolicy) -> Vec<i32> {
    match rule.r#type.as_ref().unwrap() {
        Type::SignedBy(index) => vec![*index],
        Type::NOutOf(gate) => gate.rules.iter().flat_map(signed_by).collect(),
    }
}

/// Inner gates take the first numbers, as in Fabric's own `TestComplex1`.
#[test]
fn principals_are_numbered_as_fabric_does() {
    for (text, numbers, msps) in [
        ("AND('A.member', 'B.member')", vec![0, 1], vec!["A", "B"]),
        (
            "OR('A.member', AND('B.member', 'C.member'))",
            vec![2, 0, 1],
            vec!["B", "C", "A"],
        ),
        (
            "OutOf(1, AND('A.peer', 'A.peer'), OR('B.peer'))",
            vec![0, 1, 2],
            vec!["A", "A", "B"],
        ),
    ] {
        let envelope = SignaturePolicy::parse(text).unwrap().to_envelope();
        assert_eq!(signed_by(envelope.rule.as_ref().unwrap()), numbers, "{text}");
        let found = envelope
            .identities
            .iter()
            .map(|one| Principal::from_wire(one).unwrap().msp_id().unwrap());
        assert_eq!(found.collect::<Vec<_>>(), msps, "{text}");
    }
}

/// Bytes made by Fabric v3.1.5, `policydsl.FromString`, marshalled.
#[test]
fn envelopes_have_fabrics_bytes() {
    for (text, expected) in [
        (
            "AND('A.member', 'B.member')",
            "120c120a080212020800120208011a0512030a01411a0512030a0142",
        ),
        (
            "OR(AND('A.member', 'B.member'), 'X.admin', OR('C.member', AND('D.client','E.orderer')))",
            "122e122c0801120c120a080212020800120208011202080512161214080112020804120c120a080212020802120208031a0512030a0141\
             1a0512030a01421a0712050a014410021a0712050a014510041a0512030a01431a0712050a01581001",
        ),
        (
            "OutOf(3, 'A.peer', 'B.peer')",
            "120c120a080312020800120208011a0712050a014110031a0712050a01421003",
        ),
        ("OutOf(0, 'A.peer')", "12061204120208001a0712050a01411003"),
        (
            "outof( 1 , \"a.b-c.peer\" )",
            "120812060801120208001a0b12090a05612e622d631003",
        ),
    ] {
        let envelope = SignaturePolicy::parse(text).unwrap().to_envelope();
        assert_eq!(hex::encode(envelope.encode_to_vec()), expected, "{text}");
    }
}

#[test]
fn what_fabric_refuses_is_refused() {
    for bad in [
        "",
        "'A.peer'",
        "AND()",
        "AND('A.peer'",
        "AND('A.peer'))",
        "AND('A.king')",
        "AND('A')",
        "AND('A B.peer')",
        "XOR('A.peer', 'B.peer')",
        "OutOf('A.peer')",
        "OutOf(2)",
        "OutOf(-1, 'A.peer')",
        "OutOf(3, 'A.peer')",
        "AND('A_B.peer')",
        "Outof(1, 'A.peer')",
        "OutOf(99999999999999999999, 'A.peer')",
        "AND('A.peer' 'B.peer')",
        // Fabric, whose language is an expression language beneath, would take these two.
        "AND('A.peer',)",
        "OutOf(1+1, 'A.peer', 'B.peer')",
    ] {
        assert!(SignaturePolicy::parse(bad).is_err(), "{bad}");
    }
    let deep = format!("{}'A.peer'{}", "AND(".repeat(500), ")".repeat(500));
    assert_eq!(SignaturePolicy::parse(&deep), Err(PolicyError::TooDeep));
    assert_eq!(
        SignaturePolicy::parse(&" ".repeat(MAX_TEXT + 1)),
        Err(PolicyError::TooLong)
    );
}

#[test]
fn msp_ids_may_hold_dots_and_both_quotes_do() {
    let policy = SignaturePolicy::parse("outof( 1 , \"a.b-c.peer\" )").unwrap();
    assert_eq!(policy.principals(), [&Principal::role("a.b-c", PrincipalRole::Peer)]);
}

#[test]
fn damaged_envelopes_are_refused() {
    let good = SignaturePolicy::parse("OR('A.peer')").unwrap().to_envelope();
    let mut dangling = good.clone();
    dangling.identities.clear();
    assert!(matches!(
        SignaturePolicy::from_envelope(&dangling),
        Err(PolicyError::Damaged(_))
    ));
    let mut newer = good.clone();
    newer.version = 1;
    assert!(matches!(
        SignaturePolicy::from_envelope(&newer),
        Err(PolicyError::Unsupported(_))
    ));
    let mut empty = good;
    empty.rule = None;
    assert!(matches!(
        SignaturePolicy::from_envelope(&empty),
        Err(PolicyError::Damaged(_))
    ));
}

struct Channel {
    manager: MspManager,
    peers: BTreeMap<&'static str, [Arc<Identity>; 2]>,
    client: Arc<Identity>,
}

fn channel() -> Channel {
    let forges = ["A", "B", "C"].map(|name| (name, Forge::new(name)));
    let peers = forges
        .iter()
        .map(|(name, forge)| (*name, [0, 1].map(|_| Arc::new(forge.issue("peer", &["peer"])))));
    Channel {
        peers: peers.collect(),
        client: Arc::new(forges[0].1.issue("ann", &["client"])),
        manager: MspManager::new(forges.iter().map(|(_, forge)| forge.msp()).collect()),
    }
}

#[test]
fn policies_are_decided_over_real_identities() {
    let channel = channel();
    let pick = |names: &str| -> Vec<Arc<Identity>> {
        let find = |name: char| match name {
            'a' => channel.client.clone(),
            'X' => Arc::new(Forge::new("A").issue("peer", &["peer"])),
            '2' => channel.peers["A"][1].clone(),
            other => channel.peers[other.to_string().as_str()][0].clone(),
        };
        names.chars().map(find).collect()
    };
    for (policy, signers, expected) in [
        ("AND('A.peer', 'B.peer')", "AB", true),
        ("AND('A.peer', 'B.peer')", "BA", true),
        ("AND('A.peer', 'B.peer')", "A", false),
        ("AND('A.peer', 'B.peer')", "", false),
        ("AND('A.peer', 'B.peer')", "aB", false),
        ("AND('A.member', 'B.peer')", "aB", true),
        ("OR('A.peer', 'B.peer')", "C", false),
        ("OR('A.peer', 'B.peer')", "CB", true),
        ("OutOf(2, 'A.peer', 'B.peer', 'C.peer')", "AC", true),
        ("OutOf(2, 'A.peer', 'B.peer', 'C.peer')", "AAA", false),
        ("AND('A.peer', 'A.peer')", "AA", false),
        ("AND('A.peer', 'A.peer')", "A2", true),
        ("AND('A.peer', 'B.peer')", "XB", false),
        ("OutOf(0, 'A.peer')", "", true),
        ("OutOf(2, 'A.peer')", "A", false),
        ("AND('A.member', 'A.client')", "Aa", true),
        // Greedy, as on Fabric: the first rule takes the client, and nothing is left for the second.
        ("AND('A.member', 'A.client')", "aA", false),
    ] {
        let parsed = SignaturePolicy::parse(policy).unwrap();
        assert_eq!(
            parsed.evaluate(&pick(signers), &channel.manager),
            expected,
            "{policy} by {signers}"
        );
    }
}

fn organisations() -> PolicyGroup {
    let organisation = |name: &str| PolicyGroup {
        policies: [(
            "Endorsement".to_owned(),
            Policy::Signature(SignaturePolicy::parse(&format!("OR('{name}.peer')")).unwrap()),
        )]
        .into(),
        groups: BTreeMap::new(),
    };
    let application = PolicyGroup {
        policies: [
            ("Any", "ANY Endorsement"),
            ("All", "ALL Endorsement"),
            ("Most", "MAJORITY Endorsement"),
        ]
        .map(|(name, text)| {
            (
                name.to_owned(),
                Policy::ImplicitMeta(ImplicitMetaPolicy::parse(text).unwrap()),
            )
        })
        .into(),
        groups: ["A", "B", "C"].map(|name| (name.to_owned(), organisation(name))).into(),
    };
    PolicyGroup {
        policies: BTreeMap::new(),
        groups: [("Application".to_owned(), application)].into(),
    }
}

#[test]
fn implicit_policies_count_the_groups_beneath() {
    let (channel, root) = (channel(), organisations());
    let sign = |names: &[&str]| {
        names
            .iter()
            .map(|name| channel.peers[name][0].clone())
            .collect::<Vec<_>>()
    };
    for (names, any, most, all) in [
        (&[][..], false, false, false),
        (&["A"], true, false, false),
        (&["A", "C"], true, true, false),
        (&["A", "B", "C"], true, true, true),
    ] {
        let decide = |path: &str| root.evaluate(path, &sign(names), &channel.manager);
        assert_eq!(decide("/Channel/Application/Any"), any, "{names:?}");
        assert_eq!(decide("Application/Most"), most, "{names:?}");
        assert_eq!(decide("Application/All"), all, "{names:?}");
        assert!(!decide("Application/Nothing"));
    }
}

#[test]
fn thresholds_are_fabrics() {
    for (count, any, majority, all) in [(0, 0, 0, 0), (1, 1, 1, 1), (2, 1, 2, 2), (3, 1, 2, 3), (4, 1, 3, 4)] {
        assert_eq!(Rule::Any.threshold(count), any);
        assert_eq!(Rule::Majority.threshold(count), majority);
        assert_eq!(Rule::All.threshold(count), all);
    }
}

fn policies() -> impl Strategy<Value = SignaturePolicy> {
    let leaf = (
        "[A-D]{1,2}",
        prop::sample::select(vec!["peer", "member", "admin", "client", "orderer"]),
    )
        .prop_map(|(msp, role)| SignaturePolicy::SignedBy(Principal::parse(&format!("{msp}.{role}")).unwrap()));
    leaf.prop_recursive(4, 24, 4, |inner| {
        (prop::collection::vec(inner, 1..4), any::<prop::sample::Index>()).prop_map(|(rules, index)| {
            SignaturePolicy::OutOf {
                n: index.index(rules.len() + 2) as u32,
                rules,
            }
        })
    })
    .prop_filter("a gate outermost", |policy| {
        matches!(policy, SignaturePolicy::OutOf { .. })
    })
}

/// Whether some choice of `n` distinct identities, one for each of `n` rules, satisfies a flat policy.
fn brute_force(n: usize, rules: &[&str], holders: &[&str]) -> bool {
    fn place(n: usize, rules: &[&str], free: &mut Vec<&str>) -> bool {
        let Some((rule, rest)) = rules.split_first() else {
            return n == 0;
        };
        let taken = free.iter().position(|holder| holder == rule);
        let with = taken.is_some_and(|index| {
            n > 0 && {
                let holder = free.remove(index);
                let found = place(n - 1, rest, free);
                free.insert(index, holder);
                found
            }
        });
        with || n == 0 || place(n, rest, free)
    }
    place(n, rules, &mut holders.to_vec())
}

proptest! {
    #[test]
    fn display_and_parse_are_inverse(policy in policies()) {
        prop_assert_eq!(SignaturePolicy::parse(&policy.to_string()), Ok(policy));
    }

    #[test]
    fn envelopes_round_trip(policy in policies()) {
        let envelope = policy.to_envelope();
        let again = SignaturePolicy::from_envelope(&envelope).unwrap();
        prop_assert_eq!(again.to_envelope(), envelope);
        prop_assert_eq!(again, policy);
    }

    #[test]
    fn k_of_n_equals_brute_force(
        n in 0_usize..5,
        rules in prop::collection::vec(prop::sample::select(vec!["A", "B", "C"]), 1..5),
        holders in prop::collection::vec(prop::sample::select(vec!["A", "B", "C", "D"]), 0..6),
    ) {
        let policy = SignaturePolicy::OutOf {
            n: n as u32,
            rules: rules.iter().map(|msp| SignaturePolicy::SignedBy(Principal::role(*msp, PrincipalRole::Peer))).collect(),
        };
        let decided = policy.satisfied_by(holders.len(), &|index, principal| {
            principal.msp_id().as_deref() == Some(holders[index])
        });
        prop_assert_eq!(decided, brute_force(n, &rules, &holders));
    }

    #[test]
    fn no_text_breaks_the_parser(text in "[ANDORutf(),'\"A-C.per0-9 ]{0,60}") {
        if let Ok(policy) = SignaturePolicy::parse(&text) {
            prop_assert_eq!(SignaturePolicy::parse(&policy.to_string()), Ok(policy));
        }
    }
}
