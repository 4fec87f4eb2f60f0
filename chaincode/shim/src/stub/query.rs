use bytes::Bytes;
use fabric_protos::protos::{GetHistoryForKey, GetQueryResult, QueryMetadata, chaincode_message::Type};
use prost::Message as _;

use crate::{HistoryIterator, Page, ShimError, StateIterator, Stub, composite_key, request};

/// Fabric's start of the simple keys, used where a range has none; composite keys lie before it.
const FIRST_SIMPLE_KEY: &str = "\u{1}";

impl Stub {
    /// The simple keys from `start` up to, and without, `end`. An empty `start` is the first simple key, an empty `end`
    /// the end of all keys. The range becomes part of the read set, so a key that appears in it makes the transaction
    /// invalid.
    ///
    /// The peer cuts a result silently at its `ledger.state.totalQueryLimit`. To be sure of the whole, ask again from
    /// the [successor](composite_key::successor) of the last key until the answer is empty. Each answer is in the read
    /// set up to where it was cut, so that together they guard the whole range. Endorsing peers must share the limit:
    /// the places of the cuts are part of what they sign.
    ///
    /// # Errors
    /// If a bound is a composite key, or the peer fails.
    pub async fn range(&self, start: &str, end: &str) -> Result<StateIterator, ShimError> {
        let start = simple_range(start, end)?;
        Ok(self.open_range("", start, end, &[]).await?.0)
    }

    /// One page of a range. It is not part of the read set, and the peer refuses writes in the same transaction.
    /// Pass the page's bookmark to get the next.
    ///
    /// # Errors
    /// As [`range`](Self::range), or if writes are buffered and the peer refuses the query after them.
    pub async fn range_with_pagination(
        &self,
        start: &str,
        end: &str,
        page_size: i32,
        bookmark: &str,
    ) -> Result<Page, ShimError> {
        let start = simple_range(start, end)?;
        self.page(start, end, page_size, bookmark).await
    }

    /// The composite keys that start with the given parts. See [`range`](Self::range).
    ///
    /// # Errors
    /// If a part cannot be in a key, or the peer fails.
    pub async fn partial_composite_key<A: AsRef<str> + Sync>(
        &self,
        object_type: &str,
        attributes: &[A],
    ) -> Result<StateIterator, ShimError> {
        let (start, end) = composite_key::partial_range(object_type, attributes)?;
        Ok(self.open_range("", &start, &end, &[]).await?.0)
    }

    /// The rest of [`partial_composite_key`](Self::partial_composite_key): the keys after `last`, which is one of that
    /// range. It may be cut as well; only an empty answer says that there are no more.
    ///
    /// # Errors
    /// As there, or if `last` does not start with the given parts.
    pub async fn partial_composite_key_after<A: AsRef<str> + Sync>(
        &self,
        object_type: &str,
        attributes: &[A],
        last: &str,
    ) -> Result<StateIterator, ShimError> {
        let (start, end) = composite_key::partial_range(object_type, attributes)?;
        if !last.starts_with(&start) {
            let reason = format!("{last:?} is not a key of the range that starts with {start:?}");
            return Err(ShimError::Argument(reason));
        }
        let next = composite_key::successor(last);
        Ok(self.open_range("", &next, &end, &[]).await?.0)
    }

    /// The composite keys that start with the given parts and go on with at least `from` and less than `to`. To read on after an
    /// answer that may have been cut, pass what follows the parts in the last key, and U+0000.
    ///
    /// # Errors
    /// As [`partial_composite_key`](Self::partial_composite_key).
    pub async fn composite_key_span<A: AsRef<str> + Sync>(
        &self,
        object_type: &str,
        attributes: &[A],
        from: &str,
        to: &str,
    ) -> Result<StateIterator, ShimError> {
        let start = composite_key::build(object_type, attributes)?;
        let (from, to) = (format!("{start}{from}"), format!("{start}{to}"));
        Ok(self.open_range("", &from, &to, &[]).await?.0)
    }

