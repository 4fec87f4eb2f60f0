//! What the tests and checks left out, gathered from what they say and told at the end.

use std::{
    env,
    io::{BufRead, BufReader, Read},
};

use anyhow::{Result, ensure};

/// How a line begins that tells of something left out.
const MARK: &str = "SKIPPED";
/// And of one of Fabric's official parts that need node or go.
const WITNESS: &str = "SKIPPED official witness";

/// The lines that began with `SKIPPED`.
#[derive(Debug, Default)]
pub(crate) struct Skipped {
    lines: Vec<String>,
}

impl Skipped {
    /// Shows what is read, as it comes, and keeps the lines that tell of something left out.
    pub(crate) fn gather(&mut self, from: impl Read) {
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            eprintln!("{line}");
            if line.starts_with(MARK) {
                self.lines.push(line);
            }
        }
    }

    /// Says it and keeps it.
    pub(crate) fn say(&mut self, what: &str) {
        self.gather(format!("{MARK} {what}").as_bytes());
    }

    /// What was left out, one line each.
    pub(crate) fn summary(&self) -> String {
        match self.lines.as_slice() {
            [] => "nothing was skipped".to_owned(),
            lines => format!("skipped {}:\n  {}", lines.len(), lines.join("\n  ")),
        }
    }

    /// Where node and go are both there, the official witnesses have no excuse.
    ///
    /// # Errors
    /// When one of them was skipped all the same.
    pub(crate) fn judge(&self, node_and_go: bool) -> Result<()> {
        let unexcused = self.lines.iter().find(|line| line.starts_with(WITNESS));
        let unexcused = unexcused.filter(|_| node_and_go);
        ensure!(
            unexcused.is_none(),
            "node and go are both on PATH, so no official witness may be skipped; but: {}",
            unexcused.map_or("", String::as_str)
        );
        Ok(())
    }
}

/// Whether all these programs are on `PATH`.
pub(crate) fn on_path(programs: &[&str]) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path).collect();
    let there = |program: &&str| folders.iter().any(|folder| folder.join(program).is_file());
    programs.iter().all(there)
}

#[cfg(test)]
mod tests {
    use super::Skipped;

    const SAID: &str =
        "test one ... ok\nSKIPPED official witness: npm is not on PATH\nnot SKIPPED\nSKIPPED peer command: no\n";

    fn said() -> Skipped {
        let mut skipped = Skipped::default();
        skipped.gather(SAID.as_bytes());
        skipped
    }

    #[test]
    fn only_lines_that_begin_with_the_mark_are_kept() {
        let summary = said().summary();
        assert_eq!(
            summary,
            "skipped 2:\n  SKIPPED official witness: npm is not on PATH\n  SKIPPED peer command: no"
        );
        assert_eq!(Skipped::default().summary(), "nothing was skipped");
    }

    #[test]
    fn a_witness_may_be_skipped_only_where_node_or_go_is_missing() {
        assert!(said().judge(false).is_ok());
        let error = said().judge(true).unwrap_err();
        assert!(error.to_string().contains("npm is not on PATH"), "{error}");
        let mut other = Skipped::default();
        other.say("peer command: Fabric's peer was not found");
        assert!(other.judge(true).is_ok());
    }
}
