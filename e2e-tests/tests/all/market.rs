//! Each message of the market, on the Wasm that would be deployed: what it does when it agrees, and exactly why it refuses.

use crate::scene::*;
use chain::{AccountId, Balance, Chain, Hash, Message, TypedChain};
use e2e_tests::{
    account,
    actors::{GHOST, OWNER},
    World,
};
use ink::codegen::TraitCallBuilder;
use market::{
    book::Root,
    error::MarketError,
    events::*,
    listings::{Listing, Parts},
    MarketRef,
};
use mock_psp22::Mode;
use registry::events::Transfer;
use scale::Encode;
use shared::{
    assets::{Asset, PaymentFault},
    ids::CouponId,
    psp34::PSP34,
    registry::ServiceDesk,
    terms::{Funding, Terms, TransferPolicy},
};

const PRICE: Balance = 1_000;
const ENDS_AT: u64 = NOW + DAY;

/// Ann holds a coupon of `terms` and has approved the market for it.
fn approved(terms: Terms) -> (World, Doors, MarketRef, CouponId) {
    let (mut world, mut to, coupon) = ann_has_a_coupon(terms, 0);
    let here = world.suite.market;
    act(&mut world, "ann", 0, PSP34::approve(to.registry.call_mut(), here, Some(coupon.into()), true));
    let market = market(&world);
    (world, to, market, coupon)
}

/// Ann has listed her coupon.
fn listed(terms: Terms) -> (World, Doors, MarketRef, CouponId) {
    let (mut world, to, mut market, coupon) = approved(terms);
    let message = list(&world, &mut market, coupon);
    act(&mut world, "ann", 0, message);
    (world, to, market, coupon)
}

fn list(
    world: &World,
    market: &mut MarketRef,
    coupon: CouponId,
) -> Message<impl Encode, Result<(), MarketError>> {
    market.call_mut().list(world.suite.registry, coupon, PRICE, ENDS_AT)
}

fn buy(
    world: &World,
    market: &mut MarketRef,
    coupon: CouponId,
) -> Message<impl Encode, Result<(), MarketError>> {
    market.call_mut().buy(world.suite.registry, coupon, PRICE)
}

fn cancel(
    world: &World,
    market: &mut MarketRef,
    coupon: CouponId,
) -> Message<impl Encode, Result<(), MarketError>> {
    market.call_mut().cancel(world.suite.registry, coupon)
}

/// What the usual listing says: a royalty of 5% and a fee of 2%.
fn usual() -> Listing {
    Listing {
        seller: account("ann"),
        price: PRICE,
        asset: Asset::Native,
        issuer: account("bakery"),
        royalty_bps: 500,
        fee_bps: 200,
        ends_at: ENDS_AT,
    }
}

fn owner(world: &World, to: &Doors, coupon: CouponId) -> Option<AccountId> {
    read(world, PSP34::owner_of(to.registry.call(), coupon.into()))
}

fn code_of(world: &World, contract: AccountId) -> Hash {
    world.chain.code_hash_of(contract).unwrap().unwrap()
}

/// Another market, with these rules.
fn make(world: &mut World, fee_bps: u16, registries: Vec<Hash>) -> Result<MarketRef, chain::ChainError> {
    let code = code_of(world, world.suite.market);
    let constructor = MarketRef::new(fee_bps, registries);
    let made = world.chain.instantiate_typed(account(OWNER), code, 0, b"another".to_vec(), constructor);
    made.map(|(address, _)| at(address))
}

