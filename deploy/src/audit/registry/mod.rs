//! The storage of a registry, its office and its service desk from their events. Reckons by itself: of the contracts' code it uses the types of what is
//! stored and the pure functions of terms, not the steps that change anything.
//!
//! The office and the desk write the registry's ledger, so the three are replayed together. Here is what the registry itself tells; what comes
//! from its office is in `office`, what comes from its desk in `desk`, what spending does in `spending`, and a campaign's counters in `counters`.
mod counters;
mod desk;
mod enumeration;
mod office;
mod spending;
mod sums;

use super::{
    contradiction::{ensure_rule, ensure_same, ensure_some, Contradiction},
    decode::{DeskEvent, OfficeEvent, RegistryEvent},
    money::Till,
    storage::{coupon_words, CouponKey, Describe, Place, Replayed, Table},
};
use ::registry::{
    book::{DropKey, Root},
    events,
};
use shared::{
    assets::Asset,
    bits::Bits,
    campaigns::{Campaign, Progress, Usage},
    claims::VoucherKey,
    coupons::{Coupon, Customer, Holder, Role},
    ids::{CampaignId, CouponId},
    ledger::items,
    order::{OrderWord, Redemption},
    terms::TransferPolicy,
    AccountId, Balance, Hash, Timestamp,
};
use std::collections::{BTreeMap, VecDeque};

const ROOT: Table<(), Root> = Table::new(0, "root");
const CAMPAIGNS: Table<CampaignId, Campaign> = Table::new(items::CAMPAIGNS, "campaign");
const PROGRESS: Table<CampaignId, Progress> = Table::new(items::PROGRESS, "progress of campaign");
const CODES: Table<(DropKey, u64), Bits> = Table::new(items::CODES, "spent codes");
const SOURCES: Table<(CampaignId, u64), Bits> = Table::new(items::SOURCES, "used sources");
const COUPONS: Table<CouponKey, Coupon> = Table::new(items::COUPONS, "coupon");
const HOLDERS: Table<AccountId, Holder> = Table::new(items::HOLDERS, "holder");
const USAGE: Table<(CampaignId, AccountId), Usage> = Table::new(items::USAGE, "usage");
const OPERATORS: Table<(AccountId, AccountId), ()> = Table::new(items::OPERATORS, "operator");
const ROLES: Table<(AccountId, AccountId), Role> = Table::new(items::ROLES, "role");
const ORDERS: Table<(AccountId, u64), OrderWord> = Table::new(items::ORDERS, "orders");
const CREDITS: Table<(AccountId, Asset), Balance> = Table::new(items::CREDITS, "credit");
const KEYS: Table<(CampaignId, Hash), VoucherKey> = Table::new(items::KEYS, "voucher key");
const VOUCHERS: Table<((CampaignId, Hash), u64), Bits> = Table::new(items::VOUCHERS, "spent vouchers");
const CUSTOMERS: Table<(AccountId, AccountId), Customer> = Table::new(items::CUSTOMERS, "customer");
const PAUSED: Table<(), u8> = Table::new(items::PAUSED, "what is paused");

/// Every table of a registry.
pub(super) const LAYOUT: &[&dyn Describe] = &[
    &ROOT,
    &CAMPAIGNS,
    &PROGRESS,
    &CODES,
    &SOURCES,
    &COUPONS,
    &HOLDERS,
    &USAGE,
    &OPERATORS,
    &ROLES,
    &ORDERS,
    &CREDITS,
    &KEYS,
    &VOUCHERS,
    &CUSTOMERS,
    &PAUSED,
    &enumeration::ORDERED,
    &enumeration::PLACES,
];
pub(super) use self::{desk::LAYOUT as DESK_LAYOUT, office::LAYOUT as OFFICE_LAYOUT};

/// PSP34's transfers say which coupons came and went; the event before or after them says why.
enum Awaiting {
    Nothing,
    /// An event said that these come into being, in this order: a `Transfer` of each follows.
    Coming(VecDeque<Due>),
    /// An event said that this one ends: its `Transfer` follows.
    Going(CouponId),
    /// Coupons left their holders: an `OrdersRedeemed` with exactly these follows.
    Spent(Vec<(CouponId, AccountId)>),
    /// Coupons came back to their holders: an `OrderRolledBack` with exactly these follows.
    Returned(Vec<(CouponId, AccountId)>),
}

/// A coupon that is to come into being.
#[derive(Clone, Copy)]
struct Due {
    id: CouponId,
    /// `None` where its `Transfer` alone says whose it is.
    owner: Option<AccountId>,
    valid_until: Timestamp,
    left: Balance,
    advocate: Option<AccountId>,
    policy: TransferPolicy,
    /// Whether it counts as issued to its owner.
    counts: bool,
}

