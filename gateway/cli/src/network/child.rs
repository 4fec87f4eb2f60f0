//! One child process: started with a log, awaited by its ready line, stopped with its parent.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use serde_json::Value;

use super::error::NetworkError;
use super::log;

/// Longest ready line, in bytes.
const MAX_READY_LINE: u64 = 64 * 1024;
/// How long a child may take to leave after SIGTERM before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// What to start.
#[derive(Debug, Clone)]
pub struct ChildSpec {
    /// The name users see, also the log's.
    pub name: String,
    /// Arguments after the program.
    pub args: Vec<OsString>,
    /// File that takes stderr, and stdout after the ready line; appended to.
    pub log: PathBuf,
}

/// A running child. Dropping it sends SIGTERM and, after a limit, SIGKILL.
#[derive(Debug)]
pub struct ChildProcess {
    spec: ChildSpec,
    process: Child,
    lines: Receiver<Vec<u8>>,
    /// Closed when the process has ended.
    ended: Receiver<()>,
    /// Held open: its end tells the child that the parent is gone.
    _lifeline: Option<ChildStdin>,
}

impl ChildProcess {
    /// Starts the program; it is not ready yet.
    ///
    /// # Errors
    /// When the log cannot be opened or the program cannot be started.
    pub fn spawn(program: &Path, spec: ChildSpec) -> Result<Self, NetworkError> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(&spec.log)
            .map_err(NetworkError::file(&spec.log))?;
        let errors = log.try_clone().map_err(NetworkError::file(&spec.log))?;
        let mut command = Command::new(program);
        // A child is told everything by its arguments.
        for (name, _) in std::env::vars_os().filter(|(name, _)| configures(name)) {
            command.env_remove(name);
        }
        let mut process = command
            .args(&spec.args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .map_err(|source| NetworkError::Start {
                name: spec.name.clone(),
                program: program.to_owned(),
                source,
            })?;
        let lifeline = process.stdin.take();
        let lines = read_lines(process.stdout.take(), log);
        let ended = watch(process.id());
        Ok(Self {
            spec,
            process,
            lines,
            ended,
            _lifeline: lifeline,
        })
    }

    /// Waits for the one JSON line that says the child serves, and returns it.
    ///
    /// # Errors
    /// When the child ends first, stays silent beyond the limit, or prints something else. Each error holds the
    /// log's place and its last lines.
    pub fn await_ready(&mut self, limit: Duration) -> Result<Value, NetworkError> {
        match self.lines.recv_timeout(limit) {
            Ok(line) => serde_json::from_slice(&line).map_err(|_| {
                self.not_ready(format!(
                    "printed {:?} instead of a ready line",
                    String::from_utf8_lossy(&line)
                ))
            }),
            Err(RecvTimeoutError::Timeout) => Err(self.not_ready(format!("was not ready within {limit:?}"))),
            Err(RecvTimeoutError::Disconnected) => {
                let how = self
                    .wait(STOP_LIMIT)
                    .map_or_else(|| "closed its stdout".to_owned(), |end| end.to_string());
                Err(self.not_ready(format!("ended before it was ready ({how})")))
            }
        }
    }

    fn not_ready(&self, why: String) -> NetworkError {
        NetworkError::NotReady {
            name: self.spec.name.clone(),
            why,
            log: self.spec.log.clone(),
            tail: log::tail(&self.spec.log),
        }
    }

    /// Process id, for signals and memory figures.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// What was started.
    #[must_use]
    pub const fn spec(&self) -> &ChildSpec {
        &self.spec
    }

    /// What to start instead when the child is started again.
    pub(super) fn respecify(&mut self, spec: ChildSpec) {
        self.spec = spec;
    }

    /// Whether the child is still running.
    pub fn is_running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// Kills the child at once, as `kill -9` does, and reaps it.
    pub fn kill(&mut self) {
        let _already_gone = self.process.kill();
        let _reaped = self.process.wait();
    }

    /// Asks the child to finish; it may take its time. Nothing is sent to a child that has ended.
    pub fn terminate(&mut self) {
        if self.is_running()
            && let Some(pid) = pid_of(self.pid())
        {
            let _already_gone = kill_process(pid, Signal::TERM);
        }
    }

