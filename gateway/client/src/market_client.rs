//! The market as one identity sees it: a typed method for each function.

use std::sync::Arc;
use std::time::Duration;

use der_api::function::BATCH_LIMIT;
use der_api::request::{
    AcceptConnection, AddKey, AdmitMember, Authenticate, Bootstrap, CallFor, Clear, CloseGate, CorrectSlot,
    DismissMember, EndConfirmation, Estimate, Migrate, OpenSlot, Plan, PostForecast, PostMany, ProposeWelfare,
    PublishDistances, PublishParameters, PublishPoint, QueryAuctions, QueryBalance, QueryBook, QueryCalls,
    QueryClearing, QueryClearingInputs, QueryContract, QueryContracts, QueryFills, QueryGuardsOf, QueryMarket,
    QueryMembers, QueryMeter, QueryOrder, QueryParticipant, QueryPlan, QueryPlant, QueryPoint, QueryPosition,
    QueryReadings, QuerySettlement, QuerySettlementPage, QuerySlot, QueryStatement, QueryVolumes, QueryWelfare,
    RecordReadings, Refuse, RegisterMeter, RegisterPlant, RegisterUser, Reinstate, Request, RewriteGuards, SealBook,
    Settle, SettlePage, Suspend, Withdraw, WriteContracts,
};
use der_api::{ErrorCode, Organisations, RetryClass, codec};
use der_market::id::{MspId, ParticipantId};
use fabric_gateway::{ConflictRetry, Contract, Network, ProposalBuilder, Signer, Stage};
use fabric_msp::Identity;
use tokio::time::{Instant, sleep};

use crate::membership::Membership;
use crate::{ClientError, Receipt};

/// Two seconds are many blocks: a peer that lags longer is not just behind.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two tries of a refusal that may come of a lagging peer.
pub(crate) const PAUSE: Duration = Duration::from_millis(100);

/// One identity's typed view of the market. Cheap to clone.
#[derive(Clone)]
pub struct MarketClient {
    pub(crate) network: Network,
    contract: Contract,
    pub(crate) signer: Arc<dyn Signer>,
    membership: Membership,
    absent: Arc<[MspId]>,
    participant: ParticipantId,
    conflicts: Option<ConflictRetry>,
    pub(crate) patience: Duration,
}

impl std::fmt::Debug for MarketClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MarketClient")
            .field("participant", &self.participant)
            .field("contract", &self.contract)
            .finish_non_exhaustive()
    }
}

impl MarketClient {
    /// The market in `chaincode` on the network's channel, as `signer`, who must be the gateway's own signer.
    ///
    /// `organisations` says whom to name as endorsers; [`MarketClient::consortium`] gives the usual four. Where the ledger has other
    /// members, [`MarketClient::learn_members`] reads them, and so does a submission whose endorsements were too few.
    ///
    /// # Errors
    /// [`der_api::ErrorCode::CallerUnidentified`] or `MalformedAttributes` when the signer's certificate names no one.
    pub fn new(
        network: Network,
        chaincode: &str,
        signer: Arc<dyn Signer>,
        organisations: Organisations,
    ) -> Result<Self, ClientError> {
        let contract = network.contract(chaincode);
        let participant = participant_of(signer.as_ref())?;
        let conflicts = Some(ConflictRetry::default());
        Ok(Self {
            network,
            contract,
            signer,
            membership: Membership::new(organisations),
            absent: Arc::default(),
            participant,
            conflicts,
            patience: PATIENCE,
        })
    }

    /// GridMSP, RegulatorMSP, EnergyMSP and MicrogridMSP.
    ///
    /// # Errors
    /// None in practice: the names are well formed.
    pub fn consortium() -> Result<Organisations, ClientError> {
        let msp = |name: &str| MspId::new(name).map_err(ClientError::identifier);
        Ok(Organisations {
            grid: msp("GridMSP")?,
            regulator: msp("RegulatorMSP")?,
            energy: msp("EnergyMSP")?.into(),
            microgrid: msp("MicrogridMSP")?.into(),
        })
    }

    /// Reads the members from the ledger; from now on this client and its clones name these as endorsers.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code; before the market is founded [`ErrorCode::NotBootstrapped`].
    pub async fn learn_members(&self) -> Result<Organisations, ClientError> {
        let organisations = self.query(&QueryMarket {}).await?.organisations;
        self.membership.learn(organisations);
        Ok(self.membership.organisations())
    }

