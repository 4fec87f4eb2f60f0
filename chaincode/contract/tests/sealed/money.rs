//! Money that stands for sealed orders: one sum for a day instead of a hold for each.

use der_api::ErrorCode;
use der_market::billing::BillingDay;
use der_market::credit::CreditRules;
use der_market::journal::Account;
use der_market::parameters::Profile;
use der_market::units::Money;

use super::*;

const YUAN: i128 = Money::PER_YUAN;
/// 0.59 yuan/kWh for 200 kWh at 30 %.
const HOLD: i128 = 35_400_000_000;

/// The same with rules of credit.
fn held() -> World {
    let mut founding = bootstrap();
    founding.schema = WHOLE_MARKET;
    founding.parameters.profile = Profile::Market;
    founding.parameters.credit = Some(CreditRules::default());
    let mut world = World::founded(&founding);
    for offset in [0, 1] {
        world.submit(
            &operator(),
            &OpenSlot {
                slot: slot(offset).into(),
            },
        );
    }
    world
}

fn day() -> BillingDay {
    der_market::billing::Billing::default().day_of(slot(0))
}

fn set_aside(amount: i128) -> SetAside {
    SetAside {
        day: day(),
        amount: Money::nyuan(amount),
    }
}

fn funds(world: &World, user: &Caller) -> (i128, i128) {
    let account = Account::Participant(participant(user));
    let funds = world.query(&QueryAccount { account }).funds.unwrap();
    (funds.balance.get(), funds.held.get())
}

fn left(world: &World) -> (i128, usize) {
    let query = QuerySetAside {
        participant: participant(&buyer()),
        day: day(),
    };
    let view = world.query(&query);
    (view.left.get(), view.auctions.len())
}

fn release() -> ReleaseHolds {
    ReleaseHolds {
        auctions: vec![],
        contracts: vec![],
        days: vec![day()],
    }
}

#[test]
fn a_day_is_sealed_on_one_sum_from_which_revealed_orders_take_their_holds() {
    let mut world = held();
    let order = need("n", 200_000, 590_000);
    let request = sealed(&buyer(), std::slice::from_ref(&order));
    assert_eq!(world.refusal(&buyer(), &request), ErrorCode::NothingSetAside);
    world.submit(&buyer(), &set_aside(50 * YUAN));
    assert_eq!(
        (funds(&world, &buyer()), left(&world)),
        ((200 * YUAN, 50 * YUAN), (50 * YUAN, 0))
    );
    let decision = world.decide(&buyer(), &request).unwrap();
    let tables: Vec<_> = decision.puts().keys().map(|key| key.table()).collect();
    assert_eq!(
        tables,
        ["lump", "sealed"],
        "no hold for each order, so that a hold does not tell the order"
    );
    world.submit(&buyer(), &request);
    assert_eq!(left(&world), (50 * YUAN, 1));
    close(&mut world);
    assert!(
        world.decide(&buyer(), &release()).unwrap().is_read_only(),
        "it stands for the sealed order"
    );
    world.submit(&buyer(), &revealed(&[order]));
    assert_eq!(
        funds(&world, &buyer()),
        (200 * YUAN, 50 * YUAN),
        "out of the sum, not beside it"
    );
    assert_eq!(left(&world), (50 * YUAN - HOLD, 0));
    world.submit(&buyer(), &release());
    assert_eq!(
        funds(&world, &buyer()),
        (200 * YUAN, HOLD),
        "what is left comes back, the order's own hold stays"
    );
    assert_eq!(left(&world), (0, 0));
}

#[test]
fn what_the_sum_does_not_cover_comes_from_the_funds() {
    let mut world = held();
    let order = need("n", 200_000, 590_000);
    world.submit(&buyer(), &set_aside(10 * YUAN));
    world.submit(
        &buyer(),
        &sealed(&buyer(), &[order.clone(), need("dear", 2_000_000, 590_000)]),
    );
    close(&mut world);
    let beyond = world.refusal(&buyer(), &revealed(&[need("dear", 2_000_000, 590_000)]));
    assert_eq!(beyond, ErrorCode::InsufficientFunds);
    world.submit(&buyer(), &revealed(&[order]));
    assert_eq!((funds(&world, &buyer()), left(&world)), ((200 * YUAN, HOLD), (0, 1)));
}

#[test]
fn who_does_not_reveal_has_its_money_kept_until_settlement() {
    let mut world = held();
    world.submit(&buyer(), &set_aside(50 * YUAN));
    world.submit(&buyer(), &sealed(&buyer(), &[need("n", 200_000, 590_000)]));
    close(&mut world);
    clear(&mut world);
    assert_eq!(penalties(&world).len(), 1);
    world.submit(&operator(), &Plan { slot: slot(0) });
    assert!(world.decide(&buyer(), &release()).unwrap().is_read_only());
    world.submit(&operator(), &Settle { slot: slot(0) });
    world.submit(&buyer(), &release());
    assert_eq!(funds(&world, &buyer()), (200 * YUAN, 0));
    assert!(world.decide(&buyer(), &release()).unwrap().is_read_only(), "once");
}

#[test]
fn a_withdrawn_seal_frees_the_money() {
    let mut world = held();
    world.submit(&buyer(), &set_aside(50 * YUAN));
    world.submit(&buyer(), &sealed(&buyer(), &[need("n", 200_000, 590_000)]));
    let withdrawal = Withdrawal {
        participant: None,
        slot: auction(),
        order: None,
    };
    world.submit(
        &buyer(),
        &WithdrawMany {
            orders: vec![withdrawal],
        },
    );
    assert_eq!(left(&world), (50 * YUAN, 0));
    world.submit(&buyer(), &release());
    assert_eq!(funds(&world, &buyer()), (200 * YUAN, 0));
}

#[test]
fn a_sum_only_rises_and_never_beyond_what_is_available() {
    let mut world = held();
    for nothing in [0, -1] {
        assert_eq!(world.refusal(&buyer(), &set_aside(nothing)), ErrorCode::SumOnlyRises);
    }
    world.submit(&buyer(), &set_aside(50 * YUAN));
    assert!(world.decide(&buyer(), &set_aside(50 * YUAN)).unwrap().is_read_only());
    assert_eq!(world.refusal(&buyer(), &set_aside(49 * YUAN)), ErrorCode::SumOnlyRises);
    assert_eq!(
        world.refusal(&buyer(), &set_aside(201 * YUAN)),
        ErrorCode::InsufficientFunds
    );
    world.submit(&buyer(), &set_aside(200 * YUAN));
    assert_eq!(funds(&world, &buyer()), (200 * YUAN, 200 * YUAN));
    let stranger = caller("MicrogridMSP", "stranger", "participant");
    assert_eq!(world.refusal(&stranger, &set_aside(1)), ErrorCode::NotRegistered);
}
