//! What orders do that take effect: coupons used or used up, and every counter they touch; and the inverse, whole or in part.
use super::{
    counters, missing_coupon, Awaiting, Due, RegistryReplay, COUPONS, CUSTOMERS, ORDERS, PROGRESS, ROLES,
    USAGE,
};
use crate::audit::contradiction::{ensure_rule, ensure_same, ensure_some, Contradiction};
use ::registry::events;
use desk::events::OrderRolledBack;
use shared::{
    calendar::DAY,
    campaigns::Campaign,
    coupons::Coupon,
    ids::CouponId,
    order::{digest, OrderWord, Redemption, Use},
    terms::{Acceptance, Audience, Card, Funding, Stacking, Terms},
    AccountId, Balance, Timestamp,
};
use std::collections::BTreeSet;

/// How many orders a batch has at most.
const MOST_AT_ONCE: usize = 50;

impl RegistryReplay {
    pub(super) fn redeemed(
        &mut self,
        event: &events::OrdersRedeemed,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let awaiting = std::mem::replace(&mut self.awaiting, Awaiting::Nothing);
        let fresh = match awaiting {
            Awaiting::Coming(mut due) if event.claimed && due.len() == 1 => due.pop_front(),
            Awaiting::Spent(spent) if !event.claimed => {
                ensure_same("the coupons used up", used_up(&event.redemptions), spent)?;
                None
            }
            Awaiting::Nothing if !event.claimed => {
                ensure_same("the coupons used up", used_up(&event.redemptions), Vec::new())?;
                None
            }
            other @ (Awaiting::Nothing
            | Awaiting::Coming(_)
            | Awaiting::Going(_)
            | Awaiting::Spent(_)
            | Awaiting::Returned(_)) => {
                self.awaiting = other;
                self.ensure_settled()?;
                return Err(Contradiction::Missing { item: "coupon claimed for the order".into() });
            }
        };
        ensure_rule("some order takes effect", !event.redemptions.is_empty())?;
        for redemption in &event.redemptions {
            ensure_same("the acceptor", event.acceptor, redemption.acceptor)?;
            self.redeem(redemption, fresh, now)?;
        }
        Ok(())
    }

    /// One order. `fresh` is its coupon where that was claimed at once.
    fn redeem(
        &mut self,
        redemption: &Redemption,
        fresh: Option<Due>,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let (acceptor, number) = (redemption.acceptor, redemption.number);
        ensure_same("the redemption's time", now, redemption.redeemed_at)?;
        ensure_rule("what is eligible is in the basket", redemption.eligible <= redemption.basket)?;
        ensure_rule("an order has coupons", !redemption.uses.is_empty())?;
        if let (Some(payer), Some(alliance)) = (redemption.payer, redemption.alliance) {
            let holder = redemption.uses.first().map(|used| used.holder);
            ensure_rule(
                "what is paid on chain through an alliance goes back to the holder, if at all, or to an alliance that is a person",
                Some(payer) == holder || payer == alliance,
            )?;
        }
        let (mut final_at, mut through_alliance) = (Timestamp::MAX, false);
        let (mut eligible, mut net) = (redemption.eligible, redemption.basket);
        let mut priority = None;
        for used in &redemption.uses {
            let terms = self.use_one(redemption, used, eligible, fresh, now)?;
            match terms.stacking {
                Stacking::Exclusive => {
                    ensure_same("the coupons beside an exclusive one", 1, presented(redemption))?
                }
                Stacking::Common { priority: this } => {
                    ensure_rule(
                        "coupons come in the order of their priority",
                        priority.is_none_or(|last| last <= this),
                    )?;
                    priority = Some(this);
                }
            }
            through_alliance |=
                redemption.alliance.is_some_and(|named| terms.acceptance == Acceptance::Alliance(named));
            final_at = final_at.min(now.saturating_add(terms.rollback_window));
            eligible = eligible.saturating_sub(used.discount);
            net = ensure_some("the net price", net.checked_sub(used.discount))?;
        }
        ensure_same("the net price", net, redemption.net)?;
        ensure_same("the end of the rollback window", final_at, redemption.final_at)?;
        ensure_same("whether it came through an alliance", through_alliance, redemption.alliance.is_some())?;
        self.count_cashier(redemption, now)?;
        self.record(redemption)?;
        self.last.push_back(redemption.clone());
        if self.last.len() > MOST_AT_ONCE {
            self.last.pop_front();
        }
        self.standing.insert((acceptor, number), redemption.clone());
        if let Some(payer) = redemption.payer {
            self.till.pass(redemption.asset, net, payer, acceptor, "order paid on chain");
        }
        let due = redemption.paid_from_escrow();
        self.till.pay_out(redemption.asset, due, acceptor, "discount from escrow")
    }

