//! Which ordering node leads, as the nodes' own metrics say.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use anyhow::{Context, Result};
use der_e2e::{Node, World};

const LIMIT: Duration = Duration::from_secs(2);

/// The node whose `consensus_BFT_is_leader` or `consensus_etcdraft_is_leader` is 1. The metric tells of the latest committed block: of
/// several who say so, the one that has committed most is believed.
pub(crate) fn find(world: &World) -> Result<Node> {
    let leading = world.nodes().into_iter().filter_map(|node| {
        let Node::Orderer(of) = &node else { return None };
        let metrics = metrics(world, of).ok()?;
        let leads = value(&metrics, "is_leader") == Some(1.0);
        leads.then(|| (value(&metrics, "committed_block_number").unwrap_or_default(), node))
    });
    let latest = leading.max_by(|(one, _), (other, _)| one.total_cmp(other));
    Ok(latest.context("no ordering node says that it leads")?.1)
}

/// A gauge of the consensus by the end of its name.
fn value(metrics: &str, name: &str) -> Option<f64> {
    let mut lines = metrics.lines().filter(|line| line.starts_with("consensus_"));
    let line = lines.find(|line| line.split('{').next().is_some_and(|whole| whole.ends_with(name)))?;
    line.rsplit(' ').next()?.parse().ok()
}

fn metrics(world: &World, of: &str) -> Result<String> {
    let address = operations(world, of)?;
    let mut stream = TcpStream::connect_timeout(&address.parse()?, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.write_all(format!("GET /metrics HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes())?;
    let mut said = String::new();
    stream.read_to_string(&mut said)?;
    Ok(said)
}

/// Where the node serves its metrics, as its configuration says.
fn operations(world: &World, of: &str) -> Result<String> {
    let file = world.layout().root().join("orderers").join(of).join("orderer.yaml");
    let text = fs::read_to_string(&file).with_context(|| format!("{}", file.display()))?;
    let mut lines = text.lines().skip_while(|line| !line.starts_with("Operations:"));
    let address = lines.find_map(|line| line.trim().strip_prefix("ListenAddress:"));
    Ok(address.context("no operations address")?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn a_gauge_is_found_by_the_end_of_its_name() {
        let metrics =
            "# HELP consensus_BFT_is_leader x\nconsensus_BFT_is_leader{channel=\"energy\"} 1\nother_is_leader 0\n";
        assert_eq!(value(metrics, "is_leader"), Some(1.0));
        assert_eq!(value(metrics, "leader_id"), None);
    }
}
