use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fabric_gateway::{Code, Deadlines, Error, Limits, NO_ARGS, RetryClass, Stage};
use fabric_protos::gateway::ErrorDetail;
use futures_util::future::join_all;
use prost::Message;
use tokio::{sync::Semaphore, time::timeout};
use tonic::Status;

use crate::{
    endorsed::RESULT,
    fake::{Behaviour, Fake, builder, limits, never, nobody, now},
};

#[tokio::test]
async fn a_query_goes_over_to_the_next_endpoint_and_stays_there() {
    let (away, alive) = (nobody().await, Fake::start(Behaviour::default()).await);
    let gateway = builder([away, alive.endpoint()]).connect().unwrap();
    let contract = gateway.network("energy").contract_named("market", "DTSC");
    for _ in 0..3 {
        assert_eq!(contract.evaluate("List", ["a"]).await.unwrap(), RESULT);
    }
    let seen = alive.seen.lock().unwrap();
    assert_eq!(seen.evaluated.len(), 3);
    assert_eq!(seen.evaluated[0].channel_id, "energy");
}

#[tokio::test]
async fn an_endpoint_that_says_unavailable_is_left_and_one_that_refuses_is_not() {
    let behaviour = |status: fn() -> Status| Behaviour {
        evaluate: Box::new(move |_, _| now(Err(status()))),
        ..Behaviour::default()
    };
    let away = Fake::start(behaviour(|| Status::unavailable("no peers"))).await;
    let refuses = Fake::start(behaviour(|| Status::permission_denied("no"))).await;
    let good = Fake::start(Behaviour::default()).await;
    let gateway = builder([away.endpoint(), good.endpoint()]).connect().unwrap();
    gateway
        .network("c")
        .contract("cc")
        .evaluate("f", NO_ARGS)
        .await
        .unwrap();
    let gateway = builder([refuses.endpoint(), good.endpoint()]).connect().unwrap();
    let error = gateway
        .network("c")
        .contract("cc")
        .evaluate("f", NO_ARGS)
        .await
        .unwrap_err();
    assert_eq!(
        (error.stage(), error.code()),
        (Stage::Evaluate, Some(Code::PermissionDenied))
    );
    assert_eq!(good.seen.lock().unwrap().evaluated.len(), 1);
}

#[tokio::test]
async fn without_any_endpoint_alive_the_error_says_so_and_when_to_try_again() {
    let gateway = builder([nobody().await, nobody().await]).connect().unwrap();
    let error = gateway
        .network("c")
        .contract("cc")
        .evaluate("f", NO_ARGS)
        .await
        .unwrap_err();
    assert_eq!(
        (error.code(), error.retry_class()),
        (Some(Code::Unavailable), RetryClass::Later)
    );
    assert_eq!(error.failure().unwrap().attempts, limits().attempts);
    assert!(error.advice().contains("reachable"), "{error}: {}", error.advice());
}

#[tokio::test]
async fn every_call_carries_its_deadline() {
    let fake = Fake::start(Behaviour::default()).await;
    let contract = fake.gateway().network("c").contract("cc");
    contract.evaluate("f", NO_ARGS).await.unwrap();
    contract.submit("f", NO_ARGS).await.unwrap();
    let timeouts = fake.seen.lock().unwrap().timeouts.clone();
    let seconds = timeouts.into_iter().map(|value| {
        let value = value.expect("a call without a deadline");
        let (digits, unit) = value.split_at(value.len() - 1);
        let per_second = match unit {
            "n" => 1e9,
            "u" => 1e6,
            "m" => 1e3,
            _ => 1.0,
        };
        digits.parse::<f64>().unwrap() / per_second
    });
    for (sent, default) in seconds.zip([30.0, 15.0, 5.0, 60.0]) {
        assert!(sent <= default && sent > default - 1.0, "{sent} of {default}");
    }
}

#[tokio::test]
async fn a_silent_gateway_is_given_up_at_the_deadline_of_each_stage() {
    let short = Duration::from_millis(100);
    let deadlines = Deadlines {
        evaluate: short,
        endorse: short,
        ..Deadlines::default()
    };
    let fake = Fake::start(Behaviour {
        evaluate: Box::new(|_, _| never()),
        endorse: Box::new(|_, _| never()),
        ..Behaviour::default()
    })
    .await;
    let gateway = fake
        .builder()
        .limits(Limits { deadlines, ..limits() })
        .connect()
        .unwrap();
    let contract = gateway.network("c").contract("cc");
    let limit = Duration::from_secs(10);
    let evaluated = timeout(limit, contract.evaluate("f", NO_ARGS))
        .await
        .unwrap()
        .unwrap_err();
    let endorsed = timeout(limit, contract.submit("f", NO_ARGS))
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!(
        (evaluated.stage(), evaluated.code()),
        (Stage::Evaluate, Some(Code::DeadlineExceeded))
    );
    assert_eq!(
        (endorsed.stage(), endorsed.code()),
        (Stage::Endorse, Some(Code::DeadlineExceeded))
    );
}

