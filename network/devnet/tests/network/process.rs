use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use fabric_gateway::Contract;
use serde_json::Value;

use super::world::{GRID, MAJORITY, World};

/// The command as a child process, killed when the test ends.
struct Network {
    child: Child,
    ready: Value,
}

impl Network {
    fn up(world: &World) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fabric-devnet"))
            .args(["up", "--config"])
            .arg(world.file())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            child,
            ready: serde_json::from_str(&line).unwrap(),
        }
    }

    fn contract(&self, world: &World) -> Contract {
        let organization = &self.ready["organizations"][0];
        let text = |name: &str| organization[name].as_str().unwrap();
        let (endpoint, server_name, roots) = (text("endpoint"), text("server_name"), text("tls_roots"));
        World::connect(endpoint, server_name, roots, world.user(GRID))
            .network("energy")
            .contract("store")
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn inspect(world: &World) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_fabric-devnet"))
        .args(["inspect", "--output", "json", "--data-dir"])
        .arg(world.data_dir())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_commits_the_process_loses_nothing() {
    let world = World::prepare(MAJORITY).await;
    let mut before = None;
    for round in 1..=3_u64 {
        let network = Network::up(&world);
        let height = network.ready["height"].as_u64().unwrap();
        assert!(before.is_none_or(|before| before == height), "{before:?}, now {height}");
        let contract = network.contract(&world);
        assert_eq!(contract.evaluate("get", ["k"]).await.unwrap().len() as u64, round - 1);
        contract.submit("append", ["k", "x"]).await.unwrap();
        drop(network);
        let report = inspect(&world);
        assert_eq!(
            (&report["height"], &report["consistent"]),
            (&(height + 1).into(), &true.into())
        );
        before = Some(height + 1);
    }
    let written: Value =
        serde_json::from_slice(&std::fs::read(world.data_dir().join("network.json")).unwrap()).unwrap();
    assert_eq!(written["channel"], "energy");
}

#[test]
fn a_missing_file_is_named() {
    let output = Command::new(env!("CARGO_BIN_EXE_fabric-devnet"))
        .args(["up", "--config", "absent.toml"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("absent.toml"));
}
