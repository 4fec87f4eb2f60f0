//! What clients see that speak gRPC themselves: statuses, deadlines, and the services beside the gateway.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use fabric_gateway::{Code, Contract};
use fabric_msp::{Signer, SigningIdentity};
use fabric_protos::{
    common::{ChannelHeader, Envelope, Header, HeaderType, Payload, SignatureHeader, Status as FabricStatus},
    gateway::{
        CommitStatusRequest, EndorseRequest, EvaluateRequest, PreparedTransaction, ProposedTransaction,
        SignedCommitStatusRequest, gateway_client::GatewayClient,
    },
    orderer::{SeekInfo, SeekNewest, SeekPosition, atomic_broadcast_client::AtomicBroadcastClient, seek_position},
    protos::{SignedProposal, deliver_client::DeliverClient, deliver_response::Type, endorser_client::EndorserClient},
};
use futures_util::{FutureExt, future::join_all};
use prost::Message;
use tokio::{
    task::unconstrained,
    time::{Duration, timeout},
};
use tonic::{
    Request, Status,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};

use super::world::{ENERGY, GRID, LIMIT, MAJORITY, World};

/// One connection to an organisation's endpoint.
async fn dial(world: &World, msp_id: &str) -> Channel {
    let at = world.devnet().endpoint(msp_id).unwrap();
    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(&at.tls_roots_pem))
        .domain_name(&at.server_name);
    let endpoint = Endpoint::from_shared(format!("https://{}", at.address)).unwrap();
    endpoint.tls_config(tls).unwrap().connect().await.unwrap()
}

fn signed(user: &SigningIdentity, contract: &Contract, function: &str, args: &[&str]) -> SignedProposal {
    let proposal = contract.proposal(function).args(args).build().unwrap();
    let proposed = ProposedTransaction::decode(proposal.bytes()).unwrap();
    let proposal_bytes = proposed.proposal.unwrap().proposal_bytes;
    let signature = user.sign(&proposal_bytes).unwrap().into();
    SignedProposal {
        proposal_bytes,
        signature,
    }
}

fn evaluation(world: &World, function: &str, args: &[&str]) -> EvaluateRequest {
    let proposal = signed(&world.user(GRID), &world.contract(GRID), function, args);
    EvaluateRequest {
        channel_id: "energy".to_owned(),
        proposed_transaction: Some(proposal),
        ..Default::default()
    }
}

fn endorsement(world: &World, function: &str, organizations: &[&str]) -> EndorseRequest {
    let proposal = signed(&world.user(GRID), &world.contract(GRID), function, &[]);
    EndorseRequest {
        channel_id: "energy".to_owned(),
        proposed_transaction: Some(proposal),
        endorsing_organizations: organizations.iter().map(|msp_id| (*msp_id).to_owned()).collect(),
        ..Default::default()
    }
}

fn commit_status(user: &SigningIdentity, transaction_id: &str) -> SignedCommitStatusRequest {
    let request = CommitStatusRequest {
        transaction_id: transaction_id.to_owned(),
        channel_id: "energy".to_owned(),
        identity: user.serialized_identity(),
    };
    let request: Bytes = request.encode_to_vec().into();
    let signature = user.sign(&request).unwrap().into();
    SignedCommitStatusRequest { request, signature }
}

