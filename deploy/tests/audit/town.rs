//! A town that does everything the suite lets people do, once: what the auditor is proven on. Asserts nothing about audits.

mod market;

use ::market::{
    listings::{Ask, Guard},
    MarketRef,
};
use alliance::AllianceRef;
use builder::{build, suite, Contract, Options, CHAIN_SIZE_LIMIT};
use chain::{AccountId, Balance, Chain, EmbeddedChain, EventRecord, Genesis, Keypair, Message, TypedChain};
use council::{conversion::goods, CouncilRef};
use couponry::{
    audit::{self, AuditError, Files, Finding, Report},
    orders::{sign_order, sign_spend},
    suite::{deploy_suite, Codes, SuiteAddresses, SuiteConfig},
};
use desk::DeskRef;
use ink::{codegen::TraitCallBuilder, env::call::FromAccountId};
use office::OfficeRef;
use registry::RegistryRef;
use scale::{Decode, Encode};
use shared::{
    alliance::{council::Motion, rates::Rate},
    assets::Asset,
    campaigns::Improvement,
    claims::{listed, Attestation, Claim, CodeClaim, Entitlement, Quota, VoucherKey},
    coupons::Coupon,
    ids::{CampaignId, CouponId},
    ledger::{items, key},
    merkle::Tree,
    order::{digest, Kept, Order, Redemption, Settlement},
    permit::{CouponPermit, Domain, Permits, Presented, Purpose},
    psp34::PSP34,
    registry::{CouponRegistry, ServiceDesk},
    terms::{
        Acceptance, Audience, Benefit, Breakage, Cap, Card, Funding, Limits, PeriodLimits, Referral,
        Stacking, Terms, TransferPolicy, Unit, Window,
    },
    Hash, Signature,
};
use std::{fmt::Debug, sync::OnceLock};

pub(crate) const START: u64 = 1_767_225_600_000;
pub(crate) const DAY: u64 = 86_400_000;
pub(crate) const UNIT: Balance = 1_000_000_000_000;
const PEOPLE: [&str; 7] = ["owner", "bakery", "cinema", "ann", "ben", "cem", "dan"];

/// A chain and its suite.
pub(crate) struct Town {
    pub(crate) chain: EmbeddedChain,
    pub(crate) suite: SuiteAddresses,
    /// A PSP22 token, of which the owner has all.
    pub(crate) token: AccountId,
}

pub(crate) fn account(name: &str) -> AccountId {
    Keypair::named(name).account()
}

