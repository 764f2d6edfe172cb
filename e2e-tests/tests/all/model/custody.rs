//! The model's custody: what was paid for each order, and what has become of it.

use super::{
    ops::{Consent, CustodyCall, OrderCall},
    Answer, Model,
};
use ::custody::{error::CustodyError as E, payments::Split, terms::HoldingTerms};
use chain::{AccountId, Balance, Hash};
use shared::{
    assets::{Asset, PaymentFault},
    order::Settlement,
};
use std::collections::BTreeMap;

/// 90 days.
const LONGEST: u64 = 90 * super::ops::DAY;

#[derive(Clone, Debug)]
pub(crate) struct Payment {
    pub(crate) payer: AccountId,
    pub(crate) asset: Asset,
    pub(crate) paid: Balance,
    pub(crate) given_back: Balance,
    /// As they were when it was paid.
    pub(crate) terms: HoldingTerms,
    pub(crate) paid_at: u64,
    pub(crate) dispute: Option<Dispute>,
}

#[derive(Clone, Debug)]
pub(crate) struct Dispute {
    pub(crate) reason: u8,
    pub(crate) at: u64,
    pub(crate) replied: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Custody {
    /// Every terms a merchant ever set.
    pub(crate) terms: BTreeMap<AccountId, Vec<HoldingTerms>>,
    /// By acceptor and order number, as long as they are held.
    pub(crate) payments: BTreeMap<(AccountId, u64), Payment>,
    pub(crate) credits: BTreeMap<(AccountId, Asset), Balance>,
}

impl Payment {
    pub(crate) fn held(&self) -> Balance {
        self.paid - self.given_back
    }

    pub(crate) fn disputable_until(&self) -> u64 {
        self.paid_at + self.terms.time_to_dispute
    }

    /// Until when the resolver may rule.
    pub(crate) fn ruled_until(&self) -> Option<u64> {
        self.dispute.as_ref().map(|dispute| dispute.at + self.terms.time_to_rule)
    }

    /// When anyone may settle it.
    pub(crate) fn settles_at(&self) -> u64 {
        self.ruled_until().unwrap_or(self.disputable_until())
    }

    fn split(&self, payer_bps: u16) -> Split {
        let to_payer = self.held() * Balance::from(payer_bps) / 10_000;
        Split { to_payer, to_acceptor: self.held() - to_payer }
    }
}

impl Custody {
    pub(crate) fn liability(&self, asset: Asset) -> Balance {
        let held = self.payments.values().filter(|payment| payment.asset == asset).map(Payment::held);
        let owed = self.credits.iter().filter(|((_, of), _)| *of == asset).map(|(_, amount)| *amount);
        held.chain(owed).sum()
    }

    /// The terms that count now, and how often others did before.
    pub(crate) fn current(&self, acceptor: AccountId) -> Option<(HoldingTerms, u32)> {
        let all = self.terms.get(&acceptor)?;
        Some((*all.last()?, u32::try_from(all.len()).unwrap() - 1))
    }

    fn payment(&mut self, acceptor: AccountId, number: u64) -> Result<&mut Payment, E> {
        self.payments.get_mut(&(acceptor, number)).ok_or(E::NoSuchPayment { acceptor, number })
    }
}

impl Model {
    pub(super) fn custody_call(
        &mut self,
        caller: AccountId,
        value: Balance,
        call: &CustodyCall,
    ) -> Result<Answer, E> {
        match call {
            CustodyCall::SetTerms { terms } => self.set_terms(caller, *terms),
            CustodyCall::Pay { order, permit } => self.pay_order(caller, value, order, permit),
            CustodyCall::Dispute { acceptor, number, reason } => {
                self.dispute_payment(caller, self.places.of(acceptor), *number, *reason)
            }
            CustodyCall::Reply { number } => self.reply_to_dispute(caller, *number),
            CustodyCall::Rule { acceptor, number, bps } => {
                self.rule_payment(caller, (self.places.of(acceptor), *number), *bps)
            }
            CustodyCall::Settle { acceptor, number } => {
                self.settle_payment((self.places.of(acceptor), *number))
            }
            CustodyCall::GiveBack { number, amount } => self.give_payment_back(caller, *number, *amount),
            CustodyCall::Withdraw { asset } => {
                let credit = self.custody.credits.remove(&(caller, *asset));
                let amount = credit.ok_or(E::NoCredit { asset: *asset })?;
                self.emit("CreditWithdrawn");
                self.money.pay(*asset, self.places.custody, caller, amount).map_err(E::Payment)?;
                Ok(Answer::Number(amount))
            }
        }
    }