#[tokio::test]
async fn no_more_calls_are_in_flight_than_allowed_and_all_are_answered() {
    let (running, most, gate) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicUsize::new(0)),
        Arc::new(Semaphore::new(0)),
    );
    let (inside, peak, door) = (Arc::clone(&running), Arc::clone(&most), Arc::clone(&gate));
    let evaluate = move |_, _| -> crate::fake::Reply<bytes::Bytes> {
        let (inside, peak, door) = (Arc::clone(&inside), Arc::clone(&peak), Arc::clone(&door));
        Box::pin(async move {
            peak.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            if inside.load(Ordering::SeqCst) == 3 {
                door.add_permits(1000);
            }
            let _open = door.acquire().await.unwrap();
            inside.fetch_sub(1, Ordering::SeqCst);
            Ok(bytes::Bytes::new())
        })
    };
    let fake = Fake::start(Behaviour {
        evaluate: Box::new(evaluate),
        ..Behaviour::default()
    })
    .await;
    let gateway = fake
        .builder()
        .limits(Limits {
            in_flight: 3,
            ..limits()
        })
        .connect()
        .unwrap();
    let contract = gateway.network("c").contract("cc");
    let answers = join_all((0..50).map(|_| contract.evaluate("f", NO_ARGS))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_call_that_gets_no_turn_fails_at_its_deadline_and_was_not_sent() {
    let fake = Fake::start(Behaviour {
        evaluate: Box::new(|_, _| never()),
        ..Behaviour::default()
    })
    .await;
    let deadlines = Deadlines {
        endorse: Duration::from_millis(100),
        ..Deadlines::default()
    };
    let gateway = fake
        .builder()
        .limits(Limits {
            in_flight: 1,
            deadlines,
            ..limits()
        })
        .connect()
        .unwrap();
    let contract = gateway.network("c").contract("cc");
    let occupied = contract.clone();
    let occupant = tokio::spawn(async move { occupied.evaluate("f", NO_ARGS).await });
    while fake.seen.lock().unwrap().evaluated.is_empty() {
        tokio::task::yield_now().await;
    }
    let error = contract.submit("f", NO_ARGS).await.unwrap_err();
    assert!(error.to_string().contains("in flight"), "{error}");
    assert!(fake.seen.lock().unwrap().endorsed.is_empty());
    occupant.abort();
}

#[tokio::test]
async fn a_gateway_at_its_limit_is_asked_again() {
    let busy = "too many requests for /gateway.Gateway, exceeding concurrency limit (500)";
    let evaluate = move |count, _| {
        now(if count < 2 {
            Err(Status::unknown(busy))
        } else {
            Ok(RESULT.into())
        })
    };
    let fake = Fake::start(Behaviour {
        evaluate: Box::new(evaluate),
        ..Behaviour::default()
    })
    .await;
    fake.gateway()
        .network("c")
        .contract("cc")
        .evaluate("f", NO_ARGS)
        .await
        .unwrap();
    assert_eq!(fake.seen.lock().unwrap().evaluated.len(), 3);
}

#[tokio::test]
async fn the_peers_words_reach_the_caller() {
    #[derive(Clone, PartialEq, Message)]
    struct Any {
        #[prost(string, tag = "1")]
        type_url: String,
        #[prost(bytes, tag = "2")]
        value: Vec<u8>,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Rich {
        #[prost(message, repeated, tag = "3")]
        details: Vec<Any>,
    }
    let detail = ErrorDetail {
        address: "peer0.grid:7051".to_owned(),
        msp_id: "GridMSP".to_owned(),
        message: "chaincode response 500, DER-0042: gate closed".to_owned(),
    };
    let any = Any {
        type_url: "type.googleapis.com/gateway.ErrorDetail".to_owned(),
        value: detail.encode_to_vec(),
    };
    let rich = Rich { details: vec![any] }.encode_to_vec();
    let endorse = move |_, _| {
        let words = "failed to endorse transaction, see attached details for more info";
        now(Err(Status::with_details(Code::Aborted, words, rich.clone().into())))
    };
    let fake = Fake::start(Behaviour {
        endorse: Box::new(endorse),
        ..Behaviour::default()
    })
    .await;
    let error = fake
        .gateway()
        .network("c")
        .contract("cc")
        .submit("f", NO_ARGS)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Endorse(_)));
    assert_eq!(error.details()[0].msp_id, "GridMSP");
    assert_eq!(error.chaincode_response().unwrap().message, "DER-0042: gate closed");
    assert_eq!(error.retry_class(), RetryClass::Never);
    assert_eq!(
        error.transaction_id(),
        Some(fake.seen.lock().unwrap().endorsed[0].transaction_id.as_str())
    );
    assert_eq!(
        fake.seen.lock().unwrap().endorsed.len(),
        1,
        "a refusal by the chaincode is not repeated"
    );
}