impl Town {
    pub(crate) fn new() -> Self {
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
        config.alliance.joining.fee = 2 * UNIT;
        config.alliance.closing_bounty = UNIT;
        config.alliance.cap_factor_bps = 50_000;
        config.council.case_window = 5 * DAY;
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
    pub(crate) fn lived() -> Self {
        static LIVED: OnceLock<(chain::Snapshot, SuiteAddresses, AccountId)> = OnceLock::new();
        let (moment, suite, token) = LIVED.get_or_init(|| {
            let mut town = Self::new();
            town.live();
            (town.chain.snapshot(), town.suite, town.token)
        });
        Self { chain: EmbeddedChain::fork(moment), suite: *suite, token: *token }
    }

    pub(crate) fn act<A: Encode, T: Decode, E: Decode + Debug>(
        &mut self,
        who: &str,
        value: Balance,
        message: Message<A, Result<T, E>>,
    ) -> T {
        self.chain.call_typed(account(who), value, message).unwrap().0.unwrap()
    }

    pub(crate) fn registry(&self) -> RegistryRef {
        RegistryRef::from_account_id(self.suite.registry)
    }

    pub(crate) fn office(&self) -> OfficeRef {
        OfficeRef::from_account_id(self.suite.office)
    }

    pub(crate) fn desk(&self) -> DeskRef {
        DeskRef::from_account_id(self.suite.desk)
    }

    pub(crate) fn alliance(&self) -> AllianceRef {
        AllianceRef::from_account_id(self.suite.alliance)
    }

    pub(crate) fn council(&self) -> CouncilRef {
        CouncilRef::from_account_id(self.suite.council)
    }

    pub(crate) fn market(&self) -> MarketRef {
        MarketRef::from_account_id(self.suite.market)
    }

    fn domain(&self) -> Domain {
        Domain { chain_tag: self.chain.genesis(), contract: self.suite.registry }
    }

    fn sign(&self, key: &Keypair, purpose: Purpose, subject: &impl Encode, deadline: u64) -> Signature {
        key.sign(&self.domain().message(purpose, subject, 0, deadline))
    }

    /// 3 off, from escrow.
    pub(crate) fn terms(&self, change: impl FnOnce(&mut Terms)) -> Terms {
        let now = self.chain.now();
        let benefit = Benefit::AmountOff { value: 3 * UNIT };
        let mut terms = Terms {
            redeem_window: Window { start: now, end: now + 60 * DAY },
            valid_for: Some(40 * DAY),
            limits: Limits { issued_per_holder: Some(10), ..Limits::default() },
            funding: Funding::Escrow,
            royalty_bps: 300,
            rollback_window: 20 * DAY,
            document: [7; 32],
            ..Terms::plain(benefit, Window { start: now, end: now + 30 * DAY }, 100)
        };
        change(&mut terms);
        terms
    }

    pub(crate) fn campaign(
        &mut self,
        issuer: &str,
        escrow: Balance,
        change: impl FnOnce(&mut Terms),
    ) -> CampaignId {
        let terms = self.terms(change);
        let message = self.office().call_mut().create_campaign(terms, b"https://terms".to_vec(), escrow);
        self.act(issuer, escrow, message)
    }

    pub(crate) fn issue(
        &mut self,
        issuer: &str,
        campaign: CampaignId,
        to: &[&str],
        source: u64,
    ) -> Vec<CouponId> {
        let accounts = to.iter().map(|name| account(name)).collect();
        let message = self.office().call_mut().issue(campaign, accounts, source);
        let first = self.act(issuer, 0, message);
        (first..).take(to.len()).map(|serial| CouponId { campaign, serial }).collect()
    }

    pub(crate) fn order(&self, acceptor: &str, number: u64, settlement: Settlement) -> Order {
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

    /// At the acceptor's till, with the holders' permits.
    pub(crate) fn permits(&self, order: &Order, coupons: &[(&str, Presented)]) -> Permits {
        let signed = |(holder, presented): &(&str, Presented)| {
            let key = Keypair::named(holder);
            let permit = sign_spend(&self.domain(), &key, 0, *presented, order, order.deadline).permit;
            CouponPermit { presented: *presented, permit: Some(permit) }
        };
        Permits { acceptor: None, coupons: coupons.iter().map(signed).collect() }
    }

    /// Spends coupons at the acceptor's till.
    pub(crate) fn at_till(
        &mut self,
        acceptor: &str,
        number: u64,
        coupons: &[(&str, Presented)],
    ) -> Redemption {
        let order = self.order(acceptor, number, Settlement::OffChain);
        let permits = self.permits(&order, coupons);
        let message = self.registry().call_mut().redeem(order, permits);
        self.act(acceptor, 0, message)
    }

    /// The holder submits, with the acceptor's permit.
    fn by_holder(&mut self, order: Order, acceptor: &str, holder: &str, coupon: CouponId) -> Redemption {
        let key = Keypair::named(acceptor);
        let acceptor = Some(sign_order(&self.domain(), &key, 0, &[coupon.into()], &order));
        let value = if order.settlement == Settlement::OnChain { 25 * UNIT } else { 0 };
        let permits =
            Permits { acceptor, coupons: vec![CouponPermit { presented: coupon.into(), permit: None }] };
        let message = self.registry().call_mut().redeem(order, permits);
        self.act(holder, value, message)
    }

    fn through_alliance(
        &mut self,
        acceptor: &str,
        number: u64,
        holder: &str,
        coupon: CouponId,
    ) -> Redemption {
        let order = self.order(acceptor, number, Settlement::OffChain);
        let permits = self.permits(&order, &[(holder, coupon.into())]);
        let message = self.alliance().call_mut().redeem(self.suite.registry, (order, permits));
        self.act(acceptor, 0, message)
    }

    pub(crate) fn roll_back(
        &mut self,
        acceptor: &str,
        due: Balance,
        redemption: Redemption,
        kept: Option<Kept>,
    ) -> Option<Redemption> {
        let message = self.desk().call_mut().roll_back(redemption, kept);
        self.act(acceptor, due, message)
    }

    fn transfer(&mut self, from: &str, to: &str, coupon: CouponId) {
        let message = self.registry().call_mut().transfer(account(to), coupon.into(), Vec::new());
        self.act(from, 0, message);
    }

    /// A drop of the bakery's of five codes. Each campaign's first.
    fn drop_codes(&mut self, campaign: CampaignId) {
        let tree = codes();
        let message = self.office().call_mut().create_drop(campaign, tree.root(), tree.size());
        self.act("bakery", 0, message);
    }

    /// The claim of a code of drop 1, spent on `order` at once if there is one.
    fn code(&self, campaign: CampaignId, index: u32, to: &str, order: Option<&Order>) -> CodeClaim {
        let key = Keypair::named(&format!("code {index}"));
        let mut claim = CodeClaim {
            campaign,
            drop: 1,
            index,
            key: key.public(),
            proof: codes().proof(index).unwrap(),
            to: account(to),
            advocate: None,
            signature: [0; 64],
        };
        claim.signature = match order {
            None => self.sign(&key, Purpose::Claim, &claim.subject(), u64::MAX),
            Some(order) => {
                self.sign(&key, Purpose::ClaimAndSpend, &(claim.subject(), digest(order)), u64::MAX)
            }
        };
        claim
    }

    fn claim(&mut self, campaign: CampaignId, index: u32, to: &str) -> CouponId {
        let message = self.registry().call_mut().claim(self.code(campaign, index, to, None));
        self.act("ann", 0, message)
    }

    fn at_office(&mut self, claim: Claim) -> CouponId {
        let message = self.office().call_mut().claim(claim);
        self.act("ann", 0, message)
    }

    fn voucher(
        &mut self,
        campaign: CampaignId,
        key: &Keypair,
        nonce: u64,
        to: &str,
        advocate: Option<&str>,
    ) -> CouponId {
        let (to, advocate) = (account(to), advocate.map(account));
        let deadline = self.chain.now() + DAY;
        let subject = (campaign, nonce, to, advocate);
        let signature = self.sign(key, Purpose::Voucher, &subject, deadline);
        let entitlement = Entitlement::Voucher { key: key.public(), nonce, deadline, signature };
        self.at_office(Claim { campaign, to, advocate, attestation: None, entitlement })
    }

    /// Every message of the suite that changes storage, and a failed pay-out.
    pub(crate) fn live(&mut self) {
        self.live_with_coupons();
        self.live_with_codes_and_keys();
        self.live_with_cards();
        self.live_with_friends();
        self.live_in_office();
        let unsettled = self.live_at_the_market();
        self.live_in_the_alliance();
        self.live_later_at_the_market(unsettled);
        self.live_in_tokens();
        self.live_on();
        let unbacked = self.campaign("bakery", 0, |terms| terms.funding = Funding::Merchant);
        let frozen = self.issue("bakery", unbacked, &["ann"], 1)[0];
        for reason in [Some(3), None, Some(4)] {
            let message = self.office().call_mut().set_frozen(frozen, reason);
            self.act("bakery", 0, message);
        }
    }

    fn live_with_coupons(&mut self) {
        let campaign = self.campaign("bakery", 60 * UNIT, |_| ());
        let coupons = self.issue("bakery", campaign, &["ann", "ann", "ben", "ann"], 7);
        self.improve(campaign, Improvement::ExtendRedeemWindow { until: START + 90 * DAY });
        self.improve(campaign, Improvement::AddEscrow { amount: 5 * UNIT });
        let message = self.office().call_mut().withdraw_escrow(campaign, 2 * UNIT);
        self.act("bakery", 0, message);

        self.transfer("ann", "ben", coupons[1]);
        let message = self.registry().call_mut().approve(account("cem"), None, true);
        self.act("ann", 0, message);
        let message = self.registry().call_mut().transfer(account("ann"), coupons[0].into(), Vec::new());
        self.act("cem", 0, message);
        // Several at once: there by her operator, and back.
        for (who, from, to) in [("cem", "ann", "dan"), ("dan", "dan", "ann")] {
            let several = vec![coupons[0], coupons[3]];
            let message = ServiceDesk::transfer_many(self.desk().call_mut(), account(to), several);
            self.act(who, 0, message);
            let held = self.registry().call().owner_of(coupons[3].into());
            assert_ne!(self.chain.view_typed(account(from), 0, held).unwrap().0, Some(account(from)));
        }

        self.at_till("bakery", 1, &[("ann", coupons[0].into())]);
        let undone = self.at_till("bakery", 2, &[("ben", coupons[1].into())]);
        self.roll_back("bakery", 3 * UNIT, undone, None);
        let order = self.order("bakery", 300, Settlement::OnChain);
        let paid = self.by_holder(order, "bakery", "ben", coupons[1]);
        self.roll_back("bakery", 20 * UNIT, paid, None);
        // What is kept of an order paid on chain costs less, and takes less off.
        let order = self.order("bakery", 301, Settlement::OnChain);
        let paid = self.by_holder(order, "bakery", "ben", coupons[1]);
        let kept = Kept { basket: 2 * UNIT, eligible: UNIT };
        self.roll_back("bakery", 18 * UNIT, paid, Some(kept)).unwrap();
        let message = self.desk().call_mut().cancel_permits();
        self.act("cem", 0, message);

        // The ghosts' accounts don't exist, and what they earn doesn't suffice to make them exist.
        for (ghost, number) in [("ghost", 1), ("ghoul", 2)] {
            let tiny = self.campaign("cinema", 2_000, |terms| {
                terms.benefit = Benefit::AmountOff { value: 1_000 };
                terms.acceptance = Acceptance::Listed(vec![account(ghost)]);
                terms.rollback_window = 0;
            });
            let tiny = self.issue("cinema", tiny, &["ben"], 1)[0];
            let order = self.order(ghost, number, Settlement::OffChain);
            self.by_holder(order, ghost, "ben", tiny);
        }
        self.chain.transfer(account("ann"), account("ghoul"), 10 * UNIT).unwrap();
        let message = self.desk().call_mut().withdraw_credit(Asset::Native);
        self.act("ghoul", 0, message);
    }

    fn improve(&mut self, campaign: CampaignId, improvement: Improvement) {
        let message = self.office().call_mut().improve_campaign(campaign, improvement);
        self.act("bakery", improvement.price(), message);
    }

    fn live_with_codes_and_keys(&mut self) {
        let campaign = self.campaign("bakery", 0, |terms| {
            terms.funding = Funding::Merchant;
            terms.budget = Some(50 * UNIT);
            terms.limits.holder = Cap { uses: Some(5), value: Some(20 * UNIT) };
            terms.limits.period = Some(PeriodLimits {
                unit: Unit::Day,
                start: terms.issue_window.start,
                campaign: Cap { uses: Some(20), value: None },
                holder: Cap { uses: None, value: Some(20 * UNIT) },
            });
            terms.stacking = Stacking::Common { priority: 1 };
        });
        self.improve(campaign, Improvement::AddBudget { amount: UNIT });
        self.drop_codes(campaign);
        let first = self.claim(campaign, 0, "cem");
        let second = self.claim(campaign, 3, "ben");
        let order = self.order("bakery", 40, Settlement::OffChain);
        let claim = self.code(campaign, 1, "dan", Some(&order));
        let message = self.registry().call_mut().claim_and_redeem(claim, order, None);
        let spent = self.act("bakery", 0, message);
        self.roll_back("bakery", 0, spent, None);

        let entries = [(account("dan"), 2_u32), (account("ben"), 1)];
        let leaves: Vec<Hash> = entries.iter().map(|(to, count)| listed(*to, *count)).collect();
        let tree = Tree::new(&leaves).unwrap();
        let message = self.office().call_mut().create_drop(campaign, tree.root(), tree.size());
        let drop = self.act("bakery", 0, message);
        let proof = tree.proof(0).unwrap();
        let entitlement = Entitlement::Listed { drop, index: 0, count: 2, proof };
        let (to, advocate, attestation) = (account("dan"), None, None);
        let listed = self.at_office(Claim { campaign, to, advocate, attestation, entitlement });

        let device = Keypair::named("device");
        let quota = Some(Quota { most: 2, period: DAY, since: 0, used: 0 });
        for (key, named) in [
            (device.public(), Some(VoucherKey { device: true, quota })),
            ([9; 32], Some(VoucherKey { device: false, quota: None })),
            ([9; 32], None),
        ] {
            let message = self.office().call_mut().set_voucher_key(campaign, key, named);
            self.act("bakery", 0, message);
        }
        let third = self.voucher(campaign, &device, 5, "ben", None);
        self.voucher(campaign, &device, 6, "ben", None);

        // A backlog: two orders together, one that is refused, and two coupons on one order.
        let orders: Vec<_> = [
            (41, vec![("ben", Presented::from(second))]),
            (42, vec![("dan", listed.into())]),
            (42, vec![("cem", first.into())]),
            (
                43,
                vec![("ben", third.into()), ("dan", CouponId { serial: listed.serial + 1, ..listed }.into())],
            ),
        ]
        .into_iter()
        .map(|(number, coupons)| {
            let order = self.order("bakery", number, Settlement::OffChain);
            let permits = self.permits(&order, &coupons);
            (order, permits)
        })
        .collect();
        let message = self.registry().call_mut().redeem_batch(orders);
        let results: Vec<_> = self.act("bakery", 0, message);
        assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false, true]);
        self.improve(campaign, Improvement::StopIssuing);

        let attester = Keypair::named("attester");
        let class = 18;
        let campaign = self.campaign("bakery", 0, |terms| {
            terms.funding = Funding::Merchant;
            terms.audience = Audience::Attested { key: attester.public(), class };
            terms.transfer = TransferPolicy::Soulbound;
        });
        self.drop_codes(campaign);
        let CodeClaim { drop, index, key, proof, to, signature, .. } = self.code(campaign, 2, "dan", None);
        let expires_at = self.chain.now() + DAY;
        let attested = self.sign(&attester, Purpose::Attest, &(class, to), expires_at);
        let attestation = Some(Attestation { expires_at, signature: attested });
        let entitlement = Entitlement::Code { drop, index, key, proof, signature };
        self.at_office(Claim { campaign, to, advocate: None, attestation, entitlement });
    }

