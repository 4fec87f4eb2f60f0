//! Files that appear whole or not at all.

use std::{
    collections::BTreeSet,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use crate::CryptogenError;

/// Identity material is small; a larger file is something else.
const MAX_FILE: u64 = 1024 * 1024;

/// What a run has done.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Files that are new.
    pub created: Vec<PathBuf>,
    /// Files that have new contents.
    pub replaced: Vec<PathBuf>,
    /// How many files were there already and stayed as they were.
    pub kept: usize,
    /// Folders whose new entries are not yet known to be on disk.
    #[serde(skip)]
    unsynced: BTreeSet<PathBuf>,
}

/// Whether others on the machine may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Mode 0644.
    Public,
    /// Mode 0600, in a folder of mode 0700.
    Secret,
}

impl Report {
    /// Writes a file that is not there yet; one that is there stays untouched.
    pub(crate) fn add(&mut self, path: &Path, contents: &[u8], access: Access) -> Result<(), CryptogenError> {
        if path.exists() {
            self.kept += 1;
            return Ok(());
        }
        self.write(path, contents, access)?;
        self.created.push(path.to_owned());
        Ok(())
    }

    /// Writes a file whether or not it is there.
    pub(crate) fn replace(&mut self, path: &Path, contents: &[u8], access: Access) -> Result<(), CryptogenError> {
        let existed = path.exists();
        self.write(path, contents, access)?;
        let list = if existed { &mut self.replaced } else { &mut self.created };
        list.push(path.to_owned());
        Ok(())
    }

    /// Waits until every new entry is on disk, once for each folder.
    pub(crate) fn finish(mut self) -> Result<Self, CryptogenError> {
        for folder in std::mem::take(&mut self.unsynced) {
            let synced = File::open(&folder).and_then(|open| open.sync_all());
            synced.map_err(CryptogenError::io(folder))?;
        }
        Ok(self)
    }

    fn write(&mut self, path: &Path, contents: &[u8], access: Access) -> Result<(), CryptogenError> {
        let folder = write(path, contents, access)?;
        self.unsynced.insert(folder.to_owned());
        Ok(())
    }
}

/// Reads a file of bounded size.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, CryptogenError> {
    let mut contents = Vec::new();
    let file = File::open(path).map_err(CryptogenError::io(path))?;
    file.take(MAX_FILE + 1)
        .read_to_end(&mut contents)
        .map_err(CryptogenError::io(path))?;
    if contents.len() as u64 > MAX_FILE {
        return Err(CryptogenError::TooLarge(path.to_owned()));
    }
    Ok(contents)
}

/// The entries of a folder by name; none when there is no folder. Temporary files of an interrupted run do not count.
pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>, CryptogenError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => {
            return Err(CryptogenError::Io {
                path: folder.to_owned(),
                source,
            });
        }
    };
    let paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>();
    let mut paths = paths.map_err(CryptogenError::io(folder))?;
    paths.retain(|path| {
        !path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'))
    });
    paths.sort();
    Ok(paths)
}

/// Writes a file through a draft beside it; gives back the folder.
fn write<'a>(path: &'a Path, contents: &[u8], access: Access) -> Result<&'a Path, CryptogenError> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(CryptogenError::NotAHolder(path.to_owned()));
    };
    let (file_mode, folder_mode) = match access {
        Access::Public => (0o644, 0o755),
        Access::Secret => (0o600, 0o700),
    };
    if let Some(above) = folder.parent() {
        fs::create_dir_all(above).map_err(CryptogenError::io(above))?;
    }
    DirBuilder::new()
        .recursive(true)
        .mode(folder_mode)
        .create(folder)
        .map_err(CryptogenError::io(folder))?;
    let draft = folder.join(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
    let written = replace_through(&draft, path, contents, file_mode);
    if written.is_err() {
        // The draft may not even exist; the error to report is the first one.
        let _ = fs::remove_file(&draft);
    }
    written.map_err(CryptogenError::io(path))?;
    Ok(folder)
}

fn replace_through(draft: &Path, path: &Path, contents: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(draft)?;
    file.write_all(contents)?;
    file.sync_all()?;
    fs::rename(draft, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn adding_never_touches_and_replacing_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/priv_sk");
        let mut report = Report::default();
        report.add(&path, b"one", Access::Secret).unwrap();
        report.add(&path, b"two", Access::Secret).unwrap();
        assert_eq!(read(&path).unwrap(), b"one");
        report.replace(&path, b"three", Access::Secret).unwrap();
        assert_eq!(read(&path).unwrap(), b"three");
        let report = report.finish().unwrap();
        assert_eq!(
            (report.created, report.replaced, report.kept),
            (vec![path.clone()], vec![path.clone()], 1)
        );
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(list(path.parent().unwrap()).unwrap(), [path]);
    }

    #[test]
    fn large_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        fs::write(&path, vec![0; MAX_FILE as usize + 1]).unwrap();
        assert!(matches!(read(&path), Err(CryptogenError::TooLarge(_))));
    }
}
