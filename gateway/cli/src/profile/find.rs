//! From `--profile FILE|NAME` to a file.

use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Finds the profile a user named: a path as it stands, a bare name in `profiles/` here or in the user's configuration.
///
/// # Errors
/// When nothing was named, or no folder holds a profile of that name.
pub fn locate(named: Option<&str>) -> Result<PathBuf, Failure> {
    let Some(named) = named else {
        return Err(Failure::usage("no profile was named")
            .advise("Say which network and user: --profile FILE|NAME or DER_PROFILE."));
    };
    if is_path(named) {
        return Ok(PathBuf::from(named));
    }
    search(named, &folders())
}

fn is_path(named: &str) -> bool {
    named.contains(std::path::MAIN_SEPARATOR) || Path::new(named).extension().is_some_and(|e| e == "toml")
}

fn folders() -> Vec<PathBuf> {
    let configuration = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")));
    let mut folders = vec![PathBuf::from("profiles")];
    folders.extend(configuration.map(|folder| folder.join("der").join("profiles")));
    folders
}

fn search(name: &str, folders: &[PathBuf]) -> Result<PathBuf, Failure> {
    let file = format!("{name}.toml");
    folders
        .iter()
        .map(|folder| folder.join(&file))
        .find(|path| path.is_file())
        .ok_or_else(|| {
            let tried: Vec<String> = folders
                .iter()
                .map(|folder| folder.join(&file).display().to_string())
                .collect();
            Failure::usage(format!(
                "there is no profile named {name:?}; tried {}",
                tried.join(" and ")
            ))
            .advise("Give the path of a profile with --profile FILE.")
        })
}

#[cfg(test)]
mod tests {
    use super::{locate, search};
    use crate::exit::Exit;

    #[test]
    fn a_path_is_taken_as_it_stands() {
        for path in ["./grid", "grid.toml"] {
            assert_eq!(locate(Some(path)).unwrap().to_str(), Some(path));
        }
    }

    #[test]
    fn a_name_is_searched_and_its_absence_says_where() {
        let folder = tempfile::tempdir().unwrap();
        let folders = [folder.path().join("none"), folder.path().to_owned()];
        let absent = search("grid", &folders).unwrap_err();
        assert_eq!(absent.exit(), Exit::Usage);
        assert!(absent.to_string().contains("none/grid.toml"), "{absent}");
        std::fs::write(folder.path().join("grid.toml"), "").unwrap();
        assert_eq!(search("grid", &folders).unwrap(), folder.path().join("grid.toml"));
    }

    #[test]
    fn naming_nothing_says_how_to_name_one() {
        assert!(locate(None).unwrap_err().to_string().contains("DER_PROFILE"));
    }
}
