//! A market with any number of sellers and buyers, each a user with a certificate and a meter of its own.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use der_api::{
    reply::{ClearingView, SettlementView},
    request::{
        AcceptConnection, Authenticate, Bootstrap, Clear, CloseGate, OpenSlot, Plan, PostBid, PostOffer,
        PublishDistances, PublishPoint, QueryContract, RecordReadings, RegisterMeter, RegisterUser, SealBook, Settle,
    },
};
use der_client::{MarketClient, Meter, Receipt};
use der_market::{
    id::{ContractId, PointId},
    paper,
    participant::{CustomerClass, Source},
    slot::Slot,
    units::{Distance, Energy, Power, Price},
};
use fabric_msp::PrivateKey;
use futures_util::{StreamExt, TryStreamExt, future::try_join_all, stream};

use crate::{World, world::connect};

const MARKET: &str = "neighbours";
const SOUTH: &str = "pcc-south";
const NORTH: &str = "pcc-north";
/// Capacity of a point, W: room for ten thousand sales of 1 kWh in a slot.
const POINT_W: u64 = 40_000_000;
/// Capacity of a user, W: room for a sale of 1 kWh in a slot, and more.
const USER_W: u64 = 100_000;
/// Registrations under way at once.
const IN_FLIGHT: usize = 16;

/// A seller and a buyer who trade with each other.
pub struct Pair {
    /// A user of the generation companies.
    pub seller: MarketClient,
    /// A user of the microgrid.
    pub buyer: MarketClient,
    /// The seller's meter.
    pub seller_meter: Meter,
    /// The buyer's meter.
    pub buyer_meter: Meter,
}

/// What one pair offers, bids and then does.
#[derive(Debug, Clone, Copy)]
pub struct Sale {
    /// Contracted, Wh.
    pub energy_wh: u64,
    /// At the buyer's meter, Wh.
    pub consumed_wh: u64,
    /// At the seller's meter, Wh.
    pub generated_wh: u64,
}

impl Sale {
    /// One kilowatt-hour, delivered exactly.
    pub const KILOWATT_HOUR: Self = Self {
        energy_wh: 1_000,
        consumed_wh: 1_000,
        generated_wh: 1_000,
    };
}

/// A founded market with authenticated pairs.
pub struct Neighbours {
    /// The grid company.
    pub grid: MarketClient,
    /// Its metering service.
    pub meters: MarketClient,
    /// The market's clock.
    pub clock: MarketClient,
    /// The regulator.
    pub regulator: MarketClient,
    /// Who trades.
    pub pairs: Vec<Pair>,
}

impl Neighbours {
    /// Founds the market with the paper's rules and brings so many pairs to where they may trade, from `first` on.
    ///
    /// # Errors
    /// The first refusal.
    pub async fn found(world: &World, pairs: usize, first: Slot) -> Result<Self> {
        let mut found = Self {
            grid: world.client("grid", "operator")?,
            meters: world.client("grid", "meters")?,
            clock: world.client("grid", "clock")?,
            regulator: world.client("regulator", "regulator")?,
            pairs: Vec::with_capacity(pairs),
        };
        let organisations = MarketClient::consortium()?;
        let parameters = paper::parameters()?;
        found
            .clock
            .bootstrap(&Bootstrap {
                market: MARKET.parse()?,
                organisations,
                parameters,
            })
            .await?;
        found.publish_points().await?;
        for number in 0..pairs {
            let seller = new_user(world, "energy", "plant1", &format!("seller{number}"))?;
            let buyer = new_user(world, "microgrid", "prosumer1", &format!("buyer{number}"))?;
            let (seller_meter, buyer_meter) = (meter(&format!("s{number}"))?, meter(&format!("b{number}"))?);
            found.pairs.push(Pair {
                seller,
                buyer,
                seller_meter,
                buyer_meter,
            });
        }
        let joining = found.pairs.iter().flat_map(|pair| {
            [
                (&pair.seller, SOUTH, &pair.seller_meter),
                (&pair.buyer, NORTH, &pair.buyer_meter),
            ]
        });
        stream::iter(joining)
            .map(|(user, point, meter)| found.join(user, point, meter, first))
            .buffer_unordered(IN_FLIGHT)
            .try_collect::<()>()
            .await?;
        Ok(found)
    }

