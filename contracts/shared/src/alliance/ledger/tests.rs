//! The ledger's steps over pages in memory.
//!
//! An error reverts nothing here, so these tests never look at what a refused step left behind.
use super::{Ledger, Line, Pages, Root, Sale, Table};
use crate::{
    alliance::{
        bookings::Debt,
        config::Config,
        cycles::{Books, Payout, Waterfall},
        error::AllianceError,
        members::{Member, Status},
        rates::{PairRate, Rate},
        sheets::Sheet,
        testing::{account, config},
    },
    assets::Asset,
    ids::CouponId,
    order::Part,
    reader::Reader,
    terms::Funding,
    AccountId, Balance, Timestamp,
};
use scale::{Decode, DecodeAll, Encode};
use std::collections::BTreeMap;

/// An alliance's books, and the pages under them.
struct Kept {
    root: Root,
    pages: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Kept {
    fn new(config: Config) -> Self {
        Self {
            root: Root { config, books: Books::opened(0), council: account(COUNCIL) },
            pages: BTreeMap::new(),
        }
    }

    fn open(&mut self) -> Ledger<'_, BTreeMap<Vec<u8>, Vec<u8>>> {
        Ledger { root: &mut self.root, pages: &mut self.pages }
    }

    fn admit(&mut self, n: u8, cap: Balance, now: Timestamp) -> Result<(), AllianceError> {
        self.open().stand(account(n), |member| member.admit(account(n), cap, now))
    }

    fn view(&mut self, n: u8) -> Option<Member> {
        self.open().view(account(n))
    }
}

impl Pages for BTreeMap<Vec<u8>, Vec<u8>> {
    fn item(&self, key: Vec<u8>) -> Option<Vec<u8>> {
        self.get(&key).cloned()
    }

    fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        match value {
            Some(value) => self.insert(key, value),
            None => self.remove(&key),
        };
    }
}

/// What was redeemed, for `Sale` to point at.
#[derive(Clone)]
struct Redemption {
    acceptor: AccountId,
    number: u64,
    asset: Asset,
    redeemed_at: Timestamp,
    final_at: Timestamp,
    lines: Vec<Line>,
}

fn redemption(number: u64, acceptor: AccountId, uses: &[(AccountId, Funding, Balance)]) -> Redemption {
    let lines = (1..).zip(uses).map(|(serial, &(issuer, funding, discount))| Line {
        coupon: CouponId { campaign: 1, serial },
        part: Part { issuer, funding, discount },
    });
    Redemption {
        acceptor,
        number,
        asset: Asset::Native,
        redeemed_at: 0,
        final_at: 100,
        lines: lines.collect(),
    }
}

fn sale(redemption: &Redemption) -> Sale<'_> {
    let Redemption { acceptor, number, asset, redeemed_at, final_at, ref lines } = *redemption;
    Sale { acceptor, number, asset, redeemed_at, final_at, lines }
}

const REGISTRY: u8 = 200;
const COUNCIL: u8 = 201;

fn join(ledger: &mut Kept, n: u8, cap: Balance, collateral: Balance) {
    ledger.open().apply(account(n), account(REGISTRY), [n; 32], false, 1).unwrap();
    ledger.admit(n, cap, 2).unwrap();
    ledger.open().deposit(account(n), collateral).unwrap();
}

/// A member again, that may owe 800.
fn rejoin(ledger: &mut Kept, n: u8, now: Timestamp) {
    ledger.open().apply(account(n), account(REGISTRY), [n; 32], false, now).unwrap();
    ledger.admit(n, 5_000, now).unwrap();
    ledger.open().deposit(account(n), 1_000).unwrap();
}

/// Members 1 and 2, who may owe 800 each.
fn ledger() -> Kept {
    let mut ledger = Kept::new(config());
    join(&mut ledger, 1, 5_000, 1_000);
    join(&mut ledger, 2, 5_000, 1_000);
    ledger
}

fn redeemed(number: u64, acceptor: u8, issuer: u8, discount: Balance) -> Redemption {
    redemption(number, account(acceptor), &[(account(issuer), Funding::Alliance, discount)])
}