/// A transaction of the user, endorsed and signed, as it would be submitted.
async fn transaction(contract: &Contract, user: &SigningIdentity, args: [&str; 2]) -> Envelope {
    let endorsed = contract
        .proposal("put")
        .args(args)
        .build()
        .unwrap()
        .endorse()
        .await
        .unwrap();
    let prepared = PreparedTransaction::decode(endorsed.bytes()).unwrap();
    let payload = prepared.envelope.unwrap().payload;
    let signature = user.sign(&payload).unwrap().into();
    Envelope { payload, signature }
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_calls_of_one_connection_hold_up_no_other() {
    let world = World::start().await;
    let client = GatewayClient::new(dial(&world, GRID).await);
    let user = world.user(GRID);
    let calls = (0..450).map(|_| {
        let (mut client, request) = (client.clone(), commit_status(&user, "not yet submitted"));
        async move { client.commit_status(request).await }
    });
    let mut waiting = std::pin::pin!(unconstrained(join_all(calls)));
    assert!(
        (&mut waiting).now_or_never().is_none(),
        "all are on their way before the next call"
    );
    let mut other = client.clone();
    let evaluated = other.evaluate(evaluation(&world, "get", &["k"]));
    tokio::select! {
        _ = &mut waiting => panic!("nothing was committed that they wait for"),
        evaluated = timeout(LIMIT, evaluated) => {
            assert_eq!(evaluated.unwrap().unwrap().into_inner().result.unwrap().status, 200);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_is_answered_in_fabrics_words() {
    let world = World::start().await;
    let channel = dial(&world, GRID).await;
    let (limit, user) = (Duration::from_millis(300), world.user(GRID));
    let outcome = |status: Status| (status.code(), status.message().to_owned());
    let mut gateway = GatewayClient::with_interceptor(channel, move |mut request: Request<()>| {
        request.set_timeout(limit);
        Ok(request)
    });
    let late = |text: &str| (Code::DeadlineExceeded, text.to_owned());

    let status = gateway.commit_status(commit_status(&user, "never")).await.unwrap_err();
    assert_eq!(outcome(status), late("context deadline exceeded"));
    let status = gateway.evaluate(evaluation(&world, "hang", &[])).await.unwrap_err();
    assert_eq!(outcome(status), late("evaluate timeout expired"));
    let status = gateway.endorse(endorsement(&world, "hang", &[])).await.unwrap_err();
    assert_eq!(
        outcome(status),
        late("endorsement timeout expired while collecting first endorsement")
    );
    let status = gateway
        .endorse(endorsement(&world, "hang", &[ENERGY]))
        .await
        .unwrap_err();
    assert_eq!(
        outcome(status),
        late("endorsement timeout expired while collecting endorsements")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endorser_answers_proposals_without_a_gateway() {
    let world = World::start().await;
    let mut endorser = EndorserClient::new(dial(&world, ENERGY).await);
    let contract = world.contract(GRID);
    let proposal = signed(&world.user(GRID), &contract, "put", &["k", "v"]);
    let response = endorser.process_proposal(proposal).await.unwrap().into_inner();
    let endorsement = response.endorsement.unwrap();
    let message = [response.payload.as_ref(), endorsement.endorser.as_ref()].concat();
    let endorser_identity = world
        .devnet()
        .channel()
        .now()
        .msps()
        .identity(&endorsement.endorser)
        .unwrap();
    assert_eq!(endorser_identity.msp_id(), ENERGY);
    endorser_identity.verify(&message, &endorsement.signature).unwrap();

    let proposal = signed(&world.impostor(GRID), &contract, "put", &["k", "v"]);
    let refused = endorser.process_proposal(proposal).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unknown, "Fabric's endorser gives a plain error");
    assert!(refused.message().contains("error validating proposal"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_orderer_answers_each_envelope_and_ends_at_the_first_refusal() {
    let world = World::start_with(MAJORITY, |config| {
        config.batch.absolute_max_bytes = 64 << 10;
        config.batch.preferred_max_bytes = 32 << 10;
    })
    .await;
    let mut orderer = AtomicBroadcastClient::new(dial(&world, GRID).await);
    let (contract, user) = (world.contract(GRID), world.user(GRID));
    let good = transaction(&contract, &user, ["k", "v"]).await;
    let again = transaction(&contract, &user, ["l", "v"]).await;
    let foreign = transaction(&contract, &world.impostor(GRID), ["k", "w"]).await;
    let large = transaction(&contract, &user, ["k", &"x".repeat(64 << 10)]).await;
    let cases = [
        (
            vec![good, again, foreign.clone()],
            vec![FabricStatus::Success, FabricStatus::Success, FabricStatus::Forbidden],
        ),
        (vec![large, foreign], vec![FabricStatus::BadRequest]),
    ];
    for (envelopes, expected) in cases {
        let mut answers = orderer
            .broadcast(tokio_stream::iter(envelopes))
            .await
            .unwrap()
            .into_inner();
        let mut statuses = Vec::new();
        while let Some(answer) = timeout(LIMIT, answers.message()).await.unwrap().unwrap() {
            statuses.push(answer.status());
        }
        assert_eq!(statuses, expected);
    }
    world.devnet().orderer().cut().await.unwrap();
    assert_eq!(contract.evaluate("get", ["k"]).await.unwrap(), "v");
    assert_eq!(contract.evaluate("get", ["l"]).await.unwrap(), "v");
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_come_with_an_empty_map_of_private_data_and_to_members_only() {
    let world = World::start().await;
    let mut deliver = DeliverClient::new(dial(&world, ENERGY).await);
    let request = tokio_stream::iter([seek_newest(&world.user(ENERGY))]);
    let mut answers = deliver.deliver_with_private_data(request).await.unwrap().into_inner();
    let answer = timeout(LIMIT, answers.message()).await.unwrap().unwrap().unwrap();
    let Some(Type::BlockAndPrivateData(delivered)) = answer.r#type else {
        panic!("{answer:?}")
    };
    let height = world.devnet().ledger().height();
    assert_eq!(delivered.block.unwrap().header.unwrap().number, height - 1);
    assert!(delivered.private_data_map.is_empty());
    let answer = timeout(LIMIT, answers.message()).await.unwrap().unwrap().unwrap();
    assert_eq!(answer.r#type, Some(Type::Status(FabricStatus::Success.into())));

    let request = tokio_stream::iter([seek_newest(&world.impostor(ENERGY))]);
    let mut answers = deliver.deliver_with_private_data(request).await.unwrap().into_inner();
    let answer = timeout(LIMIT, answers.message()).await.unwrap().unwrap().unwrap();
    assert_eq!(answer.r#type, Some(Type::Status(FabricStatus::Forbidden.into())));
}

fn seek_newest(user: &SigningIdentity) -> Envelope {
    let newest = || {
        Some(SeekPosition {
            r#type: Some(seek_position::Type::Newest(SeekNewest {})),
        })
    };
    let seek = SeekInfo {
        start: newest(),
        stop: newest(),
        ..Default::default()
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let channel_header = ChannelHeader {
        r#type: HeaderType::DeliverSeekInfo.into(),
        channel_id: "energy".to_owned(),
        timestamp: Some(prost_types::Timestamp {
            seconds: now.as_secs().try_into().unwrap(),
            nanos: 0,
        }),
        ..Default::default()
    };
    let signature_header = SignatureHeader {
        creator: user.serialized_identity(),
        nonce: Bytes::from_static(b"nonce"),
    };
    let payload = Payload {
        header: Some(Header {
            channel_header: channel_header.encode_to_vec().into(),
            signature_header: signature_header.encode_to_vec().into(),
        }),
        data: seek.encode_to_vec().into(),
    };
    let payload: Bytes = payload.encode_to_vec().into();
    let signature = user.sign(&payload).unwrap().into();
    Envelope { payload, signature }
}