    /// A client that never names these organisations: their peers are down, or they are about to leave.
    #[must_use]
    pub fn without(&self, absent: impl IntoIterator<Item = MspId>) -> Self {
        Self {
            absent: absent.into_iter().collect(),
            ..self.clone()
        }
    }

    /// Sets how often a transaction is built anew after an MVCC or phantom conflict; none reports the first one.
    ///
    /// A conflicting transaction wrote nothing, and every act of the market carries its own id, so that repeating it
    /// cannot do it twice.
    #[must_use]
    pub fn conflicts(mut self, retry: Option<ConflictRetry>) -> Self {
        self.conflicts = retry;
        self
    }

    /// Sets for how long a refusal by state is tried again; two seconds if nothing is said, zero reports the first one.
    ///
    /// Peers commit a block one after the other: one that has not seen it yet refuses what builds on it.
    #[must_use]
    pub fn patience(mut self, limit: Duration) -> Self {
        self.patience = limit;
        self
    }

    /// Waits until the peer that this client asks has committed a transaction, anyone's, and returns its block.
    ///
    /// # Errors
    /// When the peer does not commit it in time, or refuses to tell.
    pub async fn seen(&self, transaction_id: &str) -> Result<u64, ClientError> {
        Ok(self.network.commit(transaction_id)?.status().await?.block_number)
    }

    /// The participant that the certificate names: MSP id and enrolment id.
    #[must_use]
    pub fn participant(&self) -> &ParticipantId {
        &self.participant
    }

    /// The caller's `SerializedIdentity`, by whose certificate a signature of this client is verified.
    #[must_use]
    pub fn serialized_identity(&self) -> bytes::Bytes {
        self.signer.serialized_identity()
    }

    /// The chaincode, for what this type does not offer.
    #[must_use]
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// The proposal of a request with the organisations that must endorse it, for stepwise use.
    ///
    /// # Errors
    /// None in practice; see [`codec::encode`].
    pub fn proposal<R: Request>(&self, request: &R) -> Result<ProposalBuilder, ClientError> {
        let named = self
            .membership
            .endorsers(R::FUNCTION, &self.participant.msp, &self.absent);
        Ok(self
            .call(request)?
            .endorsing_organizations(named.iter().map(MspId::as_str)))
    }

    /// Endorses, submits, and waits for a valid commit.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code.
    pub async fn submit<R: Request>(&self, request: &R) -> Result<Receipt<R::Reply>, ClientError> {
        let given_up = Instant::now() + self.patience;
        loop {
            match self.submit_once(request).await {
                Err(error) if may_come_of_lag(&error) && Instant::now() + PAUSE < given_up => sleep(PAUSE).await,
                Err(error) if too_few(&error) && !self.patience.is_zero() => self.name_more(error).await?,
                outcome => return outcome,
            }
        }
    }

    /// Market and channel change their members in two transactions: in between, a majority of the one may be too few for the other.
    /// The transaction wrote nothing, so that it can be built anew with the members that the ledger has now, or with one more.
    async fn name_more(&self, error: ClientError) -> Result<(), ClientError> {
        let Ok(market) = self.query(&QueryMarket {}).await else {
            return Err(error);
        };
        if self.membership.learn(market.organisations) || self.membership.widen() {
            return Ok(());
        }
        Err(error)
    }

    async fn submit_once<R: Request>(&self, request: &R) -> Result<Receipt<R::Reply>, ClientError> {
        let mut proposal = self.proposal(request)?;
        if let Some(retry) = self.conflicts {
            proposal = proposal.retry_conflicts(retry);
        }
        let committed = proposal.submit().await?;
        Ok(Receipt {
            reply: reply::<R>(&committed.result)?,
            transaction_id: committed.status.transaction_id,
            block: Some(committed.status.block_number),
        })
    }

    /// Asks one peer; nothing is written.
    ///
    /// # Errors
    /// The contract's refusal or Fabric's, as a code.
    pub async fn query<R: Request>(&self, request: &R) -> Result<R::Reply, ClientError> {
        reply::<R>(&self.call(request)?.evaluate().await?)
    }

