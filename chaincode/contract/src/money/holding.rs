//! What orders hold in advance. It moves rows of their owners alone: their funds and their holds of an auction.

use std::collections::{BTreeMap, BTreeSet};

use der_api::ErrorCode;
use der_market::credit::{CreditRules, HoldRates, Points, Tier, at_entry};
use der_market::id::{OrderId, ParticipantId};
use der_market::journal::Account;
use der_market::order::Order;
use der_market::parameters::{Parameters, Prices, Profile};
use der_market::slot::Auction;
use der_market::units::Money;

use super::funds::{opened, short};
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::key::Key;
use crate::ledger::Answers;
use crate::rows::{CreditDay, Funds, Gate, HeldOrder, Hold};
use crate::schema;
use crate::view::LedgerView;

/// An owner's funds and what its credit allows.
struct Owner {
    funds: Funds,
    tier: Tier,
    owed: Money,
    defaults: u32,
}

/// An auction's rules, where it holds anything.
struct Rules {
    credit: CreditRules,
    prices: Prices,
    profile: Profile,
}

/// Funds and holds of some participants in some auctions, as acts of their owners find and leave them. Auctions without rules of credit
/// hold nothing and nothing is read for them.
#[derive(Default)]
pub(crate) struct Holdings {
    rules: BTreeMap<Auction, Rules>,
    owners: BTreeMap<ParticipantId, Owner>,
    holds: BTreeMap<(ParticipantId, Auction), Hold>,
    moved: BTreeSet<(ParticipantId, Auction)>,
}

impl Holdings {
    /// Reads what these participants hold in these auctions.
    pub(crate) async fn read<V: LedgerView>(
        cx: &Context<'_, V>,
        visits: &BTreeSet<(Auction, ParticipantId)>,
        gates: &BTreeMap<Auction, Gate>,
    ) -> Result<Self, ContractError> {
        let rules = rules(cx, gates).await?;
        let visits: Vec<_> = visits
            .iter()
            .filter(|(auction, _)| rules.contains_key(auction))
            .collect();
        if visits.is_empty() {
            return Ok(Self::default());
        }
        let people: BTreeSet<&ParticipantId> = visits.iter().map(|(_, who)| who).collect();
        let mut keys: Vec<Key> = people.iter().flat_map(|who| owner_keys(who)).collect();
        keys.extend(visits.iter().map(|(auction, who)| schema::hold(who, auction).key));
        let answers = cx.ledger.many(&keys).await?;
        let mut owners = BTreeMap::new();
        for who in people {
            owners.insert(who.clone(), Owner::of(who, &answers)?);
        }
        let mut holds = BTreeMap::new();
        for (auction, who) in visits {
            let hold = answers.get(&schema::hold(who, auction))?;
            holds.insert((who.clone(), *auction), hold.unwrap_or_default());
        }
        Ok(Self {
            rules,
            owners,
            holds,
            moved: BTreeSet::new(),
        })
    }

    /// Holds for an order.
    ///
    /// # Errors
    /// [`ErrorCode::InPaymentDefault`], [`ErrorCode::CreditTooLow`] or [`ErrorCode::InsufficientFunds`].
    pub(crate) fn take(&mut self, auction: Auction, order: &Order) -> Result<(), ContractError> {
        let place = (order.participant.clone(), auction);
        let (Some(rules), Some(owner)) = (self.rules.get(&auction), self.owners.get_mut(&place.0)) else {
            return Ok(());
        };
        owner.require_trading(&place.0)?;
        let held = held(order, rules, owner.tier)?;
        if held.amount == Money::ZERO {
            return Ok(());
        }
        let free = owner.funds.available()?.minus(owner.owed)?;
        if held.amount > free {
            return Err(short(free, held.amount));
        }
        owner.funds.held = owner.funds.held.plus(held.amount)?;
        let hold = self.holds.entry(place.clone()).or_default();
        hold.orders.insert(order.order.clone(), held);
        self.moved.insert(place);
        Ok(())
    }

