//! The bytes on the wire. Each golden file is read as its type and written again; a renamed, moved or dropped field fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "golden/privacy.rs"]
mod privacy;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use der_api::contract::ContractTerms;
use der_api::request::*;
use der_api::{Event, Function, Request, codec, metering, reply};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn golden(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(kind)
}

fn bytes(kind: &str, name: &str) -> Vec<u8> {
    let path = golden(kind).join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.trim_end().as_bytes().to_vec()
}

fn names(kind: &str) -> BTreeSet<String> {
    let stem = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()
    };
    golden(kind).read_dir().unwrap().map(stem).collect()
}

fn round_trip<T: Serialize + DeserializeOwned>(kind: &str, name: &str) -> T {
    let wire = bytes(kind, name);
    let value: T = codec::decode(&wire, usize::MAX).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(
        String::from_utf8(codec::encode(&value).unwrap()),
        String::from_utf8(wire),
        "{name}"
    );
    value
}

/// A request's name, its function, and whether it takes some bytes.
type Named = (&'static str, Function, fn(&[u8]) -> bool);

macro_rules! requests {
    ($($name:ident),* $(,)?) => {{
        let mut seen: Vec<Named> = Vec::new();
        $(
            round_trip::<$name>("request", stringify!($name));
            let takes = |bytes: &[u8]| codec::decode::<$name>(bytes, $name::FUNCTION.argument_limit()).is_ok();
            seen.push((stringify!($name), $name::FUNCTION, takes));
        )*
        seen
    }};
}

fn requests() -> Vec<Named> {
    requests!(
        AcceptConnection,
        AccrueCertificates,
        AdmitMember,
        AddKey,
        Approve,
        Authenticate,
        Bootstrap,
        ChangeDevice,
        ChangePlant,
        CallFor,
        ClaimCertificates,
        Clear,
        CloseGate,
        Confirm,
        CorrectSlot,
        Estimate,
        DismissMember,
        Enact,
        EndConfirmation,
        GrantMandate,
        Migrate,
        MoveOut,
        OpenSlot,
        Plan,
        PostBid,
        PostForecast,
        PostMany,
        PostOffer,
        Propose,
        PublishDistances,
        PublishParameters,
        PublishPoint,
        PublishRows,
        QueryAuctions,
        QueryAccrual,
        QueryBalance,
        QueryBook,
        QueryCalls,
        QueryClearingInputs,
        QueryContracts,
        QueryFills,
        QueryWelfare,
        ProposeWelfare,
        QueryClearing,
        QueryContract,
        QueryDevice,
        QueryDistances,
        QueryEnergyChain,
        QueryGridChain,
        QueryGuardsOf,
        QueryHistory,
        QueryHolding,
        QueryMandate,
        QueryMarket,
        QueryMarketAudit,
        QueryMembers,
        QueryMeter,
        QueryOrder,
        QueryOrigin,
        QueryParticipant,
        QueryPlan,
        QueryPlant,
        QueryPoint,
        QueryPrices,
        QueryProposal,
        QueryProposals,
        QueryRecord,
        QueryPosition,
        QueryReadings,
        QuerySettlement,
        QuerySettlementPage,
        QuerySlot,
        QueryStatement,
        QueryUserChain,
        QueryVersion,
        QueryVersions,
        QueryVolumes,
        RecordReadings,
        Refuse,
        RegisterDevice,
        RegisterMeter,
        RegisterPlant,
        RegisterUser,
        Reinstate,
        Reject,
        ReplaceMeter,
        ResumeMarket,
        RetireDevice,
        RetirePlant,
        RevokeMandate,
        RewriteGuards,
        SealBook,
        SetIndex,
        SetState,
        Settle,
        SettlePage,
        Suspend,
        SuspendMarket,
        TransferCertificates,
        Withdraw,
        RequestDeposit,
        AnswerDeposit,
        RequestWithdrawal,
        AnswerWithdrawal,
        QueryPayment,
        Collect,
        ReleaseHolds,
        FoldAccounts,
        QueryAccount,
        QueryAccounts,
        RollCredit,
        QueryCredit,
        CloseStatements,
        AcknowledgeStatement,
        DisputeStatement,
        DecideLine,
        PayStatement,
        DeclareDefault,
        QueryMonthStatement,
        WriteContracts,
        Amend,
        EndReveal,
        GrantDelegation,
        QueryDelegations,
        QuerySeals,
        QuerySetAside,
        Reveal,
        RevokeDelegation,
        Seal,
        SetAside,
        WithdrawMany
    )
}

#[test]
fn every_request() {
    let seen = requests();
    let functions: BTreeSet<Function> = seen.iter().map(|(_, function, _)| *function).collect();
    assert_eq!(
        functions,
        Function::all().iter().copied().collect(),
        "each function has a golden request"
    );
    assert_eq!(
        names("request"),
        seen.iter().map(|(name, ..)| (*name).to_owned()).collect()
    );
}

macro_rules! replies {
    ($($name:ident),* $(,)?) => {{
        $(round_trip::<reply::$name>("reply", stringify!($name));)*
        [$(stringify!($name).to_owned()),*]
    }};
}

#[test]
fn every_reply() {
    let seen = replies!(
        AccrualView,
        AnswerAccepted,
        AuctionsView,
        BalanceView,
        ChainPage,
        ChainRow,
        BookKey,
        BookPage,
        CallsView,
        ClearingInputs,
        ContractsPage,
        ContractsWritten,
        FillsPage,
        Proof,
        ProposedContract,
        WelfareInputs,
        WelfareProposed,
        WelfareView,
        ClearingView,
        ConfirmationView,
        ContractView,
        CourseView,
        DelegationView,
        DelegationsView,
        DeviceView,
        DistancesView,
        EstimateView,
        EstimatesAccepted,
        ForecastAccepted,
        GuardsRewrittenView,
        GuardsView,
        HistoryView,
        HoldingView,
        IndexView,
        MandateView,
        MarketAuditView,
        MarketView,
        MembersView,
        MeterView,
        OrderAccepted,
        OrderVersion,
        OrderView,
        OrdersAccepted,
        OriginView,
        PageBooked,
        ParticipantView,
        PlanView,
        PlantView,
        PointView,
        PositionView,
        PricesView,
        ProposalDetail,
        ProposalView,
        ProposalsView,
        ReadingsAccepted,
        ReadingsView,
        RowsAccepted,
        SealView,
        SealsView,
        SetAsideView,
        SettlementPageView,
        SettlementView,
        SlotView,
        StatementView,
        AccountView,
        AccountsView,
        ClosedView,
        CreditView,
        FoldedView,
        FundsView,
        MonthStatementView,
        PaymentView,
        RolledView,
        SuspensionView,
        VersionDetail,
        VersionLine,
        VersionView,
        VersionsView,
        VolumesView,
        VoteAccepted,
        VoteView,
    );
    assert_eq!(names("reply"), seen.into_iter().collect());
}

#[test]
fn every_event() {
    for name in Event::NAMES {
        let wire = bytes("event", name);
        let event = Event::parse(name, &wire).unwrap().unwrap();
        assert_eq!(event.name(), *name);
        assert_eq!(
            String::from_utf8(event.payload().unwrap()),
            String::from_utf8(wire),
            "{name}"
        );
    }
    assert_eq!(
        names("event"),
        Event::NAMES.iter().map(|name| (*name).to_owned()).collect()
    );
    assert_eq!(Event::parse("Unheard", b"{}"), Ok(None));
}

#[test]
fn the_first_schema_is_not_written() {
    let wire = String::from_utf8(bytes("request", "Bootstrap")).unwrap();
    let first = wire.replace(",\"schema\":2", "");
    let request: Bootstrap = codec::decode(first.as_bytes(), usize::MAX).unwrap();
    assert_eq!(request.schema, der_api::schema::FIRST);
    assert_eq!(String::from_utf8(codec::encode(&request).unwrap()).unwrap(), first);
}

#[test]
fn unknown_fields_are_refused_everywhere() {
    let with_more = |kind: &str, name: &str| {
        let text = String::from_utf8(bytes(kind, name)).unwrap();
        text.replacen('{', if text == "{}" { "{\"more\":1" } else { "{\"more\":1," }, 1)
    };
    assert!(codec::decode::<OpenSlot>(with_more("request", "OpenSlot").as_bytes(), 1_000).is_err());
    assert!(codec::decode::<AddKey>(with_more("request", "AddKey").as_bytes(), 1_000).is_err());
    for name in Event::NAMES {
        assert!(
            Event::parse(name, with_more("event", name).as_bytes()).is_err(),
            "{name}"
        );
    }
}

#[test]
fn signed_bytes() {
    let terms: ContractTerms = round_trip::<reply::ContractView>("reply", "ContractView").terms;
    let readings = round_trip::<RecordReadings>("request", "RecordReadings").readings;
    let signed = [
        terms.canonical_bytes().unwrap(),
        metering::canonical_bytes(&readings[0].reading).unwrap(),
    ];
    insta::assert_snapshot!(
        "signed_bytes",
        signed.map(|bytes| String::from_utf8(bytes).unwrap()).join("\n\n")
    );
    insta::assert_snapshot!("contract_hash", terms.hash().unwrap());
}

#[test]
fn the_table_of_codes() {
    insta::assert_snapshot!("error_codes", der_api::ErrorCode::table());
}
