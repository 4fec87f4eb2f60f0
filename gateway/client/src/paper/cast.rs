//! Who plays what.

use std::fmt;

use der_market::id::ParticipantId;

use crate::MarketClient;

/// A player of the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The grid company: founds the market, publishes points, accepts connections.
    Grid,
    /// The grid company's metering service: registers meters and delivers their readings.
    Meters,
    /// The market's clock: moves slots from stage to stage.
    Clock,
    /// The regulator: accredits participants.
    Regulator,
    /// A generation company's plant: sells.
    Seller,
    /// A user of the microgrid: buys.
    Buyer,
}

impl Role {
    /// Every player.
    pub const ALL: [Self; 6] = [
        Self::Grid,
        Self::Meters,
        Self::Clock,
        Self::Regulator,
        Self::Seller,
        Self::Buyer,
    ];

    /// The player's organisation in the consortium's organisations file.
    #[must_use]
    pub const fn msp_id(self) -> &'static str {
        match self {
            Self::Grid | Self::Meters | Self::Clock => "GridMSP",
            Self::Regulator => "RegulatorMSP",
            Self::Seller => "EnergyMSP",
            Self::Buyer => "MicrogridMSP",
        }
    }

    /// The player's user name there.
    #[must_use]
    pub const fn user(self) -> &'static str {
        match self {
            Self::Grid => "operator",
            Self::Meters => "meters",
            Self::Clock => "clock",
            Self::Regulator => "regulator",
            Self::Seller => "plant1",
            Self::Buyer => "consumer1",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.user(), self.msp_id())
    }
}

/// A client for each player.
#[derive(Debug, Clone)]
pub struct Cast {
    /// [`Role::Grid`].
    pub grid: MarketClient,
    /// [`Role::Meters`].
    pub meters: MarketClient,
    /// [`Role::Clock`].
    pub clock: MarketClient,
    /// [`Role::Regulator`].
    pub regulator: MarketClient,
    /// [`Role::Seller`].
    pub seller: MarketClient,
    /// [`Role::Buyer`].
    pub buyer: MarketClient,
}

impl Cast {
    /// Makes a client for each player.
    ///
    /// # Errors
    /// The first that cannot be made.
    pub fn gather<E>(mut client: impl FnMut(Role) -> Result<MarketClient, E>) -> Result<Self, E> {
        Ok(Self {
            grid: client(Role::Grid)?,
            meters: client(Role::Meters)?,
            clock: client(Role::Clock)?,
            regulator: client(Role::Regulator)?,
            seller: client(Role::Seller)?,
            buyer: client(Role::Buyer)?,
        })
    }

    /// A player's client.
    #[must_use]
    pub fn client(&self, role: Role) -> &MarketClient {
        match role {
            Role::Grid => &self.grid,
            Role::Meters => &self.meters,
            Role::Clock => &self.clock,
            Role::Regulator => &self.regulator,
            Role::Seller => &self.seller,
            Role::Buyer => &self.buyer,
        }
    }

    pub(super) fn id(&self, role: Role) -> &ParticipantId {
        self.client(role).participant()
    }
}