    /// One page of [`partial_composite_key`](Self::partial_composite_key), as
    /// [`range_with_pagination`](Self::range_with_pagination).
    ///
    /// # Errors
    /// As those.
    pub async fn partial_composite_key_with_pagination<A: AsRef<str> + Sync>(
        &self,
        object_type: &str,
        attributes: &[A],
        page_size: i32,
        bookmark: &str,
    ) -> Result<Page, ShimError> {
        let (start, end) = composite_key::partial_range(object_type, attributes)?;
        self.page(&start, &end, page_size, bookmark).await
    }

    /// One page of all composite keys.
    ///
    /// # Errors
    /// As [`range_with_pagination`](Self::range_with_pagination).
    pub async fn composite_keys_with_pagination(&self, page_size: i32, bookmark: &str) -> Result<Page, ShimError> {
        let start = composite_key::SEPARATOR.to_string();
        let end = format!("{start}{}", composite_key::LAST);
        self.page(&start, &end, page_size, bookmark).await
    }

    /// The changes of one key, newest first. Not part of the read set. Needs the peer's history database.
    ///
    /// # Errors
    /// If the peer keeps no history, or fails.
    pub async fn history(&self, key: &str) -> Result<HistoryIterator, ShimError> {
        let payload = GetHistoryForKey { key: key.to_owned() }.encode_to_vec();
        Ok(
            HistoryIterator::open(self.0.clone(), Type::GetHistoryForKey, payload.into())
                .await?
                .0,
        )
    }

    /// A query in the state database's own language, which the peer passes on. Not checked again at commit.
    ///
    /// # Errors
    /// If the state database has no queries, or the peer fails.
    pub async fn query(&self, query: &str) -> Result<StateIterator, ShimError> {
        Ok(self.open_query("", query, Bytes::new()).await?.0)
    }

    /// One page of [`query`](Self::query), as [`range_with_pagination`](Self::range_with_pagination).
    ///
    /// # Errors
    /// As those.
    pub async fn query_with_pagination(&self, query: &str, page_size: i32, bookmark: &str) -> Result<Page, ShimError> {
        self.flush().await?;
        Page::read(self.open_query("", query, page_metadata(page_size, bookmark)).await?).await
    }

    async fn page(&self, start: &str, end: &str, page_size: i32, bookmark: &str) -> Result<Page, ShimError> {
        // The peer refuses one of the two, and should say so where Go would hear it.
        self.flush().await?;
        Page::read(
            self.open_range("", start, end, &page_metadata(page_size, bookmark))
                .await?,
        )
        .await
    }

    pub(super) async fn open_range(
        &self,
        collection: &str,
        start: &str,
        end: &str,
        metadata: &[u8],
    ) -> Result<(StateIterator, Bytes), ShimError> {
        let payload = request::range(collection, start, end, metadata);
        StateIterator::open(self.0.clone(), Type::GetStateByRange, payload).await
    }

    pub(super) async fn open_query(
        &self,
        collection: &str,
        query: &str,
        metadata: Bytes,
    ) -> Result<(StateIterator, Bytes), ShimError> {
        let request = GetQueryResult {
            query: query.to_owned(),
            collection: collection.to_owned(),
            metadata,
        };
        StateIterator::open(self.0.clone(), Type::GetQueryResult, request.encode_to_vec().into()).await
    }
}

/// Checks the bounds of a range of simple keys, and gives its start.
pub(super) fn simple_range<'a>(start: &'a str, end: &str) -> Result<&'a str, ShimError> {
    for key in [start, end] {
        if key.starts_with(composite_key::SEPARATOR) {
            return Err(ShimError::Argument(format!(
                "first character of the key [{key}] contains a null character which is not allowed"
            )));
        }
    }
    Ok(if start.is_empty() { FIRST_SIMPLE_KEY } else { start })
}

fn page_metadata(page_size: i32, bookmark: &str) -> Bytes {
    QueryMetadata {
        page_size,
        bookmark: bookmark.to_owned(),
    }
    .encode_to_vec()
    .into()
}
