//! One function call: from its name and arguments to a decision.

use der_api::{ErrorCode, Function, codec};
use serde::de::DeserializeOwned;

use crate::access::identify;
use crate::caller::{Caller, Verifier};
use crate::context::Context;
use crate::decision::Decision;
use crate::error::ContractError;
use crate::ledger::Ledger;
use crate::release::Release;
use crate::view::LedgerView;
use crate::{certificates, governance, identity, money, planning, query, settlement, trading};

/// Runs a function. The same ledger, caller and arguments give the same decision, byte for byte, on every endorser.
///
/// # Errors
/// A refusal with its code; nothing is to be written then.
pub async fn invoke<V: LedgerView>(
    view: &V,
    caller: &Caller,
    verifier: &dyn Verifier,
    function: &str,
    args: &[&[u8]],
) -> Result<Decision, ContractError> {
    invoke_as(Release::CURRENT, view, caller, verifier, function, args).await
}

/// Runs a function as a build of this release would.
///
/// # Errors
/// As [`invoke`].
pub async fn invoke_as<V: LedgerView>(
    release: Release,
    view: &V,
    caller: &Caller,
    verifier: &dyn Verifier,
    function: &str,
    args: &[&[u8]],
) -> Result<Decision, ContractError> {
    let function = release.function(function).ok_or(ErrorCode::UnknownFunction)?;
    let argument = Argument::take(function, args)?;
    let caller = identify(caller)?;
    let ledger = Ledger::new(view);
    let Some((version, market)) = ledger.market(release).await? else {
        return match function {
            Function::Bootstrap => governance::bootstrap(release, &caller, &argument.read()?),
            _ => Err(ErrorCode::NotBootstrapped.into()),
        };
    };
    caller.authorise(function, &market.organisations, version)?;
    let context = Context {
        ledger,
        caller: caller.id,
        public_key: caller.public_key,
        verifier,
        market,
        schema: version,
        release,
    };
    context.require_schema(function.schema(), function.name())?;
    if function.is_query() {
        return read(&context, function, argument).await;
    }
    act(&context, function, argument).await
}

/// The one argument, within its function's limit.
struct Argument<'a> {
    bytes: &'a [u8],
    limit: usize,
}

