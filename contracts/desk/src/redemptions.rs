//! What follows a redemption: a rating, an advocate's reward, forgetting it. The caller brings the redemption; the registry has its digest.
use shared::{
    books::Books,
    campaigns::{Campaign, Usage},
    claims::ensure_other,
    coupons::{Coupon, Customer},
    ids::CouponId,
    ledger::items,
    order::{digest, OrderWord, Redemption, Use, DIGEST_KEPT},
    registry::{Refusal, RegistryError},
    terms::Referral,
    AccountId, Hash, Timestamp,
};

/// How long after it is final a redemption is kept for its holder to rate: 30 days, in milliseconds.
pub const RATING_WINDOW: u64 = DIGEST_KEPT;

/// The word that a redemption's order is in.
/// # Errors
/// `NoSuchRedemption`.
pub fn ensure_known(books: &Books, redemption: &Redemption) -> Result<OrderWord, Refusal> {
    let (number, place) = OrderWord::locate(redemption.number);
    let word: OrderWord = books.one(items::ORDERS, &(redemption.acceptor, number))?.unwrap_or_default();
    if word.digest(place) == Some(digest(redemption)) {
        Ok(word)
    } else {
        Err(RegistryError::NoSuchRedemption { number: redemption.number }.into())
    }
}

/// # Errors
/// `NotFinal`.
fn ensure_final(final_at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    if now < final_at {
        return Err(RegistryError::NotFinal { final_at, now }.into());
    }
    Ok(())
}

/// Whether `caller` may rate it.
/// # Errors
/// `BadRating`, `NoSuchRedemption`, `NotHolder`.
#[inline(never)]
pub fn check_rating(
    books: &Books,
    caller: AccountId,
    redemption: &Redemption,
    stars: u8,
) -> Result<(), Refusal> {
    if !(1..=5).contains(&stars) {
        return Err(RegistryError::BadRating { stars }.into());
    }
    ensure_known(books, redemption)?;
    match redemption.uses.first() {
        Some(first) if redemption.uses.iter().all(|used| used.holder != caller) => {
            Err(RegistryError::NotHolder { holder: first.holder }.into())
        }
        Some(_) | None => Ok(()),
    }
}

/// An advocate's reward.
pub struct Reward {
    pub advocate: AccountId,
    pub friend: AccountId,
    pub coupon: CouponId,
    pub valid_until: Timestamp,
    pub per_advocate: u32,
}

/// # Errors
/// `NoSuchRedemption`, `NotFinal`, `NoReferral`, `SelfReferral`, `NotRewarded`, and of the reward's campaign `IssueWindowClosed`, `IssuingStopped`, `SupplyExhausted`,
/// `EscrowShort`, `HolderLimit`.
#[inline(never)]
pub fn reward(
    books: &mut Books,
    redemption: &Redemption,
    coupon: CouponId,
    now: Timestamp,
) -> Result<Reward, Refusal> {
    ensure_known(books, redemption)?;
    ensure_final(redemption.final_at, now)?;
    let none = RegistryError::NoReferral { coupon };
    let used = redemption.uses.iter().find(|used| used.coupon == coupon).ok_or(none)?;
    let advocate = used.advocate.ok_or(none)?;
    ensure_other(used.holder, Some(advocate))?;
    let (campaign, _) = books.campaign(coupon.campaign)?;
    let issuer = campaign.issuer;
    let Referral { reward, per_advocate } = campaign.terms.referral.ok_or(none)?;
    mark_rewarded(books, redemption, used)?;

    let (campaign, mut progress) = books.campaign(reward)?;
    if campaign.issuer != issuer {
        return Err(none.into());
    }
    let serial = progress.issue(&campaign, 1, now)?;
    count_issue(books, reward, &campaign, advocate)?;
    let id = CouponId { campaign: reward, serial };
    let valid_until = campaign.terms.valid_until(now);
    books.write_progress(reward, &progress);
    books.mint(id, Coupon::new(advocate, valid_until, &campaign.terms, None));
    Ok(Reward { advocate, friend: used.holder, coupon: id, valid_until, per_advocate })
}

/// # Errors
/// `NotRewarded`.
fn mark_rewarded(books: &mut Books, redemption: &Redemption, used: &Use) -> Result<(), Refusal> {
    let at = (used.issuer, used.holder);
    let known: Option<Customer> = books.one(items::CUSTOMERS, &at)?;
    let order = Some((redemption.acceptor, redemption.number));
    match known {
        Some(customer) if customer.first_order == order && !customer.rewarded => {
            books.write(items::CUSTOMERS, &at, &Customer { rewarded: true, ..customer });
            Ok(())
        }
        Some(_) | None => Err(RegistryError::NotRewarded { friend: used.holder }.into()),
    }
}

/// # Errors
/// `HolderLimit`.
fn count_issue(
    books: &mut Books,
    number: u32,
    campaign: &Campaign,
    account: AccountId,
) -> Result<(), Refusal> {
    let limits = &campaign.terms.limits;
    if limits.issued_per_holder.is_some() {
        let at = (number, account);
        let known: Option<Usage> = books.one(items::USAGE, &at)?;
        let mut usage = known.unwrap_or_default();
        usage.count_issue(limits)?;
        books.write(items::USAGE, &at, &usage);
    }
    Ok(())
}

/// Frees the record of a redemption that is final and was rateable for long enough.
/// # Errors
/// `NoSuchRedemption`, `NotAcceptor`, `NotFinal`.
#[inline(never)]
pub fn forget(
    books: &mut Books,
    caller: AccountId,
    redemption: &Redemption,
    now: Timestamp,
) -> Result<(), Refusal> {
    let word = ensure_known(books, redemption)?;
    if caller != redemption.acceptor {
        return Err(RegistryError::NotAcceptor { signer: caller }.into());
    }
    ensure_final(redemption.final_at.saturating_add(RATING_WINDOW), now)?;
    amend(books, redemption, word, None);
    Ok(())
}

/// A redemption has another digest now, or none any more.
pub fn amend(books: &mut Books, redemption: &Redemption, mut word: OrderWord, digest: Option<Hash>) {
    let (number, place) = OrderWord::locate(redemption.number);
    word.amend(place, digest);
    books.write(items::ORDERS, &(redemption.acceptor, number), &word);
}
