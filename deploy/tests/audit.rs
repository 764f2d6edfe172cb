//! The auditor on a real chain: it agrees after a life of coupons of every kind, and notices each falsified event, storage item and balance by name.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::unwrap_used,
    reason = "tests: a panic here is a failure with its place, and amounts are small"
)]

use alliance::AllianceRef;
use builder::{build, suite, Contract, Options, CHAIN_SIZE_LIMIT};
use chain::{
    keys::ss58, tamper, AccountId, Balance, Chain, EmbeddedChain, EventRecord, Genesis, Keypair, Message,
    TypedChain,
};
use couponry::{
    audit::{self, AuditError, Contradiction, Finding, Kind, Place, Report, Unreadable},
    orders::{sign_order, sign_spend},
    suite::{deploy_suite, Codes, SuiteAddresses, SuiteConfig},
};
use ink::{
    codegen::TraitCallBuilder,
    env::{call::FromAccountId, Event},
};
use market::MarketRef;
use registry::{
    campaigns::Improvement,
    drops::Claim,
    events::{CouponsIssued, OrderRedeemed, Transfer},
    RegistryRef,
};
use rusqlite::Connection;
use scale::{Decode, Encode};
use shared::{
    assets::Asset,
    ids::{CampaignId, CouponId},
    merkle::Tree,
    order::{Order, Redemption, Settlement},
    permit::{CouponPermit, Domain, Permits, Purpose},
    psp34::PSP34,
    terms::{Acceptance, Benefit, Funding, Terms, TransferPolicy, Window},
};
use std::{fmt::Debug, sync::OnceLock};

const START: u64 = 1_767_225_600_000;
const DAY: u64 = 86_400_000;
const UNIT: Balance = 1_000_000_000_000;
const PEOPLE: [&str; 6] = ["owner", "bakery", "cinema", "ann", "ben", "cem"];

/// A chain and its suite.
struct Town {
    chain: EmbeddedChain,
    suite: SuiteAddresses,
    /// A PSP22 token, of which the owner has all.
    token: AccountId,
}

fn account(name: &str) -> AccountId {
    Keypair::named(name).account()
}

impl Town {
    fn new() -> Self {
        let options = Options::of_this_checkout();
        let contracts: Vec<_> =
            suite().into_iter().chain([Contract::new("mock-psp22", CHAIN_SIZE_LIMIT)]).collect();
        build(&contracts, &options, &mut |_| ()).unwrap();
        let mut chain = EmbeddedChain::new(Genesis {
            seed: [0; 32],
            time: START,
            block_time_ms: 1_000,
            endowed: PEOPLE.map(|name| (account(name), 1_000_000 * UNIT)).to_vec(),
        })
        .unwrap();
        let owner = account("owner");
        let mut config = SuiteConfig::for_operator(owner);
        config.alliance.joining_fee = 2 * UNIT;
        config.alliance.closing_bounty = UNIT;
        let suite =
            deploy_suite(&mut chain, owner, &Codes::load(&options.out_dir).unwrap(), &config, b"town")
                .unwrap();
        let code = std::fs::read(options.out_dir.join("mock-psp22.wasm")).unwrap();
        let (code, _) = chain.upload(owner, &code).unwrap();
        let constructor = (ink::selector_bytes!("new"), 1_000_000 * UNIT).encode();
        let (token, _) = chain.instantiate(owner, code, 0, constructor, Vec::new()).unwrap();
        Self { chain, suite, token }
    }

    /// The town after `live`, made once.
    fn lived() -> Self {
        static LIVED: OnceLock<(chain::Snapshot, SuiteAddresses, AccountId)> = OnceLock::new();
        let (moment, suite, token) = LIVED.get_or_init(|| {
            let mut town = Self::new();
            town.live();
            (town.chain.snapshot(), town.suite, town.token)
        });
        Self { chain: EmbeddedChain::fork(moment), suite: *suite, token: *token }
    }

    fn act<A: Encode, T: Decode, E: Decode + Debug>(
        &mut self,
        who: &str,
        value: Balance,
        message: Message<A, Result<T, E>>,
    ) -> T {
        self.chain.call_typed(account(who), value, message).unwrap().0.unwrap()
    }

