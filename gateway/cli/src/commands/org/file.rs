//! Files that are handed from administrator to administrator.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use crate::failure::Failure;

/// More than any update, description or revocation list should need, in bytes.
const LARGEST: u64 = 16 << 20;

/// Reads a file of a bounded size.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |why: String| Failure::usage(format!("cannot read {}: {why}", file.display()));
    let size = fs::metadata(file).map_err(|error| failed(error.to_string()))?.len();
    if size > LARGEST {
        return Err(failed(format!("{size} bytes are more than the {LARGEST} allowed")));
    }
    fs::read(file).map_err(|error| failed(error.to_string()))
}

/// Refuses a name that is taken: the file may hold signatures that took days to collect.
pub(super) fn must_be_free(file: &Path) -> Result<(), Failure> {
    if file.exists() {
        return Err(taken(file));
    }
    Ok(())
}

/// Writes a file that must not be there yet.
pub(super) fn write_new(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let opened = OpenOptions::new().write(true).create_new(true).open(file);
    let mut opened = match opened {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(taken(file)),
        other => other.map_err(|error| unwritable(file, &error))?,
    };
    opened
        .write_all(bytes)
        .and_then(|()| opened.sync_all())
        .map_err(|error| unwritable(file, &error))
}

/// Replaces a file as a whole, or not at all.
pub(super) fn replace(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut new| {
        new.write_all(bytes)?;
        new.as_file().sync_all()?;
        new.persist(file).map_err(|error| error.error)
    });
    written.map(drop).map_err(|error| unwritable(file, &error))
}

/// A folder's files, one level of folders deep, by name relative to it: the form of an MSP folder.
pub(super) fn folder(folder: &Path) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut files = Vec::new();
    for entry in entries(folder)? {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if !path.is_dir() {
            files.push((name, read(&path)?));
            continue;
        }
        for inner in entries(&path)?.into_iter().filter(|inner| inner.path().is_file()) {
            let inner_name = inner.file_name().to_string_lossy().into_owned();
            files.push((format!("{name}/{inner_name}"), read(&inner.path())?));
        }
    }
    files.sort();
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<fs::DirEntry>, Failure> {
    let failed = |error: io::Error| Failure::usage(format!("cannot read {}: {error}", folder.display()));
    fs::read_dir(folder)
        .map_err(failed)?
        .collect::<Result<_, _>>()
        .map_err(failed)
}

fn taken(file: &Path) -> Failure {
    Failure::usage(format!("{} exists already", file.display()))
        .advise("It may hold signatures: name another file with --out, or remove it.")
}

fn unwritable(file: &Path, error: &io::Error) -> Failure {
    Failure::usage(format!("cannot write {}: {error}", file.display()))
}
