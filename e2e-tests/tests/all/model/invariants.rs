//! What must be true after every step, whatever the rules are. Stated on the model's state, which the runner has just found equal to the chain's
//! storage and balances, byte for byte. The numbers are those of the design's invariants, and with an S those of the security notes.

use super::{
    desk,
    ops::AllianceCall,
    registry::{Campaign, Fate, Past},
    terms, Model,
};
use chain::{AccountId, Balance};
use shared::{
    assets::Asset,
    ids::{CampaignId, CouponId},
    order::Use,
    terms::{Cap, Funding},
};
use std::collections::{BTreeMap, BTreeSet};

macro_rules! hold {
    ($claim:expr, $($said:tt)*) => {
        if !$claim {
            return Err(format!($($said)*));
        }
    };
}

mod market;

pub(crate) use market::check_deals;

/// # Errors
/// The first invariant that doesn't hold.
pub(crate) fn check(model: &Model) -> Result<(), String> {
    registry(model)?;
    alliance(model)?;
    market::check(model)?;
    backed(model, model.places.market, |asset| model.market.liability(asset), "market")?;
    let places = &model.places;
    backed(model, places.custody, |asset| model.custody.liability(asset), "custody")?;
    for (name, branch) in [("office", places.office), ("desk", places.desk), ("council", places.council)] {
        backed(model, branch, |_| 0, name)?;
    }
    let native: Balance = model.money.native.values().sum();
    hold!(native == model.money.total, "S25: {native} plancks of {} are left", model.money.total);
    Ok(())
}

/// S27: what a step took from anyone but its caller. Money is only ever the caller's to lose.
///
/// # Errors
/// Who lost what.
pub(crate) fn check_losses(before: &Model, after: &Model, caller: AccountId) -> Result<(), String> {
    let contracts = after.places.contracts().map(|(_, contract)| contract);
    let others = before.money.native.keys().filter(|who| **who != caller && !contracts.contains(who));
    for who in others {
        for asset in [Asset::Native, Asset::Psp22(after.money.token)] {
            let worth = |model: &Model| {
                let of = |credits: &BTreeMap<(AccountId, Asset), Balance>| {
                    credits.get(&(*who, asset)).copied().unwrap_or_default()
                };
                let credit =
                    of(&model.registry.credits) + of(&model.market.credits) + of(&model.custody.credits);
                model.money.of(*who, asset) + credit
            };
            let (had, has) = (worth(before), worth(after));
            hold!(has >= had, "S27: {who:?} had {had} and has {has} of {asset:?}");
        }
    }
    Ok(())
}

/// 6/S11: no step but a default, a ruling or a vote leaves a member owing more beyond its limit than before.
///
/// # Errors
/// Who owes how much.
pub(crate) fn check_limits(before: &Model, after: &Model, call: &AllianceCall) -> Result<(), String> {
    let unbound = matches!(
        call,
        AllianceCall::Default { .. }
            | AllianceCall::Rule { .. }
            | AllianceCall::TimeOut { .. }
            | AllianceCall::Decide { .. }
            | AllianceCall::Propose { .. }
            | AllianceCall::Vote { .. }
    );
    if unbound {
        return Ok(());
    }
    let beyond = |model: &Model, who: &AccountId| {
        let alliance = &model.alliance;
        let limit = alliance.members.get(who).map_or(0, |member| alliance.limit(member));
        alliance.exposure(*who).saturating_sub(limit)
    };
    for who in after.alliance.members.keys() {
        let (was, is) = (beyond(before, who), beyond(after, who));
        hold!(is <= was, "6/S11: {who:?} owes {is} beyond its limit, and owed {was}");
    }
    Ok(())
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
    for (number, campaign) in registry.numbered() {
        backing(model, number, campaign)?;
        supply(model, number, campaign)?;
        limits(model, number, campaign)?;
    }
    let mut orders = BTreeSet::new();
    for past in &registry.past {
        order(model, past)?;
        let redemption = &past.redemption;
        hold!(orders.insert((redemption.acceptor, redemption.number)), "3/S5: an order took effect twice");
    }
    for (place, role) in &registry.roles {
        let within = role.daily_cap.is_none_or(|most| role.spent <= most);
        hold!(within, "S3: the cashier {place:?} took {} off in a day", role.spent);
    }
    for ((number, key), named) in &registry.keys {
        let over = named.quota.is_some_and(|quota| quota.used > quota.most);
        hold!(!over, "S6: the key {key:?} of campaign {number} is over its quota");
    }
    for ((number, advocate), friends) in &registry.friends {
        let referral = registry.campaign(*number).unwrap().terms.referral;
        let within = referral.is_some_and(|referral| *friends <= referral.per_advocate);
        hold!(within, "2: {advocate:?} was rewarded for {friends} friends");
    }
    let liability = |asset: Asset| {
        let of_asset = registry.numbered().filter(|(_, campaign)| campaign.terms.asset == asset);
        let escrow: Balance = of_asset.map(|(number, _)| registry.counts(number).escrow_left).sum();
        escrow + desk::waiting(model, asset)
    };
    backed(model, model.places.registry, liability, "registry")
}