    fn live_with_cards(&mut self) {
        let campaign = self.campaign("bakery", 100 * UNIT, |terms| {
            terms.benefit = Benefit::StoredValue { value: 20 * UNIT };
            terms.reservation_ttl = DAY;
        });
        let cards = self.issue("bakery", campaign, &["ann", "ann", "ben"], 1);
        let most = |coupon, most| Presented { most: Some(most), ..Presented::from(coupon) };
        self.at_till("bakery", 50, &[("ann", most(cards[0], 4 * UNIT))]);
        let less = self.at_till("bakery", 51, &[("ann", most(cards[0], 6 * UNIT))]);
        let kept = Kept { basket: 5 * UNIT, eligible: 2 * UNIT };
        let rest = self.roll_back("bakery", 4 * UNIT, less, Some(kept)).unwrap();
        self.roll_back("bakery", 2 * UNIT, rest, None);
        let message = self.desk().call_mut().split(cards[0], 5 * UNIT);
        let part: CouponId = self.act("ann", 0, message);
        // A card that moved on gives its use back as a new one.
        let used = self.at_till("bakery", 52, &[("ann", most(cards[1], 3 * UNIT))]);
        self.transfer("ann", "cem", cards[1]);
        self.roll_back("bakery", 3 * UNIT, used, None);
        let message = self.desk().call_mut().merge(cards[0], part);
        self.act("ann", 0, message);
        let message = self.office().call_mut().top_up(cards[0], 7 * UNIT);
        self.act("bakery", 7 * UNIT, message);

        let order = self.order("bakery", 53, Settlement::OffChain);
        let permits = self.permits(&order, &[("ann", most(cards[0], UNIT))]);
        let message = self.desk().call_mut().reserve(order.clone(), permits.clone());
        self.act("bakery", 0, message);
        let message = self.desk().call_mut().release(cards[0], Some(order.clone()));
        self.act("bakery", 0, message);
        let message = self.desk().call_mut().reserve(order.clone(), permits.clone());
        self.act("bakery", 0, message);
        let message = self.registry().call_mut().redeem(order, permits);
        self.act("bakery", 0, message);
        let order = self.order("bakery", 54, Settlement::OffChain);
        let permits = self.permits(&order, &[("ben", cards[2].into())]);
        let message = self.desk().call_mut().reserve(order, permits);
        self.act("bakery", 0, message);

        let stamps = self.campaign("bakery", 30 * UNIT, |terms| terms.card = Card::Stamps(2));
        let cards = self.issue("bakery", stamps, &["ben", "dan"], 1);
        self.at_till("bakery", 55, &[("ben", cards[0].into())]);
        let last = self.at_till("bakery", 56, &[("ben", cards[0].into())]);
        self.roll_back("bakery", 3 * UNIT, last, None);
        self.at_till("bakery", 57, &[("dan", cards[1].into())]);
    }

