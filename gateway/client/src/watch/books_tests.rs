//! One slot as it should be, and every way in which it must not be.

use serde_json::{Value, json};

use super::*;

const CONTRACT: &str = "7-00001";

fn write(table: &str, parts: &[&str], row: Value) -> Write {
    Write {
        table: table.to_owned(),
        parts: parts.iter().map(|part| (*part).to_owned()).collect(),
        value: Some(json!({"v": 1, "row": row}).to_string().into()),
    }
}

fn gate(state: &str) -> Write {
    write("gate", &["0000000007"], json!({"state": state, "parameters": 1}))
}

fn entry(who: &str, side: &str, price: i64) -> Write {
    let row = json!({
        "participant": format!("M:{who}"), "point": "p", "source": "wind",
        side: [{"order": "o", "energy_wh": 1_000, "price": price}],
    });
    write("entry", &["0000000007", "p", "M", who], row)
}

fn contract() -> Write {
    let row = json!({
        "terms": {
            "market": "m", "contract": CONTRACT, "slot": 7,
            "buyer": "M:b", "buyer_order": "o", "buyer_point": "p",
            "seller": "M:a", "seller_order": "o", "seller_point": "p",
            "energy_wh": 900, "price": 540_000, "tariff": 20_000,
            "parameters": 1, "distances": 1, "profile": "market",
        },
        "hash": "00".repeat(32),
    });
    write("contract", &["0000000007", CONTRACT], row)
}

fn plan() -> Write {
    let line = |who: &str, side: &str| {
        json!({
            "participant": format!("M:{who}"), "order": "o", "side": side, "point": "p",
            "direct_wh": 900, "grid_wh": 100, "left_wh": 0,
        })
    };
    let view = json!({"slot": 7, "lines": [line("a", "seller"), line("b", "buyer")], "digest": "00".repeat(32)});
    write(
        "plan",
        &["0000000007"],
        json!({"view": view, "confirmed": [CONTRACT], "lapsed": []}),
    )
}

fn reading(who: &str, consumed: u64, injected: u64) -> Write {
    let measured = json!({
        "market": "m", "meter": format!("meter-{who}"), "slot": 7, "consumed_wh": consumed, "injected_wh": injected,
        "sequence": 1, "quality": "measured", "supersedes": null,
    });
    let row = json!({
        "participant": format!("M:{who}"), "point": "p",
        "signed": {"reading": measured, "signature": "00"},
    });
    write("reading", &["0000000007", "M", who, "p", &format!("meter-{who}")], row)
}

fn posting(account: &str, amount: i64) -> Value {
    json!({"account": account, "purpose": "energy", "amount": amount.to_string()})
}

fn point(who: &str, energy: [u64; 6]) -> Value {
    let [consumed, injected, bought, sold, supply, feed_in] = energy;
    json!({
        "participant": format!("M:{who}"), "point": "p", "consumed_wh": consumed, "injected_wh": injected,
        "bought_wh": bought, "sold_wh": sold, "grid_supply_wh": supply, "feed_in_wh": feed_in,
        "grid_supply_cost": "0", "feed_in_revenue": "0",
    })
}

fn settlement() -> Vec<Write> {
    let trade = json!({
        "contract": CONTRACT, "energy_wh": 900, "delivered_wh": 900, "energy_cost": "5", "tariff_cost": "0",
        "buyer_short_wh": 0, "seller_short_wh": 0, "buyer_penalty": "0", "seller_penalty": "0",
    });
    let (pays, gets) = (posting("participant:M:b", -5), posting("participant:M:a", 5));
    let page = json!({
        "trades": [trade],
        "points": [point("a", [0, 1_000, 0, 900, 0, 100]), point("b", [1_000, 0, 900, 0, 100, 0])],
        "postings": [&pays, &gets],
    });
    let (slot, first) = ("0000000007", "0000000000");
    vec![
        write("settlement", &[slot], json!({"pages": 1})),
        write("settlement-page", &[slot, first], page),
        write(
            "posting",
            &["participant", "M", "a", slot, first],
            json!({"postings": [gets]}),
        ),
        write(
            "posting",
            &["participant", "M", "b", slot, first],
            json!({"postings": [pays]}),
        ),
        write("supplied", &[slot, "M", "a", "p"], json!({"delta_wh": 1_000})),
    ]
}

/// The slot from its gate to its settlement, a transaction each.
fn slot() -> Vec<Vec<Write>> {
    vec![
        vec![write(
            "user",
            &["M", "a"],
            json!({"participant": "M:a", "source": "wind"}),
        )],
        vec![write("plant", &["w"], json!({"owner": "M:a"}))],
        vec![gate("open")],
        vec![entry("a", "offers", 500_000)],
        vec![entry("b", "bids", 600_000)],
        vec![gate("sealed")],
        vec![write("clearing", &["0000000007"], json!({})), contract()],
        vec![plan()],
        vec![reading("a", 0, 1_000), reading("b", 1_000, 0)],
        settlement(),
        vec![write("origin", &["w"], json!({"accrued_wh": 1_000, "issued": 0}))],
        vec![write("funds", &["M", "a"], json!({"balance": "5", "held": "0"}))],
        vec![write("credit", &["M", "a"], json!({"points": 700_000}))],
    ]
}

