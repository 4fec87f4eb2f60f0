//! Bringing a market and its traders to where they may trade. What is there already stays.

use std::future::Future;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use der_api::reply::MarketView;
use der_api::request::{
    AcceptConnection, Authenticate, Bootstrap, PublishDistances, PublishPoint, QueryMarket, QueryMeter,
    QueryParticipant, QueryPoint, RegisterMeter, RegisterUser, Request,
};
use der_api::{ErrorCode, RetryClass};
use der_market::id::PointId;
use der_market::order_rules::{Book, OrderRules};
use der_market::paper;
use der_market::participant::{CustomerClass, Source};
use der_market::slot::Slot;
use der_market::units::{Distance, Power};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::sleep;

use super::pair::{NORTH, SOUTH};
use super::{DayError, Listener, MarketDay, PATIENCE, Pair, Staff, Trader};
use crate::sealed::SaltFile;
use crate::{ClientError, MarketClient, Meter};

/// The market's name, where the day founds it.
const MARKET: &str = "neighbours";
/// Capacity of a point, W: room for ten thousand sales of 1 kWh in a slot.
const POINT_W: u64 = 40_000_000;
/// Capacity of a user, W: room for a sale of 1 kWh in a slot, and more.
const USER_W: u64 = 100_000;
/// Registrations under way at once.
const IN_FLIGHT: usize = 16;
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(250);

impl MarketDay {
    /// Founds the market with the paper's rules, if it is not there, and brings the pairs (seller, buyer) to where they may trade from
    /// `first` on. Meters take the traders' keys; a key that is registered already stays.
    ///
    /// # Errors
    /// [`DayError::OtherRules`] where the market has other rules; the first refusal.
    pub async fn found(
        staff: Staff,
        traders: Vec<(Trader, Trader)>,
        first: Slot,
        listener: Listener,
    ) -> Result<Self, DayError> {
        Self::founding(staff, traders, first, listener, None).await
    }

    /// As [`MarketDay::found`], with sealed orders, whose salts are kept in a file.
    ///
    /// # Errors
    /// As [`MarketDay::found`].
    pub async fn found_sealed(
        staff: Staff,
        traders: Vec<(Trader, Trader)>,
        first: Slot,
        listener: Listener,
        salts: SaltFile,
    ) -> Result<Self, DayError> {
        Self::founding(staff, traders, first, listener, Some(salts)).await
    }

    async fn founding(
        staff: Staff,
        traders: Vec<(Trader, Trader)>,
        first: Slot,
        listener: Listener,
        salts: Option<SaltFile>,
    ) -> Result<Self, DayError> {
        let Staff {
            grid,
            meters,
            clock,
            regulator,
        } = staff;
        let mut day = Self {
            grid,
            meters,
            clock,
            regulator,
            pairs: Vec::with_capacity(traders.len()),
            listener,
            patience: PATIENCE,
            salts: salts.map(Mutex::new),
        };
        let market = day.persist(|| day.market()).await?;
        day.persist(|| day.publish_points()).await?;
        for (seller, buyer) in traders {
            day.pairs.push(Pair {
                seller_meter: meter(&market, &seller)?,
                buyer_meter: meter(&market, &buyer)?,
                seller: seller.client,
                buyer: buyer.client,
            });
        }
        day.persist(|| day.join_all(first)).await?;
        Ok(day)
    }