impl Due {
    fn coupon(self, owner: AccountId) -> Coupon {
        Coupon {
            owner,
            approved: None,
            valid_until: self.valid_until,
            left: self.left,
            frozen: None,
            lock: None,
            advocate: self.advocate,
            policy: self.policy,
        }
    }
}

/// The three contracts' accounts.
#[derive(Clone, Copy)]
pub(super) struct Branches {
    pub(super) registry: AccountId,
    pub(super) office: AccountId,
    pub(super) desk: AccountId,
}

pub(super) struct RegistryReplay {
    branches: Branches,
    /// The registry's storage, which is the ledger of all three.
    pub(super) ledger: Replayed,
    /// The office's own storage.
    pub(super) office: Replayed,
    /// The desk's own storage.
    pub(super) desk: Replayed,
    pub(super) till: Till,
    /// What took effect last: as much as a batch may hold.
    pub(super) last: std::collections::VecDeque<Redemption>,
    awaiting: Awaiting,
    /// Where the registry keeps one.
    enumeration: Option<enumeration::Enumeration>,
    /// Redemptions as they stand; storage has their digests.
    standing: BTreeMap<(AccountId, u64), Redemption>,
    /// What the campaigns' counters are checked against.
    course: BTreeMap<CampaignId, sums::Course>,
}

/// What stands after the last event, besides what events tell by themselves.
pub(super) struct State {
    pub(super) campaigns: Vec<(CampaignId, Campaign, Progress)>,
    pub(super) coupons: Vec<(CouponId, Coupon)>,
    pub(super) roles: Vec<((AccountId, AccountId), Role)>,
    pub(super) keys: Vec<((CampaignId, Hash), VoucherKey)>,
}

impl RegistryReplay {
    /// # Errors
    /// `Missing`, for counters without a campaign.
    pub(super) fn state(&self) -> Result<State, Contradiction> {
        let campaigns = self.ledger.all(&PROGRESS).into_iter();
        let campaigns = campaigns.map(|(number, progress)| Ok((number, self.campaign(number)?, progress)));
        let coupons = self.ledger.all(&COUPONS).into_iter();
        Ok(State {
            campaigns: campaigns.collect::<Result<_, _>>()?,
            coupons: coupons.map(|(key, coupon)| (CouponId::from_u64(key.0), coupon)).collect(),
            roles: self.ledger.all(&ROLES),
            keys: self.ledger.all(&KEYS),
        })
    }

    pub(super) fn new(branches: Branches) -> Self {
        Self {
            branches,
            ledger: Replayed::default(),
            office: Replayed::default(),
            desk: Replayed::default(),
            till: Till::new("registry"),
            last: std::collections::VecDeque::new(),
            awaiting: Awaiting::Nothing,
            enumeration: None,
            standing: BTreeMap::new(),
            course: BTreeMap::new(),
        }
    }

    /// Where and when what is applied next happened.
    pub(super) fn at(&mut self, place: Place, time: Timestamp) {
        for store in [&mut self.ledger, &mut self.office, &mut self.desk] {
            store.place = place;
        }
        (self.till.place, self.till.time) = (place, time);
    }

    /// Who holds a live coupon.
    pub(super) fn owner(&self, coupon: CouponId) -> Option<AccountId> {
        self.ledger.get(&COUPONS, &coupon.into()).map(|coupon| coupon.owner)
    }

    /// A live coupon, with its campaign and the campaign's progress.
    /// # Errors
    /// `Missing`.
    pub(super) fn lives(&self, coupon: CouponId) -> Result<(Coupon, Campaign, Progress), Contradiction> {
        let live = self.ledger.found(&COUPONS, &coupon.into())?;
        Ok((live, self.campaign(coupon.campaign)?, self.progress(coupon.campaign)?))
    }

    /// Nothing may be left unexplained when a block ends.
    /// # Errors
    /// `Unissued`, `Causeless`.
    pub(super) fn ensure_settled(&self) -> Result<(), Contradiction> {
        match &self.awaiting {
            Awaiting::Nothing => Ok(()),
            Awaiting::Coming(due) => Err(Contradiction::Unissued { missing: due.len() }),
            Awaiting::Going(coupon) => Err(Contradiction::Unfinished { coupon: *coupon }),
            Awaiting::Spent(coupons) | Awaiting::Returned(coupons) => coupons
                .first()
                .map_or(Ok(()), |(coupon, _)| Err(Contradiction::Causeless { coupon: *coupon })),
        }
    }

