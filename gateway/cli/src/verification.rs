//! Verifying an exported contract: terms, keys and signatures are all in it.

use der_api::bytes::Digest;
use der_api::delegation::SignedDelegation;
use der_api::mandate::SignedMandate;
use der_api::reply::{Confirmation, ContractView};
use der_market::participant::Side;
use fabric_msp::{Certificate, PublicKey};
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;

/// A contract whose hash and both signatures hold.
#[derive(Debug, Serialize)]
pub struct Verified {
    /// The contract.
    pub contract: String,
    /// The canonical contract hash.
    pub hash: Digest,
    /// The buyer and its key.
    pub buyer: Signatory,
    /// The seller and its key.
    pub seller: Signatory,
}

/// Who signed, and with which key.
#[derive(Debug, Serialize)]
pub struct Signatory {
    /// The participant the terms name.
    pub participant: String,
    /// SHA-256 of the key that signed, as `der participant show` prints it.
    pub key: Digest,
    /// Whether it signed the contract itself, or a mandate that covers it.
    pub by: Word,
    /// Whether a certificate was given and holds the same key.
    pub certificate_checked: bool,
    /// The agent that signed for it, with the SHA-256 of the agent's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<(String, Digest)>,
}

/// How a side gave its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// By its signature under the contract.
    Signature,
    /// By a standing mandate.
    Mandate,
    /// By an agent's signature under the contract, and its own under the delegation.
    Agent,
}

/// Checks hash and signatures of a contract, and the keys against certificates where they are given.
///
/// # Errors
/// [`Exit::Refused`] with what does not hold.
pub fn verify(contract: &ContractView, buyer: Option<&str>, seller: Option<&str>) -> Result<Verified, Failure> {
    let hash = contract.terms.hash().map_err(Failure::internal)?;
    if hash != contract.hash {
        return Err(invalid(format!(
            "its terms hash to {hash}, but it claims {}",
            contract.hash
        )));
    }
    Ok(Verified {
        contract: contract.terms.contract.to_string(),
        hash,
        buyer: signatory(contract, Side::Buyer, buyer)?,
        seller: signatory(contract, Side::Seller, seller)?,
    })
}

fn signatory(contract: &ContractView, side: Side, certificate: Option<&str>) -> Result<Signatory, Failure> {
    let (name, participant) = match side {
        Side::Buyer => ("buyer", &contract.terms.buyer),
        Side::Seller => ("seller", &contract.terms.seller),
    };
    let confirmation = contract
        .confirmations
        .iter()
        .find(|confirmation| confirmation.side == side && confirmation.accepted)
        .ok_or_else(|| invalid(format!("the {name} {participant} has not signed it")))?;
    let key = signing_key(contract, confirmation).map_err(|why| invalid(format!("the {name} {participant}: {why}")))?;
    let agent = confirmation.delegation.as_ref().map(|delegation| {
        let own = delegating_key(contract, side, delegation)?;
        Ok((own, delegation.terms.agent.to_string()))
    });
    let agent = agent
        .transpose()
        .map_err(|why: String| invalid(format!("the {name} {participant}: {why}")))?;
    let (key, agent) = match agent {
        Some((own, agent)) => (own, Some((agent, Digest::of(key.sec1())))),
        None => (key, None),
    };
    if let Some(pem) = certificate {
        same_key(&key, pem).map_err(|why| invalid(format!("the {name} {participant}: {why}")))?;
    }
    Ok(Signatory {
        participant: participant.to_string(),
        key: Digest::of(key.sec1()),
        by: match (&confirmation.mandate, &agent) {
            (Some(_), _) => Word::Mandate,
            (None, Some(_)) => Word::Agent,
            (None, None) => Word::Signature,
        },
        certificate_checked: certificate.is_some(),
        agent,
    })
}

fn signing_key(contract: &ContractView, confirmation: &Confirmation) -> Result<PublicKey, String> {
    if let Some(mandate) = &confirmation.mandate {
        return mandating_key(contract, confirmation.side, mandate);
    }
    let (Some(point), Some(signature)) = (&confirmation.public_key, &confirmation.signature) else {
        return Err("key or signature is missing".into());
    };
    let key = PublicKey::from_sec1(point.as_slice()).map_err(|error| error.to_string())?;
    let bytes = contract.terms.canonical_bytes().map_err(|error| error.to_string())?;
    key.verify(&bytes, signature.as_slice())
        .map_err(|error| format!("the signature does not hold: {error}"))?;
    Ok(key)
}

