//! Steps at the alliance and its council.

use super::{By, Deed, Real};
use crate::model::{
    ops::{AllianceCall, OrderCall},
    storage::EVIDENCE,
    Answer, Refusal, Who,
};
use ::alliance::{cycles::Waterfall, AllianceRef};
use ::council::CouncilRef;
use e2e_tests::world::reference;
use ink::codegen::TraitCallBuilder;
use scale::Encode;

impl Real<'_> {
    pub(super) fn alliance(&mut self, by: By, call: &AllianceCall) -> Result<Deed, String> {
        let nothing = |()| Answer::Nothing;
        let count = |number: u32| Answer::Number(number.into());
        let redeemed = |redemption| Answer::Redemption(Box::new(redemption));
        let mut alliance: AllianceRef = reference(self.places.alliance);
        let mut council: CouncilRef = reference(self.places.council);
        let (alliance, council) = (alliance.call_mut(), council.call_mut());
        let of = |who: &Who| self.places.of(who);
        let [evidence, reply] = EVIDENCE;
        let signed = |call: &OrderCall| (call.order.clone(), self.permits(call));
        match call {
            AllianceCall::WaiveFee { account, waived } => {
                self.call(by, council.waive_fee(of(account), *waived), nothing, Refusal::Alliance)
            }
            AllianceCall::Apply { registry, profile } => {
                self.call(by, council.apply(of(registry), *profile, Vec::new()), nothing, Refusal::Alliance)
            }
            AllianceCall::Decide { motion } => {
                self.call(by, council.decide(*motion), nothing, Refusal::Alliance)
            }
            AllianceCall::Propose { motion } => {
                self.call(by, council.propose(*motion), count, Refusal::Alliance)
            }
            AllianceCall::Vote { proposal } => {
                self.call(by, council.vote(*proposal), nothing, Refusal::Alliance)
            }
            AllianceCall::Clear { proposal } => {
                self.call(by, council.clear(*proposal), nothing, Refusal::Alliance)
            }
            AllianceCall::OfferRate { acceptor, issuer, rate } => {
                let call = council.offer_rate(of(acceptor), of(issuer), *rate);
                self.call(by, call, nothing, Refusal::Alliance)
            }
            AllianceCall::AcceptRate { acceptor, issuer, rate } => {
                let call = council.accept_rate(of(acceptor), of(issuer), *rate);
                self.call(by, call, nothing, Refusal::Alliance)
            }
            AllianceCall::OpenCase { registry, reason, redemption } => {
                let call = council.open_case(of(registry), *reason, evidence, redemption.as_ref().clone());
                self.call(by, call, count, Refusal::Alliance)
            }
            AllianceCall::Reply { case } => {
                self.call(by, council.reply(*case, reply), nothing, Refusal::Alliance)
            }
            AllianceCall::Rule { case, bps } => {
                self.call(by, council.rule(*case, *bps), Answer::Number, Refusal::Alliance)
            }
            AllianceCall::TimeOut { case } => {
                self.call(by, council.time_out(*case), Answer::Number, Refusal::Alliance)
            }
            AllianceCall::ClearCase { case } => {
                self.call(by, council.clear_case(*case), nothing, Refusal::Alliance)
            }
            AllianceCall::Deposit { amount } => {
                self.call(by, council.deposit_collateral(*amount), nothing, Refusal::Alliance)
            }
            AllianceCall::Withdraw { amount } => {
                self.call(by, council.withdraw_collateral(*amount), nothing, Refusal::Alliance)
            }
            AllianceCall::Redeem { registry, order } => {
                self.call(by, alliance.redeem(of(registry), signed(order)), redeemed, Refusal::Alliance)
            }
            AllianceCall::RedeemBatch { registry, orders } => {
                let orders = orders.iter().map(|order| signed(order).encode()).collect();
                let call = alliance.redeem_batch(of(registry), orders);
                self.call(by, call, Answer::Results, Refusal::Alliance)
            }
            AllianceCall::RollBack { registry, redemption } => {
                let refund = redemption.refund(None);
                let call = alliance.roll_back(of(registry), refund, (redemption.as_ref().clone(), None));
                self.call(by, call, |_| Answer::Nothing, Refusal::Alliance)
            }
            AllianceCall::Convert { registry, other, coupon, to, order } => {
                let call = council.convert(of(registry), of(other), *coupon, of(to), signed(order));
                self.call(by, call, redeemed, Refusal::Alliance)
            }
            AllianceCall::Close => self.call(by, council.close_cycle(), Answer::Number, Refusal::Alliance),
            AllianceCall::PayIn { member, amount } => {
                self.call(by, council.pay_in(of(member), *amount), nothing, Refusal::Alliance)
            }
            AllianceCall::Default { member } => {
                let found = |found: Waterfall| Answer::Waterfall(found);
                self.call(by, council.declare_default(of(member)), found, Refusal::Alliance)
            }
            AllianceCall::MakeGood { member, amount } => {
                self.call(by, council.make_good(of(member), *amount), nothing, Refusal::Alliance)
            }
            AllianceCall::Endow { amount } => {
                self.call(by, council.endow(*amount), nothing, Refusal::Alliance)
            }
            AllianceCall::Leave => self.call(by, council.leave(), nothing, Refusal::Alliance),
            AllianceCall::Payout { member } => {
                self.call(by, council.payout(of(member)), Answer::Number, Refusal::Alliance)
            }
            AllianceCall::Exit => self.call(by, council.exit(), nothing, Refusal::Alliance),
        }
    }
}
