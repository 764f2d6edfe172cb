//! The till: what an order is worth with its coupons, limits, consents and all, over whatever shelves hold the ledger. The registry redeems with it and the
//! service desk quotes with it. Reads, and writes nothing.
//!
//! A `Till` is a working copy of what orders share (campaigns, counters, words of order numbers, a cashier's day), read once and written once
//! however many orders a call has.
use crate::{
    assets::Asset,
    campaigns::{Campaign, Progress, Usage},
    coupons::{Coupon, Customer, Holder, Role},
    ids::{CampaignId, CouponId},
    ledger::{items, Shelves},
    math,
    order::{digest, Order, OrderWord, Quote, QuoteLine},
    permit::{ensure_permitted, CouponPermit, Domain, OrderPermit, Permit, Permits, Presented, Purpose},
    registry::{Refusal, RegistryError},
    terms::{Audience, Stacking},
    weighing::{check_order, payer, weigh, Asked, MAX_COUPONS},
    AccountId, Balance, Hash, Timestamp,
};
use ink::prelude::{boxed::Box, vec::Vec};

/// What a call knows besides its orders.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// Who calls: for an alliance, the alliance.
    pub caller: AccountId,
    /// Whether the caller is a contract that passes on what another pays on chain.
    pub passes_on: bool,
    /// What signatures are bound to.
    pub domain: &'a Domain,
    /// The block's time.
    pub now: Timestamp,
}

/// A working copy of what orders share.
pub struct Till<S> {
    shelves: S,
    /// Campaigns and their counters.
    pub campaigns: Vec<Loaded>,
    /// Words of order numbers.
    pub words: Vec<Word>,
    /// Cashiers who signed or called, as (merchant, account).
    pub roles: Vec<((AccountId, AccountId), Role)>,
    /// Which of them speaks for the newest order's acceptor; none where that does itself.
    cashier: Option<usize>,
    /// Who signed for the newest order's acceptor, and that account's permit epoch.
    signer: Option<(AccountId, u32)>,
}

/// A campaign and its counters.
pub struct Loaded {
    /// Its number.
    pub number: CampaignId,
    /// What never changes, as far as spending looks at it.
    pub campaign: Box<Campaign>,
    /// As of the orders so far.
    pub progress: Box<Progress>,
}

/// What became of order numbers.
pub struct Word {
    /// (acceptor, number / 16).
    pub key: (AccountId, u64),
    /// As of the orders so far.
    pub word: OrderWord,
    /// Whether an order took effect.
    pub changed: bool,
}

/// A coupon that an order can have, and what having it changes.
pub struct Weighed {
    /// The coupon,
    pub id: CouponId,
    /// and its state before.
    pub coupon: Coupon,
    /// What it takes off.
    pub discount: Balance,
    /// What it has left then.
    pub left_after: Balance,
    /// Its holder's record, where a permit made it be read.
    pub holder: Option<Holder>,
    /// What the holder has had of the campaign then, where that is counted.
    pub usage: Option<Usage>,
    /// What the issuer keeps of the holder then, where that changes.
    pub customer: Option<Customer>,
}

/// An order weighed whole.
pub struct Tray {
    /// The order's digest.
    pub hash: Hash,
    /// Each coupon as presented, and what became of it.
    pub lines: Vec<(Presented, Result<Box<Weighed>, Refusal>)>,
}

impl Tray {
    /// Those that the order has.
    pub fn accepted(&self) -> impl Iterator<Item = &Weighed> {
        self.lines.iter().filter_map(|(_, line)| line.as_ref().ok()).map(|weighed| &**weighed)
    }

    /// What they take off together.
    pub fn discount(&self) -> Balance {
        self.accepted().fold(0, |sum: Balance, weighed| sum.saturating_add(weighed.discount))
    }
}

/// A coupon that has just been claimed and isn't in storage.
pub struct Fresh {
    /// Its state.
    pub coupon: Coupon,
    /// What its holder has had of the campaign, this coupon counted.
    pub usage: Usage,
}

impl<S: Shelves> Till<S> {
    /// Nothing read yet.
    pub fn new(shelves: S) -> Self {
        let (campaigns, words, roles) = (Vec::new(), Vec::new(), Vec::new());
        Self { shelves, campaigns, words, roles, cashier: None, signer: None }
    }

