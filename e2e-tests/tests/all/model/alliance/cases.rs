//! Disputes: an issuer says that a redemption shouldn't have been charged to it.

use super::{share, Answer, Dispute, Model};
use crate::model::registry::Fate;
use ::alliance::error::AllianceError as E;
use chain::{AccountId, Balance};
use shared::order::Redemption;

impl Dispute {
    pub(crate) fn replies_until(&self, model: &Model) -> u64 {
        self.opened_at + model.alliance.terms.reply_window
    }

    pub(crate) fn rules_until(&self, model: &Model) -> u64 {
        self.replies_until(model) + model.alliance.terms.ruling_window
    }

    /// What it is about.
    fn disputed(&self) -> super::Disputed {
        (self.acceptor, self.number, self.issuer)
    }
}

impl Model {
    /// Whether a redemption stands just so, and its record is kept.
    fn stands(&self, redemption: &Redemption) -> bool {
        let mut past = self.registry.past.iter();
        past.any(|past| past.fate == Fate::Stands && past.redemption == *redemption)
    }

    pub(super) fn open_case(
        &mut self,
        issuer: AccountId,
        value: Balance,
        registry: AccountId,
        reason: u8,
        redemption: &Redemption,
    ) -> Result<Answer, E> {
        let (acceptor, number, now) = (redemption.acceptor, redemption.number, self.now);
        self.alliance.member(acceptor)?;
        self.alliance.member(issuer)?;
        self.ensure_known(registry)?;
        if redemption.alliance != Some(self.places.alliance) || !self.stands(redemption) {
            return Err(E::NoSuchRedemption { acceptor, number });
        }
        let final_at = redemption.final_at;
        if now < final_at {
            return Err(E::NotFinal { final_at, now });
        }
        let until = final_at + self.alliance.terms.case_window;
        if now >= until {
            return Err(E::CaseWindowOver { until, now });
        }
        let about = (acceptor, number, issuer);
        if let Some(case) = self.alliance.disputed.get(&about) {
            return Err(E::AlreadyDisputed { case: *case });
        }
        let booked = self.alliance.booked.iter();
        let its = booked.filter(|((by, order, _), debt)| (*by, *order, debt.issuer) == about);
        let amount: Balance = its.map(|(_, debt)| debt.amount - debt.fee).sum();
        if amount == 0 {
            return Err(E::NothingBooked { issuer });
        }
        self.alliance.cases += 1;
        let case = self.alliance.cases;
        let dispute = Dispute {
            issuer,
            acceptor,
            number,
            amount,
            reason,
            opened_at: now,
            replied_at: None,
            closed: false,
        };
        self.alliance.disputes.insert(case, dispute);
        self.alliance.disputed.insert(about, case);
        self.alliance.touch(acceptor);
        self.alliance.touch(issuer);
        let fee = self.alliance.terms.case_fee;
        self.alliance.fund += fee;
        self.emit("CaseOpened");
        self.collect_for_alliance(issuer, fee, value)?;
        Ok(Answer::Number(case.into()))
    }

    fn dispute(&self, case: u32) -> Result<&Dispute, E> {
        self.alliance.disputes.get(&case).ok_or(E::NoSuchCase { case })
    }

    fn open_dispute(&self, case: u32) -> Result<&Dispute, E> {
        let dispute = self.dispute(case)?;
        if dispute.closed {
            return Err(E::CaseClosed);
        }
        Ok(dispute)
    }

    pub(super) fn reply_to_case(&mut self, caller: AccountId, case: u32) -> Result<(), E> {
        let (now, dispute) = (self.now, self.open_dispute(case)?);
        if caller != dispute.acceptor {
            return Err(E::NotParty { account: caller });
        }
        if dispute.replied_at.is_some() {
            return Err(E::AlreadyReplied);
        }
        let until = dispute.replies_until(self);
        if now >= until {
            return Err(E::ReplyWindowOver { until, now });
        }
        self.alliance.disputes.get_mut(&case).expect("it is open").replied_at = Some(now);
        self.emit("CaseReplied");
        Ok(())
    }

    pub(super) fn rule_case(&mut self, caller: AccountId, case: u32, bps: u16) -> Result<Answer, E> {
        let (now, resolver) = (self.now, self.alliance.terms.resolver);
        let dispute = self.open_dispute(case)?;
        if caller != resolver {
            return Err(E::NotResolver { resolver, caller });
        }
        if [dispute.acceptor, dispute.issuer].contains(&resolver) {
            return Err(E::ResolverIsParty { resolver });
        }
        if bps > 10_000 {
            return Err(E::ShareOverWhole { bps });
        }
        let (until, last) = (dispute.replies_until(self), dispute.rules_until(self));
        if dispute.replied_at.is_none() && now < until {
            return Err(E::ReplyRunning { until, now });
        }
        if now >= last {
            return Err(E::RulingOver { until: last, now });
        }
        self.close_case(case, bps)
    }

    pub(super) fn time_out_case(&mut self, case: u32) -> Result<Answer, E> {
        let (now, until) = (self.now, self.open_dispute(case)?.rules_until(self));
        if now < until {
            return Err(E::RulingRunning { until, now });
        }
        self.close_case(case, self.alliance.terms.unruled_bps)
    }

    /// The acceptor owes the issuer its share.
    fn close_case(&mut self, case: u32, bps: u16) -> Result<Answer, E> {
        let dispute = self.alliance.disputes.get_mut(&case).expect("it is open");
        dispute.closed = true;
        let Dispute { acceptor, issuer, amount, .. } = *dispute;
        let given_back = share(amount, bps);
        for party in [acceptor, issuer] {
            self.alliance.member(party)?;
            self.alliance.touch(party);
        }
        self.alliance.post(Some(acceptor), Some(issuer), given_back);
        self.emit("CaseClosed");
        Ok(Answer::Number(given_back))
    }

    pub(super) fn clear_case(&mut self, caller: AccountId, case: u32) -> Result<(), E> {
        let (now, dispute) = (self.now, self.dispute(case)?);
        if caller != dispute.issuer {
            return Err(E::NotParty { account: caller });
        }
        if !dispute.closed {
            return Err(E::CaseOpen { case });
        }
        let until = dispute.opened_at + self.alliance.terms.case_window;
        if now < until {
            return Err(E::CaseWindowRunning { until, now });
        }
        let about = dispute.disputed();
        self.alliance.disputes.remove(&case);
        self.alliance.disputed.remove(&about);
        self.emit("CaseCleared");
        Ok(())
    }
}
