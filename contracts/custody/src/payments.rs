//! A payment's life: agreed, held, perhaps disputed and answered, and then ruled, settled or given back. Knows no storage and moves no money.
use crate::{
    error::CustodyError,
    terms::{ensure_share, HoldingTerms},
};
use ink::prelude::vec::Vec;
use shared::{
    assets::Asset,
    math::share_down,
    order::{digest, Order, Settlement},
    permit::{CouponPermit, Domain, Permit, Presented, Purpose},
    AccountId, Balance, Hash, Timestamp,
};

/// Money that is held, with what of its day's terms still matters. Amounts are in `asset`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Held {
    /// Who paid.
    pub payer: AccountId,
    /// In what.
    pub asset: Asset,
    /// What is held; never zero.
    pub amount: Balance,
    /// Who rules a dispute.
    pub resolver: AccountId,
    /// It can be disputed until just before this time.
    pub disputable_until: Timestamp,
    /// How long a dispute can be ruled, in milliseconds.
    pub time_to_rule: u64,
    /// The payer's share where nobody rules, in bps.
    pub unruled_bps: u16,
    /// The dispute, if there is one.
    pub dispute: Option<Dispute>,
}

/// What a payer says is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Dispute {
    /// A code of the resolver's list.
    pub reason: u8,
    /// The hash of what the payer shows.
    pub evidence: Hash,
    /// It can be ruled until just before this time.
    pub ruled_until: Timestamp,
    /// The hash of what the acceptor shows.
    pub reply: Option<Hash>,
}

/// How a payment was shared: the two are all that was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Split {
    /// The payer's part.
    pub to_payer: Balance,
    /// The acceptor's.
    pub to_acceptor: Balance,
}

/// An order that somebody is about to pay.
#[derive(Clone, Copy)]
pub struct Sale<'a> {
    /// The order.
    pub order: &'a Order,
    /// Its coupons.
    pub coupons: &'a [CouponPermit],
    /// Who pays.
    pub payer: AccountId,
    /// The block's time.
    pub now: Timestamp,
}

impl Sale<'_> {
    /// An order that the registry would have paid on chain isn't for here.
    /// # Errors
    /// `OnChainOrder`.
    pub fn ensure_off_chain(&self) -> Result<(), CustodyError> {
        match self.order.settlement {
            Settlement::OffChain => Ok(()),
            Settlement::OnChain => Err(CustodyError::OnChainOrder { number: self.order.number }),
        }
    }

    /// Whether the acceptor agreed to this order with these coupons, under these terms, to be paid here by such a payer.
    /// # Errors
    /// `OwnOrder`, `ResolverPays`, `PermitExpired`, `PermitCancelled`, `PermitInvalid`.
    pub fn ensure_agreed(
        &self,
        terms: &HoldingTerms,
        epoch: u32,
        permit: &Permit,
        domain: &Domain,
    ) -> Result<(), CustodyError> {
        let (acceptor, payer) = (self.order.acceptor, self.payer);
        if payer == acceptor {
            return Err(CustodyError::OwnOrder { acceptor });
        }
        if payer == terms.resolver {
            return Err(CustodyError::ResolverPays { resolver: payer });
        }
        if self.now >= permit.deadline {
            return Err(CustodyError::PermitExpired { deadline: permit.deadline, now: self.now });
        }
        if permit.epoch != epoch {
            return Err(CustodyError::PermitCancelled { epoch: permit.epoch, current: epoch });
        }
        let presented: Vec<Presented> = self.coupons.iter().map(|coupon| coupon.presented).collect();
        let subject = (presented, digest(self.order));
        if !domain.verifies(acceptor.as_ref(), Purpose::Order, &subject, permit) {
            return Err(CustodyError::PermitInvalid { signer: acceptor });
        }
        Ok(())
    }

    /// The payment, once the registry has said what is left to pay.
    /// # Errors
    /// `NothingToHold`.
    pub fn held(&self, terms: &HoldingTerms, asset: Asset, amount: Balance) -> Result<Held, CustodyError> {
        if amount == 0 {
            return Err(CustodyError::NothingToHold { number: self.order.number });
        }
        Ok(Held {
            payer: self.payer,
            asset,
            amount,
            resolver: terms.resolver,
            disputable_until: self.now.saturating_add(terms.time_to_dispute),
            time_to_rule: terms.time_to_rule,
            unruled_bps: terms.unruled_bps,
            dispute: None,
        })
    }
}

