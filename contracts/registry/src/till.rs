//! Spending: quoting, redeeming one order or a batch, claiming and redeeming at once. `quote` and `redeem` run the same `weigh_one`.
//!
//! A `Till` is a working copy of what orders share (campaigns, counters, words of order numbers, a cashier's day), read once and written once
//! however many orders a call has.
use crate::{
    book::Book,
    redemptions::{self, Asked, MAX_COUPONS},
    shelf::Shelf as _,
};
use ink::prelude::{boxed::Box, vec::Vec};
use shared::{
    assets::Asset,
    bits::Bits,
    campaigns::{Campaign, Progress, Usage},
    claims::CodeClaim,
    coupons::{Coupon, Customer, Holder, Role},
    ids::{CampaignId, CouponId},
    math,
    order::{digest, Order, Quote, QuoteLine, Redemption, Refused, Use},
    permit::{ensure_permitted, CouponPermit, Domain, OrderPermit, Permit, Permits, Presented, Purpose},
    registry::{Refusal, RegistryError},
    terms::{Acceptance, Audience, Stacking},
    AccountId, Balance, Hash, Timestamp,
};

/// What a call knows besides its orders.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub caller: AccountId,
    pub domain: &'a Domain,
    pub now: Timestamp,
}

/// A working copy of what orders share.
#[derive(Default)]
pub struct Till {
    campaigns: Vec<Loaded>,
    words: Vec<Word>,
    role: Option<((AccountId, AccountId), Role)>,
}

struct Loaded {
    number: CampaignId,
    campaign: Box<Campaign>,
    progress: Box<Progress>,
}

/// Used order numbers.
struct Word {
    key: (AccountId, u64),
    bits: Bits,
    changed: bool,
}

/// A coupon that an order can have, and what having it changes.
struct Weighed {
    id: CouponId,
    coupon: Coupon,
    discount: Balance,
    left_after: Balance,
    /// Its holder's record, where a permit made it be read.
    holder: Option<Holder>,
    usage: Option<Usage>,
    customer: Option<Customer>,
}

/// An order weighed whole.
struct Tray {
    hash: Hash,
    lines: Vec<(Presented, Result<Box<Weighed>, Refusal>)>,
}

impl Tray {
    fn accepted(&self) -> impl Iterator<Item = &Weighed> {
        self.lines.iter().filter_map(|(_, line)| line.as_ref().ok()).map(|weighed| &**weighed)
    }

    fn discount(&self) -> Balance {
        self.accepted().fold(0, |sum: Balance, weighed| sum.saturating_add(weighed.discount))
    }
}

/// A coupon that has just been claimed and isn't in storage.
struct Fresh {
    coupon: Coupon,
    usage: Usage,
}

impl Till {
    #[inline(never)]
    fn load(&mut self, book: &Book, number: CampaignId) -> Result<&mut Loaded, Refusal> {
        let place = match self.campaigns.iter().position(|loaded| loaded.number == number) {
            Some(place) => place,
            None => {
                let (campaign, progress) = (book.campaign(number)?, book.progress(number)?);
                self.campaigns.push(Loaded { number, campaign, progress });
                self.campaigns.len().saturating_sub(1)
            }
        };
        Ok(self.campaigns.get_mut(place).ok_or(RegistryError::NoSuchCampaign { campaign: number })?)
    }

    /// The order's word, and its number's bit there.
    /// # Errors
    /// `OrderUsed`.
    #[inline(never)]
    fn number(&mut self, book: &Book, order: &Order) -> Result<(&mut Word, u8), Refusal> {
        let (word, bit) = Bits::locate(order.number);
        let key = (order.acceptor, word);
        let place = match self.words.iter().position(|word| word.key == key) {
            Some(place) => place,
            None => {
                let bits = book.orders.read(key).unwrap_or_default();
                self.words.push(Word { key, bits, changed: false });
                self.words.len().saturating_sub(1)
            }
        };
        match self.words.get_mut(place) {
            Some(word) if !word.bits.is_set(bit) => Ok((word, bit)),
            Some(_) | None => Err(RegistryError::OrderUsed { number: order.number }.into()),
        }
    }

