//! A peer's `core.yaml`: what the market needs of it. Source of names and defaults: Fabric `sampleconfig/core.yaml`, `core/config`.

use std::{collections::BTreeMap, path::Path};

use yaml_rust2::{Yaml, YamlLoader};

use crate::Finding;

/// The fewest results a range must be able to give before a peer cuts it.
pub const LEAST_QUERY_LIMIT: i64 = 100_000;

/// Judges a peer's configuration. Relative paths in it start at `folder`.
///
/// # Errors
/// When the text is no YAML document.
pub fn judge(text: &str, folder: &Path) -> Result<Vec<Finding>, String> {
    let documents = YamlLoader::load_from_str(text).map_err(|error| error.to_string())?;
    let core = documents.first().ok_or("the file is empty")?;
    let mut findings = vec![
        database(core),
        query_limit(core),
        write_batches(core),
        tls(core),
        visible(core),
    ];
    findings.extend(builders(core, folder));
    findings.extend(ports(core));
    Ok(findings)
}

/// Variables of the environment that a peer started from this shell would prefer to its file.
pub fn overriding<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Finding> {
    let found: Vec<&str> = names.into_iter().filter(|name| name.starts_with("CORE_")).collect();
    (!found.is_empty()).then(|| {
        Finding::warn(
            "environment",
            format!(
                "{} would override core.yaml of a peer started from this shell",
                found.join(", ")
            ),
            "Unset them before starting a peer.",
        )
    })
}

/// The value at a dotted path; names are compared as Fabric does, without regard to case.
fn at<'a>(root: &'a Yaml, path: &str) -> &'a Yaml {
    path.split('.').fold(root, |node, name| {
        let entries = node.as_hash().into_iter().flatten();
        let named = |key: &Yaml| key.as_str().is_some_and(|key| key.eq_ignore_ascii_case(name));
        entries
            .into_iter()
            .find(|(key, _)| named(key))
            .map_or(&Yaml::BadValue, |(_, value)| value)
    })
}

fn database(core: &Yaml) -> Finding {
    let check = "ledger.state.stateDatabase";
    match at(core, check).as_str() {
        None | Some("" | "goleveldb") => Finding::ok(check, "LevelDB"),
        Some(other) => Finding::fail(
            check,
            format!("{other} re-marshals values, so that hashes over them change"),
            "Set it to goleveldb and let the peer build its state anew: stop it, `peer node rebuild-dbs`, start it.",
        ),
    }
}

fn query_limit(core: &Yaml) -> Finding {
    let check = "ledger.state.totalQueryLimit";
    let advice = format!("Set it to {LEAST_QUERY_LIMIT} and restart the peer.");
    match at(core, check).as_i64() {
        None => Finding::fail(
            check,
            "it is absent, which means 10000: longer ranges are cut in silence",
            advice,
        ),
        Some(limit) if limit < LEAST_QUERY_LIMIT => {
            Finding::fail(check, format!("{limit}: longer ranges are cut in silence"), advice)
        }
        Some(limit) => Finding::ok(check, limit.to_string()),
    }
}

fn write_batches(core: &Yaml) -> Finding {
    let check = "chaincode.runtimeParams";
    let on = |name: &str| at(core, &format!("{check}.{name}")).as_bool() == Some(true);
    match (on("useWriteBatch"), on("useGetMultipleKeys")) {
        (true, true) => Finding::ok(check, "write batches and reads of several keys are on"),
        _ => Finding::warn(
            check,
            "useWriteBatch and useGetMultipleKeys are not both true: each write and each read crosses to the chaincode alone",
            "Set both to true and restart the peer; absent keys mean false.",
        ),
    }
}

fn tls(core: &Yaml) -> Finding {
    match at(core, "peer.tls.enabled").as_bool() {
        Some(true) => Finding::ok("peer.tls.enabled", "on"),
        _ => Finding::fail(
            "peer.tls.enabled",
            "the peer speaks plaintext",
            "Set it to true, with cert, key and rootcert.",
        ),
    }
}

fn visible(core: &Yaml) -> Finding {
    let check = "peer.gossip.externalEndpoint";
    match at(core, check).as_str() {
        Some(address) if !address.is_empty() => Finding::ok(check, address),
        _ => Finding::fail(
            check,
            "it is absent: other organisations' gateways do not see this peer and never ask it to endorse",
            "Set it to the address under which the others reach the peer.",
        ),
    }
}

fn builders(core: &Yaml, folder: &Path) -> Vec<Finding> {
    let check = "chaincode.externalBuilders";
    let list = at(core, check).as_vec().map(Vec::as_slice).unwrap_or_default();
    if list.is_empty() {
        let advice = "Name the builder of network/fabric/builder, or Fabric's own builder for chaincode as a service.";
        return vec![Finding::fail(
            check,
            "there is none: the peer cannot run a chaincode service",
            advice,
        )];
    }
    let judged = list.iter().map(|builder| {
        let path = at(builder, "path").as_str().unwrap_or_default();
        let missing = ["detect", "build", "release"].map(|name| folder.join(path).join("bin").join(name));
        let missing: Vec<String> = missing
            .iter()
            .filter(|file| !file.is_file())
            .map(|file| file.display().to_string())
            .collect();
        match missing.is_empty() {
            true => Finding::ok(check, path),
            false => Finding::fail(
                check,
                format!("missing: {}", missing.join(", ")),
                "Let `path` name the folder above `bin`.",
            ),
        }
    });
    judged.collect()
}

