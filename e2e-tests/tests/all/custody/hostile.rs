//! Tokens, receivers and registries that don't do as they should: none of them costs anybody else a coin of custody's.
use super::*;
use e2e_tests::actors::GHOST;
use mock_psp22::Mode;
use shared::assets::PaymentFault;

#[test]
fn a_token_that_lies_pays_nothing() {
    let mut c = Counter::in_tokens();
    let token = c.world.token;
    let lied = |received| CustodyError::Payment(PaymentFault::TokenLied { expected: NET, received });
    let no = CustodyError::Payment(PaymentFault::TokenRefused { token });
    let cases = [
        (Mode::FeeOnTransfer, lied(NET - 1)),
        (Mode::TrueWithoutMoving, lied(0)),
        (Mode::Refuse, no.clone()),
        (Mode::Trap, no),
    ];
    for (mode, expected) in cases {
        misbehave(&mut c.world, mode);
        assert_eq!(c.pay_refused("ann", &order("bakery", 1), 0), expected);
    }
    assert!(c.world.coupon(c.coupon).is_some());
}

#[test]
fn a_token_that_pays_nobody_out_stops_no_ruling_and_its_money_waits() {
    let mut c = Counter::in_tokens();
    let (asset, token) = (c.world.token_asset(), c.world.token);
    c.pay("ann", &order("bakery", 1), 0);
    c.dispute();
    misbehave(&mut c.world, Mode::RefusePayouts);
    let done = c.rule(2_500);
    let credit = |c: &Counter, who, amount| c.emits(CreditAdded { account: account(who), asset, amount });
    assert_eq!(done.events[1..], [credit(&c, "ann", 450), credit(&c, "bakery", 1_350)]);
    assert_eq!((c.held(), c.holds(asset)), (None, NET));
    assert_eq!((c.credit("ann", asset), c.credit("bakery", asset)), (450, 1_350));
    let no = CustodyError::Payment(PaymentFault::TokenRefused { token });
    assert_eq!(refused(&mut c.world, "ann", 0, c.custody.call_mut().withdraw(asset)), no);
    misbehave(&mut c.world, Mode::Honest);
    let before = tokens(&c.world, ["ann", "bakery"]);
    let done = act(&mut c.world, "ann", 0, c.custody.call_mut().withdraw(asset));
    let withdrawn = CreditWithdrawn { account: account("ann"), asset, amount: 450 };
    assert_eq!((done.result, done.events), (450, vec![c.emits(withdrawn)]));
    act(&mut c.world, "bakery", 0, c.custody.call_mut().withdraw(asset));
    assert_eq!(tokens(&c.world, ["ann", "bakery"]), [before[0] + 450, before[1] + 1_350]);
    assert_eq!((c.holds(asset), c.credit("ann", asset)), (0, 0));
    let none = CustodyError::NoCredit { asset };
    assert_eq!(refused(&mut c.world, "ann", 0, c.custody.call_mut().withdraw(asset)), none);
}

#[test]
fn a_payer_that_is_gone_finds_its_part_in_its_pull_balance_and_the_acceptor_is_paid() {
    let mut c = Counter::new(terms());
    let ghost = account(GHOST);
    let purse = 10 * c.world.chain.existential_deposit() + e2e_tests::world::WEALTH;
    c.world.chain.endow(ghost, purse).unwrap();
    c.pay(GHOST, &order("bakery", 1), NET);
    let message = c.custody.call_mut().dispute(account("bakery"), 1, 4, [5; 32]);
    act(&mut c.world, GHOST, 0, message);
    let everything = c.world.balance(ghost, NATIVE);
    c.world.chain.transfer(ghost, account("ben"), everything).unwrap();
    let done = c.rule(5_000);
    assert_eq!(done.moved, [("bakery", 900)]);
    let waits = CreditAdded { account: ghost, asset: NATIVE, amount: 900 };
    assert_eq!(done.events[1..], [c.emits(waits)]);
    assert_eq!((c.credit(GHOST, NATIVE), c.holds(NATIVE)), (900, 900));
    // A second one adds up.
    c.coupon = issue(&mut c.world, "bakery", c.coupon.campaign, "ann");
    c.world.chain.endow(ghost, purse).unwrap();
    c.pay(GHOST, &order("bakery", 2), NET);
    let everything = c.world.balance(ghost, NATIVE);
    c.world.chain.transfer(ghost, account("ben"), everything).unwrap();
    act(&mut c.world, "bakery", 0, c.custody.call_mut().give_back(2, 100));
    assert_eq!((c.credit(GHOST, NATIVE), c.holds(NATIVE)), (1_000, 900 + NET));
    c.world.chain.endow(ghost, purse).unwrap();
    let done = act(&mut c.world, GHOST, 0, c.custody.call_mut().withdraw(NATIVE));
    assert_eq!((done.result, done.moved), (1_000, vec![(GHOST, 1_000)]));
}