    fn registry(&self) -> RegistryRef {
        RegistryRef::from_account_id(self.suite.registry)
    }

    fn alliance(&self) -> AllianceRef {
        AllianceRef::from_account_id(self.suite.alliance)
    }

    fn market(&self) -> MarketRef {
        MarketRef::from_account_id(self.suite.market)
    }

    fn domain(&self) -> Domain {
        Domain { chain_tag: self.chain.genesis(), contract: self.suite.registry }
    }

    fn terms(&self, change: impl FnOnce(&mut Terms)) -> Terms {
        let now = self.chain.now();
        let mut terms = Terms {
            benefit: Benefit::AmountOff { value: 3 * UNIT },
            asset: Asset::Native,
            min_basket: 0,
            issue_window: Window { start: now, end: now + 30 * DAY },
            redeem_window: Window { start: now, end: now + 60 * DAY },
            valid_for: Some(40 * DAY),
            supply: 100,
            per_holder: Some(10),
            budget: Some(100 * UNIT),
            funding: Funding::Escrow,
            acceptance: Acceptance::IssuerOnly,
            transfer: TransferPolicy::Free,
            royalty_bps: 300,
            rollback_window: 20 * DAY,
            document: [7; 32],
        };
        change(&mut terms);
        terms
    }

    fn campaign(&mut self, issuer: &str, escrow: Balance, change: impl FnOnce(&mut Terms)) -> CampaignId {
        let terms = self.terms(change);
        let message = self.registry().call_mut().create_campaign(terms, b"https://terms".to_vec(), escrow);
        self.act(issuer, escrow, message)
    }

    fn issue(&mut self, issuer: &str, campaign: CampaignId, to: &[&str], source: u64) -> Vec<CouponId> {
        let accounts = to.iter().map(|name| account(name)).collect();
        let message = self.registry().call_mut().issue(campaign, accounts, source);
        let first = self.act(issuer, 0, message);
        (first..).take(to.len()).map(|serial| CouponId { campaign, serial }).collect()
    }

    fn order(&self, acceptor: &str, number: u64, settlement: Settlement) -> Order {
        Order {
            acceptor: account(acceptor),
            number,
            basket: 20 * UNIT,
            eligible: 10 * UNIT,
            basket_hash: [1; 32],
            deadline: self.chain.now() + DAY,
            settlement,
        }
    }

    /// At the acceptor's till, with the holder's permit of `epoch`.
    fn permits(&self, holder: &str, epoch: u32, coupon: CouponId, order: &Order) -> Permits {
        let signed =
            sign_spend(&self.domain(), &Keypair::named(holder), epoch, coupon, order, order.deadline);
        Permits { acceptor: None, coupons: vec![CouponPermit { coupon, permit: Some(signed.permit) }] }
    }

    fn at_till(&mut self, acceptor: &str, number: u64, holder: &str, coupon: CouponId) -> Redemption {
        let order = self.order(acceptor, number, Settlement::OffChain);
        let permits = self.permits(holder, 0, coupon, &order);
        let message = self.registry().call_mut().redeem(order, permits);
        self.act(acceptor, 0, message)
    }

    fn online(&mut self, acceptor: &str, number: u64, holder: &str, coupon: CouponId) -> Redemption {
        let order = self.order(acceptor, number, Settlement::OnChain);
        let acceptor = Some(sign_order(&self.domain(), &Keypair::named(acceptor), 0, coupon, &order));
        let permits = Permits { acceptor, coupons: vec![CouponPermit { coupon, permit: None }] };
        let message = self.registry().call_mut().redeem(order, permits);
        self.act(holder, 25 * UNIT, message)
    }

    fn through_alliance(
        &mut self,
        acceptor: &str,
        number: u64,
        holder: &str,
        coupon: CouponId,
    ) -> Redemption {
        let order = self.order(acceptor, number, Settlement::OffChain);
        let permits = self.permits(holder, 0, coupon, &order);
        let message = self.alliance().call_mut().redeem(self.suite.registry, order, permits);
        self.act(acceptor, 0, message)
    }