impl<'a> Argument<'a> {
    fn take(function: Function, args: &[&'a [u8]]) -> Result<Self, ContractError> {
        let limit = function.argument_limit();
        if let Some(long) = args.iter().find(|arg| arg.len() > limit) {
            let detail = format!("{} bytes, {limit} are allowed", long.len());
            return Err(ContractError::new(ErrorCode::ArgumentTooLarge, detail));
        }
        match args {
            [bytes] => Ok(Self { bytes, limit }),
            _ => Err(ErrorCode::WrongArgumentCount.into()),
        }
    }

    fn read<T: DeserializeOwned>(&self) -> Result<T, ContractError> {
        Ok(codec::decode(self.bytes, self.limit)?)
    }
}

async fn act<V: LedgerView>(
    cx: &Context<'_, V>,
    function: Function,
    argument: Argument<'_>,
) -> Result<Decision, ContractError> {
    governance::require_running(cx, function).await?;
    match function {
        Function::Bootstrap => Err(ErrorCode::AlreadyBootstrapped.into()),
        Function::OpenSlot => governance::open_slot(cx, argument.read()?).await,
        Function::CloseGate => governance::close_gate(cx, argument.read()?).await,
        Function::EndReveal => governance::end_reveal(cx, argument.read()?).await,
        Function::SealBook => governance::seal_book(cx, argument.read()?).await,
        Function::CallFor => governance::call_for(cx, argument.read()?).await,
        Function::Migrate => governance::migrate(cx, argument.read()?),
        Function::AdmitMember => governance::admit_member(cx, argument.read()?),
        Function::DismissMember => governance::dismiss_member(cx, argument.read()?),
        Function::RewriteGuards => governance::rewrite_guards(cx, argument.read()?).await,
        Function::PublishParameters => governance::publish_parameters(cx, argument.read()?),
        Function::Propose => governance::propose(cx, argument.read()?).await,
        Function::PublishRows => governance::publish_rows(cx, argument.read()?).await,
        Function::Approve => governance::approve(cx, argument.read()?).await,
        Function::Reject => governance::reject(cx, argument.read()?).await,
        Function::Enact => governance::enact(cx, argument.read()?).await,
        Function::SuspendMarket => governance::suspend_market(cx, argument.read()?).await,
        Function::ResumeMarket => governance::resume_market(cx, argument.read()?).await,
        Function::RegisterUser => identity::register_user(cx, argument.read()?).await,
        Function::AddKey => identity::add_key(cx, argument.read()?).await,
        Function::MoveOut => identity::move_out(cx, argument.read()?).await,
        Function::RegisterDevice => identity::register_device(cx, argument.read()?).await,
        Function::ChangeDevice => identity::change_device(cx, argument.read()?).await,
        Function::RetireDevice => identity::retire_device(cx, argument.read()?).await,
        Function::SetState => identity::set_state(cx, argument.read()?).await,
        Function::Authenticate => identity::authenticate(cx, argument.read()?).await,
        Function::Suspend => identity::suspend(cx, argument.read()?).await,
        Function::Reinstate => identity::reinstate(cx, argument.read()?).await,
        Function::PublishPoint => identity::publish_point(cx, argument.read()?).await,
        Function::PublishDistances => identity::publish_distances(cx, argument.read()?).await,
        Function::AcceptConnection => identity::accept_connection(cx, argument.read()?).await,
        Function::RegisterPlant => identity::register_plant(cx, argument.read()?).await,
        Function::ChangePlant => identity::change_plant(cx, argument.read()?).await,
        Function::RetirePlant => identity::retire_plant(cx, argument.read()?).await,
        Function::ReplaceMeter => identity::replace_meter(cx, argument.read()?).await,
        Function::SetIndex => identity::set_index(cx, argument.read()?).await,
        Function::AccrueCertificates => certificates::accrue(cx, argument.read()?).await,
        Function::TransferCertificates => certificates::transfer(cx, argument.read()?).await,
        Function::ClaimCertificates => certificates::claim(cx, argument.read()?).await,
        Function::RegisterMeter => identity::register_meter(cx, argument.read()?).await,
        Function::PostOffer => trading::post_offer(cx, argument.read()?).await,
        Function::PostBid => trading::post_bid(cx, argument.read()?).await,
        Function::PostMany => trading::post_many(cx, argument.read()?).await,
        Function::Seal => trading::seal_orders(cx, argument.read()?).await,
        Function::Reveal => trading::reveal_orders(cx, argument.read()?).await,
        Function::Amend => trading::amend_orders(cx, argument.read()?).await,
        Function::Withdraw => trading::withdraw(cx, argument.read()?).await,
        Function::WithdrawMany => trading::withdraw_many(cx, argument.read()?).await,
        Function::GrantDelegation => trading::grant_delegation(cx, argument.read()?).await,
        Function::RevokeDelegation => trading::revoke_delegation(cx, argument.read()?).await,
        Function::GrantMandate => trading::grant_mandate(cx, argument.read()?).await,
        Function::RevokeMandate => trading::revoke_mandate(cx, argument.read()?).await,
        Function::PostForecast => planning::post_forecast(cx, argument.read()?).await,
        Function::Clear => trading::clear(cx, argument.read()?).await,
        Function::ProposeWelfare => trading::propose_welfare(cx, argument.read()?).await,
        Function::WriteContracts => trading::write_contracts(cx, argument.read()?).await,
        Function::Confirm => trading::confirm(cx, argument.read()?).await,
        Function::Refuse => trading::refuse(cx, argument.read()?).await,
        Function::EndConfirmation => planning::end_confirmation(cx, argument.read()?).await,
        Function::Plan => planning::plan_slot(cx, argument.read()?).await,
        Function::RecordReadings => settlement::record_readings(cx, argument.read()?).await,
        Function::Settle => settlement::settle_slot(cx, argument.read()?).await,
        Function::SettlePage => settlement::settle_page(cx, argument.read()?).await,
        Function::CorrectSlot => settlement::correct(cx, argument.read()?).await,
        Function::Estimate => settlement::estimate(cx, argument.read()?).await,
        Function::RequestDeposit => money::request_deposit(cx, argument.read()?).await,
        Function::AnswerDeposit => money::answer_deposit(cx, argument.read()?).await,
        Function::RequestWithdrawal => money::request_withdrawal(cx, argument.read()?).await,
        Function::AnswerWithdrawal => money::answer_withdrawal(cx, argument.read()?).await,
        Function::SetAside => money::set_aside(cx, argument.read()?).await,
        Function::Collect => money::collect(cx, argument.read()?).await,
        Function::ReleaseHolds => money::release_holds(cx, argument.read()?).await,
        Function::FoldAccounts => money::fold_accounts(cx, argument.read()?).await,
        Function::RollCredit => money::roll_credit(cx, argument.read()?).await,
        Function::CloseStatements => money::close_statements(cx, argument.read()?).await,
        Function::AcknowledgeStatement => money::acknowledge_statement(cx, argument.read()?).await,
        Function::DisputeStatement => money::dispute_statement(cx, argument.read()?).await,
        Function::DecideLine => money::decide_line(cx, argument.read()?).await,
        Function::PayStatement => money::pay_statement(cx, argument.read()?).await,
        Function::DeclareDefault => money::declare_default(cx, argument.read()?).await,
        _ => Err(ErrorCode::UnknownFunction.into()),
    }
}

async fn read<V: LedgerView>(
    cx: &Context<'_, V>,
    function: Function,
    argument: Argument<'_>,
) -> Result<Decision, ContractError> {
    match function {
        Function::QueryMarket => query::market(cx, argument.read()?).await,
        Function::QueryMembers => query::members(cx, argument.read()?),
        Function::QueryGuardsOf => query::guards_of(cx, argument.read()?).await,
        Function::QueryProposal => query::proposal(cx, argument.read()?).await,
        Function::QueryProposals => query::proposals(cx, argument.read()?).await,
        Function::QueryVersions => query::versions(cx, argument.read()?).await,
        Function::QueryVersion => query::version(cx, argument.read()?).await,
        Function::QueryDistances => query::distances(cx, argument.read()?).await,
        Function::QueryPrices => query::prices(cx, argument.read()?).await,
        Function::QueryMarketAudit => query::market_audit(cx, argument.read()?).await,
        Function::QueryParticipant => query::participant(cx, argument.read()?).await,
        Function::QueryDevice => query::device(cx, argument.read()?).await,
        Function::QueryOrigin => query::origin(cx, argument.read()?).await,
        Function::QueryHolding => query::holding(cx, argument.read()?).await,
        Function::QueryAccrual => query::accrual(cx, argument.read()?).await,
        Function::QueryUserChain => query::user_chain(cx, argument.read()?).await,
        Function::QueryGridChain => query::grid_chain(cx, argument.read()?).await,
        Function::QueryEnergyChain => query::energy_chain(cx, argument.read()?).await,
        Function::QueryRecord => query::record(cx, argument.read()?).await,
        Function::QueryHistory => query::history(cx, argument.read()?).await,
        Function::QueryPoint => query::point(cx, argument.read()?).await,
        Function::QueryPlant => query::plant(cx, argument.read()?).await,
        Function::QueryMeter => query::meter(cx, argument.read()?).await,
        Function::QueryOrder => query::order(cx, argument.read()?).await,
        Function::QuerySeals => trading::seals(cx, argument.read()?).await,
        Function::QuerySetAside => money::set_aside_view(cx, argument.read()?).await,
        Function::QueryDelegations => trading::delegations(cx, argument.read()?).await,
        Function::QueryMandate => trading::mandate_view(cx, argument.read()?).await,
        Function::QuerySlot => query::slot(cx, argument.read()?).await,
        Function::QueryAuctions => query::auctions(cx, argument.read()?).await,
        Function::QueryCalls => governance::calls(cx, argument.read()?).await,
        Function::QueryPosition => planning::position(cx, argument.read()?).await,
        Function::QueryClearing => query::clearing(cx, argument.read()?).await,
        Function::QueryClearingInputs => query::clearing_inputs(cx, argument.read()?).await,
        Function::QueryWelfare => query::welfare(cx, argument.read()?).await,
        Function::QueryBook => query::book(cx, argument.read()?).await,
        Function::QueryFills => query::fills(cx, argument.read()?).await,
        Function::QueryContracts => query::contracts(cx, argument.read()?).await,
        Function::QueryContract => query::contract(cx, argument.read()?).await,
        Function::QueryPlan => query::plan(cx, argument.read()?).await,
        Function::QuerySettlement => query::settlement(cx, argument.read()?).await,
        Function::QuerySettlementPage => query::settlement_page(cx, argument.read()?).await,
        Function::QueryReadings => query::readings(cx, argument.read()?).await,
        Function::QueryStatement => query::statement(cx, argument.read()?).await,
        Function::QueryBalance => query::balance(cx, argument.read()?).await,
        Function::QueryPayment => query::payment(cx, argument.read()?).await,
        Function::QueryAccount => query::account(cx, argument.read()?).await,
        Function::QueryAccounts => query::accounts(cx, argument.read()?).await,
        Function::QueryCredit => query::credit(cx, argument.read()?).await,
        Function::QueryMonthStatement => money::month_statement(cx, argument.read()?).await,
        Function::QueryVolumes => query::volumes(cx, argument.read()?).await,
        _ => Err(ErrorCode::UnknownFunction.into()),
    }
}