    /// Ann brings Cem, whose first order earns her a coupon.
    fn live_with_friends(&mut self) {
        let reward = self.campaign("bakery", 30 * UNIT, |terms| terms.issue_window.end += 20 * DAY);
        let campaign = self.campaign("bakery", 0, |terms| {
            terms.funding = Funding::Merchant;
            terms.audience = Audience::FirstOrder;
            terms.marks_first_order = true;
            terms.rollback_window = DAY;
            terms.referral = Some(Referral { reward, per_advocate: 2 });
        });
        let key = Keypair::named("invitations");
        let message = self.office().call_mut().set_voucher_key(
            campaign,
            key.public(),
            Some(VoucherKey { device: false, quota: None }),
        );
        self.act("bakery", 0, message);
        let invited = self.voucher(campaign, &key, 1, "dan", Some("ann"));
        let undone = self.at_till("bakery", 60, &[("dan", invited.into())]);
        self.roll_back("bakery", 0, undone, None);
        let first = self.at_till("bakery", 61, &[("dan", invited.into())]);
        let message = self.desk().call_mut().rate(first.clone(), 4, Some([6; 32]));
        self.act("dan", 0, message);
        self.chain.advance(DAY).unwrap();
        let message = self.desk().call_mut().reward(first.clone(), invited);
        self.act("cem", 0, message);
        self.chain.advance(30 * DAY).unwrap();
        let message = self.desk().call_mut().forget(first);
        self.act("bakery", 0, message);
    }