    fn counters(&self) -> Vec<Progress> {
        self.campaigns.iter().map(|loaded| (*loaded.progress).clone()).collect()
    }

    fn go_back(&mut self, counters: Vec<Progress>) {
        self.campaigns.truncate(counters.len());
        for (loaded, progress) in self.campaigns.iter_mut().zip(counters) {
            *loaded.progress = progress;
        }
    }

    /// Counts an order's discount against its cashier's day.
    /// # Errors
    /// `LimitReached`.
    fn count_cashier(&mut self, discount: Balance, now: Timestamp) -> Result<(), Refusal> {
        match &mut self.role {
            Some((_, role)) => role.count(discount, now),
            None => Ok(()),
        }
    }
}

impl Book {
    /// What `redeem` would do with the coupons in this order when `caller` calls it for the acceptor, consent apart.
    /// # Errors
    /// As `redeem`, but for consent.
    #[inline(never)]
    pub fn quote(
        &self,
        order: &Order,
        presented: &[Presented],
        caller: AccountId,
        now: Timestamp,
    ) -> Result<Quote, Refusal> {
        let mut till = Till::default();
        redemptions::check_order(order, now)?;
        redemptions::payer(order, caller)?;
        till.number(self, order)?;
        let tray = self.weigh_all(&mut till, order, presented, None, caller, now)?;
        let discount = tray.discount();
        if caller != order.acceptor && self.find_cashier(&mut till, order.acceptor, caller) {
            till.count_cashier(discount, now)?;
        }
        let first = tray.accepted().next().ok_or(RegistryError::NothingApplied)?.id;
        let asset = till.load(self, first.campaign)?.campaign.terms.asset;
        let lines = tray.lines.into_iter().map(|(presented, line)| QuoteLine {
            coupon: presented.coupon,
            outcome: line.map(|weighed| weighed.discount).map_err(|refusal| *refusal),
        });
        Ok(Quote { discount, net: order.basket.saturating_sub(discount), asset, lines: lines.collect() })
    }

    /// Spends coupons on an order; `close` writes what the till has of it.
    ///
    /// Touches, for one coupon: 3 (order word twice, record), 3 (campaign, progress twice), 2 (coupon), 2 for its holder where it is used up, 2 each where the
    /// terms count holders' uses or mark first orders, 1 for a cashier, and another where it has a daily cap, and 1 for an acceptor's
    /// permit.
    /// # Errors
    /// `EligibleOverBasket`, `OrderExpired`, `AcceptorIsPayer`, `OrderUsed`, then the acceptor's consent (`NotAcceptor`,
    /// `PermitExpired`, `PermitCancelled`, `PermitInvalid`), `CouponCount`, as `weigh_one` for the first coupon that isn't optional and is
    /// refused, `NothingApplied`, `LimitReached` for a cashier's day. An error leaves the till's counters as they were.
    #[inline(never)]
    pub fn redeem(
        &mut self,
        till: &mut Till,
        order: &Order,
        permits: &Permits,
        scene: &Scene,
    ) -> Result<Box<Redemption>, Refusal> {
        let counters = till.counters();
        match self.agree(till, order, permits, scene) {
            Ok((tray, payer)) => self.record(till, order, tray, payer, scene, false),
            Err(refusal) => {
                till.go_back(counters);
                Err(refusal)
            }
        }
    }

