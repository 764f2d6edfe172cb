//! A registry's storage from its events. Reckons by itself: of the contract's code it uses the types of what is stored, not the steps that change it.
use super::{
    contradiction::{ensure_rule, ensure_same, ensure_some, Contradiction},
    decode::RegistryEvent,
    money::{self, Till},
    storage::{coupon_words, CouponKey, Describe, Readable, Replayed, Table},
};
use ::registry::{
    book::{DropKey, Root},
    campaigns::{Campaign, Improvement, Progress},
    coupons::{Coupon, Holder},
    drops::{Drop, Source},
    events,
};
use shared::{
    assets::Asset,
    bits::Bits,
    ids::{CampaignId, CouponId},
    order::{digest, Redemption},
    terms::{Funding, Terms},
    AccountId, Balance, Hash, Timestamp,
};
use std::collections::BTreeMap;

const ROOT: Table<(), Root> = Table::new(0, "root");
const CAMPAIGNS: Table<CampaignId, Campaign> = Table::new(0x01, "campaign");
const PROGRESS: Table<CampaignId, Progress> = Table::new(0x02, "progress of campaign");
const DROPS: Table<DropKey, Drop> = Table::new(0x03, "drop");
const CODES: Table<(DropKey, u64), Bits> = Table::new(0x04, "spent codes");
const SOURCES: Table<(CampaignId, u64), Bits> = Table::new(0x05, "used sources");
const COUPONS: Table<CouponKey, Coupon> = Table::new(0x06, "coupon");
const HOLDERS: Table<AccountId, Holder> = Table::new(0x07, "holder");
const ISSUED_TO: Table<(CampaignId, AccountId), u32> = Table::new(0x08, "issued count");
const OPERATORS: Table<(AccountId, AccountId), ()> = Table::new(0x09, "operator");
const CASHIERS: Table<(AccountId, AccountId), ()> = Table::new(0x0a, "cashier");
const ORDERS: Table<(AccountId, u64), Bits> = Table::new(0x0b, "used orders");
const REDEMPTIONS: Table<(AccountId, u64), Hash> = Table::new(0x0c, "redemption");
const CREDITS: Table<(AccountId, Asset), Balance> = Table::new(0x0d, "credit");

/// Every table of a registry, by the manual keys of its `Book`.
pub(super) const LAYOUT: &[&dyn Describe] = &[
    &ROOT,
    &CAMPAIGNS,
    &PROGRESS,
    &DROPS,
    &CODES,
    &SOURCES,
    &COUPONS,
    &HOLDERS,
    &ISSUED_TO,
    &OPERATORS,
    &CASHIERS,
    &ORDERS,
    &REDEMPTIONS,
    &CREDITS,
];

/// PSP34's transfers say which coupons came and went; the event beside them says why.
enum Awaiting {
    Nothing,
    /// `CouponsIssued` was seen: a `Transfer` for each of these serials follows.
    Issues {
        campaign: CampaignId,
        serials: std::ops::Range<u64>,
        valid_until: Timestamp,
    },
    /// Coupons left their holders: an `OrderRedeemed` with exactly these follows.
    Spent(Vec<(CouponId, AccountId)>),
    /// Coupons came back to their holders: an `OrderRolledBack` with exactly these follows.
    Returned(Vec<(CouponId, AccountId)>),
}

pub(super) struct RegistryReplay {
    pub(super) store: Replayed,
    pub(super) till: Till,
    /// What took effect last.
    pub(super) last: Option<Redemption>,
    awaiting: Awaiting,
}

impl RegistryReplay {
    pub(super) fn new() -> Self {
        Self {
            store: Replayed::default(),
            till: Till::new("registry"),
            last: None,
            awaiting: Awaiting::Nothing,
        }
    }

    /// Who holds a live coupon.
    pub(super) fn owner(&self, coupon: CouponId) -> Option<AccountId> {
        self.store.get(&COUPONS, &coupon.into()).map(|coupon| coupon.owner)
    }