    /// What a cashier accepts counts against its day (UTC).
    fn count_cashier(&mut self, redemption: &Redemption, now: Timestamp) -> Result<(), Contradiction> {
        let Some(cashier) = redemption.cashier else {
            return Ok(());
        };
        let at = (redemption.acceptor, cashier);
        let mut role = self.ledger.found(&ROLES, &at)?;
        ensure_rule("orders are accepted by the acceptor or its cashier", role.cashier)?;
        let Some(most) = role.daily_cap else {
            return Ok(());
        };
        let day = now.checked_div(DAY).and_then(|day| u32::try_from(day).ok());
        let day = ensure_some("a day", day)?;
        let before = if role.day == day { role.spent } else { 0 };
        (role.day, role.spent) =
            (day, ensure_some("a cashier's day", before.checked_add(redemption.discount()))?);
        ensure_rule("a cashier's cap for a day", role.spent <= most)?;
        self.ledger.set(&ROLES, &at, &role);
        Ok(())
    }

    fn record(&mut self, redemption: &Redemption) -> Result<(), Contradiction> {
        let (key, place) = located(redemption);
        let mut word = self.ledger.get(&ORDERS, &key).unwrap_or_default();
        if word.is_used(place) {
            return Err(Contradiction::UsedTwice { what: format!("order {}", redemption.number) });
        }
        word.record(place, digest(redemption));
        self.ledger.set(&ORDERS, &key, &word);
        Ok(())
    }

    /// One coupon's part in an order, of which those before have left `eligible`.
    fn use_one(
        &mut self,
        redemption: &Redemption,
        used: &Use,
        eligible: Balance,
        fresh: Option<Due>,
        now: Timestamp,
    ) -> Result<Terms, Contradiction> {
        let id = used.coupon;
        let coupon = match fresh {
            Some(due) => {
                ensure_same("the coupon claimed for the order", due.id, id)?;
                ensure_same("what is left of a coupon spent as it is claimed", 0, used.left_after)?;
                due.coupon(used.holder)
            }
            None => self.coupon(id)?,
        };
        let campaign = self.campaign(id.campaign)?;
        let mut progress = self.progress(id.campaign)?;
        ensure_use(redemption, used, &coupon, &campaign)?;
        let terms = campaign.terms;
        let locked = coupon.lock.is_some_and(|lock| now < lock.until && lock.order != redemption.order);
        ensure_rule(
            "a coupon is spent in its time, not while frozen, and not while reserved for another order",
            now >= terms.redeem_window.start
                && now < progress.redeem_ends
                && now < coupon.valid_until
                && coupon.frozen.is_none()
                && !locked,
        )?;
        ensure_discount(redemption, used, &terms, eligible)?;

        counters::spend(&mut progress, &terms, used, now)?;
        self.ledger.set(&PROGRESS, &id.campaign, &progress);
        self.course.entry(id.campaign).or_default().use_for(used.discount)?;
        self.use_by_holder(used, &terms, fresh.is_some(), now)?;
        self.mark_first_order(redemption, used, &terms)?;
        if used.left_after > 0 {
            let coupon = Coupon { left: used.left_after, lock: None, ..coupon };
            self.ledger.set(&COUPONS, &id.into(), &coupon);
        } else if fresh.is_some() {
            self.course.entry(id.campaign).or_default().end()?;
        } else {
            self.end(id, used.holder)?;
        }
        Ok(terms)
    }

    fn use_by_holder(
        &mut self,
        used: &Use,
        terms: &Terms,
        claimed: bool,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let issued_limit = terms.limits.issued_per_holder.filter(|_| claimed);
        if !terms.limits.count_holders() && issued_limit.is_none() {
            return Ok(());
        }
        let at = (used.coupon.campaign, used.holder);
        let mut usage = self.ledger.get(&USAGE, &at).unwrap_or_default();
        ensure_rule("an account's limit of coupons", issued_limit.is_none_or(|most| usage.issued < most))?;
        // A code spent as it is claimed counts as issued wherever anything is counted.
        usage.issued = usage.issued.saturating_add(claimed.into());
        counters::use_by(&mut usage, terms, used.discount, now)?;
        self.ledger.set(&USAGE, &at, &usage);
        Ok(())
    }

