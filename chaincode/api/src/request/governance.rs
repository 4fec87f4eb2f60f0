//! Who belongs to the market, under which rules and schema. Each is for an operator or regulator of the grid company or the regulator.

use der_market::id::MspId;
use der_market::parameters::Parameters;

use super::request;
use crate::organisations::Part;
use crate::reply::{GuardedKey, GuardsRewrittenView, MarketView, MembersView};

request! { Migrate => MembersView,
    /// Raises the ledger to a later schema, for ever. Without effect where it has this schema.
    Migrate {
        /// Which schema.
        to: u32,
    }
}
request! { AdmitMember => MembersView,
    /// Admits an organisation that the channel knows. Without effect where it plays this part.
    AdmitMember {
        /// Which.
        msp: MspId,
        /// Generation companies or users' organisations.
        part: Part,
    }
}
request! { DismissMember => MembersView,
    /// Takes a generation company or a users' organisation off the members. Without effect where it is none.
    DismissMember {
        /// Which.
        msp: MspId,
    }
}
request! { RewriteGuards => GuardsRewrittenView,
    /// Gives keys the guards that the present membership gives them.
    RewriteGuards {
        /// Guarded keys, at most [`KEYS_LIMIT`].
        keys: Vec<GuardedKey>,
    }
}
request! { PublishParameters => MarketView,
    /// Publishes the next version of the rules. Slots that are open keep theirs.
    PublishParameters {
        /// The rules.
        parameters: Parameters,
    }
}

/// Guards that one transaction may rewrite, and keys that one question may examine.
pub const KEYS_LIMIT: usize = 100;
