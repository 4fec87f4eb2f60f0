//! The consortium's organisations by their part in the market.

use der_market::id::MspId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Members that a market may have: as many places as a guard's rule may name.
pub const MEMBERS_LIMIT: usize = 32;

/// An organisation's part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Grid company with its selling company.
    Grid,
    /// Regulator.
    Regulator,
    /// Generation companies.
    Energy,
    /// Distributed-energy users.
    Microgrid,
}

impl Part {
    /// The parts that organisations join and leave; the grid company and the regulator are one each.
    pub const OPEN: [Self; 2] = [Self::Energy, Self::Microgrid];
}

/// The organisations of one part, in the order of their admission.
///
/// On the wire one organisation is its bare name, as every market of four was written; none or several are a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group(Vec<MspId>);

impl Group {
    /// The organisations.
    pub fn msps(&self) -> &[MspId] {
        &self.0
    }
}

impl From<MspId> for Group {
    fn from(msp: MspId) -> Self {
        Self(vec![msp])
    }
}

impl From<Vec<MspId>> for Group {
    fn from(msps: Vec<MspId>) -> Self {
        Self(msps)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Wire {
    One(MspId),
    List(Vec<MspId>),
}

impl Serialize for Group {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            list => list.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Group {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Wire::deserialize(deserializer)? {
            Wire::One(msp) => Self(vec![msp]),
            Wire::List(msps) => Self(msps),
        })
    }
}

/// Which MSP plays which part: founded by `Market:Bootstrap`, changed by `Governance:AdmitMember` and `Governance:DismissMember`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisations {
    /// Grid company with its selling company.
    pub grid: MspId,
    /// Regulator.
    pub regulator: MspId,
    /// Generation companies.
    pub energy: Group,
    /// Organisations of distributed-energy users.
    pub microgrid: Group,
}

impl Organisations {
    /// Parts and MSP ids: grid company, regulator, generation companies, users' organisations.
    pub fn members(&self) -> Vec<(Part, &MspId)> {
        let mut members = vec![(Part::Grid, &self.grid), (Part::Regulator, &self.regulator)];
        members.extend(self.energy.0.iter().map(|msp| (Part::Energy, msp)));
        members.extend(self.microgrid.0.iter().map(|msp| (Part::Microgrid, msp)));
        members
    }

    /// More than half of the members.
    pub fn majority(&self) -> usize {
        self.members().len().div_euclid(2).saturating_add(1)
    }

    /// The part that an MSP plays, if any.
    pub fn part_of(&self, msp: &MspId) -> Option<Part> {
        self.members()
            .into_iter()
            .find_map(|(part, id)| (id == msp).then_some(part))
    }

    /// True when no MSP stands twice, and the market has no more members than it may.
    pub fn are_distinct(&self) -> bool {
        let mut members: Vec<&MspId> = self.members().into_iter().map(|(_, msp)| msp).collect();
        let count = members.len();
        members.sort();
        members.dedup();
        members.len() == count && count <= MEMBERS_LIMIT
    }

    /// True where each part is played by one organisation, as schema 1 knows it.
    pub fn are_four(&self) -> bool {
        self.energy.0.len() == 1 && self.microgrid.0.len() == 1
    }

    /// Adds an organisation to a part; false for the grid company's and the regulator's, which stay one each.
    #[must_use]
    pub fn admit(&mut self, msp: MspId, part: Part) -> bool {
        match part {
            Part::Energy => self.energy.0.push(msp),
            Part::Microgrid => self.microgrid.0.push(msp),
            Part::Grid | Part::Regulator => return false,
        }
        true
    }

    /// Takes an organisation off the generation companies or the users' organisations.
    pub fn dismiss(&mut self, msp: &MspId) {
        for group in [&mut self.energy, &mut self.microgrid] {
            group.0.retain(|member| member != msp);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> MspId {
        MspId::new(text).unwrap()
    }

    #[test]
    fn one_is_a_name_and_several_are_a_list() {
        let four = r#"{"grid":"G","regulator":"R","energy":"E","microgrid":"M"}"#;
        let mut organisations: Organisations = serde_json::from_str(four).unwrap();
        assert_eq!(serde_json::to_string(&organisations).unwrap(), four);
        assert_eq!((organisations.majority(), organisations.are_four()), (3, true));
        assert!(organisations.admit(id("N"), Part::Energy));
        let five = r#"{"grid":"G","regulator":"R","energy":["E","N"],"microgrid":"M"}"#;
        assert_eq!(serde_json::to_string(&organisations).unwrap(), five);
        assert_eq!(serde_json::from_str::<Organisations>(five).unwrap(), organisations);
        assert_eq!((organisations.majority(), organisations.are_four()), (3, false));
        organisations.dismiss(&id("M"));
        organisations.dismiss(&id("E"));
        let three = r#"{"grid":"G","regulator":"R","energy":"N","microgrid":[]}"#;
        assert_eq!(serde_json::to_string(&organisations).unwrap(), three);
        assert_eq!(organisations.majority(), 2);
    }

    #[test]
    fn the_grid_company_and_the_regulator_are_one_each() {
        let four = r#"{"grid":"G","regulator":"R","energy":"E","microgrid":"M"}"#;
        let mut organisations: Organisations = serde_json::from_str(four).unwrap();
        assert!(!organisations.admit(id("N"), Part::Grid) && !organisations.admit(id("N"), Part::Regulator));
        organisations.dismiss(&id("G"));
        assert_eq!(organisations.part_of(&id("G")), Some(Part::Grid));
        assert!(organisations.admit(id("M"), Part::Energy) && !organisations.are_distinct());
    }
}
