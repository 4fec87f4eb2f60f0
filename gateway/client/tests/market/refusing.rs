//! Refusals keep the contract's code and the peers' words.

use der_api::request::{Authenticate, QueryMarket};
use der_api::{ApiError, ErrorCode, RetryClass};
use fabric_gateway::{Endpoint, Gateway, Limits, Stage};

use crate::fake::Fake;
use crate::identity;
use der_client::MarketClient;

#[tokio::test]
async fn the_contract_s_code_comes_through_the_peers_details() {
    let refuse = |_: &str, _: &[u8], _| Err(ApiError::new(ErrorCode::RoleNotAllowed, "the regulator accredits"));
    let fake = Fake::start(Box::new(refuse), []).await;
    let request = Authenticate {
        participant: "EnergyMSP:plant1".parse().unwrap(),
    };
    let error = fake.client.authenticate(&request).await.unwrap_err();
    assert_eq!(
        (error.code(), error.detail()),
        (ErrorCode::RoleNotAllowed, "the regulator accredits")
    );
    assert_eq!(
        (error.stage(), error.retry_class()),
        (Stage::Endorse, RetryClass::Never)
    );
    assert_eq!(error.peers()[0].msp_id, "GridMSP");
    assert!(error.transaction_id().is_some_and(|id| id.len() == 64));
    assert!(
        error
            .to_string()
            .starts_with("DER-2004: the regulator accredits (at endorse, transaction "),
        "{error}"
    );
}

#[tokio::test]
async fn the_function_s_endorsers_are_named() {
    let refuse = |_: &str, _: &[u8], _| Err(ErrorCode::NotBootstrapped.into());
    let fake = Fake::start(Box::new(refuse), []).await;
    let request = Authenticate {
        participant: "EnergyMSP:plant1".parse().unwrap(),
    };
    fake.client.authenticate(&request).await.unwrap_err();
    let (function, named) = fake.seen.lock().unwrap().endorsed[0].clone();
    assert_eq!(function, "User:Authenticate");
    assert_eq!(named.len(), 3, "a majority of four");
    assert!(
        named.contains(&"RegulatorMSP".to_owned()) && named.contains(&"MicrogridMSP".to_owned()),
        "{named:?}"
    );
}

#[tokio::test]
async fn a_reply_of_another_version_is_unreadable_and_no_panic() {
    let fake = Fake::start(Box::new(|_: &str, _: &[u8], _| Ok(b"{\"surprise\":1}".to_vec())), []).await;
    assert_eq!(
        fake.client.market(&QueryMarket {}).await.unwrap_err().code(),
        ErrorCode::ReplyUnreadable
    );
}

#[tokio::test]
async fn a_network_that_is_not_there_is_named_so() {
    let signer = identity::signer("MicrogridMSP", "alice");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let gateway = Gateway::builder()
        .endpoints([Endpoint::new(format!("http://{address}")).insecure()])
        .signer(signer.clone())
        .limits(Limits {
            attempts: 1,
            ..Limits::default()
        })
        .connect()
        .unwrap();
    let organisations = MarketClient::consortium().unwrap();
    let client = MarketClient::new(gateway.network("energy"), "market", signer, organisations).unwrap();
    let error = client.market(&QueryMarket {}).await.unwrap_err();
    assert_eq!(
        (error.code(), error.retry_class()),
        (ErrorCode::NetworkDown, RetryClass::Later)
    );
}