    fn set_terms(&mut self, merchant: AccountId, terms: HoldingTerms) -> Result<Answer, E> {
        if terms.resolver == merchant || terms.resolver == AccountId::from([0; 32]) {
            return Err(E::BadResolver { resolver: terms.resolver });
        }
        let fits = |time| (1..=LONGEST).contains(&time);
        if !fits(terms.time_to_dispute) {
            return Err(E::TimeToDispute { time: terms.time_to_dispute, most: LONGEST });
        }
        if !fits(terms.time_to_rule) {
            return Err(E::TimeToRule { time: terms.time_to_rule, most: LONGEST });
        }
        if terms.unruled_bps > 10_000 {
            return Err(E::ShareOverWhole { bps: terms.unruled_bps });
        }
        if terms.registry != self.places.registry {
            let code: Option<Hash> =
                (terms.registry == self.places.alliance).then_some(self.places.alliance_code);
            return Err(E::UnknownRegistry { registry: terms.registry, code });
        }
        self.custody.terms.entry(merchant).or_default().push(terms);
        self.emit("TermsSet");
        let (_, epoch) = self.custody.current(merchant).expect("they were just set");
        Ok(Answer::Number(epoch.into()))
    }

    /// The net price of an order, which the registry has custody say as its cashier.
    fn pay_order(
        &mut self,
        payer: AccountId,
        value: Balance,
        call: &OrderCall,
        permit: &Consent,
    ) -> Result<Answer, E> {
        let (order, now, this) = (&call.order, self.now, self.places.custody);
        let (acceptor, number) = (order.acceptor, order.number);
        if order.settlement == Settlement::OnChain {
            return Err(E::OnChainOrder { number });
        }
        let (terms, current) = self.custody.current(acceptor).ok_or(E::NoTerms { acceptor })?;
        if payer == acceptor {
            return Err(E::OwnOrder { acceptor });
        }
        if payer == terms.resolver {
            return Err(E::ResolverPays { resolver: payer });
        }
        if now >= permit.deadline {
            return Err(E::PermitExpired { deadline: permit.deadline, now });
        }
        if permit.epoch != current {
            return Err(E::PermitCancelled { epoch: permit.epoch, current });
        }
        if permit.forgery.is_some() || self.places.of(permit.signer) != acceptor {
            return Err(E::PermitInvalid { signer: acceptor });
        }
        if self.custody.payments.contains_key(&(acceptor, number)) {
            return Err(E::AlreadyHeld { number });
        }
        let by_cashier = OrderCall { acceptor: None, ..call.clone() };
        let redeemed = self.redeem_and_pay(this, &by_cashier, 0);
        let redemption = redeemed.map_err(|refusal| E::Registry(refusal.into()))?;
        let (asset, net) = (redemption.asset, redemption.net);
        if net == 0 {
            return Err(E::NothingToHold { number });
        }
        let payment = Payment { payer, asset, paid: net, given_back: 0, terms, paid_at: now, dispute: None };
        self.custody.payments.insert((acceptor, number), payment);
        self.emit("PaymentHeld");
        // What is over of plancks goes back.
        let taken = match asset {
            Asset::Native if value < net => {
                return Err(E::Payment(PaymentFault::WrongValue { expected: net, paid: value }))
            }
            Asset::Native => net,
            Asset::Psp22(_) => value,
        };
        self.money.collect(asset, (this, this), payer, net, taken).map_err(E::Payment)?;
        Ok(Answer::Number(net))
    }

