//! The system chaincode `cscc`: the channels of a peer and their configuration. Source: `core/scc/cscc/configure.go`.

use bytes::Bytes;
use fabric_protos::protos::{ChannelInfo, ChannelQueryResponse, Response};
use prost::Message;

use super::{Access, Proposal};
use crate::ledger::{Ledger, block};

pub(super) const CSCC: &str = "cscc";

pub(super) fn query(ledger: &Ledger, access: &Access, channel: &str, proposal: &Proposal) -> Response {
    match answer(ledger, access, channel, proposal) {
        Ok(payload) => Response {
            status: 200,
            message: String::new(),
            payload,
        },
        Err(message) => Response {
            status: 500,
            message,
            payload: Bytes::new(),
        },
    }
}

fn answer(ledger: &Ledger, access: &Access, channel: &str, proposal: &Proposal) -> Result<Bytes, String> {
    let arguments = &proposal.input.args;
    let wrong_number = || format!("Incorrect number of arguments, {}", arguments.len());
    let function = arguments.first().ok_or_else(wrong_number)?;
    let function = String::from_utf8_lossy(function);
    if function == "GetChannels" {
        return match proposal.channel_header.channel_id.is_empty() {
            true => Ok(channels(channel)),
            false => Err(
                "access denied for [GetChannels]: a member of the peer's organisation asks without a channel"
                    .to_owned(),
            ),
        };
    }
    let asked = arguments.get(1).ok_or_else(wrong_number)?;
    let read: fn(&Ledger) -> Result<Bytes, String> = match function.as_ref() {
        "GetConfigBlock" => config_block,
        "GetChannelConfig" => channel_config,
        "JoinChain" | "JoinChainBySnapshot" => {
            let why = "a peer of this network serves one channel, which its file names";
            return Err(format!("{function} is not served: {why}"));
        }
        _ => return Err(format!("Requested function {function} not found.")),
    };
    let name = String::from_utf8_lossy(asked);
    let signed = &proposal.signed;
    let creator = &proposal.signature_header.creator;
    let resource = format!("{CSCC}/{function}");
    access
        .check(creator, &signed.proposal_bytes, &signed.signature, &resource)
        .map_err(|error| format!("access denied for [{function}][{name}]: {error}"))?;
    if name != channel {
        return Err(format!("Unknown channel ID, {name}"));
    }
    read(ledger)
}

fn channels(channel: &str) -> Bytes {
    let channel_id = channel.to_owned();
    let channels = vec![ChannelInfo { channel_id }];
    ChannelQueryResponse { channels }.encode_to_vec().into()
}

fn config_block(ledger: &Ledger) -> Result<Bytes, String> {
    let found = ledger.config_block().map_err(|error| error.to_string())?;
    Ok(found.encode_to_vec().into())
}

fn channel_config(ledger: &Ledger) -> Result<Bytes, String> {
    let found = ledger.config_block().map_err(|error| error.to_string())?;
    let config = block::configuration(&found).and_then(|envelope| envelope.config);
    let config = config.ok_or("the last configuration block holds no configuration")?;
    Ok(config.encode_to_vec().into())
}
