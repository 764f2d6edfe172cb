//! Custody's messages on the chain.

use super::{By, Deed, Raw, Real};
use crate::model::{
    ops::{CustodyCall, OrderCall},
    registry::blake2,
    storage::EVIDENCE,
    Answer, Refusal,
};
use ::custody::{payments::Split, CustodyRef};
use e2e_tests::{keys, signing::Place, world::reference};
use ink::codegen::TraitCallBuilder;
use scale::Encode;
use shared::permit::{Presented, Purpose};

impl Real<'_> {
    pub(super) fn custody(&mut self, by: By, call: &CustodyCall) -> Result<Deed, String> {
        let number = |number: u64| Answer::Number(number.into());
        let split = |split: Split| Answer::Split(split);
        let [evidence, reply] = EVIDENCE;
        let mut custody: CustodyRef = reference(self.places.custody);
        let custody = custody.call_mut();
        match call {
            CustodyCall::SetTerms { terms } => {
                let epoch = |epoch: u32| Answer::Number(epoch.into());
                self.call(by, custody.set_terms(*terms), epoch, Refusal::Custody)
            }
            CustodyCall::Pay { order, permit } => {
                // The acceptor signs for custody what it would sign for the registry.
                let here = Place { registry: self.places.custody, ..self.place() };
                let presented: Vec<Presented> =
                    order.coupons.iter().map(|(presented, _)| *presented).collect();
                let subject = Raw((&presented, blake2(&order.order)).encode());
                let other = Raw((&presented, [5u8; 32]).encode());
                let signer = keys(permit.signer);
                let (epoch, deadline) = (permit.epoch, permit.deadline);
                let signed = Self::forged_at(
                    here,
                    &signer,
                    (Purpose::Order, self.places.market),
                    &subject,
                    &other,
                    (epoch, deadline),
                    permit.forgery,
                );
                let holders = self.permits(&OrderCall { acceptor: None, ..order.clone() }).coupons;
                let call = custody.pay(order.order.clone(), holders, signed);
                self.call(by, call, Answer::Number, Refusal::Custody)
            }
            CustodyCall::Dispute { acceptor, number: order, reason } => {
                let call = custody.dispute(self.places.of(acceptor), *order, *reason, evidence);
                self.call(by, call, number, Refusal::Custody)
            }
            CustodyCall::Reply { number } => {
                self.call(by, custody.reply(*number, reply), |()| Answer::Nothing, Refusal::Custody)
            }
            CustodyCall::Rule { acceptor, number, bps } => {
                let call = custody.rule(self.places.of(acceptor), *number, *bps);
                self.call(by, call, split, Refusal::Custody)
            }
            CustodyCall::Settle { acceptor, number } => {
                let call = custody.settle(self.places.of(acceptor), *number);
                self.call(by, call, split, Refusal::Custody)
            }
            CustodyCall::GiveBack { number, amount } => {
                self.call(by, custody.give_back(*number, *amount), Answer::Number, Refusal::Custody)
            }
            CustodyCall::Withdraw { asset } => {
                self.call(by, custody.withdraw(*asset), Answer::Number, Refusal::Custody)
            }
        }
    }
}