/// 1/S4/S7: what is locked backs every live coupon and every rollback that may come, until the issuer may have it all.
fn backing(model: &Model, number: CampaignId, campaign: &Campaign) -> Result<(), String> {
    if campaign.terms.funding != Funding::Escrow {
        return Ok(());
    }
    let counts = model.registry.counts(number);
    let over = model.now >= campaign.ends + campaign.terms.rollback_window;
    let needed = match (over, terms::shared_bps(&campaign.terms) > 0) {
        (false, _) => counts.reserved + counts.held,
        (true, true) => counts.reserved,
        (true, false) => 0,
    };
    hold!(
        counts.escrow_left >= needed,
        "1/S4: campaign {number} has {} locked and needs {needed}",
        counts.escrow_left
    );
    Ok(())
}

/// 2/S3/S5: every coupon there ever was is live, spent or gone; 4: and what they were worth is still theirs, was spent, or ended with them.
fn supply(model: &Model, number: CampaignId, campaign: &Campaign) -> Result<(), String> {
    let registry = &model.registry;
    hold!(campaign.issued <= campaign.terms.supply, "2/S3: campaign {number} issued over its supply");
    let used_up: BTreeSet<CouponId> = registry
        .counted(number)
        .filter(|(_, used)| used.left_after == 0)
        .map(|(_, used)| used.coupon)
        .collect();
    for serial in 1..=campaign.issued + campaign.parts {
        let id = CouponId { campaign: number, serial };
        let (live, gone) = (registry.coupons.contains_key(&id), registry.gone.contains(&id));
        hold!(live || gone || used_up.contains(&id), "2/S3: {id:?} is lost");
        hold!(!(live && gone), "S5: {id:?} ended and is live");
    }
    let last = CouponId { campaign: number, serial: campaign.issued + campaign.parts };
    let beyond = registry.coupons.keys().any(|id| id.campaign == number && *id > last);
    hold!(!beyond, "2/S3: campaign {number} has a coupon that nobody issued");
    let left: Balance =
        registry.coupons.iter().filter(|(id, _)| id.campaign == number).map(|(_, coupon)| coupon.left).sum();
    let spent: Balance =
        registry.counted(number).map(|(_, used)| terms::spent(&campaign.terms, used.discount)).sum();
    let given = Balance::from(campaign.issued) * terms::full(&campaign.terms) + campaign.topped_up;
    let kept = left + spent + campaign.ended;
    hold!(given == kept, "4: campaign {number} gave {given}, of which {kept} are accounted for");
    Ok(())
}

fn limits(model: &Model, number: CampaignId, campaign: &Campaign) -> Result<(), String> {
    let registry = &model.registry;
    let (counts, terms) = (registry.counts(number), &campaign.terms);
    if let Some(budget) = terms.budget {
        hold!(counts.discounts <= budget + campaign.budget_added, "2: campaign {number} is over budget");
    }
    let within = |cap: Cap, (uses, value): (u32, Balance)| {
        cap.uses.is_none_or(|most| uses <= most) && cap.value.is_none_or(|most| value <= most)
    };
    hold!(terms.limits.uses.is_none_or(|most| counts.uses <= most), "2: campaign {number} is over its uses");
    let holders: BTreeSet<AccountId> = registry.counted(number).map(|(_, used)| used.holder).collect();
    for holder in &holders {
        let had = registry.of_holder(number, *holder);
        hold!(within(terms.limits.holder, had), "2: {holder:?} had {had:?} of campaign {number}");
    }
    if let Some(period) = terms.limits.period {
        let seen: BTreeSet<u32> = registry
            .counted(number)
            .map(|(past, _)| terms::period(&period, past.redemption.redeemed_at))
            .collect();
        for index in seen {
            let had = registry.in_period(number, None, index);
            hold!(within(period.campaign, had), "2: campaign {number} had {had:?} in period {index}");
            for holder in &holders {
                let had = registry.in_period(number, Some(*holder), index);
                hold!(within(period.holder, had), "2: {holder:?} had {had:?} in period {index}");
            }
        }
    }
    Ok(())
}

