//! Delegation: the principal's own signature under what an agent may do for it.

use der_api::delegation::DelegationTerms;
use der_api::reply::DelegationView;
use der_api::request::GrantDelegation;

use crate::meter::hex_bytes;
use crate::{ClientError, MarketClient, Receipt};

impl MarketClient {
    /// Signs a delegation and grants it; it replaces the one that this agent had.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code; a key that does not sign.
    pub async fn grant_delegation(&self, terms: DelegationTerms) -> Result<Receipt<DelegationView>, ClientError> {
        self.submit(&self.signed_delegation(terms)?).await
    }

    /// A delegation with the caller's signature, ready to be sent.
    ///
    /// # Errors
    /// A key that does not sign.
    pub fn signed_delegation(&self, terms: DelegationTerms) -> Result<GrantDelegation, ClientError> {
        let signature = self
            .signer
            .sign(&terms.canonical_bytes()?)
            .map_err(|e| ClientError::key(&e))?;
        let signature = hex_bytes(signature)?;
        Ok(GrantDelegation { terms, signature })
    }
}