    /// Each part looks first for what is there, so that it can be tried again as a whole.
    async fn persist<T, F: Future<Output = Result<T, DayError>>>(
        &self,
        mut part: impl FnMut() -> F,
    ) -> Result<T, DayError> {
        let end = Instant::now() + self.patience;
        loop {
            match part().await {
                Err(DayError::Client(error)) if error.retry_class() != RetryClass::Never && Instant::now() < end => {
                    self.trouble(None, &error);
                    sleep(PAUSE).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn market(&self) -> Result<MarketView, DayError> {
        let mut rules = paper::parameters()?;
        if self.salts.is_some() {
            rules.orders = Some(OrderRules { book: Book::Sealed });
        }
        let found = known(&self.clock, &QueryMarket {}, ErrorCode::NotBootstrapped).await?;
        let market = match found {
            Some(market) => market,
            None => {
                let request = Bootstrap {
                    market: MARKET.parse()?,
                    organisations: MarketClient::consortium()?,
                    parameters: rules.clone(),
                    schema: der_api::SCHEMA,
                };
                self.set_up(&self.clock, &request).await?
            }
        };
        if market.parameters == rules {
            Ok(market)
        } else {
            Err(DayError::OtherRules)
        }
    }

    async fn publish_points(&self) -> Result<(), DayError> {
        let mut fresh = false;
        for point in [SOUTH, NORTH] {
            let point: PointId = point.parse()?;
            let query = QueryPoint { point: point.clone() };
            if known(&self.grid, &query, ErrorCode::UnknownPoint).await?.is_some() {
                continue;
            }
            let capacity_w = Power::new(POINT_W)?;
            let request = PublishPoint {
                point,
                capacity_w,
                area: "area-1".parse()?,
                level: 0,
            };
            self.ensure(&self.grid, &request).await?;
            fresh = true;
        }
        if fresh {
            let apart = Distance::new(paper::DISTANCE_MOHM)?;
            let rows = vec![vec![Distance::SAME_POINT, apart], vec![apart, Distance::SAME_POINT]];
            let points: Vec<PointId> = vec![SOUTH.parse()?, NORTH.parse()?];
            self.set_up(&self.grid, &PublishDistances { points, rows }).await?;
        }
        Ok(())
    }

    async fn join_all(&self, first: Slot) -> Result<(), DayError> {
        let joining = self.pairs.iter().flat_map(|pair| {
            [
                (&pair.seller, SOUTH, &pair.seller_meter),
                (&pair.buyer, NORTH, &pair.buyer_meter),
            ]
        });
        stream::iter(joining)
            .map(|(user, point, meter)| self.join(user, point, meter, first))
            .buffer_unordered(IN_FLIGHT)
            .try_collect::<()>()
            .await
    }

    async fn join(&self, user: &MarketClient, point: &str, meter: &Meter, first: Slot) -> Result<(), DayError> {
        let participant = user.participant().clone();
        let query = QueryParticipant {
            participant: participant.clone(),
        };
        let found = known(user, &query, ErrorCode::NotRegistered).await?;
        if found.is_none() {
            let request = RegisterUser {
                capacity_w: Power::new(USER_W)?,
                point: point.parse()?,
                source: Source::Photovoltaic,
                class: CustomerClass::Residential,
            };
            self.ensure(user, &request).await?;
        }
        let (connected, accredited) = found.map_or((false, false), |view| (view.connected, view.accredited));
        if !connected {
            let request = AcceptConnection {
                participant: participant.clone(),
            };
            self.ensure(&self.grid, &request).await?;
        }
        if !accredited {
            let request = Authenticate {
                participant: participant.clone(),
            };
            self.ensure(&self.regulator, &request).await?;
        }
        let request = RegisterMeter {
            meter: meter.id().clone(),
            participant,
            public_key: meter.public_key()?,
            valid_from: first,
            plant: None,
        };
        self.register(&request).await
    }

    async fn register(&self, request: &RegisterMeter) -> Result<(), DayError> {
        if self.has_key(request).await? {
            return Ok(());
        }
        match self.ensure(&self.meters, request).await {
            Err(DayError::Client(error)) if error.code() == ErrorCode::KeyExists => {
                self.await_key(request, error).await
            }
            outcome => outcome,
        }
    }

    async fn has_key(&self, request: &RegisterMeter) -> Result<bool, ClientError> {
        let query = QueryMeter {
            meter: request.meter.clone(),
        };
        let found = known(&self.meters, &query, ErrorCode::UnknownMeter).await?;
        let newest = found.as_ref().and_then(|meter| meter.keys.last());
        Ok(newest.is_some_and(|key| key.public_key == request.public_key))
    }

    /// The key that stands in the way may be this one, by an earlier try that the peer which is asked has not seen yet.
    async fn await_key(&self, request: &RegisterMeter, refusal: ClientError) -> Result<(), DayError> {
        let end = Instant::now() + self.patience;
        while !self.has_key(request).await? {
            if Instant::now() >= end {
                return Err(refusal.into());
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }

    /// As [`MarketDay::set_up`], for what may be there by an earlier try that the peer which was asked has not seen.
    async fn ensure<R: Request>(&self, client: &MarketClient, request: &R) -> Result<(), DayError> {
        match self.set_up(client, request).await {
            Err(DayError::Client(error)) if error.code() == ErrorCode::RecordExists => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    async fn set_up<R: Request>(&self, client: &MarketClient, request: &R) -> Result<R::Reply, DayError> {
        Ok(self.committed(None, R::FUNCTION, client.submit(request).await?))
    }
}

fn meter(market: &MarketView, trader: &Trader) -> Result<Meter, DayError> {
    let id = format!("meter-{}", trader.client.participant().user).parse()?;
    Ok(Meter::new(market.market.clone(), id, trader.meter_key.clone()))
}

/// Asks for a record that need not exist.
pub(crate) async fn known<R: Request>(
    client: &MarketClient,
    query: &R,
    absent: ErrorCode,
) -> Result<Option<R::Reply>, ClientError> {
    match client.query(query).await {
        Ok(view) => Ok(Some(view)),
        Err(error) if [absent, ErrorCode::RecordNotFound].contains(&error.code()) => Ok(None),
        Err(error) => Err(error),
    }
}