    /// What the registry owes: escrow, and pay-outs that wait.
    /// # Errors
    /// `Overflow`.
    pub(super) fn owed(&self) -> Result<BTreeMap<Asset, Balance>, Contradiction> {
        let mut owed = BTreeMap::new();
        for (number, progress) in self.store.all(&PROGRESS) {
            let asset = self.campaign(number)?.terms.asset;
            money::add(&mut owed, asset, progress.escrow_left)?;
        }
        for ((_, asset), amount) in self.store.all(&CREDITS) {
            money::add(&mut owed, asset, amount)?;
        }
        Ok(owed)
    }

    /// Nothing may be left unexplained when a block ends.
    /// # Errors
    /// `Unissued`, `Causeless`.
    pub(super) fn ensure_settled(&self) -> Result<(), Contradiction> {
        match &self.awaiting {
            Awaiting::Nothing => Ok(()),
            Awaiting::Issues { serials, .. } => {
                Err(Contradiction::Unissued { missing: serials.clone().count() })
            }
            Awaiting::Spent(coupons) | Awaiting::Returned(coupons) => coupons
                .first()
                .map_or(Ok(()), |(coupon, _)| Err(Contradiction::Causeless { coupon: *coupon })),
        }
    }

    /// # Errors
    /// `Contradiction`.
    pub(super) fn apply(&mut self, event: &RegistryEvent, now: Timestamp) -> Result<(), Contradiction> {
        let explains = matches!(
            event,
            RegistryEvent::Transfer(_) | RegistryEvent::OrderRedeemed(_) | RegistryEvent::OrderRolledBack(_)
        );
        if !explains {
            self.ensure_settled()?;
        }
        match event {
            RegistryEvent::RegistryCreated(event) => self.created(event),
            RegistryEvent::CampaignCreated(event) => self.campaign_created(event, now),
            RegistryEvent::CampaignImproved(event) => self.improved(event, now),
            RegistryEvent::EscrowWithdrawn(event) => self.escrow_withdrawn(event, now),
            RegistryEvent::DropCreated(event) => self.drop_created(event),
            RegistryEvent::CouponsIssued(event) => self.issued(event, now),
            RegistryEvent::Approval(event) => self.approved(event),
            RegistryEvent::CouponFreezeChanged(event) => self.freeze_changed(event),
            RegistryEvent::CashierChanged(event) => {
                let key = (event.merchant, event.cashier);
                self.switch(&CASHIERS, &key, event.allowed);
                Ok(())
            }
            RegistryEvent::PermitsCancelled(event) => self.permits_cancelled(event),
            RegistryEvent::CreditAdded(event) => self.credit_added(event),
            RegistryEvent::CreditWithdrawn(event) => self.credit_withdrawn(event),
            RegistryEvent::Transfer(event) => self.transfer(event),
            RegistryEvent::OrderRedeemed(event) => self.redeemed(&event.redemption, now),
            RegistryEvent::OrderRolledBack(event) => self.rolled_back(&event.redemption, now),
        }
    }

    fn root(&self) -> Result<Root, Contradiction> {
        self.store.get(&ROOT, &()).ok_or(Contradiction::NotCreated)
    }

    fn campaign(&self, number: CampaignId) -> Result<Campaign, Contradiction> {
        self.found(&CAMPAIGNS, &number)
    }

    fn progress(&self, number: CampaignId) -> Result<Progress, Contradiction> {
        self.found(&PROGRESS, &number)
    }

    fn coupon(&self, coupon: CouponId) -> Result<Coupon, Contradiction> {
        self.found(&COUPONS, &coupon.into())
    }

    fn found<K: scale::Encode + Readable, V: scale::Decode>(
        &self,
        table: &Table<K, V>,
        key: &K,
    ) -> Result<V, Contradiction> {
        self.store
            .get(table, key)
            .ok_or_else(|| Contradiction::Missing { item: format!("{} {}", table.noun(), key.words()) })
    }