#[test]
fn a_market_tells_its_rules() {
    let (mut world, _) = open();
    let registries = vec![code_of(&world, world.suite.registry)];
    let (owner, fee_bps) = (account(OWNER), 200);
    let created = MarketCreated { owner, fee_bps, registries: registries.clone() };
    let created = by(world.suite.market, created);
    assert!(world.chain.events(0).unwrap().iter().any(|event| Emitted::from(event) == created));
    let root = Root { owner, fee_bps, registries, held: 0, native_fees: 0 };
    assert_eq!(read(&world, market(&world).call().config()), root);

    let cases = [
        (1_001, 1, MarketError::SharesOverCap { fee_bps: 1_001, royalty_bps: 0, most_bps: 1_000 }),
        (200, 0, MarketError::RegistryCount { listed: 0, most: 4 }),
        (200, 5, MarketError::RegistryCount { listed: 5, most: 4 }),
    ];
    for (fee_bps, count, expected) in cases {
        let fault = make(&mut world, fee_bps, vec![[1; 32]; count]).map(|_| ()).unwrap_err();
        assert_eq!(refusal_of::<MarketError>(fault), expected);
    }
}

#[test]
fn a_listed_coupon_is_held_by_the_market() {
    let (mut world, to, mut market, coupon) = approved(terms());
    let message = list(&world, &mut market, coupon);
    let done = act(&mut world, "ann", 0, message);
    let (here, registry) = (world.suite.market, world.suite.registry);
    let moved = Transfer { from: Some(account("ann")), to: Some(here), id: coupon.into() };
    let opened = ListingOpened { registry, coupon, listing: usual() };
    assert_eq!(done.events, [by(here, opened), by(registry, moved)]);
    assert_eq!(done.moved, []);
    assert!(done.cost.deposit > 0);
    assert_eq!(owner(&world, &to, coupon), Some(here));
    assert_eq!(read(&world, market.call().listing(registry, coupon)), Some(usual()));
    assert_eq!(read(&world, market.call().config()).held, 1);

    let spend = till_refuses(&mut world, coupon, "ann", &order("bakery", 1));
    assert_eq!(spend, shared::registry::RegistryError::PermitInvalid { signer: here }, "and can't be spent");
}

#[test]
fn bad_listings_are_refused_by_name() {
    let (mut world, mut to, mut market, coupon) = approved(terms());
    let registry = world.suite.registry;
    let end = terms().redeem_window.end;
    let (ann, ben) = (account("ann"), account("ben"));
    let unknown = CouponId { serial: 9, ..coupon };
    let cases = [
        ("ann", unknown, PRICE, ENDS_AT, MarketError::NoSuchCoupon { coupon: unknown }),
        ("ben", coupon, PRICE, ENDS_AT, MarketError::NotHolder { holder: ann, caller: ben }),
        ("ann", coupon, 0, ENDS_AT, MarketError::NoPrice),
        ("ann", coupon, PRICE, NOW, MarketError::EndsInPast { ends_at: NOW, now: NOW }),
        (
            "ann",
            coupon,
            PRICE,
            end + 1,
            MarketError::OutlastsCoupon { ends_at: end + 1, coupon_ends_at: end },
        ),
    ];
    for (who, coupon, price, ends_at, expected) in cases {
        let message = market.call_mut().list(registry, coupon, price, ends_at);
        assert_eq!(refused(&mut world, who, 0, message), expected);
    }

    let here = world.suite.market;
    act(&mut world, "ann", 0, PSP34::approve(to.registry.call_mut(), here, Some(coupon.into()), false));
    let message = list(&world, &mut market, coupon);
    assert_eq!(refused(&mut world, "ann", 0, message), MarketError::NotApproved { coupon });
    act(&mut world, "bakery", 0, to.office.call_mut().set_frozen(coupon, Some(1)));
    let message = list(&world, &mut market, coupon);
    assert_eq!(refused(&mut world, "ann", 0, message), MarketError::CouponFrozen { coupon });
}

#[test]
fn a_listing_ends_no_later_than_the_coupon() {
    let (mut world, _, mut market, coupon) = approved(terms_but(|t| t.valid_for = Some(DAY)));
    let registry = world.suite.registry;
    let late = market.call_mut().list(registry, coupon, PRICE, NOW + DAY + 1);
    let outlasts = MarketError::OutlastsCoupon { ends_at: NOW + DAY + 1, coupon_ends_at: NOW + DAY };
    assert_eq!(refused(&mut world, "ann", 0, late), outlasts);
    act(&mut world, "ann", 0, market.call_mut().list(registry, coupon, PRICE, NOW + DAY));
}

