//! A confirmation signs exactly the terms that were shown.

use std::sync::{Arc, Mutex};

use der_api::bytes::Digest;
use der_api::contract::ContractTerms;
use der_api::reply::{AnswerAccepted, ContractStatus, ContractView};
use der_api::request::Confirm;
use der_api::{ApiError, ErrorCode, codec};
use der_market::parameters::Profile;
use der_market::participant::Side;
use der_market::slot::Slot;
use der_market::units::{Energy, Price};
use fabric_msp::Identity;

use crate::fake::Fake;

fn terms(buyer: &str) -> ContractTerms {
    ContractTerms {
        market: "m".parse().unwrap(),
        contract: "7-1".parse().unwrap(),
        slot: Slot::new(7).unwrap().into(),
        buyer: buyer.parse().unwrap(),
        buyer_order: "b".parse().unwrap(),
        buyer_point: "p1".parse().unwrap(),
        seller: "EnergyMSP:plant1".parse().unwrap(),
        seller_order: "s".parse().unwrap(),
        seller_point: "p2".parse().unwrap(),
        energy_wh: Energy::new(200_000).unwrap(),
        price: Price::new(550_000).unwrap(),
        tariff: Price::new(20_000).unwrap(),
        parameters: 1,
        distances: 1,
        profile: Profile::Paper,
    }
}

fn view(terms: ContractTerms, hash: Digest) -> ContractView {
    ContractView {
        terms,
        hash,
        status: ContractStatus::Proposed,
        confirmations: Vec::new(),
    }
}

/// A fake that shows this contract; what it is asked to confirm is kept.
async fn showing(view: ContractView) -> (Fake, Arc<Mutex<Option<Confirm>>>) {
    let kept: Arc<Mutex<Option<Confirm>>> = Arc::default();
    let keep = kept.clone();
    let fake = Fake::start(
        Box::new(move |function, argument, _| {
            if function == "DTSC:Confirm" {
                let confirm: Confirm = codec::decode(argument, 10_000)?;
                *keep.lock().unwrap() = Some(confirm.clone());
                let Confirm { slot, contract, .. } = confirm;
                let (side, accepted, hash) = (Side::Buyer, true, view.hash);
                return codec::encode(&AnswerAccepted {
                    slot,
                    contract,
                    side,
                    accepted,
                    hash,
                });
            }
            codec::encode(&view)
        }),
        [],
    )
    .await;
    (fake, kept)
}

#[tokio::test]
async fn the_user_s_own_key_signs_the_canonical_bytes() {
    let terms = terms("MicrogridMSP:alice");
    let (fake, kept) = showing(view(terms.clone(), terms.hash().unwrap())).await;
    fake.client.confirm(terms.slot, &terms.contract).await.unwrap();
    let confirm = kept.lock().unwrap().clone().unwrap();
    let identity = Identity::from_bytes(fake.client.serialized_identity()).unwrap();
    identity
        .verify(&terms.canonical_bytes().unwrap(), confirm.signature.as_slice())
        .unwrap();
}

#[tokio::test]
async fn a_contract_that_the_peer_has_not_seen_yet_is_waited_for() {
    let terms = terms("MicrogridMSP:alice");
    let shown = view(terms.clone(), terms.hash().unwrap());
    let questions = Mutex::new(3);
    let fake = Fake::start(
        Box::new(move |function, _, _| {
            let mut left = questions.lock().unwrap();
            if function == "Query:Contract" && *left > 0 {
                *left -= 1;
                return Err(ApiError::new(ErrorCode::RecordNotFound, "no such contract"));
            }
            codec::encode(&shown)
        }),
        [],
    )
    .await;
    fake.client
        .confirmation(terms.slot, &terms.contract, None)
        .await
        .unwrap();
}

#[tokio::test]
async fn nothing_is_signed_for_a_hash_that_is_not_the_terms_own() {
    let terms = terms("MicrogridMSP:alice");
    let (fake, kept) = showing(view(terms.clone(), Digest::of(b"other terms"))).await;
    let error = fake.client.confirm(terms.slot, &terms.contract).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ReplyUnreadable);
    assert!(kept.lock().unwrap().is_none());
}

#[tokio::test]
async fn nothing_is_signed_for_another_slot_or_another_party() {
    let terms_of_alice = terms("MicrogridMSP:alice");
    let (fake, kept) = showing(view(terms_of_alice.clone(), terms_of_alice.hash().unwrap())).await;
    let other_slot = Slot::new(8).unwrap();
    let error = fake
        .client
        .confirm(other_slot, &terms_of_alice.contract)
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::ReplyUnreadable);
    let error = fake.client.confirm_terms(&terms("MicrogridMSP:bob")).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotParty);
    assert!(kept.lock().unwrap().is_none());
}
