//! Chains from a certificate to a root, as Go's `crypto/x509` builds them for Fabric.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::MspError;
use crate::{Certificate, sha256};

/// How many signatures one search may check, as in Go.
const SIGNATURE_BUDGET: usize = 100;

/// Roots and intermediates.
#[derive(Debug, Clone)]
pub(super) struct Authorities {
    roots: Vec<Certificate>,
    intermediates: Vec<Certificate>,
    names: [&'static str; 2],
    /// Authorities that stand above an intermediate: they may not issue identities themselves.
    internal: BTreeSet<[u8; 32]>,
}

impl Authorities {
    /// Reads PEM certificates, each group with the name that errors give it.
    pub(super) fn read(groups: [(&'static str, &Vec<Bytes>); 2]) -> Result<Self, MspError> {
        let [roots, intermediates] = groups.map(|(name, pems)| {
            let read =
                |pem: &Bytes| Certificate::from_pem(pem).map_err(|source| MspError::Certificate { name, source });
            pems.iter().map(read).collect::<Result<Vec<_>, _>>()
        });
        let names = groups.map(|(name, _)| name);
        Ok(Self {
            roots: roots?,
            intermediates: intermediates?,
            names,
            internal: BTreeSet::new(),
        })
    }

    /// Checks that each authority is one, and marks those above others.
    pub(super) fn check(&mut self, revoked: impl Fn(&Certificate, &[Certificate]) -> bool) -> Result<(), MspError> {
        let [roots, intermediates] = self.names;
        let named = self.roots.iter().map(|root| (roots, root));
        let mut internal = BTreeSet::new();
        for (name, authority) in named.chain(self.intermediates.iter().map(|one| (intermediates, one))) {
            let fail = |reason: String| {
                let subject = authority.subject_common_name().unwrap_or("(no common name)").to_owned();
                MspError::Authority { name, subject, reason }
            };
            if !authority.is_ca() {
                return Err(fail("its basic constraints do not say CA".to_owned()));
            }
            if authority.subject_key_id().is_none() {
                return Err(fail("it has no subject key identifier".to_owned()));
            }
            let above = self.chain_above(authority).map_err(fail)?;
            if revoked(authority, &above) {
                return Err(fail("it has been revoked".to_owned()));
            }
            internal.extend(above.iter().map(|one| *one.canonical_hash()));
        }
        self.internal = internal;
        Ok(())
    }

    /// The authorities from the issuer of an identity's certificate to the root.
    pub(super) fn chain_of_identity(&self, certificate: &Certificate) -> Result<Vec<Certificate>, String> {
        let chain = self.chain_above(certificate)?;
        match chain.first() {
            None => Err("it is itself a root".to_owned()),
            Some(issuer) if self.internal.contains(issuer.canonical_hash()) => {
                Err("its issuer stands above another authority and may not issue identities".to_owned())
            }
            Some(_) => Ok(chain),
        }
    }

    /// The hash of the chain that starts with `certificate`, one of these authorities that has none beneath it.
    pub(super) fn hash_from(&self, certificate: &Certificate) -> Option<[u8; 32]> {
        let same = |one: &&Certificate| one.canonical_hash() == certificate.canonical_hash();
        if let Some(root) = self.roots.iter().find(same) {
            return Some(chain_hash(std::slice::from_ref(root)));
        }
        let own = self.intermediates.iter().find(same)?;
        if self.internal.contains(own.canonical_hash()) {
            return None;
        }
        let mut chain = vec![own.clone()];
        chain.extend(self.chain_above(own).ok()?);
        Some(chain_hash(&chain))
    }

    /// The one chain above a certificate, without it; empty when the certificate is itself a root.
    fn chain_above(&self, certificate: &Certificate) -> Result<Vec<Certificate>, String> {
        if self.roots.contains(certificate) {
            return Ok(Vec::new());
        }
        usable(certificate)?;
        let mut search = Search {
            authorities: self,
            // Fabric checks at one second after the certificate's own start, so that age alone never invalidates.
            at: certificate.not_before().saturating_add(1),
            budget: SIGNATURE_BUDGET,
            found: Vec::new(),
            reason: "no authority of the MSP has the name of its issuer".to_owned(),
        };
        if search.at > certificate.not_after() {
            return Err("its validity is shorter than a second".to_owned());
        }
        search.extend(certificate, &mut Vec::new());
        match (search.found.pop(), search.found.is_empty()) {
            (Some(chain), true) => Ok(chain),
            (Some(_), false) => Err("more than one chain leads to a root".to_owned()),
            (None, _) => Err(search.reason),
        }
    }
}

/// SHA-256 over the canonical certificates of a chain: Fabric's certifiers identifier.
pub(super) fn chain_hash(chain: &[Certificate]) -> [u8; 32] {
    let bytes: Vec<&[u8]> = chain.iter().map(|one| one.canonical_der().as_ref()).collect();
    sha256(&bytes.concat())
}

struct Search<'a> {
    authorities: &'a Authorities,
    at: i64,
    budget: usize,
    found: Vec<Vec<Certificate>>,
    reason: String,
}

impl Search<'_> {
    fn extend(&mut self, child: &Certificate, chain: &mut Vec<Certificate>) {
        let authorities = self.authorities;
        for (candidates, is_root) in [(&authorities.roots, true), (&authorities.intermediates, false)] {
            for parent in candidates.iter().filter(|parent| parent.subject() == child.issuer()) {
                if chain.contains(parent) || parent == child {
                    continue;
                }
                match self.accepts(parent, child, chain.len()) {
                    Err(reason) => self.reason = reason,
                    Ok(()) => {
                        chain.push(parent.clone());
                        if is_root {
                            self.found.push(chain.clone());
                        } else {
                            self.extend(parent, chain);
                        }
                        chain.pop();
                    }
                }
            }
        }
    }

    /// Whether `parent` may stand over `child` with `below` authorities between it and the certificate in question.
    fn accepts(&mut self, parent: &Certificate, child: &Certificate, below: usize) -> Result<(), String> {
        let name = parent.subject_common_name().unwrap_or("(no common name)").to_owned();
        usable(parent)?;
        if !parent.may_issue_over(below) {
            return Err(format!("{name} may not sign certificates at this place of a chain"));
        }
        if !(parent.not_before()..=parent.not_after()).contains(&self.at) {
            return Err(format!("{name} was not valid when the certificate's validity began"));
        }
        self.budget = self
            .budget
            .checked_sub(1)
            .ok_or("its chain needs too many signature checks")?;
        child
            .verify_signed_by(parent)
            .map_err(|error| format!("signature of {name}: {error}"))
    }
}

/// What must hold of every certificate in a chain.
fn usable(certificate: &Certificate) -> Result<(), String> {
    if let Some(extension) = certificate.unhandled_extension() {
        return Err(format!("extension {extension} is critical and not evaluated here"));
    }
    if !certificate.allows_server_use() {
        return Err("its extended key usage names neither server authentication nor any usage".to_owned());
    }
    Ok(())
}