    fn claim(&mut self, campaign: CampaignId, index: u32, to: &str) {
        let keys: Vec<_> = (0..5).map(|n| Keypair::named(&format!("code {n}"))).collect();
        let public: Vec<_> = keys.iter().map(Keypair::public).collect();
        let tree = Tree::new(&public).unwrap();
        if index == 0 {
            let message = self.registry().call_mut().create_drop(campaign, tree.root(), tree.size());
            self.act("bakery", 0, message);
        }
        let key = &keys[usize::try_from(index).unwrap()];
        let subject = (campaign, 1_u32, index, account(to));
        let signature = key.sign(&self.domain().message(Purpose::Claim, &subject, 0, u64::MAX));
        let proof = tree.proof(index).unwrap();
        let claim = Claim { campaign, drop: 1, index, key: key.public(), proof, to: account(to), signature };
        let message = self.registry().call_mut().claim(claim);
        self.act("ann", 0, message);
    }

    /// Every message of the suite that changes storage, and a failed pay-out.
    fn live(&mut self) {
        self.live_at_the_registry();
        self.live_at_the_market();
        self.live_in_the_alliance();
        self.live_in_tokens();
        let unbacked = self.campaign("bakery", 0, |terms| terms.funding = Funding::Merchant);
        let frozen = self.issue("bakery", unbacked, &["ann"], 1)[0];
        for reason in [Some(3), None, Some(4)] {
            let message = self.registry().call_mut().set_frozen(frozen, reason);
            self.act("bakery", 0, message);
        }
    }

    fn live_at_the_registry(&mut self) {
        let campaign = self.campaign("bakery", 60 * UNIT, |_| ());
        let coupons = self.issue("bakery", campaign, &["ann", "ann", "ben", "ann"], 7);
        self.claim(campaign, 0, "cem");
        self.claim(campaign, 3, "ben");
        for improvement in [
            Improvement::AddBudget { amount: UNIT },
            Improvement::ExtendRedeemWindow { until: START + 90 * DAY },
        ] {
            let message = self.registry().call_mut().improve_campaign(campaign, improvement);
            self.act("bakery", 0, message);
        }
        let more = Improvement::AddEscrow { amount: 5 * UNIT };
        let message = self.registry().call_mut().improve_campaign(campaign, more);
        self.act("bakery", 5 * UNIT, message);
        let message = self.registry().call_mut().withdraw_escrow(campaign, 2 * UNIT);
        self.act("bakery", 0, message);

        let message = self.registry().call_mut().transfer(account("ben"), coupons[1].into(), Vec::new());
        self.act("ann", 0, message);
        let message = self.registry().call_mut().approve(account("cem"), None, true);
        self.act("ann", 0, message);
        let message = self.registry().call_mut().transfer(account("ann"), coupons[0].into(), Vec::new());
        self.act("cem", 0, message);
        for (cashier, allowed) in [("cem", true), ("ben", true), ("ben", false)] {
            let message = self.registry().call_mut().set_cashier(account(cashier), allowed);
            self.chain.call_typed(account("bakery"), 0, message).unwrap();
        }

        self.at_till("bakery", 1, "ann", coupons[0]);
        let undone = self.at_till("bakery", 2, "ben", coupons[1]);
        let message = self.registry().call_mut().roll_back(undone);
        self.act("bakery", 3 * UNIT, message);
        let paid = self.online("bakery", 300, "ben", coupons[1]);
        let message = self.registry().call_mut().roll_back(paid);
        self.act("bakery", 20 * UNIT, message);
        let message = self.registry().call_mut().cancel_permits();
        self.act("ann", 0, message);

        // The ghost's account doesn't exist, and what it earns doesn't suffice to make it exist.
        let tiny = self.campaign("cinema", 2_000, |terms| {
            terms.benefit = Benefit::AmountOff { value: 1_000 };
            terms.acceptance = Acceptance::Listed(vec![account("ghost")]);
            terms.rollback_window = 0;
        });
        let tiny = self.issue("cinema", tiny, &["ben"], 1)[0];
        let order = self.order("ghost", 1, Settlement::OffChain);
        let acceptor = Some(sign_order(&self.domain(), &Keypair::named("ghost"), 0, tiny, &order));
        let permits = Permits { acceptor, coupons: vec![CouponPermit { coupon: tiny, permit: None }] };
        let message = self.registry().call_mut().redeem(order, permits);
        self.act("ben", 0, message);
    }