    async fn publish_points(&self) -> Result<()> {
        for point in [SOUTH, NORTH] {
            let capacity_w = Power::new(POINT_W)?;
            let request = PublishPoint {
                point: point.parse()?,
                capacity_w,
                area: "area-1".parse()?,
                level: 0,
            };
            self.grid.publish_point(&request).await?;
        }
        let apart = Distance::new(paper::DISTANCE_MOHM)?;
        let rows = vec![vec![Distance::SAME_POINT, apart], vec![apart, Distance::SAME_POINT]];
        let points: Vec<PointId> = vec![SOUTH.parse()?, NORTH.parse()?];
        self.grid.publish_distances(&PublishDistances { points, rows }).await?;
        Ok(())
    }

    async fn join(&self, user: &MarketClient, point: &str, meter: &Meter, first: Slot) -> Result<()> {
        let participant = user.participant().clone();
        let request = RegisterUser {
            capacity_w: Power::new(USER_W)?,
            point: point.parse()?,
            source: Source::Photovoltaic,
            class: CustomerClass::Residential,
        };
        user.register_user(&request).await?;
        self.grid
            .accept_connection(&AcceptConnection {
                participant: participant.clone(),
            })
            .await?;
        self.regulator
            .authenticate(&Authenticate {
                participant: participant.clone(),
            })
            .await?;
        let public_key = meter.public_key()?;
        let request = RegisterMeter {
            meter: meter.id().clone(),
            participant,
            public_key,
            valid_from: first,
        };
        self.meters.register_meter(&request).await?;
        Ok(())
    }

    /// Opens a slot's gate.
    ///
    /// # Errors
    /// The contract's or Fabric's refusal.
    pub async fn open(&self, slot: Slot) -> Result<()> {
        self.clock.open_slot(&OpenSlot { slot }).await?;
        Ok(())
    }

    /// Every pair publishes its sale and its demand, all at once.
    ///
    /// # Errors
    /// The first refusal.
    pub async fn publish(&self, slot: Slot, sale: Sale) -> Result<()> {
        let orders = self.pairs.iter().map(|pair| async move {
            tokio::try_join!(pair.offer(slot, sale), pair.bid(slot, sale))?;
            anyhow::Ok(())
        });
        try_join_all(orders).await?;
        Ok(())
    }

    /// Closes the gate, seals the book and matches it.
    ///
    /// # Errors
    /// The contract's or Fabric's refusal.
    pub async fn clear(&self, slot: Slot) -> Result<ClearingView> {
        self.clock.close_gate(&CloseGate { slot }).await?;
        self.clock.seal_book(&SealBook { slot }).await?;
        Ok(self.clock.clear(&Clear { slot }).await?.reply)
    }

    /// Both sides of each contract sign it, all at once; then confirmation ends.
    ///
    /// # Errors
    /// The first refusal.
    pub async fn confirm(&self, slot: Slot, contracts: &[ContractId]) -> Result<()> {
        let users: BTreeMap<_, _> = self
            .pairs
            .iter()
            .flat_map(|pair| [&pair.seller, &pair.buyer])
            .map(|user| (user.participant().clone(), user))
            .collect();
        let users = &users;
        let signing = contracts.iter().map(|contract| async move {
            let terms = self
                .clock
                .contract_view(&QueryContract {
                    slot,
                    contract: contract.clone(),
                })
                .await?
                .terms;
            let buyer = users.get(&terms.buyer).context("a buyer of nobody")?;
            let seller = users.get(&terms.seller).context("a seller of nobody")?;
            tokio::try_join!(buyer.confirm(slot, contract), seller.confirm(slot, contract))?;
            anyhow::Ok(())
        });
        try_join_all(signing).await?;
        self.clock.plan(&Plan { slot }).await?;
        Ok(())
    }

