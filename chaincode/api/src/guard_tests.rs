use proptest::prelude::*;

use super::*;

fn id(text: &str) -> MspId {
    MspId::new(text).unwrap()
}

fn consortium(energy: usize, microgrid: usize) -> Organisations {
    let group = |letter: char, count: usize| (0..count).map(|n| id(&format!("{letter}{n}"))).collect::<Vec<_>>();
    Organisations {
        grid: id("G"),
        regulator: id("R"),
        energy: group('E', energy).into(),
        microgrid: group('M', microgrid).into(),
    }
}

fn four() -> Organisations {
    let text = r#"{"grid":"G","regulator":"R","energy":"E","microgrid":"M"}"#;
    serde_json::from_str(text).unwrap()
}

fn own(msp: &str) -> Guard {
    Guard::of_organisation(id(msp), &four())
}

#[test]
fn a_guardian_with_two_others_or_all_others_without_it() {
    assert_eq!(
        own("M").expression(),
        "OutOf(1, OutOf(2, 'M.peer', OutOf(2, 'G.peer', 'R.peer', 'E.peer')), OutOf(3, 'G.peer', 'R.peer', 'E.peer'))"
    );
    assert_eq!(
        own("E").expression(),
        "OutOf(1, OutOf(2, 'E.peer', OutOf(2, 'G.peer', 'R.peer', 'M.peer')), OutOf(3, 'G.peer', 'R.peer', 'M.peer'))"
    );
}

#[test]
fn who_restores_the_keys_of_others_is_not_replaced_itself() {
    assert_eq!(
        Guard::of_grid(&four()).expression(),
        "OutOf(2, 'G.peer', OutOf(2, 'R.peer', 'E.peer', 'M.peer'))"
    );
    assert_eq!(
        Guard::of_regulator(&four()).expression(),
        "OutOf(2, 'R.peer', OutOf(2, 'G.peer', 'E.peer', 'M.peer'))"
    );
    assert_eq!(
        Guard::of_grid_and_regulator(&four()).expression(),
        "OutOf(3, 'G.peer', 'R.peer', OutOf(1, 'E.peer', 'M.peer'))"
    );
}

#[test]
fn a_small_market_asks_for_no_more_than_it_has() {
    let three = consortium(0, 1);
    assert_eq!(
        Guard::of_organisation(id("M0"), &three).expression(),
        "OutOf(1, OutOf(2, 'M0.peer', OutOf(1, 'G.peer', 'R.peer')), OutOf(2, 'G.peer', 'R.peer'))"
    );
    let both = "OutOf(2, 'G.peer', 'R.peer')";
    assert_eq!(Guard::of_grid_and_regulator(&three).expression(), both);
    assert_eq!(Guard::of_grid(&consortium(0, 0)).expression(), both);
}

#[test]
fn records_of_whoever_left_are_the_grid_company_s_and_the_regulator_s() {
    let left = Guard::of_organisation(id("X"), &four());
    assert_eq!(left, Guard::of_grid_and_regulator(&four()));
}

/// Leaves of each way to satisfy a rule.
fn ways(rule: &Rule) -> Vec<Vec<&MspId>> {
    fn leaves(rule: &Rule) -> Vec<&MspId> {
        match rule {
            Rule::Peer(msp) => vec![msp],
            Rule::OutOf(_, rules) => rules.iter().flat_map(leaves).collect(),
        }
    }
    match rule {
        Rule::OutOf(1, ways) => ways.iter().map(leaves).collect(),
        way => vec![leaves(way)],
    }
}

proptest! {
    /// Memberships of 2 to 9 organisations.
    #[test]
    fn laws_of_every_guard(energy in 0_usize..4, microgrid in 0_usize..5) {
        let all = consortium(energy, microgrid);
        let restorers = [id("G"), id("R")];
        for guard in Guard::all(&all) {
            let rule = guard.rule();
            let text = rule.expression();
            prop_assert!(rule.fewest() >= 2, "one organisation alone satisfies {}", text);
            prop_assert!(!text.contains(".member") && !text.contains("OutOf(0"), "{}", text);
            for msp in all.members().into_iter().map(|(_, msp)| msp) {
                prop_assert!(!rule.satisfied_by(&BTreeSet::from([msp.clone()])), "{} alone satisfies {}", msp, text);
            }
            for way in ways(&rule) {
                let distinct: BTreeSet<_> = way.iter().collect();
                prop_assert_eq!(distinct.len(), way.len(), "an organisation stands twice in a way of {}", text);
            }
            let own = !restorers.iter().any(|msp| guard.guardians().contains(msp));
            let without: BTreeSet<MspId> = all.members().into_iter().map(|(_, msp)| msp.clone())
                .filter(|msp| !guard.guardians().contains(msp)).collect();
            prop_assert_eq!(rule.satisfied_by(&without), own, "recovery of {}", text);
            for restorer in &restorers {
                let mut short = without.clone();
                short.remove(restorer);
                prop_assert!(!rule.satisfied_by(&short), "recovery without {} of {}", restorer, text);
            }
        }
    }

    /// Whoever leaves, the others can rewrite every guard that names it, whether they follow the old membership or a mix.
    #[test]
    fn the_others_satisfy_every_guard_of_a_leaver(energy in 0_usize..4, microgrid in 0_usize..4, pick in 0_usize..8) {
        let all = consortium(energy, microgrid);
        let open: Vec<MspId> = all.members().into_iter().filter(|(part, _)| Part::OPEN.contains(part))
            .map(|(_, msp)| msp.clone()).collect();
        prop_assume!(!open.is_empty());
        let leaver = open[pick % open.len()].clone();
        let others: BTreeSet<MspId> = all.members().into_iter().map(|(_, msp)| msp.clone())
            .filter(|msp| *msp != leaver).collect();
        for guard in Guard::all(&all) {
            prop_assert!(guard.rule().satisfied_by(&others), "{} without {}", guard.expression(), leaver);
        }
    }
}