    fn live_at_the_market(&mut self) {
        let campaign = self.campaign("bakery", 30 * UNIT, |_| ());
        let coupons = self.issue("bakery", campaign, &["ann", "ann", "ann"], 8);
        for coupon in &coupons {
            let message = self.registry().call_mut().approve(self.suite.market, Some((*coupon).into()), true);
            self.act("ann", 0, message);
            let (registry, end) = (self.suite.registry, self.chain.now() + 10 * DAY);
            let message = self.market().call_mut().list(registry, *coupon, 2 * UNIT, end);
            self.act("ann", 0, message);
        }
        let message = self.market().call_mut().buy(self.suite.registry, coupons[0], 2 * UNIT);
        self.act("ben", 3 * UNIT, message);
        let message = self.market().call_mut().cancel(self.suite.registry, coupons[1]);
        self.act("ann", 0, message);
        let message = self.market().call_mut().set_fee(100);
        self.act("owner", 0, message);
        let message = self.market().call_mut().withdraw(Asset::Native);
        self.act("owner", 0, message);
    }

    fn live_in_the_alliance(&mut self) {
        for (member, collateral) in [("bakery", 50 * UNIT), ("cinema", 40 * UNIT), ("cem", UNIT)] {
            let message = self.alliance().call_mut().apply(self.suite.registry, [5; 32]);
            self.act(member, 2 * UNIT, message);
            let trust = self.registry().call_mut().set_cashier(self.suite.alliance, true);
            self.chain.call_typed(account(member), 0, trust).unwrap();
            let message = self.alliance().call_mut().admit(account(member), 100 * UNIT);
            self.act("owner", 0, message);
            let message = self.alliance().call_mut().deposit_collateral(collateral);
            self.act(member, collateral, message);
        }
        let alliance = self.suite.alliance;
        let campaign = self.campaign("bakery", 0, |terms| {
            terms.funding = Funding::Alliance;
            terms.acceptance = Acceptance::Alliance(alliance);
        });
        let coupons = self.issue("bakery", campaign, &["ben"; 5], 1);
        self.through_alliance("cinema", 1, "ben", coupons[0]);
        let kept = self.through_alliance("cinema", 2, "ben", coupons[1]);
        let undone = self.through_alliance("cinema", 3, "ben", coupons[2]);
        let message = self.alliance().call_mut().roll_back(self.suite.registry, undone);
        self.act("cinema", 0, message);
        self.chain.advance(7 * DAY).unwrap();
        self.close_cycle();
        let message = self.alliance().call_mut().pay_in(account("bakery"), 4 * UNIT);
        self.act("ann", 4 * UNIT, message);
        self.through_alliance("cinema", 4, "ben", coupons[2]);
        let message = self.alliance().call_mut().roll_back(self.suite.registry, kept);
        self.act("cinema", 0, message);
        self.chain.advance(2 * DAY).unwrap();
        let message = self.alliance().call_mut().cover(account("bakery"));
        self.act("ben", 0, message);
        let message = self.alliance().call_mut().payout(account("cinema"));
        self.act("ann", 0, message);
        let message = self.alliance().call_mut().withdraw_collateral(UNIT);
        self.act("cinema", 0, message);
        self.chain.advance(7 * DAY).unwrap();
        self.close_cycle();
        self.chain.advance(7 * DAY).unwrap();
        self.close_cycle();
        self.through_alliance("cinema", 5, "ben", coupons[3]);
        let message = self.alliance().call_mut().exit();
        self.act("cem", 0, message);
    }

