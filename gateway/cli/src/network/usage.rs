//! What a process has used, as Linux counts it.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::error::NetworkError;

/// CPU time and memory of one process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// User and system time since its start.
    pub cpu: Duration,
    /// Resident memory, bytes.
    pub resident: u64,
}

impl Usage {
    /// Reads `/proc/<id>`. CPU time is counted in hundredths of a second.
    ///
    /// # Errors
    /// When the process has ended or the system has no `/proc`.
    pub fn of(id: u32) -> Result<Self, NetworkError> {
        let stat = read(&format!("/proc/{id}/stat"))?;
        let status = read(&format!("/proc/{id}/status"))?;
        Self::parse(&stat, &status).ok_or_else(|| {
            let file = format!("/proc/{id}/stat");
            NetworkError::file(Path::new(&file))(io::Error::from(io::ErrorKind::InvalidData))
        })
    }

    fn parse(stat: &str, status: &str) -> Option<Self> {
        // A program's name may hold blanks and brackets.
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks = |index: usize| fields.get(index)?.parse::<u64>().ok();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let resident: u64 = resident.split_whitespace().next()?.parse().ok()?;
        Some(Self {
            cpu: Duration::from_millis((ticks(11)? + ticks(12)?) * 10),
            resident: resident * 1024,
        })
    }
}

fn read(file: &str) -> Result<String, NetworkError> {
    fs::read_to_string(file).map_err(NetworkError::file(Path::new(file)))
}

#[cfg(test)]
mod tests {
    use super::Usage;

    #[test]
    fn this_process_uses_memory() {
        let usage = Usage::of(std::process::id()).unwrap();
        assert!(usage.resident > 100_000, "{usage:?}");
    }

    #[test]
    fn a_program_may_be_called_anything() {
        let stat = "7 (a ) b) S 1 2 3 4 5 6 7 8 9 10 300 50 0 0";
        let usage = Usage::parse(stat, "Name:\ta\nVmRSS:\t  12 kB\n").unwrap();
        assert_eq!((usage.cpu.as_millis(), usage.resident), (3_500, 12_288));
    }
}
