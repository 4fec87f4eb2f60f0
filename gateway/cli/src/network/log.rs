//! The end of a child's log.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// How much of the end is read, in bytes.
const TAIL_BYTES: u64 = 8 * 1024;
/// How many lines are shown.
const TAIL_LINES: usize = 12;

/// The last lines of a log, or why there are none.
pub(super) fn tail(log: &Path) -> String {
    match read_end(log) {
        Ok(text) if text.trim().is_empty() => "(the log is empty)".into(),
        Ok(text) => {
            let lines: Vec<&str> = text.lines().collect();
            lines
                .get(lines.len().saturating_sub(TAIL_LINES)..)
                .unwrap_or_default()
                .join("\n")
        }
        Err(error) => format!("(the log cannot be read: {error})"),
    }
}

fn read_end(log: &Path) -> std::io::Result<String> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{TAIL_LINES, tail};

    #[test]
    fn only_the_last_lines_are_shown() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text: String = (0..10_000).map(|n| format!("line {n}\n")).collect();
        std::fs::write(file.path(), text).unwrap();
        let shown = tail(file.path());
        assert_eq!(shown.lines().count(), TAIL_LINES);
        assert!(shown.ends_with("line 9999"));
    }

    #[test]
    fn an_empty_and_a_missing_log_say_so() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(tail(file.path()), "(the log is empty)");
        assert!(tail(std::path::Path::new("/nonexistent/log")).contains("cannot be read"));
    }
}