#[test]
fn only_coupons_of_registries_with_known_code_are_sold() {
    let (mut world, _, mut market, coupon) = approved(terms());
    let look_alike = look_alike(&mut world);
    let code = |world: &World, contract| world.chain.code_hash_of(contract).unwrap();
    for registry in [look_alike, world.token, world.suite.alliance, account("ann")] {
        let unknown = MarketError::UnknownRegistry { registry, code: code(&world, registry) };
        let message = market.call_mut().list(registry, coupon, PRICE, ENDS_AT);
        assert_eq!(refused(&mut world, "ann", 0, message), unknown);
    }
    let twin = e2e_tests::world::another_registry(&mut world, b"twin");
    let message = market.call_mut().list(twin, coupon, PRICE, ENDS_AT);
    let refusal = refused(&mut world, "ann", 0, message);
    assert_eq!(refusal, MarketError::NoSuchCoupon { coupon }, "known code, other coupons");
}

#[test]
fn a_known_code_that_is_no_registry_fails_cleanly() {
    let (mut world, _, _, coupon) = approved(terms());
    let registry = world.token;
    let code = code_of(&world, registry);
    let mut market = make(&mut world, 200, vec![code]).unwrap();
    let message = market.call_mut().list(registry, coupon, PRICE, ENDS_AT);
    assert_eq!(refused(&mut world, "ann", 0, message), MarketError::RegistryFailed { registry });
}

#[test]
fn a_price_keeps_to_the_campaigns_resale_band() {
    // At most 80% of the 500 that the coupon can still take off.
    let (mut world, _, mut market, coupon) = approved(terms_but(|t| t.resale_bps = Some(8_000)));
    let registry = world.suite.registry;
    let message = market.call_mut().list(registry, coupon, 401, ENDS_AT);
    let over = MarketError::PriceOverBand { price: 401, highest: 400 };
    assert_eq!(refused(&mut world, "ann", 0, message), over);
    act(&mut world, "ann", 0, market.call_mut().list(registry, coupon, 400, ENDS_AT));
}

#[test]
fn nothing_is_listed_while_trading_is_paused_and_what_is_listed_is_sold_and_taken_back() {
    let (mut world, mut to, mut market, coupon) = listed(terms());
    let other = issue(&mut world, "bakery", coupon.campaign, "ben");
    let (registry, here) = (world.suite.registry, world.suite.market);
    act(&mut world, "ben", 0, PSP34::approve(to.registry.call_mut(), here, Some(other.into()), true));
    act(&mut world, OWNER, 0, to.office.call_mut().set_paused(shared::registry::Scope::Trading.bit()));
    let message = list(&world, &mut market, other);
    let paused = MarketError::TradingPaused { registry };
    assert_eq!(refused(&mut world, "ben", 0, message), paused);
    let moment = world.fixture();
    let message = buy(&world, &mut market, coupon);
    act(&mut world, "cem", PRICE, message);
    let mut world = moment.world();
    let message = cancel(&world, &mut market, coupon);
    act(&mut world, "ann", 0, message);
}

#[test]
fn nothing_is_listed_twice() {
    let (mut world, _, _, coupon) = approved(terms());
    let registry = look_alike(&mut world);
    let code = code_of(&world, registry);
    // A registry that lies about who holds what: the market still keeps one listing for each coupon.
    let mut market = make(&mut world, 200, vec![code]).unwrap();
    act(&mut world, "ann", 0, market.call_mut().list(registry, coupon, PRICE, ENDS_AT));
    let again = market.call_mut().list(registry, coupon, PRICE, ENDS_AT);
    assert_eq!(refused(&mut world, "ann", 0, again), MarketError::AlreadyListed { coupon });
}

