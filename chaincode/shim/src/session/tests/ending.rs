use std::sync::{Arc, Mutex};

use fabric_protos::protos::chaincode_message::Type;
use tokio::sync::Notify;
use tonic::{Code, Status};

use super::{
    SHORT, get,
    wire::{Function, LIMIT, Wire, echo, key},
};
use crate::{Limits, Response, ShimError, Stub};

#[tokio::test]
async fn a_stub_kept_after_its_transaction_reaches_nothing() {
    let kept = Arc::new(Mutex::new(None));
    let keep = kept.clone();
    let mut wire = Wire::ready(Function(move |stub: Stub| {
        keep.lock().unwrap().replace(stub.clone());
        echo(stub)
    }))
    .await;
    wire.start(&key("tx"), "").await;
    wire.completed(&key("tx")).await;
    let stub: Stub = kept.lock().unwrap().take().unwrap();
    assert_eq!(stub.get_state("key").await, Err(ShimError::Ended));
    // Nor does it keep the stream open.
    wire.drain.send_replace(true);
    assert!(wire.end().await.is_none());
}

#[tokio::test]
async fn draining_finishes_what_runs_and_refuses_the_rest() {
    let mut wire = Wire::ready(Function(get)).await;
    wire.start(&key("runs"), "").await;
    wire.request(&key("runs"), Type::GetState).await;
    wire.drain.send_replace(true);
    let mut asked = 0;
    loop {
        // The signal and the next message race once.
        wire.start(&key("late"), "").await;
        let frame = wire.next().await;
        if frame.known() == Some(Type::Error) {
            assert_eq!(frame.payload, "draining: the chaincode server is shutting down");
            break;
        }
        wire.respond(&frame.key(), "").await;
        wire.completed(&key("late")).await;
        asked += 1;
        assert!(asked < 100, "never drained");
    }
    wire.respond(&key("runs"), "done").await;
    assert_eq!(wire.completed(&key("runs")).await, Response::success("done"));
    assert!(wire.end().await.is_none());
}

#[tokio::test]
async fn draining_ends_at_its_limit() {
    let limits = Limits {
        drain: SHORT,
        ..Limits::default()
    };
    let mut wire = Wire::ready_with(Function(get), limits, None).await;
    wire.start(&key("runs"), "").await;
    wire.request(&key("runs"), Type::GetState).await;
    wire.drain.send_replace(true);
    assert!(wire.end().await.is_none());
}

#[tokio::test]
async fn the_end_of_the_stream_ends_what_runs() {
    let stopped = Arc::new(Notify::new());
    struct Tell(Arc<Notify>);
    impl Drop for Tell {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let tell = stopped.clone();
    let mut wire = Wire::ready(Function(move |stub: Stub| {
        let tell = Tell(tell.clone());
        async move {
            let _tell = tell;
            get(stub).await
        }
    }))
    .await;
    wire.start(&key("tx"), "").await;
    wire.request(&key("tx"), Type::GetState).await;
    wire.fail(Status::internal("failed to decode Protobuf message")).await;
    assert_eq!(wire.end().await.map(|status| status.code()), Some(Code::Internal));
    tokio::time::timeout(LIMIT, stopped.notified()).await.unwrap();
    assert_eq!(wire.count().undecodable, 1);
}
