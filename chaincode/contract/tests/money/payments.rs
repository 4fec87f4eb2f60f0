//! Money paid in and out.

use der_api::reply::{PaymentKind, PaymentState};
use der_market::id::PaymentId;

use super::*;

fn deposit(id: &str, amount: Money) -> RequestDeposit {
    RequestDeposit {
        payment: world::id(id),
        amount,
    }
}

fn answer(user: &Caller, id: &str, accepted: bool) -> AnswerDeposit {
    AnswerDeposit {
        participant: participant(user),
        payment: world::id(id),
        accepted,
    }
}

fn withdrawal(id: &str, amount: Money) -> RequestWithdrawal {
    RequestWithdrawal {
        payment: world::id(id),
        amount,
    }
}

#[test]
fn a_deposit_counts_once_the_selling_company_has_it_and_its_owner_collects_it() {
    let mut world = market();
    let asked = world.submit(&buyer(), &deposit("d1", yuan(50)));
    assert_eq!(asked.state, PaymentState::Requested);
    let again = world.decide(&buyer(), &deposit("d1", yuan(50))).unwrap();
    assert!(again.is_read_only(), "the same again writes nothing");
    assert_eq!(world.submit(&buyer(), &Collect {}).balance, yuan(200));
    world.submit(&retail(), &answer(&buyer(), "d1", true));
    assert!(
        world
            .decide(&retail(), &answer(&buyer(), "d1", true))
            .unwrap()
            .is_read_only()
    );
    assert_eq!(
        funds(&world, &buyer()),
        (200 * YUAN, 0),
        "only its owner's act moves it"
    );
    assert_eq!(world.submit(&buyer(), &Collect {}).balance, yuan(250));
    assert_eq!(world.submit(&buyer(), &Collect {}).balance, yuan(250), "once");
    let balance = world.query(&QueryBalance { account: own(&buyer()) }).balance;
    assert_eq!((balance, books(&world)), (yuan(250), Money::ZERO));
    let payment: PaymentId = world::id("d1");
    let known = world.query(&QueryPayment {
        participant: participant(&buyer()),
        kind: PaymentKind::Deposit,
        payment,
    });
    assert_eq!(known.state, PaymentState::Accepted);
}

#[test]
fn a_withdrawal_leaves_what_is_available_at_once_and_comes_back_when_refused() {
    let mut world = market();
    world.submit(&buyer(), &withdrawal("w1", yuan(150)));
    assert_eq!(funds(&world, &buyer()), (50 * YUAN, 0));
    refused(
        &world,
        &buyer(),
        &withdrawal("w2", yuan(51)),
        ErrorCode::InsufficientFunds,
    );
    let refusal = AnswerWithdrawal {
        participant: participant(&buyer()),
        payment: world::id("w1"),
        accepted: false,
    };
    world.submit(&retail(), &refusal);
    assert_eq!(world.submit(&buyer(), &Collect {}).balance, yuan(200));
    world.submit(&buyer(), &withdrawal("w2", yuan(200)));
    let paid = AnswerWithdrawal {
        payment: world::id("w2"),
        accepted: true,
        ..refusal.clone()
    };
    world.submit(&retail(), &paid);
    assert_eq!(world.submit(&buyer(), &Collect {}).balance, Money::ZERO);
    let account = world.query(&QueryAccount { account: own(&buyer()) });
    assert_eq!(
        (account.booked, account.paid[&Purpose::Withdrawal]),
        (Money::ZERO, yuan(-200))
    );
    assert_eq!(books(&world), Money::ZERO);
}

#[test]
fn payments_are_refused_with_a_code() {
    let mut world = market();
    world.submit(&buyer(), &deposit("d1", yuan(1)));
    world.submit(&retail(), &answer(&buyer(), "d1", false));
    let stranger = caller("MicrogridMSP", "nobody", "participant");
    for (caller, request, code) in [
        (buyer(), deposit("d2", Money::ZERO), ErrorCode::ZeroQuantity),
        (buyer(), deposit("d2", yuan(-1)), ErrorCode::ZeroQuantity),
        (
            buyer(),
            deposit("d2", Money::nyuan(i128::MAX)),
            ErrorCode::QuantityOutOfRange,
        ),
        (buyer(), deposit("d1", yuan(2)), ErrorCode::PaymentIdReused),
        (stranger, deposit("d1", yuan(1)), ErrorCode::NotRegistered),
        (retail(), deposit("d1", yuan(1)), ErrorCode::OrganisationNotAllowed),
    ] {
        refused(&world, &caller, &request, code);
    }
    for (caller, request, code) in [
        (retail(), answer(&buyer(), "d1", true), ErrorCode::PaymentAnswered),
        (retail(), answer(&buyer(), "d9", true), ErrorCode::RecordNotFound),
        (operator(), answer(&buyer(), "d1", true), ErrorCode::RoleNotAllowed),
        (buyer(), answer(&buyer(), "d1", true), ErrorCode::OrganisationNotAllowed),
    ] {
        refused(&world, &caller, &request, code);
    }
}

#[test]
fn money_needs_the_whole_market() {
    let world = World::ready();
    refused(&world, &buyer(), &deposit("d1", yuan(1)), ErrorCode::SchemaTooOld);
    let mut founding = bootstrap();
    founding.parameters = rules();
    refused(&World::default(), &operator(), &founding, ErrorCode::SchemaTooOld);
}

#[test]
fn accounts_are_listed_page_by_page() {
    let world = market();
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = world.query(&QueryAccounts { after, page: 3 });
        seen.extend(page.accounts);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, [Account::Grid, own(&seller()), own(&buyer()), Account::Retail]);
}