    /// Gives back what an order holds.
    ///
    /// # Errors
    /// [`ErrorCode::ArithmeticOverflow`] beyond the bounds of money.
    pub(crate) fn give_back(
        &mut self,
        auction: Auction,
        who: &ParticipantId,
        order: &OrderId,
    ) -> Result<(), ContractError> {
        let place = (who.clone(), auction);
        let held = self.holds.get_mut(&place).and_then(|hold| hold.orders.remove(order));
        if let (Some(held), Some(owner)) = (held, self.owners.get_mut(who)) {
            owner.funds.held = owner.funds.held.minus(held.amount)?;
            self.moved.insert(place);
        }
        Ok(())
    }

    /// Puts what has moved.
    pub(crate) fn write(self, decision: &mut Decision) -> Result<(), ContractError> {
        let people: BTreeSet<&ParticipantId> = self.moved.iter().map(|(who, _)| who).collect();
        for (who, owner) in self.owners.iter().filter(|(who, _)| people.contains(who)) {
            decision.put(schema::funds(who), &owner.funds)?;
        }
        for place in &self.moved {
            let at = schema::hold(&place.0, &place.1);
            match self.holds.get(place).filter(|hold| !hold.orders.is_empty()) {
                Some(hold) => decision.put(at, hold)?,
                None => decision.delete(at)?,
            }
        }
        Ok(())
    }
}

impl Owner {
    fn of(who: &ParticipantId, answers: &Answers) -> Result<Self, ContractError> {
        let day: Option<CreditDay> = answers.get(&schema::credit_day(who))?;
        let funds = match answers.get(&schema::funds(who))? {
            Some(funds) => funds,
            None => opened(who, answers)?,
        };
        Ok(Self {
            funds,
            tier: day.as_ref().map_or(Tier::of(Points::START), |day| day.tier),
            owed: day.as_ref().map_or(Money::ZERO, |day| day.owed),
            defaults: day.map_or(0, |day| day.defaults),
        })
    }

    fn require_trading(&self, who: &ParticipantId) -> Result<(), ContractError> {
        if self.defaults > 0 {
            let detail = format!("{who} has a statement in payment default");
            return Err(ContractError::new(ErrorCode::InPaymentDefault, detail));
        }
        if !self.tier.may_trade() {
            let detail = format!("{who} may not trade directly");
            return Err(ContractError::new(ErrorCode::CreditTooLow, detail));
        }
        Ok(())
    }
}

impl Gate {
    /// R and F by which an order holds money: nobody knows yet who its counterparty will be, so R is the highest of the slot.
    pub(super) fn at_entry(&self, parameters: &Parameters) -> Prices {
        let Prices { retail, feed_in } = parameters.prices;
        Prices {
            retail: self.highest_retail.unwrap_or(retail),
            feed_in,
        }
    }
}

async fn rules<V: LedgerView>(
    cx: &Context<'_, V>,
    gates: &BTreeMap<Auction, Gate>,
) -> Result<BTreeMap<Auction, Rules>, ContractError> {
    let mut rules = BTreeMap::new();
    for (auction, gate) in gates {
        if let Some(credit) = gate.credit {
            let parameters = cx.parameters(gate.parameters).await?;
            let of_auction = Rules {
                credit,
                prices: gate.at_entry(&parameters),
                profile: parameters.profile,
            };
            rules.insert(*auction, of_auction);
        }
    }
    Ok(rules)
}

fn owner_keys(who: &ParticipantId) -> [Key; 3] {
    [
        schema::credit_day(who).key,
        schema::funds(who).key,
        schema::opening(&Account::Participant(who.clone())).key,
    ]
}

fn held(order: &Order, rules: &Rules, tier: Tier) -> Result<HeldOrder, ContractError> {
    let rates = HoldRates {
        tier: rules.credit.hold(tier),
        prices: rules.prices,
        profile: rules.profile,
    };
    Ok(HeldOrder {
        side: order.side,
        limit: order.price,
        tier: rates.tier,
        amount: at_entry(order.side, order.price, order.energy_wh, &rates)?,
    })
}