fn take(transactions: &[Vec<Write>]) -> Result<Tally, Finding> {
    let (mut books, mut tally) = (Books::default(), Tally::default());
    for writes in transactions {
        books.take(writes, &mut tally)?;
    }
    Ok(tally)
}

/// The slot with one word of one row replaced.
fn altered(table: &str, from: &str, to: &str) -> Vec<Vec<Write>> {
    let mut slot = slot();
    let row = slot.iter_mut().flatten().find(|write| write.table == table).unwrap();
    let text = String::from_utf8(row.value.clone().unwrap().to_vec()).unwrap();
    assert!(text.contains(from), "{table} has no {from}: {text}");
    row.value = Some(text.replacen(from, to, 1).into());
    slot
}

#[test]
fn a_slot_as_it_should_be_is_counted() {
    let tally = take(&slot()).unwrap();
    assert_eq!((tally.slots, tally.prosumer_slots), (1, 2));
    let energy = tally.energy;
    assert_eq!(
        (energy.consumed_wh, energy.injected_wh, energy.direct_wh),
        (1_000, 1_000, 900)
    );
    assert_eq!((energy.clean_available_wh, energy.clean_used_wh), (1_000, 900));
}

#[test]
fn every_altered_row_breaks_its_invariant() {
    use Invariant::{
        Balance, Certificates, Credit, FilledWithinOffered, Funds, Limits, Metered, OpenGate, Range, ZeroSum,
    };
    for (invariant, table, from, to) in [
        (Range, "entry", "\"energy_wh\":1000", "\"energy_wh\":1000000000001"),
        (OpenGate, "gate", "\"open\"", "\"closed\""),
        (Limits, "contract", "\"price\":540000", "\"price\":499999"),
        (Limits, "contract", "\"tariff\":20000", "\"tariff\":60001"),
        (
            FilledWithinOffered,
            "contract",
            "\"energy_wh\":900",
            "\"energy_wh\":1001",
        ),
        (
            FilledWithinOffered,
            "contract",
            "\"buyer\":\"M:b\"",
            "\"buyer\":\"M:c\"",
        ),
        (Balance, "plan", "\"grid_wh\":100", "\"grid_wh\":99"),
        (Balance, "plan", "\"direct_wh\":900", "\"direct_wh\":1000"),
        (Balance, "plan", CONTRACT, "7-00002"),
        (Metered, "reading", "\"injected_wh\":1000", "\"injected_wh\":999"),
        (Metered, "settlement-page", "\"bought_wh\":900", "\"bought_wh\":901"),
        (
            Metered,
            "settlement-page",
            "\"delivered_wh\":900",
            "\"delivered_wh\":901",
        ),
        (
            Metered,
            "settlement-page",
            "\"delivered_wh\":900",
            "\"delivered_wh\":899",
        ),
        (ZeroSum, "settlement-page", "\"-5\"", "\"-4\""),
        (ZeroSum, "posting", "\"5\"", "\"6\""),
        (Certificates, "origin", "\"accrued_wh\":1000", "\"accrued_wh\":1001"),
        (Certificates, "origin", "\"issued\":0", "\"issued\":1"),
        (Funds, "funds", "\"5\"", "\"-1\""),
        (Funds, "funds", "\"held\":\"0\"", "\"held\":\"-1\""),
    ] {
        let (found, what) = take(&altered(table, from, to)).unwrap_err();
        assert_eq!(found, invariant, "{table}: {from} -> {to}: {what}");
    }
    let (found, _) = take(&altered("credit", "700000", "1000001")).unwrap_err();
    assert!([Credit, Range].contains(&found));
}

#[test]
fn what_happens_once_does_not_happen_twice() {
    for table in ["clearing", "plan", "settlement"] {
        let mut twice = slot();
        let place = twice
            .iter()
            .position(|writes| writes.iter().any(|write| write.table == table))
            .unwrap();
        let again = twice[place].clone();
        twice.insert(place + 1, again);
        assert_eq!(take(&twice).unwrap_err().0, Invariant::Once, "{table}");
    }
}

#[test]
fn postings_without_a_page_are_found() {
    let mut slot = slot();
    let settled = slot.iter_mut().find(|writes| writes[0].table == "settlement").unwrap();
    settled.retain(|write| write.table != "settlement-page");
    assert_eq!(take(&slot).unwrap_err().0, Invariant::ZeroSum);
}

#[test]
fn an_order_that_is_replaced_by_its_owner_counts_as_it_is_now() {
    let mut slot = slot();
    slot.insert(4, vec![entry("a", "offers", 550_000)]);
    assert_eq!(take(&slot).unwrap_err().0, Invariant::Limits);
}

#[test]
fn an_auction_is_cleared_only_when_its_book_is_sealed() {
    let unsealed: Vec<_> = slot()
        .into_iter()
        .filter(|writes| writes[0] != gate("sealed"))
        .collect();
    assert_eq!(take(&unsealed).unwrap_err().0, Invariant::OpenGate);
}