fn book(ledger: &mut Kept, redemption: &Redemption) -> Result<Vec<Debt>, AllianceError> {
    let sale = sale(redemption);
    let mut table = Table::default();
    ledger.open().acceptor(&mut table, sale.acceptor)?;
    let booked = ledger.open().book(&mut table, &sale)?;
    assert_eq!((booked.number, booked.final_at), (sale.number, sale.final_at));
    ledger.open().clear(table);
    Ok(booked.debts)
}

fn unbook(ledger: &mut Kept, redemption: &Redemption) -> Result<Vec<Debt>, AllianceError> {
    ledger.open().unbook(&sale(redemption), &[])
}

fn position(ledger: &mut Kept, n: u8) -> (i128, i128, Balance) {
    let member = ledger.view(n).unwrap();
    (member.open.position(), member.due.position(), member.credit)
}

fn paid(amount: Balance) -> Result<Payout, AllianceError> {
    Ok(Payout { amount, made_good: 0 })
}

fn not_member<T>(n: u8) -> Result<T, AllianceError> {
    Err(AllianceError::NotMember { account: account(n) })
}

#[test]
fn a_redemption_is_booked_and_its_rollback_takes_all_of_it_back() {
    let mut ledger = ledger();
    let sale = redeemed(1, 2, 1, 100);
    let debt = Debt { issuer: account(1), rate_bps: 9_000, amount: 90, fee: 2 };
    assert_eq!(book(&mut ledger, &sale), Ok(vec![debt]));
    assert_eq!(position(&mut ledger, 1), (-90, 0, 0));
    assert_eq!(position(&mut ledger, 2), (88, 0, 0));
    assert_eq!(unbook(&mut ledger, &sale), Ok(vec![debt]));
    assert_eq!(position(&mut ledger, 1), (0, 0, 0));
    assert_eq!(position(&mut ledger, 2), (0, 0, 0));
    assert_eq!(ledger.root.books.cycle.debits, 0);
}

#[test]
fn a_rollback_in_part_takes_back_what_the_rest_would_not_have_booked() {
    let mut ledger = ledger();
    let uses = [(account(1), Funding::Alliance, 100), (account(1), Funding::Alliance, 50)];
    let sale = redemption(1, account(2), &uses);
    book(&mut ledger, &sale).unwrap();
    assert_eq!(position(&mut ledger, 1), (-135, 0, 0));
    // 30 of the first coupon's discount stay, and the second's none.
    let mut remains = sale.clone();
    remains.lines.truncate(1);
    remains.lines[0].part.discount = 30;
    let debts = ledger.open().unbook(&self::sale(&sale), &remains.lines);
    let back = |amount, fee| Debt { issuer: account(1), rate_bps: 9_000, amount, fee };
    assert_eq!(debts, Ok(vec![back(63, 1), back(45, 1)]));
    assert_eq!((position(&mut ledger, 1), position(&mut ledger, 2)), ((-27, 0, 0), (26, 0, 0)));
    assert_eq!(ledger.open().unbook(&self::sale(&remains), &remains.lines), Ok(vec![]));
    assert_eq!(unbook(&mut ledger, &remains), Ok(vec![back(27, 1)]));
    assert_eq!((position(&mut ledger, 1), position(&mut ledger, 2)), ((0, 0, 0), (0, 0, 0)));
}

#[test]
fn a_redemption_that_can_be_undone_for_longer_than_the_tail_is_not_booked() {
    let mut ledger = ledger();
    let mut sale = redeemed(1, 2, 1, 100);
    sale.final_at = 201;
    assert_eq!(book(&mut ledger, &sale), Err(AllianceError::TailTooShort { final_at: 201, tail: 200 }));
    let own = Redemption { final_at: 201, ..redeemed(1, 2, 2, 100) };
    assert_eq!(book(&mut ledger, &own), Ok(vec![]), "nobody owes anything");
    sale.final_at = 200;
    assert!(book(&mut ledger, &sale).is_ok());
    for n in [1, 2] {
        assert_eq!(ledger.view(n).unwrap().liable_until, 200);
    }
}

