//! What the owner sets: the fee and the tokens, both announced; and who the owner is.
use super::*;
use market::events::{FeeChanged, MarketCreated, OwnerChanged, OwnershipOffered, TokenChanged};
use shared::assets::PaymentFault;

const WEEK: u64 = 7 * DAY;

#[test]
fn a_market_tells_its_rules() {
    let (mut world, _) = open();
    let registries = vec![code_of(&world, world.suite.registry)];
    let (owner, fee_bps, tokens) = (account(OWNER), 200, vec![world.token]);
    let rules = Rules { fee_bps, registries: registries.clone(), tokens };
    let created = MarketCreated { owner, rules };
    let created = by(world.suite.market, created);
    assert!(world.chain.events(0).unwrap().iter().any(|event| Emitted::from(event) == created));
    let root =
        Root { owner, heir: None, fee_bps, next_fee: None, registries, held: 0, native_fees: 0, next_id: 1 };
    assert_eq!(read(&world, market(&world).call().config()), Some(root));

    let cases = [
        (1_001, 1, 0, MarketError::SharesOverCap { fee_bps: 1_001, royalty_bps: 0, most_bps: 1_000 }),
        (200, 0, 0, MarketError::RegistryCount { listed: 0, most: 4 }),
        (200, 5, 0, MarketError::RegistryCount { listed: 5, most: 4 }),
        (200, 1, 5, MarketError::RegistryCount { listed: 5, most: 4 }),
    ];
    for (fee_bps, codes, tokens, expected) in cases {
        let made = make(&mut world, fee_bps, vec![[1; 32]; codes], vec![account("ann"); tokens]);
        assert_eq!(refusal_of::<MarketError>(made.map(|_| ()).unwrap_err()), expected);
    }
}

// Feature: Fees / royalty.
#[test]
fn a_new_fee_is_the_owners_to_set_and_counts_a_week_later_for_what_is_opened_then() {
    let mut s = Stall::new(terms());
    let (registry, end) = (s.world.suite.registry, terms().redeem_window.end);
    let early = s.list("ann", s.coupon, FIXED);
    for who in ["ann", "bakery"] {
        let not_owner = MarketError::NotMarketOwner { owner: account(OWNER), caller: account(who) };
        assert_eq!(refused(&mut s.world, who, 0, s.market.call_mut().set_fee(0)), not_owner);
    }
    let over = MarketError::SharesOverCap { fee_bps: 1_001, royalty_bps: 0, most_bps: 1_000 };
    assert_eq!(refused(&mut s.world, OWNER, 0, s.market.call_mut().set_fee(1_001)), over);
    let done = act(&mut s.world, OWNER, 0, s.market.call_mut().set_fee(400));
    assert_eq!(done.result, NOW + WEEK);
    let changed = FeeChanged { fee_bps: 400, from: NOW + WEEK };
    assert_eq!(done.events, [by(s.world.suite.market, changed)]);

    let fee_of = |s: &mut Stall| {
        let coupon = s.issue("ann");
        let message = s.market.call_mut().list(registry, vec![coupon], end, None, FIXED);
        let id = act(&mut s.world, "ann", 0, message).result;
        (id, s.entry(id).unwrap().listing.fee_bps)
    };
    s.at(NOW + WEEK - 1);
    let (before, fee_bps) = fee_of(&mut s);
    assert_eq!(fee_bps, 200);
    // The window of issue ends with the week.
    let coupon = s.issue("ann");
    s.at(NOW + WEEK);
    let message = s.market.call_mut().list(registry, vec![coupon], end, None, FIXED);
    let after = act(&mut s.world, "ann", 0, message).result;
    assert_eq!(s.entry(after).unwrap().listing.fee_bps, 400);
    assert_eq!(s.buy("ben", before, PRICE).moved[3], ("market", 20), "as when it was listed");
    assert_eq!(s.buy("ben", after, PRICE).moved[3], ("market", 40));
    assert_eq!(s.entry(early).unwrap().listing.fee_bps, 200);

    act(&mut s.world, OWNER, 0, s.market.call_mut().set_fee(0));
    let root = s.root();
    assert_eq!((root.fee_bps, root.next_fee), (400, Some((0, NOW + 2 * WEEK))));
}

#[test]
fn a_fee_makes_room_for_the_royalty() {
    let (s, id) = Stall::listed(terms_but(|t| t.royalty_bps = 1_000));
    assert_eq!(s.entry(id).unwrap().listing.fee_bps, 0);
    let mut s = s;
    let done = s.buy("ben", id, PRICE);
    assert_eq!(done.moved, [("bakery", 100), ("ann", 900), ("ben", -1_000)]);
}

