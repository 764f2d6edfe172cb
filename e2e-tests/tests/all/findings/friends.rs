//! What several faults of rewards start from: ann, whom ben brought to the bakery. Owns no test.

use crate::scene::*;
use e2e_tests::{
    account,
    signing::{Codes, Target},
    World,
};
use ink::codegen::TraitCallBuilder;
use shared::{
    ids::{CampaignId, CouponId},
    order::Redemption,
    terms::{Funding, Referral},
};

/// The bakery's rewards, which three times 500 in escrow back.
pub(super) const REWARDS: CampaignId = 1;

/// Ann claims a coupon of the bakery's with ben as her advocate, who is to be rewarded for it.
pub(super) fn ann_brought_by_ben() -> (World, Doors, CouponId) {
    let (mut world, mut to) = open();
    campaign(&mut world, "bakery", terms_but(|t| t.funding = Funding::Escrow), 1_500);
    let rewarding = terms_but(|t| {
        t.marks_first_order = true;
        t.referral = Some(Referral { reward: REWARDS, per_advocate: 2 });
    });
    let campaign = campaign(&mut world, "bakery", rewarding, 0);
    let codes = Codes::print("bakery", 1);
    act(&mut world, "bakery", 0, to.office.call_mut().create_drop(campaign, codes.root(), codes.size()));
    let target = Target { campaign, drop: 1, index: 0, to: account("ann"), advocate: Some(account("ben")) };
    let claim = codes.claim_for(world.place(), target);
    let coupon = act(&mut world, "ann", 0, to.registry.call_mut().claim(claim)).result;
    (world, to, coupon)
}

/// Spends the coupon on the bakery's first order, and lets the order become final.
pub(super) fn shop(world: &mut World, holder: &str, coupon: CouponId) -> Redemption {
    let redemption = spend_of(world, holder, &whole(&[coupon]), &order("bakery", 1)).result;
    world.chain.set_time(redemption.final_at).unwrap();
    redemption
}

/// How many rewards there are, and the escrow behind them: what is left of it, and what of that is reserved.
pub(super) fn rewards(world: &World) -> (u32, u128, u128) {
    let progress = world.progress(REWARDS);
    (progress.issued, progress.escrow_left, progress.reserved)
}
