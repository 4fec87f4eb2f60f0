//! Peers that offer neither write batches nor reads of many keys, as Fabric 2.5's: the shim sends each write and each
//! read alone, and the market ends the same. That the read/write sets are the same too is shown by `same_as_fabric`.

use anyhow::Result;
use der_cli::{connection, network::Launch, profile::Profile};
use der_client::paper::{Cast, PaperCase, Role, Row};

#[derive(Default)]
struct Unheard;

impl der_client::paper::Progress for Unheard {
    fn step(&mut self, _: &der_client::paper::Step) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn table_1_settles_to_table_2() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let launch = Launch::with_program(folder.path(), env!("CARGO_BIN_EXE_der-under-test"));
    let network = launch.without_batches().start()?;
    let written = std::fs::read_to_string(network.layout().devnet_config())?;
    assert!(
        written.contains("write_batch = 0") && written.contains("multi_get = 0"),
        "{written}"
    );
    let cast = Cast::gather(|role: Role| {
        let organisation = role.msp_id().trim_end_matches("MSP").to_lowercase();
        let file = format!("{organisation}-{}.toml", role.user());
        let read = Profile::read(&network.layout().profiles().join(file));
        read.and_then(|profile| connection::connect(&profile))
            .map_err(|failure| anyhow::anyhow!("{failure:?}"))
    })?;
    let rows = PaperCase::new(cast).play(&mut Unheard).await?;
    let differences: Vec<_> = rows.iter().flat_map(Row::differences).collect();
    assert!(differences.is_empty(), "{differences:?}");
    assert_eq!(rows.len(), 3);
    Ok(())
}
