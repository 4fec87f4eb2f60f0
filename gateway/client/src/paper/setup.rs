//! Setting the stage: the market, points, participants and meters. What is there already stays.

use der_api::ErrorCode;
use der_api::reply::{MarketView, ParticipantView};
use der_api::request::{
    AcceptConnection, Authenticate, Bootstrap, PublishDistances, PublishPoint, QueryMarket, QueryMeter,
    QueryParticipant, QueryPoint, RegisterMeter, RegisterUser, Request,
};
use der_market::id::{MarketId, MeterId, PointId};
use der_market::paper;
use der_market::participant::{CustomerClass, Source};
use der_market::slot::Slot;
use der_market::units::{Distance, Power};
use fabric_msp::PrivateKey;

use super::progress::Teller;
use super::{CaseError, Cast, Progress, Role};
use crate::{ClientError, MarketClient, Meter};

/// The market's name, where the case founds it.
const MARKET: &str = "der-cbc";
/// Both points lie in one supply area, at the lowest level.
const AREA: &str = "area-1";

/// One of the two users.
pub(super) struct Player {
    pub(super) role: Role,
    pub(super) point: PointId,
    pub(super) meter: Meter,
}

/// All that the tests stand on.
pub(super) struct Stage {
    pub(super) seller: Player,
    pub(super) buyer: Player,
}

/// Finds the market, or founds it with the paper's rules.
pub(super) async fn market(cast: &Cast, progress: &mut dyn Progress) -> Result<MarketView, CaseError> {
    let rules = paper::parameters()?;
    if let Some(found) = known(cast, Role::Grid, &QueryMarket {}, ErrorCode::NotBootstrapped).await? {
        return if found.parameters == rules {
            Ok(found)
        } else {
            Err(CaseError::OtherRules)
        };
    }
    let organisations = MarketClient::consortium()?;
    let request = Bootstrap {
        market: MARKET.parse()?,
        organisations,
        parameters: rules,
        schema: der_api::SCHEMA,
    };
    let mut teller = Teller { progress, test: None };
    teller
        .submit(cast, Role::Clock, "found the market with the paper's rules", &request)
        .await
}

impl Stage {
    pub(super) async fn set(
        cast: &Cast,
        market: MarketView,
        first: Slot,
        progress: &mut dyn Progress,
    ) -> Result<Self, CaseError> {
        let mut teller = Teller { progress, test: None };
        let seller = Player::named(Role::Seller, &market.market)?;
        let buyer = Player::named(Role::Buyer, &market.market)?;
        publish_points(cast, &mut teller, [&seller, &buyer]).await?;
        for player in [&seller, &buyer] {
            player.join(cast, &mut teller).await?;
            player.register_meter(cast, &mut teller, first).await?;
        }
        Ok(Self { seller, buyer })
    }
}

impl Player {
    fn named(role: Role, market: &MarketId) -> Result<Self, CaseError> {
        let id: MeterId = format!("meter-{}", role.user()).parse()?;
        let key = PrivateKey::generate().map_err(|e| ClientError::key(&e))?;
        let point = format!("pcc-{}", role.user()).parse()?;
        Ok(Self {
            role,
            point,
            meter: Meter::new(market.clone(), id, key),
        })
    }

    async fn join(&self, cast: &Cast, teller: &mut Teller<'_>) -> Result<(), CaseError> {
        let participant = cast.id(self.role).clone();
        let query = QueryParticipant {
            participant: participant.clone(),
        };
        let found = known(cast, self.role, &query, ErrorCode::NotRegistered).await?;
        let view = match found {
            Some(view) => view,
            None => {
                teller
                    .submit(cast, self.role, "ask to join", &self.registration()?)
                    .await?
            }
        };
        let ParticipantView {
            connected, accredited, ..
        } = view;
        if !connected {
            let request = AcceptConnection {
                participant: participant.clone(),
            };
            teller
                .submit(cast, Role::Grid, "accept the connection point", &request)
                .await?;
        }
        if !accredited {
            teller
                .submit(
                    cast,
                    Role::Regulator,
                    "accredit the participant",
                    &Authenticate { participant },
                )
                .await?;
        }
        Ok(())
    }

    fn registration(&self) -> Result<RegisterUser, CaseError> {
        let (capacity, class) = match self.role {
            Role::Seller => (paper::CAPACITY_W, CustomerClass::Industrial),
            _ => (0, CustomerClass::Residential),
        };
        let capacity_w = Power::new(capacity)?;
        Ok(RegisterUser {
            capacity_w,
            point: self.point.clone(),
            source: Source::Photovoltaic,
            class,
        })
    }

    /// The meter's key lives as long as the run: a later run registers the meter's next key.
    async fn register_meter(&self, cast: &Cast, teller: &mut Teller<'_>, first: Slot) -> Result<(), CaseError> {
        let request = RegisterMeter {
            meter: self.meter.id().clone(),
            participant: cast.id(self.role).clone(),
            public_key: self.meter.public_key()?,
            valid_from: first,
            plant: None,
        };
        let found = known(
            cast,
            Role::Meters,
            &QueryMeter {
                meter: request.meter.clone(),
            },
            ErrorCode::UnknownMeter,
        )
        .await?;
        let what = if found.is_some() {
            "register the meter's next key"
        } else {
            "register the meter"
        };
        teller.submit(cast, Role::Meters, what, &request).await?;
        Ok(())
    }
}

async fn publish_points(cast: &Cast, teller: &mut Teller<'_>, players: [&Player; 2]) -> Result<(), CaseError> {
    let mut fresh = false;
    for player in players {
        let query = QueryPoint {
            point: player.point.clone(),
        };
        if known(cast, Role::Grid, &query, ErrorCode::UnknownPoint)
            .await?
            .is_some()
        {
            continue;
        }
        let capacity_w = Power::new(paper::CAPACITY_W)?;
        let request = PublishPoint {
            point: player.point.clone(),
            capacity_w,
            area: AREA.parse()?,
            level: 0,
        };
        teller
            .submit(cast, Role::Grid, "publish a connection point", &request)
            .await?;
        fresh = true;
    }
    if fresh {
        let apart = Distance::new(paper::DISTANCE_MOHM)?;
        let rows = vec![vec![Distance::SAME_POINT, apart], vec![apart, Distance::SAME_POINT]];
        let points = players.map(|player| player.point.clone()).to_vec();
        teller
            .submit(
                cast,
                Role::Grid,
                "publish the distances",
                &PublishDistances { points, rows },
            )
            .await?;
    }
    Ok(())
}

/// Asks for a record that need not exist.
async fn known<R: Request>(
    cast: &Cast,
    role: Role,
    query: &R,
    absent: ErrorCode,
) -> Result<Option<R::Reply>, CaseError> {
    match cast.client(role).query(query).await {
        Ok(view) => Ok(Some(view)),
        Err(e) if e.code() == absent || e.code() == ErrorCode::RecordNotFound => Ok(None),
        Err(e) => Err(CaseError::refused(role, R::FUNCTION, e)),
    }
}
