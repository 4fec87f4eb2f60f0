//! The channel's configuration changes while the network runs, as clients see it.

use fabric_gateway::{Code, TxValidationCode};
use fabric_protos::common::OrdererAddresses;
use prost::Message;
use tokio::time::timeout;

use super::{
    administration::{add_member, remove_member},
    world::{ENERGY, GRID, LIMIT, MICRO, World},
};

const NORTH: &str = "NorthMSP";

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_user_has_nothing_endorsed_and_nothing_ordered() {
    let world = World::start().await;
    let contract = world.contract(ENERGY);
    contract.submit("put", ["k", "before"]).await.unwrap();
    let proposal = || contract.proposal("put").args(["k", "in flight"]).build().unwrap();
    let endorsed = proposal().endorse().await.unwrap();
    let block = world.revoke(ENERGY, "user1").await;
    let refused = endorsed.submit().await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::Aborted), "{refused}");
    let words = format!("{refused}");
    assert!(words.contains("status=FORBIDDEN"), "{words}");
    let refused = proposal().endorse().await.unwrap_err();
    let detail = &refused.details()[0];
    assert_eq!(
        detail.message,
        "error validating proposal: access denied: channel [energy] creator org [EnergyMSP]"
    );
    let grid = world.contract(GRID);
    let after = grid.submit("put", ["k", "after"]).await.unwrap();
    assert!(after.status.block_number > block);
    assert_eq!(grid.evaluate("get", ["k"]).await.unwrap(), "after");
}

/// As Fabric: the gateway asks when a stream of events opens, block delivery asks again at every configuration.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_event_stream_goes_on_for_the_revoked_and_a_block_stream_ends() {
    let world = World::start().await;
    let network = world.gateway_of(ENERGY, world.user(ENERGY)).network("energy");
    world.contract(GRID).submit("event", ["early", "1"]).await.unwrap();
    let mut events = network.chaincode_events("store").start_block(0).open().await.unwrap();
    let mut blocks = network.block_events().start_block(0).open().await.unwrap();
    let event = timeout(LIMIT, events.next()).await.unwrap().unwrap();
    assert_eq!(event.name, "early", "the gateway has let the stream in");
    timeout(LIMIT, blocks.next()).await.unwrap().unwrap();
    let block = world.revoke(ENERGY, "user1").await;
    world.contract(GRID).submit("event", ["late", "1"]).await.unwrap();
    let event = timeout(LIMIT, events.next()).await.unwrap().unwrap();
    assert_eq!(event.name, "late");
    let mut last = 0;
    let ended = loop {
        match timeout(LIMIT, blocks.next()).await.unwrap() {
            Ok(read) => last = read.header.unwrap().number,
            Err(error) => break error,
        }
    };
    assert!(
        last < block,
        "the configuration's block is not delivered to whom it revokes"
    );
    assert!(format!("{ended:?}").to_uppercase().contains("FORBIDDEN"), "{ended:?}");
    let reopened = network.chaincode_events("store").start_block(0).open().await;
    let refused = match reopened {
        Ok(mut events) => timeout(LIMIT, events.next()).await.unwrap().unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(refused.code(), Some(Code::PermissionDenied), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lagging_peer_knows_the_configuration_of_its_height() {
    let world = World::start().await;
    let contract = world.contract(ENERGY);
    contract.submit("put", ["k", "v"]).await.unwrap();
    assert!(world.devnet().set_lag(ENERGY, 1));
    world.revoke(ENERGY, "user1").await;
    assert_eq!(contract.evaluate("get", ["k"]).await.unwrap(), "v");
    world.devnet().set_lag(ENERGY, 0);
    assert!(contract.evaluate("get", ["k"]).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_outlives_a_restart() {
    let mut world = World::start().await;
    world.revoke(ENERGY, "user1").await;
    let before = world.devnet().channel().now().config().clone();
    world.stop().await;
    world.spawn_with(|_| ()).await;
    assert_eq!(*world.devnet().channel().now().config(), before);
    assert!(world.contract(ENERGY).submit("put", ["k", "v"]).await.is_err());
    world.contract(GRID).submit("put", ["k", "v"]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_serves_once_the_channel_knows_it_and_counts_in_the_majority() {
    let mut world = World::start().await;
    world.found(NORTH, "north.example").await;
    let msp = world.msp(NORTH);
    world.stop().await;
    let unknown = fabric_devnet::spawn(world.config()).await.unwrap_err().to_string();
    assert!(
        unknown.starts_with("NorthMSP is no member of channel energy: add it"),
        "{unknown}"
    );
    let without_it = |config: &mut fabric_devnet::Config| {
        config.organizations.retain(|one| one.msp_id() != NORTH);
        let services = config.chaincodes.iter_mut().map(|chaincode| &mut chaincode.services);
        services.for_each(|services| drop(services.remove(NORTH)));
    };
    world.spawn_with(without_it).await;
    world.reconfigure(|root| add_member(root, &msp)).await.unwrap();
    world.stop().await;
    world.spawn_with(|_| ()).await;
    let contract = world.contract(NORTH);
    contract.submit("put", ["k", "from the north"]).await.unwrap();
    let put = |organizations: [&'static str; 2]| {
        let contract = world.contract(GRID);
        async move {
            let proposal = contract
                .proposal("put")
                .args(["k", "two"])
                .endorsing_organizations(organizations);
            let submitted = proposal
                .build()
                .unwrap()
                .endorse()
                .await
                .unwrap()
                .submit()
                .await
                .unwrap();
            submitted.status().await.unwrap().validation_code().unwrap()
        }
    };
    assert_eq!(
        put([GRID, NORTH]).await,
        TxValidationCode::EndorsementPolicyFailure,
        "two of four are no majority"
    );
    world.reconfigure(|root| remove_member(root, MICRO)).await.unwrap();
    assert_eq!(put([GRID, NORTH]).await, TxValidationCode::Valid);
    world.stop().await;
    world.spawn_with(|_| ()).await;
    let error = world.contract(MICRO).evaluate("get", ["k"]).await.unwrap_err();
    assert!(format!("{error:?}").contains("access denied"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cscc_gives_the_newest_configuration_to_readers() {
    let world = World::start().await;
    let block = world.revoke(ENERGY, "user1").await;
    let cscc = world
        .gateway_of(GRID, world.user(GRID))
        .network("energy")
        .contract("cscc");
    let found = cscc.evaluate("GetConfigBlock", ["energy"]).await.unwrap();
    let found = fabric_protos::common::Block::decode(found).unwrap();
    assert_eq!(found.header.unwrap().number, block);
    let config = cscc.evaluate("GetChannelConfig", ["energy"]).await.unwrap();
    let config = fabric_protos::common::Config::decode(config).unwrap();
    assert_eq!(config, *world.devnet().channel().now().config());
    let orderer = &config.channel_group.unwrap().groups["Orderer"].groups[GRID];
    let endpoints = OrdererAddresses::decode(orderer.values["Endpoints"].value.clone()).unwrap();
    let address = world.devnet().endpoint(GRID).unwrap().address;
    assert_eq!(
        endpoints.addresses,
        [address.to_string()],
        "whoever reads it can dial the orderer"
    );
    let error = cscc.evaluate("GetConfigBlock", ["other"]).await.unwrap_err();
    assert!(format!("{error:?}").contains("Unknown channel ID, other"), "{error:?}");
}
