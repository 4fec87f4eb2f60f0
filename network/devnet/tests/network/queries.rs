use super::world::{GRID, MAJORITY, World};

#[tokio::test(flavor = "multi_thread")]
async fn ranges_go_beyond_one_page_of_a_hundred() {
    let world = World::start().await;
    let contract = world.contract(GRID);
    contract.submit("fill", ["250"]).await.unwrap();
    for (start, end, count) in [
        ("row", "s", "250"),
        ("row00100", "row00200", "100"),
        ("row00100", "row00201", "101"),
    ] {
        assert_eq!(
            contract.evaluate("count", [start, end]).await.unwrap(),
            count,
            "{start}..{end}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_total_query_limit_cuts_without_a_word() {
    let world = World::start_with(MAJORITY, |config| config.limits.total_query = 120).await;
    let contract = world.contract(GRID);
    contract.submit("fill", ["250"]).await.unwrap();
    assert_eq!(contract.evaluate("count", ["row", "s"]).await.unwrap(), "120");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_carry_bookmarks_and_forbid_writes() {
    let world = World::start().await;
    let contract = world.contract(GRID);
    contract.submit("fill", ["5"]).await.unwrap();
    assert_eq!(contract.evaluate("page", ["row", "2", ""]).await.unwrap(), "2 row00002");
    assert_eq!(contract.evaluate("page", ["row", "2", "row00004"]).await.unwrap(), "1 ");
    let error = format!("{:?}", contract.submit("page_then_put", [""; 0]).await.unwrap_err());
    assert!(
        error.contains("already performed a paginated query. Writes are not allowed"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_newest_first() {
    let world = World::start().await;
    let contract = world.contract(GRID);
    for value in ["1", "2", "3"] {
        contract.submit("put", ["k", value]).await.unwrap();
    }
    assert_eq!(contract.evaluate("history", ["k"]).await.unwrap(), "3,2,1");
}

#[tokio::test(flavor = "multi_thread")]
async fn qscc_tells_the_height_and_gives_the_newest_block() {
    use fabric_protos::common::{Block, BlockchainInfo};
    use prost::Message;

    let world = World::start().await;
    let qscc = world
        .gateway_of(GRID, world.user(GRID))
        .network("energy")
        .contract("qscc");
    let info = BlockchainInfo::decode(qscc.evaluate("GetChainInfo", ["energy"]).await.unwrap()).unwrap();
    assert_eq!(info.height, world.devnet().ledger().height());
    assert_eq!(info.current_block_hash, world.devnet().ledger().last_hash());
    let arguments = [b"energy".as_slice(), &info.current_block_hash];
    let tip = Block::decode(qscc.evaluate("GetBlockByHash", arguments).await.unwrap()).unwrap();
    assert_eq!(tip.header.unwrap().number, info.height - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_member_may_read_a_definition() {
    use fabric_protos::lifecycle::{QueryChaincodeDefinitionArgs, QueryChaincodeDefinitionResult};
    use prost::Message;

    let world = World::start().await;
    let lifecycle = world
        .gateway_of(GRID, world.user(GRID))
        .network("energy")
        .contract("_lifecycle");
    let asked = |name: &str| {
        let name = name.to_owned();
        lifecycle.evaluate(
            "QueryChaincodeDefinition",
            [QueryChaincodeDefinitionArgs { name }.encode_to_vec()],
        )
    };
    let found = QueryChaincodeDefinitionResult::decode(asked("store").await.unwrap()).unwrap();
    assert_eq!(found.sequence, 1);
    assert!(!found.validation_parameter.is_empty());
    assert!(found.approvals.len() > 1 && found.approvals.values().all(|approved| *approved));
    let error = format!("{:?}", asked("none").await.unwrap_err());
    assert!(error.contains("namespace none is not defined"), "{error}");
}
