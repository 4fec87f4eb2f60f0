//! The paper's Table 1 through every function; Table 2 comes out to the nyuan, and every write set is golden.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod world;

use der_api::reply::{ContractStatus, Stage};
use der_api::request::*;
use der_market::journal::{Account, sum};
use der_market::paper;
use der_market::units::Money;
use world::*;

#[test]
fn table_1_gives_table_2() {
    let mut world = World::ready();
    for (number, case) in (0..).zip(paper::CASES) {
        let slot = slot(number);
        let contract = world.planned(&case, slot);
        let view = world.query(&QueryContract {
            slot: slot.into(),
            contract,
        });
        assert_eq!(
            (view.status, view.terms.price.get()),
            (ContractStatus::Confirmed, case.price)
        );
        assert_eq!(view.terms.tariff.get(), paper::TARIFF);
        let readings = vec![
            reading("meter-2", slot, case.consumed_wh, 0, 1),
            reading("meter-1", slot, 0, case.generated_wh, 1),
        ];
        world.submit(&metering(), &RecordReadings { readings });
        let settled = world.submit(&operator(), &Settle { slot });
        assert_eq!(
            settled,
            world.query(&QuerySettlement { slot }),
            "told once and kept the same"
        );
        assert_eq!(settled.branches, case.branches.iter().copied().collect());
        assert_eq!(sum(&settled.postings), Ok(Money::ZERO));
        check_table_2(&world, &case, slot);
        assert_eq!(world.query(&QuerySlot { slot: slot.into() }).stage, Stage::Settled);
    }
    check_running_balances(&world);
    insta::assert_snapshot!("write_sets", world.log);
}

fn check_table_2(world: &World, case: &paper::Case, slot: der_market::slot::Slot) {
    let statement = |account| {
        let view = world.query(&QueryStatement { account, slot });
        (view.net.get(), view.closing.get())
    };
    let (buyer_net, buyer_balance) = statement(Account::Participant(participant(&buyer())));
    let (seller_net, seller_balance) = statement(Account::Participant(participant(&seller())));
    let (grid, retail) = (statement(Account::Grid), statement(Account::Retail));
    assert_eq!(
        [-buyer_net, seller_net, grid.0 + retail.0],
        [case.buyer_pays, case.generator_gets, case.company_nets]
    );
    assert_eq!([buyer_balance, seller_balance, grid.1 + retail.1], case.balances);
    assert_eq!(
        world.query(&QueryVolumes { through: slot }).traded_wh.get(),
        case.volume_wh
    );
}

fn check_running_balances(world: &World) {
    let balance = |account| world.query(&QueryBalance { account }).balance.get();
    let paid: i128 = paper::CASES.iter().map(|case| case.buyer_pays).sum();
    assert_eq!(
        balance(Account::Participant(participant(&buyer()))),
        paper::OPENING - paid
    );
    let users = [buyer(), seller()].map(|user| Account::Participant(participant(&user)));
    let accounts = users
        .into_iter()
        .chain([Account::Grid, Account::Retail, Account::Deposits]);
    assert_eq!(
        accounts.map(balance).sum::<i128>(),
        0,
        "all books together hold nothing"
    );
}

#[test]
fn refused_energy_goes_to_the_grid() {
    let mut world = World::ready();
    let slot = slot(0);
    world.submit(&operator(), &OpenSlot { slot: slot.into() });
    world.submit(&seller(), &offer(slot, "sale", 200_000, 530_000));
    world.submit(&buyer(), &bid(slot, "need", 200_000, 590_000));
    let contract = world.close_and_clear(slot).contracts.remove(0);
    let confirmation = world.confirmation(&seller(), slot, &contract);
    world.submit(&seller(), &confirmation);
    world.submit(
        &buyer(),
        &Refuse {
            slot: slot.into(),
            contract: contract.clone(),
            participant: None,
        },
    );
    let plan = world.submit(&operator(), &Plan { slot });
    for line in plan.lines {
        assert_eq!(
            (line.direct_wh.get(), line.grid_wh.get(), line.left_wh.get()),
            (0, 200_000, 0)
        );
    }
    assert_eq!(
        world
            .query(&QueryContract {
                slot: slot.into(),
                contract
            })
            .status,
        ContractStatus::Refused
    );
    let readings = vec![reading("meter-1", slot, 0, 200_000, 1)];
    world.submit(&metering(), &RecordReadings { readings });
    let settled = world.submit(&operator(), &Settle { slot });
    assert_eq!(
        settled.volume.feed_in_wh.get(),
        200_000,
        "no contract waits for the buyer's reading"
    );
}

#[test]
fn neither_side_of_a_contract_reads_the_other() {
    let mut world = World::ready();
    let slot = slot(0);
    world.submit(&operator(), &OpenSlot { slot: slot.into() });
    world.submit(&seller(), &offer(slot, "sale", 200_000, 530_000));
    world.submit(&buyer(), &bid(slot, "need", 200_000, 590_000));
    let contract = world.close_and_clear(slot).contracts.remove(0);
    let both = [seller(), buyer()].map(|user| {
        world
            .decide(&user, &world.confirmation(&user, slot, &contract))
            .unwrap()
    });
    for decision in &both {
        world.apply(decision);
    }
    assert_eq!(
        world
            .query(&QueryContract {
                slot: slot.into(),
                contract
            })
            .status,
        ContractStatus::Confirmed
    );
}

#[test]
fn a_guard_is_born_with_its_record_and_trading_writes_none() {
    let world = World::ready();
    let slot = slot(0);
    let opened = world.decide(&operator(), &OpenSlot { slot: slot.into() }).unwrap();
    assert_eq!(opened.guards().len(), 1, "the gate");
    let user = caller("MicrogridMSP", "bob", "participant");
    let registered = world.decide(&user, &registration("pcc-2")).unwrap();
    assert_eq!(registered.guards().len(), registered.puts().len());
    for guard in registered.guards().values() {
        assert_eq!(guard.guardians(), [id("MicrogridMSP")]);
    }
    let mut world = world;
    world.apply(&opened);
    assert!(
        world
            .decide(&seller(), &offer(slot, "sale", 1, 1))
            .unwrap()
            .guards()
            .is_empty()
    );
    assert!(
        world
            .decide(&operator(), &CloseGate { slot: slot.into() })
            .unwrap()
            .guards()
            .is_empty(),
        "a guard is set once"
    );
}