    fn dispute_payment(
        &mut self,
        caller: AccountId,
        acceptor: AccountId,
        number: u64,
        reason: u8,
    ) -> Result<Answer, E> {
        let now = self.now;
        let payment = self.custody.payment(acceptor, number)?;
        if caller != payment.payer {
            return Err(E::NotPayer { payer: payment.payer, caller });
        }
        if payment.dispute.is_some() {
            return Err(E::AlreadyDisputed { number });
        }
        let until = payment.disputable_until();
        if now >= until {
            return Err(E::TimeToDisputeOver { until, now });
        }
        payment.dispute = Some(Dispute { reason, at: now, replied: false });
        let ruled_until = payment.settles_at();
        self.emit("PaymentDisputed");
        Ok(Answer::Number(ruled_until.into()))
    }

    fn reply_to_dispute(&mut self, acceptor: AccountId, number: u64) -> Result<Answer, E> {
        let now = self.now;
        let payment = self.custody.payment(acceptor, number)?;
        let until = payment.ruled_until().ok_or(E::NotDisputed { number })?;
        let dispute = payment.dispute.as_mut().expect("it is disputed");
        if dispute.replied {
            return Err(E::AlreadyReplied { number });
        }
        if now >= until {
            return Err(E::TimeToRuleOver { until, now });
        }
        dispute.replied = true;
        self.emit("DisputeReplied");
        Ok(Answer::Nothing)
    }

    fn rule_payment(&mut self, caller: AccountId, at: (AccountId, u64), bps: u16) -> Result<Answer, E> {
        let now = self.now;
        let payment = self.custody.payment(at.0, at.1)?;
        let resolver = payment.terms.resolver;
        if caller != resolver {
            return Err(E::NotResolver { resolver, caller });
        }
        let until = payment.ruled_until().ok_or(E::NotDisputed { number: at.1 })?;
        if now >= until {
            return Err(E::TimeToRuleOver { until, now });
        }
        if bps > 10_000 {
            return Err(E::ShareOverWhole { bps });
        }
        self.emit("DisputeRuled");
        Ok(self.end_payment(at, bps))
    }

    fn settle_payment(&mut self, at: (AccountId, u64)) -> Result<Answer, E> {
        let now = self.now;
        let payment = self.custody.payment(at.0, at.1)?;
        let (until, disputed) = (payment.settles_at(), payment.dispute.is_some());
        match now < until {
            true if disputed => return Err(E::StillToBeRuled { until, now }),
            true => return Err(E::StillDisputable { until, now }),
            false => {}
        }
        let bps = if disputed { payment.terms.unruled_bps } else { 0 };
        self.emit("PaymentSettled");
        Ok(self.end_payment(at, bps))
    }

    fn end_payment(&mut self, at: (AccountId, u64), payer_bps: u16) -> Answer {
        let payment = self.custody.payments.remove(&at).expect("it was looked up");
        let split = payment.split(payer_bps);
        self.pay_from_custody(payment.asset, payment.payer, split.to_payer);
        self.pay_from_custody(payment.asset, at.0, split.to_acceptor);
        Answer::Split(split)
    }

    fn give_payment_back(&mut self, acceptor: AccountId, number: u64, amount: Balance) -> Result<Answer, E> {
        let payment = self.custody.payment(acceptor, number)?;
        if amount == 0 {
            return Err(E::ZeroAmount);
        }
        if amount > payment.held() {
            return Err(E::OverHeld { asked: amount, held: payment.held() });
        }
        payment.given_back += amount;
        let (asset, payer, rest) = (payment.asset, payment.payer, payment.held());
        if rest == 0 {
            self.custody.payments.remove(&(acceptor, number));
        }
        self.emit("PaymentGivenBack");
        self.pay_from_custody(asset, payer, amount);
        Ok(Answer::Number(rest))
    }

    fn pay_from_custody(&mut self, asset: Asset, account: AccountId, amount: Balance) {
        if self.money.pay(asset, self.places.custody, account, amount).is_err() {
            *self.custody.credits.entry((account, asset)).or_default() += amount;
            self.emit("CreditAdded");
        }
    }
}
