//! The file of salts: one JSON object a line, appended and never changed, readable by its owner alone.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use der_api::bytes::{Digest, HexBytes};
use der_api::request::NewOrder;
use der_api::seal::{SALT_LENGTH, seal};
use der_market::id::{MarketId, ParticipantId};
use der_market::slot::Auction;
use serde::{Deserialize, Serialize};

/// Why the file of salts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SaltFileError {
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process seals or reveals with it.
    #[error("{0} is in use by another process; wait for it")]
    Locked(PathBuf),
    /// Others may read the salts.
    #[error("{0} can be read by others; make it its owner's alone (chmod 600)")]
    Readable(PathBuf),
    /// A line that is not ours.
    #[error("{path}: line {line} is no salt: {detail}; nothing was changed")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        detail: String,
    },
    /// An order is sealed with another content.
    #[error("order {order} of {participant} in slot {slot} is sealed otherwise; amend it, or choose a new id")]
    OtherContent {
        /// Whose.
        participant: ParticipantId,
        /// Which auction.
        slot: Auction,
        /// Which order.
        order: String,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes for a salt")]
    NoRandom,
    /// A seal that cannot be computed.
    #[error("{0}")]
    Seal(#[from] der_api::ApiError),
}

/// A sealed order with its salt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The market.
    pub market: MarketId,
    /// Whose order.
    pub participant: ParticipantId,
    /// The order.
    pub order: NewOrder,
    /// Its salt.
    pub salt: HexBytes,
    /// Its seal.
    pub seal: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// An order was sealed.
    Sealed(Box<Kept>),
    /// Revealing has ended in an auction: its lines are of no more use.
    Past(Auction),
}

/// The salts of some participants' sealed orders, in a file.
#[derive(Debug)]
pub struct SaltFile {
    file: File,
    path: PathBuf,
    kept: Vec<Kept>,
    past: BTreeSet<Auction>,
}

impl SaltFile {
    /// Opens or creates the file and takes its lock until dropped. A last line that a crash tore is cut: its seal was never sent.
    ///
    /// # Errors
    /// The system's refusal, another process with the same file, a file that others may read, or a line that is no salt.
    pub fn open(path: &Path) -> Result<Self, SaltFileError> {
        let io = |source| SaltFileError::Io {
            path: path.into(),
            source,
        };
        let fresh = !path.exists();
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).mode(0o600).open(path);
        let mut file = file.map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(SaltFileError::Locked(path.into())),
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        if file.metadata().map_err(io)?.permissions().mode() & 0o077 != 0 {
            return Err(SaltFileError::Readable(path.into()));
        }
        if fresh {
            sync_folder(path).map_err(io)?;
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(io)?;
        let whole = text.rfind('\n').map_or(0, |newline| newline + 1);
        let mut opened = Self {
            file,
            path: path.into(),
            kept: Vec::new(),
            past: BTreeSet::new(),
        };
        for (number, line) in text[..whole].lines().enumerate() {
            opened.take(number + 1, line)?;
        }
        if whole < text.len() {
            let length = u64::try_from(whole).unwrap_or(u64::MAX);
            opened.file.set_len(length).map_err(io)?;
            opened.file.seek(SeekFrom::End(0)).map_err(io)?;
        }
        Ok(opened)
    }

    fn take(&mut self, line: usize, text: &str) -> Result<(), SaltFileError> {
        let foreign = |detail: String| SaltFileError::Foreign {
            path: self.path.clone(),
            line,
            detail,
        };
        match serde_json::from_str(text).map_err(|error| foreign(error.to_string()))? {
            Line::Past(auction) => drop(self.past.insert(auction)),
            Line::Sealed(kept) => {
                let fits = seal(&kept.market, &kept.participant, &kept.order, &kept.salt)? == kept.seal;
                if !fits {
                    return Err(foreign("its seal is not the order's".to_owned()));
                }
                self.kept.push(*kept);
            }
        }
        Ok(())
    }

    /// Every sealed order, the oldest first.
    #[must_use]
    pub fn kept(&self) -> &[Kept] {
        &self.kept
    }

    /// The newest version of an order.
    #[must_use]
    pub fn newest(&self, participant: &ParticipantId, order: &NewOrder) -> Option<&Kept> {
        self.kept.iter().rev().find(|kept| {
            kept.participant == *participant && kept.order.slot == order.slot && kept.order.order == order.order
        })
    }

    /// The auctions with orders that may still have to be revealed.
    #[must_use]
    pub fn auctions(&self) -> Vec<Auction> {
        let all: BTreeSet<_> = self.kept.iter().map(|kept| kept.order.slot).collect();
        all.difference(&self.past).copied().collect()
    }

    /// Keeps a salt for each order; they are on the disk when this returns. An order that is kept with the same content keeps its salt,
    /// so that sealing may be repeated.
    ///
    /// # Errors
    /// [`SaltFileError::OtherContent`] for an order that is kept with another content, unless it is amended; the system's refusal, after
    /// which nothing is kept.
    pub fn keep(
        &mut self,
        market: &MarketId,
        orders: &[(ParticipantId, NewOrder)],
        amends: bool,
    ) -> Result<Vec<Kept>, SaltFileError> {
        let (mut fresh, mut all) = (Vec::new(), Vec::with_capacity(orders.len()));
        for (participant, order) in orders {
            // The owner stands beside the order.
            let order = &NewOrder {
                participant: None,
                ..order.clone()
            };
            let kept = match self.newest(participant, order) {
                Some(kept) if kept.order == *order => kept.clone(),
                Some(_) if !amends => {
                    return Err(SaltFileError::OtherContent {
                        participant: participant.clone(),
                        slot: order.slot,
                        order: order.order.to_string(),
                    });
                }
                _ => {
                    let kept = drawn(market, participant, order)?;
                    fresh.push(kept.clone());
                    kept
                }
            };
            all.push(kept);
        }
        self.append(fresh.iter().map(|kept| Line::Sealed(Box::new(kept.clone()))))?;
        self.kept.extend(fresh);
        Ok(all)
    }

