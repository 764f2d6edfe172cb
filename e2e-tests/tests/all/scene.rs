//! What the message tests share: acting in a world and seeing everything that came of it, and the usual campaign and order. Owns no rule.

use crate::sweeps;
use alliance::{error::AllianceError, AllianceRef};
use chain::{AccountId, Balance, Chain, ChainError, Cost, EventKind, EventRecord, Hash, Message, TypedChain};
use desk::DeskRef;
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
use market::{listings::Ask, MarketRef};
use mock_go_between::GoBetweenRef;
use mock_look_alike::LookAlikeRef;
use mock_psp22::{CallBack, Mode, TokenRef};
use office::OfficeRef;
use registry::RegistryRef;
use scale::{Decode, Encode};
use shared::{
    alliance::council::Motion,
    assets::Asset,
    ids::{CampaignId, CouponId},
    order::{digest, Order, Quote, Redeemed, Redemption, Settlement},
    permit::{CouponPermit, Permits, Presented},
    psp34::PSP34,
    registry::{CouponRegistry, RegistryError},
    terms::{Benefit, Terms, Window},
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
        let name = crate::abi::event_name(self.topics.first()).unwrap_or_default();
        let topics: Vec<_> = self.topics.iter().skip(1).map(hex::encode).collect();
        write!(f, "{name} {topics:?} {}", hex::encode(&self.data))
    }
}

