//! What a process has used, as Linux counts it.

use std::{fs, time::Duration};

use anyhow::{Context, Result};

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
    pub fn of(id: u32) -> Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).with_context(|| format!("process {id}"))?;
        let (_, fields) = stat.rsplit_once(')').context("unknown format of /proc/<id>/stat")?;
        let ticks = |index: usize| {
            fields
                .split_whitespace()
                .nth(index)
                .and_then(|field| field.parse::<u64>().ok())
        };
        let (user, system) = (ticks(11).context("no user time")?, ticks(12).context("no system time")?);
        let status = fs::read_to_string(format!("/proc/{id}/status"))?;
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
            .context("no resident memory in /proc/<id>/status")?;
        Ok(Self {
            cpu: Duration::from_millis((user + system) * 10),
            resident: resident * 1024,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Usage;

    #[test]
    fn this_process_uses_memory() {
        let usage = Usage::of(std::process::id()).unwrap();
        assert!(usage.resident > 100_000, "{usage:?}");
    }
}