    /// A campaign, read once.
    /// # Errors
    /// `NoSuchCampaign`.
    #[inline(never)]
    pub fn load(&mut self, number: CampaignId) -> Result<&mut Loaded, Refusal> {
        let place = match self.campaigns.iter().position(|loaded| loaded.number == number) {
            Some(place) => place,
            None => {
                let missing = || RegistryError::NoSuchCampaign { campaign: number };
                let campaign = self.shelves.campaign(number).ok_or_else(missing)?;
                let progress = self.shelves.get(items::PROGRESS, &number).ok_or_else(missing)?;
                let progress = Box::new(progress);
                self.campaigns.push(Loaded { number, campaign, progress });
                self.campaigns.len().saturating_sub(1)
            }
        };
        Ok(self.campaigns.get_mut(place).ok_or(RegistryError::NoSuchCampaign { campaign: number })?)
    }

    /// The order's word, and its number's place there.
    /// # Errors
    /// `OrderUsed`.
    #[inline(never)]
    pub fn number(&mut self, order: &Order) -> Result<(&mut Word, u8), Refusal> {
        let (number, place) = OrderWord::locate(order.number);
        let key = (order.acceptor, number);
        let known = match self.words.iter().position(|word| word.key == key) {
            Some(known) => known,
            None => {
                let word = self.shelves.get(items::ORDERS, &key).unwrap_or_default();
                self.words.push(Word { key, word, changed: false });
                self.words.len().saturating_sub(1)
            }
        };
        match self.words.get_mut(known) {
            Some(word) if !word.word.is_used(place) => Ok((word, place)),
            Some(_) | None => Err(RegistryError::OrderUsed { number: order.number }.into()),
        }
    }

    /// The counters as they stand.
    pub fn counters(&self) -> Vec<Progress> {
        self.campaigns.iter().map(|loaded| (*loaded.progress).clone()).collect()
    }

    /// Puts the counters back to what they were.
    pub fn go_back(&mut self, counters: Vec<Progress>) {
        self.campaigns.truncate(counters.len());
        for (loaded, progress) in self.campaigns.iter_mut().zip(counters) {
            *loaded.progress = progress;
        }
    }

    /// Who speaks for the newest order's acceptor, if not that itself.
    pub fn cashier(&self) -> Option<AccountId> {
        self.roles.get(self.cashier?).map(|((_, cashier), _)| *cashier)
    }

    /// Counts an order's discount against its cashier's day.
    /// # Errors
    /// `LimitReached`.
    pub fn count_cashier(&mut self, discount: Balance, now: Timestamp) -> Result<(), Refusal> {
        match self.cashier.and_then(|place| self.roles.get_mut(place)) {
            Some((_, role)) => role.count(discount, now),
            None => Ok(()),
        }
    }

    /// What `redeem` would do with the coupons in this order when `caller` calls it for the acceptor, consent apart.
    /// # Errors
    /// As `redeem`, but for consent.
    pub fn quote(
        mut self,
        order: &Order,
        presented: &[Presented],
        caller: AccountId,
        now: Timestamp,
    ) -> Result<Quote, Refusal> {
        check_order(order, now)?;
        payer(order, caller)?;
        self.number(order)?;
        let tray = self.weigh_all(order, presented, None, caller, now)?;
        let discount = tray.discount();
        if caller != order.acceptor && self.find_cashier(order.acceptor, caller) {
            self.count_cashier(discount, now)?;
        }
        let first = tray.accepted().next().ok_or(RegistryError::NothingApplied)?.id;
        let asset = self.load(first.campaign)?.campaign.terms.asset;
        let lines = tray.lines.into_iter().map(|(presented, line)| QuoteLine {
            coupon: presented.coupon,
            outcome: line.map(|weighed| weighed.discount).map_err(|refusal| *refusal),
        });
        Ok(Quote { discount, net: order.basket.saturating_sub(discount), asset, lines: lines.collect() })
    }

    /// An order weighed, whose acceptor and holders agree; and who pays on chain.
    #[inline(never)]
    pub fn agree(
        &mut self,
        order: &Order,
        permits: &Permits,
        scene: &Scene,
    ) -> Result<(Tray, Option<AccountId>), Refusal> {
        let presented = permits.presented();
        let payer = self.open(order, &presented, &permits.acceptor, scene)?;
        let consent = Some((permits.coupons.as_slice(), scene.domain));
        let tray = self.weigh_all(order, &presented, consent, scene.caller, scene.now)?;
        self.count_cashier(tray.discount(), scene.now)?;
        Ok((tray, payer))
    }