    /// A code's coupon, spent as it is claimed: no token comes into being. Gives the serial it would have had, and until when it would have been good.
    ///
    /// Touches: as `redeem`, less 4 for the coupon and its holder, and 3 for the code.
    /// # Errors
    /// As `redeem` up to the acceptor's consent; `NoSuchCampaign`, as `Book::use_code`, `IssueWindowClosed`, `IssuingStopped`, `SupplyExhausted`,
    /// `EscrowShort`, `HolderLimit`, as `weigh_one`, `NotOneUse` where one use doesn't use the coupon up, `LimitReached` for a cashier's day.
    #[inline(never)]
    pub fn claim_and_redeem(
        &mut self,
        claim: &CodeClaim,
        order: &Order,
        signed: &Option<OrderPermit>,
        scene: &Scene,
    ) -> Result<(CouponId, Timestamp, Box<Redemption>), Refusal> {
        let (campaign, now) = (claim.campaign, scene.now);
        let mut till = Till::default();
        let unclaimed = [CouponId { campaign, serial: 0 }.into()];
        let payer = self.open(&mut till, order, &unclaimed, signed, scene)?;
        let hash = digest(order);
        let loaded = till.load(self, campaign)?;
        self.use_code(claim, &loaded.campaign.terms, Some(&hash), scene.domain)?;
        let serial = loaded.progress.issue(&loaded.campaign, 1, now)?;
        let terms = &loaded.campaign.terms;
        let mut usage = self.usage(campaign, claim.to);
        usage.count_issue(&terms.limits)?;
        let valid_until = terms.valid_until(now);
        let fresh = Fresh { coupon: Coupon::new(claim.to, valid_until, terms, claim.advocate), usage };
        let mut tray = Tray { hash, lines: Vec::new() };
        let presented = Presented::from(CouponId { campaign, serial });
        let asked = Asked {
            order,
            hash: &hash,
            caller: scene.caller,
            presented: &presented,
            eligible: order.eligible,
            company: 1,
            now,
        };
        let weighed = self.weigh_one(&mut till, &asked, &tray, None, Some(fresh))?;
        if weighed.left_after > 0 {
            return Err(RegistryError::NotOneUse { campaign }.into());
        }
        tray.lines.push((presented, Ok(weighed)));
        till.count_cashier(tray.discount(), now)?;
        let redemption = self.record(&mut till, order, tray, payer, scene, true)?;
        self.close(till);
        Ok((presented.coupon, valid_until, redemption))
    }

    /// Writes what orders shared.
    #[inline(never)]
    pub fn close(&mut self, till: Till) {
        for Loaded { number, progress, .. } in &till.campaigns {
            self.progress.write(*number, &**progress);
        }
        for Word { key, bits, .. } in till.words.iter().filter(|word| word.changed) {
            self.orders.write(*key, bits);
        }
        if let Some((key, role)) = till.role.filter(|(_, role)| role.daily_cap.is_some()) {
            self.roles.write(key, &role);
        }
    }

    /// An order weighed, whose acceptor and holders agree; and who pays on chain.
    #[inline(never)]
    fn agree(
        &self,
        till: &mut Till,
        order: &Order,
        permits: &Permits,
        scene: &Scene,
    ) -> Result<(Tray, Option<AccountId>), Refusal> {
        let presented = permits.presented();
        let payer = self.open(till, order, &presented, &permits.acceptor, scene)?;
        let consent = Some((permits.coupons.as_slice(), scene.domain));
        let tray = self.weigh_all(till, order, &presented, consent, scene.caller, scene.now)?;
        till.count_cashier(tray.discount(), scene.now)?;
        Ok((tray, payer))
    }

    /// What must be right before any coupon is looked at. Gives who pays on chain.
    #[inline(never)]
    fn open(
        &self,
        till: &mut Till,
        order: &Order,
        presented: &[Presented],
        signed: &Option<OrderPermit>,
        scene: &Scene,
    ) -> Result<Option<AccountId>, Refusal> {
        redemptions::check_order(order, scene.now)?;
        let payer = redemptions::payer(order, scene.caller)?;
        till.number(self, order)?;
        let acceptor = order.acceptor;
        match signed {
            Some(OrderPermit { signer, permit }) => {
                self.ensure_speaks_for(till, acceptor, *signer)?;
                let current = self.holder(*signer).permit_epoch;
                let subject = (presented, digest(order));
                let (domain, now) = (scene.domain, scene.now);
                let purpose = Purpose::Order;
                ensure_permitted(domain, *signer, purpose, &subject, permit, current, now)?;
            }
            None => self.ensure_speaks_for(till, acceptor, scene.caller)?,
        }
        Ok(payer)
    }