/// Listening addresses: each its own, and what is not meant for others on loopback.
fn ports(core: &Yaml) -> Vec<Finding> {
    let names = [
        "peer.listenAddress",
        "peer.chaincodeListenAddress",
        "operations.listenAddress",
    ];
    let mut findings = Vec::new();
    let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in names {
        match at(core, name).as_str().and_then(|address| address.rsplit_once(':')) {
            Some((_, port)) => users.entry(port).or_default().push(name),
            None if name == "peer.chaincodeListenAddress" => findings.push(Finding::warn(
                name,
                "it is absent, which means the fixed port 7052: two peers on one machine collide",
                "Give each peer its own.",
            )),
            None => {}
        }
    }
    for (port, names) in users {
        findings.push(match names.as_slice() {
            [name] => Finding::ok(*name, format!("port {port}")),
            several => Finding::fail(
                several.join(", "),
                format!("both listen on port {port}"),
                "Give each its own port.",
            ),
        });
    }
    findings.extend(operations(core));
    findings
}

fn operations(core: &Yaml) -> Option<Finding> {
    let check = "operations.listenAddress";
    let address = at(core, check).as_str()?;
    let host = address
        .rsplit_once(':')
        .map_or(address, |(host, _)| host)
        .trim_matches(['[', ']']);
    let loopback = host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    let guarded = at(core, "operations.tls.enabled").as_bool() == Some(true);
    (!loopback && !guarded).then(|| {
        let advice = "Bind it to 127.0.0.1, or set operations.tls.enabled with clientAuthRequired.";
        Finding::warn(
            check,
            format!("{address}: anyone who reaches it may change log levels"),
            advice,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{State, worst};

    /// The peer's template of this repository, its places filled in.
    fn ours() -> (String, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("builder/bin")).unwrap();
        for name in ["detect", "build", "release"] {
            std::fs::write(folder.path().join("builder/bin").join(name), "").unwrap();
        }
        let text = include_str!("../../../network/fabric/core.yaml")
            .replace("@ADDRESS@", "127.0.0.1:7051")
            .replace("@CHAINCODE_ADDRESS@", "127.0.0.1:7052")
            .replace("@OPERATIONS_ADDRESS@", "127.0.0.1:7053")
            .replace("@BUILDER@", "builder")
            .replace('@', "");
        (text, folder)
    }

    #[test]
    fn our_own_template_is_good() {
        let (text, folder) = ours();
        let findings = judge(&text, folder.path()).unwrap();
        assert_eq!(worst(&findings), State::Ok, "{findings:#?}");
    }

    #[test]
    fn each_mistake_is_named() {
        let (text, folder) = ours();
        for (from, to, check, state) in [
            (
                "stateDatabase: goleveldb",
                "stateDatabase: CouchDB",
                "ledger.state.stateDatabase",
                State::Fail,
            ),
            (
                "totalQueryLimit: 100000",
                "other: 1",
                "ledger.state.totalQueryLimit",
                State::Fail,
            ),
            (
                "totalQueryLimit: 100000",
                "totalQueryLimit: 9999",
                "ledger.state.totalQueryLimit",
                State::Fail,
            ),
            (
                "useWriteBatch: true",
                "useWriteBatch: false",
                "chaincode.runtimeParams",
                State::Warn,
            ),
            (
                "useGetMultipleKeys: true",
                "other: true",
                "chaincode.runtimeParams",
                State::Warn,
            ),
            (
                "externalBuilders:",
                "others:",
                "chaincode.externalBuilders",
                State::Fail,
            ),
            (
                "path: builder",
                "path: builder/bin",
                "chaincode.externalBuilders",
                State::Fail,
            ),
            (
                "externalEndpoint:",
                "other:",
                "peer.gossip.externalEndpoint",
                State::Fail,
            ),
            (
                "chaincodeListenAddress:",
                "other:",
                "peer.chaincodeListenAddress",
                State::Warn,
            ),
            (
                "127.0.0.1:7053",
                "127.0.0.1:7051",
                "peer.listenAddress, operations.listenAddress",
                State::Fail,
            ),
            (
                "127.0.0.1:7053",
                "0.0.0.0:7053",
                "operations.listenAddress",
                State::Warn,
            ),
        ] {
            let changed = text.replace(from, to);
            assert_ne!(changed, text, "{from} stands in the template");
            let findings = judge(&changed, folder.path()).unwrap();
            let found = findings
                .iter()
                .find(|finding| finding.check == check && finding.state == state);
            assert!(
                found.is_some_and(|finding| !finding.advice.is_empty()),
                "{to}: {findings:#?}"
            );
            assert_eq!(worst(&findings), state, "{to}");
        }
        let plain = text.replacen(
            "    enabled: true\n    clientAuthRequired",
            "    enabled: false\n    clientAuthRequired",
            1,
        );
        assert_eq!(worst(&judge(&plain, folder.path()).unwrap()), State::Fail);
    }

    #[test]
    fn what_is_no_yaml_is_refused_and_left_over_variables_are_named() {
        assert!(judge("a: [", Path::new("")).is_err());
        assert!(judge("", Path::new("")).is_err());
        assert!(
            overriding(["HOME", "CORE_PEER_ADDRESS"])
                .unwrap()
                .found
                .contains("CORE_PEER_ADDRESS")
        );
        assert_eq!(overriding(["HOME"]), None);
    }
}
