//! Every refusal has a code `DER-nnnn`. Codes are never reused.

use std::fmt;
use std::str::FromStr;

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RetryClass {
    /// The same request will be refused again.
    Never,
    /// Read the present state first; it decides whether to try again.
    AfterReading,
    /// The same request may succeed later.
    Later,
}

impl fmt::Display for RetryClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Never => "never",
            Self::AfterReading => "after reading",
            Self::Later => "later",
        })
    }
}

macro_rules! codes {
    ($($number:literal $name:ident $retry:ident $title:literal, $advice:literal;)*) => {
        /// A stable error code. 1 input, 2 access, 3 state and market rules, 4 metering and settlement, 5 governance,
        /// 8 Fabric's own rules as the client maps them, 9 internal.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ErrorCode {
            $(#[doc = concat!("DER-", stringify!($number), ": ", $title, ".")] $name,)*
        }

        impl ErrorCode {
            /// Every code, in the order of its number.
            pub const fn all() -> &'static [Self] {
                &[$(Self::$name,)*]
            }

            /// The four digits.
            pub const fn number(self) -> u16 {
                match self { $(Self::$name => $number,)* }
            }

            /// Whether trying again can help.
            pub const fn retry_class(self) -> RetryClass {
                match self { $(Self::$name => RetryClass::$retry,)* }
            }

            /// What is wrong, in a few words.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// What to do about it.
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)* }
            }
        }
    };
}

