//! A child that must not outlive its parent.

use std::io;
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};

use crate::exit::Exit;

/// How long the process may drain after its parent is gone.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);

/// Ends this process once stdin ends: the parent holds the other end, so even a killed parent closes it.
///
/// First SIGTERM, so that what runs here can drain; after five seconds the process exits.
pub fn exit_with_parent() {
    std::thread::spawn(|| {
        let _until_the_parent_is_gone = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _drains = kill_process(getpid(), Signal::TERM);
        // Nobody unparks this thread: it is the limit of the drain.
        std::thread::park_timeout(DRAIN_LIMIT);
        std::process::exit(i32::from(Exit::Done.number()));
    });
}