#[test]
fn several_coupons_of_one_order_are_booked_each() {
    let mut ledger = ledger();
    join(&mut ledger, 3, 5_000, 1_000);
    let uses = [
        (account(1), Funding::Alliance, 100),
        (account(2), Funding::Alliance, 100),
        (account(3), Funding::Escrow, 100),
        (account(1), Funding::Alliance, 10),
        (account(3), Funding::Alliance, 20),
    ];
    let sale = redemption(1, account(2), &uses);
    let debts = book(&mut ledger, &sale).unwrap();
    assert_eq!(debts.len(), 3);
    assert_eq!(position(&mut ledger, 1), (-99, 0, 0));
    assert_eq!(position(&mut ledger, 3), (-18, 0, 0));
    assert_eq!(position(&mut ledger, 2), (88 + 8 + 17, 0, 0));
    assert_eq!(unbook(&mut ledger, &sale), Ok(debts));
    for n in 1..=3 {
        assert_eq!(position(&mut ledger, n), (0, 0, 0));
    }
}

#[test]
fn an_issuer_owes_up_to_its_limit_and_not_one_more() {
    let mut ledger = ledger();
    // 90% of 889 is 800, the limit: 80% of the collateral.
    book(&mut ledger, &redeemed(1, 2, 1, 889)).unwrap();
    assert_eq!(
        book(&mut ledger, &redeemed(2, 2, 1, 2)),
        Err(AllianceError::OverLimit { account: account(1), exposure: 801, limit: 800 })
    );
}

#[test]
fn what_is_due_counts_against_the_limit() {
    let mut ledger = ledger();
    book(&mut ledger, &redeemed(1, 2, 1, 889)).unwrap();
    ledger.open().close_cycle(1_000).unwrap();
    assert_eq!(position(&mut ledger, 1), (0, -800, 0));
    let refused = Err(AllianceError::OverLimit { account: account(1), exposure: 801, limit: 800 });
    assert_eq!(book(&mut ledger, &redeemed(2, 2, 1, 2)), refused);
    ledger.open().pay_in(account(1), 1).unwrap();
    assert_eq!(book(&mut ledger, &redeemed(2, 2, 1, 2)).map(|debts| debts.len()), Ok(1));
}

#[test]
fn an_issuer_must_be_an_admitted_member() {
    let mut ledger = ledger();
    assert_eq!(book(&mut ledger, &redeemed(1, 2, 3, 100)), not_member(3));
    ledger.open().apply(account(3), account(REGISTRY), [3; 32], false, 0).unwrap();
    assert_eq!(
        book(&mut ledger, &redeemed(1, 2, 3, 100)),
        Err(AllianceError::NotActive { account: account(3) })
    );
    // Escrow has paid already: its issuer need not be a member.
    let escrow = redemption(1, account(2), &[(account(9), Funding::Escrow, 100)]);
    assert_eq!(book(&mut ledger, &escrow), Ok(vec![]));
}

#[test]
fn a_late_rollback_must_be_covered_by_the_acceptor() {
    let mut ledger = ledger();
    let sale = redeemed(1, 2, 1, 889);
    book(&mut ledger, &sale).unwrap();
    ledger.open().close_cycle(1_000).unwrap();
    ledger.open().pay_in(account(1), 800).unwrap();
    assert_eq!(ledger.open().pay_out(account(2)), paid(784));
    ledger.open().withdraw(account(2), 100).unwrap();
    assert_eq!(
        unbook(&mut ledger, &sale),
        Err(AllianceError::OverLimit { account: account(2), exposure: 784, limit: 720 })
    );
}