    /// Notes auctions in which nothing can be revealed any more.
    ///
    /// # Errors
    /// The system's refusal.
    pub fn pass(&mut self, auctions: &[Auction]) -> Result<(), SaltFileError> {
        self.append(auctions.iter().map(|auction| Line::Past(*auction)))?;
        self.past.extend(auctions);
        Ok(())
    }

    fn append(&mut self, lines: impl Iterator<Item = Line>) -> Result<(), SaltFileError> {
        let mut text = Vec::new();
        for line in lines {
            text.extend(der_api::codec::encode(&line)?);
            text.push(b'\n');
        }
        if text.is_empty() {
            return Ok(());
        }
        let io = |source| SaltFileError::Io {
            path: self.path.clone(),
            source,
        };
        let before = self.file.metadata().map_err(io)?.len();
        let written = self.file.write_all(&text).and_then(|()| self.file.sync_all());
        written.map_err(|source| {
            let cut = self.file.set_len(before);
            io(cut.err().unwrap_or(source))
        })
    }
}

fn drawn(market: &MarketId, participant: &ParticipantId, order: &NewOrder) -> Result<Kept, SaltFileError> {
    let mut salt = [0; SALT_LENGTH];
    aws_lc_rs::rand::fill(&mut salt).map_err(|_| SaltFileError::NoRandom)?;
    let salt = HexBytes::new(salt).ok_or(SaltFileError::NoRandom)?;
    Ok(Kept {
        market: market.clone(),
        participant: participant.clone(),
        seal: seal(market, participant, order, &salt)?,
        order: order.clone(),
        salt,
    })
}

/// The name of a new file is on the disk only with its folder.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use der_market::participant::Side;
    use der_market::slot::Slot;
    use der_market::units::{Energy, Price};

    fn order(id: &str, price: i64) -> (ParticipantId, NewOrder) {
        let order = NewOrder {
            participant: None,
            order: id.parse().unwrap(),
            side: Side::Buyer,
            slot: Slot::new(100).unwrap().into(),
            energy_wh: Energy::new(1_000).unwrap(),
            min_wh: Energy::ZERO,
            price: Price::new(price).unwrap(),
            filters: None,
        };
        ("M:alice".parse().unwrap(), order)
    }

    fn market() -> MarketId {
        "paper".parse().unwrap()
    }

    #[test]
    fn a_salt_is_kept_once_and_found_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("salts.jsonl");
        let first = SaltFile::open(&path)
            .unwrap()
            .keep(&market(), &[order("a", 1)], false)
            .unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let mut again = SaltFile::open(&path).unwrap();
        let both = again.keep(&market(), &[order("a", 1), order("b", 1)], false).unwrap();
        assert_eq!(both[0], first[0]);
        assert_ne!(both[0].salt, both[1].salt);
        assert_eq!(again.kept().len(), 2);
        assert!(matches!(SaltFile::open(&path), Err(SaltFileError::Locked(_))));
    }

    #[test]
    fn another_content_is_another_version_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut salts = SaltFile::open(&folder.path().join("salts.jsonl")).unwrap();
        let first = salts.keep(&market(), &[order("a", 1)], false).unwrap().remove(0);
        let refused = salts.keep(&market(), &[order("a", 2)], false).unwrap_err();
        assert!(refused.to_string().contains("order a of M:alice"), "{refused}");
        let second = salts.keep(&market(), &[order("a", 2)], true).unwrap().remove(0);
        assert_ne!((first.salt, first.seal), (second.salt.clone(), second.seal));
        let (who, new) = order("a", 9);
        assert_eq!(salts.newest(&who, &new), Some(&second));
    }

    #[test]
    fn a_line_that_a_crash_tore_is_cut_and_any_other_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("salts.jsonl");
        SaltFile::open(&path)
            .unwrap()
            .keep(&market(), &[order("a", 1)], false)
            .unwrap();
        let whole = std::fs::read(&path).unwrap();
        for cut in 1..whole.len() {
            std::fs::write(&path, [&whole[..], &whole[..cut]].concat()).unwrap();
            let mut salts = SaltFile::open(&path).unwrap();
            assert_eq!(salts.kept().len(), 1, "{cut}");
            salts.keep(&market(), &[order("b", 1)], false).unwrap();
            drop(salts);
            assert_eq!(SaltFile::open(&path).unwrap().kept().len(), 2, "{cut}");
        }
        std::fs::write(&path, "{}\n").unwrap();
        assert!(matches!(
            SaltFile::open(&path),
            Err(SaltFileError::Foreign { line: 1, .. })
        ));
        let altered = String::from_utf8(whole).unwrap().replace("\"price\":1", "\"price\":2");
        std::fs::write(&path, altered).unwrap();
        assert!(matches!(SaltFile::open(&path), Err(SaltFileError::Foreign { .. })));
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("salts.jsonl");
        drop(SaltFile::open(&path).unwrap());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(SaltFile::open(&path), Err(SaltFileError::Readable(_))));
    }

    #[test]
    fn what_is_past_is_not_looked_at_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("salts.jsonl");
        let mut salts = SaltFile::open(&path).unwrap();
        salts.keep(&market(), &[order("a", 1)], false).unwrap();
        let auctions = salts.auctions();
        assert_eq!(auctions.len(), 1);
        salts.pass(&auctions).unwrap();
        drop(salts);
        assert!(SaltFile::open(&path).unwrap().auctions().is_empty());
    }
}