codes! {
    1001 UnknownFunction Never "unknown function", "Use a function name of this version of the market.";
    1002 WrongArgumentCount Never "wrong number of arguments", "Send the function's name and exactly one JSON argument.";
    1003 ArgumentTooLarge Never "argument too large", "Keep to 64 KiB, or 1 MiB for a batch; split the batch.";
    1004 MalformedArgument Never "malformed argument", "Send JSON with exactly the fields of the request.";
    1005 NegativeQuantity Never "negative quantity", "Send a quantity of zero or more.";
    1006 QuantityNotAnInteger Never "quantity is not an integer", "Send a whole number of the unit, without point or exponent.";
    1007 QuantityOutOfRange Never "quantity out of range", "Keep to the bounds of the unit.";
    1008 ZeroQuantity Never "zero quantity", "Send a quantity above zero.";
    1009 BadIdentifier Never "bad identifier", "Use 1 to 64 of the characters A-Z a-z 0-9 . _ - (and @ in an enrolment id).";
    1010 BadPublicKey Never "bad public key", "Send an uncompressed P-256 point: 04, then 64 bytes.";
    1011 BadHex Never "bad hex", "Send lower-case hex with two digits a byte.";
    1012 MinimumAboveQuantity Never "minimum above quantity", "Set the minimum per contract to the order's energy or less.";
    1013 TooManyItems Never "too many items", "Send fewer items in one request.";
    1014 EmptyBatch Never "empty batch", "Send at least one item.";

    2001 CallerUnidentified Never "caller not identified", "Use a certificate with an enrolment id and an MSP of this market.";
    2002 MissingRole Never "no role attribute", "Enrol with the attribute der.role.";
    2003 MalformedAttributes Never "malformed attributes", "Have the certificate reissued with a well-formed attribute extension.";
    2004 RoleNotAllowed Never "role not allowed", "Call with an identity whose der.role allows this function.";
    2005 OrganisationNotAllowed Never "organisation not allowed", "Call with an identity of the organisation that owns this function.";
    2006 NotRegistered AfterReading "participant not registered", "Register first (User:Register).";
    2007 NotAuthenticated AfterReading "participant not authenticated", "Wait until the grid accepted the connection and the regulator accredited the participant.";
    2008 Suspended AfterReading "participant suspended", "Ask the regulator why.";
    2009 NotOwner Never "not the owner", "Act on your own records, or on those whose owner delegated it to you (DTSC:Delegate).";
    2010 NotParty Never "not a party of the contract", "Only its buyer and its seller, or whom they delegate it to, confirm a contract.";
    2011 KeyNotRegistered AfterReading "signing key not registered", "Register the certificate's key (User:AddKey).";
    2012 BadContractSignature Never "bad contract signature", "Sign the contract's canonical bytes with the registered key: ECDSA P-256, SHA-256, low S, DER.";
    2020 DeviceRetired Never "device retired", "Register another device; a retired one keeps its record.";
    2021 NotAStore Never "device stores nothing", "Only a storage device or an EV charger has an efficiency and charges or discharges.";
    2022 MovedOut Never "participant moved out", "Its records stay; to trade again, join under another enrolment id.";
    2023 MeterReplaced Never "meter replaced", "Use its successor, which the record of the meter names.";
    2024 PlantElsewhere Never "plant of another participant or point", "Name a plant of the meter's or device's participant at its connection point.";
    2025 PlantRetired Never "plant retired", "Register another plant; a retired one keeps its record.";
    2026 BadReplacement Never "bad replacement", "Let the new meter begin after the first slot of the old meter's latest key.";

    3001 NotBootstrapped Later "market not bootstrapped", "Call Market:Bootstrap once.";
    3002 AlreadyBootstrapped Never "market already bootstrapped", "A channel holds one market; read its parameters.";
    3003 RecordExists Never "record exists", "Choose another id, or read the record.";
    3004 RecordNotFound AfterReading "record not found", "Check the id; the record may not be committed yet.";
    3005 SlotNotOpened AfterReading "slot not opened", "Wait until the operator opened the slot.";
    3006 GateClosed Never "gate closed", "Trade in a later slot.";
    3007 WrongStage AfterReading "slot at another stage", "Read the slot; the stages follow each other.";
    3008 OrderIdReused Never "order id reused", "An order id stands for one content for ever; choose a new id.";
    3009 OrderNotOpen Never "order not open", "It was withdrawn before.";
    3010 CapacityExceeded AfterReading "capacity exceeded", "Offer no more than a quarter of the registered capacity per slot, all open offers together.";
    3011 TooManyOrders AfterReading "too many orders", "Withdraw an order or join several into one.";
    3012 NotConnectedHere Never "not connected at this point", "Trade at the connection point of the registration.";
    3013 AlreadyConfirmed Never "already confirmed", "Each side answers a contract once; read the contract.";
    3014 ContractClosed Never "contract closed", "It was refused, or it expired when the slot was planned.";
    3015 SealBroken Never "seal broken", "The book differs from its seal; report this to the operator.";
    // 3016 (book too large) is retired: a book of any size is cleared. The number is never used again.
    3017 UnknownPoint AfterReading "unknown connection point", "The grid company publishes a point before anyone connects to it.";
    3018 KeyExists Never "key exists", "This key is registered already.";
    3019 OppositeSide Never "opposite side taken", "Withdraw the orders of the other side at this point and slot first.";
    3020 FiltersInvalid Never "filters not well formed", "Correct the filter that the message names, or leave the filters out.";
    3021 NoAgreedPrices Never "agreed price in a slot that is not bilateral", "Leave the agreed price out; the slot's rules say how contracts are priced.";
    3022 NoSuchContractsPage Never "no such page of a clearing", "Read the clearing; it tells how many pages there are.";
    3023 NoMinimumHere Never "minimum per contract in a slot that clears by welfare", "Leave the minimum out: the proof of the greatest welfare covers orders without one only.";
    3024 NotByWelfare Never "slot does not clear by welfare", "Propose for slots whose rules have the price mode welfare (Query:ClearingInputs).";
    3025 WelfareUnproved AfterReading "proposal is not proved", "Solve the sealed book again (der welfare propose); the message names the condition that does not hold.";
    3026 WelfareProposedBefore Never "organisation has proposed already", "Each organisation proposes once for a slot; read what is there (Query:Welfare).";
    3027 WelfareBookTooLarge Never "book too large for a proposal", "Leave the slot to the score, which clears it where there is no proposal.";
    3028 WelfareUnsolved Never "no proposal can be proved", "Leave the slot to the score, which clears it where there is no proposal.";
    3030 OrdersAreOpen Never "orders are not sealed here", "Publish the orders (DTSC:PostOffer, DTSC:PostBid, DTSC:PostMany): this auction takes them openly.";
    3031 RevealTooEarly Later "gate still open", "Reveal after the gate has closed (Query:Slot tells).";
    3032 MandateInvalid Never "mandate invalid", "Correct what the message names; a mandate is its signer's own, in this market.";
    3033 BadMandateSignature Never "bad mandate signature", "Sign the mandate's canonical bytes with the registered key: ECDSA P-256, SHA-256, low S, DER.";
    3034 NoMandate Never "no mandate to revoke", "Read the mandate (Query:Mandate); it may be revoked already.";
    3035 RevealEnded Never "time for revealing has ended", "Trade in a later auction; reveal between the gate and TSSC:EndReveal.";
    3036 SealMismatch Never "seal does not fit", "Send order and salt exactly as they were sealed (Query:Seals tells the seal).";
    3037 OtherVersion AfterReading "another version stands", "Read the order (Query:Order, Query:Seals) and replace the version that stands.";
    3038 TooManyAmendments Never "too many amendments", "Withdraw the order and enter another one.";
    3039 NothingSetAside AfterReading "no money set aside", "Set money aside for the day of the auction (Account:SetAside), then seal.";
    3040 SumOnlyRises Never "sum set aside only rises", "Name at least what is set aside; Account:Release gives back what is left.";
    3042 OrdersAreSealed Never "orders are sealed", "Seal the orders (DTSC:Seal) before the gate closes, reveal them after it (DTSC:Reveal), withdraw them with DTSC:WithdrawMany.";
    3043 DelegationInvalid Never "delegation invalid", "Correct what the message names; a delegation is its signer's own, in this market.";
    3044 BadDelegationSignature Never "bad delegation signature", "Sign the delegation's canonical bytes with the registered key: ECDSA P-256, SHA-256, low S, DER.";
    3045 NoDelegation Never "no delegation to revoke", "Read the delegations (Query:Delegations); it may be revoked already.";
    3046 NotDelegated AfterReading "not delegated", "Read the delegation (Query:Delegations); ask the principal for what it does not allow.";
    3047 BeyondDelegation AfterReading "beyond the delegation", "Keep to the energy and price that the principal delegated.";
    3060 AuctionOutOfTurn AfterReading "auction out of turn", "Open a slot's auctions one after the other, each once confirmation of the one before has ended and before the slot is planned.";
    3061 ForecastTooLate Never "forecast too late", "A planned slot is forecast no more; forecast later slots.";
    3062 ForecastMissing AfterReading "no forecast", "Forecast the slot first (Plan:Forecast): an intraday auction trades what differs from the plan.";
    3063 BeyondForecast AfterReading "beyond the forecast", "Order no more than the forecast leaves (Query:Position), or withdraw orders, or forecast anew.";
    3064 OrderCrossesPosition AfterReading "order crosses the position", "Split the order in two at the position (Query:Position): settlement takes a cover apart from a purchase.";
    3065 TooFewCalls Later "too few calls", "Have more members call for the stage (Market:CallFor), or leave it to the operator.";

    4001 UnknownMeter AfterReading "unknown meter", "The grid company registers a meter before it reports.";
    4002 BadReadingSignature Never "bad reading signature", "Sign the reading's canonical bytes with the meter's key.";
    4003 ReplayedReading Never "reading replayed", "Each reading of a meter and slot has a higher sequence than the one before.";
    4004 ReadingOfWrongSlot Never "reading of the wrong slot", "Report a slot that is planned and not settled.";
    4005 ReadingMissing Later "reading missing", "Wait for the readings of every party to the slot's contracts.";
    4006 AlreadySettled Never "already settled", "Read the settlement.";
    4007 MeterKeyNotValid Never "no meter key valid in this slot", "Register the meter's key with an earlier slot.";
    4008 ReadingOfOtherMarket Never "reading of another market", "Put this market's id in the reading.";
    4009 BadCorrection Never "bad correction", "A correction names the sequence it supersedes: the latest one.";
    4010 NoSuchPage AfterReading "no such settlement page", "Settle the slot first, then name a page below its number of pages.";
    4011 CorrectionsClosed Never "too late for corrections", "The term for corrections has passed; agree on it outside the market.";
    4012 EstimateTooEarly Later "too early for an estimate", "Name a settled slot that lies past the limit for readings.";
    4013 NothingToEstimate AfterReading "nothing to estimate", "Name registered participants at their points, once each, without a reading or an estimate.";
    4014 NothingMetered Later "nothing metered", "Wait for a reading; readings that still lack then do not hold the slot.";
    4015 PageNotBooked Later "page not booked", "Book the pages that the message names first.";
    4040 InsufficientFunds AfterReading "not enough available", "Pay money in, collect it (Account:Collect), or release what is held for settled slots (Account:Release).";
    4041 PaymentAnswered Never "payment answered already", "Read the payment; the selling company answers once.";
    4042 PaymentIdReused Never "payment id reused", "A payment id stands for one amount for ever; choose a new id.";
    4043 CreditTooLow AfterReading "credit below 400 points", "Buy from and sell to the grid; months without debt lead back to 600 points.";
    4044 InPaymentDefault AfterReading "payment default", "Pay the statement that is overdue (Statement:Pay).";
    4045 NotThatFar Later "the ledger has not come that far", "Wait until the slot that ends the time is settled.";
    4046 MonthClosed Never "month closed already", "A closed statement never changes; what comes later is on the next one.";
    4047 LineAccepted Never "line accepted already", "Dispute a line before it is acknowledged or paid, within the days for answers.";
    4048 UnknownLine Never "unknown line", "Name lines of the statement by their numbers.";
    4049 LineNotDisputed AfterReading "line not disputed", "The regulator decides a disputed line once.";
    4050 CreditNotInForce AfterReading "credit not in force", "Publish rules with credit first (Governance:PublishParameters).";
    4051 NothingDue AfterReading "nothing due", "Read the statement; disputed lines wait for the regulator.";
    4053 DayNotOver Later "day not over", "Name a settled slot after the day.";
    4070 NoCertificateForStorage Never "no certificates for storage", "Accrue the plants that charged the store; what a store gives back earns nothing.";
    4071 TooFewCertificates AfterReading "too few certificates", "Read the holding; only whole, unclaimed certificates move.";
    4072 ClaimTooLarge AfterReading "claim too large", "Read the holding; claim what is not claimed yet.";
    4073 NothingSettled Later "nothing settled on this day", "Wait until a slot of the day is settled.";
    4074 TransferToOneself Never "transfer to oneself", "Name another participant.";

    5001 ParametersInvalid Never "parameters invalid", "Correct the parameter that the message names.";
    5002 OrganisationsInvalid Never "organisations invalid", "Name different organisations; schema 1 has one for each of four parts.";
    5003 DistancesInvalid Never "distances invalid", "Send a square, symmetric matrix over published points, 1 on its diagonal.";
    5004 SchemaUnknown Never "schema not known to this build", "Install and start a build of der-chaincode whose --version tells this schema.";
    5005 SchemaTooOld Later "ledger's schema has no such function", "Migrate the ledger first (Governance:Migrate), once a majority runs a build that knows the schema.";
    5006 MembershipRefused Never "membership refused", "Read the members; only generation companies and users' organisations join and leave.";
    5010 ProposeInstead Never "not published by one organisation", "Propose the version (der proposal make), let a majority of the organisations approve it, then enact it.";
    5011 ProposalIdReused Never "proposal id reused", "A proposal id stands for one content for ever; choose a new id.";
    5012 ProposalEnacted Never "proposal is in force", "Propose the next version.";
    5013 TooFewApprovals Later "too few approvals", "Wait until a majority of the members approves (Query:Proposal tells who did).";
    5014 OtherContent Never "another content", "Read the proposal; vote with the digest of what it holds.";
    5015 ScheduleInvalid Never "schedule invalid", "Correct the rate that the message names.";
    5016 CalendarInvalid Never "calendar invalid", "Correct the day or pattern that the message names.";
    5017 MatrixIncomplete Later "matrix incomplete", "Publish every row of the proposed matrix (Governance:PublishRows).";
    5018 MarketSuspended Later "market suspended", "Wait until the regulator resumes the market; metering and settlement go on.";
    5019 PriceOutOfBounds Never "price out of bounds", "Name a price between the floor and the cap that the message tells.";
    5020 TooManyVersions Never "too many versions", "Report it: the list of versions has reached its limit.";
    5021 VersionTooLate Never "version too late", "Propose it for a slot after those that are settled.";

    8001 EndorsementPolicyFailure Later "too few endorsements", "Name the organisations that endorse this function; wait a block if its guard has just changed.";
    8002 MvccReadConflict AfterReading "state changed since it was read", "Read the state; submit again if it still applies.";
    8003 PhantomReadConflict AfterReading "a range changed since it was read", "Read the state; submit again if it still applies.";
    8004 BadCreatorSignature Never "creator not accepted by the channel", "Use a certificate issued by an organisation of the channel.";
    8005 DuplicateTransaction AfterReading "duplicate transaction id", "The first transaction of this id counts; read its status.";
    8006 InvalidTransaction AfterReading "transaction invalid", "Look the validation code up; submit again if the state still asks for it.";
    8007 EndorsementsDisagree Later "endorsements disagree", "An organisation lags or runs another version; try again, then compare the write sets.";
    8008 ChaincodeUnavailable Later "chaincode unavailable", "Start the chaincode service, or wait until its peer has dialled it again.";
    8009 DeadlineExceeded AfterReading "deadline exceeded", "Look for the result by the record's own id before trying again.";
    8010 CommitUnknown AfterReading "commit status unknown", "Look for the result by the record's own id before trying again.";
    8011 Overloaded Later "network overloaded", "Wait, then try again with fewer calls in flight.";
    8012 NetworkDown Later "network not reachable", "Check the endpoints and their TLS roots.";
    8013 IdentityRefused Never "identity refused", "Use a valid certificate of an organisation of the channel.";
    8014 NoEndorsers Later "endorsers not available", "Wait until the peers of the named organisations are up.";

    9001 Internal AfterReading "internal error", "Report it with the transaction id.";
    9002 ArithmeticOverflow Never "arithmetic overflow", "Report it with the transaction id.";
    9003 CorruptState Never "corrupt state", "A row on the ledger cannot be read; report it with its key.";
    9004 LedgerUnreadable Later "ledger not readable", "The peer could not answer a read; try again.";
    9005 ReplyUnreadable AfterReading "reply not readable", "Client and chaincode differ in version.";
    9006 UncodedRefusal AfterReading "refusal without a code", "Read the message; it did not come from the market's contract.";
}

