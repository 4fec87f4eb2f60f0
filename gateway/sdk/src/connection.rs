//! What all objects of one gateway share: endpoints, identity, limits, trust.

use std::sync::Arc;

use fabric_msp::MspManager;
use fabric_protos::{
    common::Envelope,
    gateway::{
        CommitStatusResponse, EndorseRequest, EvaluateRequest, SignedCommitStatusRequest, SubmitRequest, SubmitResponse,
    },
    protos::Response,
};
use tonic::Code;

use crate::{
    CallFailure, Limits,
    pool::{Client, Manner, Pool},
    signing::Signing,
};

/// The gateway's shared half.
pub(crate) struct Connection {
    pub(crate) pool: Pool,
    pub(crate) signing: Signing,
    pub(crate) limits: Limits,
    pub(crate) verify: bool,
    pub(crate) trust: Option<Arc<MspManager>>,
}

impl Connection {
    pub(crate) async fn evaluate(&self, request: &EvaluateRequest) -> Result<Response, CallFailure> {
        let manner = Manner {
            deadline: self.limits.deadlines.evaluate,
            repeat_overdue: false,
        };
        let send = |mut client: Client, request| async move { client.evaluate(request).await };
        let answer = self.pool.call(manner, request, send).await?;
        answer
            .result
            .ok_or_else(|| self.empty("the gateway's answer holds no result"))
    }

    pub(crate) async fn endorse(&self, request: &EndorseRequest) -> Result<Envelope, CallFailure> {
        let manner = Manner {
            deadline: self.limits.deadlines.endorse,
            repeat_overdue: false,
        };
        let send = |mut client: Client, request| async move { client.endorse(request).await };
        let answer = self.pool.call(manner, request, send).await?;
        answer
            .prepared_transaction
            .ok_or_else(|| self.empty("the gateway's answer holds no transaction"))
    }

    pub(crate) async fn submit(&self, request: &SubmitRequest) -> Result<SubmitResponse, CallFailure> {
        let manner = Manner {
            deadline: self.limits.deadlines.submit,
            repeat_overdue: true,
        };
        let send = |mut client: Client, request| async move { client.submit(request).await };
        self.pool.call(manner, request, send).await
    }

    pub(crate) async fn commit_status(
        &self,
        request: &SignedCommitStatusRequest,
    ) -> Result<CommitStatusResponse, CallFailure> {
        let manner = Manner {
            deadline: self.limits.deadlines.commit_status,
            repeat_overdue: false,
        };
        let send = |mut client: Client, request| async move { client.commit_status(request).await };
        self.pool.call(manner, request, send).await
    }

    fn empty(&self, words: &str) -> CallFailure {
        let status = tonic::Status::new(Code::DataLoss, words);
        CallFailure::from_status(&status, &self.pool.node(self.pool.preferred()).address)
    }
}