    /// # Errors
    /// `Contradiction`.
    pub(super) fn apply(&mut self, event: &RegistryEvent, now: Timestamp) -> Result<(), Contradiction> {
        match event {
            RegistryEvent::Transfer(event) => self.transfer(event, now),
            RegistryEvent::OrdersRedeemed(event) => self.redeemed(event, now),
            RegistryEvent::CouponsIssued(event) => {
                self.ensure_settled()?;
                let events::CouponsIssued { campaign, first_serial, count, valid_until, advocate, source } =
                    *event;
                ensure_same("the coupons for a code", 1, count)?;
                let issue = office::Issue { campaign, first_serial, count, valid_until, advocate };
                self.issued(&issue, source, now)
            }
            RegistryEvent::Approval(event) => {
                self.ensure_settled()?;
                self.approved(event)
            }
            RegistryEvent::CreditAdded(event) => {
                self.ensure_settled()?;
                self.credit_added(event)
            }
            RegistryEvent::EnumerationKept(_) => self.enumeration_kept(),
        }
    }

    /// # Errors
    /// `Contradiction`.
    pub(super) fn apply_office(&mut self, event: &OfficeEvent, now: Timestamp) -> Result<(), Contradiction> {
        self.ensure_settled()?;
        self.office_event(event, now)
    }

    /// # Errors
    /// `Contradiction`.
    pub(super) fn apply_desk(&mut self, event: &DeskEvent, now: Timestamp) -> Result<(), Contradiction> {
        if !matches!(event, DeskEvent::OrderRolledBack(_)) {
            self.ensure_settled()?;
        }
        self.desk_event(event, now)
    }

    fn root(&self) -> Result<Root, Contradiction> {
        self.ledger.get(&ROOT, &()).ok_or(Contradiction::NotCreated)
    }

    fn campaign(&self, number: CampaignId) -> Result<Campaign, Contradiction> {
        self.ledger.found(&CAMPAIGNS, &number)
    }

    fn progress(&self, number: CampaignId) -> Result<Progress, Contradiction> {
        self.ledger.found(&PROGRESS, &number)
    }

    fn coupon(&self, coupon: CouponId) -> Result<Coupon, Contradiction> {
        self.ledger.found(&COUPONS, &coupon.into())
    }

    /// Spends a number of a bitmap.
    fn spend<K: scale::Encode>(
        &mut self,
        table: &Table<K, Bits>,
        key: &K,
        bit: u8,
        what: impl FnOnce() -> String,
    ) -> Result<(), Contradiction> {
        let mut bits = self.ledger.get(table, key).unwrap_or_default();
        if !bits.set(bit) {
            return Err(Contradiction::UsedTwice { what: what() });
        }
        self.ledger.set(table, key, &bits);
        Ok(())
    }

    fn transfer(&mut self, event: &events::Transfer, now: Timestamp) -> Result<(), Contradiction> {
        let id = CouponId::try_from(&event.id)
            .map_err(|()| Contradiction::Missing { item: format!("coupon {:?}", event.id) })?;
        self.enumerate(id, event.from, event.to)?;
        match (event.from, event.to) {
            (None, Some(to)) => self.came(id, to),
            (Some(from), None) => self.went(id, from),
            (Some(from), Some(to)) => {
                self.ensure_settled()?;
                self.moved(id, from, to, now)
            }
            (None, None) => Err(Contradiction::Causeless { coupon: id }),
        }
    }

    fn came(&mut self, id: CouponId, to: AccountId) -> Result<(), Contradiction> {
        self.ledger.ensure_absent(&COUPONS, &id.into())?;
        match &mut self.awaiting {
            Awaiting::Coming(due) => {
                let next = due.pop_front();
                if due.is_empty() {
                    self.awaiting = Awaiting::Nothing;
                }
                let next = next.ok_or(Contradiction::Causeless { coupon: id })?;
                ensure_same("the coupon that comes into being", next.id, id)?;
                ensure_same("its holder", next.owner.unwrap_or(to), to)?;
                self.count_issue(&next, to)?;
                self.put(id, &next.coupon(to))
            }
            Awaiting::Returned(coupons) => {
                coupons.push((id, to));
                Ok(())
            }
            Awaiting::Nothing => {
                self.awaiting = Awaiting::Returned(vec![(id, to)]);
                Ok(())
            }
            Awaiting::Spent(_) | Awaiting::Going(_) => self.ensure_settled(),
        }
    }

    fn went(&mut self, id: CouponId, from: AccountId) -> Result<(), Contradiction> {
        ensure_holder(id, self.coupon(id)?.owner, from)?;
        match &mut self.awaiting {
            Awaiting::Going(going) => {
                let going = *going;
                self.awaiting = Awaiting::Nothing;
                ensure_same("the coupon that ends", going, id)?;
                self.end(id, from)
            }
            Awaiting::Spent(coupons) => {
                coupons.push((id, from));
                Ok(())
            }
            Awaiting::Nothing => {
                self.awaiting = Awaiting::Spent(vec![(id, from)]);
                Ok(())
            }
            Awaiting::Coming(_) | Awaiting::Returned(_) => self.ensure_settled(),
        }
    }

