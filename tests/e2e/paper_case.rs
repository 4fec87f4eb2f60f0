//! Table 1 goes in as orders and readings, Table 2 comes out as statements, and a listener hears of each settlement.

use std::time::Duration;

use anyhow::{Context, Result};
use der_client::{
    follow::{Kind, Start},
    paper::{PaperCase, Step},
};
use der_e2e::World;

const LIMIT: Duration = Duration::from_secs(20);

#[derive(Default)]
struct Told(Vec<Step>);

impl der_client::paper::Progress for Told {
    fn step(&mut self, step: &Step) {
        self.0.push(step.clone());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn table_1_settles_to_table_2_twice_on_one_channel() -> Result<()> {
    let Some(world) = World::start(env!("CARGO_BIN_EXE_der-under-test"))? else {
        return Ok(());
    };
    let case = PaperCase::new(world.cast()?);
    for run in 0..2 {
        let mut told = Told::default();
        let rows = case.play(&mut told).await?;
        let differences: Vec<_> = rows.iter().flat_map(der_client::paper::Row::differences).collect();
        assert!(differences.is_empty(), "run {run}: {differences:?}");
        assert_eq!(rows.len(), 3);
        assert!(told.0.iter().all(|step| !step.transaction_id.is_empty()));
    }
    let listener = world.client("microgrid", "consumer1")?;
    let mut follow = listener.follow(Kind::Settlements, Start::Block(0)).await?;
    let mut positions = Vec::new();
    for _ in 0..6 {
        let event = tokio::time::timeout(LIMIT, follow.next())
            .await
            .context("a settlement event is missing")??;
        positions.push((event.position.block, event.position.transaction));
    }
    assert!(positions.windows(2).all(|pair| pair[0].0 < pair[1].0), "{positions:?}");
    Ok(())
}