#[test]
fn a_coupon_keeps_its_transfer_policy_here() {
    let (mut world, _, mut market, coupon) = approved(terms_but(|t| t.transfer = TransferPolicy::Soulbound));
    let message = list(&world, &mut market, coupon);
    assert_eq!(refused(&mut world, "ann", 0, message), MarketError::Soulbound { coupon });
    let elsewhere = TransferPolicy::MarketOnly(account("dee"));
    let (mut world, _, mut market, coupon) = approved(terms_but(|t| t.transfer = elsewhere));
    let message = list(&world, &mut market, coupon);
    assert_eq!(refused(&mut world, "ann", 0, message), MarketError::OtherMarketOnly { coupon });
    let here = TransferPolicy::MarketOnly(world.suite.market);
    let (mut world, to, mut market, coupon) = listed(terms_but(|t| t.transfer = here));
    let message = buy(&world, &mut market, coupon);
    act(&mut world, "ben", PRICE, message);
    assert_eq!(owner(&world, &to, coupon), Some(account("ben")));
}

#[test]
fn a_sale_shares_the_price_and_gives_change() {
    let (mut world, to, mut market, coupon) = listed(terms());
    let (here, registry, ben) = (world.suite.market, world.suite.registry, account("ben"));
    let message = market.call_mut().buy(registry, coupon, 5_000);
    let done = act(&mut world, "ben", 1_300, message);
    let parts = Parts { seller: 930, royalty: 50, fee: 20 };
    assert_eq!(done.moved, [("bakery", 50), ("ann", 930), ("ben", -1_000), ("market", 20)]);
    let moved = Transfer { from: Some(here), to: Some(ben), id: coupon.into() };
    let sold = ListingSold { registry, coupon, buyer: ben, listing: usual(), parts };
    assert_eq!(done.events, [by(registry, moved), by(here, sold)]);
    assert_eq!(owner(&world, &to, coupon), Some(ben));
    assert_eq!(read(&world, market.call().listing(registry, coupon)), None);
    let root = read(&world, market.call().config());
    assert_eq!((root.held, root.native_fees), (0, 20));

    let (owner, asset) = (account(OWNER), Asset::Native);
    assert_eq!(read(&world, market.call().credit(owner, asset)), 20);
    let done = act(&mut world, OWNER, 0, market.call_mut().withdraw(asset));
    assert_eq!(done.result, 20);
    assert_eq!(done.moved, [("owner", 20), ("market", -20)]);
    let collected = CreditWithdrawn { account: owner, asset, amount: 20 };
    assert_eq!(done.events, [by(here, collected)]);
}

#[test]
fn a_buyer_pays_no_more_than_it_said_and_no_less_than_the_price() {
    let (mut world, _, mut market, coupon) = listed(terms());
    let registry = world.suite.registry;
    let unknown = CouponId { serial: 9, ..coupon };
    let short = MarketError::Payment(PaymentFault::WrongValue { expected: PRICE, paid: 999 });
    let cases = [
        ("ben", unknown, PRICE, PRICE, MarketError::NotListed { coupon: unknown }),
        ("ben", coupon, 999, PRICE, MarketError::PriceOverLimit { price: PRICE, highest: 999 }),
        ("ben", coupon, PRICE, 999, short),
        ("ann", coupon, PRICE, PRICE, MarketError::OwnListing),
    ];
    for (who, coupon, highest, paid, expected) in cases {
        let message = market.call_mut().buy(registry, coupon, highest);
        assert_eq!(refused(&mut world, who, paid, message), expected);
    }
    world.chain.set_time(ENDS_AT).unwrap();
    let message = buy(&world, &mut market, coupon);
    let ended = MarketError::ListingEnded { ends_at: ENDS_AT, now: ENDS_AT };
    assert_eq!(refused(&mut world, "ben", PRICE, message), ended);
}

#[test]
fn a_coupon_is_sold_once() {
    let (mut world, _, mut market, coupon) = listed(terms());
    let message = buy(&world, &mut market, coupon);
    act(&mut world, "ben", PRICE, message);
    let message = buy(&world, &mut market, coupon);
    assert_eq!(refused(&mut world, "cem", PRICE, message), MarketError::NotListed { coupon });
}