impl ErrorCode {
    /// The code of these four digits.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::all().iter().copied().find(|code| code.number() == number)
    }

    /// The status of the chaincode response that carries this code: 400 input, 403 access, 409 state, 500 internal.
    /// Fabric does not endorse a response of 400 or above.
    pub const fn status(self) -> i32 {
        match self.number() {
            1000..=1999 => 400,
            2000..=2999 => 403,
            3000..=5999 => 409,
            _ => 500,
        }
    }

    /// A Markdown table of every code, for documents.
    pub fn table() -> String {
        let rows = Self::all().iter().map(|code| {
            format!(
                "| {code} | {} | {} | {} |\n",
                code.title(),
                code.retry_class(),
                code.advice()
            )
        });
        std::iter::once("| code | what | retry | what to do |\n|---|---|---|---|\n".to_owned())
            .chain(rows)
            .collect()
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DER-{:04}", self.number())
    }
}

/// A refusal: a code and a sentence. Its text is `DER-nnnn: sentence`, and [`ApiError::from_str`] finds it again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct ApiError {
    /// The code.
    pub code: ErrorCode,
    /// What is wrong here.
    pub detail: String,
}

impl ApiError {
    /// A refusal with its own sentence.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code, code.title())
    }
}

/// A text that holds no coded refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no DER-nnnn code in the text")]
pub struct NoCode;

