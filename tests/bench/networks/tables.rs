//! The networks side by side.

use serde_json::{Map, Value, json};

use super::{CLIENTS, Comparison, Figures, Load, usage::Kind};
use crate::{rounds::Rounds, table::Table};

const MEGABYTE: f64 = 1_048_576.0;
const KINDS: [Kind; 5] = [Kind::Devnet, Kind::Orderer, Kind::Peer, Kind::Service, Kind::Client];

/// What the devnet aims at, as its figure over Fabric's.
enum Aim {
    AtLeast(f64),
    AtMost(f64),
}

impl Aim {
    fn verdict(&self, ratio: f64) -> &'static str {
        let met = match self {
            Self::AtLeast(bound) => ratio >= *bound,
            Self::AtMost(bound) => ratio <= *bound,
        };
        if met { "met" } else { "missed" }
    }
}

impl Comparison {
    pub(crate) fn tables(&self) -> Vec<Table> {
        match self.load {
            Load::Alone => vec![load_table(
                "One client, one message a block",
                &self.networks,
                [None, Some(Aim::AtMost(0.5))],
            )],
            Load::Saturated => vec![
                load_table(
                    &format!("{CLIENTS} clients, blocks of 100 messages or 100 ms"),
                    &self.networks,
                    [Some(Aim::AtLeast(2.0)), Some(Aim::AtMost(0.5))],
                ),
                memory_table(&self.networks),
            ],
        }
    }

    pub(crate) fn record(&self) -> Value {
        self.networks.iter().map(Figures::record).collect()
    }
}

/// The aims are those of throughput and of median latency.
fn load_table(title: &str, networks: &[Figures], [rate, median]: [Option<Aim>; 2]) -> Table {
    let names = networks.iter().map(|network| network.kind.to_string());
    let ratios = networks
        .iter()
        .skip(1)
        .map(|network| format!("devnet / {}", network.kind));
    let head = ["median (least–most)".to_owned()]
        .into_iter()
        .chain(names)
        .chain(ratios);
    let mut table = Table::new(title, head.chain(["aim".to_owned()]));
    let mut row = |name: &str, of: &dyn Fn(&Figures) -> Option<&Rounds>, aim: Option<&Aim>| {
        let rounds: Vec<_> = networks.iter().map(of).collect();
        if rounds.iter().all(Option::is_none) {
            return;
        }
        let ratios: Vec<_> = rounds
            .iter()
            .skip(1)
            .map(|other| Some(rounds[0]?.ratio((*other)?)))
            .collect();
        let shown = |rounds: Option<&Rounds>| rounds.map_or("–".to_owned(), Rounds::to_string);
        let mut cells = vec![name.to_owned()];
        cells.extend(rounds.iter().map(|rounds| shown(*rounds)));
        cells.extend(ratios.iter().map(|ratio| shown(ratio.as_ref())));
        cells.push(aim.map_or(String::new(), |aim| verdicts(aim, &ratios)));
        table.row(cells);
    };
    row("orders per second", &|network| Some(&network.rate), rate.as_ref());
    row("latency: median, ms", &|network| Some(&network.median), median.as_ref());
    row("latency: 95th percentile, ms", &|network| Some(&network.p95), None);
    row("latency: 99th percentile, ms", &|network| Some(&network.p99), None);
    for kind in KINDS {
        let name = format!("CPU per order: {kind}, ms");
        row(&name, &|network| network.cpu.get(&kind), None);
    }
    row(
        "CPU per order: all but the client, ms",
        &|network| Some(&network.cpu_of_all),
        None,
    );
    row(
        "settled sales per second",
        &|network| Some(&network.sales).filter(|sales| !sales.is_empty()),
        None,
    );
    row("cores busy when nobody asks", &|network| Some(&network.idle), None);
    table
}

fn verdicts(aim: &Aim, ratios: &[Option<Rounds>]) -> String {
    let bound = match aim {
        Aim::AtLeast(bound) => format!("≥ {bound}"),
        Aim::AtMost(bound) => format!("≤ {bound}"),
    };
    let verdicts: Vec<_> = ratios
        .iter()
        .flatten()
        .map(|ratio| aim.verdict(ratio.median()))
        .collect();
    format!("{bound}: {}", verdicts.join(", "))
}

fn memory_table(networks: &[Figures]) -> Table {
    let head = ["network", "process", "count", "MB each", "MB together"];
    let mut table = Table::new("Resident memory after the load", head);
    for network in networks {
        for (kind, bytes) in network.resident.iter().filter(|(kind, _)| **kind != Kind::Client) {
            let each = |bytes: u64| format!("{:.0}", bytes as f64 / MEGABYTE);
            let (least, most) = (bytes.iter().min(), bytes.iter().max());
            let (least, most) = (each(*least.unwrap_or(&0)), each(*most.unwrap_or(&0)));
            let range = if least == most {
                least
            } else {
                format!("{least}–{most}")
            };
            table.row([
                network.kind.to_string(),
                kind.to_string(),
                bytes.len().to_string(),
                range,
                each(bytes.iter().sum()),
            ]);
        }
    }
    table
}

impl Figures {
    fn record(&self) -> Value {
        let cpu: Map<_, _> = self
            .cpu
            .iter()
            .map(|(kind, rounds)| (kind.to_string(), rounds.record()))
            .collect();
        let resident: Map<_, _> = self
            .resident
            .iter()
            .map(|(kind, bytes)| (kind.to_string(), json!(bytes)))
            .collect();
        json!({
            "network": self.kind.to_string(),
            "orders_per_second": self.rate.record(),
            "latency_ms": { "median": self.median.record(), "p95": self.p95.record(), "p99": self.p99.record() },
            "cpu_ms_per_order": cpu,
            "cpu_ms_per_order_without_client": self.cpu_of_all.record(),
            "refused_orders": self.refused,
            "settled_sales_per_second": self.sales.record(),
            "idle_cores": self.idle.record(),
            "resident_bytes": resident,
        })
    }
}