    fn moved(
        &mut self,
        id: CouponId,
        from: AccountId,
        to: AccountId,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let mut coupon = self.coupon(id)?;
        ensure_holder(id, coupon.owner, from)?;
        let allowed = match coupon.policy {
            TransferPolicy::Free => true,
            TransferPolicy::MarketOnly(market) => from == market || to == market,
            TransferPolicy::Soulbound => false,
        };
        let locked = coupon.lock.is_some_and(|lock| now < lock.until);
        ensure_rule("the coupon may move", allowed && coupon.frozen.is_none() && !locked)?;
        coupon.owner = to;
        coupon.approved = None;
        self.ledger.set(&COUPONS, &id.into(), &coupon);
        if from != to {
            self.count(from, |coupons| coupons.checked_sub(1))?;
            self.count(to, |coupons| coupons.checked_add(1))?;
        }
        Ok(())
    }

    /// What the terms count of coupons issued to an account.
    fn count_issue(&mut self, due: &Due, to: AccountId) -> Result<(), Contradiction> {
        let number = due.id.campaign;
        let Some(limit) = self.campaign(number)?.terms.limits.issued_per_holder.filter(|_| due.counts) else {
            return Ok(());
        };
        let mut usage = self.ledger.get(&USAGE, &(number, to)).unwrap_or_default();
        ensure_rule("an account's limit of coupons", usage.issued < limit)?;
        usage.issued = usage.issued.saturating_add(1);
        self.ledger.set(&USAGE, &(number, to), &usage);
        Ok(())
    }

    fn put(&mut self, id: CouponId, coupon: &Coupon) -> Result<(), Contradiction> {
        self.ledger.set(&COUPONS, &id.into(), coupon);
        self.count(coupon.owner, |coupons| coupons.checked_add(1))?;
        self.live(|live| live.checked_add(1))
    }

    fn end(&mut self, id: CouponId, owner: AccountId) -> Result<(), Contradiction> {
        self.ledger.remove(&COUPONS, &id.into());
        self.course.entry(id.campaign).or_default().end()?;
        self.count(owner, |coupons| coupons.checked_sub(1))?;
        self.live(|live| live.checked_sub(1))
    }

    fn count(
        &mut self,
        account: AccountId,
        change: impl Fn(u32) -> Option<u32>,
    ) -> Result<(), Contradiction> {
        let mut holder = self.ledger.get(&HOLDERS, &account).unwrap_or_default();
        holder.coupons = ensure_some("a holder's coupons", change(holder.coupons))?;
        if holder == Holder::default() {
            self.ledger.remove(&HOLDERS, &account);
        } else {
            self.ledger.set(&HOLDERS, &account, &holder);
        }
        Ok(())
    }

    fn live(&mut self, change: impl Fn(u64) -> Option<u64>) -> Result<(), Contradiction> {
        let mut root = self.root()?;
        root.live = ensure_some("the live coupons", change(root.live))?;
        self.ledger.set(&ROOT, &(), &root);
        Ok(())
    }

    fn approved(&mut self, event: &events::Approval) -> Result<(), Contradiction> {
        ensure_rule("nobody approves itself", event.from != event.to)?;
        let Some(id) = &event.id else {
            let key = (event.from, event.to);
            if event.approved {
                self.ledger.set(&OPERATORS, &key, &());
            } else {
                self.ledger.remove(&OPERATORS, &key);
            }
            return Ok(());
        };
        let id =
            CouponId::try_from(id).map_err(|()| Contradiction::Missing { item: format!("coupon {id:?}") })?;
        let mut coupon = self.coupon(id)?;
        ensure_holder(id, coupon.owner, event.from)?;
        coupon.approved = event.approved.then_some(event.to);
        self.ledger.set(&COUPONS, &id.into(), &coupon);
        Ok(())
    }

    fn credit_added(&mut self, event: &events::CreditAdded) -> Result<(), Contradiction> {
        let key = (event.account, event.asset);
        let credit = self.ledger.get(&CREDITS, &key).unwrap_or(0);
        let credit = ensure_some("a credit", credit.checked_add(event.amount))?;
        self.ledger.set(&CREDITS, &key, &credit);
        self.till.take_in(event.asset, event.amount, event.account, "pay-out failed")
    }
}

fn ensure_holder(coupon: CouponId, owner: AccountId, named: AccountId) -> Result<(), Contradiction> {
    if owner == named {
        Ok(())
    } else {
        Err(Contradiction::NotHolder { coupon, owner, named })
    }
}

fn drop_words((campaign, drop): DropKey, index: u32) -> String {
    format!("code {index} of drop {campaign}/{drop}")
}

fn missing_coupon(id: CouponId) -> Contradiction {
    Contradiction::Missing { item: format!("coupon {}", coupon_words(id)) }
}