    /// As [`MarketClient::query`], for what a client knows to be committed: a peer that is behind is asked again while patience lasts.
    pub(crate) async fn await_query<R: Request>(&self, request: &R) -> Result<R::Reply, ClientError> {
        let given_up = Instant::now() + self.patience;
        loop {
            match self.query(request).await {
                Err(error) if may_come_of_lag(&error) && Instant::now() + PAUSE < given_up => sleep(PAUSE).await,
                outcome => return outcome,
            }
        }
    }

    fn call<R: Request>(&self, request: &R) -> Result<ProposalBuilder, ClientError> {
        Ok(self
            .contract
            .proposal(R::FUNCTION.name())
            .args([codec::encode(request)?]))
    }
}

/// The contract refused by state, at a peer that may not have seen the newest block. Nothing was ordered.
fn may_come_of_lag(error: &ClientError) -> bool {
    let by_contract = error.code().number() < ErrorCode::EndorsementPolicyFailure.number();
    let before_ordering = matches!(error.stage(), Stage::Evaluate | Stage::Endorse);
    by_contract && before_ordering && error.retry_class() != RetryClass::Never
}

/// The transaction is on the ledger, invalid for want of endorsements.
fn too_few(error: &ClientError) -> bool {
    error.code() == ErrorCode::EndorsementPolicyFailure && error.stage() == Stage::Commit
}

fn reply<R: Request>(bytes: &[u8]) -> Result<R::Reply, ClientError> {
    // A reply may list a slot's whole book; the gateway has bounded it already.
    codec::decode(bytes, bytes.len().max(BATCH_LIMIT)).map_err(|e| ClientError::reply(&e))
}

fn participant_of(signer: &dyn Signer) -> Result<ParticipantId, ClientError> {
    let identity =
        Identity::from_bytes(signer.serialized_identity()).map_err(|e| ClientError::identity(&e.to_string()))?;
    let user = identity
        .enrollment_id()
        .map_err(|e| ClientError::attributes(&e.to_string()))?;
    let text = format!("{}:{user}", identity.msp_id());
    text.parse()
        .map_err(|e: der_market::id::IdError| ClientError::identity(&e.to_string()))
}

macro_rules! submits {
    ($($(#[$doc:meta])* $name:ident: $request:ident;)*) => {
        /// Transactions. Each waits for its commit; each error carries the contract's or Fabric's code.
        impl MarketClient {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// The contract's refusal or Fabric's, as a code.
                pub async fn $name(
                    &self,
                    request: &$request,
                ) -> Result<Receipt<<$request as Request>::Reply>, ClientError> {
                    self.submit(request).await
                }
            )*
        }
    };
}

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident: $request:ident;)*) => {
        /// Acts that leave a trace. After an unknown commit the trace is looked for on the ledger and, where there is none, the act is
        /// sent again: the contract lets it happen once. The receipt of an act that was found by its trace has no block.
        impl MarketClient {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// The contract's refusal or Fabric's, as a code; [`der_api::ErrorCode::CommitUnknown`] when the network stays silent.
                pub async fn $name(
                    &self,
                    request: &$request,
                ) -> Result<Receipt<<$request as Request>::Reply>, ClientError> {
                    self.act(request).await
                }
            )*
        }
    };
}

