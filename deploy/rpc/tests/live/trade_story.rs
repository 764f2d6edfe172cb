//! What happens next: coupons are sold, auctioned, swapped and wished for, the issuer improves, freezes and hands over its campaign, and the guardian pauses. Knows no
//! chain.
//!
//! Nothing here answers with a price or a time that the block's own time decides: an answer is a dry run's, and is of the block before.

use crate::{
    stage::{Clock, Stage},
    story::{account, act, refused, CENT, DAY},
};
use couponry::suite::SuiteAddresses;
use desk::DeskRef;
use ink::{codegen::TraitCallBuilder, env::call::FromAccountId};
use market::{
    listings::{Ask, Guard, Wants},
    offers::Wish,
    MarketRef,
};
use office::OfficeRef;
use registry::RegistryRef;
use shared::{assets::Asset, campaigns::Improvement, ids::CouponId, psp34::PSP34, registry::Scope};

const PRICE: u128 = 30 * CENT;

/// Plays it all. `anns` are three coupons of ann's, and `bens` one of ben's, all of one campaign of the bakery's.
pub(crate) fn play<C: Clock>(
    stage: &mut Stage<C>,
    suite: &SuiteAddresses,
    anns: [CouponId; 3],
    bens: CouponId,
    start: u64,
) {
    trade(stage, suite, anns, bens, start);
    wish(stage, suite, anns[2], start);
    govern(stage, suite, anns[0].campaign, bens, start);
}

fn trade<C: Clock>(
    stage: &mut Stage<C>,
    suite: &SuiteAddresses,
    [sold, auctioned, swapped]: [CouponId; 3],
    bens: CouponId,
    start: u64,
) {
    let mut market = MarketRef::from_account_id(suite.market);
    let mut registry = RegistryRef::from_account_id(suite.registry);
    let (here, ends) = (suite.registry, start + 7 * DAY);
    for who in ["ann", "ben", "relayer"] {
        let approve = PSP34::approve(registry.call_mut(), suite.market, None, true);
        act(stage, "let the market move coupons", who, 0, approve);
    }
    let fixed = Ask::Fixed { price: PRICE };
    let list = |market: &mut MarketRef, coupon, ask: &Ask| {
        market.call_mut().list(here, vec![coupon], ends, None, ask.clone())
    };
    let listing = act(stage, "list", "ann", 0, list(&mut market, sold, &fixed));
    refused(stage, "list what the market has", "ann", 0, list(&mut market, sold, &fixed));
    refused(stage, "list another's", "relayer", 0, list(&mut market, bens, &fixed));
    let guard = Guard::price(PRICE);
    refused(stage, "buy one's own", "ann", PRICE, market.call_mut().buy(listing, guard));
    refused(stage, "buy for too little", "ben", PRICE - 1, market.call_mut().buy(listing, guard));
    refused(
        stage,
        "buy above the limit",
        "ben",
        PRICE,
        market.call_mut().buy(listing, Guard::price(PRICE - 1)),
    );
    act(stage, "buy", "ben", PRICE, market.call_mut().buy(listing, guard));
    refused(stage, "buy what is sold", "relayer", PRICE, market.call_mut().buy(listing, guard));
    act(stage, "forget a listing", "ann", 0, market.call_mut().forget(vec![listing]));

    let dutch = Ask::Dutch { start_price: PRICE, end_price: PRICE / 2 };
    let falling = act(stage, "list at a falling price", "ann", 0, list(&mut market, swapped, &dutch));
    refused(stage, "cancel another's", "ben", 0, market.call_mut().cancel(falling));
    act(stage, "cancel", "ann", 0, market.call_mut().cancel(falling));

    let english = Ask::English { reserve: 10 * CENT, step: CENT };
    let auction = act(stage, "auction", "ann", 0, list(&mut market, auctioned, &english));
    let bid = |market: &mut MarketRef, amount| market.call_mut().bid(auction, amount, Guard::price(amount));
    refused(stage, "bid below the reserve", "ben", 9 * CENT, bid(&mut market, 9 * CENT));
    act(stage, "bid", "ben", 10 * CENT, bid(&mut market, 10 * CENT));
    refused(stage, "bid too small a step", "relayer", 10 * CENT + 1, bid(&mut market, 10 * CENT + 1));
    act(stage, "outbid", "relayer", 12 * CENT, bid(&mut market, 12 * CENT));
    act(stage, "withdraw a lost bid", "ben", 0, market.call_mut().withdraw(Asset::Native));
    refused(stage, "withdraw it twice", "ben", 0, market.call_mut().withdraw(Asset::Native));
    refused(stage, "settle too early", "ben", 0, market.call_mut().settle(auction));
    refused(stage, "cancel with a bid", "ann", 0, market.call_mut().cancel(auction));

    let any = CouponId { serial: 0, ..bens };
    let wants = Wants { coupons: vec![any], least_left: 0, ends_no_sooner: 0 };
    let swap = Ask::Swap { wants, asks: 5 * CENT, adds: 0 };
    let offered = act(stage, "offer a swap", "ann", 0, list(&mut market, swapped, &swap));
    let take = |market: &mut MarketRef, coupon, most| {
        market.call_mut().swap(offered, vec![coupon], Guard::price(most))
    };
    refused(stage, "swap another's", "relayer", 5 * CENT, take(&mut market, bens, 5 * CENT));
    act(stage, "swap", "ben", 5 * CENT, take(&mut market, bens, 5 * CENT));
}

