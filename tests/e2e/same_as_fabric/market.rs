//! A market's life as rounds of its own transactions, with the conflicts that its users run into.

use anyhow::Result;
use fabric_msp::PrivateKey;
use fabric_protos::protos::TxValidationCode::{self, *};
use serde_json::{Value, json};

use super::{
    call::Call,
    people::{ENERGY, GRID, MICROGRID, REGULATOR, Who, participant},
    plan::Plan,
    step::{Fate, Step},
};

/// A majority with every guardian in it that the acts of grid and regulator need.
const ALL: &[&str] = &[GRID, REGULATOR, ENERGY, MICROGRID];
const BOOTSTRAP: &str = include_str!("../../../chaincode/api/golden/request/Bootstrap.json");
const POINTS: [&str; 2] = ["pcc-south", "pcc-north"];
/// The slots that are traded.
const FIRST: u64 = 1_000_000;
const SECOND: u64 = FIRST + 1;
/// How many ask for balances while they change.
const READERS: usize = 4;

/// All rounds of the market, and made transactions up to a thousand.
pub(crate) fn play(plan: &mut Plan<'_>) -> Result<()> {
    found(plan)?;
    join(plan)?;
    trade(plan)?;
    settle(plan)?;
    plan.fill(3);
    Ok(())
}

fn act(plan: &mut Plan<'_>, code: TxValidationCode, who: &Who, function: &'static str, argument: &Value) -> Step {
    let call = Call::new(who, plan.dice.nonce(), function, &argument.to_string());
    Step::endorsed(function, Fate::Code(code), call, ALL)
}

/// The same act, endorsed by too few for the keys that it writes.
fn unguarded(mut step: Step, by: &[&'static str]) -> Step {
    step.fate = Fate::Code(EndorsementPolicyFailure);
    if let super::step::How::Endorsed(_, endorsers) = &mut step.how {
        *endorsers = by.to_vec();
    }
    step
}

fn found(plan: &mut Plan<'_>) -> Result<()> {
    let (clock, operator) = (plan.people.clock.clone(), plan.people.operator.clone());
    let bootstrap: Value = serde_json::from_str(BOOTSTRAP)?;
    let alone = act(plan, Valid, &clock, "Market:Bootstrap", &bootstrap);
    let alone = unguarded(alone, &[GRID]);
    let first = act(plan, Valid, &clock, "Market:Bootstrap", &bootstrap);
    // The round is one block, in which the first has just set the policies of the keys that this one writes.
    let second = act(plan, EndorsementPolicyFailure, &clock, "Market:Bootstrap", &bootstrap);
    plan.round(vec![alone, first, second]);
    let mut round = Vec::new();
    for point in POINTS {
        let argument = json!({ "point": point, "capacity_w": 40_000_000, "area": "area-1", "level": 0 });
        round.push(unguarded(
            act(plan, Valid, &operator, "Grid:PublishPoint", &argument),
            &[ENERGY, MICROGRID],
        ));
        round.push(act(plan, Valid, &operator, "Grid:PublishPoint", &argument));
    }
    plan.round(round);
    Ok(())
}

fn point_of(index: usize) -> &'static str {
    POINTS[index % 2]
}

fn join(plan: &mut Plan<'_>) -> Result<()> {
    let users = plan.people.users.clone();
    let operator = plan.people.operator.clone();
    let mut round = Vec::new();
    for (index, user) in users.iter().enumerate() {
        let argument = json!({
            "capacity_w": 100_000, "point": point_of(index), "source": "photovoltaic", "class": "residential"
        });
        round.push(act(plan, Valid, user, "User:Register", &argument));
    }
    plan.round(round);

    let matrix = json!({ "points": POINTS, "rows": [[1, 10], [10, 1]] });
    let mut round = vec![act(plan, Valid, &operator, "Grid:PublishDistances", &matrix)];
    for user in &users {
        let argument = json!({ "participant": participant(user)? });
        let accept = act(plan, Valid, &operator, "Grid:AcceptConnection", &argument);
        round.push(accept);
    }
    plan.round(round);
    accredit(plan, &users)?;
    install_meters(plan, &users)
}

/// Who adds up all opening balances while some are posted reads a range that changes.
fn accredit(plan: &mut Plan<'_>, users: &[Who]) -> Result<()> {
    let (operator, regulator) = (plan.people.operator.clone(), plan.people.regulator.clone());
    let deposits = json!({ "account": "deposits" });
    let mut round = vec![act(plan, Valid, &operator, "Query:Balance", &deposits)];
    for user in users {
        let argument = json!({ "participant": participant(user)? });
        round.push(act(plan, Valid, &regulator, "User:Authenticate", &argument));
    }
    // Blocks later: in one block with the first, the second would meet a policy that the block sets.
    for user in users.iter().take(users.len() / 4) {
        let argument = json!({ "participant": participant(user)? });
        round.push(act(plan, MvccReadConflict, &regulator, "User:Authenticate", &argument));
    }
    for _ in 0..READERS {
        round.push(act(plan, PhantomReadConflict, &operator, "Query:Balance", &deposits));
    }
    plan.round(round);
    Ok(())
}

