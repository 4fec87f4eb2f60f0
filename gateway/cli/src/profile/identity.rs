//! The user's certificate and key out of an MSP folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Largest certificate or key file read, in bytes.
const MAX_PEM: u64 = 64 * 1024;

/// A certificate and its private key as PEM bytes. `Debug` shows no key.
pub struct IdentityFiles {
    /// PEM of the signing certificate.
    pub certificate: Vec<u8>,
    /// PEM of the private key.
    pub key: Vec<u8>,
    /// Where the key was found.
    pub key_file: PathBuf,
    /// What a careful user would change, one sentence each.
    pub warnings: Vec<String>,
}

impl std::fmt::Debug for IdentityFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdentityFiles")
            .field("key_file", &self.key_file)
            .finish_non_exhaustive()
    }
}

/// Reads `signcerts/*` and `keystore/*` of an MSP folder, one file each.
///
/// # Errors
/// When a folder is missing, empty or ambiguous, or a file is too large for a PEM file.
pub fn read_identity(folder: &Path) -> Result<IdentityFiles, Failure> {
    let certificate = single_file(&folder.join("signcerts"))?;
    let key_file = single_file(&folder.join("keystore"))?;
    Ok(IdentityFiles {
        certificate: read_pem(&certificate)?,
        key: read_pem(&key_file)?,
        warnings: readable_by_others(&key_file).into_iter().collect(),
        key_file,
    })
}

/// Reads a PEM file of a bounded size.
///
/// # Errors
/// When it cannot be read or is larger than any certificate bundle this program expects.
pub fn read_pem(file: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |why: String| Failure::usage(format!("cannot read {}: {why}", file.display()));
    let size = fs::metadata(file).map_err(|error| failed(error.to_string()))?.len();
    if size > MAX_PEM {
        return Err(failed(format!(
            "{size} bytes are more than the {MAX_PEM} a PEM file may have"
        )));
    }
    fs::read(file).map_err(|error| failed(error.to_string()))
}

fn single_file(folder: &Path) -> Result<PathBuf, Failure> {
    let advice = "Name an MSP folder with one certificate in `signcerts` and one key in `keystore`.";
    let entries = fs::read_dir(folder)
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", folder.display())).advise(advice))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    match <[PathBuf; 1]>::try_from(files) {
        Ok([file]) => Ok(file),
        Err(files) => Err(Failure::usage(format!(
            "{} holds {} files instead of one",
            folder.display(),
            files.len()
        ))
        .advise(advice)),
    }
}

#[cfg(unix)]
fn readable_by_others(file: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(file).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        format!(
            "the key {} has mode {mode:04o}: others may read it; run `chmod 600` on it",
            file.display()
        )
    })
}

#[cfg(not(unix))]
fn readable_by_others(_file: &Path) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::read_identity;

    fn folder(certificates: &[&str], keys: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, files) in [("signcerts", certificates), ("keystore", keys)] {
            fs::create_dir(folder.path().join(name)).unwrap();
            for file in files {
                fs::write(folder.path().join(name).join(file), file).unwrap();
            }
        }
        folder
    }

    #[cfg(unix)]
    fn set_mode(file: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_warned_about_and_a_private_one_is_not() {
        let msp = folder(&["cert.pem"], &["priv_sk"]);
        let key = msp.path().join("keystore/priv_sk");
        set_mode(&key, 0o640);
        let warned = read_identity(msp.path()).unwrap();
        assert!(warned.warnings[0].contains("0640"), "{:?}", warned.warnings);
        set_mode(&key, 0o600);
        let quiet = read_identity(msp.path()).unwrap();
        assert!(quiet.warnings.is_empty());
        assert_eq!(
            (quiet.certificate, quiet.key),
            (b"cert.pem".to_vec(), b"priv_sk".to_vec())
        );
    }

    #[test]
    fn missing_and_ambiguous_files_are_told_apart() {
        let two = folder(&["cert.pem"], &["a_sk", "b_sk"]);
        assert!(
            read_identity(two.path())
                .unwrap_err()
                .to_string()
                .contains("holds 2 files")
        );
        let none = folder(&[], &["a_sk"]);
        assert!(
            read_identity(none.path())
                .unwrap_err()
                .to_string()
                .contains("holds 0 files")
        );
        assert!(
            read_identity(Path::new("/nonexistent/msp"))
                .unwrap_err()
                .to_string()
                .contains("signcerts")
        );
    }

    #[test]
    fn debug_shows_no_key() {
        let shown = format!("{:?}", read_identity(folder(&["c"], &["secret_sk"]).path()).unwrap());
        assert!(!shown.contains("certificate") && !shown.contains("115"), "{shown}");
    }
}