    fn switch(&mut self, table: &Table<(AccountId, AccountId), ()>, key: &(AccountId, AccountId), on: bool) {
        if on {
            self.store.set(table, key, &());
        } else {
            self.store.remove(table, key);
        }
    }

    /// Spends a number of a bitmap.
    fn spend<K: scale::Encode>(
        &mut self,
        table: &Table<K, Bits>,
        key: &K,
        bit: u8,
        what: impl FnOnce() -> String,
    ) -> Result<(), Contradiction> {
        let mut bits = self.store.get(table, key).unwrap_or_default();
        if !bits.set(bit) {
            return Err(Contradiction::UsedTwice { what: what() });
        }
        self.store.set(table, key, &bits);
        Ok(())
    }

    fn created(&mut self, event: &events::RegistryCreated) -> Result<(), Contradiction> {
        if self.root().is_ok() {
            return Err(Contradiction::CreatedTwice);
        }
        let root = Root { chain_tag: event.chain_tag, campaigns: 0, live: 0 };
        self.store.set(&ROOT, &(), &root);
        Ok(())
    }

    fn campaign_created(
        &mut self,
        event: &events::CampaignCreated,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let (number, terms) = (event.campaign, &event.terms);
        let mut root = self.root()?;
        let next = ensure_some("the number of campaigns", root.campaigns.checked_add(1))?;
        ensure_same("the campaign's number", next, number)?;
        ensure_rule("the terms must hold together", terms.check(now).is_ok())?;
        ensure_rule(
            "escrow belongs to escrow campaigns",
            event.escrow == 0 || terms.funding == Funding::Escrow,
        )?;
        root.campaigns = number;
        self.store.set(&ROOT, &(), &root);
        let campaign = Campaign { issuer: event.issuer, terms: terms.clone() };
        self.store.set(&CAMPAIGNS, &number, &campaign);
        let progress = Progress {
            issued: 0,
            redeemed: 0,
            drops: 0,
            issuing_stopped: false,
            redeem_ends: terms.redeem_window.end,
            budget_left: terms.budget,
            escrow_left: event.escrow,
            reserved: 0,
        };
        self.store.set(&PROGRESS, &number, &progress);
        self.till.take_in(terms.asset, event.escrow, event.issuer, "escrow locked")
    }

    fn improved(&mut self, event: &events::CampaignImproved, now: Timestamp) -> Result<(), Contradiction> {
        let Campaign { issuer, terms } = self.campaign(event.campaign)?;
        let mut progress = self.progress(event.campaign)?;
        match event.improvement {
            Improvement::ExtendRedeemWindow { until } => {
                ensure_rule(
                    "a redeem window is extended while it is open",
                    until > progress.redeem_ends && now < progress.redeem_ends,
                )?;
                progress.redeem_ends = until;
            }
            Improvement::AddBudget { amount } => {
                let left = progress.budget_left.and_then(|left| left.checked_add(amount));
                progress.budget_left = Some(ensure_some("the budget", left)?);
            }
            Improvement::AddEscrow { amount } => {
                ensure_rule("escrow belongs to escrow campaigns", terms.funding == Funding::Escrow)?;
                let left = progress.escrow_left.checked_add(amount);
                progress.escrow_left = ensure_some("escrow", left)?;
                self.till.take_in(terms.asset, amount, issuer, "escrow added")?;
            }
            Improvement::StopIssuing => {
                ensure_rule("issuing stops once", !progress.issuing_stopped)?;
                progress.issuing_stopped = true;
            }
        }
        self.store.set(&PROGRESS, &event.campaign, &progress);
        Ok(())
    }

    fn escrow_withdrawn(
        &mut self,
        event: &events::EscrowWithdrawn,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let Campaign { issuer, terms } = self.campaign(event.campaign)?;
        let mut progress = self.progress(event.campaign)?;
        let over = now >= progress.redeem_ends.saturating_add(terms.rollback_window);
        let committed = if over { 0 } else { progress.reserved };
        let left = progress.escrow_left.checked_sub(event.amount);
        progress.escrow_left = ensure_some("escrow", left)?;
        ensure_rule("escrow that backs live coupons stays", progress.escrow_left >= committed)?;
        self.store.set(&PROGRESS, &event.campaign, &progress);
        self.till.pay_out(terms.asset, event.amount, issuer, "escrow withdrawn")
    }

