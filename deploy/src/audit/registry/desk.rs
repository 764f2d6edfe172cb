//! What follows a redemption or a coupon's end, through the service desk. Also the desk's own storage.
use super::{
    counters, office::Issue, Awaiting, Due, RegistryReplay, COUPONS, CREDITS, CUSTOMERS, HOLDERS, PROGRESS,
};
use crate::audit::{
    contradiction::{ensure_rule, ensure_same, ensure_some, Contradiction},
    decode::DeskEvent,
    storage::{Describe, Table},
};
use ::desk::{events, redemptions::RATING_WINDOW};
use shared::{
    campaigns::Campaign,
    coupons::{Coupon, Lock},
    ids::{CampaignId, CouponId},
    math::share_down,
    registry::Scope,
    AccountId, Hash, Timestamp,
};

const DESK: Table<(), Books> = Table::new(0, "desk");
const RATED: Table<(AccountId, u64, AccountId), ()> = Table::new(0x31, "rating");
const FRIENDS: Table<(CampaignId, AccountId), u32> = Table::new(0x32, "friends of an advocate");

/// Every table of the desk's own.
pub(in crate::audit) const LAYOUT: &[&dyn Describe] = &[&DESK, &RATED, &FRIENDS];

/// The desk's fields as they stand in its storage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode)]
struct Books {
    registry: AccountId,
    chain_tag: Hash,
}

impl RegistryReplay {
    pub(super) fn desk_event(&mut self, event: &DeskEvent, now: Timestamp) -> Result<(), Contradiction> {
        match event {
            DeskEvent::DeskOpened(event) => self.desk_opened(event),
            DeskEvent::OrderRolledBack(event) => self.rolled_back(event, now),
            DeskEvent::CouponsReserved(event) => self.reserved(event, now),
            DeskEvent::CouponReleased(event) => self.released(event),
            DeskEvent::CouponExpired(event) => self.expired(event, now),
            DeskEvent::CouponSplit(event) => self.split(event, now),
            DeskEvent::CouponsMerged(event) => self.merged(event, now),
            DeskEvent::AdvocateRewarded(event) => self.rewarded(event, now),
            DeskEvent::RedemptionRated(event) => self.rated(event),
            DeskEvent::RedemptionForgotten(event) => {
                let redemption = self.kept(event.acceptor, event.number)?;
                let until = redemption.final_at.saturating_add(RATING_WINDOW);
                ensure_rule("a redemption is kept for as long as it can be rated", now >= until)?;
                self.forget(&redemption)
            }
            DeskEvent::PermitsCancelled(event) => self.permits_cancelled(event),
            DeskEvent::CreditWithdrawn(event) => self.credit_withdrawn(event),
        }
    }

    fn desk_opened(&mut self, event: &events::DeskOpened) -> Result<(), Contradiction> {
        if self.desk.get(&DESK, &()).is_some() {
            return Err(Contradiction::CreatedTwice);
        }
        ensure_same("the desk's registry", self.branches.registry, event.registry)?;
        ensure_same("the chain's tag", self.root()?.chain_tag, event.chain_tag)?;
        let books = Books { registry: event.registry, chain_tag: event.chain_tag };
        self.desk.set(&DESK, &(), &books);
        Ok(())
    }

    fn reserved(&mut self, event: &events::CouponsReserved, now: Timestamp) -> Result<(), Contradiction> {
        ensure_rule("a reservation has a future", event.until > now)?;
        for id in &event.coupons {
            let coupon = self.coupon(*id)?;
            let ttl = self.campaign(id.campaign)?.terms.reservation_ttl;
            let other = coupon.lock.filter(|lock| now < lock.until && lock.order != event.order);
            ensure_rule(
                "a coupon is reserved that isn't frozen and not reserved for another order, for no longer than its terms allow",
                coupon.frozen.is_none() && other.is_none() && event.until <= now.saturating_add(ttl),
            )?;
            let lock = Some(Lock { order: event.order, until: event.until });
            self.ledger.set(&COUPONS, &(*id).into(), &Coupon { lock, ..coupon });
        }
        Ok(())
    }