    fn live_in_office(&mut self) {
        for (merchant, worker, operator, cashier, cap) in [
            ("bakery", "cem", true, true, None),
            ("bakery", "dan", false, true, Some(50 * UNIT)),
            ("bakery", "ben", false, true, None),
            ("bakery", "ben", false, false, None),
        ] {
            let message = self.office().call_mut().set_role(account(worker), operator, cashier, cap);
            self.act(merchant, 0, message);
        }
        // Dan and Cem accept for the bakery, each on a day of their own; what Dan accepts is counted.
        let campaign = self.campaign("bakery", 30 * UNIT, |_| ());
        let coupons = self.issue("bakery", campaign, &["ann"; 5], 1);
        for (cashier, numbers) in [("dan", [70, 71]), ("cem", [72, 73])] {
            let orders = numbers.map(|number| {
                let order = self.order("bakery", number, Settlement::OffChain);
                let coupon = coupons[usize::try_from(number - 70).unwrap()];
                (order.clone(), self.permits(&order, &[("ann", coupon.into())]))
            });
            let message = self.registry().call_mut().redeem_batch(orders.to_vec());
            assert!(self.act(cashier, 0, message).iter().all(Result::is_ok));
        }
        self.chain.advance(DAY).unwrap();
        let order = self.order("bakery", 74, Settlement::OffChain);
        let permits = self.permits(&order, &[("ann", coupons[4].into())]);
        let message = self.registry().call_mut().redeem(order, permits);
        self.act("dan", 0, message);
        for reason in [Some(1), None, Some(2)] {
            let message = self.office().call_mut().set_account_frozen(account("dan"), reason);
            self.act("bakery", 0, message);
        }
        let campaign = self.campaign("cinema", 30 * UNIT, |_| ());
        let coupons = self.issue("cinema", campaign, &["ben", "ben"], 1);
        let message = self.office().call_mut().revoke(coupons[0], 5);
        self.act("cinema", 0, message);
        for to in [Some("dan"), None, Some("cem"), Some("owner")] {
            let message = self.office().call_mut().offer_campaign(campaign, to.map(account));
            self.act("cinema", 0, message);
        }
        let message = self.office().call_mut().accept_campaign(campaign);
        self.act("owner", 0, message);
        let message = self.office().call_mut().offer_campaign(campaign, Some(account("cem")));
        self.act("owner", 0, message);

        for scopes in [7, 0] {
            let message = self.office().call_mut().set_paused(scopes);
            self.act("owner", 0, message);
        }
        for to in [Some("ann"), None, Some("cinema")] {
            let message = self.office().call_mut().offer_guardian(to.map(account));
            self.act("owner", 0, message);
        }
        let message = self.office().call_mut().accept_guardian();
        self.act("cinema", 0, message);
        let message = self.office().call_mut().offer_guardian(Some(account("ann")));
        self.act("cinema", 0, message);
    }

