//! Whom a client names while market and channel change their members.

use der_api::ErrorCode;
use der_api::request::OpenSlot;
use der_client::MarketClient;
use der_market::slot::Slot;

use crate::fake::{Fake, Fate};

const TOO_FEW: i32 = 10;

fn market(energy: &str) -> Vec<u8> {
    let golden = include_str!("../../../../chaincode/api/golden/reply/MarketView.json");
    golden.trim_end().replace(r#""EnergyMSP""#, energy).into_bytes()
}

fn slot() -> OpenSlot {
    let slot = Slot::new(7).unwrap();
    OpenSlot { slot: slot.into() }
}

fn opened() -> Vec<u8> {
    include_str!("../../../../chaincode/api/golden/reply/SlotView.json")
        .trim_end()
        .into()
}

fn named(fake: &Fake) -> Vec<usize> {
    fake.seen
        .lock()
        .unwrap()
        .endorsed
        .iter()
        .map(|(_, named)| named.len())
        .collect()
}

#[tokio::test]
async fn endorsements_too_few_are_followed_by_one_more_until_all_are_named() {
    let answer = |function: &str, _: &[u8], _| {
        Ok(if function == "Query:Market" {
            market(r#""EnergyMSP""#)
        } else {
            opened()
        })
    };
    let fake = Fake::start(Box::new(answer), [Fate::Invalid(TOO_FEW)]).await;
    fake.client.open_slot(&slot()).await.unwrap();
    fake.client.open_slot(&slot()).await.unwrap();
    assert_eq!(named(&fake), [3, 4, 4], "and it is remembered");

    let fates = [Fate::Invalid(TOO_FEW), Fate::Invalid(TOO_FEW)];
    let fake = Fake::start(Box::new(answer), fates).await;
    let error = fake.client.open_slot(&slot()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::EndorsementPolicyFailure);
    assert_eq!(named(&fake), [3, 4], "there are no more than four");
}

#[tokio::test]
async fn the_ledger_s_members_are_learnt_before_more_are_named() {
    let seven = market(r#"["E1","E2","E3","E4"]"#);
    let answer = move |function: &str, _: &[u8], _| {
        Ok(if function == "Query:Market" {
            seven.clone()
        } else {
            opened()
        })
    };
    let fake = Fake::start(Box::new(answer), [Fate::Invalid(TOO_FEW)]).await;
    fake.client.open_slot(&slot()).await.unwrap();
    assert_eq!(named(&fake), [3, 4], "a majority of seven");
    let members = fake.client.learn_members().await.unwrap();
    assert_eq!(members.members().len(), 7);
}

#[tokio::test]
async fn without_patience_the_first_failure_is_told() {
    let answer = |_: &str, _: &[u8], _| Ok(opened());
    let fake = Fake::start(Box::new(answer), [Fate::Invalid(TOO_FEW)]).await;
    let hasty: MarketClient = fake.client.clone().patience(std::time::Duration::ZERO);
    assert_eq!(
        hasty.open_slot(&slot()).await.unwrap_err().code(),
        ErrorCode::EndorsementPolicyFailure
    );
}

#[tokio::test]
async fn the_absent_are_not_named() {
    let answer = |_: &str, _: &[u8], _| Ok(opened());
    let fake = Fake::start(Box::new(answer), []).await;
    fake.client
        .without(["MicrogridMSP".parse().unwrap()])
        .open_slot(&slot())
        .await
        .unwrap();
    let seen = fake.seen.lock().unwrap().endorsed.clone();
    assert_eq!(seen[0].1, ["GridMSP", "RegulatorMSP", "EnergyMSP"]);
}