impl FromStr for ApiError {
    type Err = NoCode;

    /// Finds the first `DER-nnnn: sentence` anywhere in a text: peers and gateways put their own words before it.
    fn from_str(text: &str) -> Result<Self, NoCode> {
        text.match_indices("DER-")
            .find_map(|(at, _)| parse_at(text.get(at..)?))
            .ok_or(NoCode)
    }
}

fn parse_at(text: &str) -> Option<ApiError> {
    let rest = text.strip_prefix("DER-")?;
    let (digits, rest) = rest.split_at_checked(4)?;
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let code = ErrorCode::from_number(digits.parse().ok()?)?;
    Some(ApiError::new(code, rest.strip_prefix(": ")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_rise_and_never_repeat() {
        assert!(
            ErrorCode::all()
                .windows(2)
                .all(|pair| pair[0].number() < pair[1].number())
        );
    }

    #[test]
    fn every_code_says_what_to_do() {
        for code in ErrorCode::all() {
            assert!(code.advice().ends_with('.') && !code.title().is_empty(), "{code}");
            assert!((400..=500).contains(&code.status()), "{code}");
        }
        assert_eq!(ErrorCode::table().lines().count(), ErrorCode::all().len() + 2);
    }

    #[test]
    fn a_refusal_is_found_behind_other_words() {
        let text = "chaincode response 409, DER-3006: the gate of slot 7 is closed";
        assert_eq!(
            text.parse(),
            Ok(ApiError::new(ErrorCode::GateClosed, "the gate of slot 7 is closed"))
        );
        assert_eq!("DER-9999: x".parse::<ApiError>(), Err(NoCode));
        assert_eq!("DER-30é6: x".parse::<ApiError>(), Err(NoCode));
    }

    proptest! {
        #[test]
        fn a_refusal_survives_its_text(index in 0..ErrorCode::all().len(), detail in ".*") {
            let error = ApiError::new(ErrorCode::all()[index], detail);
            prop_assert_eq!(error.to_string().parse(), Ok(error));
        }

        #[test]
        fn any_text_is_parsed_without_panic(text in ".*DER-.*") {
            let _outcome = text.parse::<ApiError>();
        }
    }
}