    fn drop_created(&mut self, event: &events::DropCreated) -> Result<(), Contradiction> {
        let mut progress = self.progress(event.campaign)?;
        let next = ensure_some("the number of drops", progress.drops.checked_add(1))?;
        ensure_same("the drop's number", next, event.drop)?;
        progress.drops = event.drop;
        self.store.set(&PROGRESS, &event.campaign, &progress);
        let drop = Drop { root: event.root, size: event.size };
        self.store.set(&DROPS, &(event.campaign, event.drop), &drop);
        Ok(())
    }

    fn issued(&mut self, event: &events::CouponsIssued, now: Timestamp) -> Result<(), Contradiction> {
        let number = event.campaign;
        let Campaign { terms, .. } = self.campaign(number)?;
        let mut progress = self.progress(number)?;
        let next = ensure_some("the coupons issued", progress.issued.checked_add(1))?;
        ensure_same("the first serial", next, event.first_serial)?;
        ensure_same("the coupons' end", terms.valid_until(now), event.valid_until)?;
        ensure_rule(
            "coupons are issued in the issue window",
            terms.issue_window.contains(now) && !progress.issuing_stopped,
        )?;
        let issued = progress.issued.checked_add(event.count);
        progress.issued = ensure_some("the coupons issued", issued)?;
        ensure_rule("the supply is the limit", progress.issued <= terms.supply)?;
        let backing = backing(&terms).checked_mul(event.count.into());
        let reserved = backing.and_then(|backing| progress.reserved.checked_add(backing));
        progress.reserved = ensure_some("the reserved escrow", reserved)?;
        ensure_rule("every live coupon is backed", progress.reserved <= progress.escrow_left)?;
        self.store.set(&PROGRESS, &number, &progress);
        match event.source {
            Source::Batch(source) => {
                let (word, bit) = Bits::locate(source);
                self.spend(&SOURCES, &(number, word), bit, || {
                    format!("source {source} of campaign {number}")
                })?;
            }
            Source::Code { drop, index } => {
                let size = self.found(&DROPS, &(number, drop))?.size;
                ensure_rule("a code lies within its drop", index < size)?;
                ensure_same("the coupons for a code", 1, event.count)?;
                let (word, bit) = Bits::locate(index.into());
                self.spend(&CODES, &((number, drop), word), bit, || {
                    format!("code {index} of drop {number}/{drop}")
                })?;
            }
        }
        let first = u64::from(event.first_serial);
        self.awaiting = Awaiting::Issues {
            campaign: number,
            serials: first..first.saturating_add(event.count.into()),
            valid_until: event.valid_until,
        };
        Ok(())
    }

    fn transfer(&mut self, event: &events::Transfer) -> Result<(), Contradiction> {
        let id = CouponId::try_from(&event.id)
            .map_err(|()| Contradiction::Missing { item: format!("coupon {:?}", event.id) })?;
        match (event.from, event.to) {
            (None, Some(to)) => self.came(id, to),
            (Some(from), None) => {
                let owner = self.coupon(id)?.owner;
                ensure_holder(id, owner, from)?;
                if let Awaiting::Spent(coupons) = &mut self.awaiting {
                    coupons.push((id, from));
                    return Ok(());
                }
                self.ensure_settled()?;
                self.awaiting = Awaiting::Spent(vec![(id, from)]);
                Ok(())
            }
            (Some(from), Some(to)) => {
                self.ensure_settled()?;
                self.moved(id, from, to)
            }
            (None, None) => Err(Contradiction::Causeless { coupon: id }),
        }
    }

