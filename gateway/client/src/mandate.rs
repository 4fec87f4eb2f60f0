//! Standing mandates: the user's own signature under what it will confirm.

use der_api::mandate::MandateTerms;
use der_api::reply::MandateView;
use der_api::request::{GrantMandate, QueryMandate, RevokeMandate};

use crate::meter::hex_bytes;
use crate::{ClientError, MarketClient, Receipt};

impl MarketClient {
    /// Signs a mandate and grants it; it replaces the one before.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code; a key that does not sign.
    pub async fn grant_mandate(&self, terms: MandateTerms) -> Result<Receipt<MandateView>, ClientError> {
        self.submit(&self.signed_mandate(terms)?).await
    }

    /// A mandate with the caller's signature, ready to be sent.
    ///
    /// # Errors
    /// A key that does not sign.
    pub fn signed_mandate(&self, terms: MandateTerms) -> Result<GrantMandate, ClientError> {
        let signature = self
            .signer
            .sign(&terms.canonical_bytes()?)
            .map_err(|e| ClientError::key(&e))?;
        let signature = hex_bytes(signature)?;
        Ok(GrantMandate { terms, signature })
    }

    /// Ends the caller's mandate.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code.
    pub async fn revoke_mandate(&self, request: &RevokeMandate) -> Result<Receipt<MandateView>, ClientError> {
        self.submit(request).await
    }

    /// A participant's standing mandate.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code.
    pub async fn mandate(&self, request: &QueryMandate) -> Result<MandateView, ClientError> {
        self.query(request).await
    }
}
