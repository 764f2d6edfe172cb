//! What is done to single coupons by their holders, their acceptors or anyone: ending, parting, merging, reserving, releasing. Value and backing are
//! conserved.
use shared::{
    books::Books,
    campaigns::Campaign,
    coupons::{ensure_held_by_person, Coupon, Holder, Lock, Role},
    ids::CouponId,
    ledger::items,
    math,
    order::{digest, Order, OrderWord},
    permit::{ensure_permitted, Domain, OrderPermit, Permit, Permits, Purpose},
    registry::{Refusal, RegistryError},
    terms::Acceptance,
    weighing::MAX_COUPONS,
    AccountId, Balance, Hash, Timestamp,
};

/// How long after its end a coupon that a contract holds, a market say, waits to come back to a person: 90 days, in milliseconds.
pub const CONTRACT_GRACE: u64 = 90 * 24 * 60 * 60 * 1_000;

/// How an ended coupon's backing was shared out.
pub struct Ended {
    /// It is gone; else it stays, empty, for its issuer or its holder to clear and have its deposit.
    pub cleared: bool,
    pub to_holder: Balance,
    pub to_fund: Balance,
}

/// # Errors
/// `NoSuchCampaign`, `NoSuchCoupon`, `NotExpired`, `HeldByContract`, `NoChange`, `Overflow`.
#[inline(never)]
pub fn expire(books: &mut Books, caller: AccountId, id: CouponId, now: Timestamp) -> Result<Ended, Refusal> {
    let (campaign, mut progress, coupon) = books.coupon(id)?;
    let ends_at = coupon.valid_until.min(progress.redeem_ends);
    if now < ends_at {
        return Err(RegistryError::NotExpired { coupon: id, ends_at }.into());
    }
    let by_owner = caller == coupon.owner;
    let held_by_person = ensure_held_by_person(&coupon);
    if !by_owner && now < ends_at.saturating_add(CONTRACT_GRACE) {
        held_by_person.clone()?;
    }
    // A market that holds it must still find it, to give it back.
    let cleared = by_owner || (caller == campaign.issuer && held_by_person.is_ok());
    if coupon.left == 0 && !cleared {
        return Err(RegistryError::NoChange.into());
    }
    let terms = &campaign.terms;
    let backing = progress.retire(&campaign, coupon.left)?;
    let to_holder = math::share_down(backing, terms.breakage.holder_bps);
    let to_fund = terms.breakage.fund.map_or(0, |(_, bps)| math::share_down(backing, bps));
    let paid = to_holder.checked_add(to_fund).ok_or(RegistryError::Overflow)?;
    progress.escrow_left = progress.escrow_left.checked_sub(paid).ok_or(RegistryError::Overflow)?;
    books.write_progress(id.campaign, &progress);
    if cleared {
        books.burn(id);
    } else {
        books.write_coupon(id, &Coupon { left: 0, ..coupon });
    }
    books.pay(terms.asset, coupon.owner, to_holder);
    if let Some((fund, _)) = terms.breakage.fund {
        books.pay(terms.asset, fund, to_fund);
    }
    Ok(Ended { cleared, to_holder, to_fund })
}

/// Gives the new coupon, with `value` of what `id` had.
/// # Errors
/// `NoSuchCampaign`, `NoSuchCoupon`, `NotHolder`, `CouponFrozen`, `CouponLocked`, `NotStoredValue`, `BadSplit`, `Overflow`.
#[inline(never)]
pub fn split(
    books: &mut Books,
    caller: AccountId,
    id: CouponId,
    value: Balance,
    now: Timestamp,
) -> Result<CouponId, Refusal> {
    let (campaign, mut progress, coupon) = books.coupon(id)?;
    ensure_divisible(&coupon, id, caller, now)?;
    if !campaign.terms.is_stored_value() {
        return Err(RegistryError::NotStoredValue { coupon: id }.into());
    }
    let rest = coupon.left.saturating_sub(value);
    if value == 0 || rest == 0 {
        return Err(RegistryError::BadSplit { asked: value, left: coupon.left }.into());
    }
    let part = CouponId { serial: progress.part()?, ..id };
    books.write_progress(id.campaign, &progress);
    books.write_coupon(id, &Coupon { left: rest, ..coupon });
    books.mint(part, Coupon { left: value, approved: None, lock: None, ..coupon });
    Ok(part)
}