    /// The metering service delivers every pair's readings in one batch.
    ///
    /// # Errors
    /// The contract's or Fabric's refusal.
    pub async fn deliver(&self, slot: Slot, sale: Sale) -> Result<()> {
        let (consumed, generated) = (Energy::new(sale.consumed_wh)?, Energy::new(sale.generated_wh)?);
        let mut readings = Vec::with_capacity(self.pairs.len() * 2);
        for pair in &self.pairs {
            readings.push(pair.buyer_meter.measure(slot, consumed, Energy::ZERO, 1)?);
            readings.push(pair.seller_meter.measure(slot, Energy::ZERO, generated, 1)?);
        }
        self.meters.record_readings(&RecordReadings { readings }).await?;
        Ok(())
    }

    /// Settles the slot.
    ///
    /// # Errors
    /// The contract's or Fabric's refusal.
    pub async fn settle(&self, slot: Slot) -> Result<Receipt<SettlementView>> {
        Ok(self.clock.settle(&Settle { slot }).await?)
    }

    /// A slot from its opening to its settlement.
    ///
    /// # Errors
    /// The first refusal.
    pub async fn play(&self, slot: Slot, sale: Sale) -> Result<SettlementView> {
        self.open(slot).await?;
        self.publish(slot, sale).await?;
        let clearing = self.clear(slot).await?;
        self.confirm(slot, &clearing.contracts).await?;
        self.deliver(slot, sale).await?;
        Ok(self.settle(slot).await?.reply)
    }
}

impl Pair {
    /// The pair's sale in this slot.
    ///
    /// # Errors
    /// None: the numbers are inside their bounds.
    pub fn offer_of(slot: Slot, sale: Sale) -> Result<PostOffer> {
        Ok(PostOffer {
            order: format!("offer-{slot}").parse()?,
            slot,
            point: SOUTH.parse()?,
            energy_wh: Energy::new(sale.energy_wh)?,
            min_wh: Energy::ZERO,
            price: Price::new(530_000)?,
        })
    }

    /// The pair's demand in this slot.
    ///
    /// # Errors
    /// None: the numbers are inside their bounds.
    pub fn bid_of(slot: Slot, sale: Sale) -> Result<PostBid> {
        Ok(PostBid {
            order: format!("bid-{slot}").parse()?,
            slot,
            point: NORTH.parse()?,
            energy_wh: Energy::new(sale.energy_wh)?,
            min_wh: Energy::ZERO,
            price: Price::new(590_000)?,
        })
    }

    async fn offer(&self, slot: Slot, sale: Sale) -> Result<()> {
        self.seller.post_offer(&Self::offer_of(slot, sale)?).await?;
        Ok(())
    }

    async fn bid(&self, slot: Slot, sale: Sale) -> Result<()> {
        self.buyer.post_bid(&Self::bid_of(slot, sale)?).await?;
        Ok(())
    }
}

fn meter(name: &str) -> Result<Meter> {
    Ok(Meter::new(
        MARKET.parse()?,
        format!("meter-{name}").parse()?,
        PrivateKey::generate()?,
    ))
}

/// Issues a certificate to a new user and gives it the endpoints of one that is there.
fn new_user(world: &World, organisation: &str, like: &str, name: &str) -> Result<MarketClient> {
    let mut profile = world.profile(organisation, like)?;
    let crypto = world.network.layout().crypto();
    let attributes = BTreeMap::from([("der.role".to_owned(), "participant".to_owned())]);
    fabric_cryptogen::add_user(crypto.root(), &profile.msp_id, name, attributes)?;
    let (_, domain) = crypto.find(&profile.msp_id)?;
    profile.identity = crypto.user(&domain, name).join("msp");
    connect(&profile)
}
