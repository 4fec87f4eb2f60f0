//! From a changed tree to a signed update, and from there into force.

mod compute;
mod file;
mod in_force;
mod submit;

pub use compute::compute;
pub use file::UpdateFile;
pub(crate) use file::{creator, header};
pub(crate) use in_force::in_force;
pub use submit::{Progress, Submission, submit};
