//! Redeeming and booking, a batch, rolling back and reversing, and conversion.

use super::{Debt, Model};
use crate::model::{
    ops::OrderCall,
    registry::{blake2, from_escrow},
    Answer,
};
use ::alliance::{error::AllianceError as E, members::Status};
use chain::{AccountId, Balance};
use shared::{
    assets::Asset,
    ids::CouponId,
    order::{Redemption, Settlement, Use},
    terms::Funding,
};

/// The most orders in a batch.
const MOST: u32 = 50;

impl Model {
    fn admit_order(&self, caller: AccountId, registry: AccountId, order: &OrderCall) -> Result<(), E> {
        let acceptor = order.order.acceptor;
        self.alliance.ensure_active(acceptor)?;
        self.ensure_known(registry)?;
        if caller != acceptor && order.acceptor.is_none() {
            return Err(E::NotAcceptor { acceptor, caller });
        }
        Ok(())
    }

    pub(super) fn redeem_and_clear(
        &mut self,
        caller: AccountId,
        value: Balance,
        registry: AccountId,
        order: &OrderCall,
    ) -> Result<Redemption, E> {
        let (this, asset) = (self.places.alliance, self.alliance.config.asset);
        self.admit_order(caller, registry, order)?;
        // On chain, whoever calls lets the alliance have the basket's price in tokens, and has back what is over.
        let basket = order.order.basket;
        let in_tokens = order.order.settlement == Settlement::OnChain && asset != Asset::Native;
        if in_tokens {
            self.money.collect(asset, (this, this), caller, basket, value).map_err(E::Payment)?;
            self.money.allowances.insert((this, self.places.registry), basket);
        }
        let passed_on = if in_tokens { 0 } else { value };
        let native = self.money.collect(Asset::Native, (this, this), caller, passed_on, passed_on);
        native.map_err(E::Payment)?;
        let redeemed = self.redeem_and_pay(this, order, passed_on);
        let redemption = redeemed.map_err(|refusal| E::Registry(refusal.into()))?;
        if in_tokens {
            self.money.allowances.insert((this, self.places.registry), 0);
            self.money.pay(asset, this, caller, basket - redemption.net).map_err(E::Payment)?;
        } else if passed_on > 0 {
            let change = self.money.pay(Asset::Native, this, caller, passed_on - redemption.net);
            change.map_err(E::Payment)?;
        }
        if self.book(&redemption)? {
            self.emit("OrdersBooked");
        }
        Ok(redemption)
    }

    pub(super) fn redeem_and_clear_batch(
        &mut self,
        caller: AccountId,
        registry: AccountId,
        orders: &[OrderCall],
    ) -> Result<Answer, E> {
        let items = u32::try_from(orders.len()).unwrap();
        if items == 0 || items > MOST {
            return Err(E::BatchSize { items, most: MOST });
        }
        for order in orders {
            self.admit_order(caller, registry, order)?;
        }
        let batch = self.redeem_many(self.places.alliance, orders);
        let (results, done) = batch.map_err(|refusal| E::Registry(refusal.into()))?;
        // Neighbours of one acceptor are told of together, if any of them made a debt.
        let mut told = None;
        for redemption in &done {
            if told.is_some_and(|(acceptor, _)| acceptor != redemption.acceptor) {
                self.tell_booked(told.take());
            }
            let before = told.is_some_and(|(_, owed)| owed);
            told = Some((redemption.acceptor, self.book(redemption)? || before));
        }
        self.tell_booked(told);
        Ok(Answer::Results(results))
    }

    fn tell_booked(&mut self, told: Option<(AccountId, bool)>) {
        if told.is_some_and(|(_, owed)| owed) {
            self.emit("OrdersBooked");
        }
    }

    /// A leaving member's coupons are honoured until the tail ends.
    fn ensure_honoured(&self, account: AccountId) -> Result<(), E> {
        let (member, tail) = (self.alliance.member(account)?, self.alliance.config.tail);
        if member.status == Status::Leaving && self.now < member.since + tail {
            return Ok(());
        }
        self.alliance.ensure_active(account)
    }

    /// What a coupon makes its issuer owe now; the fee is part of it.
    fn debt(&mut self, used: &Use, redemption: &Redemption) -> Result<Option<Debt>, E> {
        let (acceptor, config) = (redemption.acceptor, &self.alliance.config);
        if used.issuer == acceptor || used.funding == Funding::Merchant {
            return Ok(None);
        }
        if redemption.asset != config.asset {
            return Err(E::WrongAsset { expected: config.asset, redeemed: redemption.asset });
        }
        let two = (acceptor, used.issuer);
        let agreed = self.alliance.rate_at(two, self.now);
        let bps = agreed.map_or(config.default_rate_bps, |rate| rate.bps);
        let amount = super::share(used.discount, bps);
        if used.funding == Funding::Escrow || amount == 0 {
            return Ok(None);
        }
        let fee = (amount * Balance::from(config.fee_bps)).div_ceil(10_000);
        let cap = agreed.and_then(|rate| rate.daily_cap);
        if let Some(cap) = cap {
            self.alliance.count_today(two, cap, amount, self.now)?;
        }
        Ok(Some(Debt { issuer: used.issuer, amount, fee, capped: cap.is_some() }))
    }

