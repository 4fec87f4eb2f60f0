//! What a transaction function may read.

use std::future::Future;

use der_api::guard::Guard;

use crate::key::{Key, KeyPrefix};

/// One change of a key: the transaction that made it, and the value from then on; none for a deletion.
pub type Changed = (String, Option<Vec<u8>>);

/// The peer could not answer a read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ledger not readable: {0}")]
pub struct ViewError(pub String);

/// Committed state as the transaction sees it: every read is in its read set. There is neither history nor pagination, because
/// those are not validated at commit.
pub trait LedgerView: Sync {
    /// One value.
    ///
    /// # Errors
    /// [`ViewError`] where the peer does not answer.
    fn get(&self, key: &Key) -> impl Future<Output = Result<Option<Vec<u8>>, ViewError>> + Send;

    /// Several values, in the order of their keys.
    ///
    /// # Errors
    /// [`ViewError`] where the peer does not answer.
    fn get_many(&self, keys: &[Key]) -> impl Future<Output = Result<Vec<Option<Vec<u8>>>, ViewError>> + Send;

    /// Every value under a prefix, in key order. A peer may cut a range silently at its query limit: an implementation reads on
    /// from the last key until an empty answer.
    ///
    /// # Errors
    /// [`ViewError`] where the peer does not answer.
    fn range(&self, prefix: &KeyPrefix) -> impl Future<Output = Result<Vec<Vec<u8>>, ViewError>> + Send;

    /// Every value under a prefix whose key's next part is at least `from` and below `to`, in key order. Read as [`LedgerView::range`]
    /// is: to its end, and into the read set.
    ///
    /// # Errors
    /// [`ViewError`] where the peer does not answer, or this view has no spans.
    fn span(
        &self,
        _prefix: &KeyPrefix,
        _from: &str,
        _to: &str,
    ) -> impl Future<Output = Result<Vec<Vec<u8>>, ViewError>> + Send {
        std::future::ready(Err(ViewError("this view has no spans".to_owned())))
    }

    /// The first `most` keys under a prefix, in key order, after one of them or from the beginning. Fewer mean that there are no more.
    ///
    /// For questions only: a page is no whole range, so that nothing can be decided on what it does not hold.
    ///
    /// # Errors
    /// [`ViewError`] where the peer does not answer, or this view has no pages.
    fn page(
        &self,
        _prefix: &KeyPrefix,
        _after: Option<&Key>,
        _most: usize,
    ) -> impl Future<Output = Result<Vec<Key>, ViewError>> + Send {
        std::future::ready(Err(ViewError("this view has no pages".to_owned())))
    }

    /// The MSP ids that a key's guard names; none for a key without a guard. For questions only.
    ///
    /// # Errors
    /// [`ViewError`] where the peer does not answer, the guard cannot be read, or this view has no guards.
    fn guard(&self, _key: &Key) -> impl Future<Output = Result<Option<Vec<String>>, ViewError>> + Send {
        std::future::ready(Err(ViewError("this view has no guards".to_owned())))
    }

    /// Whether a key's guard is exactly this one; none for a key without a guard. For questions only.
    ///
    /// # Errors
    /// [`ViewError`] where the peer does not answer, or this view has no guards.
    fn guarded_by(&self, _key: &Key, _guard: &Guard) -> impl Future<Output = Result<Option<bool>, ViewError>> + Send {
        std::future::ready(Err(ViewError("this view has no guards".to_owned())))
    }

    /// The latest `most` changes of a key, newest first. For questions only: history is in no read set.
    ///
    /// # Errors
    /// [`ViewError`] where the peer keeps no history or does not answer, or this view has none.
    fn history(&self, _key: &Key, _most: usize) -> impl Future<Output = Result<Vec<Changed>, ViewError>> + Send {
        std::future::ready(Err(ViewError("this view has no history".to_owned())))
    }
}
