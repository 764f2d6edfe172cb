//! What happens last: bakery and cafe form an alliance, honour each other's coupons, vote, agree, dispute, settle and default, and the bakery's customers pay through custody.
//! Knows no chain.

use crate::{
    stage::{Clock, Stage},
    story::{account, act, refused, CENT, DAY},
};
use alliance::AllianceRef;
use chain::{Chain, Keypair};
use council::CouncilRef;
use couponry::suite::SuiteAddresses;
use custody::{terms::HoldingTerms, CustodyRef};
use e2e_tests::signing::Place;
use ink::{codegen::TraitCallBuilder, env::call::FromAccountId};
use office::OfficeRef;
use scale::Encode;
use shared::{
    alliance::{council::Motion, rates::Rate},
    assets::Asset,
    ids::CouponId,
    order::{digest, Order, Redemption, Settlement},
    permit::{CouponPermit, Permits, Presented, Purpose},
    registry::Scope,
    terms::{Acceptance, Benefit, Funding, Terms, Window},
};

const COLLATERAL: u128 = 300 * CENT;

/// The alliance and its people.
struct Cast {
    suite: SuiteAddresses,
    place: Place,
    start: u64,
    /// Of the bakery's, backed by the alliance.
    campaign: u32,
}

/// Plays it all, from `start` on, for some four months.
pub(crate) fn play<C: Clock>(stage: &mut Stage<C>, suite: &SuiteAddresses, start: u64) {
    let place = Place { chain_tag: stage.genesis(), registry: suite.registry };
    let mut cast = Cast { suite: *suite, place, start, campaign: 0 };
    join(stage, &cast);
    cast.campaign = cast.campaigns(stage, Funding::Alliance, Acceptance::Alliance(suite.alliance), 8);
    let booked = clear(stage, &cast);
    decide(stage, &cast);
    dispute(stage, &cast, booked);
    hold(stage, &cast);
    settle(stage, &cast);
}

impl Cast {
    fn alliance(&self) -> AllianceRef {
        AllianceRef::from_account_id(self.suite.alliance)
    }

    fn council(&self) -> CouncilRef {
        CouncilRef::from_account_id(self.suite.council)
    }

    /// A campaign of the bakery's with so many coupons, all of them ann's.
    fn campaigns<C: Clock>(
        &self,
        stage: &mut Stage<C>,
        funding: Funding,
        acceptance: Acceptance,
        coupons: usize,
    ) -> u32 {
        let mut office = OfficeRef::from_account_id(self.suite.office);
        let window = Window { start: self.start, end: self.start + 14 * DAY };
        let terms = Terms {
            funding,
            acceptance,
            rollback_window: DAY,
            document: [8; 32],
            ..Terms::plain(Benefit::PercentOff { bps: 2_000, cap: 50 * CENT }, window, 20)
        };
        let create = office.call_mut().create_campaign(terms, b"ipfs://allied".to_vec(), 0);
        let campaign = act(stage, "create a campaign without escrow", "bakery", 0, create);
        let issue = office.call_mut().issue(campaign, vec![account("ann"); coupons], 1);
        act(stage, "issue them to ann", "bakery", 0, issue);
        campaign
    }

    fn coupon(&self, serial: u32) -> CouponId {
        CouponId { campaign: self.campaign, serial }
    }

    fn order(&self, acceptor: &str, number: u64) -> Order {
        Order {
            acceptor: account(acceptor),
            number,
            basket: 200 * CENT,
            eligible: 100 * CENT,
            basket_hash: [9; 32],
            deadline: self.start + 200 * DAY,
            settlement: Settlement::OffChain,
        }
    }

    /// An order that takes one coupon, with its holder's permit.
    fn sold(&self, acceptor: &str, number: u64, holder: &str, serial: u32) -> (Order, Permits) {
        let order = self.order(acceptor, number);
        let presented = Presented::from(self.coupon(serial));
        let signed = (presented, digest(&order));
        // Ann has voided her permits once.
        let permit = self.place.permit(&Keypair::named(holder), Purpose::Spend, &signed, 1, order.deadline);
        (order, Permits { acceptor: None, coupons: vec![CouponPermit { presented, permit: Some(permit) }] })
    }
}

/// As the block that holds it has it: what was answered has the time before.
fn timed<C: Clock>(stage: &Stage<C>, redemption: Redemption) -> Redemption {
    Redemption { redeemed_at: stage.now(), final_at: stage.now() + DAY, ..redemption }
}