#[test]
fn cycles_run_from_booking_to_exit() {
    let mut ledger = ledger();
    let late = redeemed(1, 2, 1, 100);
    book(&mut ledger, &late).unwrap();
    book(&mut ledger, &redeemed(2, 1, 2, 50)).unwrap();
    // 1 owes 90 and is owed 44; 2 owes 45 and is owed 88.
    assert_eq!(ledger.root.books.cycle.debits, 46);
    ledger.open().close_cycle(1_000).unwrap();
    assert_eq!(ledger.open().close_cycle(2_000), Err(AllianceError::CycleUnsettled { cycle: 1, owed: 46 }));
    assert_eq!(ledger.open().pay_out(account(2)), Err(AllianceError::NothingToPay { account: account(2) }));
    assert_eq!(
        ledger.open().exit(account(2), 0, 1_000),
        Err(AllianceError::PositionOpen { open: 0, due: 43, credit: 0 })
    );
    // Two joining fees, less a bounty, and three of fees.
    assert_eq!(ledger.root.books.fund, 18);
    assert_eq!(unbook(&mut ledger, &late).unwrap()[0].fee, 2);
    assert_eq!(ledger.root.books.fund, 16);
    assert_eq!(position(&mut ledger, 1), (90, -46, 0));
    assert_eq!(position(&mut ledger, 2), (-88, 43, 0));
    ledger.open().pay_in(account(1), 6).unwrap();
    assert_eq!(
        ledger.open().default(account(1), 1_099),
        Err(AllianceError::BeforeCutOff { cut_off: 1_100, now: 1_099 })
    );
    ledger.open().pay_in(account(1), 40).unwrap();
    assert_eq!(
        ledger.open().default(account(1), 1_100),
        Err(AllianceError::NothingDue { account: account(1) })
    );
    assert_eq!(ledger.open().close_cycle(2_000).map(|closed| closed.1), Ok(5));
    ledger.open().pay_in(account(2), 88).unwrap();
    assert_eq!(ledger.open().pay_out(account(2)), paid(43));
    for now in [3_000, 4_000, 5_000] {
        ledger.open().close_cycle(now).unwrap();
    }
    assert_eq!(position(&mut ledger, 1), (0, 0, 90));
    assert_eq!(ledger.open().pay_out(account(1)), paid(90));
    assert_eq!(
        ledger.open().exit(account(1), 0, 5_000),
        Err(AllianceError::NotLeaving { account: account(1) })
    );
    for n in [1, 2] {
        ledger.open().leave(account(n), 5_000).unwrap();
    }
    let liable = AllianceError::StillLiable { until: 5_200, now: 5_199 };
    assert_eq!(ledger.open().exit(account(1), 0, 5_199), Err(liable));
    assert_eq!(ledger.open().exit(account(1), 0, 5_200), Ok(1_000));
    assert_eq!(ledger.open().exit(account(2), 0, 5_200), Ok(1_000));
    assert_eq!(ledger.open().exit(account(2), 0, 5_200), not_member(2));
    // The fifth bounty was all that was left.
    assert_eq!(ledger.root.books.fund, 0);
}

/// Members 1 and 2, of whom 1 could owe far more than its collateral, and 3. In the cycle closed last 1 owes 1,000 and 2 and 3 are owed 700 and 280.
fn in_debt() -> Kept {
    let mut config = config();
    (config.cap_factor_bps, config.default_rate_bps) = (50_000, 10_000);
    let mut ledger = Kept::new(config);
    for (n, collateral) in [(1, 200), (2, 0), (3, 0)] {
        ledger.open().apply(account(n), account(REGISTRY), [n; 32], false, 1).unwrap();
        ledger.admit(n, 5_000, 2).unwrap();
        if collateral > 0 {
            ledger.open().deposit(account(n), collateral).unwrap();
        }
    }
    book(&mut ledger, &redeemed(1, 2, 1, 714)).unwrap();
    book(&mut ledger, &redeemed(1, 3, 1, 286)).unwrap();
    ledger.open().close_cycle(1_000).unwrap();
    ledger
}

