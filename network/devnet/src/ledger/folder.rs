use std::{
    fs::{File, OpenOptions, TryLockError},
    path::Path,
};

use super::LedgerError;

const LOCK: &str = "lock";

/// Holds the folder for this process while the file lives.
pub(super) fn lock(dir: &Path) -> Result<File, LedgerError> {
    let path = dir.join(LOCK);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(LedgerError::io("opening", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LedgerError::Locked { path }),
        Err(TryLockError::Error(source)) => Err(LedgerError::io("locking", &path)(source)),
    }
}

/// A file exists after a power loss only once its folder's entry is on the disk, and so on upwards.
pub(super) fn sync(dir: &Path) -> Result<(), LedgerError> {
    for folder in std::iter::once(dir).chain(dir.parent().filter(|parent| !parent.as_os_str().is_empty())) {
        let file = File::open(folder).map_err(LedgerError::io("opening", folder))?;
        file.sync_all().map_err(LedgerError::io("forcing to disk", folder))?;
    }
    Ok(())
}