fn join<C: Clock>(stage: &mut Stage<C>, cast: &Cast) {
    let (mut council, registry) = (cast.council(), cast.suite.registry);
    for who in ["bakery", "cafe"] {
        let apply = council.call_mut().apply(registry, [1; 32], b"ipfs://profile".to_vec());
        act(stage, "apply", who, 0, apply);
    }
    refused(stage, "apply twice", "cafe", 0, council.call_mut().apply(registry, [1; 32], Vec::new()));
    let admit = |who| Motion::Admit { account: account(who), registry, profile: [1; 32], cap: 400 * CENT };
    refused(stage, "admit as a stranger", "ann", 0, council.call_mut().decide(admit("cafe")));
    refused(stage, "admit who didn't apply", "operator", 0, council.call_mut().decide(admit("ben")));
    for who in ["bakery", "cafe"] {
        act(stage, "admit", "operator", 0, council.call_mut().decide(admit(who)));
        let deposit = council.call_mut().deposit_collateral(COLLATERAL);
        act(stage, "put up collateral", who, COLLATERAL, deposit);
    }
    let unpaid = council.call_mut().deposit_collateral(COLLATERAL);
    refused(stage, "put up collateral without paying", "cafe", CENT, unpaid);
}

/// Gives the last redemption.
fn clear<C: Clock>(stage: &mut Stage<C>, cast: &Cast) -> Redemption {
    let (mut alliance, mut council) = (cast.alliance(), cast.council());
    let registry = cast.suite.registry;
    let redeem = |alliance: &mut AllianceRef, order| alliance.call_mut().redeem(registry, order);
    let untrusted = redeem(&mut alliance, cast.sold("cafe", 1, "ann", 1));
    refused(stage, "redeem and clear without trusting the alliance", "cafe", 0, untrusted);
    let trust = OfficeRef::from_account_id(cast.suite.office).call_mut().set_role(
        cast.suite.alliance,
        false,
        true,
        None,
    );
    act(stage, "make the alliance a cashier", "cafe", 0, trust);
    let first = redeem(&mut alliance, cast.sold("cafe", 1, "ann", 1));
    let first = act(stage, "redeem and clear", "cafe", 0, first);
    let first = timed(stage, first);
    let again = redeem(&mut alliance, cast.sold("cafe", 1, "ann", 2));
    refused(stage, "redeem and clear twice", "cafe", 0, again);
    let stranger = redeem(&mut alliance, cast.sold("relayer", 1, "ann", 2));
    refused(stage, "redeem and clear as no member", "relayer", 0, stranger);
    let stolen = redeem(&mut alliance, cast.sold("cafe", 2, "relayer", 2));
    refused(stage, "redeem and clear by another's permit", "cafe", 0, stolen);

    let backlog = [("ann", 2, 2), ("relayer", 3, 3), ("ann", 4, 4)];
    let backlog = backlog.map(|(holder, number, serial)| cast.sold("cafe", number, holder, serial).encode());
    let batch = alliance.call_mut().redeem_batch(registry, backlog.to_vec());
    let each = act(stage, "redeem a backlog with one bad order", "cafe", 0, batch);
    assert_eq!(each.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);

    let undo = |alliance: &mut AllianceRef| alliance.call_mut().roll_back(registry, 0, (first.clone(), None));
    refused(stage, "roll back another's", "relayer", 0, undo(&mut alliance));
    act(stage, "roll back what was cleared", "cafe", 0, undo(&mut alliance));
    refused(stage, "roll back twice", "cafe", 0, undo(&mut alliance));

    let (cafe, bakery) = (account("cafe"), account("bakery"));
    let rate = Rate { bps: 5_000, from: cast.start + DAY, daily_cap: Some(100 * CENT) };
    let early = council.call_mut().offer_rate(cafe, bakery, Some(Rate { from: cast.start, ..rate }));
    refused(stage, "offer a rate for earlier", "cafe", 0, early);
    act(stage, "offer a rate", "cafe", 0, council.call_mut().offer_rate(cafe, bakery, Some(rate)));
    let another = council.call_mut().accept_rate(cafe, bakery, Rate { bps: 4_000, ..rate });
    refused(stage, "accept another rate", "bakery", 0, another);
    refused(stage, "accept one's own", "cafe", 0, council.call_mut().accept_rate(cafe, bakery, rate));
    act(stage, "accept a rate", "bakery", 0, council.call_mut().accept_rate(cafe, bakery, rate));
    stage.wait(DAY);
    let cheaper = redeem(&mut alliance, cast.sold("cafe", 5, "ann", 5));
    let cheaper = act(stage, "redeem and clear at an agreed rate", "cafe", 0, cheaper);
    timed(stage, cheaper)
}

