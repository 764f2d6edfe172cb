//! Contracts that lie: none of them costs anybody a coupon or a coin of the market's.
use super::{offers::wish, *};
use market::offers::Wish;
use mock_psp22::Mode;
use shared::assets::PaymentFault;

/// A market that knows the code of a registry that says yes to everything, and that registry.
fn lied_to() -> (Stall, AccountId) {
    let mut s = Stall::new(terms());
    let liar = look_alike(&mut s.world);
    let codes = vec![code_of(&s.world, liar), code_of(&s.world, s.world.suite.registry)];
    s.market = make(&mut s.world, 200, codes, vec![]).unwrap();
    (s, liar)
}

#[test]
fn a_token_with_two_owners_for_everything_is_kept_out_by_its_code() {
    let mut s = Stall::new(terms());
    let liar = look_alike(&mut s.world);
    let code = s.world.chain.code_hash_of(liar).unwrap();
    let unknown = MarketError::UnknownRegistry { registry: liar, code };
    let message = s.market.call_mut().list(liar, vec![s.coupon], ENDS_AT, None, FIXED);
    assert_eq!(refused(&mut s.world, "ann", 0, message), unknown);
    let wish = Wish { registry: liar, ..wish(&s) };
    assert_eq!(refused(&mut s.world, "ben", PRICE, s.market.call_mut().make_offer(wish)), unknown);
}

#[test]
fn a_known_registry_that_lies_harms_no_coupon_and_no_coin_of_others() {
    let (mut s, liar) = lied_to();
    let here = ink::ToAccountId::to_account_id(&s.market);
    let approve = PSP34::approve(s.to.registry.call_mut(), here, None, true);
    act(&mut s.world, "ann", 0, approve);
    let honest = s.list("ann", s.coupon, FIXED);
    // What doesn't exist is sold, twice even: its buyers believed that registry, and nobody else pays for it.
    let ghost = CouponId { campaign: 7, serial: 7 };
    let sold = [(); 2].map(|()| {
        let message = s.market.call_mut().list(liar, vec![ghost], ENDS_AT, None, FIXED);
        act(&mut s.world, "ann", 0, message).result
    });
    for id in sold {
        s.buy("ben", id, PRICE);
    }
    assert_eq!(s.owner(s.coupon), here);
    s.buy("cem", honest, PRICE);
    assert_eq!(s.owner(s.coupon), account("cem"));
    let fees = read(&s.world, s.market.call().config()).unwrap().native_fees;
    assert_eq!(s.world.balance(here, NATIVE), fees + s.world.chain.existential_deposit());
}

#[test]
fn a_registry_that_says_it_moved_what_it_did_not_is_found_out() {
    let (mut s, liar) = lied_to();
    let mut token: mock_look_alike::LookAlikeRef = at(liar);
    call(&mut s.world, OWNER, 0, token.call_mut().name_owner(Some(account("dee"))));
    let coupon = s.coupon;
    let message = s.market.call_mut().list(liar, vec![coupon], ENDS_AT, None, FIXED);
    let elsewhere = MarketError::NotReceived { coupon, owner: Some(account("dee")) };
    assert_eq!(refused(&mut s.world, "ann", 0, message), elsewhere);
}

#[test]
fn a_known_code_that_is_no_registry_fails_cleanly() {
    let mut s = Stall::new(terms());
    let registry = s.world.token;
    let code = code_of(&s.world, registry);
    s.market = make(&mut s.world, 200, vec![code], vec![]).unwrap();
    let message = s.market.call_mut().list(registry, vec![s.coupon], ENDS_AT, None, FIXED);
    assert_eq!(refused(&mut s.world, "ann", 0, message), MarketError::RegistryFailed { registry });
}

/// Ann's coupon, whose campaign counts in the token.
fn in_tokens() -> (Stall, Asset) {
    let (world, _) = open();
    let asset = world.token_asset();
    let mut s = Stall::new(Terms { asset, ..terms() });
    let here = s.world.suite.market;
    for who in CONSUMERS {
        s.world.allow(who, here, 10_000);
    }
    (s, asset)
}

#[test]
fn a_token_that_lies_buys_nothing() {
    let (mut s, asset) = in_tokens();
    let token = s.world.token;
    let coupon = s.coupon;
    let fixed = s.list("ann", coupon, FIXED);
    let other = s.issue("ann");
    let auction = s.list("ann", other, english(PRICE, 1));
    let wish = Wish { asset, ..wish(&s) };
    let lied = |received| MarketError::Payment(PaymentFault::TokenLied { expected: PRICE, received });
    let no = MarketError::Payment(PaymentFault::TokenRefused { token });
    let cases = [
        (Mode::FeeOnTransfer, lied(PRICE - 1)),
        (Mode::TrueWithoutMoving, lied(0)),
        (Mode::Refuse, no),
        (Mode::Trap, no),
    ];
    for (mode, expected) in cases {
        misbehave(&mut s.world, mode);
        assert_eq!(s.buy_refused("ben", fixed, 0), expected);
        let message = s.market.call_mut().bid(auction, PRICE, Guard::price(PRICE));
        assert_eq!(refused(&mut s.world, "ben", 0, message), expected);
        assert_eq!(refused(&mut s.world, "ben", 0, s.market.call_mut().make_offer(wish)), expected);
        let message = s.market.call_mut().buy_many(vec![fixed], false, Guard::price(PRICE));
        assert_eq!(refused(&mut s.world, "ben", 0, message), expected);
    }
    s.cancel("ann", fixed);
    s.cancel("ann", auction);
    assert_eq!(s.owner(coupon), account("ann"));
}

