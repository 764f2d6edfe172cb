//! What the message tests share: acting in a world and seeing everything that came of it, and the usual campaign and order. Owns no rule.

use alliance::AllianceRef;
use chain::{AccountId, Balance, Chain, ChainError, Cost, EventKind, EventRecord, Hash, Message, TypedChain};
use e2e_tests::{
    account,
    actors::{endowed, GHOST, OWNER},
    keys,
    world::GENESIS_TIME,
    World,
};
use ink::{
    codegen::TraitCallBuilder,
    env::{
        call::FromAccountId,
        event::{Event, TopicsBuilderBackend},
        DefaultEnvironment,
    },
};
use market::MarketRef;
use mock_look_alike::LookAlikeRef;
use mock_psp22::{Mode, TokenRef};
use registry::RegistryRef;
use scale::{Decode, Encode};
use shared::{
    assets::Asset,
    ids::{CampaignId, CouponId},
    order::{digest, Order, Settlement},
    permit::{CouponPermit, Permits},
    registry::RegistryError,
    terms::{Acceptance, Benefit, Funding, Terms, TransferPolicy, Window},
};
use std::fmt;

/// When every test begins.
pub(crate) const NOW: u64 = GENESIS_TIME;
/// In milliseconds.
pub(crate) const HOUR: u64 = 60 * 60 * 1_000;
/// In milliseconds.
pub(crate) const DAY: u64 = 24 * HOUR;

/// Everything that a successful call did.
#[derive(Debug)]
pub(crate) struct Done<R> {
    /// What the message gave.
    pub(crate) result: R,
    /// The suite's events.
    pub(crate) events: Vec<Emitted>,
    /// Who has how many plancks more or less than before, the signer's storage deposit apart.
    pub(crate) moved: Vec<(&'static str, i128)>,
    /// What it cost.
    pub(crate) cost: Cost,
}

/// An event of a contract, as bytes.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Emitted {
    contract: AccountId,
    topics: Vec<Hash>,
    data: Vec<u8>,
}

impl fmt::Debug for Emitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.topics.first().and_then(crate::abi::event_name).unwrap_or_default();
        let topics: Vec<_> = self.topics.iter().skip(1).map(hex::encode).collect();
        write!(f, "{name} {topics:?} {}", hex::encode(&self.data))
    }
}

impl From<&EventRecord> for Emitted {
    fn from(record: &EventRecord) -> Self {
        assert_eq!(record.kind, EventKind::Emitted);
        Self { contract: record.contract, topics: record.topics.clone(), data: record.data.clone() }
    }
}

/// What `contract` should emit, with the topics that readers filter by.
pub(crate) fn by(contract: AccountId, event: impl Event) -> Emitted {
    let topics = event.topics::<DefaultEnvironment, _>(Topics::default().into());
    Emitted { contract, topics, data: event.encode() }
}

#[derive(Default)]
struct Topics(Vec<Hash>);

impl TopicsBuilderBackend<DefaultEnvironment> for Topics {
    type Output = Vec<Hash>;

    fn expect(&mut self, _: usize) {}

    fn push_topic<T: Encode>(&mut self, topic: &T) {
        let mut bytes = topic.encode();
        if bytes.len() > 32 {
            bytes = digest(topic).to_vec();
        }
        bytes.resize(32, 0);
        self.0.push(bytes.try_into().expect("32 bytes"));
    }

    fn output(self) -> Self::Output {
        self.0
    }
}

/// Calls a message that can't refuse.
pub(crate) fn call<Args: Encode, R: Decode>(
    world: &mut World,
    who: &str,
    value: Balance,
    message: Message<Args, R>,
) -> Done<R> {
    let before = plancks(world);
    let (result, outcome) =
        world.chain.call_typed(account(who), value, message).expect("the chain executes it");
    let mut after = plancks(world);
    for (name, balance) in &mut after {
        *balance += if *name == who { outcome.cost.deposit } else { 0 };
    }
    let moved = before.into_iter().zip(after).map(|((name, before), (_, after))| (name, after - before));
    let events = outcome.events.iter().filter(|event| event.contract != world.token);
    Done {
        result,
        events: events.map(Emitted::from).collect(),
        moved: moved.filter(|(_, by)| *by != 0).collect(),
        cost: outcome.cost,
    }
}