#[test]
fn a_default_is_borne_in_turn_and_each_creditor_has_the_same_share_whenever_it_comes() {
    let mut ledger = in_debt();
    assert_eq!((position(&mut ledger, 2), position(&mut ledger, 3)), ((0, 699, 0), (0, 280, 0)));
    // Three joining fees less a bounty, and 21 of fees.
    assert_eq!(ledger.root.books.fund, 46);
    let found = Waterfall { collateral: 200, fund: 46, cut: 489, waiting: 265, ..Waterfall::default() };
    assert_eq!(ledger.open().default(account(1), 1_100), Ok(found));
    let waits = AllianceError::LongstopRunning { due: 265, longstop: 1_400 };
    assert_eq!(ledger.open().default(account(1), 1_399), Err(waits));
    assert_eq!(ledger.open().pay_out(account(2)), Err(AllianceError::NothingToPay { account: account(2) }));
    ledger.open().pay_in(account(1), 65).unwrap();
    assert_eq!(ledger.open().default(account(1), 1_400), Ok(Waterfall { cut: 200, ..Waterfall::default() }));
    let debtor = ledger.view(1).unwrap();
    assert_eq!((debtor.status, debtor.unpaid, debtor.collateral), (Status::Defaulted, 735, 0));
    // 290 of 979 are left: each gets that share.
    assert_eq!(ledger.open().pay_out(account(2)), paid(207));
    ledger.open().close_cycle(2_000).unwrap();
    ledger.open().close_cycle(3_000).unwrap();
    assert_eq!(position(&mut ledger, 3), (0, 0, 82), "a view shows the share without taking it");
    assert_eq!(ledger.root.books.fund, 0);
    assert_eq!(ledger.open().pay_out(account(3)), paid(82));
    assert_eq!(ledger.root.books.fund, 1, "the dust");
    ledger.open().make_good(account(1), 735).unwrap();
    assert_eq!(ledger.root.books.fund, 736);
    let over = AllianceError::OverDue { asked: 1, due: 0 };
    assert_eq!(ledger.open().make_good(account(1), 1), Err(over));
}

#[test]
fn who_is_looked_at_and_not_booked_collects_nothing_of_a_cut_yet() {
    let mut ledger = in_debt();
    ledger.open().default(account(1), 1_400).unwrap();
    for now in [2_000, 3_000] {
        ledger.open().close_cycle(now).unwrap();
    }
    let credit = position(&mut ledger, 2).2;
    assert!(credit > 0 && credit < 699);
    // The discount is the acceptor's own, or its issuer's promise: nothing is booked.
    for funding in [Funding::Merchant, Funding::Escrow] {
        for _ in 0..2 {
            let sale = redemption(1, account(2), &[(account(3), funding, 100)]);
            assert_eq!(book(&mut ledger, &sale), Ok(vec![]));
        }
    }
    assert_eq!(ledger.open().pay_out(account(2)), paid(credit));
    let rest = position(&mut ledger, 3).2;
    assert_eq!(ledger.open().pay_out(account(3)), paid(rest));
}

#[test]
fn who_is_booked_after_a_cut_collects_once() {
    let mut ledger = in_debt();
    ledger.open().default(account(1), 1_400).unwrap();
    ledger.open().deposit(account(3), 900).unwrap();
    for now in [2_000, 3_000] {
        ledger.open().close_cycle(now).unwrap();
    }
    let before = (position(&mut ledger, 2).2, position(&mut ledger, 3).2);
    for number in [1, 2] {
        book(&mut ledger, &redeemed(number, 2, 3, 100)).unwrap();
    }
    assert_eq!((position(&mut ledger, 2).2, position(&mut ledger, 3).2), before);
    assert_eq!(ledger.open().pay_out(account(2)), paid(before.0));
    assert_eq!(ledger.open().pay_out(account(3)), paid(before.1));
}

#[test]
fn a_defaulter_neither_accepts_nor_is_accepted_and_leaves_only_when_it_has_made_good() {
    let mut ledger = in_debt();
    ledger.open().default(account(1), 1_400).unwrap();
    let not_active = || Err(AllianceError::NotActive { account: account(1) });
    assert_eq!(book(&mut ledger, &redeemed(9, 2, 1, 100)), not_active());
    assert_eq!(book(&mut ledger, &redeemed(9, 1, 2, 100)), not_active());
    assert_eq!(ledger.open().leave(account(1), 1_400), Err(AllianceError::NotMadeGood { unpaid: 800 }));
    ledger.open().make_good(account(1), 800).unwrap();
    ledger.open().leave(account(1), 1_400).unwrap();
    assert_eq!(ledger.open().exit(account(1), 0, 1_600), Ok(0));
}

