//! Settlement events as a typed stream, and a file that never misses or doubles one.

mod file;
mod position;
mod record;
mod stream;

pub use file::{FollowFile, FollowFileError};
pub use position::Position;
pub use record::{Kind, MarketEvent};
pub use stream::{Follow, Start};