#[test]
fn a_seller_that_cannot_be_paid_finds_the_money_in_its_pull_balance() {
    let (mut world, mut to, mut market, _) = approved(terms());
    let (ghost, wealth) = (account(GHOST), e2e_tests::world::WEALTH);
    let coupon = issue(&mut world, "bakery", 1, GHOST);
    world.chain.endow(ghost, wealth).unwrap();
    let here = world.suite.market;
    act(&mut world, GHOST, 0, PSP34::approve(to.registry.call_mut(), here, Some(coupon.into()), true));
    let message = list(&world, &mut market, coupon);
    act(&mut world, GHOST, 0, message);
    let everything = world.balance(ghost, Asset::Native);
    world.chain.transfer(ghost, account("cem"), everything).unwrap();

    let message = buy(&world, &mut market, coupon);
    let done = act(&mut world, "ben", PRICE, message);
    assert_eq!(done.moved, [("bakery", 50), ("ben", -1_000), ("market", 950)]);
    let asset = Asset::Native;
    let waits = CreditAdded { account: ghost, asset, amount: 930 };
    assert_eq!(done.events.last(), Some(&by(world.suite.market, waits)));
    assert_eq!(read(&world, market.call().credit(ghost, asset)), 930);

    world.chain.endow(ghost, wealth).unwrap();
    let done = act(&mut world, GHOST, 0, market.call_mut().withdraw(asset));
    assert_eq!(done.moved, [(GHOST, 930), ("market", -930)]);
    let again = market.call_mut().withdraw(asset);
    assert_eq!(refused(&mut world, GHOST, 0, again), MarketError::NoCredit { asset });
}

#[test]
fn a_listing_is_its_sellers_to_cancel_even_after_its_end() {
    let (mut world, to, mut market, coupon) = listed(terms());
    let registry = world.suite.registry;
    for who in ["ben", "bakery", OWNER] {
        let message = cancel(&world, &mut market, coupon);
        let not_seller = MarketError::NotSeller { seller: account("ann"), caller: account(who) };
        assert_eq!(refused(&mut world, who, 0, message), not_seller);
    }
    world.chain.set_time(terms().redeem_window.end + DAY).unwrap();
    let message = cancel(&world, &mut market, coupon);
    let done = act(&mut world, "ann", 0, message);
    let back = Transfer { from: Some(world.suite.market), to: Some(account("ann")), id: coupon.into() };
    let cancelled = ListingCancelled { registry, coupon, listing: usual() };
    assert_eq!(done.events, [by(world.suite.market, cancelled), by(registry, back)]);
    assert!(done.cost.deposit < 0, "the listing's deposit comes back");
    assert_eq!(owner(&world, &to, coupon), Some(account("ann")));
    let message = cancel(&world, &mut market, coupon);
    assert_eq!(refused(&mut world, "ann", 0, message), MarketError::NotListed { coupon });
}

#[test]
fn a_frozen_coupon_stays_listed_until_it_is_thawed() {
    let (mut world, mut to, mut market, coupon) = listed(terms());
    act(&mut world, "bakery", 0, to.office.call_mut().set_frozen(coupon, Some(1)));
    let frozen = MarketError::CouponFrozen { coupon };
    let message = cancel(&world, &mut market, coupon);
    assert_eq!(refused(&mut world, "ann", 0, message), frozen);
    let message = buy(&world, &mut market, coupon);
    assert_eq!(refused(&mut world, "ben", PRICE, message), frozen);
    act(&mut world, "bakery", 0, to.office.call_mut().set_frozen(coupon, None));
    let message = cancel(&world, &mut market, coupon);
    act(&mut world, "ann", 0, message);
}

