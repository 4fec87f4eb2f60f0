//! User ↔ connection ↔ point ↔ plant ↔ meter ↔ accreditation: every reference resolves, every guard is the model's.

use std::collections::BTreeMap;

use der_api::reply::{ChainRow, DeviceView, GuardState, GuardedKey, MeterView, PlantView};
use der_market::grid::Distances;
use der_market::id::{ParticipantId, PlantId, PointId};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Finding, Verdict};

/// What a user's row refers to.
#[derive(Deserialize)]
struct User {
    participant: ParticipantId,
    point: PointId,
}

/// What a connection's row refers to.
#[derive(Deserialize)]
struct Connection {
    point: PointId,
}

/// The matrix in force.
#[derive(Deserialize)]
struct Head {
    version: u32,
}

struct Links<'a> {
    rows: BTreeMap<&'a GuardedKey, &'a ChainRow>,
    verdict: Verdict,
}

/// Follows every reference of these rows and compares every guard.
#[must_use]
pub fn verify(rows: &[ChainRow]) -> Verdict {
    let mut links = Links {
        rows: rows.iter().map(|row| (&row.key, row)).collect(),
        verdict: Verdict {
            rows: rows.len(),
            references: 0,
            guards: rows.len(),
            findings: Vec::new(),
        },
    };
    for row in rows {
        links.guard(row);
        links.follow(row);
    }
    links.verdict.findings.sort();
    links.verdict
}

impl Links<'_> {
    fn find(&mut self, of: &GuardedKey, what: impl Into<String>) {
        let (key, what) = (of.clone(), what.into());
        self.verdict.findings.push(Finding { key, what });
    }

    fn guard(&mut self, row: &ChainRow) {
        match row.guard {
            GuardState::AsModelled => {}
            GuardState::Missing => self.find(&row.key, "has no guard"),
            GuardState::Other => self.find(&row.key, "has another guard than the model gives it"),
        }
    }

    fn follow(&mut self, row: &ChainRow) {
        let of = &row.key;
        match of.table.as_str() {
            "user" => self.with(row, |links, user: User| links.user(of, &user)),
            "signing-key" | "device" | "accreditation" | "suspension" | "connection" => self.belongs(row),
            "meter" => self.with(row, |links, meter: MeterView| links.meter(of, &meter)),
            "plant" => self.with(row, |links, plant: PlantView| links.plant(of, &plant)),
            "distances" => self.with(row, |links, matrix: Distances| {
                for point in &matrix.points {
                    links.refer(of, "point", vec![point.to_string()]);
                }
            }),
            "distances-head" => self.with(row, |links, head: Head| {
                links.refer(of, "distances", vec![format!("{:010}", head.version)]);
            }),
            "supplied" => {
                let who = of.parts.get(1..3).unwrap_or_default().to_vec();
                self.refer(of, "user", who);
                self.refer(of, "point", of.parts.get(3..).unwrap_or_default().to_vec());
            }
            _ => {}
        }
    }

    /// What stands under a user's key.
    fn belongs(&mut self, row: &ChainRow) {
        let of = &row.key;
        let who = of.parts.get(..2).unwrap_or_default().to_vec();
        self.refer(of, "user", who.clone());
        match of.table.as_str() {
            "accreditation" => self.refer(of, "suspension", who),
            "suspension" => self.refer(of, "accreditation", who),
            "connection" => self.with(row, |links, connection: Connection| {
                links.at_point_of_user(of, &who, &connection.point);
            }),
            "device" => self.with(row, |links, device: DeviceView| {
                if let Some(plant) = &device.plant {
                    links.plant_of(of, plant, &device.participant);
                }
            }),
            _ => {}
        }
    }

    fn user(&mut self, of: &GuardedKey, user: &User) {
        self.refer(of, "point", vec![user.point.to_string()]);
        let own = of.parts == parts(&user.participant);
        if !own {
            self.find(of, format!("names {} as its participant", user.participant));
        }
        let signs = |key: &&GuardedKey| key.table == "signing-key" && key.parts.get(..2) == Some(&of.parts[..]);
        self.verdict.references += 1;
        if !self.rows.keys().any(signs) {
            self.find(of, "has no signing key");
        }
    }

    fn meter(&mut self, of: &GuardedKey, meter: &MeterView) {
        let who = parts(&meter.participant);
        self.refer(of, "user", who.clone());
        self.refer(of, "point", vec![meter.point.to_string()]);
        self.at_point_of_user(of, &who, &meter.point);
        if let Some(plant) = &meter.plant {
            self.plant_of(of, plant, &meter.participant);
        }
        if let Some(before) = &meter.follows {
            let replaced = self
                .read::<MeterView>(of, "meter", vec![before.to_string()])
                .and_then(|m| m.replaced);
            let first = meter.keys.first().map(|key| key.valid_from.get());
            let follows = replaced.is_some_and(|end| end.by == meter.meter && Some(end.last.get() + 1) == first);
            if !follows {
                self.find(of, format!("does not begin where meter {before} ends"));
            }
        }
        if let Some(end) = &meter.replaced {
            self.refer(of, "meter", vec![end.by.to_string()]);
        }
    }

    fn plant(&mut self, of: &GuardedKey, plant: &PlantView) {
        self.refer(of, "user", parts(&plant.owner));
        self.refer(of, "point", vec![plant.point.to_string()]);
    }

    fn plant_of(&mut self, of: &GuardedKey, plant: &PlantId, owner: &ParticipantId) {
        let found = self.read::<PlantView>(of, "plant", vec![plant.to_string()]);
        if found.is_some_and(|plant| plant.owner != *owner) {
            self.find(of, format!("names plant {plant}, which is not of {owner}"));
        }
    }

    fn at_point_of_user(&mut self, of: &GuardedKey, who: &[String], point: &PointId) {
        let user = self.read::<User>(of, "user", who.to_vec());
        if user.is_some_and(|user| user.point != *point) {
            self.find(of, format!("is at {point}, where its participant is not"));
        }
    }

    /// Counts a reference, and says so where it leads nowhere.
    fn refer(&mut self, of: &GuardedKey, table: &str, to: Vec<String>) {
        let key = GuardedKey {
            table: table.to_owned(),
            parts: to,
        };
        self.verdict.references += 1;
        if !self.rows.contains_key(&key) {
            self.find(
                of,
                format!("refers to {} {}, which is not there", key.table, key.parts.join(" ")),
            );
        }
    }

    /// The row that is referred to; that it is missing is found by [`Links::refer`].
    fn read<T: DeserializeOwned>(&mut self, of: &GuardedKey, table: &str, to: Vec<String>) -> Option<T> {
        self.refer(of, table, to.clone());
        let key = GuardedKey {
            table: table.to_owned(),
            parts: to,
        };
        let row = *self.rows.get(&key)?;
        serde_json::from_str(row.row.as_str()).ok()
    }

    /// Reads a row as what its table holds, and says so where it is not that.
    fn with<T: DeserializeOwned>(&mut self, row: &ChainRow, then: impl FnOnce(&mut Self, T)) {
        match serde_json::from_str(row.row.as_str()) {
            Ok(value) => then(self, value),
            Err(error) => self.find(&row.key, format!("cannot be read: {error}")),
        }
    }
}

fn parts(who: &ParticipantId) -> Vec<String> {
    vec![who.msp.to_string(), who.user.to_string()]
}

#[cfg(test)]
#[path = "links_tests.rs"]
mod tests;
