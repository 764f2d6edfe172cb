//! A redemption that was rolled back after its campaign had changed hands stayed its holder's first order at the old issuer.

use crate::scene::*;
use e2e_tests::account;
use ink::codegen::TraitCallBuilder;
use shared::terms::{Audience, Terms};

/// Only for first orders.
fn first_orders() -> Terms {
    terms_but(|t| (t.audience, t.marks_first_order) = (Audience::FirstOrder, true))
}

#[test]
fn a_rollback_after_a_hand_over_forgets_the_old_issuers_first_order() {
    let (mut world, mut to, [handed_over, kept]) = ann_has_one_of_each([first_orders(), first_orders()]);
    let (bakery, cinema, ann) = (account("bakery"), account("cinema"), account("ann"));
    let redemption = spend(&mut world, &whole(&[handed_over]), &order("bakery", 1)).result;
    assert_eq!(world.customer(bakery, ann).unwrap().first_order, Some((bakery, 1)));
    let campaign = handed_over.campaign;
    act(&mut world, "bakery", 0, to.office.call_mut().offer_campaign(campaign, Some(cinema)));
    act(&mut world, "cinema", 0, to.office.call_mut().accept_campaign(campaign));
    act(&mut world, "bakery", 0, to.desk.call_mut().roll_back(redemption, None));

    assert_eq!(world.customer(bakery, ann).unwrap_or_default().first_order, None);
    assert_eq!(world.customer(cinema, ann), None);
    let again = spend(&mut world, &whole(&[kept]), &order("bakery", 2)).result;
    assert_eq!(
        (again.discount(), world.customer(bakery, ann).unwrap().first_order),
        (200, Some((bakery, 2)))
    );
    let there = spend(&mut world, &whole(&[handed_over]), &order("cinema", 1)).result;
    assert_eq!(
        (there.discount(), world.customer(cinema, ann).unwrap().first_order),
        (200, Some((cinema, 1)))
    );
}
