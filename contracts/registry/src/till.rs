//! Spending: what an order that the till has weighed changes in storage.
use crate::book::Book;
use ink::prelude::{boxed::Box, vec::Vec};
use shared::{
    assets::Asset,
    campaigns::Campaign,
    claims::CodeClaim,
    coupons::Coupon,
    ids::CouponId,
    order::{digest, Order, Redemption, Refused, Use},
    permit::{OrderPermit, Permits, Presented},
    registry::{Refusal, RegistryError},
    shelf::{Shelf as _, Storage},
    terms::Acceptance,
    till::{Fresh, Loaded, Scene, Till, Tray, Weighed, Word},
    weighing::Asked,
    AccountId, Timestamp,
};

/// The most orders in a batch: with their permits they stay within the 16 kB that a call's input has.
pub const MAX_ORDERS: u32 = 50;
/// The most uses announced in one event: their 150 bytes each, and 260 for each order, stay under 16 kB.
pub const MAX_RUN: usize = 32;

/// A till over this contract's storage.
pub(crate) type Open = Till<Storage>;

impl Book {
    /// Spends coupons on an order; `close` writes what the till has of it.
    ///
    /// Touches, for one coupon: 2 (order word twice), 3 (campaign, progress twice), 1 (coupon, taken; another where it lives on), 2 for its holder where it is used up, 2 each where the
    /// terms count holders' uses or mark first orders, 1 for a cashier, and another where it has a daily cap, and 1 for an acceptor's
    /// permit, once for orders of a batch that follow each other with the same signer.
    /// # Errors
    /// `EligibleOverBasket`, `OrderExpired`, `AcceptorIsPayer`, `OrderUsed`, then the acceptor's consent (`NotAcceptor`,
    /// `PermitExpired`, `PermitCancelled`, `PermitInvalid`), `CouponCount`, as `weigh_one` for the first coupon that isn't optional and is
    /// refused, `NothingApplied`, `LimitReached` for a cashier's day. An inner error leaves all as it was; an outer one would mean that the books don't add up, and ends the
    /// call.
    #[inline(never)]
    pub(crate) fn redeem(
        &mut self,
        till: &mut Open,
        order: &Order,
        permits: &Permits,
        scene: &Scene,
    ) -> Result<Result<Box<Redemption>, Refusal>, Refusal> {
        // One coupon that the acceptor itself takes is counted last of all: a refusal leaves nothing to go back on.
        let counted_last =
            permits.coupons.len() <= 1 && permits.acceptor.is_none() && scene.caller == order.acceptor;
        let counters = if counted_last { None } else { Some(till.counters()) };
        match till.agree(order, permits, scene) {
            Ok((tray, payer)) => Ok(Ok(self.record(till, order, tray, payer, scene, false)?)),
            Err(refusal) => {
                if let Some(counters) = counters {
                    till.go_back(counters);
                }
                Ok(Err(refusal))
            }
        }
    }

    /// A code's coupon, spent as it is claimed: no token comes into being. Gives the serial it would have had, and until when it would have been good.
    ///
    /// Touches: as `redeem`, less 3 for the coupon and its holder, and 2 for the code.
    /// # Errors
    /// As `redeem` up to the acceptor's consent; `NoSuchCampaign`, as `Book::use_code`, `IssueWindowClosed`, `IssuingStopped`, `SupplyExhausted`,
    /// `EscrowShort`, `HolderLimit`, as `weigh_one`, `NotOneUse` where one use doesn't use the coupon up, `LimitReached` for a cashier's day.
    #[inline(never)]
    pub(crate) fn claim_and_redeem(
        &mut self,
        claim: &CodeClaim,
        order: &Order,
        signed: &Option<OrderPermit>,
        scene: &Scene,
    ) -> Result<(CouponId, Timestamp, Box<Redemption>), Refusal> {
        let (campaign, now) = (claim.campaign, scene.now);
        let mut till = Till::new(Storage);
        let unclaimed = [CouponId { campaign, serial: 0 }.into()];
        let payer = till.open(order, &unclaimed, signed, scene)?;
        let hash = digest(order);
        let loaded = till.load(campaign)?;
        self.use_code(claim, (&loaded.campaign.terms, &loaded.progress), Some(&hash), scene.domain)?;
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
        let weighed = till.weigh_one(&asked, &tray, None, Some(fresh))?;
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
    pub(crate) fn close(&mut self, till: Open) {
        for Loaded { number, progress, .. } in &till.campaigns {
            self.progress.write(*number, &**progress);
        }
        for Word { key, word, .. } in till.words.iter().filter(|word| word.changed) {
            self.orders.write(*key, word);
        }
        for (key, role) in till.roles.iter().filter(|(_, role)| role.daily_cap.is_some()) {
            self.roles.write(*key, role);
        }
    }

    /// Writes what an order changes of its own, and tells the till its number. A `claimed` coupon isn't in storage.
    /// # Errors
    /// `OrderUsed`, `Overflow`.
    #[inline(never)]
    fn record(
        &mut self,
        till: &mut Open,
        order: &Order,
        tray: Tray,
        payer: Option<AccountId>,
        scene: &Scene,
        claimed: bool,
    ) -> Result<Box<Redemption>, Refusal> {
        let now = scene.now;
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
            cashier: till.cashier(),
            redeemed_at: now,
            final_at: Timestamp::MAX,
        });
        for (presented, line) in tray.lines {
            match line {
                Ok(weighed) => {
                    let campaign = &till.load(weighed.id.campaign)?.campaign;
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
        if scene.passes_on {
            // The caller couldn't pass on what a rollback pays back.
            redemption.payer = redemption.uses.first().map(|used| used.holder);
        }
        let (word, place) = till.number(order)?;
        word.word.record(place, digest(&*redemption));
        word.changed = true;
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
        redemption.final_at = redemption.final_at.min(final_at);
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

#[cfg(test)]
mod tests;