#[test]
fn a_new_fee_is_the_owners_to_set_and_touches_no_listing_there_is() {
    let (mut world, mut to, mut market, coupon) = listed(terms());
    let other = issue(&mut world, "bakery", coupon.campaign, "ben");
    let not_owner = |who| MarketError::NotMarketOwner { owner: account(OWNER), caller: account(who) };
    for who in ["ann", "bakery"] {
        assert_eq!(refused(&mut world, who, 0, market.call_mut().set_fee(0)), not_owner(who));
    }
    let over = MarketError::SharesOverCap { fee_bps: 1_001, royalty_bps: 0, most_bps: 1_000 };
    assert_eq!(refused(&mut world, OWNER, 0, market.call_mut().set_fee(1_001)), over);

    let done = act(&mut world, OWNER, 0, market.call_mut().set_fee(501));
    assert_eq!(done.events, [by(world.suite.market, FeeChanged { fee_bps: 501 })]);
    let here = world.suite.market;
    act(&mut world, "ben", 0, PSP34::approve(to.registry.call_mut(), here, Some(other.into()), true));
    let message = list(&world, &mut market, other);
    let over = MarketError::SharesOverCap { fee_bps: 501, royalty_bps: 500, most_bps: 1_000 };
    assert_eq!(refused(&mut world, "ben", 0, message), over);
    let message = buy(&world, &mut market, coupon);
    let done = act(&mut world, "cem", PRICE, message);
    assert_eq!(
        done.moved,
        [("bakery", 50), ("ann", 930), ("cem", -1_000), ("market", 20)],
        "as when it was listed"
    );
}

#[test]
fn the_terms_of_sale_are_the_campaigns() {
    let (world, to, coupon) = ann_has_a_coupon(terms_but(|t| t.funding = Funding::Merchant), 0);
    let sale = read(&world, ServiceDesk::sale_terms(to.desk.call(), coupon)).unwrap();
    let expected = shared::registry::SaleTerms {
        owner: account("ann"),
        issuer: account("bakery"),
        asset: Asset::Native,
        royalty_bps: 500,
        ends_at: terms().redeem_window.end,
        largest_discount: 500,
        left: 1,
        highest_price: None,
    };
    assert_eq!(sale, expected);
}

#[test]
fn a_sale_in_tokens_pays_everyone_in_tokens() {
    let (world, _) = open();
    let asset = world.token_asset();
    let (mut world, _, mut market, coupon) = listed(Terms { asset, ..terms() });
    let here = world.suite.market;
    world.allow("ben", here, PRICE);
    let who = ["ann", "bakery", "ben", "market"];
    let before = tokens(&world, who);
    let message = buy(&world, &mut market, coupon);
    let wrong = MarketError::Payment(PaymentFault::WrongValue { expected: 0, paid: 1 });
    assert_eq!(refused(&mut world, "ben", 1, message), wrong);
    let message = buy(&world, &mut market, coupon);
    act(&mut world, "ben", 0, message);
    let after = tokens(&world, who);
    let moved: Vec<i128> = before.iter().zip(after).map(|(before, after)| after - before).collect();
    assert_eq!(moved, [930, 50, -1_000, 20]);
    assert_eq!(read(&world, market.call().credit(account(OWNER), asset)), 20);
    act(&mut world, OWNER, 0, market.call_mut().withdraw(asset));
    assert_eq!(tokens(&world, ["market"]), [0]);
}

#[test]
fn a_token_that_turns_bad_sells_nothing() {
    let (world, _) = open();
    let token = world.token;
    let (mut world, _, mut market, coupon) = listed(Terms { asset: Asset::Psp22(token), ..terms() });
    let here = world.suite.market;
    world.allow("ben", here, PRICE);
    let lied = |received| MarketError::Payment(PaymentFault::TokenLied { expected: PRICE, received });
    let no = MarketError::Payment(PaymentFault::TokenRefused { token });
    let cases = [
        (Mode::FeeOnTransfer, lied(PRICE - 1)),
        (Mode::TrueWithoutMoving, lied(0)),
        (Mode::Refuse, no),
        (Mode::Trap, no),
    ];
    for (mode, expected) in cases {
        misbehave(&mut world, mode);
        let message = buy(&world, &mut market, coupon);
        assert_eq!(refused(&mut world, "ben", 0, message), expected);
    }
    let message = cancel(&world, &mut market, coupon);
    act(&mut world, "ann", 0, message);
}
