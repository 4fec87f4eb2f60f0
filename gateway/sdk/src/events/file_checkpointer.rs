//! A checkpoint that survives crashes.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::{CheckpointError, Checkpointer, Position};

/// A checkpoint is a hundred bytes or so; a longer file is something else.
const MAX_FILE_BYTES: u64 = 4096;

/// Remembers in a file. Each position is written aside, synced and renamed over the former one, and the folder is synced:
/// after a crash the file holds the former position or the new one, whole. One listener per file.
#[derive(Debug)]
pub struct FileCheckpointer {
    path: PathBuf,
    position: Option<Position>,
}

impl FileCheckpointer {
    /// Opens the checkpoint at `path`, also one of the official clients; a missing file means nothing was handled yet.
    ///
    /// # Errors
    /// When the file is torn, is something else, or cannot be read.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, CheckpointError> {
        let path = path.into();
        let position = match read(&path) {
            Ok(bytes) => Some(parse(&path, &bytes)?).filter(|position| !position.is_unset()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => {
                return Err(CheckpointError::Io {
                    what: "read",
                    path,
                    source,
                });
            }
        };
        Ok(Self { path, position })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Checkpointer for FileCheckpointer {
    fn position(&self) -> Option<Position> {
        self.position.clone()
    }

    async fn store(&mut self, position: Position) -> Result<(), CheckpointError> {
        let (path, stored) = (self.path.clone(), position.clone());
        let written = tokio::task::spawn_blocking(move || replace(&path, &stored)).await;
        let failed = |source| CheckpointError::Io {
            what: "write",
            path: self.path.clone(),
            source,
        };
        written
            .map_err(|error| failed(io::Error::other(error)))?
            .map_err(failed)?;
        self.position = Some(position);
        Ok(())
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read;
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Position, CheckpointError> {
    let wrong = |reason: String| CheckpointError::NotACheckpoint {
        path: path.to_owned(),
        reason,
    };
    if bytes.is_empty() {
        return Err(wrong("it is empty".to_owned()));
    }
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(wrong("it is too long".to_owned()));
    }
    serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))
}

fn replace(path: &Path, position: &Position) -> io::Result<()> {
    let mut aside = OsString::from(path);
    aside.push(".tmp");
    let mut file = File::create(&aside)?;
    file.write_all(&serde_json::to_vec(position)?)?;
    file.sync_all()?;
    fs::rename(&aside, path)?;
    sync_folder(path)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(block_number: u64) -> Position {
        Position {
            block_number,
            transaction_id: "ab".repeat(32),
        }
    }

    #[tokio::test]
    async fn what_was_stored_is_there_after_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("follow.json");
        let mut checkpointer = FileCheckpointer::open(&path).unwrap();
        assert_eq!(checkpointer.position(), None);
        for block in [1, 2, u64::MAX] {
            checkpointer.store(position(block)).await.unwrap();
            assert_eq!(FileCheckpointer::open(&path).unwrap().position(), Some(position(block)));
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left aside");
    }

    #[tokio::test]
    async fn a_file_torn_at_any_byte_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("follow.json");
        let mut checkpointer = FileCheckpointer::open(&path).unwrap();
        checkpointer.store(position(12)).await.unwrap();
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let error = FileCheckpointer::open(&path).unwrap_err();
            assert!(
                matches!(error, CheckpointError::NotACheckpoint { .. }),
                "{length}: {error}"
            );
            assert!(error.to_string().contains("follow.json"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_crash_while_writing_leaves_the_former_position() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("follow.json");
        let mut checkpointer = FileCheckpointer::open(&path).unwrap();
        checkpointer.store(position(12)).await.unwrap();
        let whole = serde_json::to_vec(&position(13)).unwrap();
        for length in 0..=whole.len() {
            fs::write(folder.path().join("follow.json.tmp"), &whole[..length]).unwrap();
            assert_eq!(FileCheckpointer::open(&path).unwrap().position(), Some(position(12)));
        }
        checkpointer.store(position(13)).await.unwrap();
        assert_eq!(FileCheckpointer::open(&path).unwrap().position(), Some(position(13)));
    }

    #[test]
    fn foreign_files_are_refused_and_an_official_one_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("follow.json");
        for foreign in [
            "{}",
            "[]",
            "{\"blockNumber\":-1,\"transactionId\":\"\"}",
            "{\"blockNumber\":1,\"transactionId\":\"\",\"x\":1}",
        ] {
            fs::write(&path, foreign).unwrap();
            assert!(FileCheckpointer::open(&path).is_err(), "{foreign}");
        }
        fs::write(&path, vec![b' '; 5000]).unwrap();
        assert!(FileCheckpointer::open(&path).is_err());
        fs::write(&path, "{\"blockNumber\":0,\"transactionId\":\"\"}").unwrap();
        assert_eq!(FileCheckpointer::open(&path).unwrap().position(), None);
        fs::write(&path, "{\"blockNumber\":5,\"transactionId\":\"\"}").unwrap();
        assert_eq!(
            FileCheckpointer::open(&path).unwrap().position(),
            Some(Position::after_block(4))
        );
    }

    #[tokio::test]
    async fn a_folder_that_is_gone_is_an_error_and_the_position_stands() {
        let folder = tempfile::tempdir().unwrap();
        let mut checkpointer = FileCheckpointer::open(folder.path().join("gone/follow.json")).unwrap();
        assert!(matches!(
            checkpointer.store(position(1)).await,
            Err(CheckpointError::Io { .. })
        ));
        assert_eq!(checkpointer.position(), None);
    }
}
