//! How a channel's configuration changes: a tree of groups, values and policies, and an update of it that names what it
//! relies on (the read set) and what shall be (the write set).
//!
//! Every element has a version. The read set's must be the current ones; an element of the write set that is new has
//! version 0, one that changes has the next version and needs the signatures that its current modification policy asks
//! for. An element with the version of the read set is only named, not changed.
//!
//! Source: Fabric `common/configtx/update.go`, `configmap.go`, `validator.go`.

mod element;
mod error;
mod name;
mod update;

pub use error::UpdateError;
pub use update::apply;

#[cfg(test)]
mod tests;
