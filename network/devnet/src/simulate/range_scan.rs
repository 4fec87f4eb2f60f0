//! A range query in progress: rows from the snapshot, and what phantom validation needs of them.

use std::{fmt, iter::Peekable};

use fabric_protos::kvrwset::{KvRead, RangeQueryInfo};

use crate::{
    ledger::{LedgerError, Snapshot, VersionedEntry, VersionedValue},
    range_digest::RangeDigest,
};

pub(super) struct RangeScan {
    namespace: String,
    end: String,
    rows: Peekable<Box<dyn Iterator<Item = VersionedEntry> + Send>>,
    info: RangeQueryInfo,
    reads: RangeDigest,
}

impl RangeScan {
    pub(super) fn open(snapshot: &Snapshot, namespace: &str, start: &str, end: &str) -> Result<Self, LedgerError> {
        let rows: Box<dyn Iterator<Item = VersionedEntry> + Send> = Box::new(snapshot.range(namespace, start, end)?);
        Ok(Self {
            namespace: namespace.to_owned(),
            end: end.to_owned(),
            rows: rows.peekable(),
            info: RangeQueryInfo {
                start_key: start.to_owned(),
                ..RangeQueryInfo::default()
            },
            reads: RangeDigest::default(),
        })
    }

    /// The next row, recorded as read; `None` at the end, which is recorded too.
    pub(super) fn next(&mut self) -> Result<Option<(String, VersionedValue)>, LedgerError> {
        let Some((key, value)) = self.rows.next().transpose()? else {
            self.info.itr_exhausted = true;
            self.info.end_key.clone_from(&self.end);
            return Ok(None);
        };
        self.reads.add(KvRead {
            key: key.clone(),
            version: Some(value.version.into()),
        });
        self.info.end_key.clone_from(&key);
        Ok(Some((key, value)))
    }

    /// The key after the last row handed out: the next page's start. Empty when there is none.
    pub(super) fn bookmark(&mut self) -> String {
        match self.rows.peek() {
            Some(Ok((key, _))) => key.clone(),
            _ => String::new(),
        }
    }

    pub(super) fn finish(self) -> (String, RangeQueryInfo) {
        (
            self.namespace,
            RangeQueryInfo {
                reads_info: self.reads.finish(),
                ..self.info
            },
        )
    }
}

impl fmt::Debug for RangeScan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RangeScan")
            .field("namespace", &self.namespace)
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}