    fn mark_first_order(
        &mut self,
        redemption: &Redemption,
        used: &Use,
        terms: &Terms,
    ) -> Result<(), Contradiction> {
        if !terms.marks_first_order {
            return Ok(());
        }
        let (at, order) = ((used.issuer, used.holder), (redemption.acceptor, redemption.number));
        let mut customer = self.ledger.get(&CUSTOMERS, &at).unwrap_or_default();
        ensure_rule(
            "a frozen account spends only what escrow backs",
            customer.frozen.is_none() || terms.funding == Funding::Escrow,
        )?;
        match customer.first_order {
            None => {
                customer.first_order = Some(order);
                self.ledger.set(&CUSTOMERS, &at, &customer);
                Ok(())
            }
            // A coupon for first orders may come after another of the same order.
            Some(first) => ensure_rule(
                "a coupon for first orders is spent on none but the first",
                terms.audience != Audience::FirstOrder || first == order,
            ),
        }
    }

    pub(super) fn rolled_back(
        &mut self,
        event: &OrderRolledBack,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let returned = match std::mem::replace(&mut self.awaiting, Awaiting::Nothing) {
            Awaiting::Nothing => Vec::new(),
            Awaiting::Returned(returned) => returned,
            other @ (Awaiting::Coming(_) | Awaiting::Going(_) | Awaiting::Spent(_)) => {
                self.awaiting = other;
                return self.ensure_settled();
            }
        };
        let key = (event.acceptor, event.number);
        let missing = || Contradiction::Missing { item: format!("redemption {}", event.number) };
        let was = self.standing.get(&key).cloned().ok_or_else(missing)?;
        ensure_rule("a redemption becomes final", now < was.final_at)?;
        if let Some(remains) = &event.remains {
            ensure_part(&was, remains)?;
        }
        let mut back = Vec::new();
        for used in &was.uses {
            let kept = event.remains.as_ref().and_then(|remains| find(remains, used.coupon));
            back.extend(self.lower(&was, used, kept)?);
        }
        self.forget_first_order(&was, event.remains.as_ref())?;
        ensure_same("the coupons given back", back, returned)?;

        let (word_at, place) = located(&was);
        let mut word: OrderWord = self.ledger.found(&ORDERS, &word_at)?;
        ensure_same("the redemption rolled back", Some(digest(&was)), word.digest(place))?;
        word.amend(place, event.remains.as_ref().map(digest));
        self.ledger.set(&ORDERS, &word_at, &word);
        let remains = event.remains.as_ref();
        let (asset, acceptor) = (was.asset, was.acceptor);
        let kept = remains.map_or(0, Redemption::paid_from_escrow);
        let to_escrow = ensure_some("escrow", was.paid_from_escrow().checked_sub(kept))?;
        if let (Some(remains), Some(_)) = (remains, was.payer) {
            let less = was.net.checked_sub(remains.net);
            ensure_same("what the payer gets back", less, Some(event.to_payer))?;
        }
        ensure_rule("no more goes back than was paid", event.to_payer <= was.payer.map_or(0, |_| was.net))?;
        match event.remains.clone() {
            Some(remains) => self.standing.insert(key, remains),
            None => self.standing.remove(&key),
        };
        self.till.take_in(asset, to_escrow, acceptor, "discount back to escrow")?;
        match was.payer {
            Some(payer) => {
                let to_payer = event.to_payer;
                self.till.take_in(asset, to_payer, acceptor, "price of a rolled back order")?;
                self.till.pay_out(asset, to_payer, payer, "price of a rolled back order")
            }
            None => Ok(()),
        }
    }

