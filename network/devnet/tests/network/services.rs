//! Where chaincode services are, and what a peer does when its own is away.

use std::{fs, net::TcpListener};

use fabric_devnet::Config;
use fabric_gateway::Code;
use fabric_shim::Server;

use super::world::{ENERGY, GRID, MAJORITY, MICRO, World};

/// Nothing listens where the chaincodes' services of the organisation should be.
fn take_away(config: &mut Config, msp_id: &str) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for chaincode in &mut config.chaincodes {
        chaincode.services.get_mut(msp_id).unwrap().address = port.to_string();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_own_chaincode_a_gateway_reads_elsewhere_and_endorses_where_it_is_told() {
    let world = World::start_with(MAJORITY, |config| take_away(config, GRID)).await;
    let contract = world.contract(GRID);
    let error = contract.submit("put", ["k", "v"]).await.unwrap_err();
    assert_eq!(
        error.code(),
        Some(Code::Aborted),
        "Fabric plans from its own peer only: {error}"
    );
    assert!(
        error.details()[0]
            .message
            .contains("could not launch chaincode store:1 of GridMSP"),
        "{error:?}"
    );

    let elsewhere = contract.proposal("put").args(["k", "v"]);
    let elsewhere = elsewhere.endorsing_organizations([ENERGY, MICRO]).build().unwrap();
    let commit = elsewhere.endorse().await.unwrap().submit().await.unwrap();
    assert!(commit.status().await.unwrap().successful);

    assert_eq!(contract.evaluate("get", ["k"]).await.unwrap(), "v");
    assert!(world.devnet().set_lag(ENERGY, 1));
    assert_eq!(
        contract.evaluate("get", ["k"]).await.unwrap(),
        "v",
        "of the others the one that is furthest on is asked first"
    );
    let protected = contract.proposal("get").args(["k"]).transient([("secret", "s")]);
    let error = protected.build().unwrap().evaluate().await.unwrap_err();
    assert_eq!(
        error.details().len(),
        1,
        "transient data goes to no other organisation: {error:?}"
    );
    assert_eq!(error.details()[0].msp_id, GRID);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_whose_peer_has_no_chaincode_begins_elsewhere() {
    let world = World::start_with(MAJORITY, |config| {
        for chaincode in &mut config.chaincodes {
            chaincode.services.remove(GRID);
        }
    })
    .await;
    let named = world.contract(GRID).proposal("put").args(["k", "v"]);
    let named = named.endorsing_organizations([GRID]).build().unwrap();
    let error = named.endorse().await.unwrap_err();
    assert_eq!(error.code(), Some(Code::Unavailable), "{error}");
    assert!(
        error
            .to_string()
            .contains("failed to find any endorsing peers for org(s): GridMSP"),
        "{error}"
    );
    let committed = world.contract(GRID).submit("put", ["k", "v"]).await.unwrap();
    assert!(committed.status.successful);
    assert_eq!(world.contract(GRID).evaluate("get", ["k"]).await.unwrap(), "v");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_organisations_service_may_serve_all() {
    let mut world = World::prepare(MAJORITY).await;
    let server = Server::builder()
        .address(([127, 0, 0, 1], 0).into())
        .package_id("store:1")
        .tls(world.service_tls("grid.example"))
        .bind()
        .await
        .unwrap();
    let mut file = fs::read_to_string(world.file()).unwrap();
    for address in world.services.addresses() {
        file = file.replace(&address.to_string(), &server.local_addr().to_string());
    }
    let file = file.replace("package_id", "tls_domain = 'grid.example'\npackage_id");
    fs::write(world.file(), file).unwrap();
    let store = world.store.clone();
    let serving = tokio::spawn(async move { server.serve(store, std::future::pending()).await });
    world.spawn_with(|_| ()).await;
    for msp_id in [GRID, ENERGY, MICRO] {
        let proposal = world.contract(msp_id).proposal("append").args(["k", "x"]);
        let alone = proposal.endorsing_organizations([msp_id]).build().unwrap();
        alone.endorse().await.unwrap();
    }
    serving.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_batches_and_multi_gets_a_chaincode_works_as_on_fabric_2_5() {
    let world = World::start_with(MAJORITY, |config| {
        config.switches.write_batch = None;
        config.switches.multi_get = None;
    })
    .await;
    let contract = world.contract(GRID);
    contract.submit("fill", ["120"]).await.unwrap();
    assert_eq!(contract.evaluate("count", ["row", "s"]).await.unwrap(), "120");
    contract.submit("put", ["a", "1"]).await.unwrap();
    contract.submit("put", ["b", "2"]).await.unwrap();
    let read = contract.evaluate("get_all", ["a", "absent", "b"]).await.unwrap();
    assert_eq!(read, "1,,2");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_keys_are_read_at_once_in_their_order() {
    let world = World::start().await;
    let contract = world.contract(GRID);
    contract.submit("put", ["a", "1"]).await.unwrap();
    contract.submit("put", ["b", "2"]).await.unwrap();
    let read = contract.evaluate("get_all", ["b", "absent", "a"]).await.unwrap();
    assert_eq!(read, "2,,1");
}
