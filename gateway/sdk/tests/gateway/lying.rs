use bytes::Bytes;
use fabric_gateway::{Error, NO_ARGS, RetryClass, VerifyError};
use fabric_protos::protos::{ChaincodeEvent, ChaincodeId, Endorsement, Response};

use crate::{
    authority::Authority,
    endorsed::{Draft, bytes},
    fake::{Behaviour, Fake, now},
};

/// What the client says of a gateway that lies like this. Nothing may be signed or submitted.
async fn caught(lie: fn(&mut Draft)) -> VerifyError {
    let endorse = move |_, request| {
        let mut draft = Draft::of(&request);
        lie(&mut draft);
        now(Ok(draft.envelope()))
    };
    let fake = Fake::start(Behaviour {
        endorse: Box::new(endorse),
        ..Behaviour::default()
    })
    .await;
    let contract = fake.gateway().network("energy").contract("market");
    let error = contract
        .proposal("Post")
        .args(["1500"])
        .transient([("price", "42")])
        .submit()
        .await
        .unwrap_err();
    assert!(fake.seen.lock().unwrap().submitted.is_empty());
    assert_eq!(error.retry_class(), RetryClass::Never);
    match error {
        Error::Verify { source, .. } => source,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_lie_about_who_what_or_where_is_caught() {
    let other_channel = caught(|draft| draft.channel_header.channel_id = "other".to_owned()).await;
    assert!(matches!(other_channel, VerifyError::Channel { .. }));
    let other_id = caught(|draft| draft.channel_header.tx_id = "ab".repeat(32)).await;
    assert!(matches!(other_id, VerifyError::TransactionId { .. }));
    assert_eq!(
        caught(|draft| draft.signature_header.creator = "someone".into()).await,
        VerifyError::Creator
    );
    assert_eq!(
        caught(|draft| draft.signature_header.nonce = "once".into()).await,
        VerifyError::Nonce
    );
    assert_eq!(
        caught(|draft| draft.channel_header.timestamp = None).await,
        VerifyError::Header
    );
    assert_eq!(
        caught(|draft| draft.channel_header.r#type = 2).await,
        VerifyError::Header
    );
}

#[tokio::test]
async fn a_lie_about_the_call_is_caught() {
    let arguments = caught(|draft| {
        draft.change_spec(|spec| {
            let input = spec.chaincode_spec.as_mut().unwrap().input.as_mut().unwrap();
            input.args[1] = "1".into();
        });
    });
    assert_eq!(arguments.await, VerifyError::Arguments);
    let function = caught(|draft| {
        draft.change_spec(|spec| {
            let input = spec.chaincode_spec.as_mut().unwrap().input.as_mut().unwrap();
            input.args[0] = "Withdraw".into();
        });
    });
    assert_eq!(function.await, VerifyError::Arguments);
    let chaincode = caught(|draft| {
        draft.change_spec(|spec| {
            spec.chaincode_spec
                .as_mut()
                .unwrap()
                .chaincode_id
                .as_mut()
                .unwrap()
                .name = "x".to_owned()
        });
    });
    assert!(matches!(chaincode.await, VerifyError::Chaincode { .. }));
    let transient = caught(|draft| {
        draft.proposal.transient_map.insert("price".to_owned(), "42".into());
    });
    assert_eq!(transient.await, VerifyError::Transient);
}

#[tokio::test]
async fn a_lie_about_the_outcome_is_caught() {
    assert_eq!(
        caught(|draft| draft.hash = Some(Bytes::from_static(&[7; 32]))).await,
        VerifyError::ProposalHash
    );
    let answered = caught(|draft| {
        draft.outcome.chaincode_id = Some(ChaincodeId {
            name: "x".to_owned(),
            ..Default::default()
        })
    });
    assert!(matches!(answered.await, VerifyError::Chaincode { .. }));
    let refused = caught(|draft| {
        draft.outcome.response = Some(Response {
            status: 500,
            ..Default::default()
        })
    });
    assert_eq!(refused.await, VerifyError::Status(500));
    let foreign_event = caught(|draft| {
        draft.outcome.events = bytes(&ChaincodeEvent {
            tx_id: "other".to_owned(),
            ..Default::default()
        });
    });
    assert_eq!(foreign_event.await, VerifyError::Event);
    assert_eq!(
        caught(|draft| draft.endorsements = Some(Vec::new())).await,
        VerifyError::NoEndorsement
    );
    let twice = caught(|draft| {
        let endorsement = Endorsement {
            endorser: "peer0".into(),
            signature: "x".into(),
        };
        draft.endorsements = Some(vec![endorsement.clone(), endorsement]);
    });
    assert_eq!(twice.await, VerifyError::EndorserTwice);
    assert_eq!(caught(|draft| draft.actions = 2).await, VerifyError::Actions(2));
    assert_eq!(caught(|draft| draft.actions = 0).await, VerifyError::Actions(0));
    assert_eq!(
        caught(|draft| draft.signature = "signed".into()).await,
        VerifyError::Signed
    );
}

/// The outcome where the channel's MSPs are known and this draft is endorsed.
async fn judged(
    lie: impl Fn(Draft) -> Draft + Send + Sync + 'static,
    authority: &Authority,
) -> Result<(), VerifyError> {
    let endorse = move |_, request| now(Ok(lie(Draft::of(&request)).envelope()));
    let fake = Fake::start(Behaviour {
        endorse: Box::new(endorse),
        ..Behaviour::default()
    })
    .await;
    let gateway = fake.builder().trust(authority.manager()).connect().unwrap();
    match gateway.network("energy").contract("market").submit("f", NO_ARGS).await {
        Ok(_) => Ok(()),
        Err(Error::Verify { source, .. }) => Err(source),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn with_the_channels_msps_an_endorsement_must_be_by_a_known_peer_over_this_outcome() {
    let (authority, stranger) = (Authority::new("GridMSP"), Authority::new("GridMSP"));
    let peer = authority.identity("peer0");
    judged(move |draft| draft.endorsed_by(&[&peer]), &authority)
        .await
        .unwrap();

    let peer = authority.identity("peer0");
    let altered = move |draft: Draft| {
        let mut draft = draft.endorsed_by(&[&peer]);
        draft.outcome.response = Some(Response {
            status: 200,
            payload: "altered".into(),
            ..Default::default()
        });
        draft
    };
    let error = judged(altered, &authority).await.unwrap_err();
    assert!(
        matches!(&error, VerifyError::Endorsement { endorser, .. } if endorser == "GridMSP"),
        "{error}"
    );

    let unknown = stranger.identity("peer0");
    let error = judged(move |draft| draft.endorsed_by(&[&unknown]), &authority)
        .await
        .unwrap_err();
    assert!(matches!(error, VerifyError::Endorsement { .. }), "{error}");
}
