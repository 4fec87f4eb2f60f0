//! A chaincode package for a service that each organisation runs: the same bytes, hence the same package id, everywhere.
//!
//! It holds a label and a template, and nothing of any organisation: address, key and certificates come from a folder beside each peer
//! (`network/fabric/builder`), so that renewing them never changes the id.

use std::io::{self, Write};

use fabric_msp::sha256;
use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

/// Goes to the builder's `release`, which replaces it by the connection of its own organisation.
const CONNECTION: &str = "{\"service\":\"filled in by each organisation's builder\"}\n";

/// The system byte of a gzip header: unknown. Source: RFC 1952, section 2.3.1.
const NO_SYSTEM: u8 = 255;

/// A package and its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    label: String,
    bytes: Vec<u8>,
}

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// Peers refuse such a label.
    #[error("{0:?} is no label of a package: it begins with a letter or digit and goes on with those or _ . + -")]
    Label(String),
    /// The archive could not be put together.
    #[error("the package could not be put together: {0}")]
    Archive(#[from] io::Error),
}

impl Package {
    /// Makes the package of a label.
    ///
    /// # Errors
    /// When the label is not one that peers accept.
    pub fn new(label: &str) -> Result<Self, PackageError> {
        if !is_label(label) {
            return Err(PackageError::Label(label.to_owned()));
        }
        let metadata = format!("{{\"type\":\"ccaas\",\"label\":\"{label}\"}}\n");
        let code = archive(&[("connection.json", CONNECTION.as_bytes())])?;
        let bytes = archive(&[("metadata.json", metadata.as_bytes()), ("code.tar.gz", &code)])?;
        Ok(Self {
            label: label.to_owned(),
            bytes,
        })
    }

    /// The package's file, as a peer installs it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What peers call the package: its label and the SHA-256 of its bytes. Source: Fabric `core/chaincode/persistence`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}:{}", self.label, hex::encode(sha256(&self.bytes)))
    }
}

/// Source: Fabric `core/chaincode/persistence/chaincode_package.go`, `LabelRegexp`.
fn is_label(label: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || "_.+-".contains(c);
    label.starts_with(|c: char| c.is_ascii_alphanumeric()) && label.chars().all(inside)
}

/// A tar archive without times, owners and system, in gzip. Stored, not deflated: no release of a compressor changes the bytes.
fn archive(files: &[(&str, &[u8])]) -> io::Result<Vec<u8>> {
    let gzip = GzBuilder::new()
        .operating_system(NO_SYSTEM)
        .write(Vec::new(), Compression::none());
    let mut tar = Builder::new(gzip);
    for (name, content) in files {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, name, *content)?;
    }
    let mut gzip = tar.into_inner()?;
    gzip.flush()?;
    gzip.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::Package;

    /// The names, contents and times of an archive's files.
    fn files(bytes: &[u8]) -> Vec<(String, Vec<u8>, u64)> {
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes));
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            let name = entry.path().unwrap().display().to_string();
            let header = entry.header();
            assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
            assert_eq!(header.username().unwrap().unwrap_or_default(), "");
            (name, content, header.mtime().unwrap())
        });
        entries.collect()
    }

    /// An installed package is known by this id: where it changes, every organisation would have to install and approve anew.
    #[test]
    fn the_id_never_changes() {
        assert_eq!(
            Package::new("market_1").unwrap().id(),
            "market_1:8de916642e8eda692c69afdd9798db2d0e420314fbff38639b2b7585044c75e1"
        );
    }

    #[test]
    fn it_holds_label_and_template_and_nothing_else() {
        let package = Package::new("market_1").unwrap();
        let outer = files(package.bytes());
        let names: Vec<&str> = outer.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names, ["metadata.json", "code.tar.gz"]);
        assert_eq!(outer[0].1, b"{\"type\":\"ccaas\",\"label\":\"market_1\"}\n");
        let inner = files(&outer[1].1);
        assert_eq!((inner.len(), inner[0].0.as_str()), (1, "connection.json"));
        assert!(!String::from_utf8_lossy(&inner[0].1).contains("BEGIN"));
        assert!(outer.iter().chain(&inner).all(|(.., time)| *time == 0));
    }

    #[test]
    fn labels_that_a_peer_refuses_are_refused() {
        for wrong in ["", "_market", "market 1", "market/1", "..", "märkt"] {
            assert!(Package::new(wrong).is_err(), "{wrong}");
        }
        for right in ["m", "market_1", "Market-1.2+3"] {
            assert!(Package::new(right).is_ok(), "{right}");
        }
    }
}