    fn released(&mut self, event: &events::CouponReleased) -> Result<(), Contradiction> {
        let coupon = self.coupon(event.coupon)?;
        ensure_rule("only a reserved coupon is released", coupon.lock.is_some())?;
        self.ledger.set(&COUPONS, &event.coupon.into(), &Coupon { lock: None, ..coupon });
        Ok(())
    }

    fn expired(&mut self, event: &events::CouponExpired, now: Timestamp) -> Result<(), Contradiction> {
        let id = event.coupon;
        let coupon = self.coupon(id)?;
        let terms = self.campaign(id.campaign)?.terms;
        let mut progress = self.progress(id.campaign)?;
        ensure_rule("a coupon expires at its end", now >= coupon.valid_until.min(progress.redeem_ends))?;
        ensure_rule("an empty coupon is cleared", event.cleared || coupon.left > 0)?;
        let backing = counters::backing(&terms, coupon.left)?;
        let to_holder = share_down(backing, terms.breakage.holder_bps);
        let to_fund = terms.breakage.fund.map_or(0, |(_, bps)| share_down(backing, bps));
        ensure_same("the holder's share", to_holder, event.to_holder)?;
        ensure_same("the fund's share", to_fund, event.to_fund)?;
        let reserved = progress.reserved.checked_sub(backing);
        progress.reserved = ensure_some("the reserved escrow", reserved)?;
        let left = progress.escrow_left.checked_sub(to_holder);
        let left = left.and_then(|left| left.checked_sub(to_fund));
        progress.escrow_left = ensure_some("escrow", left)?;
        self.ledger.set(&PROGRESS, &id.campaign, &progress);
        if event.cleared {
            self.awaiting = Awaiting::Going(id);
        } else {
            self.ledger.set(&COUPONS, &id.into(), &Coupon { left: 0, ..coupon });
        }
        self.till.pay_out(terms.asset, to_holder, coupon.owner, "coupon expired")?;
        match terms.breakage.fund {
            Some((fund, _)) => self.till.pay_out(terms.asset, to_fund, fund, "coupon expired"),
            None => Ok(()),
        }
    }

    /// A gift card that its holder may part or put together.
    fn divisible(&self, id: CouponId, now: Timestamp) -> Result<Coupon, Contradiction> {
        let coupon = self.coupon(id)?;
        let terms = self.campaign(id.campaign)?.terms;
        let locked = coupon.lock.is_some_and(|lock| now < lock.until);
        ensure_rule(
            "a gift card is parted or merged that is neither frozen nor reserved",
            terms.is_stored_value() && coupon.frozen.is_none() && !locked,
        )?;
        Ok(coupon)
    }

    fn split(&mut self, event: &events::CouponSplit, now: Timestamp) -> Result<(), Contradiction> {
        let events::CouponSplit { coupon: id, part, value } = *event;
        let coupon = self.divisible(id, now)?;
        let mut progress = self.progress(id.campaign)?;
        let next = CouponId { serial: counters::next_serial(&progress)?, ..id };
        ensure_same("the new gift card", next, part)?;
        ensure_rule("each part has some of the value", value > 0 && value < coupon.left)?;
        progress.parts = ensure_some("the parts", progress.parts.checked_add(1))?;
        self.ledger.set(&PROGRESS, &id.campaign, &progress);
        let left = ensure_some("a gift card's value", coupon.left.checked_sub(value))?;
        self.ledger.set(&COUPONS, &id.into(), &Coupon { left, ..coupon });
        let due = Due {
            id: part,
            owner: Some(coupon.owner),
            valid_until: coupon.valid_until,
            left: value,
            advocate: coupon.advocate,
            policy: coupon.policy,
            counts: false,
        };
        self.awaiting = Awaiting::Coming([due].into());
        Ok(())
    }

    fn merged(&mut self, event: &events::CouponsMerged, now: Timestamp) -> Result<(), Contradiction> {
        let (coupon, other) = (self.divisible(event.into, now)?, self.divisible(event.from, now)?);
        ensure_rule(
            "two gift cards of one holder and campaign are merged",
            event.into != event.from
                && event.into.campaign == event.from.campaign
                && coupon.owner == other.owner,
        )?;
        let left = ensure_some("a gift card's value", coupon.left.checked_add(other.left))?;
        let valid_until = coupon.valid_until.min(other.valid_until);
        self.ledger.set(&COUPONS, &event.into.into(), &Coupon { left, valid_until, ..coupon });
        self.awaiting = Awaiting::Going(event.from);
        Ok(())
    }

