//! Which of Fabric's rules a configuration asks for. This network knows one set of them.
//!
//! Source: Fabric, common/capabilities, orderer/common/multichannel/ledger_resources.go `checkResources`.

use fabric_protos::common::Capabilities;

/// One group's capabilities.
pub(super) struct Level {
    /// The group, as Fabric's sentences name it.
    group: &'static str,
    /// The rules that this network keeps.
    kept: &'static str,
    /// What else may stand beside it: the rules that it includes.
    included: &'static [&'static str],
}

pub(super) const CHANNEL: Level = Level {
    group: "Channel",
    kept: "V3_0",
    included: &["V2_0", "V1_4_3", "V1_4_2", "V1_3", "V1_1"],
};
pub(super) const ORDERER: Level = Level {
    group: "Orderer",
    kept: "V2_0",
    included: &["V1_4_2", "V1_1"],
};
pub(super) const APPLICATION: Level = Level {
    group: "Application",
    kept: "V2_5",
    included: &["V2_0", "V1_4_2", "V1_3", "V1_2", "V1_1"],
};

impl Level {
    /// Refuses what Fabric 3.1 does not know, in its words, and rules older than this network's.
    pub(super) fn check(&self, asked: &Capabilities) -> Result<(), String> {
        let (group, kept) = (self.group, self.kept);
        let known = |name: &str| name == kept || self.included.contains(&name);
        if let Some(name) = asked.capabilities.keys().find(|name| !known(name)) {
            let unknown = format!("{group} capability {name} is required but not supported");
            let kind = group.to_lowercase();
            return Err(format!(
                "config update is not compatible: config requires unsupported {kind} capabilities: {unknown}: {unknown}"
            ));
        }
        match asked.capabilities.contains_key(kept) {
            true => Ok(()),
            false => Err(format!(
                "{group} capability {kept} is gone: this network keeps no older rules"
            )),
        }
    }
}
