//! A transaction made by hand: any read/write set, any endorsers, and one fault at a chosen place.

use anyhow::Result;
use bytes::Bytes;
use fabric_msp::Signer as _;
use fabric_protos::{
    common::{ChannelHeader, Envelope, Payload, SignatureHeader},
    protos::{
        ChaincodeAction, ChaincodeEndorsedAction, ChaincodeEvent, ChaincodeId, Endorsement, ProposalResponsePayload,
        Response, Transaction, TransactionAction,
    },
};
use prost::Message as _;

use super::{
    call::{CHAINCODE, Call},
    people::Who,
    rows::{Rows, results},
    step,
};

/// The definition's version on both networks.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where a draft is spoilt, from the inside outward. All else is as it should be: what encloses the fault is hashed and
/// signed after it, unless a later field says otherwise.
#[derive(Clone, Copy)]
pub(crate) enum Spoil {
    Nothing,
    ChannelHeader(fn(&mut ChannelHeader)),
    SignatureHeader(fn(&mut SignatureHeader)),
    Action(fn(&mut ChaincodeAction)),
    Response(fn(&mut ProposalResponsePayload)),
    /// After the endorsers have signed.
    Endorsed(fn(&mut ChaincodeEndorsedAction)),
    TransactionAction(fn(&mut TransactionAction)),
    Transaction(fn(&mut Transaction)),
    Payload(fn(&mut Payload)),
    /// After the creator has signed.
    Envelope(fn(&mut Envelope)),
}

/// A transaction made by hand.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) call: Call,
    pub(crate) rows: Vec<Rows>,
    /// Name of the event, if there is one.
    pub(crate) event: Option<String>,
    pub(crate) endorsers: Vec<Who>,
    pub(crate) spoil: Spoil,
}

impl Draft {
    /// Its envelope on a network whose comparison begins at block `first`.
    pub(crate) fn envelope(&self, first: u64) -> Result<Envelope> {
        let call = self.call();
        let response = self.response(&call, first).encode_to_vec().into();
        let mut endorsed = ChaincodeEndorsedAction {
            endorsements: self.endorse(&response)?,
            proposal_response_payload: response,
        };
        if let Spoil::Endorsed(spoil) = self.spoil {
            spoil(&mut endorsed);
        }
        let mut action = step::action(&call, endorsed.proposal_response_payload, endorsed.endorsements);
        if let Spoil::TransactionAction(spoil) = self.spoil {
            spoil(&mut action);
        }
        let mut transaction = step::transaction(action);
        if let Spoil::Transaction(spoil) = self.spoil {
            spoil(&mut transaction);
        }
        let mut payload = Payload {
            header: Some(call.header()),
            data: transaction.encode_to_vec().into(),
        };
        if let Spoil::Payload(spoil) = self.spoil {
            spoil(&mut payload);
        }
        let mut envelope = step::seal(&call, payload)?;
        if let Spoil::Envelope(spoil) = self.spoil {
            spoil(&mut envelope);
        }
        Ok(envelope)
    }

    fn call(&self) -> Call {
        let mut call = self.call.clone();
        match self.spoil {
            Spoil::ChannelHeader(spoil) => spoil(&mut call.channel_header),
            Spoil::SignatureHeader(spoil) => spoil(&mut call.signature_header),
            _ => {}
        }
        call
    }

    fn response(&self, call: &Call, first: u64) -> ProposalResponsePayload {
        let mut action = ChaincodeAction {
            results: results(&self.rows, first),
            events: self.event_bytes(call),
            response: Some(Response {
                status: 200,
                ..Response::default()
            }),
            chaincode_id: Some(ChaincodeId {
                name: CHAINCODE.to_owned(),
                version: VERSION.to_owned(),
                ..ChaincodeId::default()
            }),
        };
        if let Spoil::Action(spoil) = self.spoil {
            spoil(&mut action);
        }
        let mut response = ProposalResponsePayload {
            proposal_hash: call.hash(),
            extension: action.encode_to_vec().into(),
        };
        if let Spoil::Response(spoil) = self.spoil {
            spoil(&mut response);
        }
        response
    }

    fn event_bytes(&self, call: &Call) -> Bytes {
        let Some(name) = &self.event else { return Bytes::new() };
        let event = ChaincodeEvent {
            chaincode_id: CHAINCODE.to_owned(),
            tx_id: call.channel_header.tx_id.clone(),
            event_name: name.clone(),
            payload: Bytes::copy_from_slice(name.as_bytes()),
        };
        event.encode_to_vec().into()
    }

    /// An endorser signs the response and its own identity.
    fn endorse(&self, response: &Bytes) -> Result<Vec<Endorsement>> {
        let sign = |endorser: &Who| {
            let identity = endorser.serialized_identity();
            let signature = endorser.sign(&[response.as_ref(), identity.as_ref()].concat())?;
            Ok(Endorsement {
                endorser: identity,
                signature: signature.into(),
            })
        };
        self.endorsers.iter().map(sign).collect()
    }
}
