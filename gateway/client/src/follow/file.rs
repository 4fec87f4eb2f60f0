//! The file that is its own checkpoint.

use super::{MarketEvent, Position};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Every line of ours begins so; a tail that does not is somebody else's and is never cut.
const LINE_START: &[u8] = br#"{"block":"#;
/// Read backwards in steps of this many bytes when looking for the last line.
const STEP: u64 = 64 * 1024;
/// A line longer than this is no event of ours: Fabric refuses the transaction before.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;

/// Why the output file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FollowFileError {
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// The output file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process follows into the same file.
    #[error("{0} is being written by another follower; stop that one or choose another file")]
    Locked(PathBuf),
    /// The end of the file is not an event line of ours.
    #[error("{path} does not end with an event line ({detail}); choose another file, nothing was changed")]
    Foreign {
        /// The output file.
        path: PathBuf,
        /// What was found instead.
        detail: String,
    },
    /// An event could not be written as JSON.
    #[error("cannot write the event as JSON: {0}")]
    Json(#[from] der_api::ApiError),
}

/// An append-only file of events, one JSON object a line, that doubles as the checkpoint.
///
/// A line is complete once its newline is written. On open a torn last line is cut and the position of the last
/// complete line is where to resume: there is no second file that could disagree. Each line goes out in one
/// `write`, so a killed process leaves either the line, a part of it, or nothing. [`FollowFile::sync`] forces
/// lines to the disk; lines lost to a power cut before it are simply delivered again.
#[derive(Debug)]
pub struct FollowFile {
    file: File,
    path: PathBuf,
    position: Option<Position>,
    unsynced: bool,
}

impl FollowFile {
    /// Opens or creates the file, cuts a torn last line, and takes the file's lock until dropped.
    ///
    /// # Errors
    /// The system's refusal, another follower on the same file, or an end that is no event line.
    pub fn open(path: &Path) -> Result<Self, FollowFileError> {
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(|source| FollowFileError::Io {
                path: path.into(),
                source,
            })?;
        lock(&file, path)?;
        let mut opened = Self {
            file,
            path: path.into(),
            position: None,
            unsynced: false,
        };
        opened.recover()?;
        Ok(opened)
    }

