//! The way home from anywhere: the steps, which anybody could take, that bring everyone's money back at the end of a life.

use super::{
    alliance::owed,
    ops::{AllianceCall, CustodyCall, DeskCall, MarketCall, Message, OfficeCall, Op},
    registry::Campaign,
    terms, Model, Who,
};
use ::alliance::members::Status;
use chain::AccountId;
use e2e_tests::{
    account,
    actors::{endowed, OWNER},
};
use mock_psp22::Mode;
use shared::{
    assets::Asset,
    ids::{CampaignId, CouponId},
    terms::Funding,
};

fn name(who: AccountId) -> Option<Who> {
    endowed().find(|name| account(name) == who)
}

/// The next step; `None` when all of it is home, and the guardian has left.
pub(crate) fn homeward(model: &Model) -> Option<Op> {
    if model.money.mode != Mode::Honest {
        return Some(Op::Misbehave(Mode::Honest));
    }
    from_market(model)
        .or_else(|| from_custody(model))
        .or_else(|| settled(model))
        .or_else(|| model.registry.numbered().find_map(|(number, campaign)| ended(model, number, campaign)))
        .or_else(|| {
            let mut owed = model.registry.credits.keys();
            let (caller, asset) = owed.find_map(|(who, asset)| Some((name(*who)?, *asset)))?;
            Some(Op::plain(caller, Message::Desk(DeskCall::WithdrawCredit { asset })))
        })
        .or_else(|| {
            let caller = name(model.registry.guardian?)?;
            Some(Op::plain(caller, Message::Office(OfficeCall::StepDown)))
        })
}

fn from_market(model: &Model) -> Option<Op> {
    let market = |caller, call| Some(Op::plain(caller, Message::Market(call)));
    let mut entries = model.market.entries.iter();
    if let Some((id, entry)) = entries.find(|(_, entry)| entry.holds()) {
        let (id, listing) = (*id, &entry.listing);
        let frozen = |coupon: &CouponId| {
            model.registry.coupons.get(coupon).is_some_and(|state| state.frozen.is_some())
        };
        if entry.live_bid().is_some() {
            // Whatever its coupons are like by then.
            if model.now < entry.ends_at() {
                return Some(Op::Advance(entry.ends_at() - model.now));
            }
            return market(OWNER, MarketCall::Settle { id });
        }
        // Cash comes home whatever the issuer does; coupons it froze wait for it.
        let held_up = if entry.cash() == 0 { listing.coupons.iter().copied().find(frozen) } else { None };
        if let Some(coupon) = held_up {
            let issuer = model.registry.campaign(coupon.campaign).unwrap().issuer;
            let call = OfficeCall::SetFrozen { coupon, reason: None };
            return Some(Op::plain(name(issuer)?, Message::Office(call)));
        }
        return market(name(listing.seller)?, MarketCall::Cancel { id });
    }
    if let Some((id, entry)) = model.market.entries.iter().next() {
        return market(name(entry.listing.seller)?, MarketCall::Forget { ids: vec![*id] });
    }
    if let Some((id, offer)) = model.market.offers.iter().next() {
        return market(name(offer.buyer)?, MarketCall::WithdrawOffer { id: *id });
    }
    if model.market.native_fees > 0 {
        return market(name(model.market.owner)?, MarketCall::Withdraw { asset: Asset::Native });
    }
    let (who, asset) = model.market.credits.keys().next()?;
    market(name(*who)?, MarketCall::Withdraw { asset: *asset })
}

fn from_custody(model: &Model) -> Option<Op> {
    let custody = &model.custody;
    if let Some(((acceptor, number), held)) = custody.payments.first_key_value() {
        if model.now < held.settles_at() {
            return Some(Op::Advance(held.settles_at() - model.now));
        }
        let call = CustodyCall::Settle { acceptor: name(*acceptor)?, number: *number };
        return Some(Op::plain(OWNER, Message::Custody(call)));
    }
    let (who, asset) = custody.credits.keys().next()?;
    Some(Op::plain(name(*who)?, Message::Custody(CustodyCall::Withdraw { asset: *asset })))
}