    /// One coupon's part in a redemption becomes `kept`, or nothing. Gives the coupon that comes into being by it.
    fn lower(
        &mut self,
        was: &Redemption,
        used: &Use,
        kept: Option<&Use>,
    ) -> Result<Option<(CouponId, AccountId)>, Contradiction> {
        let number = used.coupon.campaign;
        let terms = self.campaign(number)?.terms;
        let (whole, back) = (kept.is_none(), counters::returned(used, kept)?);
        let mut progress = self.progress(number)?;
        counters::undo(&mut progress, &terms, used, kept, was.redeemed_at)?;
        self.course.entry(number).or_default().undo(whole, back)?;
        let usage_at = (number, used.holder);
        if terms.limits.count_holders() {
            let mut usage = self.ledger.found(&USAGE, &usage_at)?;
            counters::undo_by(&mut usage, &terms, whole, back, was.redeemed_at)?;
            self.ledger.set(&USAGE, &usage_at, &usage);
        }
        let after = kept.map_or(used.left_before, |kept| kept.left_after);
        let restored = ensure_some("what is left of a coupon", after.checked_sub(used.left_after))?;
        if restored == 0 {
            self.ledger.set(&PROGRESS, &number, &progress);
            return Ok(None);
        }
        let living = self.ledger.get(&COUPONS, &used.coupon.into());
        // A coupon that ended empty stays ended.
        if let Some(coupon) = living.filter(|coupon| coupon.owner == used.holder && coupon.left > 0) {
            let left = ensure_some("what is left of a coupon", coupon.left.checked_add(restored))?;
            self.ledger.set(&COUPONS, &used.coupon.into(), &Coupon { left, ..coupon });
            self.ledger.set(&PROGRESS, &number, &progress);
            return Ok(None);
        }
        ensure_rule(
            "a stamp comes back only to its card",
            used.left_after == 0 || !matches!(terms.card, Card::Stamps(_)) || terms.is_stored_value(),
        )?;
        let mut id = used.coupon;
        if living.is_some() {
            id.serial = counters::next_serial(&progress)?;
            progress.parts = ensure_some("the parts", progress.parts.checked_add(1))?;
        } else {
            self.course.entry(number).or_default().come_back()?;
        }
        self.ledger.set(&PROGRESS, &number, &progress);
        let coupon = Due {
            id,
            owner: None,
            valid_until: used.valid_until,
            left: restored,
            advocate: used.advocate,
            policy: terms.transfer,
            counts: false,
        }
        .coupon(used.holder);
        self.put(id, &coupon)?;
        Ok(Some((id, used.holder)))
    }

    /// An order of which all of a holder's uses are undone that mark first orders at an issuer wasn't the first there.
    fn forget_first_order(
        &mut self,
        was: &Redemption,
        remains: Option<&Redemption>,
    ) -> Result<(), Contradiction> {
        let order = Some((was.acceptor, was.number));
        let before = self.marking(was)?;
        let stay = remains.map(|remains| self.marking(remains)).transpose()?.unwrap_or_default();
        for at in before.difference(&stay) {
            let mut customer = self.ledger.get(&CUSTOMERS, at).unwrap_or_default();
            if customer.first_order == order {
                customer.first_order = None;
                self.ledger.set(&CUSTOMERS, at, &customer);
            }
        }
        Ok(())
    }

    /// Whose first orders, and at which issuers, a redemption could be.
    fn marking(&self, redemption: &Redemption) -> Result<BTreeSet<(AccountId, AccountId)>, Contradiction> {
        let mut marking = BTreeSet::new();
        for used in &redemption.uses {
            if self.campaign(used.coupon.campaign)?.terms.marks_first_order {
                marking.insert((used.issuer, used.holder));
            }
        }
        Ok(marking)
    }

    /// A redemption as it stands, whose record is still kept.
    pub(super) fn kept(&self, acceptor: AccountId, number: u64) -> Result<Redemption, Contradiction> {
        let missing = || Contradiction::Missing { item: format!("redemption {number}") };
        let redemption = self.standing.get(&(acceptor, number)).cloned().ok_or_else(missing)?;
        let (at, place) = located(&redemption);
        let word: OrderWord = self.ledger.found(&ORDERS, &at)?;
        ensure_same("the redemption's digest", word.digest(place), Some(digest(&redemption)))?;
        Ok(redemption)
    }

    /// Frees a redemption's record.
    pub(super) fn forget(&mut self, redemption: &Redemption) -> Result<(), Contradiction> {
        let (at, place) = located(redemption);
        let mut word: OrderWord = self.ledger.found(&ORDERS, &at)?;
        word.amend(place, None);
        self.ledger.set(&ORDERS, &at, &word);
        self.standing.remove(&(redemption.acceptor, redemption.number));
        Ok(())
    }
}