    /// The position of the last complete line, or `None` in an empty file.
    #[must_use]
    pub fn position(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    /// Appends one event.
    ///
    /// # Errors
    /// The system's refusal; the file is then cut back to its last complete line.
    pub fn append(&mut self, event: &MarketEvent) -> Result<(), FollowFileError> {
        let mut line = event.json()?;
        line.push(b'\n');
        let before = self.len()?;
        if let Err(source) = self.file.write_all(&line) {
            let cut = self.file.set_len(before);
            return Err(self.io(cut.err().unwrap_or(source)));
        }
        self.unsynced = true;
        self.position = Some(event.position.clone());
        Ok(())
    }

    /// Forces what was appended to the disk.
    ///
    /// # Errors
    /// The system's refusal.
    pub fn sync(&mut self) -> Result<(), FollowFileError> {
        if self.unsynced {
            self.file.sync_data().map_err(|e| self.io(e))?;
            self.unsynced = false;
        }
        Ok(())
    }

    fn recover(&mut self) -> Result<(), FollowFileError> {
        let len = self.len()?;
        let whole = match self.newline_before(len)? {
            Some(newline) => newline + 1,
            None => 0,
        };
        if whole < len {
            let tail = self.read_at(whole, len)?;
            self.own_tail(&tail)?;
            self.file
                .set_len(whole)
                .and_then(|()| self.file.sync_data())
                .map_err(|e| self.io(e))?;
        }
        if whole > 0 {
            let start = self.newline_before(whole - 1)?.map_or(0, |n| n + 1);
            self.position = Some(self.parse(&self.read_at(start, whole)?)?);
        }
        Ok(())
    }

    /// The offset of the last newline among the first `end` bytes.
    fn newline_before(&self, end: u64) -> Result<Option<u64>, FollowFileError> {
        let mut high = end;
        while high > 0 {
            let low = high.saturating_sub(STEP);
            if let Some(at) = self.read_at(low, high)?.iter().rposition(|b| *b == b'\n') {
                return Ok(Some(low + at as u64));
            }
            if end - low > LONGEST_LINE {
                return Err(self.foreign(format!("a line is longer than {LONGEST_LINE} bytes")));
            }
            high = low;
        }
        Ok(None)
    }

    fn own_tail(&self, tail: &[u8]) -> Result<(), FollowFileError> {
        let shared = tail.len().min(LINE_START.len());
        // A power cut may leave the length but not the bytes.
        if tail.get(..shared) == LINE_START.get(..shared) || tail.iter().all(|b| *b == 0) {
            return Ok(());
        }
        Err(self.foreign("its last line has no end and is not ours".into()))
    }

    fn parse(&self, line: &[u8]) -> Result<Position, FollowFileError> {
        serde_json::from_slice(line).map_err(|e| self.foreign(e.to_string()))
    }

    fn read_at(&self, from: u64, to: u64) -> Result<Vec<u8>, FollowFileError> {
        let mut reader = &self.file;
        let mut bytes = Vec::new();
        reader
            .seek(SeekFrom::Start(from))
            .and_then(|_| reader.take(to.saturating_sub(from)).read_to_end(&mut bytes))
            .map_err(|e| self.io(e))?;
        Ok(bytes)
    }

    fn len(&self) -> Result<u64, FollowFileError> {
        Ok(self.file.metadata().map_err(|e| self.io(e))?.len())
    }

    fn io(&self, source: std::io::Error) -> FollowFileError {
        FollowFileError::Io {
            path: self.path.clone(),
            source,
        }
    }

    fn foreign(&self, detail: String) -> FollowFileError {
        FollowFileError::Foreign {
            path: self.path.clone(),
            detail,
        }
    }
}

fn lock(file: &File, path: &Path) -> Result<(), FollowFileError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(FollowFileError::Locked(path.into())),
        Err(TryLockError::Error(source)) => Err(FollowFileError::Io {
            path: path.into(),
            source,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use der_api::event::SlotOpened;
    use der_market::slot::Slot;
    use proptest::prelude::*;
    use std::fs;

    /// A ledger with so many events in each block.
    fn ledger(blocks: &[usize]) -> Vec<MarketEvent> {
        let event = |block: usize, place: usize| MarketEvent {
            position: Position {
                block: block as u64,
                transaction: format!("{:064x}", block * 100 + place),
            },
            event: SlotOpened {
                slot: Slot::new((block * 7 + place) as u64).unwrap().into(),
            }
            .into(),
        };
        let blocks = blocks.iter().enumerate();
        blocks
            .flat_map(|(block, events)| (0..*events).map(move |place| event(block, place)))
            .collect()
    }

    /// Follows after the file's position, as [`fabric_gateway`] does, for so many events.
    fn follow(path: &Path, ledger: &[MarketEvent], limit: usize) {
        let mut file = FollowFile::open(path).unwrap();
        let after = match file.position() {
            None => 0,
            Some(last) => ledger.iter().position(|event| event.position == *last).unwrap() + 1,
        };
        for event in ledger[after..].iter().take(limit) {
            file.append(event).unwrap();
        }
        file.sync().unwrap();
    }

    fn whole(ledger: &[MarketEvent]) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("whole");
        follow(&path, ledger, usize::MAX);
        fs::read(path).unwrap()
    }

    #[test]
    fn a_file_cut_at_any_byte_is_completed_to_the_same_bytes() {
        let ledger = ledger(&[2, 0, 1, 3]);
        let expected = whole(&ledger);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cut");
        for cut in 0..=expected.len() {
            fs::write(&path, &expected[..cut]).unwrap();
            follow(&path, &ledger, usize::MAX);
            assert_eq!(fs::read(&path).unwrap(), expected, "cut at {cut}");
        }
    }

    proptest! {
        #[test]
        fn any_sequence_of_kills_ends_with_the_same_bytes(
            blocks in prop::collection::vec(0_usize..4, 1..6),
            kills in prop::collection::vec((0_usize..5, 0_usize..300), 0..6),
        ) {
            let ledger = ledger(&blocks);
            let expected = whole(&ledger);
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("killed");
            for (written, torn) in kills {
                follow(&path, &ledger, written);
                let bytes = fs::read(&path).unwrap();
                fs::write(&path, &bytes[..bytes.len().saturating_sub(torn)]).unwrap();
            }
            follow(&path, &ledger, usize::MAX);
            prop_assert_eq!(fs::read(&path).unwrap(), expected);
        }
    }

    #[test]
    fn a_foreign_file_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["my notes", "my notes\n", "{\"block\":1,\"transaction\":\"a\"}\nnotes"] {
            let path = dir.path().join("notes");
            fs::write(&path, text).unwrap();
            assert!(
                matches!(FollowFile::open(&path), Err(FollowFileError::Foreign { .. })),
                "{text}"
            );
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn a_tail_of_zeros_after_a_power_cut_is_cut() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("zeros");
        fs::write(&path, "{\"block\":1,\"transaction\":\"a\",\"event\":null}\n\0\0\0").unwrap();
        let file = FollowFile::open(&path).unwrap();
        assert_eq!(file.position().map(|p| p.block), Some(1));
        assert!(fs::read(&path).unwrap().ends_with(b"}\n"));
    }

    #[test]
    fn two_followers_of_one_file_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let _first = FollowFile::open(&path).unwrap();
        assert!(matches!(FollowFile::open(&path), Err(FollowFileError::Locked(_))));
    }

    #[test]
    fn a_line_longer_than_one_reading_step_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("long");
        let filling = "x".repeat(3 * STEP as usize);
        let line = format!("{{\"block\":9,\"transaction\":\"f\",\"event\":\"{filling}\"}}\n");
        fs::write(&path, line.repeat(2)).unwrap();
        assert_eq!(FollowFile::open(&path).unwrap().position().map(|p| p.block), Some(9));
    }
}