/// Calls a message that must succeed.
pub(crate) fn act<Args: Encode, T: Decode, E: Decode + fmt::Debug>(
    world: &mut World,
    who: &str,
    value: Balance,
    message: Message<Args, Result<T, E>>,
) -> Done<T> {
    let Done { result, events, moved, cost } = call(world, who, value, message);
    Done { result: result.expect("the contract agrees"), events, moved, cost }
}

/// Calls a message that must be refused and change nothing; gives the reason.
pub(crate) fn refused<Args: Encode, T: Decode + fmt::Debug, E: Decode>(
    world: &mut World,
    who: &str,
    value: Balance,
    message: Message<Args, Result<T, E>>,
) -> E {
    let before = state(world);
    let (result, outcome) =
        world.chain.call_typed(account(who), value, message).expect("the chain executes it");
    assert_eq!(outcome.events, []);
    assert!(state(world) == before, "a refusal changes nothing");
    result.map(|value| panic!("not refused: {value:?}")).unwrap_or_else(|refusal| refusal)
}

/// Asks a contract.
pub(crate) fn read<Args: Encode, R: Decode>(world: &World, message: Message<Args, R>) -> R {
    world.chain.view_typed(account(OWNER), 0, message).expect("views answer").0
}

/// Everything of the world that a call might change.
fn state(world: &World) -> impl PartialEq {
    let suite = [world.suite.registry, world.suite.alliance, world.suite.market, world.token];
    (world.chain.height(), suite.map(|contract| world.chain.storage(contract)), plancks(world))
}

fn plancks(world: &World) -> Vec<(&'static str, i128)> {
    let suite = world.suite;
    let contracts = [("registry", suite.registry), ("alliance", suite.alliance), ("market", suite.market)];
    let people = endowed().chain([GHOST]).map(|name| (name, account(name)));
    let balance = |who| i128::try_from(world.balance(who, Asset::Native)).expect("small");
    people.chain(contracts).map(|(name, who)| (name, balance(who))).collect()
}

/// How many tokens each of `who` has; `who` may name a contract of the suite.
pub(crate) fn tokens<const N: usize>(world: &World, who: [&str; N]) -> [i128; N] {
    let address = |name| match name {
        "registry" => world.suite.registry,
        "alliance" => world.suite.alliance,
        "market" => world.suite.market,
        person => account(person),
    };
    who.map(|name| i128::try_from(world.balance(address(name), world.token_asset())).expect("small"))
}

/// The contract at an address.
pub(crate) fn at<R: FromAccountId<DefaultEnvironment>>(address: AccountId) -> R {
    R::from_account_id(address)
}

/// A usual world and its registry.
pub(crate) fn open() -> (World, RegistryRef) {
    let world = World::new();
    let registry = at(world.suite.registry);
    (world, registry)
}

/// The world's alliance.
pub(crate) fn alliance(world: &World) -> AllianceRef {
    at(world.suite.alliance)
}

/// The world's market.
pub(crate) fn market(world: &World) -> MarketRef {
    at(world.suite.market)
}

/// Makes the token behave so from now on.
pub(crate) fn misbehave(world: &mut World, mode: Mode) {
    let mut token: TokenRef = at(world.token);
    call(world, OWNER, 0, token.call_mut().misbehave(mode));
}

/// 20% off what is eligible, at most 500, at the issuer's own tills; nothing locked, nothing limited.
pub(crate) fn terms() -> Terms {
    Terms {
        benefit: Benefit::PercentOff { bps: 2_000, cap: 500 },
        asset: Asset::Native,
        min_basket: 100,
        issue_window: Window { start: NOW, end: NOW + 7 * DAY },
        redeem_window: Window { start: NOW, end: NOW + 14 * DAY },
        valid_for: None,
        supply: 100,
        per_holder: None,
        budget: None,
        funding: Funding::Merchant,
        acceptance: Acceptance::IssuerOnly,
        transfer: TransferPolicy::Free,
        royalty_bps: 500,
        rollback_window: DAY,
        document: [7; 32],
    }
}

/// `terms` with a change.
pub(crate) fn terms_but(change: impl FnOnce(&mut Terms)) -> Terms {
    let mut terms = terms();
    change(&mut terms);
    terms
}

