//! The log of `der` itself: warnings of the client, on stderr.

use tracing_subscriber::EnvFilter;

use crate::failure::Failure;
use crate::output::animates;

/// The variable that filters the log, for example `info` or `fabric_gateway=debug`.
const VARIABLE: &str = "DER_LOG";

/// Starts the log, once; what `DER_LOG` does not ask for is shown from warnings upward.
///
/// # Errors
/// When `DER_LOG` is no log filter.
pub(crate) fn start() -> Result<(), Failure> {
    let words = std::env::var(VARIABLE).unwrap_or_else(|_| "warn".to_owned());
    let filter = EnvFilter::try_new(&words)
        .map_err(|error| Failure::usage(format!("{VARIABLE}={words}: {error}")).advise("Give warn, info or debug."))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A second start keeps the first one's filter.
    let _already_started = log.with_ansi(animates()).try_init();
    Ok(())
}
