mod bounds;
mod ending;
mod fuzz;
mod handshake;
mod requests;
mod wire;
mod writes;

use std::time::Duration;

use bytes::Bytes;

use crate::{ShimError, Stub};

/// A limit that a test waits out.
const SHORT: Duration = Duration::from_millis(50);

/// Answers with the value of one key.
async fn get(stub: Stub) -> Result<Bytes, ShimError> {
    Ok(stub.get_state("key").await?.unwrap_or_default())
}
