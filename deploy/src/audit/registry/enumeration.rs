//! PSP34's enumeration, where a registry keeps it: live coupons in the order that their transfers make, of each holder and all together.
use super::RegistryReplay;
use crate::audit::{
    contradiction::{ensure_rule, ensure_some, Contradiction},
    storage::{CouponKey, Table},
};
use shared::{ids::CouponId, ledger::items, AccountId};
use std::collections::BTreeMap;

/// Whose coupons: a holder's, or all.
type Of = Option<AccountId>;

pub(super) const ORDERED: Table<(Of, u64), CouponKey> = Table::new(items::ORDERED, "coupon in order of");
/// Among its holder's, and among all.
pub(super) const PLACES: Table<CouponKey, (u64, u64)> = Table::new(items::PLACES, "places of coupon");

/// How many coupons are in each order.
#[derive(Default)]
pub(super) struct Enumeration(BTreeMap<Of, u64>);

impl RegistryReplay {
    /// # Errors
    /// `Refused`.
    pub(super) fn enumeration_kept(&mut self) -> Result<(), Contradiction> {
        let before_all = self.enumeration.is_none() && self.root()?.live == 0;
        ensure_rule("an enumeration is kept from the start", before_all)?;
        self.enumeration = Some(Enumeration::default());
        Ok(())
    }

    /// Follows a `Transfer`, where an enumeration is kept.
    /// # Errors
    /// `Missing`, `Overflow`.
    pub(super) fn enumerate(&mut self, id: CouponId, from: Of, to: Of) -> Result<(), Contradiction> {
        if self.enumeration.is_none() || from == to {
            return Ok(());
        }
        match from {
            Some(_) => self.take_from(from, id)?,
            None => self.put_into(None, id)?,
        }
        match to {
            Some(_) => self.put_into(to, id),
            None => self.take_from(None, id),
        }
    }

    fn put_into(&mut self, of: Of, id: CouponId) -> Result<(), Contradiction> {
        let count = self.enumerated(of);
        let end = *count;
        *count = ensure_some("the coupons in order", end.checked_add(1))?;
        self.place(of, end, id.into());
        Ok(())
    }

    fn places(&self, coupon: CouponKey) -> (u64, u64) {
        self.ledger.get(&PLACES, &coupon).unwrap_or_default()
    }

    /// The last one takes its place.
    fn take_from(&mut self, of: Of, id: CouponId) -> Result<(), Contradiction> {
        let count = self.enumerated(of);
        *count = ensure_some("the coupons in order", count.checked_sub(1))?;
        let end = (of, *count);
        let (at_holder, among_all) = self.ledger.found(&PLACES, &id.into())?;
        let last = self.ledger.found(&ORDERED, &end)?;
        self.place(of, if of.is_some() { at_holder } else { among_all }, last);
        self.ledger.remove(&ORDERED, &end);
        if of.is_none() {
            self.ledger.remove(&PLACES, &id.into());
        }
        Ok(())
    }

    fn place(&mut self, of: Of, place: u64, coupon: CouponKey) {
        let (at_holder, among_all) = self.places(coupon);
        self.ledger.set(&ORDERED, &(of, place), &coupon);
        self.ledger.set(
            &PLACES,
            &coupon,
            &if of.is_some() { (place, among_all) } else { (at_holder, place) },
        );
    }

    fn enumerated(&mut self, of: Of) -> &mut u64 {
        self.enumeration.get_or_insert_with(Enumeration::default).0.entry(of).or_default()
    }
}