    /// The owner issues, holds, sells and accepts, all in a PSP22 token.
    fn live_in_tokens(&mut self) {
        let transfer = (ink::selector_bytes!("PSP22::transfer"), account("ben"), 10 * UNIT, Vec::<u8>::new());
        self.chain.call(account("owner"), self.token, 0, transfer.encode()).unwrap();
        for (owner, spender) in [("owner", self.suite.registry), ("ben", self.suite.market)] {
            let approve = (ink::selector_bytes!("PSP22::approve"), spender, 50 * UNIT);
            self.chain.call(account(owner), self.token, 0, approve.encode()).unwrap();
        }
        let asset = Asset::Psp22(self.token);
        let (terms, uri) = (self.terms(|terms| terms.asset = asset), Vec::new());
        let message = self.registry().call_mut().create_campaign(terms, uri, 50 * UNIT);
        let campaign = self.act("owner", 0, message);
        let coupons = self.issue("owner", campaign, &["cem", "cem"], 1);
        self.at_till("owner", 1, "cem", coupons[0]);
        let message = self.registry().call_mut().approve(self.suite.market, Some(coupons[1].into()), true);
        self.act("cem", 0, message);
        let (registry, end) = (self.suite.registry, self.chain.now() + 10 * DAY);
        let message = self.market().call_mut().list(registry, coupons[1], 5 * UNIT, end);
        self.act("cem", 0, message);
        let message = self.market().call_mut().buy(registry, coupons[1], 5 * UNIT);
        self.act("ben", 0, message);
    }

    fn close_cycle(&mut self) {
        let message = self.alliance().call_mut().close_cycle();
        self.act("ben", 0, message);
    }

    fn audit(&self) -> Report {
        audit::run(&self.chain, &self.suite, None, None).unwrap()
    }

    fn finding(&self) -> Finding {
        match audit::run(&self.chain, &self.suite, None, None) {
            Err(AuditError::Finding(finding)) => finding,
            other => panic!("{other:?}"),
        }
    }

    fn event(&self, matches: impl Fn(&EventRecord) -> bool) -> EventRecord {
        self.chain.events(0).unwrap().into_iter().find(matches).unwrap()
    }
}

fn is<E: Event>(record: &EventRecord) -> bool {
    record.topics.first() == E::SIGNATURE_TOPIC.as_ref()
}

#[test]
fn the_audit_of_a_whole_life_agrees() {
    let report = Town::lived().audit();
    assert_eq!(report.differences, []);
    assert!(report.agrees && report.events > 100);
    let holdings: Vec<_> = report
        .holdings
        .iter()
        .map(|h| (h.contract, h.asset == Asset::Native, h.owed > 0, h.surplus()))
        .collect();
    let expected = [
        ("registry", true, true, 0),
        ("registry", false, true, 0),
        ("alliance", true, true, 0),
        ("market", true, false, 0),
        ("market", false, true, 0),
    ];
    assert_eq!(holdings, expected);
    assert!(report.holdings.iter().all(|h| h.suffices()));
}

#[test]
fn a_contract_short_of_money_is_a_difference() {
    let mut town = Town::lived();
    // What the token says the registry has, under the key of its balances there.
    let tokens = town.chain.storage(town.token).unwrap();
    let is_registrys = |key: &[u8]| key.ends_with(town.suite.registry.as_ref());
    let held = 47 * UNIT;
    let (key, _) = tokens.iter().find(|(key, value)| is_registrys(key) && *value == held.encode()).unwrap();
    tamper::storage(&mut town.chain, town.token, key, Some((held - 1).encode())).unwrap();
    let differences = town.audit().differences;
    let [difference] = differences.as_slice() else { panic!("{differences:?}") };
    assert_eq!(difference.item, format!("money held, PSP22 {}", ss58(&town.token)));
    assert_eq!(difference.expected, Some(held.to_string()));
    assert_eq!(difference.found, Some((held - 1).to_string()));
}

#[test]
fn a_new_suite_agrees() {
    let report = Town::new().audit();
    assert!(report.agrees, "{:?}", report.differences);
    assert_eq!(report.events, 3);
}

#[test]
fn money_sent_unasked_is_surplus_and_no_difference() {
    let mut town = Town::lived();
    town.chain.transfer(account("ann"), town.suite.market, UNIT).unwrap();
    let report = town.audit();
    assert!(report.agrees);
    let market = report.holdings.iter().find(|h| h.contract == "market").unwrap();
    assert_eq!(market.surplus(), UNIT);
}

#[test]
fn a_campaign_in_a_contract_that_is_no_token_stops_no_audit() {
    let mut town = Town::lived();
    let no_token = Asset::Psp22(town.suite.market);
    town.campaign("cinema", 0, |terms| {
        (terms.asset, terms.funding) = (no_token, Funding::Merchant);
    });
    let report = town.audit();
    assert_eq!(report.differences, []);
    let holding = report.holdings.iter().find(|h| h.asset == no_token).unwrap();
    assert_eq!((holding.owed, holding.held), (0, 0));
}