/// 1,000 of a basket of 2,000 are eligible: the usual coupon takes 200 off and leaves 1,800.
pub(crate) fn order(acceptor: &str, number: u64) -> Order {
    Order {
        acceptor: account(acceptor),
        number,
        basket: 2_000,
        eligible: 1_000,
        basket_hash: [9; 32],
        deadline: NOW + HOUR,
        settlement: Settlement::OffChain,
    }
}

/// `order`, paid on chain by whoever submits it.
pub(crate) fn order_on_chain(acceptor: &str, number: u64) -> Order {
    Order { settlement: Settlement::OnChain, ..order(acceptor, number) }
}

/// A campaign with `escrow` of the native token or of the token, paid by its issuer.
pub(crate) fn campaign(world: &mut World, issuer: &str, terms: Terms, escrow: Balance) -> CampaignId {
    let value = match terms.asset {
        Asset::Native => escrow,
        Asset::Psp22(_) => {
            world.allow(issuer, world.suite.registry, escrow);
            0
        }
    };
    let mut registry: RegistryRef = at(world.suite.registry);
    act(world, issuer, value, registry.call_mut().create_campaign(terms, b"ipfs://terms".to_vec(), escrow))
        .result
}

/// Issues a coupon of `campaign` to `to`.
pub(crate) fn issue(world: &mut World, issuer: &str, campaign: CampaignId, to: &str) -> CouponId {
    let mut registry: RegistryRef = at(world.suite.registry);
    let source = u64::from(world.chain.height());
    let serial = act(world, issuer, 0, registry.call_mut().issue(campaign, vec![account(to)], source)).result;
    CouponId { campaign, serial }
}

/// A world in which the bakery has made a campaign of `terms`, and ann holds its first coupon.
pub(crate) fn ann_has_a_coupon(terms: Terms, escrow: Balance) -> (World, RegistryRef, CouponId) {
    let (mut world, registry) = open();
    let campaign = campaign(&mut world, "bakery", terms, escrow);
    let coupon = issue(&mut world, "bakery", campaign, "ann");
    (world, registry, coupon)
}

/// What the acceptor at its till submits: the holder's permit.
pub(crate) fn held_by(world: &World, holder: &str, coupon: CouponId, order: &Order) -> Permits {
    Permits { acceptor: None, coupons: vec![world.place().spend(&keys(holder), coupon, order)] }
}

/// What a holder at a web checkout submits: the acceptor's permit, signed by itself or its cashier.
pub(crate) fn signed_by(world: &World, signer: &str, coupon: CouponId, order: &Order) -> Permits {
    let coupons = vec![CouponPermit { coupon, permit: None }];
    Permits { acceptor: Some(world.place().order(&keys(signer), coupon, order)), coupons }
}

/// What a relayer submits: both permits.
pub(crate) fn both(world: &World, signer: &str, holder: &str, coupon: CouponId, order: &Order) -> Permits {
    Permits {
        acceptor: signed_by(world, signer, coupon, order).acceptor,
        ..held_by(world, holder, coupon, order)
    }
}

/// Why a constructor refused.
pub(crate) fn refusal_of<E: Decode + fmt::Debug>(fault: ChainError) -> E {
    let ChainError::Reverted { data, .. } = fault else { panic!("{fault}") };
    let reply: Result<Result<(), E>, ink::LangError> = Decode::decode(&mut &*data).expect("a reply");
    reply.expect("understood").expect_err("refused")
}

/// The registry refuses this coupon's redemption at the acceptor's till by the holder's permit; why?
pub(crate) fn till_refuses(
    world: &mut World,
    coupon: CouponId,
    holder: &str,
    order: &Order,
) -> RegistryError {
    let mut registry: RegistryRef = at(world.suite.registry);
    let permits = held_by(world, holder, coupon, order);
    let acceptor = endowed().find(|name| account(name) == order.acceptor).expect("a known acceptor");
    refused(world, acceptor, 0, registry.call_mut().redeem(order.clone(), permits))
}

/// A contract with every message of a registry, that says yes to everything.
pub(crate) fn look_alike(world: &mut World) -> AccountId {
    let owner = account(OWNER);
    let (code, _) = world.chain.upload(owner, &e2e_tests::world::wasm("mock-look-alike")).unwrap();
    let salt = world.chain.height().to_le_bytes().to_vec();
    world.chain.instantiate_typed(owner, code, 0, salt, LookAlikeRef::new(account("ann"))).unwrap().0
}