macro_rules! queries {
    ($($(#[$doc:meta])* $name:ident: $request:ident;)*) => {
        /// Questions. Nothing is written.
        impl MarketClient {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// The contract's refusal or Fabric's, as a code.
                pub async fn $name(&self, request: &$request) -> Result<<$request as Request>::Reply, ClientError> {
                    self.query(request).await
                }
            )*
        }
    };
}

pub(crate) use {acts, queries, submits};

submits! {
    /// Founds the market, once per channel.
    bootstrap: Bootstrap;
    /// Raises the ledger to a later schema.
    migrate: Migrate;
    /// Admits an organisation to a part.
    admit_member: AdmitMember;
    /// Takes an organisation off the members; [`crate::Departure`] rewrites its guards too.
    dismiss_member: DismissMember;
    /// Gives keys the guards of the present membership.
    rewrite_guards: RewriteGuards;
    /// Publishes the next version of the rules.
    publish_parameters: PublishParameters;
    /// Puts the caller on the user chain, requested.
    register_user: RegisterUser;
    /// Registers the key of the caller's renewed certificate.
    add_key: AddKey;
    /// Accredits a participant.
    authenticate: Authenticate;
    /// Suspends a participant.
    suspend: Suspend;
    /// Ends a suspension.
    reinstate: Reinstate;
    /// Puts a connection point on the grid chain.
    publish_point: PublishPoint;
    /// Publishes the next version of the distance matrix.
    publish_distances: PublishDistances;
    /// Accepts a participant's connection point.
    accept_connection: AcceptConnection;
    /// Puts the caller's plant on the energy chain.
    register_plant: RegisterPlant;
    /// Registers a meter, or a meter's next key.
    register_meter: RegisterMeter;
    /// Publishes many sales and demands, all or none; sent again it writes only what is not there yet.
    post_many: PostMany;
    /// Books a page of a settlement; [`MarketClient::settle_whole`] books all of them.
    settle_page: SettlePage;
    /// Takes back and books anew what later readings changed; [`MarketClient::correct_whole`] books all of its pages.
    correct_slot: CorrectSlot;
    /// Estimates missing readings.
    estimate: Estimate;
    /// The caller's organisation calls for a stage that the operator does not bring.
    call_for: CallFor;
    /// Forecasts slots at the caller's point.
    post_forecast: PostForecast;
    /// Writes a page of a large clearing's contracts; [`MarketClient::match_slot`] writes them all.
    write_contracts: WriteContracts;
    /// Proposes fills with the proof that no others are worth more; [`MarketClient::propose_best`] finds them too.
    propose_welfare: ProposeWelfare;
    /// Withdraws an order.
    withdraw: Withdraw;
    /// Refuses a proposed contract.
    refuse: Refuse;
}

acts! {
    /// Opens a slot's gate under the rules now in force.
    open_slot: OpenSlot;
    /// Closes a slot's gate.
    close_gate: CloseGate;
    /// Fixes count and digest of a closed book.
    seal_book: SealBook;
    /// Matches a sealed book and proposes contracts.
    clear: Clear;
    /// Ends the confirmation of one of a slot's auctions.
    end_confirmation: EndConfirmation;
    /// Ends confirmation and plans feed-in and grid supply.
    plan: Plan;
    /// Records signed meter readings.
    record_readings: RecordReadings;
    /// Settles a slot.
    settle: Settle;
}

queries! {
    /// The market and its parameters.
    market: QueryMarket;
    /// The members and the ledger's schema.
    members: QueryMembers;
    /// Keys whose guard names an organisation, page by page.
    guards_of: QueryGuardsOf;
    /// A participant on all chains.
    participant_view: QueryParticipant;
    /// A connection point.
    point: QueryPoint;
    /// A plant.
    plant: QueryPlant;
    /// A meter.
    meter: QueryMeter;
    /// An order by its owner's id.
    order: QueryOrder;
    /// A slot's stage.
    slot: QuerySlot;
    /// A slot's auctions with their stages.
    auctions: QueryAuctions;
    /// Who has called for a stage.
    calls: QueryCalls;
    /// A participant's forecast and position in a slot.
    position: QueryPosition;
    /// A slot's clearing.
    clearing: QueryClearing;
    /// What a slot's clearing stands on, besides its book.
    clearing_inputs: QueryClearingInputs;
    /// What was proposed for a slot that clears by welfare.
    welfare: QueryWelfare;
    /// A page of a slot's book.
    book_page: QueryBook;
    /// A page of a clearing's fills.
    fills_page: QueryFills;
    /// A page of a clearing's contracts.
    contracts_page: QueryContracts;
    /// A contract with its confirmations.
    contract_view: QueryContract;
    /// A slot's plan.
    plan_view: QueryPlan;
    /// A slot's settlement.
    settlement: QuerySettlement;
    /// A page of a slot's settlement.
    settlement_page: QuerySettlementPage;
    /// What is known of a place's energy in a slot.
    readings: QueryReadings;
    /// An account's postings of a slot.
    statement: QueryStatement;
    /// An account's balance over all slots.
    balance: QueryBalance;
    /// Energy accumulated through a slot.
    volumes: QueryVolumes;
}
