//! The program: it says when it is ready, and it drains when it is told to stop.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

fn service() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_der-chaincode"));
    command
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[test]
fn it_says_where_it_listens_and_stops_on_sigterm() {
    let args = [
        "--chaincode-id",
        "market:1",
        "--server-address",
        "127.0.0.1:0",
        "--tls-disabled",
        "--log-json",
    ];
    let mut child = service().args(args).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&ready["ready"], &ready["package_id"]),
        (&true.into(), &"market:1".into())
    );
    let address: std::net::SocketAddr = ready["address"].as_str().unwrap().parse().unwrap();
    assert!(std::net::TcpStream::connect(address).is_ok());
    assert!(
        Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    assert!(child.wait().unwrap().success());
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    for line in log.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
    assert!(log.contains("SIGTERM"), "{log}");
}

#[test]
fn help_shows_an_example_and_a_wrong_flag_fails() {
    let help = service().arg("--help").output().unwrap();
    assert!(help.status.success());
    let text = String::from_utf8(help.stdout).unwrap();
    for part in ["Example:", "CHAINCODE_SERVER_ADDRESS", "--client-ca-cert"] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(service().arg("--no-such-flag").output().unwrap().status.code(), Some(2));
}

#[test]
fn plaintext_beyond_loopback_is_refused_with_what_to_do() {
    let args = [
        "--chaincode-id",
        "market:1",
        "--server-address",
        "0.0.0.0:0",
        "--tls-disabled",
    ];
    let output = service().args(args).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("--client-ca-cert"));
}