    fn ensure_speaks_for(
        &self,
        till: &mut Till,
        acceptor: AccountId,
        signer: AccountId,
    ) -> Result<(), Refusal> {
        if signer == acceptor {
            till.role = None;
            Ok(())
        } else if self.find_cashier(till, acceptor, signer) {
            Ok(())
        } else {
            Err(RegistryError::NotAcceptor { signer }.into())
        }
    }

    /// Whether `signer` is a cashier of `acceptor`, whose role the till then has.
    fn find_cashier(&self, till: &mut Till, acceptor: AccountId, signer: AccountId) -> bool {
        let key = (acceptor, signer);
        if till.role.is_none_or(|(known, _)| known != key) {
            till.role = self.roles.read(key).filter(|role| role.cashier).map(|role| (key, role));
        }
        till.role.is_some()
    }

    /// # Errors
    /// `CouponCount`, then for each coupon that isn't optional as `weigh_one`, `NothingApplied`.
    #[inline(never)]
    fn weigh_all(
        &self,
        till: &mut Till,
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
            let line = self.weigh_one(till, &asked, &tray, consent, None);
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
    /// `DuplicateCoupon`, `NoSuchCoupon`, as `redemptions::weigh`, `AssetMismatch`, `OutOfOrder`, `LimitReached` (of a holder), `AccountFrozen`,
    /// `NotFirstOrder`, then the holder's consent (`PermitMissing`, `PermitExpired`, `PermitCancelled`, `PermitInvalid`), `LimitReached` (of
    /// the campaign), `BudgetExhausted`.
    #[inline(never)]
    fn weigh_one(
        &self,
        till: &mut Till,
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
            None => (self.coupon(id).ok_or(RegistryError::NoSuchCoupon { coupon: id })?, None),
        };
        let last = tray.accepted().last().map(|before| before.id.campaign);
        let last = match last {
            Some(campaign) => {
                let terms = &till.load(self, campaign)?.campaign.terms;
                Some((terms.asset, terms.stacking))
            }
            None => None,
        };
        let loaded = till.load(self, id.campaign)?;
        let (campaign, terms) = (&*loaded.campaign, &loaded.campaign.terms);
        let discount = redemptions::weigh(asked, &coupon, campaign, &loaded.progress)?;
        if let Some((asset, stacking)) = last {
            ensure_follows(id, (terms.asset, terms.stacking), (asset, stacking))?;
        }

        let owner = coupon.owner;
        let limits = &terms.limits;
        let usage = if limits.count_holders() || (issued_usage.is_some() && limits.issued_per_holder.is_some())
        {
            let same = |before: &&Weighed| before.id.campaign == id.campaign && before.coupon.owner == owner;
            let before = tray.accepted().filter(same).last().and_then(|before| before.usage);
            let mut usage = issued_usage.or(before).unwrap_or_else(|| self.usage(id.campaign, owner));
            usage.count_use(limits, discount, now)?;
            Some(usage)
        } else {
            None
        };
        let customer = if terms.marks_first_order {
            self.first_order(asked, campaign, owner)?
        } else {
            None
        };
        let holder = match consent {
            Some((permit, domain)) => self.ensure_holder_agrees(asked, permit, owner, domain)?,
            None => None,
        };

        let mut progress = loaded.progress.clone();
        progress.spend((id.campaign, campaign), coupon.left, discount, now)?;
        let left_after =
            math::difference(coupon.left, terms.spent_by(discount))?;
        loaded.progress = progress;
        Ok(Box::new(Weighed { id, coupon, discount, left_after, holder, usage, customer }))
    }