/// # Errors
/// `MergeMismatch`, `NoSuchCampaign`, `NoSuchCoupon`, `NotHolder`, `CouponFrozen`, `CouponLocked`, `NotStoredValue`, `Overflow`.
#[inline(never)]
pub fn merge(
    books: &mut Books,
    caller: AccountId,
    into: CouponId,
    from: CouponId,
    now: Timestamp,
) -> Result<(), Refusal> {
    if into.campaign != from.campaign || into == from {
        return Err(RegistryError::MergeMismatch { into, from }.into());
    }
    let (campaign, _, coupon) = books.coupon(into)?;
    let (_, _, other) = books.coupon(from)?;
    ensure_divisible(&coupon, into, caller, now)?;
    ensure_divisible(&other, from, caller, now)?;
    if !campaign.terms.is_stored_value() {
        return Err(RegistryError::NotStoredValue { coupon: into }.into());
    }
    let left = coupon.left.checked_add(other.left).ok_or(RegistryError::Overflow)?;
    let valid_until = coupon.valid_until.min(other.valid_until);
    books.burn(from);
    books.write_coupon(into, &Coupon { left, valid_until, ..coupon });
    Ok(())
}

fn ensure_divisible(coupon: &Coupon, id: CouponId, caller: AccountId, now: Timestamp) -> Result<(), Refusal> {
    if caller != coupon.owner {
        return Err(RegistryError::NotHolder { holder: coupon.owner }.into());
    }
    coupon.ensure_not_frozen(id)?;
    coupon.ensure_not_locked(id, None, now)
}

/// The acceptor frees a coupon early by showing the order; anyone may once the reservation has ended.
/// # Errors
/// `NoSuchCampaign`, `NoSuchCoupon`, `NotReserved`, `CouponLocked`.
#[inline(never)]
pub fn release(
    books: &mut Books,
    caller: AccountId,
    id: CouponId,
    order: Option<&Order>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let (_, _, coupon) = books.coupon(id)?;
    let lock = coupon.lock.ok_or(RegistryError::NotReserved { coupon: id })?;
    let by_acceptor = order.is_some_and(|order| order.acceptor == caller && digest(order) == lock.order);
    if !by_acceptor {
        coupon.ensure_not_locked(id, None, now)?;
    }
    books.write_coupon(id, &Coupon { lock: None, ..coupon });
    Ok(())
}

/// What a reservation locks, and until when.
pub struct Reserved {
    /// The order's digest.
    pub order: Hash,
    pub until: Timestamp,
}