    fn came(&mut self, id: CouponId, to: AccountId) -> Result<(), Contradiction> {
        if self.owner(id).is_some() {
            return Err(Contradiction::Exists { item: format!("coupon {}", coupon_words(id)) });
        }
        match &mut self.awaiting {
            Awaiting::Issues { campaign, serials, valid_until } => {
                let (number, valid_until) = (*campaign, *valid_until);
                let due = serials.next();
                if serials.is_empty() {
                    self.awaiting = Awaiting::Nothing;
                }
                ensure_same("the campaign of the coupon issued", number, id.campaign)?;
                ensure_same("the serial of the coupon issued", due, Some(id.serial.into()))?;
                let terms = self.campaign(number)?.terms;
                if let Some(limit) = terms.per_holder {
                    let had = self.store.get(&ISSUED_TO, &(number, to)).unwrap_or(0);
                    ensure_rule("an account's limit of coupons", had < limit)?;
                    self.store.set(&ISSUED_TO, &(number, to), &had.saturating_add(1));
                }
                self.put(id, to, valid_until, &terms)
            }
            Awaiting::Returned(coupons) => {
                coupons.push((id, to));
                Ok(())
            }
            Awaiting::Nothing => {
                self.awaiting = Awaiting::Returned(vec![(id, to)]);
                Ok(())
            }
            Awaiting::Spent(_) => self.ensure_settled(),
        }
    }

    fn moved(&mut self, id: CouponId, from: AccountId, to: AccountId) -> Result<(), Contradiction> {
        let mut coupon = self.coupon(id)?;
        ensure_holder(id, coupon.owner, from)?;
        ensure_rule("the coupon may move", coupon.frozen.is_none() && coupon.ensure_may_move(to).is_ok())?;
        coupon.owner = to;
        coupon.approved = None;
        self.store.set(&COUPONS, &id.into(), &coupon);
        if from != to {
            self.count(from, |coupons| coupons.checked_sub(1))?;
            self.count(to, |coupons| coupons.checked_add(1))?;
        }
        Ok(())
    }

    fn put(
        &mut self,
        id: CouponId,
        owner: AccountId,
        valid_until: Timestamp,
        terms: &Terms,
    ) -> Result<(), Contradiction> {
        let coupon = Coupon { owner, approved: None, valid_until, frozen: None, policy: terms.transfer };
        self.store.set(&COUPONS, &id.into(), &coupon);
        self.count(owner, |coupons| coupons.checked_add(1))?;
        self.live(|live| live.checked_add(1))
    }

    fn count(
        &mut self,
        account: AccountId,
        change: impl Fn(u32) -> Option<u32>,
    ) -> Result<(), Contradiction> {
        let mut holder = self.store.get(&HOLDERS, &account).unwrap_or_default();
        holder.coupons = ensure_some("a holder's coupons", change(holder.coupons))?;
        if holder == Holder::default() {
            self.store.remove(&HOLDERS, &account);
        } else {
            self.store.set(&HOLDERS, &account, &holder);
        }
        Ok(())
    }

    fn live(&mut self, change: impl Fn(u64) -> Option<u64>) -> Result<(), Contradiction> {
        let mut root = self.root()?;
        root.live = ensure_some("the live coupons", change(root.live))?;
        self.store.set(&ROOT, &(), &root);
        Ok(())
    }

