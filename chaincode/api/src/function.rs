//! Every function of the contract by its name on the wire.

/// Bytes that an ordinary argument may have.
pub const ARGUMENT_LIMIT: usize = 64 * 1024;
/// Bytes that a batch may have.
pub const BATCH_LIMIT: usize = 1024 * 1024;

macro_rules! functions {
    ($($name:ident $wire:literal $kind:ident $schema:literal $doc:literal;)*) => {
        /// A function of the contract. Names on the wire are the paper's words.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Function {
            $(#[doc = concat!("`", $wire, "`: ", $doc, ".")] $name,)*
        }

        impl Function {
            /// Every function.
            pub const fn all() -> &'static [Self] {
                &[$(Self::$name,)*]
            }

            /// The name on the wire.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }

            /// The function of a name on the wire.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($wire => Some(Self::$name),)* _ => None }
            }

            /// What it does, in a few words.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => $doc,)* }
            }

            /// The schema that the ledger must have for this function.
            pub const fn schema(self) -> u32 {
                match self { $(Self::$name => $schema,)* }
            }

            const fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)* }
            }
        }
    };
}

#[derive(PartialEq, Eq)]
enum Kind {
    Act,
    Batch,
    Read,
}

functions! {
    Bootstrap "Market:Bootstrap" Act 1 "founds the market, once per channel";
    OpenSlot "Market:OpenSlot" Act 1 "opens a slot's gate under the rules now in force";
    CloseGate "Market:CloseGate" Act 1 "closes a slot's gate";
    EndReveal "TSSC:EndReveal" Act 3 "ends the time for revealing an auction's sealed orders";
    SealBook "Market:SealBook" Act 1 "fixes count and digest of a closed book";
    CallFor "Market:CallFor" Act 3 "calls for a stage that the operator does not bring";
    Migrate "Governance:Migrate" Act 1 "raises the ledger to a later schema";
    AdmitMember "Governance:AdmitMember" Act 2 "admits an organisation to a part";
    DismissMember "Governance:DismissMember" Act 2 "takes an organisation off the members";
    RewriteGuards "Governance:RewriteGuards" Act 2 "gives keys the guards of the present membership";
    PublishParameters "Governance:PublishParameters" Act 2 "publishes the next version of the rules";
    Propose "Governance:Propose" Batch 3 "proposes a version of rules, prices, calendar or distances";
    PublishRows "Governance:PublishRows" Batch 3 "publishes rows of a proposed distance matrix";
    Approve "Governance:Approve" Act 3 "approves a proposal for the caller's organisation";
    Reject "Governance:Reject" Act 3 "rejects a proposal for the caller's organisation";
    Enact "Governance:Enact" Act 3 "makes an approved proposal the next version";
    SuspendMarket "Governance:SuspendMarket" Act 3 "stops gates, orders and matching";
    ResumeMarket "Governance:ResumeMarket" Act 3 "ends the market's suspension";
    RegisterUser "User:Register" Act 1 "puts the caller on the user chain, requested";
    AddKey "User:AddKey" Act 1 "registers the key of the caller's renewed certificate";
    MoveOut "User:MoveOut" Act 3 "ends the caller's trading and withdraws its open orders; contracts run out";
    RegisterDevice "User:RegisterDevice" Act 3 "puts a device of the caller on the user chain";
    ChangeDevice "User:ChangeDevice" Act 3 "changes a device of the caller";
    RetireDevice "User:RetireDevice" Act 3 "retires a device of the caller";
    SetState "User:SetState" Act 3 "says whether a store of the caller charges or discharges";
    Authenticate "User:Authenticate" Act 1 "accredits a participant";
    Suspend "User:Suspend" Act 1 "suspends a participant";
    Reinstate "User:Reinstate" Act 1 "ends a suspension";
    PublishPoint "Grid:PublishPoint" Act 1 "puts a connection point on the grid chain";
    PublishDistances "Grid:PublishDistances" Act 1 "publishes the next version of the distance matrix";
    AcceptConnection "Grid:AcceptConnection" Act 1 "accepts a participant's connection point";
    RegisterPlant "Energy:RegisterPlant" Act 1 "puts the caller's plant on the energy chain";
    ChangePlant "Energy:ChangePlant" Act 3 "changes the capacity of the caller's plant";
    RetirePlant "Energy:RetirePlant" Act 3 "retires the caller's plant after a slot";
    SetIndex "Energy:SetIndex" Act 3 "sets a plant's energy-consumption index";
    AccrueCertificates "Certificate:Accrue" Act 3 "accrues a day of a plant's settled, metered energy";
    TransferCertificates "Certificate:Transfer" Act 3 "moves certificates of origin of the caller";
    ClaimCertificates "Certificate:Claim" Act 3 "claims energy of the caller's certificates of origin";
    RegisterMeter "Meter:Register" Act 1 "registers a meter, or a meter's next key";
    ReplaceMeter "Meter:Replace" Act 3 "ends a meter and begins its successor in the slot after";
    PostOffer "DTSC:PostOffer" Act 1 "publishes a sale";
    PostBid "DTSC:PostBid" Act 1 "publishes a demand";
    PostMany "DTSC:PostMany" Batch 3 "publishes many sales and demands, all or none";
    Seal "DTSC:Seal" Batch 3 "seals many orders, or replaces their seals, all or none";
    Reveal "DTSC:Reveal" Batch 3 "reveals many sealed orders after the gate, all or none";
    Amend "DTSC:Amend" Batch 3 "replaces many open orders by their next versions, all or none";
    Withdraw "DTSC:Withdraw" Act 1 "withdraws an order";
    WithdrawMany "DTSC:WithdrawMany" Batch 3 "withdraws many orders, sealed ones too, all or none";
    GrantDelegation "DTSC:Delegate" Act 3 "lets an agent act for the caller within limits";
    RevokeDelegation "DTSC:RevokeDelegation" Act 3 "ends what the caller delegated to an agent";
    GrantMandate "DTSC:Mandate" Act 3 "confirms beforehand every contract within limits";
    RevokeMandate "DTSC:RevokeMandate" Act 3 "ends the caller's mandate";
    PostForecast "Plan:Forecast" Act 3 "forecasts slots at the caller's point";
    Clear "TSSC:Clear" Act 1 "matches a sealed book and proposes contracts";
    ProposeWelfare "TSSC:ProposeWelfare" Batch 3 "proposes a slot's fills with the proof that no others are worth more";
    WriteContracts "TSSC:WriteContracts" Act 3 "writes a page of a large clearing's contracts";
    Confirm "DTSC:Confirm" Act 1 "signs a proposed contract";
    Refuse "DTSC:Refuse" Act 1 "refuses a proposed contract";
    EndConfirmation "TSSC:EndConfirmation" Act 3 "ends the confirmation of one of a slot's auctions";
    Plan "TSSC:Plan" Act 1 "ends confirmation and plans OGSC and PPSC";
    RecordReadings "Meter:Record" Batch 1 "records signed meter readings";
    Settle "Settlement:Settle" Act 1 "settles a slot";
    SettlePage "Settlement:Page" Act 3 "books a page of a settlement";
    CorrectSlot "Settlement:Correct" Act 3 "takes back and books anew what later readings changed";
    Estimate "Meter:Estimate" Batch 3 "estimates missing readings";
    RequestDeposit "Deposit:Request" Act 3 "says that the caller pays money in";
    AnswerDeposit "Deposit:Answer" Act 3 "confirms or refuses a deposit";
    RequestWithdrawal "Withdrawal:Request" Act 3 "asks for the caller's money back";
    AnswerWithdrawal "Withdrawal:Answer" Act 3 "confirms or refuses a withdrawal";
    SetAside "Account:SetAside" Act 3 "sets money aside for a day's sealed orders";
    Collect "Account:Collect" Act 3 "takes confirmed payments into what is available";
    ReleaseHolds "Account:Release" Act 3 "takes back what is held in vain";
    FoldAccounts "Account:Fold" Act 3 "sums up a day of accounts";
    RollCredit "Credit:Roll" Act 3 "counts settled slots into credit";
    CloseStatements "Statement:Close" Act 3 "closes a month";
    AcknowledgeStatement "Statement:Acknowledge" Act 3 "accepts lines of a statement";
    DisputeStatement "Statement:Dispute" Act 3 "disputes lines of a statement";
    DecideLine "Statement:Decide" Act 3 "decides a disputed line";
    PayStatement "Statement:Pay" Act 3 "settles the caller's statement";
    DeclareDefault "Statement:Default" Act 3 "declares a payment default";
    QueryMarket "Query:Market" Read 1 "the market and its parameters";
    QueryMembers "Query:Members" Read 1 "the members and the ledger's schema";
    QueryGuardsOf "Query:GuardsOf" Read 1 "keys whose guard names an organisation, page by page";
    QueryProposal "Query:Proposal" Read 3 "a proposal with its content and votes";
    QueryProposals "Query:Proposals" Read 3 "every proposal with its votes";
    QueryVersions "Query:Versions" Read 3 "every version of a subject";
    QueryVersion "Query:Version" Read 3 "a version's content";
    QueryDistances "Query:Distances" Read 3 "a version's distances between some points";
    QueryPrices "Query:Prices" Read 3 "R and F of a customer class and an energy type in a slot";
    QueryMarketAudit "Query:MarketAudit" Read 3 "versions, proposals, votes and suspension, for the regulator";
    QueryParticipant "Query:Participant" Read 1 "a participant on all chains";
    QueryDevice "Query:Device" Read 3 "a user's device";
    QueryOrigin "Query:Origin" Read 3 "a plant's account of certificates of origin";
    QueryHolding "Query:Holding" Read 3 "what a participant holds of a plant's certificates";
    QueryAccrual "Query:Accrual" Read 3 "a plant's accruals of a month";
    QueryUserChain "Query:UserChain" Read 3 "the user chain, page by page";
    QueryGridChain "Query:GridChain" Read 3 "the grid chain, page by page";
    QueryEnergyChain "Query:EnergyChain" Read 3 "the energy chain, page by page";
    QueryRecord "Query:Record" Read 3 "one row of a chain";
    QueryHistory "Query:History" Read 3 "what became of one key of a chain";
    QueryPoint "Query:Point" Read 1 "a connection point";
    QueryPlant "Query:Plant" Read 1 "a plant";
    QueryMeter "Query:Meter" Read 1 "a meter";
    QueryOrder "Query:Order" Read 1 "an order by its owner's id";
    QuerySeals "Query:Seals" Read 3 "a participant's sealed orders in an auction";
    QuerySetAside "Query:SetAside" Read 3 "money set aside for a day's sealed orders";
    QueryDelegations "Query:Delegations" Read 3 "what a participant delegated, or was delegated, page by page";
    QueryMandate "Query:Mandate" Read 3 "a participant's standing mandate";
    QuerySlot "Query:Slot" Read 1 "a slot's stage";
    QueryAuctions "Query:Auctions" Read 3 "a slot's auctions with their stages";
    QueryCalls "Query:Calls" Read 3 "who has called for a stage";
    QueryPosition "Query:Position" Read 3 "a participant's forecast and position in a slot";
    QueryClearing "Query:Clearing" Read 1 "a slot's clearing";
    QueryClearingInputs "Query:ClearingInputs" Read 3 "what a slot's clearing stands on, besides its book";
    QueryWelfare "Query:Welfare" Read 3 "what was proposed for a slot that clears by welfare";
    QueryBook "Query:Book" Read 3 "a slot's book, page by page";
    QueryFills "Query:Fills" Read 3 "a page of a clearing's fills";
    QueryContracts "Query:Contracts" Read 3 "a page of a clearing's contracts";
    QueryContract "Query:Contract" Read 1 "a contract with its confirmations";
    QueryPlan "Query:Plan" Read 1 "a slot's plan";
    QuerySettlement "Query:Settlement" Read 1 "a slot's settlement";
    QuerySettlementPage "Query:SettlementPage" Read 3 "a page of a slot's settlement";
    QueryReadings "Query:Readings" Read 3 "what is known of a place's energy in a slot";
    QueryStatement "Query:Statement" Read 1 "an account's postings of a slot";
    QueryBalance "Query:Balance" Read 1 "an account's balance over all slots";
    QueryVolumes "Query:Volumes" Read 1 "energy accumulated through a slot";
    QueryPayment "Query:Payment" Read 3 "a deposit or a withdrawal";
    QueryAccount "Query:Account" Read 3 "an account by its folds";
    QueryAccounts "Query:Accounts" Read 3 "accounts, page by page";
    QueryCredit "Query:Credit" Read 3 "a participant's credit";
    QueryMonthStatement "Query:MonthStatement" Read 3 "a closed statement";
}