/// The key that signed a mandate, where the mandate covers this side of the contract.
fn mandating_key(contract: &ContractView, side: Side, mandate: &SignedMandate) -> Result<PublicKey, String> {
    let covers = mandate
        .terms
        .covers(side, &contract.terms)
        .map_err(|error| error.to_string())?;
    if !covers {
        return Err("the mandate does not cover the contract".into());
    }
    let key = PublicKey::from_sec1(mandate.public_key.as_slice()).map_err(|error| error.to_string())?;
    let bytes = mandate.terms.canonical_bytes().map_err(|error| error.to_string())?;
    key.verify(&bytes, mandate.signature.as_slice())
        .map_err(|error| format!("the mandate's signature does not hold: {error}"))?;
    Ok(key)
}

/// The principal's key, where it delegated this side of the contract to the agent.
fn delegating_key(contract: &ContractView, side: Side, delegation: &SignedDelegation) -> Result<PublicKey, String> {
    let terms = &delegation.terms;
    terms
        .require_contract(side, &contract.terms)
        .map_err(|error| error.to_string())?;
    let key = PublicKey::from_sec1(delegation.public_key.as_slice()).map_err(|error| error.to_string())?;
    let bytes = terms.canonical_bytes().map_err(|error| error.to_string())?;
    key.verify(&bytes, delegation.signature.as_slice())
        .map_err(|error| format!("the delegation's signature does not hold: {error}"))?;
    Ok(key)
}

fn same_key(key: &PublicKey, pem: &str) -> Result<(), String> {
    let certificate = Certificate::from_pem(pem.as_bytes()).map_err(|error| error.to_string())?;
    let certified = certificate.public_key().map_err(|error| error.to_string())?;
    match certified.sec1() == key.sec1() {
        true => Ok(()),
        false => Err("the key that signed is not the certificate's".into()),
    }
}

fn invalid(why: String) -> Failure {
    Failure::new(Exit::Refused, format!("the contract does not verify: {why}"))
}

#[cfg(test)]
mod tests {
    use der_api::bytes::{Digest, HexBytes};
    use der_api::contract::ContractTerms;
    use der_api::delegation::{DelegationTerms, SignedDelegation, Verb};
    use der_api::mandate::{Limit, MandateTerms, SignedMandate};
    use der_api::reply::{Confirmation, ContractStatus, ContractView};
    use der_market::parameters::Profile;
    use der_market::participant::Side;
    use der_market::slot::Slot;
    use der_market::units::{Energy, Price};
    use fabric_msp::PrivateKey;

    use super::{Word, verify};
    use crate::exit::Exit;

    fn terms() -> ContractTerms {
        ContractTerms {
            market: "der".parse().unwrap(),
            contract: "100-0".parse().unwrap(),
            slot: Slot::new(100).unwrap().into(),
            buyer: "MicrogridMSP:bob".parse().unwrap(),
            buyer_order: "B-1".parse().unwrap(),
            buyer_point: "PCC-2".parse().unwrap(),
            seller: "EnergyMSP:hydro".parse().unwrap(),
            seller_order: "S-1".parse().unwrap(),
            seller_point: "PCC-1".parse().unwrap(),
            energy_wh: Energy::new(200_000).unwrap(),
            price: Price::new(550_000).unwrap(),
            tariff: Price::new(20_000).unwrap(),
            parameters: 1,
            distances: 1,
            profile: Profile::Paper,
        }
    }

    fn signed(terms: &ContractTerms, side: Side) -> Confirmation {
        let key = PrivateKey::generate().unwrap();
        let signature = key.sign(&terms.canonical_bytes().unwrap()).unwrap();
        Confirmation {
            side,
            accepted: true,
            public_key: HexBytes::new(key.public_key().sec1().to_vec()),
            signature: HexBytes::new(signature),
            mandate: None,
            delegation: None,
        }
    }

    fn mandated(terms: &ContractTerms, price: i64) -> Confirmation {
        let key = PrivateKey::generate().unwrap();
        let limit = Limit {
            energy_wh: terms.energy_wh,
            price: Price::new(price).unwrap(),
        };
        let mandate = MandateTerms {
            market: terms.market.clone(),
            participant: terms.buyer.clone(),
            buy: Some(limit),
            sell: None,
            from: terms.slot.slot,
            until: terms.slot.slot,
        };
        let signature = HexBytes::new(key.sign(&mandate.canonical_bytes().unwrap()).unwrap()).unwrap();
        let public_key = HexBytes::new(key.public_key().sec1().to_vec()).unwrap();
        Confirmation {
            side: Side::Buyer,
            accepted: true,
            public_key: Some(public_key.clone()),
            signature: None,
            mandate: Some(SignedMandate {
                terms: mandate,
                public_key,
                signature,
            }),
            delegation: None,
        }
    }