/// What a use says of its coupon and its campaign.
fn ensure_use(
    redemption: &Redemption,
    used: &Use,
    coupon: &Coupon,
    campaign: &Campaign,
) -> Result<(), Contradiction> {
    let Campaign { issuer, terms } = campaign;
    if coupon.owner != used.holder {
        return Err(missing_coupon(used.coupon));
    }
    ensure_same("the coupon's end", coupon.valid_until, used.valid_until)?;
    ensure_same("what is left of the coupon", coupon.left, used.left_before)?;
    ensure_same("the coupon's advocate", coupon.advocate, used.advocate)?;
    ensure_same("the coupon's issuer", *issuer, used.issuer)?;
    ensure_same("the coupon's funding", terms.funding, used.funding)?;
    ensure_same("the coupon's asset", terms.asset, redemption.asset)?;
    let by_issuer = redemption.acceptor == *issuer;
    let accepted = match &terms.acceptance {
        Acceptance::IssuerOnly => by_issuer,
        Acceptance::Listed(listed) => listed.contains(&redemption.acceptor),
        Acceptance::Alliance(named) => by_issuer || redemption.alliance == Some(*named),
    };
    ensure_rule("a coupon is accepted by whom its terms name", accepted)
}

/// What a use takes off, by the terms: less, where its holder asked for less.
fn ensure_discount(
    redemption: &Redemption,
    used: &Use,
    terms: &Terms,
    eligible: Balance,
) -> Result<(), Contradiction> {
    ensure_rule("a basket is large enough", redemption.basket >= terms.min_basket)?;
    ensure_rule(
        "no discount passes what the terms give",
        used.discount <= terms.discount(eligible, used.left_before),
    )?;
    ensure_rule(
        "a use takes something off, or is a stamp",
        used.discount > 0 || terms.is_stamp(used.left_before),
    )?;
    ensure_same(
        "what is left of the coupon after the use",
        used.left_before.checked_sub(terms.spent_by(used.discount)),
        Some(used.left_after),
    )
}

/// What a rollback in part leaves of a redemption: the same but for less of it.
fn ensure_part(was: &Redemption, remains: &Redemption) -> Result<(), Contradiction> {
    let same = Redemption {
        basket: remains.basket,
        eligible: remains.eligible,
        uses: remains.uses.clone(),
        net: remains.net,
        ..was.clone()
    };
    ensure_same("the redemption rolled back in part", &same, remains)?;
    let discount = remains.discount();
    ensure_same("the net price", remains.basket.checked_sub(discount), Some(remains.net))?;
    ensure_rule(
        "a rollback in part leaves less of the order, and some of it",
        remains.eligible <= remains.basket
            && remains.basket <= was.basket
            && remains.eligible <= was.eligible
            && (remains.basket, remains.eligible) != (was.basket, was.eligible)
            && !remains.uses.is_empty(),
    )?;
    for kept in &remains.uses {
        let used = find(was, kept.coupon).ok_or_else(|| missing_coupon(kept.coupon))?;
        let same = Use { left_after: kept.left_after, discount: kept.discount, ..*used };
        ensure_same("the use that is left", same, *kept)?;
    }
    let order: Vec<_> = was.uses.iter().filter(|used| find(remains, used.coupon).is_some()).collect();
    ensure_same("the uses that are left", order.len(), remains.uses.len())
}

fn find(redemption: &Redemption, coupon: CouponId) -> Option<&Use> {
    redemption.uses.iter().find(|used| used.coupon == coupon)
}

fn presented(redemption: &Redemption) -> usize {
    redemption.uses.len().saturating_add(redemption.refused.len())
}

fn used_up(redemptions: &[Redemption]) -> Vec<(CouponId, AccountId)> {
    let uses = redemptions.iter().flat_map(|redemption| &redemption.uses);
    uses.filter(|used| used.left_after == 0).map(|used| (used.coupon, used.holder)).collect()
}

fn located(redemption: &Redemption) -> ((AccountId, u64), u8) {
    let (word, place) = OrderWord::locate(redemption.number);
    ((redemption.acceptor, word), place)
}