    fn rewarded(&mut self, event: &events::AdvocateRewarded, now: Timestamp) -> Result<(), Contradiction> {
        self.ensure_open(Scope::Claims)?;
        let redemption = self.kept(event.acceptor, event.number)?;
        ensure_rule("a friend's first order is final", now >= redemption.final_at)?;
        let friends_coupon = event.friends_coupon;
        let used = redemption.uses.iter().find(|used| used.coupon == friends_coupon);
        let used = used.ok_or_else(|| super::missing_coupon(friends_coupon))?;
        ensure_same("the advocate", used.advocate, Some(event.advocate))?;
        ensure_same("the friend", used.holder, event.friend)?;
        ensure_rule("nobody is their own advocate", event.advocate != event.friend)?;
        let campaign = self.campaign(friends_coupon.campaign)?;
        let referral = campaign.terms.referral.ok_or_else(|| Contradiction::Missing {
            item: format!("reward for friends of campaign {}", friends_coupon.campaign),
        })?;
        let at = (used.issuer, used.holder);
        let mut customer = self.ledger.found(&CUSTOMERS, &at)?;
        ensure_rule(
            "an advocate is rewarded once for a friend, for the first order",
            customer.first_order == Some((event.acceptor, event.number)) && !customer.rewarded,
        )?;
        customer.rewarded = true;
        self.ledger.set(&CUSTOMERS, &at, &customer);
        let friends_at = (friends_coupon.campaign, event.advocate);
        let friends = self.desk.get(&FRIENDS, &friends_at).unwrap_or(0);
        ensure_rule("an advocate's most friends", friends < referral.per_advocate)?;
        self.desk.set(&FRIENDS, &friends_at, &friends.saturating_add(1));

        ensure_same("the reward's campaign", referral.reward, event.coupon.campaign)?;
        let Campaign { issuer, terms } = self.campaign(referral.reward)?;
        ensure_same("the issuer of the reward", campaign.issuer, issuer)?;
        let reward = Issue {
            campaign: referral.reward,
            first_serial: event.coupon.serial,
            count: 1,
            valid_until: event.valid_until,
            advocate: None,
        };
        self.issue(&reward, &terms, Some(event.advocate), now)
    }

    fn rated(&mut self, event: &events::RedemptionRated) -> Result<(), Contradiction> {
        let redemption = self.kept(event.acceptor, event.number)?;
        ensure_rule("a rating has one to five stars", (1..=5).contains(&event.stars))?;
        ensure_rule(
            "a redemption is rated by a holder",
            redemption.uses.iter().any(|used| used.holder == event.holder),
        )?;
        let key = (event.acceptor, event.number, event.holder);
        if self.desk.get(&RATED, &key).is_some() {
            return Err(Contradiction::UsedTwice { what: RATED.item_words(&key) });
        }
        self.desk.set(&RATED, &key, &());
        Ok(())
    }

    fn permits_cancelled(&mut self, event: &events::PermitsCancelled) -> Result<(), Contradiction> {
        let mut holder = self.ledger.get(&HOLDERS, &event.account).unwrap_or_default();
        let next = ensure_some("the permits' epoch", holder.permit_epoch.checked_add(1))?;
        ensure_same("the permits' epoch", next, event.epoch)?;
        holder.permit_epoch = event.epoch;
        self.ledger.set(&HOLDERS, &event.account, &holder);
        Ok(())
    }

    fn credit_withdrawn(&mut self, event: &events::CreditWithdrawn) -> Result<(), Contradiction> {
        let key = (event.account, event.asset);
        ensure_same("the credit", self.ledger.found(&CREDITS, &key)?, event.amount)?;
        self.ledger.remove(&CREDITS, &key);
        self.till.pay_out(event.asset, event.amount, event.account, "credit withdrawn")
    }
}