#[test]
fn every_tampered_storage_item_is_named() {
    let lived = Town::lived();
    let moment = lived.chain.snapshot();
    let contracts = [
        ("registry", lived.suite.registry),
        ("alliance", lived.suite.alliance),
        ("market", lived.suite.market),
    ];
    for (name, contract) in contracts {
        for (key, value) in lived.chain.storage(contract).unwrap() {
            let mut town = Town { chain: EmbeddedChain::fork(&moment), ..lived };
            let mut altered = value.clone();
            // An empty item can only be missing.
            match altered.last_mut() {
                Some(byte) => *byte ^= 1,
                None => altered.push(1),
            }
            tamper::storage(&mut town.chain, contract, &key, Some(altered)).unwrap();
            let report = town.audit();
            assert!(!report.agrees);
            let [difference] = report.differences.as_slice() else { panic!("{:?}", report.differences) };
            assert_eq!(difference.contract, name);
            assert!(!difference.item.contains("unknown"), "{difference}");
            assert!(difference.expected.is_some() && difference.found.is_some(), "{difference}");
            assert!(difference.last_event.is_some(), "{difference}");
        }
    }
}

#[test]
fn a_missing_and_an_extra_item_are_told_apart() {
    let mut town = Town::lived();
    let cem = account("cem");
    let cashier = (0x0a_u32, account("bakery"), cem).encode();
    tamper::storage(&mut town.chain, town.suite.registry, &cashier, None).unwrap();
    let forged = (0x0a_u32, cem, cem).encode();
    tamper::storage(&mut town.chain, town.suite.registry, &forged, Some(Vec::new())).unwrap();
    let mut items: Vec<_> = town
        .audit()
        .differences
        .into_iter()
        .map(|d| (d.item, d.expected.is_some(), d.found.is_some(), d.last_event.is_some()))
        .collect();
    items.sort();
    let mut expected = [
        (format!("cashier {}, {}", ss58(&account("bakery")), ss58(&cem)), true, false, true),
        (format!("cashier {0}, {0}", ss58(&cem)), false, true, false),
    ];
    expected.sort();
    assert_eq!(items, expected);
}

/// The names of the events of which an audit misses a falsification, in order of the history, once for each falsification.
fn missed(
    falsify: impl Fn(&mut EmbeddedChain, &EventRecord, usize),
    falsifications: impl Fn(&EventRecord) -> usize,
) -> Vec<String> {
    let mut town = Town::lived();
    let moment = town.chain.snapshot();
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("audit.sqlite");
    audit::run(&town.chain, &town.suite, Some(&db), None).unwrap();
    let names = Connection::open(&db).unwrap();
    let name = |event: &EventRecord| {
        let sql = "SELECT event FROM events WHERE block = ?1 AND idx = ?2";
        names.query_row(sql, [event.block, event.index], |row| row.get(0)).unwrap()
    };
    let mut missed = Vec::new();
    let events = town.chain.events(0).unwrap();
    for event in events.into_iter().filter(|event| event.contract != town.token) {
        for falsification in 0..falsifications(&event) {
            town.chain.restore(&moment);
            falsify(&mut town.chain, &event, falsification);
            match audit::run(&town.chain, &town.suite, None, None) {
                Ok(report) if report.agrees => missed.push(name(&event)),
                Ok(_) | Err(AuditError::Finding(_)) => {}
                Err(other) => panic!("{other}"),
            }
        }
    }
    missed
}

#[test]
fn every_deleted_event_that_left_a_trace_is_noticed() {
    let delete = |chain: &mut EmbeddedChain, event: &EventRecord, _| {
        tamper::delete_event(chain, event.block, event.index).unwrap();
    };
    // In order: a coupon sent to its own holder, a cashier dismissed at once, approvals that a transfer used up, the admission of a member
    // that left, one more approval, and a coupon frozen anew.
    let traceless = [
        "Transfer",
        "CashierChanged",
        "Approval",
        "Approval",
        "Approval",
        "MemberAdmitted",
        "Approval",
        "CouponFreezeChanged",
    ];
    assert_eq!(missed(delete, |_| 1), traceless);
}

