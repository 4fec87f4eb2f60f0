use std::{fmt, sync::Arc};

/// A step of a commit at which a crash test may end the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultPoint {
    /// Nothing of the block is written.
    BeforeLogAppend,
    /// The frame is written, not yet forced to the disk.
    AfterLogAppend,
    /// The commit point: the frame is on the disk.
    AfterLogSync,
    /// State changes are prepared, not visible.
    BeforeStateCommit,
    /// State is visible; nobody was told.
    AfterStateCommit,
}

/// Called at every [`FaultPoint`] with the block's number. Does nothing unless a test sets it.
#[derive(Clone, Default)]
pub struct FaultHook(Option<Arc<dyn Fn(FaultPoint, u64) + Send + Sync>>);

impl FaultHook {
    /// A hook that calls `callback`.
    pub fn new(callback: impl Fn(FaultPoint, u64) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(callback)))
    }

    pub(crate) fn reach(&self, point: FaultPoint, block: u64) {
        if let Some(callback) = &self.0 {
            callback(point, block);
        }
    }
}

impl fmt::Debug for FaultHook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() {
            "FaultHook(set)"
        } else {
            "FaultHook(none)"
        })
    }
}
