//! An event of the market with its place on the ledger.

use der_api::{ApiError, Event, codec};

use super::Position;

/// Which events are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `SlotSettled` only.
    Settlements,
    /// Every event of the market.
    All,
}

impl Kind {
    pub(crate) fn wants(self, name: &str) -> bool {
        match self {
            Self::Settlements => name == "SlotSettled",
            Self::All => true,
        }
    }
}

/// An event of the market with its place on the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketEvent {
    /// Where it stands.
    pub position: Position,
    /// What happened.
    pub event: Event,
}

impl MarketEvent {
    /// One JSON object: `{"block":…,"transaction":…,"name":…,"event":{…}}`, the event's bytes as the contract wrote them.
    ///
    /// # Errors
    /// None in practice; see [`codec::encode`].
    pub fn json(&self) -> Result<Vec<u8>, ApiError> {
        let mut json = codec::encode(&self.position)?;
        // The position is an object: the rest of the line takes the place of its closing brace.
        json.pop();
        json.extend(format!(",\"name\":\"{}\",\"event\":", self.event.name()).into_bytes());
        json.extend(self.event.payload()?);
        json.push(b'}');
        Ok(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use der_api::bytes::Digest;
    use der_api::event::SlotSettled;
    use der_market::slot::Slot;

    #[test]
    fn a_line_begins_with_its_position_and_holds_the_event_as_the_contract_wrote_it() {
        let digest = Digest::of(b"");
        let settled = SlotSettled {
            slot: Slot::new(7).unwrap(),
            settlement: digest,
            hash: digest,
            lines: 4,
        };
        let position = Position {
            block: 12,
            transaction: "ab".into(),
        };
        let event = MarketEvent {
            position,
            event: settled.into(),
        };
        let payload = String::from_utf8(event.event.payload().unwrap()).unwrap();
        let line = format!(r#"{{"block":12,"transaction":"ab","name":"SlotSettled","event":{payload}}}"#);
        assert_eq!(String::from_utf8(event.json().unwrap()).unwrap(), line);
    }

    #[test]
    fn settlements_are_one_name_of_the_market_s() {
        let wanted: Vec<_> = Event::NAMES
            .iter()
            .filter(|name| Kind::Settlements.wants(name))
            .collect();
        assert_eq!(wanted, [&"SlotSettled"]);
    }
}