    /// What the issuer keeps of the holder, if this order changes it.
    /// # Errors
    /// `AccountFrozen`, unless escrow backs the coupon; `NotFirstOrder`, where the terms ask for that.
    #[inline(never)]
    fn first_order(
        &self,
        asked: &Asked,
        campaign: &Campaign,
        account: AccountId,
    ) -> Result<Option<Customer>, Refusal> {
        let order = (asked.order.acceptor, asked.order.number);
        let mut customer = self.customers.read((campaign.issuer, account)).unwrap_or_default();
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
    fn ensure_holder_agrees(
        &self,
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
        let holder = self.holder(owner);
        let subject = (asked.presented, asked.hash);
        let (epoch, now) = (holder.permit_epoch, asked.now);
        ensure_permitted(domain, owner, Purpose::Spend, &subject, permit, epoch, now)?;
        Ok(Some(holder))
    }

    /// Writes what an order changes of its own, and tells the till its number. A `claimed` coupon isn't in storage.
    /// # Errors
    /// `OrderUsed`, `Overflow`.
    #[inline(never)]
    fn record(
        &mut self,
        till: &mut Till,
        order: &Order,
        tray: Tray,
        payer: Option<AccountId>,
        scene: &Scene,
        claimed: bool,
    ) -> Result<Box<Redemption>, Refusal> {
        let now = scene.now;
        let (word, bit) = till.number(self, order)?;
        word.changed = word.bits.set(bit);
        let mut redemption = Box::new(Redemption {
            acceptor: order.acceptor,
            number: order.number,
            order: tray.hash,
            basket: order.basket,
            eligible: order.eligible,
            asset: Asset::Native,
            uses: Vec::with_capacity(tray.lines.len()),
            refused: Vec::new(),
            net: order.basket.saturating_sub(tray.discount()),
            payer,
            alliance: None,
            redeemed_at: now,
            final_at: now,
        });
        for (presented, line) in tray.lines {
            match line {
                Ok(weighed) => {
                    let campaign = &till.load(self, weighed.id.campaign)?.campaign;
                    if campaign.terms.acceptance == Acceptance::Alliance(scene.caller) {
                        redemption.alliance = Some(scene.caller);
                    }
                    self.spend(&weighed, campaign, &mut redemption, claimed)?;
                }
                Err(refusal) => {
                    let refused = Refused { coupon: presented.coupon, reason: refusal.index() };
                    redemption.refused.push(refused);
                }
            }
        }
        self.redemptions.write((order.acceptor, order.number), &digest(&*redemption));
        Ok(redemption)
    }

    /// Writes what one coupon's use changes.
    #[inline(never)]
    fn spend(
        &mut self,
        weighed: &Weighed,
        campaign: &Campaign,
        redemption: &mut Redemption,
        claimed: bool,
    ) -> Result<(), Refusal> {
        let Weighed { id, coupon, discount, left_after, .. } = *weighed;
        let holder = coupon.owner;
        if let Some(usage) = weighed.usage {
            self.usage.write((id.campaign, holder), &usage);
        }
        if let Some(customer) = weighed.customer {
            self.customers.write((campaign.issuer, holder), &customer);
        }
        if left_after > 0 {
            self.coupons.write(id.to_u64(), &Coupon { left: left_after, lock: None, ..coupon });
        } else if !claimed {
            let known = weighed.holder.filter(|_| redemption.uses.is_empty());
            let record = known.unwrap_or_else(|| self.holder(holder));
            self.end(id, holder, record)?;
        }
        let final_at = redemption.redeemed_at.saturating_add(campaign.terms.rollback_window);
        redemption.asset = campaign.terms.asset;
        redemption.final_at = redemption.final_at.max(final_at);
        redemption.uses.push(Use {
            coupon: id,
            holder,
            valid_until: coupon.valid_until,
            issuer: campaign.issuer,
            funding: campaign.terms.funding,
            advocate: coupon.advocate,
            left_before: coupon.left,
            left_after,
            discount,
        });
        Ok(())
    }
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
