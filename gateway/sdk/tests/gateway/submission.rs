use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fabric_gateway::{
    Code, ConflictRetry, Deadlines, Error, Limits, NO_ARGS, RetryClass, Stage, TxValidationCode, pipeline::submit_all,
};
use fabric_protos::gateway::{CommitStatusRequest, CommitStatusResponse, EndorseRequest};
use futures_util::{StreamExt, stream};
use prost::Message;
use tonic::Status;

use crate::{
    endorsed::{Draft, RESULT},
    fake::{Behaviour, Fake, Mortal, builder, limits, never, now},
};

fn short_submit() -> Limits {
    let deadlines = Deadlines {
        submit: Duration::from_millis(100),
        ..Deadlines::default()
    };
    Limits { deadlines, ..limits() }
}

#[tokio::test]
async fn a_submission_returns_result_block_and_code() {
    let fake = Fake::start(Behaviour::default()).await;
    let committed = fake
        .gateway()
        .network("c")
        .contract("cc")
        .submit("f", ["a"])
        .await
        .unwrap();
    assert_eq!((committed.result.as_ref(), committed.status.block_number), (RESULT, 7));
    let seen = fake.seen.lock().unwrap();
    let asked = CommitStatusRequest::decode(seen.asked[0].request.clone()).unwrap();
    assert_eq!(asked.transaction_id, committed.status.transaction_id);
    assert!(
        !seen.asked[0].signature.is_empty()
            && !seen.endorsed[0]
                .proposed_transaction
                .clone()
                .unwrap()
                .signature
                .is_empty()
    );
}

#[tokio::test]
async fn the_same_envelope_is_sent_again_over_all_endpoints() {
    let unavailable = Behaviour {
        submit: Box::new(|_, _| now(Err(Status::unavailable("no orderer")))),
        ..Behaviour::default()
    };
    let silent_once = |count, _| if count == 0 { never() } else { now(Ok(())) };
    let away = Fake::start(unavailable).await;
    let slow = Fake::start(Behaviour {
        submit: Box::new(silent_once),
        ..Behaviour::default()
    })
    .await;
    let gateway = builder([away.endpoint(), slow.endpoint()])
        .limits(short_submit())
        .connect()
        .unwrap();
    gateway.network("c").contract("cc").submit("f", NO_ARGS).await.unwrap();
    let (away, slow) = (away.seen.lock().unwrap(), slow.seen.lock().unwrap());
    let all: Vec<_> = away.submitted.iter().chain(&slow.submitted).collect();
    assert!(all.len() >= 4, "{}", all.len());
    assert!(
        all.iter().all(|request| **request == *all[0]),
        "another envelope was sent"
    );
}

#[tokio::test]
async fn a_refusal_by_the_orderer_is_final_and_an_unanswered_submission_is_unknown() {
    let refuse = Behaviour {
        submit: Box::new(|_, _| now(Err(Status::aborted("FORBIDDEN")))),
        ..Behaviour::default()
    };
    let fake = Fake::start(refuse).await;
    let error = fake
        .gateway()
        .network("c")
        .contract("cc")
        .submit("f", NO_ARGS)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Submit(failure) if failure.code == Code::Aborted && failure.attempts == 1),
        "{error}"
    );

    let silent = Fake::start(Behaviour {
        submit: Box::new(|_, _| never()),
        ..Behaviour::default()
    })
    .await;
    let gateway = silent.builder().limits(short_submit()).connect().unwrap();
    let error = gateway
        .network("c")
        .contract("cc")
        .submit("f", NO_ARGS)
        .await
        .unwrap_err();
    assert_eq!(
        (error.stage(), error.retry_class()),
        (Stage::Submit, RetryClass::AfterReading)
    );
    let Error::CommitUnknown {
        transaction_id, commit, ..
    } = error
    else {
        panic!("{error}")
    };
    let status = gateway.commit_from_bytes(&commit).unwrap().status().await.unwrap();
    assert_eq!(status.transaction_id, transaction_id);
}