#[test]
fn an_applicant_may_leave_with_what_it_put_up() {
    let mut ledger = ledger();
    ledger.open().apply(account(3), account(REGISTRY), [3; 32], false, 0).unwrap();
    ledger.open().deposit(account(3), 5).unwrap();
    assert_eq!(ledger.root.books.applied, 3);
    assert_eq!(ledger.open().exit(account(3), 0, 0), Ok(5));
    assert_eq!(ledger.root.books.applied, 2, "its place is free again");
    ledger.open().apply(account(3), account(REGISTRY), [3; 32], false, 0).unwrap();
}

#[test]
fn steps_refuse_who_is_not_a_member_and_membership_comes_first() {
    let mut ledger = ledger();
    let stranger = account(3);
    assert_eq!(ledger.open().deposit(stranger, 0), not_member(3));
    assert_eq!(ledger.open().withdraw(stranger, 0), not_member(3));
    assert_eq!(ledger.open().pay_in(stranger, 0), not_member(3));
    assert_eq!(ledger.open().default(stranger, 0), not_member(3));
    assert_eq!(ledger.open().make_good(stranger, 0), not_member(3));
    assert_eq!(ledger.open().leave(stranger, 0), not_member(3));
    assert_eq!(ledger.open().pay_out(stranger), not_member(3));
    assert_eq!(ledger.admit(3, 1, 1), not_member(3));
}

#[test]
fn membership_is_applied_for_once_and_granted_once() {
    let mut ledger = ledger();
    let again = ledger.open().apply(account(1), account(REGISTRY), [1; 32], false, 0);
    assert_eq!(again, Err(AllianceError::AlreadyMember { account: account(1) }));
    let already = AllianceError::AlreadyAdmitted { account: account(1) };
    assert_eq!(ledger.admit(1, 1, 1), Err(already));
}

#[test]
fn an_applicant_pays_the_fee_of_its_place_and_nothing_where_it_is_waived() {
    let mut config = config();
    (config.joining.free_first, config.joining.fund_share) = (1, 7);
    let mut ledger = Kept::new(config);
    let mut apply = |n, waived| ledger.open().apply(account(n), account(REGISTRY), [n; 32], waived, 1);
    assert_eq!((apply(1, false), apply(2, false), apply(3, true)), (Ok((0, 7)), Ok((10, 7)), Ok((0, 7))));
    assert_eq!((ledger.root.books.fund, ledger.root.books.applied), (10, 3));
}

#[test]
fn only_registries_of_known_code_count() {
    let root = ledger().root;
    assert_eq!(root.ensure_known(account(REGISTRY), Some([7; 32])), Ok(()));
    for code in [Some([8; 32]), None] {
        let unknown = AllianceError::UnknownRegistry { registry: account(REGISTRY) };
        assert_eq!(root.ensure_known(account(REGISTRY), code), Err(unknown));
    }
}

#[test]
fn strangers_are_refused_and_views_of_them_are_empty() {
    let mut ledger = ledger();
    let stranger = account(3);
    assert_eq!(ledger.open().deposit(stranger, 5), not_member(3));
    assert_eq!(ledger.open().pay_out(stranger).map(|_| ()), not_member(3));
    assert_eq!(ledger.open().exit(stranger, 0, 0).map(|_| ()), not_member(3));
    assert_eq!(ledger.open().looked_up(stranger).map(|_| ()), not_member(3));
    assert_eq!((ledger.view(3), ledger.open().headroom(stranger, 0)), (None, 0));
}

#[test]
fn only_who_is_accepted_has_headroom() {
    let mut ledger = ledger();
    assert_eq!(ledger.open().headroom(account(1), 5), 800);
    ledger.open().leave(account(1), 5).unwrap();
    // The tail is 200.
    let until = [204, 205].map(|now| ledger.open().headroom(account(1), now));
    assert_eq!(until, [800, 0]);
    ledger
        .open()
        .stand(account(2), |member| {
            member.status = Status::Suspended;
            Ok(())
        })
        .unwrap();
    assert_eq!(ledger.open().headroom(account(2), 5), 0);
}

