//! A process that a script started, as Linux shows it: enough to kill it and to start the very same again.

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    os::unix::{ffi::OsStringExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::{Errno, retry_on_intr},
    process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open},
};

use crate::sockets;

/// How long a process may take to end, or to listen.
const LIMIT: Duration = Duration::from_secs(60);
/// Lines of the log told of a process that ended: the first since it was started.
const TOLD_LINES: usize = 12;
/// How often to ask whether it listens.
const PAUSE: Duration = Duration::from_millis(20);

/// One running process and how it was started.
#[derive(Debug, Clone)]
pub(crate) struct Native {
    /// Holds process id and start time, as the script writes them.
    file: PathBuf,
    log: PathBuf,
    /// What was in the log before this start, bytes.
    logged: u64,
    id: u32,
    started: u64,
    command: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    folder: PathBuf,
    /// Ports it listens on once it serves.
    ports: Vec<u16>,
}

impl Native {
    /// The process that a file of the network's `run` folder names; it must serve already.
    pub(crate) fn read(file: &Path, log: &Path) -> Result<Self> {
        let text = fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
        let (id, started) = text
            .trim()
            .split_once(' ')
            .context("a process file holds id and start time")?;
        let (id, started) = (id.parse()?, started.trim().parse()?);
        ensure!(
            start_time(id) == Some(started),
            "{} names a process that has ended",
            file.display()
        );
        let proc = PathBuf::from(format!("/proc/{id}"));
        Ok(Self {
            file: file.to_owned(),
            log: log.to_owned(),
            logged: 0,
            id,
            started,
            command: words(&proc.join("cmdline"))?,
            environment: words(&proc.join("environ"))?.into_iter().filter_map(variable).collect(),
            folder: fs::read_link(proc.join("cwd"))?,
            ports: sockets::listening(id),
        })
    }

    pub(crate) const fn id(&self) -> u32 {
        self.id
    }

    pub(crate) fn is_running(&self) -> bool {
        start_time(self.id) == Some(self.started)
    }

    /// Sends a signal if the process is there.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        if self.is_running() {
            kill_process(self.pid()?, signal)?;
        }
        Ok(())
    }

    /// Ends it as `kill -9` does; it is gone when this returns.
    pub(crate) fn kill(&self) -> Result<()> {
        self.signal(Signal::KILL)?;
        ensure!(self.ends_within(LIMIT)?, "process {} does not end", self.id);
        Ok(())
    }

    /// Starts the same command with the same environment; [`Native::await_ports`] waits until it serves.
    pub(crate) fn start(&mut self) -> Result<()> {
        self.kill()?;
        let log = File::options().append(true).create(true).open(&self.log)?;
        self.logged = log.metadata()?.len();
        let (program, arguments) = self.command.split_first().context("a command")?;
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().cloned())
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stderr(log.try_clone()?)
            .stdout(log)
            .process_group(0)
            .spawn()?;
        self.id = child.id();
        self.started = start_time(self.id).context("it ended at once")?;
        fs::write(&self.file, format!("{} {}\n", self.id, self.started))?;
        // Reaped as soon as it ends: a process that nobody reaps looks alive to the script.
        std::thread::spawn(move || child.wait());
        Ok(())
    }

    /// Waits until it listens where it did.
    pub(crate) fn await_ports(&self) -> Result<()> {
        let end = Instant::now() + LIMIT;
        while !self.serves() {
            ensure!(!self.ends_within(PAUSE)?, "it ended: {}", self.last_words());
            ensure!(
                Instant::now() < end,
                "it does not listen after {LIMIT:?}; see {}",
                self.log.display()
            );
        }
        Ok(())
    }

    /// What the log says since the start; the log itself goes with the network.
    fn last_words(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let since = usize::try_from(self.logged).ok().and_then(|logged| log.get(logged..));
        let said = String::from_utf8_lossy(since.unwrap_or_default());
        said.lines().take(TOLD_LINES).collect::<Vec<_>>().join("\n")
    }

    fn serves(&self) -> bool {
        let open = sockets::listening(self.id);
        self.ports.iter().all(|port| open.contains(port))
    }

    /// Waits for its end, as long as `limit`: until the last thread has let go of its sockets, which may be after the first has ended.
    fn ends_within(&self, limit: Duration) -> Result<bool> {
        if stat(self.id).is_none_or(|(_, started)| started != self.started) {
            return Ok(true);
        }
        let process = match pidfd_open(self.pid()?, PidfdFlags::empty()) {
            Err(Errno::SRCH) => return Ok(true),
            opened => opened?,
        };
        let limit = Timespec::try_from(limit)?;
        let ended = retry_on_intr(|| poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&limit)))?;
        Ok(ended > 0)
    }

    fn pid(&self) -> Result<Pid> {
        Pid::from_raw(i32::try_from(self.id)?).context("a process id")
    }
}

/// Clock ticks since boot, unless there is no such process or its first thread has ended.
fn start_time(id: u32) -> Option<u64> {
    stat(id)
        .filter(|(state, _)| !matches!(state.as_str(), "Z" | "X"))
        .map(|(_, started)| started)
}

/// State and start of a process or of its remains.
fn stat(id: u32) -> Option<(String, u64)> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?.to_owned();
    Some((state, fields.nth(18)?.parse().ok()?))
}

fn words(file: &Path) -> io::Result<Vec<OsString>> {
    let bytes = fs::read(file)?;
    let parts = bytes.split(|byte| *byte == 0).filter(|part| !part.is_empty());
    Ok(parts.map(|part| OsString::from_vec(part.to_vec())).collect())
}

fn variable(word: OsString) -> Option<(OsString, OsString)> {
    let bytes = word.into_vec();
    let at = bytes.iter().position(|byte| *byte == b'=')?;
    Some((
        OsString::from_vec(bytes[..at].to_vec()),
        OsString::from_vec(bytes[at + 1..].to_vec()),
    ))
}

#[cfg(test)]
mod tests {
    use std::{fs, process::Command};

    use super::{Native, start_time};

    #[test]
    fn a_killed_process_is_started_again_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let [file, log, out, hold] = ["one", "log", "out", "hold"].map(|name| folder.path().join(name));
        // Pipes: reading the first waits until the process has written, and the process waits for the second for ever.
        assert!(Command::new("mkfifo").arg(&out).arg(&hold).status().unwrap().success());
        let script = format!("echo $COLOUR > {}; read _ < {}", out.display(), hold.display());
        let mut child = Command::new("sh")
            .args(["-c", &script])
            .env("COLOUR", "green")
            .spawn()
            .unwrap();
        let started = start_time(child.id()).unwrap();
        fs::write(&file, format!("{} {started}\n", child.id())).unwrap();
        assert_eq!(fs::read_to_string(&out).unwrap(), "green\n");
        let mut native = Native::read(&file, &log).unwrap();
        std::thread::spawn(move || child.wait());
        native.kill().unwrap();
        assert!(!native.is_running());
        native.start().unwrap();
        assert_eq!(fs::read_to_string(&out).unwrap(), "green\n");
        assert!(fs::read_to_string(&file).unwrap().starts_with(&native.id().to_string()));
        native.kill().unwrap();
    }
}