#[tokio::test]
async fn a_refusal_after_a_silence_does_not_make_the_silence_certain() {
    let submit = |count, _| {
        if count == 0 {
            never()
        } else {
            now(Err(Status::aborted("BAD_REQUEST")))
        }
    };
    let fake = Fake::start(Behaviour {
        submit: Box::new(submit),
        ..Behaviour::default()
    })
    .await;
    let gateway = fake.builder().limits(short_submit()).connect().unwrap();
    let error = gateway
        .network("c")
        .contract("cc")
        .submit("f", NO_ARGS)
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::CommitUnknown {
                stage: Stage::Submit,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn the_commit_status_is_asked_elsewhere_and_its_silence_is_unknown() {
    let away = Behaviour {
        status: Box::new(|_, _| now(Err(Status::unavailable("stopping")))),
        ..Behaviour::default()
    };
    let (away, alive) = (Fake::start(away).await, Fake::start(Behaviour::default()).await);
    let gateway = builder([away.endpoint(), alive.endpoint()]).connect().unwrap();
    gateway.network("c").contract("cc").submit("f", NO_ARGS).await.unwrap();
    assert_eq!(alive.seen.lock().unwrap().asked.len(), 1);

    let silent = Fake::start(Behaviour {
        status: Box::new(|_, _| never()),
        ..Behaviour::default()
    })
    .await;
    let deadlines = Deadlines {
        commit_status: Duration::from_millis(100),
        ..Deadlines::default()
    };
    let gateway = silent
        .builder()
        .limits(Limits { deadlines, ..limits() })
        .connect()
        .unwrap();
    let error = gateway
        .network("c")
        .contract("cc")
        .submit("f", NO_ARGS)
        .await
        .unwrap_err();
    assert!(
        matches!(
            &error,
            Error::CommitUnknown {
                stage: Stage::CommitStatus,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.advice().contains("Ask again"));
}

#[tokio::test]
async fn peers_that_disagree_are_asked_again_with_the_same_proposal_and_not_for_ever() {
    let disagree = || Status::aborted("ProposalResponsePayloads do not match");
    let endorse = move |count, request| match count {
        0 | 1 => now(Err(disagree())),
        _ => now(Ok(Draft::of(&request).envelope())),
    };
    let fake = Fake::start(Behaviour {
        endorse: Box::new(endorse),
        ..Behaviour::default()
    })
    .await;
    fake.gateway()
        .network("c")
        .contract("cc")
        .submit("f", NO_ARGS)
        .await
        .unwrap();
    {
        let seen = fake.seen.lock().unwrap();
        assert_eq!(seen.endorsed.len(), 3);
        assert!(seen.endorsed.iter().all(|request| *request == seen.endorsed[0]));
    }
    let stubborn = Fake::start(Behaviour {
        endorse: Box::new(move |_, _| now(Err(disagree()))),
        ..Behaviour::default()
    })
    .await;
    for endorsements in [1, 3] {
        let gateway = stubborn
            .builder()
            .limits(Limits {
                endorsements,
                ..limits()
            })
            .connect()
            .unwrap();
        let error = gateway
            .network("c")
            .contract("cc")
            .submit("f", NO_ARGS)
            .await
            .unwrap_err();
        assert_eq!(error.retry_class(), RetryClass::Later);
    }
    assert_eq!(stubborn.seen.lock().unwrap().endorsed.len(), 1 + 3);
}

fn conflicts(count: usize) -> Behaviour {
    let status = move |asked, _| {
        let code = if asked < count {
            TxValidationCode::MvccReadConflict
        } else {
            TxValidationCode::Valid
        };
        now(Ok(CommitStatusResponse {
            result: code as i32,
            block_number: 3,
        }))
    };
    Behaviour {
        status: Box::new(status),
        ..Behaviour::default()
    }
}

#[tokio::test]
async fn an_invalid_transaction_is_an_error_with_its_code() {
    let fake = Fake::start(conflicts(usize::MAX)).await;
    let error = fake
        .gateway()
        .network("c")
        .contract("cc")
        .submit("f", NO_ARGS)
        .await
        .unwrap_err();
    assert_eq!(error.validation_code(), Some(TxValidationCode::MvccReadConflict));
    assert_eq!(
        (error.retry_class(), error.stage()),
        (RetryClass::AfterReading, Stage::Commit)
    );
    assert_eq!(
        fake.seen.lock().unwrap().submitted.len(),
        1,
        "a conflict is repeated only on request"
    );
}

#[tokio::test]
async fn a_conflict_is_repeated_on_request_as_a_new_transaction_within_its_budget() {
    let policy = ConflictRetry {
        attempts: 4,
        budget: Duration::from_secs(20),
        pause: Duration::from_millis(1),
    };
    let fake = Fake::start(conflicts(2)).await;
    let proposal = fake
        .gateway()
        .network("c")
        .contract("cc")
        .proposal("f")
        .retry_conflicts(policy);
    proposal.submit().await.unwrap();
    let ids: BTreeSet<_> = fake
        .seen
        .lock()
        .unwrap()
        .submitted
        .iter()
        .map(|request| request.transaction_id.clone())
        .collect();
    assert_eq!(ids.len(), 3);

    let fake = Fake::start(conflicts(usize::MAX)).await;
    let proposal = fake.gateway().network("c").contract("cc").proposal("f");
    assert!(
        proposal
            .clone()
            .retry_conflicts(policy)
            .submit()
            .await
            .unwrap_err()
            .is_conflict()
    );
    assert_eq!(fake.seen.lock().unwrap().submitted.len(), 4);
    let spent = ConflictRetry {
        budget: Duration::ZERO,
        ..policy
    };
    assert!(
        proposal
            .retry_conflicts(spent)
            .submit()
            .await
            .unwrap_err()
            .is_conflict()
    );
    assert_eq!(fake.seen.lock().unwrap().submitted.len(), 5);
}

#[tokio::test]
async fn a_pipeline_yields_each_outcome_with_its_key_and_keeps_its_bound() {
    let (inside, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (entering, highest) = (Arc::clone(&inside), Arc::clone(&peak));
    let endorse = move |_, request: EndorseRequest| {
        highest.fetch_max(entering.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let organizations = request.endorsing_organizations.clone();
        now(match organizations.first().map(String::as_str) {
            Some("Refused") => {
                entering.fetch_sub(1, Ordering::SeqCst);
                Err(Status::aborted("chaincode response 400, no"))
            }
            _ => Ok(Draft::of(&request).envelope()),
        })
    };
    let status = move |_, _| {
        inside.fetch_sub(1, Ordering::SeqCst);
        now(Ok(CommitStatusResponse {
            result: 0,
            block_number: 1,
        }))
    };
    let fake = Fake::start(Behaviour {
        endorse: Box::new(endorse),
        status: Box::new(status),
        ..Behaviour::default()
    })
    .await;
    let contract = fake.gateway().network("c").contract("cc");
    let proposals = stream::iter(0..100_usize).map(|key| {
        let organization = if key % 10 == 0 { "Refused" } else { "EnergyMSP" };
        (key, contract.proposal("f").endorsing_organizations([organization]))
    });
    let outcomes: Vec<_> = submit_all(proposals, 8).collect().await;
    let keys: BTreeSet<_> = outcomes.iter().map(|(key, _)| *key).collect();
    assert_eq!(keys, (0..100).collect());
    assert!(
        outcomes
            .iter()
            .all(|(key, outcome)| outcome.is_err() == (key % 10 == 0))
    );
}

#[tokio::test]
async fn a_gateway_killed_while_it_submits_is_replaced_and_gets_no_second_transaction() {
    let silent = Behaviour {
        submit: Box::new(|_, _| never()),
        ..Behaviour::default()
    };
    let (mortal, other) = (Mortal::start(silent).await, Fake::start(Behaviour::default()).await);
    let gateway = builder([mortal.fake.endpoint(), other.endpoint()]).connect().unwrap();
    let contract = gateway.network("c").contract("cc");
    let submission = tokio::spawn(async move { contract.submit("f", NO_ARGS).await });
    let seen = Arc::clone(&mortal.fake.seen);
    while seen.lock().unwrap().submitted.is_empty() {
        tokio::task::yield_now().await;
    }
    mortal.kill();
    submission.await.unwrap().unwrap();
    assert_eq!(seen.lock().unwrap().submitted, other.seen.lock().unwrap().submitted);
}