fn decide<C: Clock>(stage: &mut Stage<C>, cast: &Cast) {
    let mut council = cast.council();
    let motion = Motion::SetCap { account: account("cafe"), cap: 350 * CENT };
    refused(stage, "propose as no member", "ann", 0, council.call_mut().propose(motion));
    let number = act(stage, "propose", "bakery", 0, council.call_mut().propose(motion));
    refused(stage, "vote twice", "bakery", 0, council.call_mut().vote(number));
    act(stage, "vote, and carry it", "cafe", 0, council.call_mut().vote(number));
    refused(stage, "clear a vote too early", "bakery", 0, council.call_mut().clear(number));
    let suspend = Motion::Suspend { account: account("cafe"), reason: 3 };
    act(stage, "suspend", "operator", 0, council.call_mut().decide(suspend));
    let barred = cast.alliance().call_mut().redeem(cast.suite.registry, cast.sold("cafe", 6, "ann", 6));
    refused(stage, "redeem and clear while suspended", "cafe", 0, barred);
    let reinstate = Motion::Reinstate { account: account("cafe") };
    act(stage, "reinstate", "operator", 0, council.call_mut().decide(reinstate));
    act(stage, "waive a fee", "operator", 0, council.call_mut().waive_fee(account("ben"), true));
    refused(stage, "waive as a stranger", "ann", 0, council.call_mut().waive_fee(account("ben"), true));
}

fn dispute<C: Clock>(stage: &mut Stage<C>, cast: &Cast, booked: Redemption) {
    let (mut council, registry) = (cast.council(), cast.suite.registry);
    let open = |council: &mut CouncilRef| council.call_mut().open_case(registry, 2, [3; 32], booked.clone());
    refused(stage, "dispute too early", "bakery", 0, open(&mut council));
    stage.wait(DAY);
    refused(stage, "dispute another's", "cafe", 0, open(&mut council));
    act(stage, "dispute", "bakery", 0, open(&mut council));
    refused(stage, "dispute twice", "bakery", 0, open(&mut council));
    refused(stage, "reply as a stranger", "ann", 0, council.call_mut().reply(1, [4; 32]));
    act(stage, "reply", "cafe", 0, council.call_mut().reply(1, [4; 32]));
    refused(stage, "rule as a stranger", "ann", 0, council.call_mut().rule(1, 5_000));
    refused(stage, "time out too early", "ann", 0, council.call_mut().time_out(1));
    act(stage, "rule", "operator", 0, council.call_mut().rule(1, 5_000));
    refused(stage, "rule twice", "operator", 0, council.call_mut().rule(1, 5_000));
}

