//! Programs that are not ours: found, given a folder of their own, and run with a limit.

use std::{
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;
use tokio::{process::Command, time::timeout};

const STOP_LIMIT: Duration = Duration::from_secs(10);

/// Says aloud which program is missing, if any.
pub(crate) fn on_path(programs: &[&str]) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let missing = programs
        .iter()
        .find(|program| !folders.iter().any(|folder| folder.join(program).is_file()));
    if let Some(program) = missing {
        // Not eprintln!: the test harness would keep it to itself.
        let _ = writeln!(io::stderr(), "SKIPPED official witness: {program} is not on PATH");
    }
    missing.is_none()
}

/// A copy of a witness's files, so that what is installed and built stays out of the sources.
pub(crate) fn copy_of(witness: &str) -> Result<TempDir> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("witness").join(witness);
    let copy = tempfile::tempdir()?;
    for entry in fs::read_dir(&source).with_context(|| format!("reading {}", source.display()))? {
        let path = entry?.path();
        if let Some(name) = path.file_name().filter(|_| path.is_file()) {
            fs::copy(&path, copy.path().join(name))?;
        }
    }
    Ok(copy)
}

/// Runs a program to its end and gives what it printed. At the limit it is killed with all its children.
pub(crate) async fn run(what: &str, command: &mut Command, limit: Duration) -> Result<String> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.process_group(0).kill_on_drop(true).spawn();
    let child = child.with_context(|| format!("could not start {what}"))?;
    let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let ended = child.wait_with_output();
    tokio::pin!(ended);
    let (output, in_time) = match timeout(limit, &mut ended).await {
        Ok(output) => (output?, true),
        Err(_) => {
            kill_process_group(group.context("no process id")?, Signal::KILL)?;
            let killed = timeout(STOP_LIMIT, ended).await;
            (killed.with_context(|| format!("{what} cannot be killed"))??, false)
        }
    };
    let [said, complained] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    ensure!(in_time, "{what} took longer than {limit:?}\n{said}\n{complained}");
    ensure!(
        output.status.success(),
        "{what}: {}\n{said}\n{complained}",
        output.status
    );
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::{Command, Duration, run};

    /// The grandchild holds the output open, so this ends only when it is gone too.
    #[tokio::test]
    async fn at_the_limit_a_program_is_killed_with_its_children() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo begun; sleep 600 & wait"]);
        let error = run("the sleeper", &mut command, Duration::from_millis(300))
            .await
            .unwrap_err();
        let words = error.to_string();
        assert!(words.contains("the sleeper took longer than 300ms"), "{words}");
        assert!(words.contains("begun"), "{words}");
    }

    #[tokio::test]
    async fn what_a_failing_program_complained_of_is_told() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo broken >&2; exit 3"]);
        let error = run("the failing one", &mut command, Duration::from_secs(30))
            .await
            .unwrap_err();
        assert!(error.to_string().contains("broken"), "{error}");
    }
}
