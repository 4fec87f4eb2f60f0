//! The channel's rules: definition, endorsement policy, governance, and whether every organisation's peers answer.

use fabric_admin::{AdminError, ChannelConfig, Consortium};
use fabric_doctor::{Calendar, Definition, Finding, add_channel, lint};
use fabric_msp::PolicyGroup;

use super::network::Peers;

/// Judges the channel and the market's chaincode on it.
///
/// # Errors
/// The finding that the channel cannot be read.
pub(super) async fn judge(peers: &Peers, calendar: &mut Calendar) -> Result<Vec<Finding>, Finding> {
    let name = format!("channel {}", peers.channel.name());
    let unreadable = |error: AdminError| {
        let advice = "See that `channel` is right, that this user's organisation is a member, and that the user's certificate is neither \
                      expired nor revoked: a revoked user needs a new one.";
        Finding::fail(name.clone(), error.to_string(), advice)
    };
    let channel = ChannelConfig::read(&peers.channel).await.map_err(unreadable)?;
    let policies = channel.policies().map_err(unreadable)?;
    let organizations = Consortium::of(&channel).map_err(unreadable)?.organizations;
    let members: Vec<String> = organizations
        .into_iter()
        .filter(|one| one.application)
        .map(|one| one.msp_id)
        .collect();
    let mut findings = vec![Finding::ok(name.clone(), members.join(", "))];
    if let Err(error) = add_channel(calendar, channel.root()) {
        let advice = "Let its administrators replace what is damaged.";
        findings.push(Finding::fail("channel configuration", error, advice));
    }
    findings.extend(defined(peers, &policies).await);
    findings.extend(lint::governance(&policies));
    for member in &members {
        findings.push(endorses(peers, member).await);
    }
    Ok(findings)
}

async fn defined(peers: &Peers, channel: &PolicyGroup) -> Vec<Finding> {
    let check = format!("definition of {}", peers.chaincode);
    let definition = match Definition::read(&peers.channel, &peers.chaincode).await {
        Ok(definition) => definition,
        Err(error) => {
            let advice = "Correct `chaincode` in the profile, or approve and commit its definition.";
            return vec![Finding::fail(check, error.to_string(), advice)];
        }
    };
    let found = format!("version {}, sequence {}", definition.version, definition.sequence);
    let mut findings = vec![match definition.unapproved.as_slice() {
        [] => Finding::ok(check, found),
        some => Finding::warn(
            check,
            format!("{found}; not approved by {}", some.join(", ")),
            "Let them approve the committed sequence: until then their peers do not endorse.",
        ),
    }];
    findings.extend(lint::definition(&definition.policy, channel));
    findings
}

/// Whether the organisation's peers run the chaincode. A refusal by the contract is an answer too.
async fn endorses(peers: &Peers, organization: &str) -> Finding {
    let check = format!("{} at {organization}", peers.chaincode);
    let contract = peers.channel.contract(&peers.chaincode);
    let query = contract
        .proposal("Query:Market")
        .args(["{}"])
        .endorsing_organizations([organization]);
    match query.evaluate().await {
        Ok(_) => Finding::ok(check, "its peer answers"),
        Err(error) if error.chaincode_response().is_some() => Finding::ok(check, "its peer answers, with a refusal"),
        Err(error) => Finding::fail(
            check,
            error.to_string(),
            "Let its operator see that the peer has installed and approved the package and reaches its chaincode service: `der doctor --service`.",
        ),
    }
}