    fn live_in_the_alliance(&mut self) {
        for (member, collateral) in [("bakery", 50 * UNIT), ("cinema", 40 * UNIT), ("cem", UNIT)] {
            let message = self.council().call_mut().apply(self.suite.registry, [5; 32], Vec::new());
            self.act(member, 2 * UNIT, message);
            let trust = self.office().call_mut().set_role(self.suite.alliance, false, true, None);
            self.act(member, 0, trust);
            let (account_of, registry) = (account(member), self.suite.registry);
            let motion = Motion::Admit { account: account_of, registry, profile: [5; 32], cap: 100 * UNIT };
            let message = self.council().call_mut().decide(motion);
            self.act("owner", 0, message);
            let message = self.council().call_mut().deposit_collateral(collateral);
            self.act(member, collateral, message);
        }
        let alliance = self.suite.alliance;
        let campaign = self.campaign("bakery", 0, |terms| {
            terms.funding = Funding::Alliance;
            terms.acceptance = Acceptance::Alliance(alliance);
        });
        let coupons = self.issue("bakery", campaign, &["ben"; 5], 1);
        let stands = self.through_alliance("cinema", 1, "ben", coupons[0]);
        let kept = self.through_alliance("cinema", 2, "ben", coupons[1]);
        let undone = self.through_alliance("cinema", 3, "ben", coupons[2]);
        let message = self.alliance().call_mut().roll_back(self.suite.registry, 0, (undone, None));
        self.act("cinema", 0, message);
        self.live_in_the_council();
        self.chain.advance(7 * DAY).unwrap();
        self.close_cycle();
        let message = self.council().call_mut().pay_in(account("bakery"), 4 * UNIT);
        self.act("ann", 4 * UNIT, message);
        self.through_alliance("cinema", 4, "ben", coupons[2]);
        let message = self.alliance().call_mut().roll_back(self.suite.registry, 0, (kept, None));
        self.act("cinema", 0, message);
        self.chain.advance(2 * DAY).unwrap();
        let message = self.council().call_mut().declare_default(account("bakery"));
        self.act("ben", 0, message);
        let message = self.council().call_mut().payout(account("cinema"));
        self.act("ann", 0, message);
        let message = self.council().call_mut().withdraw_collateral(UNIT);
        self.act("cinema", 0, message);
        self.chain.advance(7 * DAY).unwrap();
        self.close_cycle();
        self.chain.advance(7 * DAY).unwrap();
        self.close_cycle();
        self.dispute(stands);
        self.default_and_make_good();
        for member in ["cinema", "cem"] {
            let message = self.council().call_mut().clear(1);
            self.act(member, 0, message);
        }
        let message = self.council().call_mut().clear_case(1);
        self.act("bakery", 0, message);
        let message = self.council().call_mut().apply(self.suite.registry, [5; 32], Vec::new());
        self.act("ann", 2 * UNIT, message);
        let message = self.council().call_mut().exit();
        self.act("ann", 0, message);
    }