fn hold<C: Clock>(stage: &mut Stage<C>, cast: &Cast) {
    let here = cast.suite.custody.expect("the story opened custody");
    let (mut custody, mut office) =
        (CustodyRef::from_account_id(here), OfficeRef::from_account_id(cast.suite.office));
    let own = Cast { campaign: cast.campaigns(stage, Funding::Merchant, Acceptance::IssuerOnly, 3), ..*cast };
    let pay = |custody: &mut CustodyRef, number: u64, serial| {
        let (order, permits) = own.sold("bakery", number, "ann", serial);
        let presented: Vec<_> = permits.coupons.iter().map(|coupon| coupon.presented).collect();
        let permit = Place { registry: here, ..own.place }.permit(
            &Keypair::named("bakery"),
            Purpose::Order,
            &(presented, digest(&order)),
            0,
            order.deadline,
        );
        custody.call_mut().pay(order, permits.coupons, permit)
    };
    let terms = HoldingTerms {
        registry: cast.suite.registry,
        resolver: account("operator"),
        time_to_dispute: 3 * DAY,
        time_to_rule: 2 * DAY,
        unruled_bps: 6_000,
    };
    let (price, bakery) = (180 * CENT, account("bakery"));
    refused(stage, "pay who has no terms", "ann", price, pay(&mut custody, 51, 1));
    act(stage, "set terms of custody", "bakery", 0, custody.call_mut().set_terms(terms));
    refused(stage, "pay who doesn't trust custody", "ann", price, pay(&mut custody, 51, 1));
    let trust = office.call_mut().set_role(here, false, true, None);
    act(stage, "make custody a cashier", "bakery", 0, trust);
    refused(stage, "pay too little into custody", "ann", price - 1, pay(&mut custody, 51, 1));
    act(stage, "pay into custody", "ann", price, pay(&mut custody, 51, 1));
    refused(stage, "pay twice", "ann", price, pay(&mut custody, 51, 1));
    act(stage, "pay into custody", "ann", price, pay(&mut custody, 52, 2));
    act(stage, "pay into custody", "ann", price, pay(&mut custody, 53, 3));
    refused(stage, "dispute another's payment", "ben", 0, custody.call_mut().dispute(bakery, 51, 4, [5; 32]));
    act(stage, "dispute a payment", "ann", 0, custody.call_mut().dispute(bakery, 51, 4, [5; 32]));
    act(stage, "reply to a customer", "bakery", 0, custody.call_mut().reply(51, [6; 32]));
    refused(stage, "rule on one's own payment", "ann", 0, custody.call_mut().rule(bakery, 51, 10_000));
    act(stage, "rule on a payment", "operator", 0, custody.call_mut().rule(bakery, 51, 2_500));
    refused(stage, "give back too much", "bakery", 0, custody.call_mut().give_back(52, price + 1));
    act(stage, "give a part back", "bakery", 0, custody.call_mut().give_back(52, 30 * CENT));
    act(stage, "give all back", "bakery", 0, custody.call_mut().give_back(53, price));
    refused(stage, "settle a payment too early", "relayer", 0, custody.call_mut().settle(bakery, 52));
    refused(stage, "withdraw nothing", "ann", 0, custody.call_mut().withdraw(Asset::Native));
    stage.wait(3 * DAY);
    act(stage, "settle a payment", "relayer", 0, custody.call_mut().settle(bakery, 52));
}

fn settle<C: Clock>(stage: &mut Stage<C>, cast: &Cast) {
    let mut council = cast.council();
    let (bakery, cafe) = (account("bakery"), account("cafe"));
    refused(stage, "close too early", "relayer", 0, council.call_mut().close_cycle());
    stage.wait(4 * DAY);
    act(stage, "close the cycle", "relayer", 0, council.call_mut().close_cycle());
    refused(stage, "pay in too much", "bakery", 100 * CENT, council.call_mut().pay_in(bakery, 100 * CENT));
    act(stage, "pay in a part", "bakery", 15 * CENT, council.call_mut().pay_in(bakery, 15 * CENT));
    refused(stage, "be paid out too early", "cafe", 0, council.call_mut().payout(cafe));
    refused(stage, "declare a default too early", "relayer", 0, council.call_mut().declare_default(bakery));
    let uncovered = council.call_mut().withdraw_collateral(COLLATERAL);
    refused(stage, "withdraw what covers a debt", "bakery", 0, uncovered);
    stage.wait(2 * DAY);
    act(stage, "declare a default", "relayer", 0, council.call_mut().declare_default(bakery));
    refused(stage, "declare it twice", "relayer", 0, council.call_mut().declare_default(bakery));
    act(stage, "be paid out", "cafe", 0, council.call_mut().payout(cafe));
    refused(stage, "be paid out twice", "cafe", 0, council.call_mut().payout(cafe));
    act(stage, "endow the fund", "relayer", CENT, council.call_mut().endow(CENT));
    let readmit = Motion::Readmit { account: bakery, cap: 100 * CENT };
    refused(stage, "readmit without a vote", "operator", 0, council.call_mut().decide(readmit));
    act(stage, "readmit by a vote", "cafe", 0, council.call_mut().propose(readmit));
    let some = council.call_mut().withdraw_collateral(CENT);
    act(stage, "withdraw some collateral", "bakery", 0, some);
    act(stage, "leave", "cafe", 0, council.call_mut().leave());
    refused(stage, "exit too early", "cafe", 0, council.call_mut().exit());
    stage.wait(31 * DAY);
    act(stage, "clear a case", "bakery", 0, council.call_mut().clear_case(1));
    act(stage, "clear a vote", "bakery", 0, council.call_mut().clear(1));
    act(stage, "clear a vote", "cafe", 0, council.call_mut().clear(1));
    act(stage, "clear a vote", "cafe", 0, council.call_mut().clear(2));
    stage.wait(90 * DAY);
    let pause = OfficeRef::from_account_id(cast.suite.office).call_mut().set_paused(Scope::Trading.bit());
    act(stage, "pause trading", "operator", 0, pause);
    act(stage, "exit", "cafe", 0, council.call_mut().exit());
}
