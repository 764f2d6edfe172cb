//! Undoing a redemption, whole or in part: the inverse of what the registry's till wrote.
use crate::redemptions::{amend, ensure_known};
use ink::prelude::vec::Vec;
use shared::{
    books::{coupon_key, Books},
    campaigns::{Progress, Usage},
    coupons::{Coupon, Customer},
    ids::CouponId,
    ledger::{items, key},
    order::{digest, Kept, Redemption, Use},
    registry::{Refusal, RegistryError},
    terms::{Card, Terms},
    AccountId, Balance, Timestamp,
};

/// What a rollback leaves.
pub struct RolledBack {
    /// The redemption as it stands now; `None` when all of it is undone.
    pub remains: Option<Redemption>,
    /// What escrow gets back.
    pub to_escrow: Balance,
    /// What the payer gets back.
    pub to_payer: Balance,
}

/// Undoes a redemption, or lowers it to what was `kept`, one coupon after the other; what the last step still has to write is in `books`.
/// # Errors
/// `NoSuchRedemption`, `RedemptionFinal`, `NotTheAlliance`, `NotAcceptor`, `BadKept`, `CardMovedOn`, `NetWouldRise`, `Overflow`.
#[inline(never)]
pub fn roll_back(
    books: &mut Books,
    redemption: &Redemption,
    kept: Option<Kept>,
    caller: AccountId,
    now: Timestamp,
) -> Result<RolledBack, Refusal> {
    let word = ensure_known(books, redemption)?;
    ensure_reversible(redemption, caller, now)?;
    let left = kept.unwrap_or(Kept { basket: 0, eligible: 0 });
    let Kept { basket, eligible } = left;
    let larger = eligible > basket || basket > redemption.basket || eligible > redemption.eligible;
    let whole = basket == 0 || (basket == redemption.basket && eligible == redemption.eligible);
    if kept.is_some() && (larger || whole) {
        return Err(RegistryError::BadKept { basket, eligible }.into());
    }
    let mut remains = redemption.clone();
    (remains.basket, remains.eligible, remains.net) = (basket, eligible, basket);
    remains.uses.clear();
    let mut marks = Marks::default();
    for used in &redemption.uses {
        let running = eligible.saturating_sub(basket.saturating_sub(remains.net));
        let lowered = lower(books, used, &left, kept.is_some(), running, redemption)?;
        if lowered.marks_first_order {
            let marked = if lowered.remains.is_some() { &mut marks.kept } else { &mut marks.undone };
            marked.push((used.issuer, used.holder));
        }
        if let Some(used) = lowered.remains {
            remains.net = remains.net.saturating_sub(used.discount);
            remains.uses.push(used);
        }
        books.flush()?;
    }
    forget_first_orders(books, redemption, &marks)?;
    let (before, after) = (redemption.net, remains.net);
    let to_payer = match remains.payer {
        Some(_) => before.checked_sub(after).ok_or(RegistryError::NetWouldRise { before, after })?,
        None => 0,
    };
    let to_escrow = redemption.paid_from_escrow().saturating_sub(remains.paid_from_escrow());
    let remains = Some(remains).filter(|remains| !remains.uses.is_empty());
    amend(books, redemption, word, remains.as_ref().map(digest));
    Ok(RolledBack { remains, to_escrow, to_payer })
}

/// Where nothing that marks first orders remains of this order, of a holder at an issuer, it wasn't the holder's first there.
fn forget_first_orders(books: &mut Books, redemption: &Redemption, marks: &Marks) -> Result<(), Refusal> {
    let order = Some((redemption.acceptor, redemption.number));
    for at in marks.undone.iter().filter(|at| !marks.kept.contains(at)) {
        let customer: Option<Customer> = books.one(items::CUSTOMERS, at)?;
        if let Some(customer) = customer.filter(|customer| customer.first_order == order) {
            books.write(items::CUSTOMERS, at, &Customer { first_order: None, ..customer });
        }
    }
    Ok(())
}

/// The uses that mark first orders, as (issuer, holder).
#[derive(Default)]
struct Marks {
    kept: Vec<(AccountId, AccountId)>,
    undone: Vec<(AccountId, AccountId)>,
}

/// What became of a coupon's part.
struct Lowered {
    /// As it stands now; `None` where it is undone.
    remains: Option<Use>,
    /// Whether its terms do.
    marks_first_order: bool,
}

/// One coupon's part.
#[inline(never)]
fn lower(
    books: &mut Books,
    used: &Use,
    kept: &Kept,
    in_part: bool,
    eligible: Balance,
    redemption: &Redemption,
) -> Result<Lowered, Refusal> {
    let number = used.coupon.campaign;
    let (campaign, mut progress) = books.campaign(number)?;
    let terms = &campaign.terms;
    let usage_at = (number, used.holder);
    let mut found = books.read([coupon_key(used.coupon), key(items::USAGE, &usage_at)].to_vec())?;
    let living: Option<Coupon> = found.take()?;
    let mut usage: Usage = found.take()?.unwrap_or_default();

    let discount = weigh_kept(terms, used, kept, eligible);
    let stamp_stands = terms.is_stamp(used.left_before) && kept.basket >= terms.min_basket;
    let whole = !in_part || (discount == 0 && !stamp_stands);
    let discount = if whole { 0 } else { discount };
    let (at, back) = (redemption.redeemed_at, used.discount.saturating_sub(discount));
    if terms.limits.count_holders() {
        usage.give_back(&terms.limits, whole, back, at);
        books.write(items::USAGE, &usage_at, &usage);
    }
    let restored = match (whole, terms.is_stored_value()) {
        (true, _) => used.left_before.saturating_sub(used.left_after),
        (false, true) => back,
        (false, false) => 0,
    };
    if whole {
        progress.restore(&campaign, used.left_before, used.discount, at)?;
    } else {
        progress.lower(&campaign, back, at)?;
    }
    if restored > 0 {
        bring_back(books, terms, used, living, restored, &mut progress)?;
    }
    books.write_progress(number, &progress);
    let left_after = used.left_after.saturating_add(restored);
    let remains = (!whole).then_some(Use { discount, left_after, ..*used });
    Ok(Lowered { remains, marks_first_order: terms.marks_first_order })
}

