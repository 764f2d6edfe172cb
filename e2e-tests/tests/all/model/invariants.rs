//! What must be true after every step, whatever the rules are. Stated on the model's state, which the runner has just found equal to the chain's
//! storage and balances, byte for byte. The numbers are those of the design's invariants, and with an S those of the security notes.

use super::{
    alliance::owed,
    registry::{from_escrow, largest},
    Model,
};
use chain::{AccountId, Balance};
use shared::{assets::Asset, terms::Funding};
use std::collections::BTreeSet;

macro_rules! hold {
    ($claim:expr, $($said:tt)*) => {
        if !$claim {
            return Err(format!($($said)*));
        }
    };
}

/// # Errors
/// The first invariant that doesn't hold.
pub(crate) fn check(model: &Model) -> Result<(), String> {
    registry(model)?;
    alliance(model)?;
    market(model)
}

/// What a contract must be able to pay, and that it can: its balance less its own existential deposit and gifts. Exactly so in plancks; in
/// tokens only while the token has been honest, which a fee on transfers and pay-outs that moved nothing are not.
fn backed(
    model: &Model,
    contract: AccountId,
    liability: impl Fn(Asset) -> Balance,
    name: &str,
) -> Result<(), String> {
    let gifts = model.money.gifts.get(&contract).copied().unwrap_or_default();
    let native = model.money.of(contract, Asset::Native);
    let due = liability(Asset::Native);
    hold!(
        native == due + model.money.existential_deposit + gifts,
        "1/8/S2/S12/S18: the {name} holds {native} plancks for {due}, {gifts} given"
    );
    let token = Asset::Psp22(model.money.token);
    let (held, due) = (model.money.of(contract, token), liability(token));
    hold!(held >= due, "1/8/S2/S12/S18: the {name} holds {held} tokens for {due}");
    Ok(())
}

fn registry(model: &Model) -> Result<(), String> {
    let registry = &model.registry;
    for (number, campaign) in (1u32..).zip(&registry.campaigns) {
        let counts = registry.counts(number);
        let terms = &campaign.terms;
        if terms.funding == Funding::Escrow {
            let over = model.now >= campaign.ends + terms.rollback_window;
            let needed = Balance::from(counts.live) * largest(terms);
            hold!(
                over || counts.escrow_left >= needed,
                "1/S4: campaign {number} has {} locked and {needed} of live coupons",
                counts.escrow_left
            );
        }
        hold!(campaign.issued == counts.live + counts.redeemed, "2/S3: campaign {number} lost count");
        hold!(campaign.issued <= terms.supply, "2/S3: campaign {number} issued over its supply");
        if let Some(budget) = terms.budget {
            hold!(counts.discounts <= budget + campaign.budget_added, "2: campaign {number} is over budget");
        }
    }
    let mut orders = BTreeSet::new();
    for past in &registry.past {
        let redemption = &past.redemption;
        hold!(orders.insert((redemption.acceptor, redemption.number)), "3/S5: an order took effect twice");
        for used in &redemption.uses {
            let terms = &registry.campaign(used.coupon.campaign).unwrap().terms;
            hold!(used.discount > 0 && used.discount <= largest(terms), "5: a discount over its cap");
            if !past.undone {
                let live = registry.coupons.contains_key(&used.coupon);
                hold!(!live, "S5: {:?} was spent and is live", used.coupon);
            }
        }
    }
    let liability = |asset: Asset| {
        let escrow: Balance = (1u32..)
            .zip(&registry.campaigns)
            .filter(|(_, campaign)| campaign.terms.asset == asset)
            .map(|(number, _)| registry.counts(number).escrow_left)
            .sum();
        let credits: Balance =
            registry.credits.iter().filter(|((_, of), _)| *of == asset).map(|(_, amount)| amount).sum();
        escrow + credits
    };
    let paid: Balance =
        registry.past.iter().filter(|past| !past.undone).map(|past| from_escrow(&past.redemption)).sum();
    let (mut left, mut locked) = (0, 0);
    for (number, campaign) in (1u32..).zip(&registry.campaigns) {
        left += registry.counts(number).escrow_left;
        locked += campaign.escrow_in - campaign.escrow_out;
    }
    hold!(locked == left + paid, "S1: escrow went astray");
    backed(model, model.places.registry, liability, "registry")
}