#[test]
fn a_token_that_pays_nobody_out_stops_no_sale_and_its_money_waits() {
    let (mut s, asset) = in_tokens();
    let fixed = s.list("ann", s.coupon, FIXED);
    let other = s.issue("ann");
    let auction = s.list("ann", other, english(500, 100));
    let (wish, wished) = (Wish { asset, coupon: s.issue("cem"), ..wish(&s) }, s.world.token);
    let offer = act(&mut s.world, "ben", 0, s.market.call_mut().make_offer(wish)).result;
    for (who, amount) in [("ben", 500), ("cem", 1_000)] {
        let message = s.market.call_mut().bid(auction, amount, Guard::price(amount));
        act(&mut s.world, who, 0, message);
    }
    misbehave(&mut s.world, Mode::RefusePayouts);
    let message = s.market.call_mut().buy(fixed, Guard::price(PRICE));
    act(&mut s.world, "ben", 0, message);
    s.at(ENDS_AT);
    s.settle("relayer", auction);
    let no = MarketError::Payment(PaymentFault::TokenRefused { token: wished });
    let back = s.market.call_mut().withdraw_offer(offer);
    assert_eq!(refused(&mut s.world, "ben", 0, back), no, "and the offer stays");
    let message = s.market.call_mut().withdraw(asset);
    assert_eq!(refused(&mut s.world, "ann", 0, message), no);
    let owed = |s: &Stall, who: &str| read(&s.world, s.market.call().credit(account(who), asset));
    assert_eq!(["ann", "bakery", "relayer"].map(|who| owed(&s, who)), [1_860, 100, 2]);
    assert_eq!((s.owner(s.coupon), s.owner(other)), (account("ben"), account("cem")));

    misbehave(&mut s.world, Mode::Honest);
    act(&mut s.world, "ben", 0, s.market.call_mut().withdraw_offer(offer));
    for who in ["ann", "bakery", "relayer", "ben", OWNER] {
        act(&mut s.world, who, 0, s.market.call_mut().withdraw(asset));
    }
    assert_eq!(tokens(&s.world, ["market"]), [0], "to the last unit");
}

#[test]
fn a_token_that_calls_back_gets_nowhere() {
    let (mut s, asset) = in_tokens();
    let here = s.world.suite.market;
    let fixed = s.list("ann", s.coupon, FIXED);
    let other = s.issue("ann");
    let second = s.list("ann", other, FIXED);
    let calls = [
        data_of(s.market.call_mut().buy(second, Guard::price(PRICE))),
        data_of(s.market.call_mut().cancel(fixed)),
        data_of(s.market.call_mut().withdraw(asset)),
        data_of(s.market.call_mut().cancel_all()),
    ];
    let moment = s.world.fixture();
    for data in calls {
        for mode in [Mode::CallBack, Mode::CallBackThroughHelper] {
            s.world = moment.world();
            call_back(&mut s.world, here, data.clone(), mode);
            let message = s.market.call_mut().buy(fixed, Guard::price(PRICE));
            let (result, _) = s.world.chain.call_typed(account("ben"), 0, message).unwrap();
            match mode {
                // Whoever is called back traps, and so does the token.
                Mode::CallBack => assert!(result.is_err()),
                // Through a helper the trap goes unnoticed, and the sale goes on as if nothing had been.
                _ => {
                    assert_eq!(result, Ok(PRICE));
                    assert_ne!(called_back(&s.world), Some(true));
                    assert_eq!(s.owner(s.coupon), account("ben"));
                }
            }
            assert_eq!((s.status(second), s.owner(other)), (Some(Status::Open), here));
        }
    }
}

#[test]
fn a_receiver_that_refuses_money_costs_nobody_else_anything() {
    let (mut s, id) = Stall::listed(terms());
    let ghost = account(e2e_tests::actors::GHOST);
    // The royalty goes to an account that doesn't exist and that so small a sum can't bring into being.
    let heir = s.to.office.call_mut().offer_campaign(s.coupon.campaign, Some(ghost));
    act(&mut s.world, "bakery", 0, heir);
    s.world.chain.endow(ghost, e2e_tests::world::WEALTH).unwrap();
    let accept = s.to.office.call_mut().accept_campaign(s.coupon.campaign);
    act(&mut s.world, e2e_tests::actors::GHOST, 0, accept);
    let everything = s.world.balance(ghost, NATIVE);
    s.world.chain.transfer(ghost, account("cem"), everything).unwrap();
    let other = {
        s.world.chain.endow(ghost, e2e_tests::world::WEALTH).unwrap();
        let coupon = issue(&mut s.world, e2e_tests::actors::GHOST, s.coupon.campaign, "ann");
        let everything = s.world.balance(ghost, NATIVE);
        s.world.chain.transfer(ghost, account("cem"), everything).unwrap();
        s.list("ann", coupon, FIXED)
    };
    assert_eq!(s.buy("ben", id, PRICE).moved[0], ("bakery", 50), "the issuer of when it was listed");
    let done = s.buy("ben", other, PRICE);
    assert_eq!(done.moved, [("ann", 930), ("ben", -1_000), ("market", 70)]);
    assert_eq!(s.credit(e2e_tests::actors::GHOST), 50);
}