#[test]
fn a_token_that_calls_back_while_it_pays_in_or_out_gains_nothing_by_itself_or_through_a_helper() {
    let mut c = Counter::in_tokens();
    let (asset, acceptor, here) = (c.world.token_asset(), account("bakery"), c.here());
    c.pay("ann", &order("bakery", 1), 0);
    c.coupon = issue(&mut c.world, "bakery", c.coupon.campaign, "ann");
    let second = order("bakery", 2);
    let coupons = c.coupons(&second);
    let permit = c.permit("bakery", &coupons, &second, 0);
    c.at(DISPUTABLE);
    let attempts = [
        data_of(c.custody.call_mut().settle(acceptor, 1)),
        data_of(c.custody.call_mut().withdraw(asset)),
        data_of(c.custody.call_mut().give_back(1, 1)),
        data_of(c.custody.call_mut().pay(Order { deadline: DISPUTABLE + DAY, ..second }, coupons, permit)),
    ];
    let moment = c.world.fixture();
    let honest = {
        c.settle("relayer");
        (c.kept(), tokens(&c.world, ["ann", "bakery"]))
    };
    for data in attempts {
        for mode in [Mode::CallBackThroughHelper, Mode::CallBack] {
            c.world = moment.world();
            call_back(&mut c.world, here, data.clone(), mode);
            c.settle("relayer");
            assert_ne!(called_back(&c.world), Some(true));
            if c.credit("bakery", asset) > 0 {
                misbehave(&mut c.world, Mode::Honest);
                act(&mut c.world, "bakery", 0, c.custody.call_mut().withdraw(asset));
            }
            assert!((c.kept(), tokens(&c.world, ["ann", "bakery"])) == honest);
        }
    }
}

#[test]
fn a_token_that_calls_back_while_it_is_collected_pays_nothing_twice() {
    let mut c = Counter::in_tokens();
    let here = c.here();
    let data = data_of(c.custody.call_mut().give_back(1, NET));
    call_back(&mut c.world, here, data, Mode::CallBackThroughHelper);
    c.pay("ann", &order("bakery", 1), 0);
    assert_ne!(called_back(&c.world), Some(true));
    assert_eq!(c.held().map(|held| held.amount), Some(NET));
    assert_eq!(c.holds(c.world.token_asset()), NET);
}

#[test]
fn a_token_that_burns_all_gas_holds_up_its_own_payments_and_no_others() {
    let mut c = Counter::in_tokens();
    c.pay("ann", &order("bakery", 1), 0);
    let campaign = campaign(&mut c.world, "bakery", terms(), 0);
    c.coupon = issue(&mut c.world, "bakery", campaign, "ann");
    c.pay("ann", &order("bakery", 2), NET);
    misbehave(&mut c.world, Mode::BurnGas);
    c.at(DISPUTABLE);
    let message = data_of(c.custody.call_mut().settle(account("bakery"), 1));
    let before = c.kept();
    let here = c.here();
    assert!(c.world.chain.call(account("relayer"), here, 0, message).is_err());
    assert!(c.kept() == before);
    let done = act(&mut c.world, "relayer", 0, c.custody.call_mut().settle(account("bakery"), 2));
    assert_eq!(done.moved, [("bakery", 1_800)]);
    misbehave(&mut c.world, Mode::Honest);
    c.settle("relayer");
    assert_eq!((c.held(), c.holds(c.world.token_asset())), (None, 0));
}

#[test]
fn a_known_registry_that_lies_harms_no_coin_of_others() {
    let (mut world, _) = open();
    let liar = look_alike(&mut world);
    let code = world.chain.code_hash_of(liar).unwrap().unwrap();
    let mut c = Counter::knowing(terms(), &[code]);
    let liar = look_alike(&mut c.world);
    c.pay("ann", &order("bakery", 1), NET);
    let terms = HoldingTerms { registry: liar, ..holding(&c.world) };
    c.set_terms("cinema", terms);
    // It says that 1,000 are left to pay, and is believed: only the cinema's payer pays for that.
    let order = order("cinema", 1);
    let coupons = c.coupons(&order);
    let permit = c.permit("cinema", &coupons, &order, 0);
    let message = c.custody.call_mut().pay(order, coupons, permit);
    assert_eq!(act(&mut c.world, "ben", 1_000, message).result, 1_000);
    assert_eq!((c.held(), c.holds(NATIVE)), (Some(c.usual()), NET + 1_000));
}

#[test]
fn a_known_code_that_is_no_registry_fails_cleanly() {
    let code = {
        let (world, _) = open();
        world.chain.code_hash_of(world.token).unwrap().unwrap()
    };
    let mut c = Counter::knowing(terms(), &[code]);
    let registry = c.world.token;
    let terms = HoldingTerms { registry, ..holding(&c.world) };
    c.set_terms("cinema", terms);
    let failed = CustodyError::RegistryFailed { registry };
    assert_eq!(c.pay_refused("ann", &order("cinema", 1), NET), failed);
}

#[test]
fn funds_forced_on_custody_are_nobodys() {
    let mut c = Counter::paid();
    let here = c.here();
    c.world.chain.transfer(account("ben"), here, 500).unwrap();
    c.at(DISPUTABLE);
    assert_eq!(c.settle("relayer").moved, [("bakery", 1_800)]);
    assert_eq!(c.holds(NATIVE), 500);
}

#[test]
fn only_paying_takes_value() {
    let mut c = Counter::disputed();
    let (acceptor, here) = (account("bakery"), c.here());
    let messages = [
        ("bakery", data_of(c.custody.call_mut().set_terms(holding(&c.world)))),
        ("bakery", data_of(c.custody.call_mut().reply(1, [6; 32]))),
        ("dee", data_of(c.custody.call_mut().rule(acceptor, 1, 1))),
        ("bakery", data_of(c.custody.call_mut().give_back(1, 1))),
    ];
    for (who, data) in messages {
        assert!(c.world.chain.call(account(who), here, 1, data.clone()).is_err());
        assert!(c.world.chain.view(account(who), here, 0, data).is_ok());
    }
    assert_eq!(c.holds(NATIVE), NET);
}
