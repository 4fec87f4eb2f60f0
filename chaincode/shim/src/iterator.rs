use std::{collections::VecDeque, marker::PhantomData, sync::Arc};

use bytes::Bytes;
use fabric_protos::{
    protos::{
        QueryResponse, QueryResponseMetadata, QueryResultBytes, QueryStateClose, QueryStateNext,
        chaincode_message::Type,
    },
    queryresult,
};
use prost::Message;
use prost_types::Timestamp;

use crate::{ShimError, transaction::Transaction};

/// A key of the ledger and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyValue {
    /// The key.
    pub key: String,
    /// Its committed value.
    pub value: Bytes,
}

/// One past change of a key.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyModification {
    /// The transaction that made it.
    pub transaction_id: String,
    /// The value written; empty for a deletion.
    pub value: Bytes,
    /// The client's own clock: informational only.
    pub timestamp: Option<Timestamp>,
    /// Whether the key was deleted.
    pub is_delete: bool,
}

/// One page of a query that the peer cut to a size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The results.
    pub items: Vec<KeyValue>,
    /// Where the next page starts; empty after the last.
    pub bookmark: String,
}

/// Results by key, in the order of the keys' bytes.
pub type StateIterator = QueryIterator<KeyValue>;
/// Changes of one key, newest first.
pub type HistoryIterator = QueryIterator<KeyModification>;

/// Walks a query's results, fetching the peer's pages of 100 as it goes.
///
/// An exhausted iterator costs no closing request: the peer has released it
/// (core/chaincode/query_response_generator.go). One dropped early is closed before the transaction's next query, or
/// by its end.
#[derive(Debug)]
pub struct QueryIterator<T> {
    transaction: Arc<Transaction>,
    results: VecDeque<QueryResultBytes>,
    id: String,
    has_more: bool,
    /// Set while a page is on its way: if that is cut short, its results are lost and going on would skip them.
    fetching: bool,
    kind: PhantomData<fn() -> T>,
}

impl<T: QueryResult> QueryIterator<T> {
    /// Opens a query, after closing what earlier ones left open.
    pub(crate) async fn open(
        transaction: Arc<Transaction>,
        kind: Type,
        payload: Bytes,
    ) -> Result<(Self, Bytes), ShimError> {
        while let Some(id) = transaction.take_abandoned() {
            close(&transaction, id).await?;
        }
        let response = read_response(&transaction.ask(kind, payload).await?, kind)?;
        let metadata = response.metadata.clone();
        let mut iterator = Self {
            transaction,
            results: VecDeque::new(),
            id: String::new(),
            has_more: false,
            fetching: false,
            kind: PhantomData,
        };
        iterator.accept(response)?;
        Ok((iterator, metadata))
    }

    /// The next result, or `None` after the last.
    ///
    /// # Errors
    /// If the peer fails to deliver the next page, or sends what does not decode; from then on, always.
    pub async fn next(&mut self) -> Result<Option<T>, ShimError> {
        if self.results.is_empty() && self.has_more {
            if std::mem::replace(&mut self.fetching, true) {
                return Err(ShimError::argument("the iterator lost a page: start the query again"));
            }
            let payload = QueryStateNext { id: self.id.clone() }.encode_to_vec();
            let answer = self.transaction.ask(Type::QueryStateNext, payload.into()).await?;
            self.accept(read_response(&answer, Type::QueryStateNext)?)?;
            self.fetching = false;
        }
        self.results
            .pop_front()
            .map(|result| T::read(result.result_bytes))
            .transpose()
    }

    /// The results that are left, at most `limit` of them; further ones are abandoned.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn take(mut self, limit: usize) -> Result<Vec<T>, ShimError> {
        let mut items = Vec::new();
        while items.len() < limit {
            match self.next().await? {
                Some(item) => items.push(item),
                None => break,
            }
        }
        Ok(items)
    }

    /// Releases the query at the peer, if the peer has not done so itself.
    ///
    /// # Errors
    /// If the peer refuses.
    pub async fn close(mut self) -> Result<(), ShimError> {
        if !std::mem::take(&mut self.has_more) {
            return Ok(());
        }
        close(&self.transaction, std::mem::take(&mut self.id)).await
    }

    fn accept(&mut self, response: QueryResponse) -> Result<(), ShimError> {
        if response.has_more && response.results.is_empty() {
            return Err(ShimError::Malformed("a query: an empty page that promises more"));
        }
        self.has_more = response.has_more;
        self.results = response.results.into();
        self.id = response.id;
        if !self.has_more {
            self.transaction.metrics().closes_elided.increment();
        }
        Ok(())
    }
}

impl<T> Drop for QueryIterator<T> {
    fn drop(&mut self) {
        if self.has_more {
            self.transaction.abandon(std::mem::take(&mut self.id));
        }
    }
}

async fn close(transaction: &Transaction, id: String) -> Result<(), ShimError> {
    transaction.metrics().closes_sent.increment();
    let payload = QueryStateClose { id }.encode_to_vec();
    transaction.ask(Type::QueryStateClose, payload.into()).await.map(drop)
}

fn read_response(answer: &Bytes, kind: Type) -> Result<QueryResponse, ShimError> {
    QueryResponse::decode(answer.clone()).map_err(|_| ShimError::Malformed(kind.as_str_name()))
}

impl Page {
    pub(crate) async fn read((mut iterator, metadata): (StateIterator, Bytes)) -> Result<Self, ShimError> {
        let metadata =
            QueryResponseMetadata::decode(metadata).map_err(|_| ShimError::Malformed("a paginated query"))?;
        let mut items = Vec::with_capacity(iterator.results.len());
        while let Some(item) = iterator.next().await? {
            items.push(item);
        }
        Ok(Self {
            items,
            bookmark: metadata.bookmark,
        })
    }
}

/// What a query may yield. Sealed: [`KeyValue`] and [`KeyModification`].
pub trait QueryResult: Sized + private::Sealed {
    #[doc(hidden)]
    fn read(bytes: Bytes) -> Result<Self, ShimError>;
}

mod private {
    pub trait Sealed {}
    impl Sealed for super::KeyValue {}
    impl Sealed for super::KeyModification {}
}

impl QueryResult for KeyValue {
    fn read(bytes: Bytes) -> Result<Self, ShimError> {
        let queryresult::Kv { key, value, .. } = decode(bytes)?;
        Ok(Self { key, value })
    }
}

impl QueryResult for KeyModification {
    fn read(bytes: Bytes) -> Result<Self, ShimError> {
        let queryresult::KeyModification {
            tx_id,
            value,
            timestamp,
            is_delete,
        } = decode(bytes)?;
        Ok(Self {
            transaction_id: tx_id,
            value,
            timestamp,
            is_delete,
        })
    }
}

fn decode<M: Message + Default>(bytes: Bytes) -> Result<M, ShimError> {
    M::decode(bytes).map_err(|_| ShimError::Malformed("a query"))
}
