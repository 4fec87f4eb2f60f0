//! TLS files that are replaced while the program runs.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use fabric_doctor::dial::{Target, dial};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

const LIMIT: Duration = Duration::from_secs(30);

/// A service that ends with the test.
struct Service {
    child: Child,
    address: String,
    log: Receiver<String>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Service {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_der-chaincode"));
        command
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.args(["--chaincode-id", "market:1", "--server-address", "127.0.0.1:0"]);
        for (flag, name) in [("--tls-key", "key"), ("--tls-cert", "cert"), ("--client-ca-cert", "ca")] {
            command.arg(flag).arg(folder.join(name));
        }
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (told, log) = channel();
        // Ends with the process.
        std::thread::spawn(move || {
            stderr
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| told.send(line))
        });
        Self {
            child,
            address: ready["address"].as_str().unwrap().to_owned(),
            log,
        }
    }

    /// Waits until the log says this.
    fn says(&self, words: &str) {
        while !self.log.recv_timeout(LIMIT).unwrap().contains(words) {}
    }

    async fn shows(&self, authority: &str) -> Vec<u8> {
        let target = Target {
            address: self.address.clone(),
            server_name: None,
            roots: authority.into(),
            client: None,
        };
        let shown = dial(&target, LIMIT).await.unwrap();
        assert_eq!(shown.fault, None);
        shown.chain[0].clone()
    }
}

/// Puts a new certificate of the authority into the folder, and gives its bytes.
fn issue(folder: &Path, authority: &CertifiedIssuer<'_, KeyPair>) -> Vec<u8> {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    std::fs::write(folder.join("key"), key.serialize_pem()).unwrap();
    std::fs::write(folder.join("cert"), certificate.pem()).unwrap();
    certificate.der().to_vec()
}

#[tokio::test]
async fn renewed_files_are_served_without_a_restart_and_broken_ones_never() {
    let folder = tempfile::tempdir().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(folder.path().join("ca"), authority.pem()).unwrap();
    let first = issue(folder.path(), &authority);
    let service = Service::start(folder.path());
    assert_eq!(service.shows(&authority.pem()).await, first);

    let second = issue(folder.path(), &authority);
    service.says("new connections use them");
    assert_eq!(service.shows(&authority.pem()).await, second);

    // A key without its certificate.
    std::fs::write(folder.path().join("key"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    service.says("the earlier ones stay in use");
    assert_eq!(service.shows(&authority.pem()).await, second);
}
