//! What a script needs to know of each organisation in order to start its nodes.

use serde::Serialize;

use crate::{Consortium, CryptogenError, Organisation};

/// One organisation, by the names that its nodes bear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// A short name for files and processes: the first label of the domain.
    pub name: String,
    /// The name under which channels know the organisation.
    pub msp_id: String,
    /// Its domain.
    pub domain: String,
    /// Full host name of its first peer.
    pub peer: Option<String>,
    /// Full host name of its first orderer.
    pub orderer: Option<String>,
    /// Full host name of its first chaincode service.
    pub chaincode: Option<String>,
    /// Further names and addresses of all of these.
    pub hosts: Vec<String>,
}

impl Consortium {
    /// The organisations' nodes, in the order of the file.
    ///
    /// # Errors
    /// When two organisations have the same short name.
    pub fn nodes(&self) -> Result<Vec<Node>, CryptogenError> {
        let nodes: Vec<Node> = self.organisations.iter().map(Node::of).collect();
        for (index, node) in nodes.iter().enumerate() {
            if nodes.iter().skip(index + 1).any(|other| other.name == node.name) {
                return Err(CryptogenError::Consortium(format!(
                    "two domains begin with {}: their first labels name files and must differ",
                    node.name
                )));
            }
        }
        Ok(nodes)
    }
}

impl Node {
    fn of(organisation: &Organisation) -> Self {
        let Organisation { msp_id, domain, .. } = organisation;
        let host = |names: &[String]| names.first().map(|name| format!("{name}.{domain}"));
        Self {
            name: domain.split('.').next().unwrap_or(domain).to_owned(),
            msp_id: msp_id.clone(),
            domain: domain.clone(),
            peer: host(&organisation.peers),
            orderer: host(&organisation.orderers),
            chaincode: host(&organisation.chaincodes),
            hosts: organisation.hosts.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_file_lays_out_four_organisations() {
        let consortium = Consortium::from_toml(include_str!("../consortium.toml")).unwrap();
        let nodes = consortium.nodes().unwrap();
        let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(names, ["grid", "regulator", "energy", "microgrid"]);
        assert_eq!(nodes[0].peer.as_deref(), Some("peer0.grid.der.example"));
        assert_eq!(nodes[3].chaincode.as_deref(), Some("market.microgrid.der.example"));
        assert!(consortium.channel(None).is_ok());
    }

    #[test]
    fn short_names_differ() {
        let file = |other: &str| {
            format!(
                "[[organisation]]\nmsp_id = 'A'\ndomain = 'a.x'\n[[organisation]]\nmsp_id = 'B'\ndomain = '{other}'\n"
            )
        };
        assert!(Consortium::from_toml(&file("b.x")).unwrap().nodes().is_ok());
        let error = Consortium::from_toml(&file("a.y")).unwrap().nodes().unwrap_err();
        assert!(error.to_string().contains("two domains begin with a"), "{error}");
    }
}
