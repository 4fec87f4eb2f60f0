//! An organisation leaves a running market: no guard names it any more, what its users signed settles, and the others go on.

use anyhow::{Context, Result};
use der_api::{
    ErrorCode,
    organisations::Part,
    request::{AdmitMember, QueryClearing, QueryGuardsOf, QueryMembers, Suspend},
};
use der_client::{Departure, DepartureStep};
use der_e2e::{Neighbours, Pair, Sale, World};
use der_market::{id::MspId, slot::Slot};

const DER: &str = env!("CARGO_BIN_EXE_der-under-test");

fn slot(number: u64) -> Result<Slot> {
    Ok(Slot::new(1_000_000 + number)?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_guards_follow_the_contracts_settle_and_the_others_go_on() -> Result<()> {
    let Some(world) = World::start(DER)? else {
        return Ok(());
    };
    let leaver: MspId = "MicrogridMSP".parse()?;
    let market = Neighbours::found(&world, 1, slot(0)?).await?;
    let (signed, unsigned) = (slot(0)?, slot(1)?);
    for slot in [signed, unsigned] {
        market.open(slot).await?;
        market.publish(slot, Sale::KILOWATT_HOUR).await?;
    }
    let clearing = market.clear(signed).await?;
    market.confirm(signed, &clearing.contracts).await?;

    leave(&market, &leaver).await?;
    let pair = &market.pairs[0];
    let bid = Pair::bid_of(slot(1)?, Sale::KILOWATT_HOUR)?;
    let refused = pair
        .buyer
        .post_bid(&bid)
        .await
        .err()
        .context("a stranger has ordered")?;
    assert_eq!(refused.code(), ErrorCode::OrganisationNotAllowed, "{refused}");

    market.deliver(signed, Sale::KILOWATT_HOUR).await?;
    assert_eq!(
        market.settle(signed).await?.reply.trades.len(),
        1,
        "what both have signed settles"
    );
    assert!(
        market.clear(unsigned).await?.contracts.is_empty(),
        "an open order is not matched"
    );

    // What the regulator guards, and what is born now, needs the leaver no more.
    let participant = pair.seller.participant().clone();
    market.regulator.suspend(&Suspend { participant }).await?;
    market.open(slot(2)?).await?;

    let admit = AdmitMember {
        msp: leaver.clone(),
        part: Part::Microgrid,
    };
    assert_eq!(market.clock.admit_member(&admit).await?.reply.members.len(), 4);
    let bid = Pair::bid_of(slot(2)?, Sale::KILOWATT_HOUR)?;
    pair.buyer.post_bid(&bid).await?;
    let clearing = market.clock.clearing(&QueryClearing { slot: unsigned.into() }).await?;
    assert_eq!(clearing.orders, 2, "orders of a leaver stay in the book");
    Ok(())
}

async fn leave(market: &Neighbours, leaver: &MspId) -> Result<()> {
    let departure = Departure::new(market.clock.clone(), leaver.clone());
    let before = departure.remaining().await?;
    let mut steps = Vec::new();
    let done = departure.run(|step| steps.push(step)).await?;
    assert!(matches!(steps[0], DepartureStep::Dismissed { .. }), "{steps:?}");
    // The market's own guard follows with the dismissal itself.
    assert_eq!((done.rewritten, done.remaining), (before - 1, 0), "{steps:?}");
    assert_eq!(departure.remaining().await?, 0);
    let again = departure.run(|_| {}).await?;
    assert_eq!(
        (again.rewritten, again.remaining),
        (0, 0),
        "a second run finds nothing to do"
    );
    let view = market.regulator.members(&QueryMembers {}).await?;
    assert_eq!((view.members.len(), view.majority), (3, 2));
    let page = QueryGuardsOf {
        msp: "GridMSP".parse()?,
        after: None,
        page: 100,
    };
    let guards = market.regulator.guards_of(&page).await?;
    assert_eq!(
        u64::from(guards.examined),
        done.examined.div_euclid(2),
        "two passes, the second to be sure"
    );
    assert_eq!(guards.keys.len(), guards.examined as usize, "each key is guarded still");
    Ok(())
}