fn alliance(model: &Model) -> Result<(), String> {
    let alliance = &model.alliance;
    let parties = alliance.parties();
    for cycle in 1..=alliance.cycle {
        let sum: i128 = parties.iter().map(|who| alliance.net(Some(*who), cycle)).sum();
        let own = alliance.net(None, cycle);
        hold!(sum + own == 0, "6/S9: the positions of cycle {cycle} sum to {}", sum + own);
        let fees = |of: &std::collections::BTreeMap<u32, Balance>| {
            i128::try_from(of.get(&cycle).copied().unwrap_or_default()).unwrap()
        };
        let expected = fees(&alliance.fees) - fees(&alliance.refunds);
        hold!(own == expected, "6: the alliance's part of cycle {cycle} is {own}, its fees {expected}");
    }
    for (account, member) in &alliance.members {
        let (exposure, limit) = (alliance.exposure(*account), alliance.limit(member));
        hold!(exposure <= limit, "6/S11: a member owes {exposure} and has put up {limit}");
    }
    for who in &parties {
        let member = alliance.members.contains_key(who);
        hold!(member || alliance.positions(*who) == (0, 0, 0), "S15: a member left with a position");
    }
    for cycle in 1..alliance.cycle {
        let out: Balance =
            alliance.received.iter().filter(|((of, _), _)| *of == cycle).map(|(_, amount)| amount).sum();
        let refunds = alliance.refunds.get(&cycle).copied().unwrap_or_default();
        let into = alliance.paid_in(cycle) + refunds;
        hold!(out <= into, "7/S13: cycle {cycle} paid out {out} of {into}");
    }
    let open: i128 = alliance
        .members
        .keys()
        .map(|who| {
            let (open, due, credit) = alliance.positions(*who);
            open + due + i128::try_from(credit).unwrap()
        })
        .sum();
    let fees = alliance.fees.get(&alliance.cycle).copied().unwrap_or_default();
    let collateral: Balance = alliance.members.values().map(|member| member.collateral).sum();
    let own = Balance::try_from(open + i128::try_from(collateral + alliance.fund + fees).unwrap());
    let Ok(own) = own else { return Err("S12: the alliance owes more than it was ever given".into()) };
    let covered = alliance.members.iter().all(|(who, member)| {
        let (open, due, _) = alliance.positions(*who);
        owed(due) + owed(open) <= member.collateral
    });
    hold!(covered, "6/S17: a debt is over its debtor's collateral");
    let asset = alliance.config.asset;
    backed(model, model.places.alliance, |of| if of == asset { own } else { 0 }, "alliance")
}

fn market(model: &Model) -> Result<(), String> {
    let market = &model.market;
    let held: BTreeSet<_> = model
        .registry
        .coupons
        .iter()
        .filter(|(_, coupon)| coupon.owner == model.places.market)
        .map(|(id, _)| *id)
        .collect();
    let listed: BTreeSet<_> = market.listings.keys().copied().collect();
    // Nobody here sends the market a coupon without listing it, which the market couldn't refuse.
    let strays: Vec<_> = listed.symmetric_difference(&held).collect();
    hold!(strays.is_empty(), "8/S19: {strays:?} are either listed or held, not both");
    let liability = |asset: Asset| {
        let credits: Balance =
            market.credits.iter().filter(|((_, of), _)| *of == asset).map(|(_, amount)| amount).sum();
        credits + if asset == Asset::Native { market.native_fees } else { 0 }
    };
    for listing in market.listings.values() {
        hold!(
            listing.price > 0 && listing.fee_bps + listing.royalty_bps <= 1_000,
            "8/S20: shares over the cap"
        );
    }
    backed(model, model.places.market, liability, "market")
}
