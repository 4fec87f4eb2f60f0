//! What clients ask. One struct per function; the caller is never in it, the certificate says who calls.

mod account;
mod call;
mod certificate;
mod chain;
mod change;
mod clearing;
mod credit;
mod delegation;
mod device;
mod forecast;
mod governance;
mod identity;
mod mandate;
mod market;
mod order;
mod payment;
mod proposal;
mod query;
mod seal;
mod session;
mod settlement;
mod statement;
mod trading;
mod welfare;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use account::{
    ACCOUNTS_LIMIT, Collect, FOLD_LIMIT, FoldAccounts, QueryAccount, QueryAccounts, RELEASE_LIMIT, ReleaseHolds,
};
pub use call::{CallFor, QueryCalls};
pub use certificate::{
    AccrueCertificates, ClaimCertificates, QueryAccrual, QueryHolding, QueryOrigin, TransferCertificates,
};
pub use chain::{QueryEnergyChain, QueryGridChain, QueryHistory, QueryRecord, QueryUserChain};
pub use change::{Amend, Amendment, WithdrawMany, Withdrawal};
pub use clearing::{QueryBook, QueryClearingInputs, QueryContracts, QueryFills};
pub use credit::{QueryCredit, ROLL_LIMIT, RollCredit};
pub use delegation::{DELEGATIONS_LIMIT, GrantDelegation, QueryDelegations, RevokeDelegation};
pub use device::{ChangeDevice, QueryDevice, RegisterDevice, RetireDevice, SetState};
pub use forecast::{FORECAST_LIMIT, PostForecast, QueryPosition};
pub use governance::{AdmitMember, DismissMember, KEYS_LIMIT, Migrate, PublishParameters, RewriteGuards};
pub use identity::{
    AcceptConnection, AddKey, Authenticate, ChangePlant, MoveOut, PublishDistances, PublishPoint, RegisterMeter,
    RegisterPlant, RegisterUser, Reinstate, ReplaceMeter, RetirePlant, SetIndex, Suspend,
};
pub use mandate::{GrantMandate, QueryMandate, RevokeMandate};
pub use market::{Bootstrap, Clear, CloseGate, OpenSlot, Plan, SealBook, Settle, WriteContracts};
pub use order::{NewOrder, PostMany};
pub use payment::{AnswerDeposit, AnswerWithdrawal, QueryPayment, RequestDeposit, RequestWithdrawal};
pub use proposal::{
    Approve, Enact, Propose, PublishRows, QueryDistances, QueryMarketAudit, QueryPrices, QueryProposal, QueryProposals,
    QueryVersion, QueryVersions, Reject, ResumeMarket, SuspendMarket,
};
pub use query::{
    QueryBalance, QueryClearing, QueryContract, QueryGuardsOf, QueryMarket, QueryMembers, QueryMeter, QueryOrder,
    QueryParticipant, QueryPlan, QueryPlant, QueryPoint, QuerySettlement, QuerySlot, QueryStatement, QueryVolumes,
};
pub use seal::{EndReveal, NewSeal, Opened, QuerySeals, QuerySetAside, Reveal, Seal, SetAside};
pub use session::{EndConfirmation, QueryAuctions};
pub use settlement::{CorrectSlot, Estimate, QueryReadings, QuerySettlementPage, SettlePage};
pub use statement::{
    AcknowledgeStatement, CLOSE_LIMIT, CloseStatements, DecideLine, DeclareDefault, DisputeStatement, PayStatement,
    QueryMonthStatement,
};
pub use trading::{Confirm, PostBid, PostOffer, RecordReadings, Refuse, Withdraw};
pub use welfare::{ProposeWelfare, QueryWelfare};

use crate::function::Function;

/// A request knows its function and the type of its reply.
pub trait Request: Serialize + DeserializeOwned + Send + Sync {
    /// What the function answers.
    type Reply: Serialize + DeserializeOwned + std::fmt::Debug + Send;
    /// The function.
    const FUNCTION: Function;
}

macro_rules! request {
    ($function:ident => $reply:ty, $(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $kind,)*
        }

        impl $crate::request::Request for $name {
            type Reply = $reply;
            const FUNCTION: $crate::function::Function = $crate::function::Function::$function;
        }
    };
}
pub(crate) use request;
