//! `fabric-shim` against Hyperledger's Go shim: the same functions, the same peer, in turn.

mod call;
mod go;
mod keys;
mod peer;
mod service;

use std::{path::Path, time::Duration};

use anyhow::Result;
use serde_json::{Value, json};

use self::{call::Call, keys::Keys, peer::Peer, service::Service};
use crate::{rounds::Rounds, table::Table};

/// Transactions at once: a peer that is idle otherwise, and one that is busy.
const LOADS: [usize; 2] = [1, 64];
const WARM_UP: Duration = Duration::from_secs(1);
const MEGABYTE: f64 = 1_048_576.0;
/// CPU time of ours as part of Go's.
const AIM: f64 = 0.5;

/// Both services' figures of one function at one load.
struct Figure {
    call: Call,
    in_flight: usize,
    sides: [Side; 2],
}

#[derive(Default)]
struct Side {
    /// Of the chaincode's process, per transaction, µs.
    cpu: Rounds,
    /// Transactions per second, the peer's half on the same machine.
    rate: Rounds,
}

/// What was measured of `[Rust, Go]`.
pub(crate) struct Comparison {
    figures: Vec<Figure>,
    /// Resident memory when it listens and after the load, MB.
    resident: [[f64; 2]; 2],
}

struct Contender {
    service: Service,
    peer: Peer,
    idle: f64,
}

impl Contender {
    async fn start(service: Service, keys: &Keys) -> Result<Self> {
        let idle = service.usage()?.resident as f64 / MEGABYTE;
        let peer = Peer::connect(service.dial(keys).await?, keys.proposal()?).await?;
        Ok(Self { service, peer, idle })
    }

    async fn round(&mut self, call: Call, in_flight: usize, length: Duration, side: &mut Side) -> Result<()> {
        let before = self.service.usage()?.cpu;
        let started = std::time::Instant::now();
        let transactions = self.peer.run(call, in_flight, length).await? as f64;
        let cpu = self.service.usage()?.cpu.saturating_sub(before);
        side.cpu.push(cpu.as_secs_f64() * 1e6 / transactions);
        side.rate.push(transactions / started.elapsed().as_secs_f64());
        Ok(())
    }
}

/// Rounds in which both take turns; which of them is first alternates. `None` where the Go service cannot be built.
pub(crate) async fn compare(program: &Path, rounds: u32, length: Duration) -> Result<Option<Comparison>> {
    let Some(go) = go::build()? else {
        return Ok(None);
    };
    let keys = Keys::generate()?;
    let mut contenders = [
        Contender::start(Service::start(program, &[], &keys).await?, &keys).await?,
        Contender::start(Service::start(&go.program(), &["-counterpart"], &keys).await?, &keys).await?,
    ];
    let mut figures = Vec::new();
    for in_flight in LOADS {
        for call in Call::ALL {
            let sides = Default::default();
            figures.push(Figure { call, in_flight, sides });
        }
    }
    for contender in &mut contenders {
        contender
            .round(Call::ModifyAll, 64, WARM_UP, &mut Side::default())
            .await?;
    }
    for round in 0..rounds {
        for figure in &mut figures {
            for turn in 0..2 {
                let index = (turn + round as usize) % 2;
                let side = &mut figure.sides[index];
                contenders[index]
                    .round(figure.call, figure.in_flight, length, side)
                    .await?;
            }
        }
        eprintln!("chaincode: round {} of {rounds}", round + 1);
    }
    let mut resident = [[0.0; 2]; 2];
    for (contender, resident) in contenders.iter().zip(&mut resident) {
        *resident = [contender.idle, contender.service.usage()?.resident as f64 / MEGABYTE];
    }
    Ok(Some(Comparison { figures, resident }))
}

impl Comparison {
    pub(crate) fn tables(&self) -> [Table; 2] {
        let title = "CPU of the chaincode's process per transaction, µs: median (least–most)";
        let head = [
            "function",
            "in flight",
            "fabric-shim",
            "Go shim",
            "ratio",
            "aim ≤ 0.5",
            "tx/s ours",
            "tx/s Go",
        ];
        let mut cpu = Table::new(title, head);
        for figure in &self.figures {
            let [ours, theirs] = &figure.sides;
            let ratio = ours.cpu.ratio(&theirs.cpu);
            let verdict = if ratio.median() <= AIM { "met" } else { "missed" };
            cpu.row([
                figure.call.to_string(),
                figure.in_flight.to_string(),
                ours.cpu.to_string(),
                theirs.cpu.to_string(),
                ratio.to_string(),
                verdict.to_owned(),
                format!("{:.0}", ours.rate.median()),
                format!("{:.0}", theirs.rate.median()),
            ]);
        }
        let mut memory = Table::new(
            "Resident memory of the chaincode's process, MB",
            ["", "fabric-shim", "Go shim"],
        );
        for (name, index) in [("when it listens", 0), ("after the load", 1)] {
            let [ours, theirs] = [0, 1].map(|side: usize| format!("{:.1}", self.resident[side][index]));
            memory.row([name.to_owned(), ours, theirs]);
        }
        [cpu, memory]
    }

    pub(crate) fn record(&self) -> Value {
        let figures = self.figures.iter().map(|figure| {
            let [ours, theirs] = &figure.sides;
            json!({
                "function": figure.call.to_string(),
                "in_flight": figure.in_flight,
                "cpu_us_per_transaction": { "rust": ours.cpu.record(), "go": theirs.cpu.record() },
                "cpu_ratio": ours.cpu.ratio(&theirs.cpu).record(),
                "transactions_per_second": { "rust": ours.rate.record(), "go": theirs.rate.record() },
            })
        });
        let memory = |side: usize| json!({ "idle": self.resident[side][0], "after": self.resident[side][1] });
        json!({
            "figures": figures.collect::<Vec<_>>(),
            "resident_mb": { "rust": memory(0), "go": memory(1) },
        })
    }
}