    /// What must be right before any coupon is looked at. Gives who pays on chain.
    #[inline(never)]
    pub fn open(
        &mut self,
        order: &Order,
        presented: &[Presented],
        signed: &Option<OrderPermit>,
        scene: &Scene,
    ) -> Result<Option<AccountId>, Refusal> {
        check_order(order, scene.now)?;
        let payer = payer(order, scene.caller)?;
        self.number(order)?;
        let acceptor = order.acceptor;
        match signed {
            Some(OrderPermit { signer, permit }) => {
                self.ensure_speaks_for(acceptor, *signer)?;
                let current = self.epoch_of(*signer);
                let subject = (presented, digest(order));
                let (domain, now) = (scene.domain, scene.now);
                let purpose = Purpose::Order;
                ensure_permitted(domain, *signer, purpose, &subject, permit, current, now)?;
            }
            None => self.ensure_speaks_for(acceptor, scene.caller)?,
        }
        Ok(payer)
    }

    /// Read once for orders that follow each other: no order changes it.
    fn epoch_of(&mut self, signer: AccountId) -> u32 {
        if let Some((known, epoch)) = self.signer {
            if known == signer {
                return epoch;
            }
        }
        let epoch = self.shelves.holder(signer).permit_epoch;
        self.signer = Some((signer, epoch));
        epoch
    }

    fn ensure_speaks_for(&mut self, acceptor: AccountId, signer: AccountId) -> Result<(), Refusal> {
        if signer == acceptor {
            self.cashier = None;
            Ok(())
        } else if self.find_cashier(acceptor, signer) {
            Ok(())
        } else {
            Err(RegistryError::NotAcceptor { signer }.into())
        }
    }

    /// Whether `signer` is a cashier of `acceptor`, and then speaks for it.
    fn find_cashier(&mut self, acceptor: AccountId, signer: AccountId) -> bool {
        let key = (acceptor, signer);
        self.cashier = self.roles.iter().position(|(known, _)| *known == key);
        if self.cashier.is_none() {
            if let Some(role) = self.shelves.get(items::ROLES, &key).filter(|role: &Role| role.cashier) {
                self.cashier = Some(self.roles.len());
                self.roles.push((key, role));
            }
        }
        self.cashier.is_some()
    }

    /// # Errors
    /// `CouponCount`, then for each coupon that isn't optional as `weigh_one`, `NothingApplied`.
    #[inline(never)]
    fn weigh_all(
        &mut self,
        order: &Order,
        presented: &[Presented],
        consent: Option<(&[CouponPermit], &Domain)>,
        caller: AccountId,
        now: Timestamp,
    ) -> Result<Tray, Refusal> {
        let count = u32::try_from(presented.len()).unwrap_or(u32::MAX);
        if count == 0 || count > MAX_COUPONS {
            return Err(RegistryError::CouponCount { presented: count, most: MAX_COUPONS }.into());
        }
        let hash = digest(order);
        let mut tray = Tray { hash, lines: Vec::with_capacity(presented.len()) };
        for (place, presented) in presented.iter().enumerate() {
            let eligible = order.eligible.saturating_sub(tray.discount());
            let asked = Asked { order, hash: &hash, caller, presented, eligible, company: count, now };
            let consent = match consent {
                Some((permits, domain)) => permits.get(place).map(|signed| (&signed.permit, domain)),
                None => None,
            };
            let line = self.weigh_one(&asked, &tray, consent, None);
            match line {
                Err(refusal) if !presented.optional => return Err(refusal),
                line => tray.lines.push((*presented, line)),
            }
        }
        if tray.accepted().next().is_none() {
            return Err(RegistryError::NothingApplied.into());
        }
        Ok(tray)
    }