fn agree(ledger: &mut Kept, rate: PairRate) -> Result<Option<PairRate>, AllianceError> {
    let mut seen = None;
    ledger.open().agree(account(2), account(1), |_, before| {
        seen = before;
        Ok(rate)
    })?;
    Ok(seen)
}

/// When the two applied.
const FIRST: (Timestamp, Timestamp) = (1, 1);

const RATE: Rate = Rate { bps: 5_000, from: 10, daily_cap: Some(60) };

#[test]
fn only_the_council_writes() {
    let root = ledger().root;
    assert_eq!(root.ensure_council(account(COUNCIL)), Ok(()));
    let caller = account(1);
    assert_eq!(root.ensure_council(caller), Err(AllianceError::NotTheCouncil { caller }));
}

#[test]
fn standing_changes_with_the_count_of_votes() {
    let mut ledger = ledger();
    let stand = |ledger: &mut Kept, status| {
        ledger.open().stand(account(1), |member| {
            member.status = status;
            Ok(())
        })
    };
    for (status, voters) in [(Status::Suspended, 1), (Status::Suspended, 1), (Status::Active, 2)] {
        stand(&mut ledger, status).unwrap();
        assert_eq!((ledger.view(1).unwrap().status, ledger.root.books.voters), (status, voters));
    }
    assert_eq!(ledger.open().stand(account(3), |_| Ok(())), not_member(3));
}

#[test]
fn a_pairs_rate_is_booked_from_its_date_on_and_counted_against_the_day() {
    let mut ledger = ledger();
    let first = PairRate::first(FIRST, RATE);
    assert_eq!(agree(&mut ledger, first), Ok(None));
    assert_eq!((ledger.view(1).unwrap().rates, ledger.view(2).unwrap().rates), (1, 1));
    let kept = |ledger: &mut Kept| ledger.open().rate(account(2), account(1)).unwrap();
    assert_eq!(kept(&mut ledger), first);
    // Before its date the default rate holds.
    let at = |now, sale| Redemption { redeemed_at: now, ..sale };
    let early = at(9, redeemed(1, 2, 1, 100));
    let debt = Debt { issuer: account(1), rate_bps: 9_000, amount: 90, fee: 2 };
    assert_eq!(book(&mut ledger, &early), Ok(vec![debt]));
    let later = at(10, redeemed(2, 2, 1, 100));
    let agreed = Debt { issuer: account(1), rate_bps: 5_000, amount: 50, fee: 1 };
    assert_eq!(book(&mut ledger, &later), Ok(vec![agreed]));
    let over = AllianceError::OverDailyCap { cap: 60, asked: 100 };
    assert_eq!(book(&mut ledger, &Redemption { number: 3, ..later.clone() }), Err(over));
    // The other way round nothing is agreed.
    let other = book(&mut ledger, &at(10, redeemed(4, 1, 2, 100))).unwrap();
    assert_eq!(other[0].rate_bps, 9_000);
    // A rollback finds the rate again, and gives the day its part back.
    assert_eq!(unbook(&mut ledger, &later), Ok(vec![agreed]));
    assert_eq!((kept(&mut ledger).day, kept(&mut ledger).used), (0, 0));
    assert_eq!(unbook(&mut ledger, &early), Ok(vec![debt]));
}

#[test]
fn what_was_agreed_binds_as_long_as_both_stay() {
    let mut ledger = ledger();
    let first = PairRate::first(FIRST, RATE);
    agree(&mut ledger, first).unwrap();
    assert_eq!(agree(&mut ledger, first), Ok(Some(first)));
    ledger.open().leave(account(1), 5).unwrap();
    assert_eq!(agree(&mut ledger, first), Err(AllianceError::NotActive { account: account(1) }));
    ledger.open().exit(account(1), 0, 205).unwrap();
    rejoin(&mut ledger, 1, 206);
    assert_eq!(agree(&mut ledger, PairRate::first((1, 206), RATE)), Ok(None), "the account is a new member");
}

