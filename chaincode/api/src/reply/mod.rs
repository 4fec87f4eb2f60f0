//! What the contract answers.

macro_rules! reply {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $kind,)*
        }
    };
}

mod account;
mod balance;
mod call;
mod certificate;
mod chain;
mod clearing;
mod contract;
mod credit;
mod delegation;
mod device;
mod forecast;
mod grid;
mod mandate;
mod market;
mod meter;
mod order;
mod participant;
mod payment;
mod plant;
mod proposal;
mod seal;
mod session;
mod settlement;
mod slot;
mod statement;
mod welfare;

pub use account::{AccountView, AccountsView, FoldedView, FundsView};
pub use balance::{BalanceView, StatementView, VolumesView};
pub use call::CallsView;
pub use certificate::{AccrualView, HoldingView, OriginView};
pub use chain::{ChainPage, ChainRow, Change, GuardState, HistoryView, RowJson};
pub use clearing::{
    BookKey, BookPage, ClearingInputs, ClearingView, ContractsPage, ContractsWritten, FillsPage, Proof,
    ProposedContract,
};
pub use contract::{AnswerAccepted, Confirmation, ContractStatus, ContractView};
pub use credit::{CreditView, RolledView};
pub use delegation::{DelegationView, DelegationsView};
pub use device::DeviceView;
pub use forecast::{ForecastAccepted, PositionView};
pub use grid::{DistancesView, PointView};
pub use mandate::MandateView;
pub use market::{GuardedKey, GuardsRewrittenView, GuardsView, MarketView, Member, MembersView};
pub use meter::{MeterKey, MeterView, ReadingsAccepted, Replacement};
pub use order::{OrderAccepted, OrderStatus, OrderVersion, OrderView, OrdersAccepted};
pub use participant::ParticipantView;
pub use payment::{PaymentKind, PaymentState, PaymentView};
pub use plant::{IndexView, PlantView};
pub use proposal::{
    MarketAuditView, PricesView, ProposalDetail, ProposalStatus, ProposalView, ProposalsView, RowsAccepted,
    SuspensionView, VersionDetail, VersionLine, VersionsView, VoteAccepted, VoteView,
};
pub use seal::{SealStatus, SealView, SealsView, SetAsideView};
pub use session::{AuctionsView, ConfirmationView};
pub use settlement::{
    CourseView, EstimateView, EstimatesAccepted, PageBooked, ReadingsView, SettlementPageView, SettlementView,
    VersionView,
};
pub use slot::{Pinned, PlanView, Seal, SlotView, Stage};
pub use statement::{ClosedView, LineState, MonthStatementView, StatedLine, StatementLine};
pub use welfare::{WelfareInputs, WelfareProposed, WelfareView};
