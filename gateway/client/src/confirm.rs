//! Confirming a contract: the user's own signature over terms the user has seen.

use der_api::contract::ContractTerms;
use der_api::reply::AnswerAccepted;
use der_api::request::{Confirm, QueryContract};
use der_market::id::{ContractId, ParticipantId};
use der_market::slot::Auction;

use crate::meter::hex_bytes;
use crate::{ClientError, MarketClient, Receipt};

impl MarketClient {
    /// Reads a proposed contract, checks that it is the one asked for and that the caller is its party, and signs it.
    ///
    /// # Errors
    /// [`der_api::ErrorCode::NotParty`] where the caller is no party, [`der_api::ErrorCode::ReplyUnreadable`] where
    /// the peer showed other terms than it was asked for or a hash that is not theirs, and all of
    /// [`MarketClient::submit`].
    pub async fn confirm(
        &self,
        auction: impl Into<Auction>,
        contract: &ContractId,
    ) -> Result<Receipt<AnswerAccepted>, ClientError> {
        let confirmation = self.confirmation(auction, contract, None).await?;
        self.act(&confirmation).await
    }

    /// As [`MarketClient::confirm`], for a principal who delegated it to the caller.
    ///
    /// # Errors
    /// As [`MarketClient::confirm`].
    pub async fn confirm_for(
        &self,
        principal: &ParticipantId,
        auction: impl Into<Auction>,
        contract: &ContractId,
    ) -> Result<Receipt<AnswerAccepted>, ClientError> {
        let confirmation = self.confirmation(auction, contract, Some(principal.clone())).await?;
        self.act(&confirmation).await
    }

    /// The request by which [`MarketClient::confirm`] confirms, or an agent for its principal, signed and not sent.
    ///
    /// # Errors
    /// As [`MarketClient::confirm`].
    pub async fn confirmation(
        &self,
        auction: impl Into<Auction>,
        contract: &ContractId,
        principal: Option<ParticipantId>,
    ) -> Result<Confirm, ClientError> {
        let slot = auction.into();
        let view = self
            .await_query(&QueryContract {
                slot,
                contract: contract.clone(),
            })
            .await?;
        if (view.terms.slot, &view.terms.contract) != (slot, contract) || view.terms.hash()? != view.hash {
            return Err(ClientError::unreadable(
                "the peer showed another contract, or a hash that is not its own",
            ));
        }
        self.signed(&view.terms, principal)
    }

    /// Signs exactly these terms; the contract refuses the signature if the ledger holds others.
    ///
    /// # Errors
    /// As [`MarketClient::confirm`].
    pub async fn confirm_terms(&self, terms: &ContractTerms) -> Result<Receipt<AnswerAccepted>, ClientError> {
        self.act(&self.signed(terms, None)?).await
    }

    fn signed(&self, terms: &ContractTerms, participant: Option<ParticipantId>) -> Result<Confirm, ClientError> {
        let party = participant.as_ref().unwrap_or_else(|| self.participant());
        if ![&terms.buyer, &terms.seller].contains(&party) {
            return Err(ClientError::not_party(party, &terms.contract));
        }
        let signature = self
            .signer
            .sign(&terms.canonical_bytes()?)
            .map_err(|e| ClientError::key(&e))?;
        let (slot, contract) = (terms.slot, terms.contract.clone());
        Ok(Confirm {
            slot,
            contract,
            signature: hex_bytes(signature)?,
            participant,
        })
    }
}