    /// Gives whether anyone came to owe.
    fn book(&mut self, redemption: &Redemption) -> Result<bool, E> {
        let (acceptor, now) = (redemption.acceptor, self.now);
        let mut parties = Vec::new();
        for used in &redemption.uses {
            if used.issuer != acceptor && used.funding != Funding::Escrow {
                self.ensure_honoured(used.issuer)?;
            }
            let Some(debt) = self.debt(used, redemption)? else { continue };
            let alliance = &mut self.alliance;
            alliance.touch(acceptor);
            alliance.touch(debt.issuer);
            alliance.post(Some(debt.issuer), Some(acceptor), debt.amount - debt.fee);
            alliance.post(Some(debt.issuer), None, debt.fee);
            *alliance.fees.entry(alliance.cycle).or_default() += debt.fee;
            alliance.ensure_covered(debt.issuer)?;
            alliance.booked.insert((acceptor, redemption.number, used.coupon), debt);
            parties.push(debt.issuer);
        }
        if parties.is_empty() {
            return Ok(false);
        }
        let (final_at, tail) = (redemption.final_at, self.alliance.config.tail);
        if final_at - now > tail {
            return Err(E::TailTooShort { final_at, tail });
        }
        parties.push(acceptor);
        for party in parties {
            let member = self.alliance.member_mut(party)?;
            member.liable_until = member.liable_until.max(final_at);
        }
        Ok(true)
    }

    pub(super) fn roll_back_and_reverse(
        &mut self,
        caller: AccountId,
        value: Balance,
        registry: AccountId,
        redemption: &Redemption,
    ) -> Result<(), E> {
        let this = self.places.alliance;
        self.ensure_known(registry)?;
        if caller != redemption.acceptor {
            return Err(E::NotAcceptor { acceptor: redemption.acceptor, caller });
        }
        let to_payer = redemption.payer.map_or(0, |_| redemption.net);
        let refund = from_escrow(redemption) + to_payer;
        let collected = self.money.collect(redemption.asset, (this, this), caller, refund, value);
        collected.map_err(E::Payment)?;
        let paid = if redemption.asset == Asset::Native { refund } else { 0 };
        if paid < refund {
            self.money.allowances.insert((this, self.places.desk), refund);
        }
        self.roll_back(this, redemption, None, paid).map_err(|refusal| E::Registry(refusal.into()))?;
        self.unbook(redemption)
    }

    fn unbook(&mut self, redemption: &Redemption) -> Result<(), E> {
        let acceptor = redemption.acceptor;
        let mut reversed = false;
        for used in &redemption.uses {
            let at = (acceptor, redemption.number, used.coupon);
            let Some(debt) = self.alliance.booked.remove(&at) else { continue };
            let alliance = &mut self.alliance;
            alliance.member(debt.issuer)?;
            if let Some(pair) = alliance.pairs.get_mut(&(acceptor, debt.issuer)).filter(|_| debt.capped) {
                if pair.day == redemption.redeemed_at / crate::model::ops::DAY {
                    pair.used -= debt.amount;
                }
            }
            alliance.touch(debt.issuer);
            alliance.touch(acceptor);
            let fees = alliance.fees.entry(alliance.cycle).or_default();
            let from_fees = debt.fee.min(*fees);
            *fees -= from_fees;
            // What the cycle closed last has in fees is in the fund, and paid in once it is settled.
            let before = alliance.cycle - 1;
            let unpaid = match alliance.unsettled() {
                0 => 0,
                _ => alliance.fees.get(&before).copied().unwrap_or_default(),
            };
            let from_fund = (debt.fee - from_fees).min(alliance.fund.saturating_sub(unpaid));
            alliance.fund -= from_fund;
            *alliance.refunds.entry(alliance.cycle).or_default() += from_fund;
            let back = from_fees + from_fund;
            alliance.post(Some(acceptor), Some(debt.issuer), debt.amount - back);
            alliance.post(None, Some(debt.issuer), back);
            reversed = true;
        }
        if reversed {
            self.emit("DebtsReversed");
            self.alliance.ensure_covered(acceptor)?;
        }
        Ok(())
    }

    /// Spends coupons on an order whose goods are a coupon, which the acceptor lets the council move.
    pub(super) fn convert(
        &mut self,
        caller: AccountId,
        (registry, other): (AccountId, AccountId),
        coupon: CouponId,
        to: AccountId,
        order: &OrderCall,
    ) -> Result<Answer, E> {
        let (council, acceptor) = (self.places.council, order.order.acceptor);
        let signer = order.acceptor.as_ref().map(|consent| self.places.of(consent.signer));
        if signer != Some(acceptor) {
            return Err(E::NotAcceptor { acceptor, caller: signer.unwrap_or(caller) });
        }
        self.ensure_known(other)?;
        let held = self.registry.coupons.get(&coupon);
        let Some(held) = held.filter(|held| held.owner == acceptor) else {
            return Err(E::CouponElsewhere { holder: held.map(|held| held.owner) });
        };
        if order.order.basket_hash != blake2(&(other, coupon, held.left, held.valid_until, to)) {
            return Err(E::OtherConversion { number: order.order.number });
        }
        let redemption = self.redeem_and_clear(council, 0, registry, order)?;
        self.transfer(council, to, coupon).map_err(|_| E::TransferRefused { coupon })?;
        self.emit("CouponConverted");
        Ok(Answer::Redemption(Box::new(redemption)))
    }
}