#[test]
fn every_altered_byte_that_left_a_trace_is_noticed() {
    // Every fourth byte, and the last.
    let flip = |chain: &mut EmbeddedChain, event: &EventRecord, nth: usize| {
        let place = (4 * nth).min(event.data.len() - 1);
        tamper::event(chain, event.block, event.index, |record| record.data[place] ^= 1).unwrap();
    };
    let mut names = missed(flip, |event| event.data.len().div_ceil(4) + 1);
    names.sort();
    names.dedup();
    let traceless = [
        // Used up by a transfer since.
        "Approval",
        // The document's URI: only its hash is a term.
        "CampaignCreated",
        // Dismissed since.
        "CashierChanged",
        // Frozen for another reason since.
        "CouponFreezeChanged",
        // What a member that left was admitted to, and applied with.
        "MemberAdmitted",
        "MemberApplied",
        // The order's hash, and its price in cash, where no rollback is possible.
        "OrderRedeemed",
        // Who paid in for a member.
        "PayInReceived",
    ];
    assert_eq!(names, traceless);
}

#[test]
fn findings_name_the_event() {
    let mut town = Town::lived();
    let moment = town.chain.snapshot();
    let moved = town.event(|record| {
        is::<Transfer>(record)
            && Transfer::decode(&mut &*record.data).is_ok_and(|t| t.from == Some(account("ann")))
    });
    let mut edit = |record: &EventRecord, edit: &dyn Fn(&mut EventRecord)| {
        town.chain.restore(&moment);
        tamper::event(&mut town.chain, record.block, record.index, edit).unwrap();
        town.finding()
    };
    let place = Place { block: moved.block, index: moved.index };
    let id = Transfer::decode(&mut &*moved.data).unwrap().id;
    let coupon = CouponId::try_from(&id).unwrap();
    let stolen = edit(&moved, &|record| {
        let mut transfer = Transfer::decode(&mut &*record.data).unwrap();
        transfer.from = Some(account("cem"));
        record.data = transfer.encode();
    });
    let why = Contradiction::NotHolder { coupon, owner: account("ann"), named: account("cem") };
    assert_eq!(
        stolen,
        Finding::Contradiction { place, contract: "registry", event: "Transfer", why: why.into() }
    );
    assert!(stolen
        .to_string()
        .starts_with(&format!("block {}, event {}: registry: Transfer: coupon", moved.block, moved.index)));

    let unknown = edit(&moved, &|record| record.topics[0] = [9; 32]);
    let why = Unreadable::UnknownSignature { signature: [9; 32] };
    assert_eq!(unknown, Finding::Unreadable { place, contract: "registry", why });
    let longer = edit(&moved, &|record| record.data.push(0));
    let why = Unreadable::TrailingBytes { event: "Transfer", bytes: 1 };
    assert_eq!(longer, Finding::Unreadable { place, contract: "registry", why });
    let replaced = chain::EventKind::CodeUpdated { from: [1; 32], to: [2; 32] };
    let kind = replaced.clone();
    assert_eq!(
        edit(&moved, &|record| record.kind = replaced.clone()),
        Finding::CodeChanged { place, contract: "registry", kind }
    );
}

#[test]
fn an_account_without_code_is_no_contract_of_the_suite() {
    let mut town = Town::lived();
    town.suite.market = account("ann");
    assert_eq!(town.finding(), Finding::Gone { contract: "market", account: account("ann") });
}

#[test]
fn a_coupon_spent_without_its_order_and_one_issued_to_nobody_are_findings() {
    let mut town = Town::lived();
    let moment = town.chain.snapshot();
    let order = town.event(is::<OrderRedeemed>);
    tamper::delete_event(&mut town.chain, order.block, order.index).unwrap();
    let finding = town.finding();
    assert!(
        matches!(&finding, Finding::Contradiction { why, .. } if matches!(**why, Contradiction::Causeless { .. })),
        "{finding}"
    );

    town.chain.restore(&moment);
    let issue = town.event(is::<CouponsIssued>);
    tamper::delete_event(&mut town.chain, issue.block, issue.index + 1).unwrap();
    let finding = town.finding();
    assert!(finding.to_string().contains("the serial of the coupon issued"), "{finding}");
}