impl Function {
    /// True for a function that brings a slot to its next stage.
    pub fn is_stage(self) -> bool {
        matches!(
            self,
            Self::OpenSlot
                | Self::CloseGate
                | Self::EndReveal
                | Self::SealBook
                | Self::Clear
                | Self::EndConfirmation
                | Self::Plan
                | Self::Settle
        )
    }

    /// True for a function that writes nothing and is meant to be evaluated, not submitted.
    pub fn is_query(self) -> bool {
        self.kind() == Kind::Read
    }

    /// The schema that a build must know to have this function.
    pub const fn introduced(self) -> u32 {
        match self {
            Self::Migrate | Self::QueryMembers | Self::QueryGuardsOf => 2,
            other => other.schema(),
        }
    }

    /// True for what the regulator's suspension of the market stops: opening gates, entering orders and matching.
    /// Not revealing: who sealed in time must not be punished for the suspension.
    pub const fn is_trading(self) -> bool {
        matches!(
            self,
            Self::OpenSlot
                | Self::PostOffer
                | Self::PostBid
                | Self::PostMany
                | Self::Seal
                | Self::Amend
                | Self::ProposeWelfare
                | Self::Clear
        )
    }

    /// Bytes that its argument may have.
    pub fn argument_limit(self) -> usize {
        if self.kind() == Kind::Batch {
            BATCH_LIMIT
        } else {
            ARGUMENT_LIMIT
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_again() {
        for function in Function::all() {
            assert_eq!(Function::from_name(function.name()), Some(*function));
        }
        assert_eq!(Function::from_name("market:bootstrap"), None);
    }
}
