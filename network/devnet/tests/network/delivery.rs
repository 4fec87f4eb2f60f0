use fabric_gateway::TxValidationCode;
use fabric_protos::protos::filtered_transaction::Data;
use tokio::time::timeout;

use super::world::{ENERGY, GRID, LIMIT, World};

#[tokio::test(flavor = "multi_thread")]
async fn events_come_from_a_start_block_and_as_they_happen() {
    let world = World::start().await;
    let contract = world.contract(GRID);
    contract.submit("event", ["first", "1"]).await.unwrap();
    let network = world.gateway_of(ENERGY, world.user(ENERGY)).network("energy");
    let mut events = network.chaincode_events("store").start_block(0).open().await.unwrap();
    let event = timeout(LIMIT, events.next()).await.unwrap().unwrap();
    assert_eq!(
        (event.name.as_str(), event.payload.as_ref()),
        ("first", b"1".as_slice())
    );
    contract.submit("event", ["second", "2"]).await.unwrap();
    let event = timeout(LIMIT, events.next()).await.unwrap().unwrap();
    assert_eq!(event.name, "second");
}

#[tokio::test(flavor = "multi_thread")]
async fn filtered_blocks_tell_ids_verdicts_and_event_names_but_no_payload() {
    let world = World::start().await;
    let committed = world.contract(GRID).submit("event", ["named", "secret"]).await.unwrap();
    let network = world.gateway_of(GRID, world.user(GRID)).network("energy");
    let start = committed.status.block_number;
    let mut blocks = network.block_events().start_block(start).open_filtered().await.unwrap();
    let block = timeout(LIMIT, blocks.next()).await.unwrap().unwrap();
    assert_eq!((block.number, block.channel_id.as_str()), (start, "energy"));
    let transaction = &block.filtered_transactions[0];
    assert_eq!(transaction.txid, committed.status.transaction_id);
    assert_eq!(transaction.tx_validation_code(), TxValidationCode::Valid);
    let Some(Data::TransactionActions(actions)) = &transaction.data else {
        panic!("no actions")
    };
    let event = actions.chaincode_actions[0].chaincode_event.as_ref().unwrap();
    assert_eq!((event.event_name.as_str(), event.payload.len()), ("named", 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_blocks_chain_by_their_hashes() {
    let world = World::start().await;
    world.contract(GRID).submit("put", ["k", "v"]).await.unwrap();
    let network = world.gateway_of(GRID, world.user(GRID)).network("energy");
    let mut blocks = network.block_events().start_block(0).open().await.unwrap();
    let mut previous = bytes::Bytes::new();
    for number in 0..3 {
        let block = timeout(LIMIT, blocks.next()).await.unwrap().unwrap();
        let header = block.header.unwrap();
        assert_eq!((header.number, &header.previous_hash), (number, &previous));
        previous = fabric_devnet::ledger::block::header_hash(&header);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_stream_does_not_keep_the_network_from_stopping() {
    let mut world = World::start().await;
    let network = world.gateway_of(GRID, world.user(GRID)).network("energy");
    let mut blocks = network.block_events().start_block(0).open().await.unwrap();
    timeout(LIMIT, blocks.next()).await.unwrap().unwrap();
    let mut events = network.chaincode_events("store").start_block(0).open().await.unwrap();
    let waiting = tokio::spawn(async move { events.next().await });
    timeout(LIMIT, world.stop()).await.unwrap();
    world.spawn_with(|_| ()).await;
    waiting.abort();
    assert!(
        world
            .contract(GRID)
            .submit("put", ["k", "v"])
            .await
            .unwrap()
            .status
            .successful
    );
}
