//! What orders hold in advance. It moves rows of their owners alone: their funds and their holds of an auction.

use std::collections::{BTreeMap, BTreeSet};

use der_api::ErrorCode;
use der_market::billing::{Billing, BillingDay};
use der_market::credit::{CreditRules, HoldRates, Points, Tier, at_entry};
use der_market::id::{OrderId, ParticipantId};
use der_market::journal::Account;
use der_market::order::Order;
use der_market::order_rules::Book;
use der_market::parameters::{Parameters, Prices, Profile};
use der_market::slot::Auction;
use der_market::units::{Money, Ppm};

use super::funds::{opened, short};
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::key::Key;
use crate::ledger::Answers;
use crate::rows::{CreditDay, Funds, Gate, HeldOrder, Hold, Lump};
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
    billing: Billing,
}

/// Funds and holds of some participants in some auctions, as acts of their owners find and leave them. Auctions without rules of credit
/// hold nothing and nothing is read for them.
#[derive(Default)]
pub(crate) struct Holdings {
    rules: BTreeMap<Auction, Rules>,
    owners: BTreeMap<ParticipantId, Owner>,
    holds: BTreeMap<(ParticipantId, Auction), Hold>,
    moved: BTreeSet<(ParticipantId, Auction)>,
    /// Whose funds have moved.
    paid: BTreeSet<ParticipantId>,
    /// Money set aside for the days of auctions that take sealed orders.
    lumps: BTreeMap<(ParticipantId, BillingDay), Lump>,
    drawn: BTreeSet<(ParticipantId, BillingDay)>,
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
        let days: BTreeSet<_> = visits
            .iter()
            .filter(|(auction, _)| gates.get(auction).and_then(|gate| gate.book) == Some(Book::Sealed))
            .filter_map(|(auction, who)| Some((who.clone(), rules.get(auction)?.day_of(*auction))))
            .collect();
        keys.extend(days.iter().map(|(who, day)| schema::lump(who, day).key));
        let answers = cx.ledger.many(&keys).await?;
        let mut lumps = BTreeMap::new();
        for (who, day) in days {
            let lump = answers.get(&schema::lump(&who, &day))?;
            lumps.extend(lump.map(|lump| ((who, day), lump)));
        }
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
            lumps,
            ..Self::default()
        })
    }

    /// Holds for an order.
    ///
    /// # Errors
    /// [`ErrorCode::InPaymentDefault`], [`ErrorCode::CreditTooLow`] or [`ErrorCode::InsufficientFunds`].
    pub(crate) fn take(&mut self, auction: Auction, order: &Order) -> Result<(), ContractError> {
        let place = (order.participant.clone(), auction);
        let (Some(rules), Some(owner)) = (self.rules.get(&auction), self.owners.get(&place.0)) else {
            return Ok(());
        };
        owner.require_trading(&place.0)?;
        let held = held(order, rules, owner.tier)?;
        if held.amount == Money::ZERO {
            return Ok(());
        }
        let amount = held.amount;
        self.hold(place, order, held, amount)
    }

    /// Writes an order's hold, and takes this much of it from its owner's funds.
    fn hold(
        &mut self,
        place: (ParticipantId, Auction),
        order: &Order,
        held: HeldOrder,
        from_funds: Money,
    ) -> Result<(), ContractError> {
        if let Some(owner) = self.owners.get_mut(&place.0).filter(|_| from_funds > Money::ZERO) {
            let free = owner.funds.available()?.minus(owner.owed)?;
            if from_funds > free {
                return Err(short(free, from_funds));
            }
            owner.funds.held = owner.funds.held.plus(from_funds)?;
            self.paid.insert(place.0.clone());
        }
        let hold = self.holds.entry(place.clone()).or_default();
        hold.orders.insert(order.order.clone(), held);
        self.moved.insert(place);
        Ok(())
    }

    /// Lets the money that is set aside for an auction's day stand for its owner's sealed orders.
    ///
    /// # Errors
    /// As [`Holdings::take`], and [`ErrorCode::NothingSetAside`]; nothing is asked of an owner whose tier holds nothing.
    pub(crate) fn earmark(&mut self, auction: Auction, who: &ParticipantId) -> Result<(), ContractError> {
        let (Some(rules), Some(owner)) = (self.rules.get(&auction), self.owners.get(who)) else {
            return Ok(());
        };
        owner.require_trading(who)?;
        if rules.credit.hold(owner.tier) == Ppm::LEAST {
            return Ok(());
        }
        let at = (who.clone(), rules.day_of(auction));
        let Some(lump) = self.lumps.get_mut(&at) else {
            let detail = format!("{who} has set nothing aside for day {}", at.1);
            return Err(ContractError::new(ErrorCode::NothingSetAside, detail));
        };
        if lump.auctions.insert(auction) {
            self.drawn.insert(at);
        }
        Ok(())
    }

    /// Ends what [`Holdings::earmark`] began: nothing is sealed there any more that could still be revealed.
    pub(crate) fn unmark(&mut self, auction: Auction, who: &ParticipantId) {
        let Some(rules) = self.rules.get(&auction) else {
            return;
        };
        let at = (who.clone(), rules.day_of(auction));
        if self
            .lumps
            .get_mut(&at)
            .is_some_and(|lump| lump.auctions.remove(&auction))
        {
            self.drawn.insert(at);
        }
    }

    /// Holds for a revealed order: from what is set aside, and from the funds what that does not cover.
    ///
    /// # Errors
    /// [`ErrorCode::InsufficientFunds`].
    pub(crate) fn draw(&mut self, auction: Auction, order: &Order) -> Result<(), ContractError> {
        let place = (order.participant.clone(), auction);
        let (Some(rules), Some(owner)) = (self.rules.get(&auction), self.owners.get(&place.0)) else {
            return Ok(());
        };
        let held = held(order, rules, owner.tier)?;
        if held.amount == Money::ZERO {
            return Ok(());
        }
        let at = (place.0.clone(), rules.day_of(auction));
        let mut rest = held.amount;
        if let Some(lump) = self.lumps.get_mut(&at).filter(|lump| lump.left > Money::ZERO) {
            let covered = lump.left.min(rest);
            lump.left = lump.left.minus(covered)?;
            rest = rest.minus(covered)?;
            self.drawn.insert(at);
        }
        self.hold(place, order, held, rest)
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
            self.paid.insert(place.0.clone());
            self.moved.insert(place);
        }
        Ok(())
    }

    /// Puts what has moved.
    pub(crate) fn write(self, decision: &mut Decision) -> Result<(), ContractError> {
        for (who, owner) in self.owners.iter().filter(|(who, _)| self.paid.contains(who)) {
            decision.put(schema::funds(who), &owner.funds)?;
        }
        for at in &self.drawn {
            if let Some(lump) = self.lumps.get(at) {
                decision.put(schema::lump(&at.0, &at.1), lump)?;
            }
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

impl Rules {
    /// The billing day whose money stands for an auction.
    fn day_of(&self, auction: Auction) -> BillingDay {
        self.billing.day_of(auction.slot)
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
                billing: parameters.billing(),
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