    /// Asks the child to finish and waits for it, at most five seconds; then kills it.
    pub fn stop(&mut self) {
        self.terminate();
        if self.wait(STOP_LIMIT).is_none() {
            self.kill();
        }
    }

    fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        match self.ended.recv_timeout(limit) {
            Err(RecvTimeoutError::Disconnected) => self.process.wait().ok(),
            _ => None,
        }
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        self.stop();
    }
}

fn pid_of(number: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(number).ok()?)
}

/// Closes the channel when the process ends; it is left for its owner to reap, so that its id stays its own.
fn watch(pid: u32) -> Receiver<()> {
    let (open, ended) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        if let Some(pid) = pid_of(pid) {
            let _or_reaped = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        }
        drop(open);
    });
    ended
}

fn configures(variable: &OsStr) -> bool {
    let name = variable.to_string_lossy();
    name.starts_with("DER_") || name.starts_with("CHAINCODE_")
}

/// Hands the first line over and copies the rest to the log, so that the child never blocks on a full pipe.
fn read_lines(stdout: Option<ChildStdout>, mut log: File) -> Receiver<Vec<u8>> {
    let (send, lines) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let Some(stdout) = stdout else { return };
        let mut stdout = BufReader::new(stdout);
        if let Ok(Some(line)) = first_line(&mut stdout) {
            let _nobody_waits = send.send(line);
        }
        drop(send);
        let _log_is_full = io::copy(&mut stdout, &mut log);
    });
    lines
}

fn first_line(from: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    from.by_ref().take(MAX_READY_LINE).read_until(b'\n', &mut line)?;
    Ok((!line.is_empty()).then_some(line))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::{ChildProcess, ChildSpec};
    use crate::network::NetworkError;

    const LIMIT: Duration = Duration::from_secs(20);

    fn shell(folder: &Path, script: &str) -> ChildProcess {
        let spec = ChildSpec {
            name: "grid".into(),
            args: vec!["-c".into(), script.into()],
            log: folder.join("grid.log"),
        };
        ChildProcess::spawn(Path::new("/bin/sh"), spec).unwrap()
    }

    #[test]
    fn the_ready_line_is_returned_and_what_follows_goes_to_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = shell(folder.path(), r#"echo '{"address":"127.0.0.1:1"}'; echo later; read _"#);
        assert_eq!(child.await_ready(LIMIT).unwrap()["address"], "127.0.0.1:1");
        assert!(child.is_running());
    }

    #[test]
    fn a_child_that_ends_early_is_reported_with_its_last_words() {
        let folder = tempfile::tempdir().unwrap();
        let error = shell(folder.path(), "echo no such key >&2; exit 9")
            .await_ready(LIMIT)
            .unwrap_err();
        let words = error.to_string();
        for part in ["grid", "exit status: 9", "no such key", "grid.log"] {
            assert!(words.contains(part), "{words}");
        }
    }

    #[test]
    fn a_silent_child_is_given_up_after_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let error = shell(folder.path(), "read _")
            .await_ready(Duration::from_millis(50))
            .unwrap_err();
        assert!(
            matches!(error, NetworkError::NotReady { .. }) && error.to_string().contains("50ms"),
            "{error}"
        );
    }

    #[test]
    fn other_words_than_json_are_shown() {
        let folder = tempfile::tempdir().unwrap();
        let error = shell(folder.path(), "echo hello; read _")
            .await_ready(LIMIT)
            .unwrap_err();
        assert!(error.to_string().contains("hello"), "{error}");
    }

    #[test]
    fn dropping_ends_the_child_and_killing_is_final() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = shell(folder.path(), "echo 1; read _");
        child.await_ready(LIMIT).unwrap();
        child.kill();
        assert!(!child.is_running());
        let child = shell(folder.path(), "echo 1; read _");
        let pid = rustix::process::Pid::from_raw(i32::try_from(child.pid()).unwrap()).unwrap();
        drop(child);
        assert!(rustix::process::test_kill_process(pid).is_err());
    }

    #[test]
    fn a_program_that_does_not_exist_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let spec = ChildSpec {
            name: "grid".into(),
            args: vec![],
            log: folder.path().join("grid.log"),
        };
        let error = ChildProcess::spawn(Path::new("/nonexistent/der"), spec).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/der"), "{error}");
    }
}