/// Gives a coupon back what a use took: to the coupon where its holder still has it and it hasn't ended, else as a coupon of its own.
/// # Errors
/// `CardMovedOn`, `Overflow`.
#[inline(never)]
fn bring_back(
    books: &mut Books,
    terms: &Terms,
    used: &Use,
    living: Option<Coupon>,
    restored: Balance,
    progress: &mut Progress,
) -> Result<(), Refusal> {
    let mut id = used.coupon;
    if let Some(coupon) = living.filter(|coupon| coupon.owner == used.holder && coupon.left > 0) {
        let left = coupon.left.checked_add(restored).ok_or(RegistryError::Overflow)?;
        books.write_coupon(id, &Coupon { left, ..coupon });
        return Ok(());
    }
    if matches!(terms.card, Card::Stamps(_)) && used.left_after > 0 {
        return Err(RegistryError::CardMovedOn { coupon: id }.into());
    }
    if living.is_some() {
        id = CouponId { serial: progress.part()?, ..id };
    }
    let coupon = Coupon::new(used.holder, used.valid_until, terms, used.advocate);
    books.mint(id, Coupon { left: restored, ..coupon });
    Ok(())
}

/// What a use takes off when only a part of the order was kept; nothing where the terms then don't apply.
fn weigh_kept(terms: &Terms, used: &Use, kept: &Kept, eligible: Balance) -> Balance {
    if kept.basket < terms.min_basket {
        0
    } else {
        terms.discount(eligible, used.left_before).min(used.discount)
    }
}

/// By its acceptor, or by the alliance it came through, which lets only the acceptor.
/// # Errors
/// `RedemptionFinal`, `NotAcceptor`, `NotTheAlliance`.
fn ensure_reversible(redemption: &Redemption, caller: AccountId, now: Timestamp) -> Result<(), Refusal> {
    let final_at = redemption.final_at;
    if now >= final_at {
        return Err(RegistryError::RedemptionFinal { final_at, now }.into());
    }
    match redemption.alliance {
        None if caller == redemption.acceptor => Ok(()),
        Some(alliance) if caller == alliance => Ok(()),
        None => Err(RegistryError::NotAcceptor { signer: caller }.into()),
        Some(_) => Err(RegistryError::NotTheAlliance { caller }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{
        assets::Asset,
        terms::{Benefit, Funding, Window},
    };

    const fn account(n: u8) -> AccountId {
        ink::primitives::AccountId([n; 32])
    }

    const SELLER: AccountId = account(1);
    const ALLIANCE: AccountId = account(2);

    fn redemption(alliance: Option<AccountId>) -> Redemption {
        Redemption {
            acceptor: SELLER,
            number: 1,
            order: [0; 32],
            basket: 1_000,
            eligible: 1_000,
            asset: Asset::Native,
            uses: vec![],
            refused: vec![],
            net: 1_000,
            payer: None,
            alliance,
            cashier: None,
            redeemed_at: 50,
            final_at: 100,
        }
    }

    #[test]
    fn only_the_acceptor_or_the_alliance_it_came_through_undoes_a_redemption_and_only_in_time() {
        let ensure = |alliance, caller, now| ensure_reversible(&redemption(alliance), caller, now);
        let is_final = || Err(RegistryError::RedemptionFinal { final_at: 100, now: 100 }.into());
        assert_eq!(ensure(None, SELLER, 99), Ok(()));
        assert_eq!(ensure(None, SELLER, 100), is_final());
        assert_eq!(ensure(None, ALLIANCE, 100), is_final());
        assert_eq!(ensure(None, ALLIANCE, 99), Err(RegistryError::NotAcceptor { signer: ALLIANCE }.into()));
        assert_eq!(ensure(Some(ALLIANCE), ALLIANCE, 99), Ok(()));
        let not_it = RegistryError::NotTheAlliance { caller: SELLER };
        assert_eq!(ensure(Some(ALLIANCE), SELLER, 99), Err(not_it.into()));
    }

    #[test]
    fn what_was_kept_never_takes_more_off_and_nothing_below_the_least_basket() {
        let benefit = Benefit::PercentOff { bps: 2_000, cap: 500 };
        let terms = Terms { min_basket: 100, ..Terms::plain(benefit, Window { start: 0, end: 9 }, 1) };
        let used = Use {
            coupon: CouponId { campaign: 1, serial: 1 },
            holder: account(3),
            valid_until: 9,
            issuer: account(4),
            funding: Funding::Merchant,
            advocate: None,
            left_before: 1,
            left_after: 0,
            discount: 150,
        };
        let kept = |basket, eligible| weigh_kept(&terms, &used, &Kept { basket, eligible: basket }, eligible);
        assert_eq!(kept(500, 499), 99);
        // The presenter had asked for no more than 150 off.
        assert_eq!(kept(900, 900), 150);
        assert_eq!((kept(100, 100), kept(99, 99)), (20, 0));
    }
}
