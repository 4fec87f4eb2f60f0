//! The three chains by page and by key.

use super::*;

#[test]
fn each_chain_is_read_by_page_and_by_key_with_its_guards() {
    use der_api::reply::{ChainPage, GuardState};
    let mut world = whole_market();
    plant(&mut world, &seller(), "w-1", "pcc-1");
    world.submit(&buyer(), &device("battery", DeviceKind::Storage));
    world.planned(&der_market::paper::CASES[0], slot(0));
    let mut rows = Vec::new();
    let mut read = |ask: &dyn Fn(&World, Option<GuardedKey>) -> ChainPage| {
        let mut after = None;
        loop {
            let page = ask(&world, after);
            assert!(page.rows.len() <= 3);
            rows.extend(page.rows);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    };
    read(&|world, after| world.query(&QueryUserChain { after, page: 3 }));
    read(&|world, after| world.query(&QueryGridChain { after, page: 3 }));
    read(&|world, after| world.query(&QueryEnergyChain { after, page: 3 }));
    let tables: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.key.table.as_str()).collect();
    for table in [
        "user",
        "device",
        "meter",
        "point",
        "connection",
        "distances",
        "plant",
        "plan",
    ] {
        assert!(tables.contains(table), "{table}");
    }
    for row in &rows {
        assert_eq!(row.guard, GuardState::AsModelled, "{:?}", row.key);
        assert_eq!(world.query(&QueryRecord { key: row.key.clone() }), *row);
    }
    let guarded = world.state.1.keys().next().unwrap().clone();
    world.state.1.clear();
    let unguarded = world.query(&QueryUserChain { after: None, page: 100 });
    assert!(
        unguarded.rows.iter().all(|row| row.guard == GuardState::Missing),
        "{guarded}"
    );
}

#[test]
fn questions_about_chains_are_refused() {
    let world = whole_market();
    let key = |table: &str, part: &str| GuardedKey {
        table: table.to_owned(),
        parts: vec![part.to_owned()],
    };
    for page in [0, 101] {
        let code = world.refusal(&operator(), &QueryUserChain { after: None, page });
        assert_eq!(code, ErrorCode::TooManyItems);
    }
    for (key, code) in [
        (key("order", "x"), ErrorCode::RecordNotFound),
        (key("nothing", "x"), ErrorCode::RecordNotFound),
        (key("point", "none"), ErrorCode::RecordNotFound),
        (key("point", "a b"), ErrorCode::BadIdentifier),
    ] {
        assert_eq!(world.refusal(&operator(), &QueryRecord { key: key.clone() }), code);
    }
    let history = QueryHistory {
        key: key("point", "pcc-1"),
        most: 1,
    };
    assert_eq!(
        world.refusal(&operator(), &history),
        ErrorCode::LedgerUnreadable,
        "this ledger keeps no history"
    );
}