impl Emitted {
    /// The event, for a test that can't say all of it beforehand.
    pub(crate) fn read<E: Event + Decode>(&self) -> E {
        assert_eq!(self.topics.first(), E::SIGNATURE_TOPIC.as_ref(), "{self:?}");
        E::decode(&mut &*self.data).expect("an event of this kind")
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
    let params = message.params();
    let (contract, data) = (*params.callee(), params.exec_input().encode());
    sweeps::at_every_limit(world, who, value, contract, &data);
    let before = plancks(world);
    let (result, outcome) =
        world.chain.call_encoded(account(who), contract, value, data).expect("the chain executes it");
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
    let suite = world.suite;
    let keepers =
        [suite.registry, suite.office, suite.desk, suite.alliance, suite.council, suite.market, world.token];
    (world.chain.height(), keepers.map(|contract| world.chain.storage(contract)), plancks(world))
}

fn plancks(world: &World) -> Vec<(&'static str, i128)> {
    let suite = world.suite;
    let contracts = [
        ("registry", suite.registry),
        ("office", suite.office),
        ("desk", suite.desk),
        ("alliance", suite.alliance),
        ("market", suite.market),
    ];
    let people = endowed().chain([GHOST]).map(|name| (name, account(name)));
    let balance = |who| i128::try_from(world.balance(who, Asset::Native)).expect("small");
    people.chain(contracts).map(|(name, who)| (name, balance(who))).collect()
}

/// How many tokens each of `who` has; `who` may name a contract of the suite.
pub(crate) fn tokens<const N: usize>(world: &World, who: [&str; N]) -> [i128; N] {
    let address = |name| match name {
        "registry" => world.suite.registry,
        "office" => world.suite.office,
        "desk" => world.suite.desk,
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

/// Where a registry's messages go.
#[derive(Clone)]
pub(crate) struct Doors {
    pub(crate) registry: RegistryRef,
    pub(crate) office: OfficeRef,
    pub(crate) desk: DeskRef,
}

impl Doors {
    pub(crate) fn of(world: &World) -> Self {
        Self { registry: world.registry(), office: world.office(), desk: world.desk() }
    }
}

/// A usual world, and where its registry's messages go.
pub(crate) fn open() -> (World, Doors) {
    let world = World::new();
    let to = Doors::of(&world);
    (world, to)
}

/// What the alliance's council tells of its books.
pub(crate) fn look<Args: Encode, R: Decode>(
    world: &World,
    message: Message<Args, Result<R, AllianceError>>,
) -> R {
    read(world, message).unwrap()
}

/// The motion that admits who applied with profile `[1; 32]`.
pub(crate) fn admission(world: &World, who: &str, cap: Balance) -> Motion {
    Motion::Admit { account: account(who), registry: world.suite.registry, profile: [1; 32], cap }
}

/// The world's alliance.
pub(crate) fn alliance(world: &World) -> AllianceRef {
    at(world.suite.alliance)
}

/// The world's market.
pub(crate) fn market(world: &World) -> MarketRef {
    at(world.suite.market)
}

/// The world's market, once Ann has approved it and listed her coupon there for a day.
pub(crate) fn ann_lists(world: &mut World, to: &mut Doors, coupon: CouponId) -> MarketRef {
    let (here, there) = (world.suite.registry, world.suite.market);
    act(world, "ann", 0, PSP34::approve(to.registry.call_mut(), there, Some(coupon.into()), true));
    let mut market = market(world);
    let ask = Ask::Fixed { price: 1_000 };
    act(world, "ann", 0, market.call_mut().list(here, vec![coupon], NOW + DAY, None, ask));
    market
}

/// A call's selector and arguments.
pub(crate) fn data_of<Args: Encode, R>(message: Message<Args, R>) -> Vec<u8> {
    message.params().exec_input().encode()
}

/// From now on the token makes this call whenever it moves something, by itself or, as `mode` says, through another of its kind.
pub(crate) fn call_back(world: &mut World, contract: AccountId, data: Vec<u8>, mode: Mode) {
    let owner = account(OWNER);
    let code = world.chain.code_hash_of(world.token).unwrap().unwrap();
    let salt = world.chain.height().to_le_bytes().to_vec();
    let helper = world.chain.instantiate_typed(owner, code, 0, salt, TokenRef::new(0)).unwrap().0;
    let mut token: TokenRef = at(world.token);
    call(world, OWNER, 0, token.call_mut().call_back(CallBack { helper, contract, data }));
    misbehave(world, mode);
}

/// Whether the newest such call was agreed to.
pub(crate) fn called_back(world: &World) -> Option<bool> {
    let token: TokenRef = at(world.token);
    read(world, token.call().called_back())
}

/// Makes the token behave so from now on.
pub(crate) fn misbehave(world: &mut World, mode: Mode) {
    let mut token: TokenRef = at(world.token);
    call(world, OWNER, 0, token.call_mut().misbehave(mode));
}

/// 20% off what is eligible, at most 500, at the issuer's own tills; nothing locked, nothing limited.
pub(crate) fn terms() -> Terms {
    let window = Window { start: NOW, end: NOW + 14 * DAY };
    Terms {
        min_basket: 100,
        issue_window: Window { start: NOW, end: NOW + 7 * DAY },
        royalty_bps: 500,
        rollback_window: DAY,
        document: [7; 32],
        ..Terms::plain(Benefit::PercentOff { bps: 2_000, cap: 500 }, window, 100)
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
            world.allow(issuer, world.suite.office, escrow);
            0
        }
    };
    let mut office = world.office();
    act(world, issuer, value, office.call_mut().create_campaign(terms, b"ipfs://terms".to_vec(), escrow))
        .result
}

/// Issues a coupon of `campaign` to `to`.
pub(crate) fn issue(world: &mut World, issuer: &str, campaign: CampaignId, to: &str) -> CouponId {
    issue_many(world, issuer, campaign, to, 1)[0]
}

/// Issues coupons of `campaign` to `to`, in batches.
pub(crate) fn issue_many(
    world: &mut World,
    issuer: &str,
    campaign: CampaignId,
    to: &str,
    count: usize,
) -> Vec<CouponId> {
    let mut office = world.office();
    let mut coupons = Vec::new();
    while coupons.len() < count {
        let source = u64::from(world.chain.height());
        let batch = (count - coupons.len()).min(50);
        let message = office.call_mut().issue(campaign, vec![account(to); batch], source);
        let first = act(world, issuer, 0, message).result;
        coupons.extend((first..).take(batch).map(|serial| CouponId { campaign, serial }));
    }
    coupons
}

/// A world in which the bakery has made a campaign of `terms`, and ann holds its first coupon.
pub(crate) fn ann_has_a_coupon(terms: Terms, escrow: Balance) -> (World, Doors, CouponId) {
    let (mut world, to) = open();
    let campaign = campaign(&mut world, "bakery", terms, escrow);
    let coupon = issue(&mut world, "bakery", campaign, "ann");
    (world, to, coupon)
}

/// A world in which ann holds a coupon of the bakery's of each of these terms.
pub(crate) fn ann_has_one_of_each<const N: usize>(terms: [Terms; N]) -> (World, Doors, [CouponId; N]) {
    let (mut world, to) = open();
    let coupons = terms.map(|terms| {
        let campaign = campaign(&mut world, "bakery", terms, 0);
        issue(&mut world, "bakery", campaign, "ann")
    });
    (world, to, coupons)
}

/// Coupons, each to be spent whole and for certain.
pub(crate) fn whole(coupons: &[CouponId]) -> Vec<Presented> {
    coupons.iter().map(|coupon| Presented::from(*coupon)).collect()
}

/// The coupon may be refused without spoiling the order.
pub(crate) fn optional(coupon: CouponId) -> Presented {
    Presented { optional: true, ..coupon.into() }
}

/// At most so much of the coupon.
pub(crate) fn part(coupon: CouponId, most: Balance) -> Presented {
    Presented { most: Some(most), ..coupon.into() }
}

/// What the acceptor at its till submits: the holder's permit.
pub(crate) fn held_by(world: &World, holder: &str, coupon: impl Into<Presented>, order: &Order) -> Permits {
    all_held_by(world, holder, &[coupon.into()], order)
}

/// `held_by`, for several coupons.
pub(crate) fn all_held_by(world: &World, holder: &str, coupons: &[Presented], order: &Order) -> Permits {
    let place = world.place();
    let coupons = coupons.iter().map(|presented| place.spend(&keys(holder), *presented, order)).collect();
    Permits { acceptor: None, coupons }
}

/// What somebody submits who holds the coupons and speaks for the acceptor.
pub(crate) fn unsigned(coupons: &[Presented]) -> Permits {
    let coupons = coupons.iter().map(|presented| CouponPermit { presented: *presented, permit: None });
    Permits { acceptor: None, coupons: coupons.collect() }
}

/// What a holder at a web checkout submits: the acceptor's permit, signed by itself or its cashier.
pub(crate) fn signed_by(world: &World, signer: &str, coupon: impl Into<Presented>, order: &Order) -> Permits {
    let presented = [coupon.into()];
    let acceptor = Some(world.place().order(&keys(signer), &presented, order));
    Permits { acceptor, ..unsigned(&presented) }
}

/// What a relayer submits: both permits.
pub(crate) fn both(
    world: &World,
    signer: &str,
    holder: &str,
    coupon: impl Into<Presented>,
    order: &Order,
) -> Permits {
    let presented = coupon.into();
    Permits {
        acceptor: signed_by(world, signer, presented, order).acceptor,
        ..held_by(world, holder, presented, order)
    }
}

/// Redeems coupons of ann's at the acceptor's till, by her permits.
pub(crate) fn spend(world: &mut World, coupons: &[Presented], order: &Order) -> Done<Redemption> {
    spend_of(world, "ann", coupons, order)
}

/// Redeems coupons of `holder`'s at the acceptor's till, by the holder's permits.
pub(crate) fn spend_of(
    world: &mut World,
    holder: &str,
    coupons: &[Presented],
    order: &Order,
) -> Done<Redemption> {
    let permits = all_held_by(world, holder, coupons, order);
    let mut registry = world.registry();
    act(world, named(order.acceptor), 0, registry.call_mut().redeem(order.clone(), permits))
}

/// What the desk says of ann's coupons at the acceptor's till.
pub(crate) fn quoted(world: &World, coupons: &[Presented], order: &Order) -> Result<Quote, RegistryError> {
    read(world, world.desk().call().quote(order.clone(), coupons.to_vec(), Some(order.acceptor)))
}

/// The person of this account.
pub(crate) fn named(person: AccountId) -> &'static str {
    endowed().find(|name| account(name) == person).expect("one of the endowed")
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
    coupon: impl Into<Presented>,
    holder: &str,
    order: &Order,
) -> RegistryError {
    all_refused(world, holder, &[coupon.into()], order)
}

/// `till_refuses`, for several coupons.
pub(crate) fn all_refused(
    world: &mut World,
    holder: &str,
    coupons: &[Presented],
    order: &Order,
) -> RegistryError {
    let mut registry = world.registry();
    let permits = all_held_by(world, holder, coupons, order);
    refused(world, named(order.acceptor), 0, registry.call_mut().redeem(order.clone(), permits))
}

/// A contract with every message of a registry, that says yes to everything.
pub(crate) fn look_alike(world: &mut World) -> AccountId {
    let owner = account(OWNER);
    let (code, _) = world.chain.upload(owner, &e2e_tests::world::wasm("mock-look-alike")).unwrap();
    let salt = world.chain.height().to_le_bytes().to_vec();
    world.chain.instantiate_typed(owner, code, 0, salt, LookAlikeRef::new(account("ann"))).unwrap().0
}

/// A contract that passes orders on to a registry, with what its caller pays.
pub(crate) fn go_between(world: &mut World) -> AccountId {
    let owner = account(OWNER);
    let (code, _) = world.chain.upload(owner, &e2e_tests::world::wasm("mock-go-between")).unwrap();
    world.chain.instantiate_typed(owner, code, 0, Vec::new(), GoBetweenRef::new()).unwrap().0
}

/// What each order of a batch took off, or why it was refused.
pub(crate) fn discounts(results: &[Result<Redeemed, RegistryError>]) -> Vec<Result<Balance, RegistryError>> {
    results.iter().map(|result| result.as_ref().map(Redeemed::discount).map_err(|refusal| *refusal)).collect()
}