#[test]
fn the_market_deals_in_the_tokens_its_owner_allows_a_week_after_it_says_so() {
    let (mut world, _) = open();
    let registries = vec![code_of(&world, world.suite.registry)];
    let token = world.token;
    let market = make(&mut world, 200, registries, vec![]).unwrap();
    let coupon = {
        let terms = Terms { asset: Asset::Psp22(token), ..terms() };
        let campaign = campaign(&mut world, "bakery", terms, 0);
        issue(&mut world, "bakery", campaign, "ann")
    };
    let to = Doors::of(&world);
    let mut s = Stall { world, to, market, coupon };
    let here = s.world.chain.events(0).unwrap().last().map(|_| ink::ToAccountId::to_account_id(&s.market));
    let here = here.unwrap();
    let approve = PSP34::approve(s.to.registry.call_mut(), here, None, true);
    act(&mut s.world, "ann", 0, approve);
    let unknown = |from| MarketError::UnknownToken { token, from };
    assert_eq!(s.list_refused("ann", &[coupon], FIXED), unknown(None));
    let not_owner = MarketError::NotMarketOwner { owner: account(OWNER), caller: account("ann") };
    let allow = |s: &mut Stall, who: &str, allowed: bool| {
        let message = s.market.call_mut().set_token(token, allowed);
        let (result, outcome) = s.world.chain.call_typed(account(who), 0, message).unwrap();
        result.map(|()| outcome.events.iter().map(Emitted::from).collect::<Vec<_>>())
    };
    assert_eq!(allow(&mut s, "ann", true), Err(not_owner));
    assert_eq!(allow(&mut s, OWNER, false), Err(MarketError::NoChange));
    let changed = TokenChanged { token, from: Some(NOW + WEEK) };
    assert_eq!(allow(&mut s, OWNER, true), Ok(vec![by(here, changed)]));
    assert_eq!(allow(&mut s, OWNER, true), Err(MarketError::NoChange));
    s.at(NOW + WEEK - 1);
    let (registry, end) = (s.world.suite.registry, terms().redeem_window.end);
    let message = s.market.call_mut().list(registry, vec![coupon], end, None, FIXED);
    assert_eq!(refused(&mut s.world, "ann", 0, message), unknown(Some(NOW + WEEK)));
    s.at(NOW + WEEK);
    let message = s.market.call_mut().list(registry, vec![coupon], end, None, FIXED);
    let id = act(&mut s.world, "ann", 0, message).result;
    let changed = TokenChanged { token, from: None };
    assert_eq!(allow(&mut s, OWNER, false), Ok(vec![by(here, changed)]));
    s.world.allow("ben", here, PRICE);
    let message = s.market.call_mut().buy(id, Guard::price(PRICE));
    act(&mut s.world, "ben", 0, message);
    assert_eq!(s.owner(coupon), account("ben"), "what is here is sold");
}

#[test]
fn the_market_is_handed_over_in_two_steps_and_fees_stay_with_who_earned_them() {
    let (mut s, id) = Stall::listed(terms());
    s.buy("ben", id, PRICE);
    let (here, heir, old) = (s.world.suite.market, account("cem"), account(OWNER));
    let not_owner = MarketError::NotMarketOwner { owner: old, caller: heir };
    let message = s.market.call_mut().offer_ownership(Some(heir));
    assert_eq!(refused(&mut s.world, "cem", 0, message), not_owner);
    let message = s.market.call_mut().offer_ownership(None);
    assert_eq!(refused(&mut s.world, OWNER, 0, message), MarketError::NoChange);
    let not_offered = MarketError::NotOffered { caller: heir };
    let message = s.market.call_mut().accept_ownership();
    assert_eq!(refused(&mut s.world, "cem", 0, message), not_offered);
    let done = act(&mut s.world, OWNER, 0, s.market.call_mut().offer_ownership(Some(heir)));
    let offered = OwnershipOffered { owner: old, heir: Some(heir) };
    assert_eq!(done.events, [by(here, offered)]);
    let done = act(&mut s.world, "cem", 0, s.market.call_mut().accept_ownership());
    assert_eq!(done.events, [by(here, OwnerChanged { owner: heir })]);
    assert_eq!((s.root().owner, s.root().heir, s.root().native_fees), (heir, None, 0));
    assert_eq!((s.credit(OWNER), s.credit("cem")), (20, 0));
    let message = s.market.call_mut().set_fee(0);
    let not_owner = MarketError::NotMarketOwner { owner: heir, caller: old };
    assert_eq!(refused(&mut s.world, OWNER, 0, message), not_owner);
    act(&mut s.world, OWNER, 0, s.market.call_mut().withdraw(NATIVE));
}

#[test]
fn no_message_but_those_that_are_paid_takes_value() {
    let (mut s, id) = Stall::listed(terms());
    let coupon = s.coupon;
    let ids = vec![id];
    let here = s.world.suite.market;
    let messages = [
        data_of(s.market.call_mut().settle(id)),
        data_of(s.market.call_mut().cancel(id)),
        data_of(s.market.call_mut().cancel_all()),
        data_of(s.market.call_mut().forget(ids)),
        data_of(s.market.call_mut().accept_offer(id, coupon, 0)),
        data_of(s.market.call_mut().withdraw_offer(id)),
        data_of(s.market.call_mut().withdraw(NATIVE)),
        data_of(s.market.call_mut().set_fee(1)),
        data_of(s.market.call_mut().set_token(here, true)),
        data_of(s.market.call_mut().offer_ownership(None)),
        data_of(s.market.call_mut().accept_ownership()),
    ];
    for data in messages {
        let sent = s.world.chain.call(account("ann"), here, 1, data);
        assert!(matches!(sent, Err(chain::ChainError::Trapped { .. })), "{sent:?}");
    }
    let wrong = PaymentFault::WrongValue { expected: 0, paid: 1 };
    let message = s.market.call_mut().list(s.world.suite.registry, vec![coupon], ENDS_AT, None, FIXED);
    assert_ne!(refused(&mut s.world, "ann", 1, message), MarketError::Payment(wrong), "it isn't ann's now");
}