    /// A vote, a rate and a conversion, none of which changes what anyone owes.
    fn live_in_the_council(&mut self) {
        let (bakery, cinema, registry) = (account("bakery"), account("cinema"), self.suite.registry);
        for waived in [true, false] {
            let message = self.council().call_mut().waive_fee(account("dan"), waived);
            self.act("owner", 0, message);
        }
        let motion = Motion::SetCap { account: bakery, cap: 99 * UNIT };
        let message = self.council().call_mut().propose(motion);
        let proposal = self.act("cinema", 0, message);
        let message = self.council().call_mut().vote(proposal);
        self.act("cem", 0, message);

        let rate = Rate { bps: 10_000, from: self.chain.now() + DAY, daily_cap: Some(100 * UNIT) };
        for offered in [Some(Rate { bps: 1, ..rate }), None, Some(rate)] {
            let message = self.council().call_mut().offer_rate(cinema, bakery, offered);
            self.act("cinema", 0, message);
        }
        let message = self.council().call_mut().accept_rate(cinema, bakery, rate);
        self.act("bakery", 0, message);

        let campaign = self.campaign("cinema", 0, |terms| terms.funding = Funding::Merchant);
        let coupons = self.issue("cinema", campaign, &["ben", "cinema"], 1);
        let message = self.registry().call_mut().approve(self.suite.council, Some(coupons[1].into()), true);
        self.act("cinema", 0, message);
        let order = self.order("cinema", 10, Settlement::OffChain);
        let ben = account("ben");
        let at = key(items::COUPONS, &coupons[1].to_u64());
        let items = self.chain.storage(registry).unwrap();
        let (_, held) = items.into_iter().find(|(key, _)| *key == at).unwrap();
        let held = Coupon::decode(&mut held.as_slice()).unwrap();
        let order = Order { basket_hash: goods(registry, coupons[1], &held, ben), ..order };
        let key = Keypair::named("cinema");
        let consent = sign_order(&self.domain(), &key, 0, &[coupons[0].into()], &order);
        let permits =
            Permits { acceptor: Some(consent), ..self.permits(&order, &[("ben", coupons[0].into())]) };
        let message =
            self.council().call_mut().convert(registry, registry, coupons[1], ben, (order, permits));
        self.act::<_, Redemption, _>("ann", 0, message);
    }

    /// What is final is disputed, in vain.
    fn dispute(&mut self, disputed: Redemption) {
        let message = self.council().call_mut().open_case(self.suite.registry, 1, [7; 32], disputed);
        let case = self.act("bakery", 0, message);
        let message = self.council().call_mut().reply(case, [8; 32]);
        self.act("cinema", 0, message);
        let message = self.council().call_mut().rule(case, 0);
        self.act("owner", 0, message);
    }

