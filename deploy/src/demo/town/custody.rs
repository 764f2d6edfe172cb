//! Payments that custody holds while the customer may dispute them, each step told in a line. Checks that what is paid out is what was held, to the last unit.
use super::{amiss, Done, Play, Refused};
use crate::{
    commands::{
        council::evidence,
        custody::{address, custody},
    },
    demo::scenario::{amount, reason, share, Custody, CustodyRow},
    orders::{basket_hash, sign_order, sign_spend},
    refusals::{percent, Refusal, Words},
    times,
};
use ::custody::{
    error::CustodyError,
    payments::{Held, Split},
    terms::HoldingTerms,
};
use chain::{Balance, Chain, Keypair};
use ink::codegen::TraitCallBuilder;
use shared::permit::{CouponPermit, Domain};

impl Play<'_> {
    pub(super) fn custody(&mut self, row: &CustodyRow) -> Done {
        match row.what {
            Custody::Terms => self.set_terms(row),
            Custody::Pay => self.pay_held(row),
            Custody::Dispute => self.dispute_payment(row),
            Custody::Reply => self.answer(row),
            Custody::Rule => self.rule_payment(row),
            Custody::Settle => self.settle_payment(row),
            Custody::Return => self.give_back(row),
        }
    }

    /// How long payments can be disputed and ruled, and the payer's share where nobody rules. Custody becomes the merchant's cashier.
    fn set_terms(&mut self, row: &CustodyRow) -> Done {
        let mut periods = row.amount.splitn(3, ' ');
        let mut next = || periods.next().unwrap_or_default();
        let (dispute, rule, unruled) = (next(), next(), next());
        let unruled_bps = share(unruled)?;
        let terms = HoldingTerms {
            registry: self.desk.suite.registry,
            resolver: Self::account(&row.with),
            time_to_dispute: times::period(dispute)?,
            time_to_rule: times::period(rule)?,
            unruled_bps,
        };
        let (mut custody, here) = (custody(&self.desk)?, address(&self.desk)?);
        self.send(&row.who, 0, custody.call_mut().set_terms(terms), Words::custody)?;
        let trust = self.desk.office().call_mut().set_role(here, false, true, None);
        self.send(&row.who, 0, trust, Words::registry)?;
        Ok(self.tell(&format!(
            "   custody: for {dispute} what {}'s web shop is paid can be disputed, and {} rules within {rule}",
            row.who, row.with
        ))?)
    }

    fn pay_held(&mut self, row: &CustodyRow) -> Done {
        let (mut custody, here) = (custody(&self.desk)?, address(&self.desk)?);
        let coupon = self.coupon_of(&row.who, &row.campaign)?;
        let (payer, acceptor) = (Keypair::named(&row.who), Keypair::named(&row.with));
        let basket = amount(&row.amount)?;
        let goods = basket_hash(&[0; 32], &format!("{} {}", row.with, row.order));
        let order = self.order_at(&row.with, row.order, basket, goods);
        let terms = self.desk.session.ask(custody.call().terms(acceptor.account()))?;
        let epoch = terms.map_or(0, |terms| terms.epoch);
        let domain = Domain { chain_tag: self.desk.session.chain.genesis(), contract: here };
        let agreed = sign_order(&domain, &acceptor, epoch, &[coupon.into()], &order).permit;
        let spent = sign_spend(&self.desk.domain(), &payer, 0, coupon.into(), &order, order.deadline).permit;
        let coupons = vec![CouponPermit { presented: coupon.into(), permit: Some(spent) }];
        let before = self.in_custody()?;
        let message = custody.call_mut().pay(order, coupons, agreed);
        // What is over comes back.
        let net = self.send(&row.who, basket, message, Words::custody)?;
        self.take(&row.who, &row.campaign, coupon);
        self.ensure_in_custody(before.checked_add(net))?;
        let (until, cash) = (self.held(row)?.disputable_until, self.cash(net));
        Ok(self.tell(&format!(
            "   custody: {} pays {} {cash} for order {}, with a {}; the money is held until {}",
            row.who,
            row.with,
            row.order,
            row.campaign,
            times::show(until)
        ))?)
    }

    fn dispute_payment(&mut self, row: &CustodyRow) -> Done {
        let reason = reason(&row.amount)?;
        let shown = evidence(&format!("{} on order {} of {}", row.who, row.order, row.with));
        let message =
            custody(&self.desk)?.call_mut().dispute(Self::account(&row.with), row.order, reason, shown);
        self.send(&row.who, 0, message, Words::custody)?;
        Ok(self.tell(&format!("   custody: {} disputes order {}", row.who, row.order))?)
    }

    fn answer(&mut self, row: &CustodyRow) -> Done {
        let shown = evidence(&format!("{} on its order {}", row.who, row.order));
        let message = custody(&self.desk)?.call_mut().reply(row.order, shown);
        self.send(&row.who, 0, message, Words::custody)?;
        Ok(self.tell(&format!("   custody: {} answers", row.who))?)
    }

    fn rule_payment(&mut self, row: &CustodyRow) -> Done {
        let payer_bps = share(&row.amount)?;
        let message = custody(&self.desk)?.call_mut().rule(Self::account(&row.with), row.order, payer_bps);
        let said = format!("{} rules that {}% of order {} go back", row.who, percent(payer_bps), row.order);
        self.end(row, message, &said)
    }

    fn settle_payment(&mut self, row: &CustodyRow) -> Done {
        let message = custody(&self.desk)?.call_mut().settle(Self::account(&row.with), row.order);
        let said = format!("the time is up for order {}, and {} settles it", row.order, row.who);
        self.end(row, message, &said)
    }

    /// A payment's end: what was held is shared between the payer and the acceptor.
    fn end<Args: scale::Encode>(
        &mut self,
        row: &CustodyRow,
        message: chain::Message<Args, Result<Split, CustodyError>>,
        said: &str,
    ) -> Done {
        let held = self.held(row)?;
        let rest = self.in_custody()?.checked_sub(held.amount);
        let Split { to_payer, to_acceptor } = self.send(&row.who, 0, message, Words::custody)?;
        if to_payer.checked_add(to_acceptor) != Some(held.amount) {
            let (held, back, kept) = (self.cash(held.amount), self.cash(to_payer), self.cash(to_acceptor));
            return Err(amiss(&format!("{held} were held, of which {back} and {kept} were paid")).into());
        }
        self.ensure_in_custody(rest)?;
        let payer = self.desk.session.words.account(&held.payer);
        let (back, kept) = (self.cash(to_payer), self.cash(to_acceptor));
        let shared = if to_payer == 0 {
            format!("{} has all {kept}", row.with)
        } else {
            format!("{payer} has {back} back, and {} {kept}", row.with)
        };
        Ok(self.tell(&format!("   custody: {said}: {shared}"))?)
    }

    fn give_back(&mut self, row: &CustodyRow) -> Done {
        let back = amount(&row.amount)?;
        let rest = self.in_custody()?.checked_sub(back);
        let message = custody(&self.desk)?.call_mut().give_back(row.order, back);
        let left = self.send(&row.who, 0, message, Words::custody)?;
        self.ensure_in_custody(rest)?;
        let (back, left) = (self.cash(back), self.cash(left));
        Ok(self.tell(&format!(
            "   custody: {} gives {back} of order {} back; {left} are still held",
            row.who, row.order
        ))?)
    }

    fn held(&self, row: &CustodyRow) -> Result<Held, Refused> {
        let acceptor = Self::account(&row.with);
        let held = self.desk.session.ask(custody(&self.desk)?.call().payment(acceptor, row.order))?;
        held.ok_or_else(|| Refused {
            reason: "NoSuchPayment".into(),
            why: self
                .desk
                .session
                .words
                .custody(&CustodyError::NoSuchPayment { acceptor, number: row.order }),
        })
    }

    /// All of custody's money; the pallet's deposits aside.
    fn in_custody(&self) -> Result<Balance, Refusal> {
        self.desk.session.explained(self.desk.session.chain.balance(address(&self.desk)?))
    }

    fn ensure_in_custody(&self, expected: Option<Balance>) -> Result<(), Refusal> {
        let found = self.in_custody()?;
        if expected != Some(found) {
            return Err(amiss(&format!("custody has {}", self.cash(found))));
        }
        Ok(())
    }
}
