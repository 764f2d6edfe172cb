//! The market's messages on the chain.

use super::{By, Deed, Real};
use crate::model::{ops::MarketCall, Answer, Refusal, Who};
use ::market::{till::Signed, MarketRef};
use e2e_tests::world::reference;
use ink::codegen::TraitCallBuilder;

impl Real<'_> {
    pub(super) fn market(&mut self, by: By, call: &MarketCall) -> Result<Deed, String> {
        let nothing = |()| Answer::Nothing;
        let number = |number: u64| Answer::Number(number.into());
        let mut market: MarketRef = reference(self.places.market);
        let market = market.call_mut();
        let of = |who: &Who| self.places.of(who);
        match call {
            MarketCall::List { registry, coupons, ask, ends_at, reserved } => {
                let reserved = reserved.as_ref().map(of);
                let call = market.list(of(registry), coupons.clone(), *ends_at, reserved, ask.clone());
                self.call(by, call, number, Refusal::Market)
            }
            MarketCall::Buy { id, guard } => {
                self.call(by, market.buy(*id, *guard), Answer::Number, Refusal::Market)
            }
            MarketCall::BuyMany { ids, guard, all } => {
                self.call(by, market.buy_many(ids.clone(), *all, *guard), Answer::Prices, Refusal::Market)
            }
            MarketCall::BuyAndUse { id, highest, through, order } => {
                let signed = Signed::from((order.order.clone(), self.permits(order)));
                let call = market.buy_and_use(*id, *highest, through.as_ref().map(of), signed);
                self.call(by, call, Answer::Number, Refusal::Market)
            }
            MarketCall::Bid { id, amount, guard } => {
                self.call(by, market.bid(*id, *amount, *guard), number, Refusal::Market)
            }
            MarketCall::Swap { id, coupons, guard } => {
                self.call(by, market.swap(*id, coupons.clone(), *guard), nothing, Refusal::Market)
            }
            MarketCall::Settle { id } => self.call(by, market.settle(*id), nothing, Refusal::Market),
            MarketCall::Cancel { id } => self.call(by, market.cancel(*id), nothing, Refusal::Market),
            MarketCall::CancelAll => self.call(by, market.cancel_all(), number, Refusal::Market),
            MarketCall::Forget { ids } => self.call(by, market.forget(ids.clone()), nothing, Refusal::Market),
            MarketCall::MakeOffer { wish } => {
                self.call(by, market.make_offer(*wish), number, Refusal::Market)
            }
            MarketCall::AcceptOffer { id, coupon, least } => {
                let call = market.accept_offer(*id, *coupon, *least);
                self.call(by, call, Answer::Number, Refusal::Market)
            }
            MarketCall::WithdrawOffer { id } => {
                self.call(by, market.withdraw_offer(*id), Answer::Number, Refusal::Market)
            }
            MarketCall::Withdraw { asset } => {
                self.call(by, market.withdraw(*asset), Answer::Number, Refusal::Market)
            }
            MarketCall::SetFee { bps } => self.call(by, market.set_fee(*bps), number, Refusal::Market),
            MarketCall::SetToken { token, allowed } => {
                self.call(by, market.set_token(of(token), *allowed), nothing, Refusal::Market)
            }
            MarketCall::OfferOwnership { to } => {
                self.call(by, market.offer_ownership(to.as_ref().map(of)), nothing, Refusal::Market)
            }
            MarketCall::AcceptOwnership => self.call(by, market.accept_ownership(), nothing, Refusal::Market),
        }
    }
}