/// Locks coupons for an order whose acceptor and holders agree. The terms are looked at as the coupons are spent, and not now.
/// # Errors
/// `OrderExpired`, `OrderUsed`, the acceptor's consent (`NotAcceptor`, `PermitExpired`, `PermitCancelled`, `PermitInvalid`), `CouponCount`, and for each coupon
/// `NoSuchCampaign`, `NoSuchCoupon`, `CouponFrozen`, `CouponLocked`, `NoReservations`, `ForeignCoupon`, the holder's consent (`PermitMissing`, `PermitExpired`, `PermitCancelled`,
/// `PermitInvalid`).
#[inline(never)]
pub fn reserve(
    books: &mut Books,
    caller: AccountId,
    order: &Order,
    permits: &Permits,
    domain: &Domain,
    now: Timestamp,
) -> Result<Reserved, Refusal> {
    if now >= order.deadline {
        return Err(RegistryError::OrderExpired { deadline: order.deadline, now }.into());
    }
    // Who has seen an order's permits could lock what it left of its coupons again.
    let (number, place) = OrderWord::locate(order.number);
    let word: Option<OrderWord> = books.one(items::ORDERS, &(order.acceptor, number))?;
    if word.is_some_and(|word| word.is_used(place)) {
        return Err(RegistryError::OrderUsed { number: order.number }.into());
    }
    let hash = digest(order);
    ensure_acceptor_agrees(books, caller, order.acceptor, (permits, hash), domain, now)?;
    let presented = u32::try_from(permits.coupons.len()).unwrap_or(u32::MAX);
    if presented == 0 || presented > MAX_COUPONS {
        return Err(RegistryError::CouponCount { presented, most: MAX_COUPONS }.into());
    }
    let mut until = order.deadline;
    if let Some(signed) = &permits.acceptor {
        until = until.min(signed.permit.deadline);
    }
    let mut coupons = ink::prelude::vec::Vec::with_capacity(permits.coupons.len());
    for signed in &permits.coupons {
        let id = signed.presented.coupon;
        let (campaign, _, coupon) = books.coupon(id)?;
        coupon.ensure_not_frozen(id)?;
        coupon.ensure_not_locked(id, Some(&hash), now)?;
        let ttl = campaign.terms.reservation_ttl;
        if ttl == 0 {
            return Err(RegistryError::NoReservations { campaign: id.campaign }.into());
        }
        ensure_may_accept(&campaign, order.acceptor, id)?;
        let subject = (signed.presented, hash);
        match &signed.permit {
            Some(permit) => {
                ensure_signed(books, coupon.owner, Purpose::Spend, &subject, permit, domain, now)?;
                until = until.min(permit.deadline);
            }
            None if coupon.owner == caller => {}
            None => return Err(RegistryError::PermitMissing { coupon: id }.into()),
        }
        until = until.min(now.saturating_add(ttl));
        if let Some(lock) = coupon.locked(now) {
            until = until.min(lock.until);
        }
        coupons.push((id, coupon));
    }
    for (id, coupon) in coupons {
        books.write_coupon(id, &Coupon { lock: Some(Lock { order: hash, until }), ..coupon });
    }
    Ok(Reserved { order: hash, until })
}

/// Whether the terms may let the acceptor take the coupon; who is a member of an alliance only the alliance knows.
/// # Errors
/// `ForeignCoupon`.
fn ensure_may_accept(campaign: &Campaign, acceptor: AccountId, coupon: CouponId) -> Result<(), Refusal> {
    let may = match &campaign.terms.acceptance {
        Acceptance::IssuerOnly => acceptor == campaign.issuer,
        Acceptance::Listed(listed) => listed.contains(&acceptor),
        Acceptance::Alliance(_) => true,
    };
    if may {
        Ok(())
    } else {
        Err(RegistryError::ForeignCoupon { coupon }.into())
    }
}

fn ensure_acceptor_agrees(
    books: &Books,
    caller: AccountId,
    acceptor: AccountId,
    (permits, order): (&Permits, Hash),
    domain: &Domain,
    now: Timestamp,
) -> Result<(), Refusal> {
    let signer = permits.acceptor.as_ref().map_or(caller, |signed| signed.signer);
    if signer != acceptor {
        let role: Option<Role> = books.one(items::ROLES, &(acceptor, signer))?;
        if !role.is_some_and(|role| role.cashier) {
            return Err(RegistryError::NotAcceptor { signer }.into());
        }
    }
    match &permits.acceptor {
        Some(OrderPermit { permit, .. }) => {
            let subject = (permits.presented(), order);
            ensure_signed(books, signer, Purpose::Order, &subject, permit, domain, now)
        }
        None => Ok(()),
    }
}

fn ensure_signed(
    books: &Books,
    signer: AccountId,
    purpose: Purpose,
    subject: &impl scale::Encode,
    permit: &Permit,
    domain: &Domain,
    now: Timestamp,
) -> Result<(), Refusal> {
    let holder: Holder = books.one(items::HOLDERS, &signer)?.unwrap_or_default();
    ensure_permitted(domain, signer, purpose, subject, permit, holder.permit_epoch, now)
}