fn install_meters(plan: &mut Plan<'_>, users: &[Who]) -> Result<()> {
    let (meters, clock) = (plan.people.meters.clone(), plan.people.clock.clone());
    let mut round = Vec::new();
    for slot in [FIRST, SECOND] {
        let argument = json!({ "slot": slot });
        round.push(unguarded(
            act(plan, Valid, &clock, "Market:OpenSlot", &argument),
            &[GRID, ENERGY],
        ));
        round.push(act(plan, Valid, &clock, "Market:OpenSlot", &argument));
    }
    for (index, user) in users.iter().enumerate() {
        let key = PrivateKey::generate()?;
        let argument = json!({
            "meter": format!("meter-{index}"),
            "participant": participant(user)?,
            "public_key": hex::encode(key.public_key().sec1()),
            "valid_from": FIRST,
        });
        round.push(act(plan, Valid, &meters, "Meter:Register", &argument));
    }
    // All opening balances are there now: more rows than a range query notes one by one.
    let operator = plan.people.operator.clone();
    round.push(act(
        plan,
        Valid,
        &operator,
        "Query:Balance",
        &json!({ "account": "deposits" }),
    ));
    plan.round(round);
    Ok(())
}

/// An order of a user: the sellers offer, the buyers bid.
fn order(plan: &mut Plan<'_>, code: TxValidationCode, index: usize, slot: u64, name: &str) -> Step {
    let (function, price) = if index.is_multiple_of(2) {
        ("DTSC:PostOffer", 530_000)
    } else {
        ("DTSC:PostBid", 590_000)
    };
    let argument = json!({
        "order": format!("{name}-{slot}"), "slot": slot, "point": point_of(index),
        "energy_wh": 1_000, "min_wh": 0, "price": price
    });
    let user = plan.people.users[index].clone();
    act(plan, code, &user, function, &argument)
}

fn trade(plan: &mut Plan<'_>) -> Result<()> {
    let users = plan.people.users.len();
    let clock = plan.people.clock.clone();
    // Two orders of one user, endorsed together: both move what the user has promised.
    let mut round = Vec::new();
    for index in 0..users {
        round.push(order(plan, Valid, index, FIRST, "first"));
        match index % 4 {
            0 | 1 => round.push(order(plan, MvccReadConflict, index, FIRST, "second")),
            2 => round.push(unguarded(
                order(plan, Valid, index, FIRST, "alone"),
                &[ENERGY, MICROGRID],
            )),
            _ => {}
        }
    }
    plan.round(round);
    // The gate closes in the midst of orders.
    let close = json!({ "slot": FIRST });
    let mut round = Vec::new();
    for index in 0..users / 4 {
        round.push(order(plan, Valid, index, FIRST, "early"));
    }
    round.push(unguarded(
        act(plan, Valid, &clock, "Market:CloseGate", &close),
        &[REGULATOR, ENERGY, MICROGRID],
    ));
    round.push(act(plan, Valid, &clock, "Market:CloseGate", &close));
    for index in users / 4..users / 2 {
        round.push(order(plan, MvccReadConflict, index, FIRST, "late"));
    }
    plan.round(round);
    Ok(())
}

fn settle(plan: &mut Plan<'_>) -> Result<()> {
    let clock = plan.people.clock.clone();
    let operator = plan.people.operator.clone();
    let users = plan.people.users.len();
    let first = json!({ "slot": FIRST });
    let mut round = stage(plan, &clock, "Market:SealBook", &first);
    for index in 0..users / 2 {
        round.push(order(plan, Valid, index, SECOND, "next"));
    }
    plan.round(round);
    for function in ["TSSC:Clear", "TSSC:Plan"] {
        let mut round = stage(plan, &clock, function, &first);
        for index in 0..4 {
            let name = format!("more-{}", function.len());
            round.push(order(plan, Valid, index, SECOND, &name));
        }
        plan.round(round);
    }
    // Who adds up the grid's volumes while a slot is settled reads a range that changes.
    let volumes = json!({ "through": SECOND });
    let mut round = vec![act(plan, Valid, &operator, "Query:Volumes", &volumes)];
    round.extend(stage(plan, &clock, "Settlement:Settle", &first));
    for _ in 0..READERS {
        round.push(act(plan, PhantomReadConflict, &operator, "Query:Volumes", &volumes));
    }
    plan.round(round);
    Ok(())
}

/// A stage's act thrice: by too few, well, and once more on the same state.
fn stage(plan: &mut Plan<'_>, clock: &Who, function: &'static str, slot: &Value) -> Vec<Step> {
    let alone = unguarded(act(plan, Valid, clock, function, slot), &[GRID, ENERGY]);
    let done = act(plan, Valid, clock, function, slot);
    let again = act(plan, MvccReadConflict, clock, function, slot);
    vec![alone, done, again]
}
