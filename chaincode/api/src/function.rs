//! Every function of the contract by its name on the wire.

use crate::schema;

/// Bytes that an ordinary argument may have.
pub const ARGUMENT_LIMIT: usize = 64 * 1024;
/// Bytes that a batch may have.
pub const BATCH_LIMIT: usize = 1024 * 1024;

macro_rules! functions {
    ($($name:ident $wire:literal $kind:ident $doc:literal;)*) => {
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
    Bootstrap "Market:Bootstrap" Act "founds the market, once per channel";
    OpenSlot "Market:OpenSlot" Act "opens a slot's gate under the rules now in force";
    CloseGate "Market:CloseGate" Act "closes a slot's gate";
    SealBook "Market:SealBook" Act "fixes count and digest of a closed book";
    Migrate "Governance:Migrate" Act "raises the ledger to a later schema";
    AdmitMember "Governance:AdmitMember" Act "admits an organisation to a part";
    DismissMember "Governance:DismissMember" Act "takes an organisation off the members";
    RewriteGuards "Governance:RewriteGuards" Act "gives keys the guards of the present membership";
    PublishParameters "Governance:PublishParameters" Act "publishes the next version of the rules";
    RegisterUser "User:Register" Act "puts the caller on the user chain, requested";
    AddKey "User:AddKey" Act "registers the key of the caller's renewed certificate";
    Authenticate "User:Authenticate" Act "accredits a participant";
    Suspend "User:Suspend" Act "suspends a participant";
    Reinstate "User:Reinstate" Act "ends a suspension";
    PublishPoint "Grid:PublishPoint" Act "puts a connection point on the grid chain";
    PublishDistances "Grid:PublishDistances" Act "publishes the next version of the distance matrix";
    AcceptConnection "Grid:AcceptConnection" Act "accepts a participant's connection point";
    RegisterPlant "Energy:RegisterPlant" Act "puts the caller's plant on the energy chain";
    RegisterMeter "Meter:Register" Act "registers a meter, or a meter's next key";
    PostOffer "DTSC:PostOffer" Act "publishes a sale";
    PostBid "DTSC:PostBid" Act "publishes a demand";
    Withdraw "DTSC:Withdraw" Act "withdraws an order";
    Clear "TSSC:Clear" Act "matches a sealed book and proposes contracts";
    Confirm "DTSC:Confirm" Act "signs a proposed contract";
    Refuse "DTSC:Refuse" Act "refuses a proposed contract";
    Plan "TSSC:Plan" Act "ends confirmation and plans OGSC and PPSC";
    RecordReadings "Meter:Record" Batch "records signed meter readings";
    Settle "Settlement:Settle" Act "settles a slot";
    QueryMarket "Query:Market" Read "the market and its parameters";
    QueryMembers "Query:Members" Read "the members and the ledger's schema";
    QueryGuardsOf "Query:GuardsOf" Read "keys whose guard names an organisation, page by page";
    QueryParticipant "Query:Participant" Read "a participant on all chains";
    QueryPoint "Query:Point" Read "a connection point";
    QueryPlant "Query:Plant" Read "a plant";
    QueryMeter "Query:Meter" Read "a meter";
    QueryOrder "Query:Order" Read "an order by its owner's id";
    QuerySlot "Query:Slot" Read "a slot's stage";
    QueryClearing "Query:Clearing" Read "a slot's clearing";
    QueryContract "Query:Contract" Read "a contract with its confirmations";
    QueryPlan "Query:Plan" Read "a slot's plan";
    QuerySettlement "Query:Settlement" Read "a slot's settlement";
    QueryStatement "Query:Statement" Read "an account's postings of a slot";
    QueryBalance "Query:Balance" Read "an account's balance over all slots";
    QueryVolumes "Query:Volumes" Read "energy accumulated through a slot";
}

impl Function {
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

    /// The schema that the ledger must have for this function.
    pub const fn schema(self) -> u32 {
        match self {
            Self::AdmitMember | Self::DismissMember | Self::RewriteGuards | Self::PublishParameters => 2,
            _ => schema::FIRST,
        }
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
