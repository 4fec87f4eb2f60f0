//! Moving out.

use super::*;

fn leave(orders: Vec<der_market::id::OrderId>) -> MoveOut {
    MoveOut { orders, slots: vec![] }
}

#[test]
fn who_moves_out_trades_no_more_and_its_contracts_run_out() {
    let mut world = whole_market();
    let contract = world.planned(&der_market::paper::CASES[0], slot(0));
    world.submit(&operator(), &OpenSlot { slot: slot(1).into() });
    world.submit(&seller(), &offer(slot(1), "sale", 1_000, 500_000));
    for order in ["one", "two", "three"] {
        world.submit(&buyer(), &bid(slot(1), order, 1_000, 600_000));
    }
    let view = world.submit(
        &buyer(),
        &MoveOut {
            orders: vec![],
            slots: vec![slot(1).into()],
        },
    );
    assert_eq!((view.moved_out, view.suspended), (Some(true), true));
    let more = bid(slot(1), "four", 1_000, 600_000);
    assert_eq!(world.refusal(&buyer(), &more), ErrorCode::MovedOut);
    let clearing = world.close_and_clear(slot(1));
    assert_eq!(clearing.orders, 1, "all of its orders left the book");
    assert!(clearing.contracts.is_empty());
    let readings = record(vec![
        reading("meter-1", slot(0), 0, 200_000, 1),
        reading("meter-2", slot(0), 200_000, 0, 1),
    ]);
    world.submit(&metering(), &readings);
    let settled = world.submit(&operator(), &Settle { slot: slot(0) });
    assert_eq!(settled.trades[0].contract, contract);
    let participant = participant(&buyer());
    assert_eq!(
        world.refusal(
            &regulator(),
            &Reinstate {
                participant: participant.clone()
            }
        ),
        ErrorCode::MovedOut
    );
    assert_eq!(world.refusal(&buyer(), &leave(vec![])), ErrorCode::MovedOut);
    assert_eq!(
        world.refusal(&buyer(), &device("late", DeviceKind::Load)),
        ErrorCode::MovedOut
    );
    assert!(
        world.query(&QueryParticipant { participant }).accredited,
        "records are kept"
    );
}

#[test]
fn moving_out_is_refused() {
    let mut world = whole_market();
    let carol = caller("MicrogridMSP", "carol", "participant");
    let none = leave(vec![]);
    assert_eq!(world.refusal(&carol, &none), ErrorCode::NotRegistered);
    world.submit(&carol, &registration("pcc-2"));
    assert_eq!(world.refusal(&carol, &none), ErrorCode::NotAuthenticated);
    let many = leave((0..101).map(|n| id(&format!("o-{n}"))).collect());
    assert_eq!(world.refusal(&buyer(), &many), ErrorCode::TooManyItems);
    let unknown = leave(vec![id("x")]);
    assert_eq!(world.refusal(&buyer(), &unknown), ErrorCode::RecordNotFound);
}
