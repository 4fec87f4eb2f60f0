//! Attributes count as a certificate says them, once and in full, or not at all.

use bytes::Bytes;
use der_api::{ApiError, ErrorCode, codec};
use der_chaincode::Market;
use fabric_shim::mock::{MockLedger, MockPeer, MockProposal};

use crate::creator::{bootstrap, bootstrap_call, creator, creator_with_extensions, operator};

const OPERATOR: &str = r#"{"attrs":{"der.role":"operator"}}"#;

/// What the market says to a foundation by this caller. A refusal must leave the ledger empty.
async fn found(proposal: MockProposal) -> Result<(), ErrorCode> {
    let peer = MockPeer::connect(MockLedger::new(), Market::new()).await.unwrap();
    let outcome = peer.submit(proposal).await.unwrap();
    if outcome.response.status == 200 {
        return Ok(());
    }
    assert!(outcome.event.is_none() && peer.ledger().entries().is_empty());
    let refusal: ApiError = outcome.response.message.parse().unwrap();
    assert_eq!(outcome.response.status, refusal.code.status());
    Err(refusal.code)
}

async fn found_by(creator: Bytes) -> Result<(), ErrorCode> {
    found(MockProposal::new(bootstrap_call()).creator(creator)).await
}

#[tokio::test]
async fn a_role_in_a_signed_certificate_counts() {
    assert_eq!(found_by(operator()).await, Ok(()));
    assert_eq!(
        found_by(creator_with_extensions("GridMSP", &[])).await,
        Err(ErrorCode::MissingRole)
    );
}

#[tokio::test]
async fn a_name_given_twice_is_malformed_in_either_order() {
    for attributes in [
        r#"{"attrs":{"der.role":"user","der.role":"operator"}}"#,
        r#"{"attrs":{"der.role":"operator","der.role":"user"}}"#,
        r#"{"attrs":{"der.role":"operator","der.role":"operator"}}"#,
        r#"{"attrs":{"der.role":"user","der.rol\u0065":"operator"}}"#,
        r#"{"attrs":{"der.role":"user"},"attrs":{"der.role":"operator"}}"#,
    ] {
        let refused = found_by(creator("GridMSP", attributes)).await;
        assert_eq!(refused, Err(ErrorCode::MalformedAttributes), "{attributes}");
    }
}

#[tokio::test]
async fn what_is_not_the_one_shape_is_malformed() {
    for attributes in [
        &b""[..],
        b"{",
        b"null",
        b"{}",
        br#"{"attrs":{"der.role":["operator"]}}"#,
        br#"{"attrs":{"der.role":"operator"}} {}"#,
        br#"{"attrs":{"der.role":"operator"},"der.role":"operator"}"#,
        br#"{"Attrs":{"der.role":"operator"}}"#,
        b"{\"attrs\":{\"der.role\":\"operator\xff\"}}",
        b"\x0c\x21{\"attrs\":{\"der.role\":\"operator\"}}",
    ] {
        let refused = found_by(creator_with_extensions("GridMSP", &[attributes])).await;
        let shown = String::from_utf8_lossy(attributes);
        assert_eq!(refused, Err(ErrorCode::MalformedAttributes), "{shown}");
    }
}

#[tokio::test]
async fn two_extensions_make_no_caller_at_all() {
    let user = r#"{"attrs":{"der.role":"user"}}"#;
    for pair in [[user, OPERATOR], [OPERATOR, user], [OPERATOR, OPERATOR]] {
        let creator = creator_with_extensions("GridMSP", &pair.map(str::as_bytes));
        assert_eq!(found_by(creator).await, Err(ErrorCode::CallerUnidentified), "{pair:?}");
    }
}

#[tokio::test]
async fn what_the_proposal_claims_beside_the_certificate_counts_for_nothing() {
    let roleless = creator("GridMSP", r#"{"attrs":{"hf.Type":"client"}}"#);
    let request = || codec::encode(&bootstrap()).unwrap();
    let mut inside = request();
    inside.pop();
    inside.extend(br#","der.role":"operator"}"#);
    let name = b"Market:Bootstrap".to_vec();
    let beside = vec![name.clone(), request(), OPERATOR.as_bytes().to_vec()];
    let inside = vec![name, inside];
    for (args, expected) in [
        (bootstrap_call(), ErrorCode::MissingRole),
        (inside.clone(), ErrorCode::MissingRole),
        (beside.clone(), ErrorCode::WrongArgumentCount),
    ] {
        let claimed = MockProposal::new(args).creator(roleless.clone());
        assert_eq!(found(claimed).await, Err(expected));
    }
    for (args, expected) in [
        (beside, ErrorCode::WrongArgumentCount),
        (inside, ErrorCode::MalformedArgument),
    ] {
        let entitled = MockProposal::new(args).creator(operator());
        assert_eq!(found(entitled).await, Err(expected), "no place for attributes");
    }
    let carried = MockProposal::new(bootstrap_call())
        .creator(roleless)
        .transient("der.role", "operator")
        .transient("attrs", OPERATOR)
        .decoration("der.role", "operator");
    assert_eq!(found(carried).await, Err(ErrorCode::MissingRole));
}

#[tokio::test]
async fn a_role_of_another_organisation_does_not_count_here() {
    assert_eq!(
        found_by(creator("ForeignMSP", OPERATOR)).await,
        Err(ErrorCode::OrganisationNotAllowed)
    );
}
