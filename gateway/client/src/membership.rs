//! Whom a client names as endorsers, as far as it knows.

use std::sync::{Arc, PoisonError, RwLock};

use der_api::Function;
use der_api::Organisations;
use der_api::endorsers::{Naming, endorsing_organisations};
use der_market::id::MspId;

/// The members, and how many more than their majority to name. Shared by the clones of a client.
#[derive(Debug, Clone)]
pub(crate) struct Membership(Arc<RwLock<Known>>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    organisations: Organisations,
    surplus: usize,
}

impl Membership {
    pub(crate) fn new(organisations: Organisations) -> Self {
        Self(Arc::new(RwLock::new(Known {
            organisations,
            surplus: 0,
        })))
    }

    fn known(&self) -> Known {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, known: Known) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = known;
    }

    pub(crate) fn organisations(&self) -> Organisations {
        self.known().organisations
    }

    /// Takes what the ledger says; true where it is news.
    pub(crate) fn learn(&self, organisations: Organisations) -> bool {
        let news = self.known().organisations != organisations;
        if news {
            self.set(Known {
                organisations,
                surplus: 0,
            });
        }
        news
    }

    /// Names one more from now on; false where all are named already.
    pub(crate) fn widen(&self) -> bool {
        let mut known = self.known();
        known.surplus += 1;
        let members = known.organisations.members().len();
        let wider = known.organisations.majority() + known.surplus <= members;
        if wider {
            self.set(known);
        }
        wider
    }

    pub(crate) fn endorsers(&self, function: Function, caller: &MspId, absent: &[MspId]) -> Vec<MspId> {
        let known = self.known();
        let naming = Naming {
            surplus: known.surplus,
            absent: absent.to_vec(),
        };
        endorsing_organisations(function, &known.organisations, caller, &naming)
    }
}
