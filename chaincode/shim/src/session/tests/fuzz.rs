//! Whatever a peer sends, the session goes on.

use bytes::Bytes;
use fabric_protos::protos::{ChaincodeInput, SignedProposal, chaincode_message::Type};
use proptest::prelude::*;
use prost::Message as _;

use super::wire::{Function, Wire, key};
use crate::{Limits, ShimError, Stub, frame::Frame};

/// Reads, writes and queries, so that requests wait for what the fuzzer answers.
async fn busy(stub: Stub) -> Result<Bytes, ShimError> {
    stub.put_state("key", "value")?;
    stub.get_states(&["a", "b"]).await?;
    let mut results = stub.range("", "").await?;
    while results.next().await?.is_some() {}
    Ok(Bytes::new())
}

fn frame() -> impl Strategy<Value = Frame> {
    let ids = || prop::sample::select(vec!["", "tx1", "tx2"]);
    let payload = prop_oneof![
        Just(Vec::new()),
        any::<Vec<u8>>(),
        any::<Vec<Vec<u8>>>().prop_map(|args| {
            let args = args.into_iter().map(Bytes::from).collect();
            ChaincodeInput {
                args,
                ..ChaincodeInput::default()
            }
            .encode_to_vec()
        }),
    ];
    let proposal = prop::option::weighted(0.2, any::<Vec<u8>>());
    let kind = prop_oneof![4 => 0i32..30, 1 => any::<i32>(), 4 => Just(Type::Transaction as i32), 4 => Just(Type::Response as i32)];
    (kind, payload, ids(), ids(), proposal, any::<bool>()).prop_map(|(kind, payload, txid, channel, proposal, text)| {
        Frame {
            kind,
            payload: payload.into(),
            txid: if text { txid.into() } else { Bytes::from_static(&[0xff]) },
            channel: channel.into(),
            proposal: proposal.map(|bytes| SignedProposal {
                proposal_bytes: bytes.into(),
                signature: Bytes::new(),
            }),
            event: None,
        }
    })
}

async fn survives(frames: Vec<Frame>) {
    let mut wire = Wire::created(
        Function(busy),
        Limits {
            running: 2,
            queued: 1,
            ..Limits::default()
        },
    );
    for frame in frames {
        wire.send(frame).await;
    }
    let beat = Frame::new(Type::Keepalive, "the last");
    wire.send(beat.clone()).await;
    while wire.next().await != beat {}
    // Bring it to the ready state, whatever state it was left in.
    wire.send(Frame::new(Type::Registered, Bytes::new())).await;
    wire.send(Frame::new(Type::Ready, Bytes::new())).await;
    let probe = key("probe");
    wire.start(&probe, "").await;
    loop {
        let frame = wire.next().await;
        if frame.key() != probe {
            // A transaction that the fuzzer started: let it fail.
            let answer = Frame::error(&frame.key(), "no");
            wire.send(answer).await;
            continue;
        }
        match frame.known() {
            // Refused while the fuzzer's transactions still take every place: ask again.
            Some(Type::Error) => wire.start(&probe, "").await,
            Some(Type::Completed) => break,
            _ => wire.respond(&probe, Bytes::new()).await,
        }
    }
    assert!(!wire.session.is_finished());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_message_panics_or_ends_the_stream(frames in prop::collection::vec(frame(), 0..40), ready: bool) {
        let mut script = Vec::new();
        if ready {
            script.push(Frame::new(Type::Registered, Bytes::new()));
            script.push(Frame::new(Type::Ready, super::wire::batches(3).encode_to_vec()));
        }
        script.extend(frames);
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(survives(script));
    }
}