    fn redeemed(&mut self, redemption: &Redemption, now: Timestamp) -> Result<(), Contradiction> {
        let Awaiting::Spent(spent) = std::mem::replace(&mut self.awaiting, Awaiting::Nothing) else {
            return Err(Contradiction::Missing { item: "coupon spent for the order".into() });
        };
        ensure_same("the coupons spent", spent, coupons(redemption))?;
        ensure_same("the redemption's time", now, redemption.redeemed_at)?;
        let (acceptor, number) = (redemption.acceptor, redemption.number);
        let (word, bit) = Bits::locate(number);
        self.spend(&ORDERS, &(acceptor, word), bit, || format!("order {number}"))?;
        let mut final_at = now;
        let mut from_escrow: Balance = 0;
        for used in &redemption.uses {
            let Campaign { issuer, terms } = self.campaign(used.coupon.campaign)?;
            let mut progress = self.progress(used.coupon.campaign)?;
            let coupon = self.coupon(used.coupon)?;
            ensure_same("the coupon's end", coupon.valid_until, used.valid_until)?;
            ensure_same("the coupon's issuer", issuer, used.issuer)?;
            ensure_same("the coupon's funding", terms.funding, used.funding)?;
            ensure_same("the coupon's asset", terms.asset, redemption.asset)?;
            ensure_rule(
                "a coupon is spent in its time and not while frozen",
                now < progress.redeem_ends
                    && now >= terms.redeem_window.start
                    && now < coupon.valid_until
                    && coupon.frozen.is_none(),
            )?;
            ensure_rule(
                "no discount passes the coupon's largest",
                used.discount <= terms.largest_discount(),
            )?;
            let redeemed = progress.redeemed.checked_add(1);
            progress.redeemed = ensure_some("the coupons redeemed", redeemed)?;
            if let Some(left) = progress.budget_left {
                let left = left.checked_sub(used.discount);
                progress.budget_left = Some(ensure_some("the budget", left)?);
            }
            if terms.funding == Funding::Escrow {
                let left = progress.escrow_left.checked_sub(used.discount);
                progress.escrow_left = ensure_some("escrow", left)?;
                let sum = from_escrow.checked_add(used.discount);
                from_escrow = ensure_some("escrow", sum)?;
            }
            let reserved = progress.reserved.checked_sub(released(&terms, used.discount));
            progress.reserved = ensure_some("the reserved escrow", reserved)?;
            self.store.set(&PROGRESS, &used.coupon.campaign, &progress);
            self.store.remove(&COUPONS, &used.coupon.into());
            self.count(used.holder, |coupons| coupons.checked_sub(1))?;
            self.live(|live| live.checked_sub(1))?;
            final_at = final_at.max(now.saturating_add(terms.rollback_window));
        }
        ensure_same("the end of the rollback window", final_at, redemption.final_at)?;
        if final_at > now {
            self.store.set(&REDEMPTIONS, &(acceptor, number), &digest(redemption));
        }
        self.last = Some(redemption.clone());
        if let Some(payer) = redemption.payer {
            let (asset, net) = (redemption.asset, redemption.net);
            self.till.pass(asset, net, payer, acceptor, "order paid on chain");
        }
        self.till.pay_out(redemption.asset, from_escrow, acceptor, "discount from escrow")
    }

    fn rolled_back(&mut self, redemption: &Redemption, now: Timestamp) -> Result<(), Contradiction> {
        let Awaiting::Returned(returned) = std::mem::replace(&mut self.awaiting, Awaiting::Nothing) else {
            return Err(Contradiction::Missing { item: "coupon given back by the rollback".into() });
        };
        ensure_same("the coupons given back", returned, coupons(redemption))?;
        ensure_rule("a redemption becomes final", now < redemption.final_at)?;
        let (acceptor, number) = (redemption.acceptor, redemption.number);
        let kept = self.found(&REDEMPTIONS, &(acceptor, number))?;
        ensure_same("the redemption rolled back", kept, digest(redemption))?;
        self.store.remove(&REDEMPTIONS, &(acceptor, number));
        let mut to_escrow: Balance = 0;
        for used in &redemption.uses {
            let Campaign { terms, .. } = self.campaign(used.coupon.campaign)?;
            let mut progress = self.progress(used.coupon.campaign)?;
            let redeemed = progress.redeemed.checked_sub(1);
            progress.redeemed = ensure_some("the coupons redeemed", redeemed)?;
            if let Some(left) = progress.budget_left {
                let left = left.checked_add(used.discount);
                progress.budget_left = Some(ensure_some("the budget", left)?);
            }
            if terms.funding == Funding::Escrow {
                let left = progress.escrow_left.checked_add(used.discount);
                progress.escrow_left = ensure_some("escrow", left)?;
                let sum = to_escrow.checked_add(used.discount);
                to_escrow = ensure_some("escrow", sum)?;
            }
            let reserved = progress.reserved.checked_add(released(&terms, used.discount));
            progress.reserved = ensure_some("the reserved escrow", reserved)?;
            self.store.set(&PROGRESS, &used.coupon.campaign, &progress);
            self.put(used.coupon, used.holder, used.valid_until, &terms)?;
        }
        let asset = redemption.asset;
        self.till.take_in(asset, to_escrow, acceptor, "discount back to escrow")?;
        match redemption.payer {
            Some(payer) => {
                let net = redemption.net;
                self.till.take_in(asset, net, acceptor, "price of a rolled back order")?;
                self.till.pay_out(asset, net, payer, "price of a rolled back order")
            }
            None => Ok(()),
        }
    }