#[test]
fn what_was_agreed_before_an_exit_is_not_brought_back_by_an_agreement_with_another() {
    let mut ledger = ledger();
    agree(&mut ledger, PairRate::first(FIRST, RATE)).unwrap();
    ledger.open().leave(account(1), 5).unwrap();
    ledger.open().exit(account(1), 0, 205).unwrap();
    rejoin(&mut ledger, 1, 206);
    join(&mut ledger, 3, 5_000, 1_000);
    let with_another = PairRate::first((1, 206), RATE);
    ledger.open().agree(account(3), account(1), |_, _| Ok(with_another)).unwrap();
    let sale = Redemption { redeemed_at: 210, ..redeemed(1, 2, 1, 100) };
    let debt = Debt { issuer: account(1), rate_bps: 9_000, amount: 90, fee: 2 };
    assert_eq!(book(&mut ledger, &sale), Ok(vec![debt]));
    assert_eq!(unbook(&mut ledger, &sale), Ok(vec![debt]));
}

#[test]
fn a_dispute_holds_both_and_its_end_adjusts_both() {
    let mut ledger = ledger();
    let (acceptor, issuer) = (account(2), account(1));
    book(&mut ledger, &redeemed(1, 2, 1, 100)).unwrap();
    ledger.open().open_case(acceptor, issuer, 60).unwrap();
    let held = |ledger: &mut Kept| [1, 2].map(|n| ledger.view(n).map(|m| (m.cases, m.disputed)).unwrap());
    assert_eq!(held(&mut ledger), [(1, 0), (1, 60)]);
    ledger.open().close_case(acceptor, issuer, 60, 40).unwrap();
    assert_eq!(held(&mut ledger), [(0, 0), (0, 0)]);
    let [issuer, acceptor] = [1, 2].map(|n| ledger.view(n).unwrap().open);
    assert_eq!((issuer.adjusted, issuer.position()), (40, -50));
    assert_eq!((acceptor.adjusted, acceptor.position()), (-40, 48));
    assert_eq!(ledger.root.books.cycle.debits, 50);
}

#[test]
fn a_view_shows_positions_brought_up_to_date() {
    let mut ledger = ledger();
    book(&mut ledger, &redeemed(1, 2, 1, 100)).unwrap();
    ledger.open().close_cycle(1_000).unwrap();
    let debtor = ledger.view(1).unwrap();
    assert_eq!((debtor.status, debtor.cycle), (Status::Active, 2));
    assert_eq!((debtor.exposure(), debtor.headroom(&config())), (90, 710));
}

#[test]
fn what_is_stored_is_read_as_it_is_written() {
    let mut ledger = ledger();
    ledger.root.config.asset = Asset::Psp22(account(9));
    (ledger.root.config.registries, ledger.root.config.joining.early_until) = (vec![[1; 32], [2; 32]], 77);
    (ledger.root.books.closed.paid_in, ledger.root.books.last_cut, ledger.root.books.fund) = (5, 6, 7);
    ledger.root.books.cycle.refunds = 8;
    let bytes = ledger.root.encode();
    assert_eq!(Root::decode_all(&mut bytes.as_slice()), Ok(ledger.root.clone()));
    assert!(Root::decode(&mut &bytes[1..]).is_err());
    assert!(Root::decode(&mut [bytes.as_slice(), &[0]].concat().as_slice()).is_err());
    for (n, status) in
        [Status::Applied, Status::Active, Status::Leaving, Status::Suspended, Status::Defaulted]
            .into_iter()
            .enumerate()
    {
        let sheet =
            |n: i128| Sheet { billed: -n, earned: n + 1, reversed: n + 2, adjusted: -n - 3, paid: n + 4 };
        let member = Member {
            registry: account(1),
            profile: [2; 32],
            applied_at: 24,
            status,
            since: 3,
            collateral: 4,
            cap: 5,
            fund_share: 6,
            unpaid: 7,
            cases: 8,
            disputed: 23,
            rates: 9,
            liable_until: 10,
            cycle: 11 + u32::try_from(n).unwrap(),
            open: sheet(20),
            due: sheet(40),
            credit: 12,
        };
        let bytes = member.encode();
        let mut reader = Reader::new(&bytes);
        assert_eq!(Member::read(&mut reader), member);
        assert!(reader.is_done());
    }
}