    /// Whether an order can have one more coupon, and what that changes; the till's counters have it then.
    /// # Errors
    /// `DuplicateCoupon`, `NoSuchCoupon`, as `weigh`, `AssetMismatch`, `OutOfOrder`, `LimitReached` (of a holder), `AccountFrozen`,
    /// `NotFirstOrder`, then the holder's consent (`PermitMissing`, `PermitExpired`, `PermitCancelled`, `PermitInvalid`), `LimitReached` (of
    /// the campaign), `BudgetExhausted`.
    #[inline(never)]
    pub fn weigh_one(
        &mut self,
        asked: &Asked,
        tray: &Tray,
        consent: Option<(&Option<Permit>, &Domain)>,
        fresh: Option<Fresh>,
    ) -> Result<Box<Weighed>, Refusal> {
        let (id, now) = (asked.presented.coupon, asked.now);
        if tray.lines.iter().any(|(before, _)| before.coupon == id) {
            return Err(RegistryError::DuplicateCoupon { coupon: id }.into());
        }
        let (coupon, issued_usage) = match fresh {
            Some(Fresh { coupon, usage }) => (coupon, Some(usage)),
            None => {
                let found = self.shelves.get(items::COUPONS, &id.to_u64());
                (found.ok_or(RegistryError::NoSuchCoupon { coupon: id })?, None)
            }
        };
        let last = tray.accepted().last().map(|before| before.id.campaign);
        let last = match last {
            Some(campaign) => {
                let terms = &self.load(campaign)?.campaign.terms;
                Some((terms.asset, terms.stacking))
            }
            None => None,
        };
        let shelves = self.shelves;
        let loaded = self.load(id.campaign)?;
        let (campaign, terms) = (&*loaded.campaign, &loaded.campaign.terms);
        let discount = weigh(asked, &coupon, campaign, &loaded.progress)?;
        if let Some((asset, stacking)) = last {
            ensure_follows(id, (terms.asset, terms.stacking), (asset, stacking))?;
        }

        let owner = coupon.owner;
        let limits = &terms.limits;
        let usage = if limits.count_holders()
            || (issued_usage.is_some() && limits.issued_per_holder.is_some())
        {
            let same = |before: &&Weighed| before.id.campaign == id.campaign && before.coupon.owner == owner;
            let before = tray.accepted().filter(same).last().and_then(|before| before.usage);
            let mut usage = issued_usage
                .or(before)
                .unwrap_or_else(|| shelves.get(items::USAGE, &(id.campaign, owner)).unwrap_or_default());
            usage.count_use(limits, discount, now)?;
            Some(usage)
        } else {
            None
        };
        let customer =
            if terms.marks_first_order { first_order(shelves, asked, campaign, owner)? } else { None };
        let holder = match consent {
            Some((permit, domain)) => ensure_holder_agrees(shelves, asked, permit, owner, domain)?,
            None => None,
        };

        let mut progress = loaded.progress.clone();
        progress.spend((id.campaign, campaign), coupon.left, discount, now)?;
        let left_after = math::difference(coupon.left, terms.spent_by(discount))?;
        loaded.progress = progress;
        Ok(Box::new(Weighed { id, coupon, discount, left_after, holder, usage, customer }))
    }
}

/// What the issuer keeps of the holder, if this order changes it.
/// # Errors
/// `AccountFrozen`, unless escrow backs the coupon; `NotFirstOrder`, where the terms ask for that.
#[inline(never)]
fn first_order<S: Shelves>(
    shelves: S,
    asked: &Asked,
    campaign: &Campaign,
    account: AccountId,
) -> Result<Option<Customer>, Refusal> {
    let order = (asked.order.acceptor, asked.order.number);
    let mut customer =
        shelves.get(items::CUSTOMERS, &(campaign.issuer, account)).unwrap_or(Customer::default());
    if let Some(reason) = customer.frozen.filter(|_| !campaign.is_backed()) {
        return Err(RegistryError::AccountFrozen { account, reason }.into());
    }
    match customer.first_order {
        None => {
            customer.first_order = Some(order);
            Ok(Some(customer))
        }
        Some((acceptor, number)) if campaign.terms.audience == Audience::FirstOrder => {
            let coupon = asked.presented.coupon;
            Err(RegistryError::NotFirstOrder { coupon, acceptor, number }.into())
        }
        Some(_) => Ok(None),
    }
}

/// Gives the holder's record where it was read.
/// # Errors
/// `PermitMissing`, `PermitExpired`, `PermitCancelled`, `PermitInvalid`.
fn ensure_holder_agrees<S: Shelves>(
    shelves: S,
    asked: &Asked,
    permit: &Option<Permit>,
    owner: AccountId,
    domain: &Domain,
) -> Result<Option<Holder>, Refusal> {
    let Some(permit) = permit else {
        return if asked.caller == owner {
            Ok(None)
        } else {
            Err(RegistryError::PermitMissing { coupon: asked.presented.coupon }.into())
        };
    };
    let holder = shelves.holder(owner);
    let subject = (asked.presented, asked.hash);
    let (epoch, now) = (holder.permit_epoch, asked.now);
    ensure_permitted(domain, owner, Purpose::Spend, &subject, permit, epoch, now)?;
    Ok(Some(holder))
}

/// Whether a coupon may come after the one before it.
/// # Errors
/// `AssetMismatch`, `OutOfOrder`.
fn ensure_follows(
    coupon: CouponId,
    (asset, stacking): (Asset, Stacking),
    (last_asset, last_stacking): (Asset, Stacking),
) -> Result<(), Refusal> {
    if asset != last_asset {
        return Err(RegistryError::AssetMismatch { coupon }.into());
    }
    match (stacking, last_stacking) {
        (Stacking::Common { priority }, Stacking::Common { priority: after }) if priority < after => {
            Err(RegistryError::OutOfOrder { coupon, priority, after }.into())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