/// 4/5: a discount stays within what the coupon had, and all of them with the net price make the basket.
fn order(model: &Model, past: &Past) -> Result<(), String> {
    if past.fate == Fate::Undone {
        return Ok(());
    }
    let redemption = &past.redemption;
    let taken = |used: &Use| {
        let terms = &model.registry.campaign(used.coupon.campaign).unwrap().terms;
        (used.discount, terms::largest_use(terms), terms::spent(terms, used.discount))
    };
    for used in &redemption.uses {
        let (discount, most, spent) = taken(used);
        let gift_card = terms::is_gift_card(&model.registry.campaign(used.coupon.campaign).unwrap().terms);
        let most = if gift_card { used.left_before } else { most };
        hold!(discount <= most && discount <= redemption.eligible, "5: {discount} is over {most}");
        hold!(used.left_after + spent == used.left_before, "4: {:?} lost value", used.coupon);
    }
    let sum: Balance = redemption.uses.iter().map(|used| used.discount).sum();
    hold!(sum + redemption.net == redemption.basket, "5: {sum} and the net price are not the basket");
    hold!(sum <= redemption.eligible, "5: {sum} is more than was eligible");
    Ok(())
}

fn alliance(model: &Model) -> Result<(), String> {
    let alliance = &model.alliance;
    let parties = alliance.parties();
    for cycle in 1..=alliance.cycle {
        let sum: i128 = parties.iter().map(|who| alliance.net(Some(*who), cycle)).sum();
        let own = alliance.net(None, cycle);
        hold!(sum + own == 0, "6/S9: the positions of cycle {cycle} sum to {}", sum + own);
        let fees = |of: &BTreeMap<u32, Balance>| {
            i128::try_from(of.get(&cycle).copied().unwrap_or_default()).unwrap()
        };
        let expected = fees(&alliance.fees) - fees(&alliance.refunds);
        hold!(own == expected, "6: the alliance's part of cycle {cycle} is {own}, its fees {expected}");
    }
    for who in &parties {
        let member = alliance.members.contains_key(who);
        hold!(member || alliance.positions(*who) == (0, 0, 0), "S15: a member left with a position");
    }
    for cycle in 1..alliance.cycle {
        let out = alliance.paid_out(cycle);
        let refunds = alliance.refunds.get(&cycle).copied().unwrap_or_default();
        let into = alliance.paid_in(cycle) + refunds;
        hold!(out <= into, "7/S13: cycle {cycle} paid out {out} of {into}");
    }
    // Of each closed cycle: what was paid for it, less what creditors had and what rounding left over to the fund.
    let int = |amount: Balance| i128::try_from(amount).unwrap();
    let pots = (1..alliance.cycle).map(|cycle| {
        let positions: i128 = parties.iter().map(|who| alliance.net(Some(*who), cycle)).sum();
        let out = alliance.paid_out(cycle) + alliance.dust(cycle);
        positions + int(alliance.paid_in(cycle)) - int(out)
    });
    let open: i128 = parties.iter().map(|who| alliance.net(Some(*who), alliance.cycle)).sum();
    let fees = alliance.fees.get(&alliance.cycle).copied().unwrap_or_default();
    let put_up: Balance = alliance.members.values().map(|member| member.collateral + member.fund_share).sum();
    let own = Balance::try_from(pots.sum::<i128>() + open + int(put_up + alliance.fund + fees));
    let Ok(own) = own else { return Err("S12: the alliance owes more than it was ever given".into()) };
    let asset = alliance.config.asset;
    backed(model, model.places.alliance, |of| if of == asset { own } else { 0 }, "alliance")
}