impl Held {
    /// Gives until when it can be ruled.
    /// # Errors
    /// `NotPayer`, `AlreadyDisputed`, `TimeToDisputeOver`.
    pub fn dispute(
        &mut self,
        caller: AccountId,
        number: u64,
        reason: u8,
        evidence: Hash,
        now: Timestamp,
    ) -> Result<Timestamp, CustodyError> {
        if caller != self.payer {
            return Err(CustodyError::NotPayer { payer: self.payer, caller });
        }
        if self.dispute.is_some() {
            return Err(CustodyError::AlreadyDisputed { number });
        }
        if now >= self.disputable_until {
            return Err(CustodyError::TimeToDisputeOver { until: self.disputable_until, now });
        }
        let ruled_until = now.saturating_add(self.time_to_rule);
        self.dispute = Some(Dispute { reason, evidence, ruled_until, reply: None });
        Ok(ruled_until)
    }

    /// The acceptor's answer.
    /// # Errors
    /// `NotDisputed`, `AlreadyReplied`, `TimeToRuleOver`.
    pub fn reply(&mut self, number: u64, evidence: Hash, now: Timestamp) -> Result<(), CustodyError> {
        let dispute = self.dispute.as_mut().ok_or(CustodyError::NotDisputed { number })?;
        if dispute.reply.is_some() {
            return Err(CustodyError::AlreadyReplied { number });
        }
        dispute.ensure_in_time(now)?;
        dispute.reply = Some(evidence);
        Ok(())
    }

    /// What each has by the resolver's ruling.
    /// # Errors
    /// `NotResolver`, `NotDisputed`, `TimeToRuleOver`, `ShareOverWhole`.
    pub fn rule(
        &self,
        caller: AccountId,
        number: u64,
        payer_bps: u16,
        now: Timestamp,
    ) -> Result<Split, CustodyError> {
        if caller != self.resolver {
            return Err(CustodyError::NotResolver { resolver: self.resolver, caller });
        }
        self.dispute.ok_or(CustodyError::NotDisputed { number })?.ensure_in_time(now)?;
        ensure_share(payer_bps)?;
        Ok(self.split(payer_bps))
    }

    /// What each has once the time is up.
    /// # Errors
    /// `StillDisputable`, `StillToBeRuled`.
    pub fn settle(&self, now: Timestamp) -> Result<Split, CustodyError> {
        match self.dispute {
            None if now < self.disputable_until => {
                Err(CustodyError::StillDisputable { until: self.disputable_until, now })
            }
            None => Ok(self.split(0)),
            Some(Dispute { ruled_until: until, .. }) if now < until => {
                Err(CustodyError::StillToBeRuled { until, now })
            }
            Some(_) => Ok(self.split(self.unruled_bps)),
        }
    }

    /// Takes what the acceptor gives back out of what is held.
    /// # Errors
    /// `ZeroAmount`, `OverHeld`.
    pub fn give_back(&mut self, amount: Balance) -> Result<(), CustodyError> {
        if amount == 0 {
            return Err(CustodyError::ZeroAmount);
        }
        let over = CustodyError::OverHeld { asked: amount, held: self.amount };
        self.amount = self.amount.checked_sub(amount).ok_or(over)?;
        Ok(())
    }

    /// The payer's share rounds down: it is the payer who brings the dispute, and can't choose a sum that rounds in its favour.
    fn split(&self, payer_bps: u16) -> Split {
        let to_payer = share_down(self.amount, payer_bps);
        // A share is never more than the whole.
        Split { to_payer, to_acceptor: self.amount.saturating_sub(to_payer) }
    }
}

impl Dispute {
    /// # Errors
    /// `TimeToRuleOver`.
    fn ensure_in_time(&self, now: Timestamp) -> Result<(), CustodyError> {
        if now >= self.ruled_until {
            return Err(CustodyError::TimeToRuleOver { until: self.ruled_until, now });
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "an overflow fails a test anyway")]
mod tests;