/// Escrow goes to whom it is due: shared out where the terms say so, and the rest to the issuer.
fn ended(model: &Model, number: CampaignId, campaign: &Campaign) -> Option<Op> {
    let amount = model.registry.counts(number).escrow_left;
    if amount == 0 || campaign.terms.funding != Funding::Escrow {
        return None;
    }
    let over = campaign.ends + campaign.terms.rollback_window;
    if model.now < over {
        return Some(Op::Advance(over - model.now));
    }
    if terms::shared_bps(&campaign.terms) > 0 {
        let mut live = model.registry.coupons.iter();
        if let Some((coupon, _)) = live.find(|(id, coupon)| id.campaign == number && coupon.left > 0) {
            return Some(Op::plain(OWNER, Message::Desk(DeskCall::Expire { coupon: *coupon })));
        }
    }
    let call = OfficeCall::WithdrawEscrow { campaign: number, amount };
    Some(Op::plain(name(campaign.issuer)?, Message::Office(call)))
}

fn settled(model: &Model) -> Option<Op> {
    let alliance = &model.alliance;
    let act = |caller, call| Some(Op::plain(caller, Message::Alliance(call)));
    let standing: Vec<_> = alliance.members.keys().map(|who| (*who, alliance.positions(*who))).collect();
    if let Some((case, dispute)) = alliance.disputes.iter().find(|(_, dispute)| !dispute.closed) {
        let until = dispute.rules_until(model);
        if model.now < until {
            return Some(Op::Advance(until - model.now));
        }
        return act(OWNER, AllianceCall::TimeOut { case: *case });
    }
    for (who, (_, due, _)) in &standing {
        let (member, amount) = (name(*who)?, owed(*due));
        let longstop = alliance.cut_off + alliance.config.longstop;
        if amount > 0 && model.now < longstop {
            return Some(Op::Advance(longstop - model.now));
        }
        if amount > 0 {
            return act(OWNER, AllianceCall::Default { member });
        }
    }
    for (who, _) in standing.iter().filter(|(_, (_, due, credit))| *due > 0 || *credit > 0) {
        let payout = act(OWNER, AllianceCall::Payout { member: name(*who)? });
        // Of a cycle that is cut whole there is nothing to pay.
        if payout.as_ref().is_some_and(|op| model.accepts(op)) {
            return payout;
        }
    }
    if let Some((who, member)) = alliance.members.iter().find(|(_, member)| member.unpaid > 0) {
        let (member, amount) = (name(*who)?, member.unpaid);
        let value = if alliance.config.asset == Asset::Native { amount } else { 0 };
        let message = Message::Alliance(AllianceCall::MakeGood { member, amount });
        return Some(Op::Call { caller: OWNER, value, message });
    }
    if standing.iter().any(|(_, (open, due, _))| *open != 0 || *due != 0) {
        let ends = alliance.opened_at + alliance.config.cycle_length;
        if model.now < ends {
            return Some(Op::Advance(ends - model.now));
        }
        return act(OWNER, AllianceCall::Close);
    }
    let (who, member) = alliance.members.first_key_value()?;
    match member.status {
        Status::Applied => act(name(*who)?, AllianceCall::Exit),
        Status::Leaving => {
            let until = alliance.liable_until(member);
            if model.now < until {
                return Some(Op::Advance(until - model.now));
            }
            act(name(*who)?, AllianceCall::Exit)
        }
        Status::Active | Status::Suspended | Status::Defaulted => act(name(*who)?, AllianceCall::Leave),
    }
}

/// S29: what is left in the contracts is nobody's but the fund's, a ghost's and who gave it.
pub(crate) fn all_home(model: &Model) -> Result<(), String> {
    let money = &model.money;
    let ghost = super::desk::waiting(model, Asset::Native);
    let fund = if model.alliance.config.asset == Asset::Native {
        model.alliance.fund + model.alliance.fees.get(&model.alliance.cycle).copied().unwrap_or_default()
    } else {
        0
    };
    for (contract, account) in model.places.contracts() {
        let rest = match contract {
            "registry" => ghost,
            "alliance" => fund,
            _ => 0,
        };
        let left = money.of(account, Asset::Native) - money.existential_deposit;
        let expected = rest + money.gifts.get(&account).copied().unwrap_or_default();
        if left != expected {
            return Err(format!(
                "S29: {left} plancks are left in the {contract}, of which {expected} belong there"
            ));
        }
    }
    Ok(())
}