/// The swap left ann with what was ben's, and ben with `bens` now.
fn wish<C: Clock>(stage: &mut Stage<C>, suite: &SuiteAddresses, bens: CouponId, start: u64) {
    let mut market = MarketRef::from_account_id(suite.market);
    let wish = |coupon| Wish {
        registry: suite.registry,
        coupon,
        asset: Asset::Native,
        price: PRICE,
        quantity: 1,
        least_left: 0,
        ends_no_sooner: 0,
        expires_at: start + 7 * DAY,
    };
    refused(stage, "wish without paying", "relayer", 0, market.call_mut().make_offer(wish(bens)));
    let wished = act(stage, "wish for a coupon", "relayer", PRICE, market.call_mut().make_offer(wish(bens)));
    refused(stage, "give another's", "ann", 0, market.call_mut().accept_offer(wished, bens, 0));
    refused(stage, "give for more", "ben", 0, market.call_mut().accept_offer(wished, bens, PRICE + 1));
    act(stage, "give what is wished for", "ben", 0, market.call_mut().accept_offer(wished, bens, 0));
    act(stage, "clear a granted wish", "relayer", 0, market.call_mut().withdraw_offer(wished));
    let any = CouponId { serial: 0, ..bens };
    let open = act(stage, "wish for any", "ben", PRICE, market.call_mut().make_offer(wish(any)));
    refused(stage, "withdraw another's wish", "ann", 0, market.call_mut().withdraw_offer(open));
    act(stage, "withdraw a wish", "ben", 0, market.call_mut().withdraw_offer(open));
    refused(stage, "set another's fee", "ann", 0, market.call_mut().set_fee(100));
    act(stage, "cancel all", "ann", 0, market.call_mut().cancel_all());
}

/// `anns` is a coupon of ann's.
fn govern<C: Clock>(stage: &mut Stage<C>, suite: &SuiteAddresses, campaign: u32, anns: CouponId, start: u64) {
    let mut office = OfficeRef::from_account_id(suite.office);
    let mut desk = DeskRef::from_account_id(suite.desk);
    let longer = Improvement::ExtendRedeemWindow { until: start + 20 * DAY };
    act(stage, "improve", "bakery", 0, office.call_mut().improve_campaign(campaign, longer.clone()));
    refused(
        stage,
        "improve another's",
        "ann",
        0,
        office.call_mut().improve_campaign(campaign, longer.clone()),
    );
    refused(stage, "improve to worse", "bakery", 0, office.call_mut().improve_campaign(campaign, longer));
    act(stage, "make a cashier", "bakery", 0, office.call_mut().set_role(account("ben"), false, true, None));
    refused(stage, "freeze what is backed", "bakery", 0, office.call_mut().set_frozen(anns, Some(3)));
    refused(stage, "revoke another's", "ann", 0, office.call_mut().revoke(anns, 1));
    act(stage, "revoke, and pay the holder", "bakery", 0, office.call_mut().revoke(anns, 1));
    refused(stage, "revoke what is gone", "bakery", 0, office.call_mut().revoke(anns, 1));
    let freeze =
        |office: &mut OfficeRef, reason| office.call_mut().set_account_frozen(account("relayer"), reason);
    act(stage, "freeze an account", "bakery", 0, freeze(&mut office, Some(3)));
    act(stage, "thaw it", "bakery", 0, freeze(&mut office, None));
    act(stage, "void permits", "ann", 0, desk.call_mut().cancel_permits());
    act(stage, "withdraw escrow", "bakery", 0, office.call_mut().withdraw_escrow(campaign, CENT));
    let all = office.call_mut().withdraw_escrow(campaign, 1_000 * CENT);
    refused(stage, "withdraw what coupons need", "bakery", 0, all);
    act(
        stage,
        "offer a campaign",
        "bakery",
        0,
        office.call_mut().offer_campaign(campaign, Some(account("operator"))),
    );
    refused(stage, "take another's offer", "ann", 0, office.call_mut().accept_campaign(campaign));
    act(stage, "take over a campaign", "operator", 0, office.call_mut().accept_campaign(campaign));
    refused(
        stage,
        "issue for a campaign given away",
        "bakery",
        0,
        office.call_mut().issue(campaign, vec![account("ann")], 9),
    );
    refused(stage, "pause as a stranger", "ann", 0, office.call_mut().set_paused(Scope::Trading.bit()));
    act(stage, "pause trading", "operator", 0, office.call_mut().set_paused(Scope::Trading.bit()));
    act(stage, "end the pause", "operator", 0, office.call_mut().set_paused(0));
}
