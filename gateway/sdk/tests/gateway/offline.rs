use fabric_gateway::{Error, Gateway, Signer, VerifyError};
use fabric_msp::SigningIdentity;
use futures_util::TryStreamExt;

use crate::{
    authority::Authority,
    fake::{Behaviour, Fake, limits},
};

fn offline(fake: &Fake, identity: &SigningIdentity) -> Gateway {
    let identity = identity.serialized_identity();
    Gateway::builder()
        .endpoints([fake.endpoint()])
        .identity(identity)
        .limits(limits())
        .connect()
        .unwrap()
}

fn sign(identity: &SigningIdentity, digest: [u8; 32]) -> Vec<u8> {
    identity.key().sign_digest(&digest).unwrap()
}

#[tokio::test]
async fn every_step_can_be_signed_elsewhere() {
    let (fake, ann) = (
        Fake::start(Behaviour::default()).await,
        Authority::new("EnergyMSP").identity("ann"),
    );
    let gateway = offline(&fake, &ann);
    let proposal = gateway
        .network("c")
        .contract("cc")
        .proposal("f")
        .args(["a"])
        .build()
        .unwrap();
    assert!(matches!(proposal.clone().endorse().await, Err(Error::Sign { .. })));
    let signature = sign(&ann, proposal.digest());
    let transaction = gateway
        .proposal_from_bytes(&proposal.bytes())
        .unwrap()
        .with_signature(signature);
    let transaction = transaction.endorse().await.unwrap();
    assert!(matches!(transaction.clone().submit().await, Err(Error::Sign { .. })));
    assert!(
        fake.seen.lock().unwrap().submitted.is_empty(),
        "nothing is sent unsigned"
    );
    let signature = sign(&ann, transaction.digest());
    let commit = gateway
        .transaction_from_bytes(&transaction.bytes())
        .unwrap()
        .with_signature(signature);
    let commit = commit.submit().await.unwrap();
    assert!(matches!(commit.status().await, Err(Error::Sign { .. })));
    let signature = sign(&ann, commit.digest());
    let commit = gateway
        .commit_from_bytes(&commit.bytes())
        .unwrap()
        .with_signature(signature);
    assert_eq!(commit.status().await.unwrap().transaction_id, proposal.transaction_id());

    let seen = fake.seen.lock().unwrap();
    let proposed = seen.endorsed[0].proposed_transaction.clone().unwrap();
    ann.identity()
        .verify(&proposed.proposal_bytes, &proposed.signature)
        .unwrap();
    let submitted = seen.submitted[0].prepared_transaction.clone().unwrap();
    ann.identity().verify(&submitted.payload, &submitted.signature).unwrap();
    ann.identity()
        .verify(&seen.asked[0].request, &seen.asked[0].signature)
        .unwrap();
}

#[tokio::test]
async fn bytes_of_another_identity_or_of_nothing_are_refused() {
    let fake = Fake::start(Behaviour::default()).await;
    let authority = Authority::new("EnergyMSP");
    let (ann, eve) = (authority.identity("ann"), authority.identity("eve"));
    let proposal = offline(&fake, &ann)
        .network("c")
        .contract("cc")
        .proposal("f")
        .build()
        .unwrap();
    let signature = sign(&ann, proposal.digest());
    let transaction = proposal.with_signature(signature).endorse().await.unwrap();
    let refused = offline(&fake, &eve)
        .transaction_from_bytes(&transaction.bytes())
        .unwrap_err();
    assert!(
        matches!(
            refused,
            Error::Verify {
                source: VerifyError::Creator,
                ..
            }
        ),
        "{refused}"
    );
    let gateway = offline(&fake, &ann);
    for bytes in [&b""[..], &b"\xff\xff\xff"[..], &[0x0a, 1]] {
        assert!(gateway.proposal_from_bytes(bytes).is_err());
        assert!(gateway.transaction_from_bytes(bytes).is_err());
        assert!(gateway.commit_from_bytes(bytes).is_err());
    }
}

#[tokio::test]
async fn requests_for_events_can_be_signed_elsewhere() {
    let behaviour = Behaviour {
        blocks: (5, usize::MAX),
        ..Behaviour::default()
    };
    let (fake, ann) = (
        Fake::start(behaviour).await,
        Authority::new("EnergyMSP").identity("ann"),
    );
    let gateway = offline(&fake, &ann);
    let request = gateway
        .network("c")
        .block_events()
        .start_block(3)
        .request()
        .await
        .unwrap();
    let signature = sign(&ann, request.digest());
    let request = gateway
        .block_events_from_bytes(&request.bytes())
        .unwrap()
        .with_signature(signature);
    let mut blocks = std::pin::pin!(request.open_filtered().unwrap());
    assert_eq!(blocks.try_next().await.unwrap().unwrap().number, 3);
    assert_eq!(blocks.try_next().await.unwrap().unwrap().number, 4);
    let request = gateway
        .network("c")
        .chaincode_events("cc")
        .start_block(3)
        .request()
        .await
        .unwrap();
    assert!(matches!(request.clone().open().err(), Some(Error::Sign { .. })));
    let signature = sign(&ann, request.digest());
    let again = gateway
        .chaincode_events_from_bytes(&request.bytes())
        .unwrap()
        .with_signature(signature);
    assert_eq!(again.digest(), request.digest());
}
