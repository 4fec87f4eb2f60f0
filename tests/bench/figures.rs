//! The figures of the devnet by itself.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{load::Load, start::Start, table::Table};

const MEGABYTE: f64 = 1_048_576.0;

/// One row a figure.
pub(crate) fn table(record: &Value) -> Table {
    let mut table = Table::new("The devnet by itself", ["figure", "value"]);
    for (name, value) in record.as_object().into_iter().flatten() {
        table.row([name.clone(), value.to_string()]);
    }
    table
}

pub(crate) fn record(start: &Start, load: &Load) -> Value {
    let sales = f64::from(load.pairs) * f64::from(load.slots);
    let transactions = load.transactions as f64;
    let seconds = load.elapsed.as_secs_f64();
    let devnet = load.cpu.get("devnet").copied().unwrap_or_default();
    let services: Duration = load
        .cpu
        .iter()
        .filter(|(name, _)| *name != "devnet")
        .map(|(_, cpu)| *cpu)
        .sum();
    let resident = |name: &str| load.resident.get(name).map_or(0.0, |bytes| *bytes as f64 / MEGABYTE);
    let service = load
        .resident
        .keys()
        .filter(|name| *name != "devnet")
        .map(|name| resident(name))
        .fold(0.0, f64::max);
    json!({
        "devnet start to first committed transaction, ms": round(start.first_commit.as_secs_f64() * 1e3),
        "resident memory of the idle devnet, MB": round(start.devnet_resident as f64 / MEGABYTE),
        "resident memory of an idle chaincode service, MB": round(start.service_resident as f64 / MEGABYTE),
        "pairs trading in a slot": load.pairs,
        "slots": load.slots,
        "settled sales per second": round(sales / seconds),
        "transactions per second": round(transactions / seconds),
        "transactions per block": round(transactions / load.blocks.max(1) as f64),
        "order latency, all at once: median, ms": millis(&load.busy, 50),
        "order latency, all at once: 99th percentile, ms": millis(&load.busy, 99),
        "order latency, one client: median, ms": millis(&load.alone, 50),
        "CPU per transaction, devnet, ms": round(devnet.as_secs_f64() * 1e3 / transactions),
        "CPU per transaction, four chaincode services, ms": round(services.as_secs_f64() * 1e3 / transactions),
        "resident memory of the devnet after the load, MB": round(resident("devnet")),
        "resident memory of a chaincode service after it, MB": round(service),
    })
}

fn millis(sorted: &[Duration], percentile: usize) -> f64 {
    let index = (sorted.len().saturating_sub(1)) * percentile / 100;
    sorted.get(index).map_or(0.0, |time| round(time.as_secs_f64() * 1e3))
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