    #[test]
    fn a_mandate_stands_for_a_signature_as_far_as_it_goes() {
        let mut contract = contract();
        contract.confirmations[0] = mandated(&contract.terms, 570_000);
        let verified = verify(&contract, None, None).unwrap();
        assert_eq!(
            (verified.buyer.by, verified.seller.by),
            (Word::Mandate, Word::Signature)
        );
        let refusal = |contract: &ContractView| verify(contract, None, None).unwrap_err().to_string();
        let mut forged = contract.clone();
        forged.confirmations[0].mandate.as_mut().unwrap().terms.until = Slot::new(101).unwrap();
        assert!(refusal(&forged).contains("mandate's signature does not hold"));
        contract.confirmations[0] = mandated(&contract.terms, 569_999);
        assert!(
            refusal(&contract).contains("does not cover"),
            "price and tariff are above the limit"
        );
    }

    fn by_agent(contract: &ContractView, until: u64) -> Confirmation {
        let key = PrivateKey::generate().unwrap();
        let terms = DelegationTerms {
            market: contract.terms.market.clone(),
            principal: contract.terms.buyer.clone(),
            agent: "MicrogridMSP:aggregator".parse().unwrap(),
            verbs: [Verb::Confirm].into(),
            points: [contract.terms.buyer_point.clone()].into(),
            buy: Some(Limit {
                energy_wh: contract.terms.energy_wh,
                price: Price::new(570_000).unwrap(),
            }),
            sell: None,
            until: Slot::new(until).unwrap(),
        };
        let signature = HexBytes::new(key.sign(&terms.canonical_bytes().unwrap()).unwrap()).unwrap();
        let delegation = SignedDelegation {
            terms,
            public_key: HexBytes::new(key.public_key().sec1().to_vec()).unwrap(),
            signature,
        };
        Confirmation {
            delegation: Some(delegation),
            ..signed(&contract.terms, Side::Buyer)
        }
    }

    #[test]
    fn an_agents_signature_counts_with_the_principals_under_the_delegation() {
        let mut contract = contract();
        contract.confirmations[0] = by_agent(&contract, 100);
        let verified = verify(&contract, None, None).unwrap();
        assert_eq!(verified.buyer.by, Word::Agent);
        assert_eq!(verified.buyer.agent.unwrap().0, "MicrogridMSP:aggregator");
        let refusal = |contract: &ContractView| verify(contract, None, None).unwrap_err().to_string();
        let mut forged = contract.clone();
        forged.confirmations[0].delegation.as_mut().unwrap().terms.until = Slot::new(101).unwrap();
        assert!(refusal(&forged).contains("delegation's signature does not hold"));
        contract.confirmations[0] = by_agent(&contract, 99);
        assert!(refusal(&contract).contains("ends with slot 99"));
    }

    fn contract() -> ContractView {
        let terms = terms();
        let confirmations = vec![signed(&terms, Side::Buyer), signed(&terms, Side::Seller)];
        ContractView {
            hash: terms.hash().unwrap(),
            terms,
            status: ContractStatus::Confirmed,
            confirmations,
        }
    }

    #[test]
    fn a_contract_signed_by_both_verifies_after_its_way_through_json() {
        let json = serde_json::to_string(&contract()).unwrap();
        let verified = verify(&serde_json::from_str(&json).unwrap(), None, None).unwrap();
        assert_eq!(verified.seller.participant, "EnergyMSP:hydro");
        assert_ne!(verified.seller.key, verified.buyer.key);
    }

    #[test]
    fn every_tampering_is_refused() {
        type Tamper = fn(&mut ContractView);
        let cases: [(Tamper, &str); 5] = [
            (|c| c.terms.price = Price::new(540_000).unwrap(), "hash"),
            (|c| c.hash = Digest::of(b"other"), "hash"),
            (
                |c| {
                    c.confirmations.pop();
                },
                "has not signed",
            ),
            (
                |c| c.confirmations[0].signature = c.confirmations[1].signature.clone(),
                "does not hold",
            ),
            (|c| c.confirmations[0].public_key = None, "missing"),
        ];
        for (tamper, says) in cases {
            let mut contract = contract();
            tamper(&mut contract);
            let refused = verify(&contract, None, None).unwrap_err();
            assert_eq!(refused.exit(), Exit::Refused);
            assert!(refused.to_string().contains(says), "{refused}");
        }
    }

    #[test]
    fn a_price_changed_together_with_its_hash_is_refused_by_the_signatures() {
        let mut contract = contract();
        contract.terms.price = Price::new(540_000).unwrap();
        contract.hash = contract.terms.hash().unwrap();
        assert!(
            verify(&contract, None, None)
                .unwrap_err()
                .to_string()
                .contains("does not hold")
        );
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        assert!(verify(&contract(), Some("no certificate"), None).is_err());
    }
}