#[test]
fn statements_carry_over_and_end_at_the_positions_in_storage() {
    let town = Town::lived();
    let statements = town.audit().statements;
    for (index, later) in statements.iter().enumerate() {
        let before = statements[..index].iter().rfind(|s| s.member == later.member);
        assert_eq!(later.opening, before.map_or(0, |s| s.closing()));
    }
    for (name, collateral) in [("bakery", None), ("cinema", Some(39 * UNIT))] {
        let message = town.alliance().call().member(account(name));
        let (member, _) = town.chain.view_typed(account("ann"), 0, message).unwrap();
        let member = member.unwrap();
        let last = statements.iter().rfind(|s| s.member == account(name)).unwrap();
        let credit = i128::try_from(member.credit).unwrap();
        assert_eq!(last.closing(), member.open + member.due + credit, "{name}");
        assert!(collateral.is_none_or(|collateral| collateral == member.collateral));
    }
    let bakery = statements.iter().find(|s| s.member == account("bakery") && s.cycle == 2).unwrap();
    let units = |kind| bakery.total(kind) / i128::try_from(UNIT).unwrap();
    assert_eq!(bakery.opening / i128::try_from(UNIT).unwrap(), -6);
    assert_eq!([Kind::Billed, Kind::PaidIn, Kind::Adjusted, Kind::Reversed].map(units), [-3, 4, 2, 3]);
    let left = statements.iter().find(|s| s.member == account("cem") && s.closed_at.is_some()).unwrap();
    assert_eq!((left.cycle, left.closing()), (1, 0));
}

#[test]
fn the_database_and_the_tables_tell_the_same() {
    let town = Town::lived();
    let folder = tempfile::tempdir().unwrap();
    let (db, csv) = (folder.path().join("new/audit.sqlite"), folder.path().join("csv"));
    std::fs::create_dir_all(&csv).unwrap();
    std::fs::write(csv.join("sales.csv"), "old").unwrap();
    let report = audit::run(&town.chain, &town.suite, Some(&db), Some(&csv)).unwrap();
    let connection = Connection::open(&db).unwrap();
    let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(one("SELECT COUNT(*) FROM events"), i64::try_from(report.events).unwrap());
    let (live, _) = town.chain.view_typed(account("ann"), 0, town.registry().call().total_supply()).unwrap();
    assert_eq!(one("SELECT COUNT(*) FROM coupons WHERE holder IS NOT NULL"), i64::try_from(live).unwrap());
    assert_eq!(one("SELECT COUNT(*) FROM coupons WHERE issued_to IS NULL"), 0);
    assert_eq!(one("SELECT COUNT(*) FROM listings WHERE state = 'open'"), 1);
    assert_eq!(one("SELECT price - seller_part - royalty - fee FROM sales"), 0);
    assert_eq!(one("SELECT COUNT(*) FROM redemptions WHERE rolled_back_at IS NOT NULL"), 4);
    assert_eq!(one("SELECT COUNT(*) FROM bookings WHERE reversed_at IS NOT NULL"), 2);
    assert_eq!(one("SELECT COUNT(*) FROM cycles"), 3);
    for holding in &report.holdings {
        let sql = format!(
            "SELECT COALESCE(SUM(CASE WHEN sender IS NULL THEN -amount WHEN receiver IS NULL THEN amount ELSE 0 END), 0)
               FROM movements WHERE contract = '{}' AND asset = '{}'",
            holding.contract,
            if holding.asset == Asset::Native { "native".into() } else { ss58(&town.token) }
        );
        assert_eq!(one(&sql), i64::try_from(holding.owed).unwrap(), "{}", holding.contract);
    }
    let sales = std::fs::read_to_string(csv.join("sales.csv")).unwrap();
    let lines: Vec<_> = sales.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with("block,idx,time,registry,campaign,serial,seller,buyer"));
    let written = std::fs::read_dir(&csv).unwrap().count();
    assert_eq!(
        one("SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table'"),
        i64::try_from(written).unwrap()
    );
    let beside = std::fs::read_dir(db.parent().unwrap()).unwrap().count();
    assert_eq!(beside, 1, "nothing is left behind");
}
