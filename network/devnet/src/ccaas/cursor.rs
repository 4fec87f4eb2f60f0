//! A query's results, page by page. Source: `query_response_generator.go`, `pending_query_result.go`.

use std::collections::VecDeque;

use bytes::Bytes;
use fabric_protos::{
    protos::{QueryResponse, QueryResponseMetadata, QueryResultBytes},
    queryresult::Kv,
};
use prost::Message;

use crate::simulate::{ScanId, SimulationError, Simulator};

/// Results per message (`MaxResultLimit`).
const PAGE: usize = 100;

/// An open query.
#[derive(Debug)]
pub(super) struct Cursor {
    rows: Rows,
    paginated: bool,
    limit: usize,
    returned: usize,
    pending: Vec<QueryResultBytes>,
}

#[derive(Debug)]
enum Rows {
    Range { namespace: String, scan: ScanId },
    Ready(VecDeque<Bytes>),
}

impl Cursor {
    pub(super) fn over_range(namespace: &str, scan: ScanId, limit: usize, paginated: bool) -> Self {
        Self::new(
            Rows::Range {
                namespace: namespace.to_owned(),
                scan,
            },
            limit,
            paginated,
        )
    }

    pub(super) fn over_rows(rows: impl IntoIterator<Item = Bytes>, limit: usize) -> Self {
        Self::new(Rows::Ready(rows.into_iter().collect()), limit, false)
    }

    fn new(rows: Rows, limit: usize, paginated: bool) -> Self {
        Self {
            rows,
            paginated,
            limit,
            returned: 0,
            pending: Vec::new(),
        }
    }

    /// The next message of results. After one without `has_more` the query is over.
    ///
    /// The row after a full page has been read when the page leaves, as on Fabric: it is part of the read set.
    pub(super) fn page(&mut self, id: &str, simulator: &mut Simulator) -> Result<QueryResponse, SimulationError> {
        while self.returned < self.limit {
            let Some(result_bytes) = self.next(simulator)? else {
                break;
            };
            self.returned += 1;
            let full = !self.paginated && self.pending.len() == PAGE;
            let results = if full {
                std::mem::take(&mut self.pending)
            } else {
                Vec::new()
            };
            self.pending.push(QueryResultBytes { result_bytes });
            if full {
                return Ok(QueryResponse {
                    results,
                    has_more: true,
                    id: id.to_owned(),
                    metadata: Bytes::new(),
                });
            }
        }
        let metadata = if self.paginated {
            self.page_metadata(simulator)?
        } else {
            Bytes::new()
        };
        Ok(QueryResponse {
            results: std::mem::take(&mut self.pending),
            has_more: false,
            id: id.to_owned(),
            metadata,
        })
    }

    fn next(&mut self, simulator: &mut Simulator) -> Result<Option<Bytes>, SimulationError> {
        match &mut self.rows {
            Rows::Ready(rows) => Ok(rows.pop_front()),
            Rows::Range { namespace, scan } => Ok(simulator.next(*scan)?.map(|(key, found)| {
                let kv = Kv {
                    namespace: namespace.clone(),
                    key,
                    value: found.value,
                };
                kv.encode_to_vec().into()
            })),
        }
    }

    fn page_metadata(&self, simulator: &mut Simulator) -> Result<Bytes, SimulationError> {
        let bookmark = match &self.rows {
            Rows::Range { scan, .. } => simulator.bookmark(*scan)?,
            Rows::Ready(_) => String::new(),
        };
        let fetched_records_count = i32::try_from(self.returned).unwrap_or(i32::MAX);
        Ok(QueryResponseMetadata {
            fetched_records_count,
            bookmark,
        }
        .encode_to_vec()
        .into())
    }
}