    fn approved(&mut self, event: &events::Approval) -> Result<(), Contradiction> {
        let Some(id) = &event.id else {
            self.switch(&OPERATORS, &(event.from, event.to), event.approved);
            return Ok(());
        };
        let id =
            CouponId::try_from(id).map_err(|()| Contradiction::Missing { item: format!("coupon {id:?}") })?;
        let mut coupon = self.coupon(id)?;
        ensure_holder(id, coupon.owner, event.from)?;
        coupon.approved = event.approved.then_some(event.to);
        self.store.set(&COUPONS, &id.into(), &coupon);
        Ok(())
    }

    fn freeze_changed(&mut self, event: &events::CouponFreezeChanged) -> Result<(), Contradiction> {
        let mut coupon = self.coupon(event.coupon)?;
        ensure_rule("only a frozen coupon is thawed", event.reason.is_some() || coupon.frozen.is_some())?;
        coupon.frozen = event.reason;
        self.store.set(&COUPONS, &event.coupon.into(), &coupon);
        Ok(())
    }

    fn permits_cancelled(&mut self, event: &events::PermitsCancelled) -> Result<(), Contradiction> {
        let mut holder = self.store.get(&HOLDERS, &event.account).unwrap_or_default();
        let next = ensure_some("the permits' epoch", holder.permit_epoch.checked_add(1))?;
        ensure_same("the permits' epoch", next, event.epoch)?;
        holder.permit_epoch = event.epoch;
        self.store.set(&HOLDERS, &event.account, &holder);
        Ok(())
    }

    fn credit_added(&mut self, event: &events::CreditAdded) -> Result<(), Contradiction> {
        let key = (event.account, event.asset);
        let credit = self.store.get(&CREDITS, &key).unwrap_or(0);
        let credit = ensure_some("a credit", credit.checked_add(event.amount))?;
        self.store.set(&CREDITS, &key, &credit);
        self.till.take_in(event.asset, event.amount, event.account, "pay-out failed")
    }

    fn credit_withdrawn(&mut self, event: &events::CreditWithdrawn) -> Result<(), Contradiction> {
        let key = (event.account, event.asset);
        let credit = self.found(&CREDITS, &key)?;
        ensure_same("the credit", credit, event.amount)?;
        self.store.remove(&CREDITS, &key);
        self.till.pay_out(event.asset, event.amount, event.account, "credit withdrawn")
    }
}

/// What one live coupon must have locked for it.
fn backing(terms: &Terms) -> Balance {
    match terms.funding {
        Funding::Escrow => terms.largest_discount(),
        Funding::Merchant | Funding::Alliance => 0,
    }
}

/// How much less must be locked once a coupon was spent for `discount`; what it left stays locked where it may come back.
fn released(terms: &Terms, discount: Balance) -> Balance {
    if terms.rollback_window == 0 {
        backing(terms)
    } else {
        backing(terms).min(discount)
    }
}

fn coupons(redemption: &Redemption) -> Vec<(CouponId, AccountId)> {
    redemption.uses.iter().map(|used| (used.coupon, used.holder)).collect()
}

fn ensure_holder(coupon: CouponId, owner: AccountId, named: AccountId) -> Result<(), Contradiction> {
    if owner == named {
        Ok(())
    } else {
        Err(Contradiction::NotHolder { coupon, owner, named })
    }
}