    /// Cem owes more than it has put up.
    fn default_and_make_good(&mut self) {
        let alliance = self.suite.alliance;
        let campaign = self.campaign("cem", 0, |terms| {
            terms.funding = Funding::Alliance;
            terms.acceptance = Acceptance::Alliance(alliance);
        });
        let coupon = self.issue("cem", campaign, &["ben"], 1)[0];
        self.through_alliance("cinema", 5, "ben", coupon);
        self.chain.advance(7 * DAY).unwrap();
        self.close_cycle();
        self.chain.advance(2 * DAY).unwrap();
        let message = self.council().call_mut().endow(UNIT);
        self.act("ben", UNIT, message);
        let message = self.council().call_mut().declare_default(account("cem"));
        self.act("ben", 0, message);
        let message = self.council().call_mut().make_good(account("cem"), UNIT);
        self.act("ann", UNIT, message);
        let message = self.council().call_mut().make_good(account("cem"), UNIT);
        self.act("cem", UNIT, message);
        let message = self.council().call_mut().leave();
        self.act("cem", 0, message);
    }

    /// The owner issues, holds, sells and accepts, all in a PSP22 token.
    fn live_in_tokens(&mut self) {
        let transfer = (ink::selector_bytes!("PSP22::transfer"), account("ben"), 10 * UNIT, Vec::<u8>::new());
        self.chain.call(account("owner"), self.token, 0, transfer.encode()).unwrap();
        let spenders = [("owner", self.suite.office), ("owner", self.suite.desk), ("ben", self.suite.market)];
        for (owner, spender) in spenders {
            let approve = (ink::selector_bytes!("PSP22::approve"), spender, 50 * UNIT);
            self.chain.call(account(owner), self.token, 0, approve.encode()).unwrap();
        }
        let asset = Asset::Psp22(self.token);
        let (terms, uri) = (self.terms(|terms| terms.asset = asset), Vec::new());
        let message = self.office().call_mut().create_campaign(terms, uri, 50 * UNIT);
        let campaign = self.act("owner", 0, message);
        let coupons = self.issue("owner", campaign, &["dan", "dan", "dan"], 1);
        self.at_till("owner", 1, &[("dan", coupons[0].into())]);
        let undone = self.at_till("owner", 2, &[("dan", coupons[2].into())]);
        self.roll_back("owner", 0, undone, None);
        let message = self.registry().call_mut().approve(self.suite.market, Some(coupons[1].into()), true);
        self.act("dan", 0, message);
        let id = self.list("dan", &coupons[1..2], 10 * DAY, None, Ask::Fixed { price: 5 * UNIT });
        let message = self.market().call_mut().buy(id, Guard::price(5 * UNIT));
        self.act("ben", 0, message);
    }

    /// Coupons come to their end.
    fn live_on(&mut self) {
        let fund = account("owner");
        let campaign = self.campaign("bakery", 30 * UNIT, |terms| {
            terms.valid_for = Some(DAY);
            terms.breakage = Breakage { holder_bps: 2_500, fund: Some((fund, 1_000)) };
        });
        let coupons = self.issue("bakery", campaign, &["ben", "dan", "ann"], 1);
        let campaign = self.campaign("bakery", 30 * UNIT, |terms| {
            terms.valid_for = Some(DAY);
            terms.card = Card::Uses(3);
        });
        let card = self.issue("bakery", campaign, &["ann"], 1)[0];
        let used = self.at_till("bakery", 80, &[("ann", card.into())]);
        self.chain.advance(DAY).unwrap();
        for (who, coupon) in [
            ("cem", coupons[0]),
            ("dan", coupons[1]),
            ("cem", coupons[2]),
            ("bakery", coupons[2]),
            ("cem", card),
        ] {
            let message = self.desk().call_mut().expire(coupon);
            self.act(who, 0, message);
        }
        // The use comes back as a card of its own: the one it was of has ended.
        self.roll_back("bakery", 3 * UNIT, used, None);
    }

    fn close_cycle(&mut self) {
        let message = self.council().call_mut().close_cycle();
        self.act("ben", 0, message);
    }

    pub(crate) fn audit(&self) -> Report {
        audit::run(&self.chain, &self.suite, Files::default()).unwrap()
    }

    pub(crate) fn finding(&self) -> Finding {
        match audit::run(&self.chain, &self.suite, Files::default()) {
            Err(AuditError::Finding(finding)) => finding,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn event(&self, matches: impl Fn(&EventRecord) -> bool) -> EventRecord {
        self.chain.events(0).unwrap().into_iter().find(matches).unwrap()
    }
}

/// Five codes.
fn codes() -> Tree {
    let public: Vec<_> = (0..5).map(|n| Keypair::named(&format!("code {n}")).public()).collect();
    Tree::new(&public).unwrap()
}
