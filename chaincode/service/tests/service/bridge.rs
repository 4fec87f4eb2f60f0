//! What the bridge refuses before the contract is asked, and what it writes.

use bytes::Bytes;
use der_api::organisations::Organisations;
use der_api::request::Bootstrap;
use der_api::{ApiError, ErrorCode, codec};
use der_chaincode::Market;
use fabric_msp::Identity;
use fabric_shim::mock::{MockLedger, MockOutcome, MockPeer, MockProposal};
use rcgen::{CertificateParams, CustomExtension, DnType, KeyPair};

/// A `SerializedIdentity` with these attributes.
fn creator(msp_id: &str, attributes: &str) -> Bytes {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "clock");
    let oid = [1, 2, 3, 4, 5, 6, 7, 8, 1];
    params
        .custom_extensions
        .push(CustomExtension::from_oid_content(&oid, attributes.as_bytes().to_vec()));
    let pem = params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
    Identity::new(msp_id, pem.as_bytes()).unwrap().serialized().clone()
}

fn clock() -> Bytes {
    creator("GridMSP", r#"{"attrs":{"der.role":"operator"}}"#)
}

async fn peer() -> MockPeer {
    MockPeer::connect(MockLedger::new(), Market::new()).await.unwrap()
}

async fn evaluate(peer: &MockPeer, creator: Bytes, args: Vec<Vec<u8>>) -> MockOutcome {
    peer.evaluate(MockProposal::new(args).creator(creator)).await.unwrap()
}

fn code(outcome: &MockOutcome) -> ErrorCode {
    let refusal: ApiError = outcome.response.message.parse().unwrap();
    assert_eq!(outcome.response.status, refusal.code.status());
    assert!(outcome.writes.is_empty() && outcome.event.is_none());
    refusal.code
}

fn bootstrap() -> Bootstrap {
    Bootstrap {
        market: "m".parse().unwrap(),
        organisations: Organisations {
            grid: "GridMSP".parse().unwrap(),
            regulator: "RegulatorMSP".parse().unwrap(),
            energy: "EnergyMSP".parse().unwrap(),
            microgrid: "MicrogridMSP".parse().unwrap(),
        },
        parameters: der_market::paper::parameters().unwrap(),
    }
}

fn call(request: &Bootstrap) -> Vec<Vec<u8>> {
    vec![b"Market:Bootstrap".to_vec(), codec::encode(request).unwrap()]
}

#[tokio::test]
async fn ten_megabytes_are_refused_before_anything_reads_them() {
    let outcome = evaluate(
        &peer().await,
        clock(),
        vec![b"DTSC:PostOffer".to_vec(), vec![b'['; 10 << 20]],
    )
    .await;
    assert_eq!(code(&outcome), ErrorCode::ArgumentTooLarge);
    assert!(
        outcome.requests.is_empty(),
        "the ledger was asked: {:?}",
        outcome.requests
    );
}

#[tokio::test]
async fn a_call_without_a_proper_name_is_refused() {
    let peer = peer().await;
    assert_eq!(
        code(&evaluate(&peer, clock(), vec![]).await),
        ErrorCode::WrongArgumentCount
    );
    let many = vec![b"Query:Market".to_vec(); 100];
    assert_eq!(
        code(&evaluate(&peer, clock(), many).await),
        ErrorCode::WrongArgumentCount
    );
    for name in [&b"Market:Unheard"[..], b"", b"\xff\xfe", &[b'x'; 1_000]] {
        let outcome = evaluate(&peer, clock(), vec![name.to_vec(), b"{}".to_vec()]).await;
        assert_eq!(code(&outcome), ErrorCode::UnknownFunction, "{name:?}");
    }
}

#[tokio::test]
async fn a_caller_without_a_readable_certificate_is_refused() {
    let peer = peer().await;
    for creator in [Bytes::new(), Bytes::from_static(b"nobody")] {
        assert_eq!(
            code(&evaluate(&peer, creator, call(&bootstrap())).await),
            ErrorCode::CallerUnidentified
        );
    }
    let malformed = creator("GridMSP", r#"{"attrs":{"der.role":["operator"]}}"#);
    assert_eq!(
        code(&evaluate(&peer, malformed, call(&bootstrap())).await),
        ErrorCode::MalformedAttributes
    );
}

#[tokio::test]
async fn a_role_claimed_in_the_arguments_counts_for_nothing() {
    let mut claiming: Vec<u8> = codec::encode(&bootstrap()).unwrap();
    claiming.pop();
    claiming.extend(br#","der.role":"operator"}"#);
    let peer = peer().await;
    let roleless = creator("GridMSP", r#"{"attrs":{"hf.Type":"client"}}"#);
    let args = vec![b"Market:Bootstrap".to_vec(), claiming];
    let refused = code(&evaluate(&peer, roleless.clone(), args).await);
    assert!(
        matches!(refused, ErrorCode::MalformedArgument | ErrorCode::MissingRole),
        "{refused}"
    );
    assert_eq!(
        code(&evaluate(&peer, roleless, call(&bootstrap())).await),
        ErrorCode::MissingRole
    );
}

#[tokio::test]
async fn two_endorsers_write_the_same_bytes() {
    let (one, other) = (peer().await, peer().await);
    let (creator, args) = (clock(), call(&bootstrap()));
    let first = evaluate(&one, creator.clone(), args.clone()).await;
    let second = evaluate(&other, creator, args).await;
    assert_eq!(first.response.status, 200, "{}", first.response.message);
    assert!(!first.writes.is_empty());
    assert_eq!(
        (first.response, first.event, first.writes),
        (second.response, second.event, second.writes)
    );
}

#[tokio::test]
async fn what_was_decided_is_read_by_the_next_transaction() {
    let peer = peer().await;
    let founded = peer
        .submit(MockProposal::new(call(&bootstrap())).creator(clock()))
        .await
        .unwrap();
    assert_eq!(founded.response.status, 200, "{}", founded.response.message);
    assert_eq!(founded.event.unwrap().key, "MarketBootstrapped");
    let again = evaluate(&peer, clock(), call(&bootstrap())).await;
    assert_eq!(code(&again), ErrorCode::AlreadyBootstrapped);
    let view = evaluate(&peer, clock(), vec![b"Query:Market".to_vec(), b"{}".to_vec()]).await;
    assert_eq!(view.response.payload, founded.response.payload);
}
