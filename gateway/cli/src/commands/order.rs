//! `der offer` and `der bid`: publish a sale or a demand, take it back, look it up.

use clap::{Args, Subcommand};
use der_api::request::{PostOffer, QueryOrder, Withdraw};
use der_market::filters::Filters;
use der_market::id::{OrderId, ParticipantId, PointId};
use der_market::participant::Source;
use der_market::slot::Auction;
use der_market::units::{Distance, Energy, Price};

use super::{DryRun, parse};
use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

const POST_OFFER: &str = "Example:\n  der offer post --profile microgrid-alice --order S-1 --slot 100 --point PCC-1 \
                          --energy-wh 200000 --price 530000";
const POST_BID: &str = "Examples:\n  der bid post --profile microgrid-bob --order B-1 --slot 100 --point PCC-2 \
                        --energy-wh 200000 --price 590000\n  der bid post --profile microgrid-bob --order B-2 --slot 100 --point PCC-2 \
                        --energy-wh 200000 --price 590000 --source photovoltaic --source wind --max-distance-mohm 50";
const WITHDRAW: &str = "Example:\n  der offer withdraw --profile microgrid-alice S-1 --slot 100";
const SHOW: &str = "Example:\n  der offer show --profile microgrid-alice MicrogridMSP:alice S-1 --slot 100";

/// What an order says.
#[derive(Debug, Args)]
pub struct Terms {
    /// Your id for it, once and for ever; the same content under the same id is posted only once.
    #[arg(long, value_name = "ID")]
    order: OrderId,
    /// Delivery slot: UTC seconds / 900, rounded down; `slot.round` for an intraday auction.
    #[arg(long, value_name = "SLOT", value_parser = parse::auction)]
    slot: Auction,
    /// Connection point.
    #[arg(long, value_name = "POINT")]
    point: PointId,
    /// Energy in Wh.
    #[arg(long, value_name = "WH", value_parser = parse::number::<Energy>, allow_negative_numbers = true)]
    energy_wh: Energy,
    /// Least energy of one contract in Wh; 0 for any.
    #[arg(long, value_name = "WH", default_value = "0", value_parser = parse::number::<Energy>)]
    min_wh: Energy,
    /// Price limit in µyuan per kWh: at the seller's meter, or delivered to the buyer.
    #[arg(long, value_name = "PRICE", value_parser = parse::number::<Price>, allow_negative_numbers = true)]
    price: Price,
    #[command(flatten)]
    filters: Asked,
    #[command(flatten)]
    dry: DryRun,
}

/// What the order asks of its counterpart; nothing by default.
#[derive(Debug, Args)]
pub(super) struct Asked {
    /// An energy type that the bid takes, such as photovoltaic; repeat it for several. For bids only.
    #[arg(long = "source", value_name = "TYPE", value_parser = parse::word::<Source>)]
    sources: Vec<Source>,
    /// A participant to trade with, and nobody else; repeat it for several.
    #[arg(long = "partner", value_name = "MSP:ID")]
    partners: Vec<ParticipantId>,
    /// Longest electrical distance in mΩ.
    #[arg(long, value_name = "MOHM", value_parser = parse::number::<Distance>)]
    max_distance_mohm: Option<Distance>,
    /// Price in µyuan per kWh at the seller's meter that both sides agreed on; for bilateral slots only.
    #[arg(long, value_name = "PRICE", value_parser = parse::number::<Price>, allow_negative_numbers = true)]
    agreed_price: Option<Price>,
}

impl Asked {
    fn filters(self) -> Option<Filters> {
        let filters = Filters {
            sources: self.sources.into_iter().collect(),
            partners: self.partners.into_iter().collect(),
            max_distance_mohm: self.max_distance_mohm,
            agreed_price: self.agreed_price,
        };
        (filters != Filters::default()).then_some(filters)
    }
}

impl Terms {
    /// The sale that these terms say, or with the sides turned the demand.
    fn content(self) -> (PostOffer, DryRun) {
        let Self {
            order,
            slot,
            point,
            energy_wh,
            min_wh,
            price,
            filters,
            dry,
        } = self;
        let content = PostOffer {
            order,
            slot,
            point,
            energy_wh,
            min_wh,
            price,
            filters: filters.filters(),
        };
        (content, dry)
    }
}

/// An order of the caller.
#[derive(Debug, Args)]
pub struct Own {
    /// Its id.
    order: OrderId,
    /// Its owner, if it is not the caller.
    #[arg(long, value_name = "MSP:ID")]
    participant: Option<ParticipantId>,
    /// Its delivery slot, where the ledger had schema 3 when the slot was opened; `slot.round` for an intraday auction.
    #[arg(long, value_name = "SLOT", value_parser = parse::auction)]
    slot: Option<Auction>,
    #[command(flatten)]
    dry: DryRun,
}

/// An order of anybody.
#[derive(Debug, Args)]
pub struct Any {
    /// Its owner.
    participant: ParticipantId,
    /// Its id.
    order: OrderId,
    /// Its delivery slot, where the ledger had schema 3 when the slot was opened; `slot.round` for an intraday auction.
    #[arg(long, value_name = "SLOT", value_parser = parse::auction)]
    slot: Option<Auction>,
}

/// Sales.
#[derive(Debug, Subcommand)]
pub enum Offer {
    /// Publishes a sale.
    #[command(after_help = POST_OFFER)]
    Post(Terms),
    /// Withdraws a sale before the gate closes.
    #[command(after_help = WITHDRAW)]
    Withdraw(Own),
    /// Shows a sale.
    #[command(after_help = SHOW)]
    Show(Any),
}

/// Demands.
#[derive(Debug, Subcommand)]
pub enum Bid {
    /// Publishes a demand.
    #[command(after_help = POST_BID)]
    Post(Terms),
    /// Withdraws a demand before the gate closes.
    #[command(after_help = "Example:\n  der bid withdraw --profile microgrid-bob B-1 --slot 100")]
    Withdraw(Own),
    /// Shows a demand.
    #[command(after_help = "Example:\n  der bid show --profile microgrid-bob MicrogridMSP:bob B-1 --slot 100")]
    Show(Any),
}

impl Offer {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        match self {
            Self::Post(terms) => {
                let (offer, dry) = terms.content();
                session.post_offer(&offer, dry)
            }
            Self::Withdraw(own) => withdraw(&session, own),
            Self::Show(any) => show(&session, any),
        }
    }
}

impl Bid {
    pub(super) fn run(self, global: &Global) -> Result<Exit, Failure> {
        let session = Session::open(global)?;
        match self {
            Self::Post(terms) => {
                let (offer, dry) = terms.content();
                session.post_bid(&offer.into(), dry)
            }
            Self::Withdraw(own) => withdraw(&session, own),
            Self::Show(any) => show(&session, any),
        }
    }
}

fn withdraw(session: &Session, own: Own) -> Result<Exit, Failure> {
    let participant = own.participant.unwrap_or_else(|| session.caller());
    session.submit(
        &Withdraw {
            participant,
            order: own.order,
            slot: own.slot,
        },
        own.dry,
    )
}

fn show(session: &Session, any: Any) -> Result<Exit, Failure> {
    session.query(&QueryOrder {
        participant: any.participant,
        order: any.order,
        slot: any.slot,
    })
}
