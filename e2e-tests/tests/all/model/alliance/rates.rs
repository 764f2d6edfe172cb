//! What two members agree that one's coupons are worth at the other.

use super::{Alliance, Model, Pair};
use crate::model::ops::DAY;
use ::alliance::error::AllianceError as E;
use chain::{AccountId, Balance};
use shared::alliance::rates::Rate;

/// An acceptor and an issuer.
type Two = (AccountId, AccountId);

impl Pair {
    /// The rate in force at a time, if they had agreed on one by then.
    pub(super) fn at(&self, time: u64) -> Option<Rate> {
        self.rates.iter().rev().find(|rate| rate.from <= time).copied()
    }
}

impl Alliance {
    /// Whether acceptor and issuer have each agreed on something since they joined.
    fn bound(&self, (acceptor, issuer): Two) -> bool {
        [acceptor, issuer].iter().all(|who| self.members.get(who).is_some_and(|member| member.rates > 0))
    }

    /// The rate that binds the two at a time.
    pub(super) fn rate_at(&self, two: Two, time: u64) -> Option<Rate> {
        self.pairs.get(&two).filter(|_| self.bound(two))?.at(time)
    }

    /// Counts a debt against the day's cap.
    pub(super) fn count_today(&mut self, two: Two, cap: Balance, debt: Balance, now: u64) -> Result<(), E> {
        let pair = self.pairs.get_mut(&two).expect("the cap is theirs");
        let used = if pair.day == now / DAY { pair.used } else { 0 };
        if used + debt > cap {
            return Err(E::OverDailyCap { cap, asked: used + debt });
        }
        (pair.day, pair.used) = (now / DAY, used + debt);
        Ok(())
    }
}

impl Model {
    pub(super) fn offer_rate(&mut self, caller: AccountId, two: Two, rate: Option<Rate>) -> Result<(), E> {
        if two.0 == two.1 || (caller != two.0 && caller != two.1) {
            return Err(E::NotParty { account: caller });
        }
        match rate {
            Some(rate) => {
                if rate.bps == 0 || rate.bps > 10_000 {
                    return Err(E::RateOutOfRange { bps: rate.bps });
                }
                if rate.from < self.now {
                    return Err(E::RateTooEarly { from: rate.from, earliest: self.now });
                }
                self.alliance.offers.insert(two, (caller, rate));
            }
            None => match self.alliance.offers.get(&two) {
                Some((offerer, _)) if *offerer == caller => drop(self.alliance.offers.remove(&two)),
                Some(_) | None => return Err(E::NoSuchOffer),
            },
        }
        self.emit("RateOffered");
        Ok(())
    }

    pub(super) fn accept_rate(&mut self, caller: AccountId, two: Two, rate: Rate) -> Result<(), E> {
        let other = match caller {
            _ if caller == two.0 => two.1,
            _ if caller == two.1 => two.0,
            _ => return Err(E::NoSuchOffer),
        };
        if self.alliance.offers.get(&two) != Some(&(other, rate)) {
            return Err(E::NoSuchOffer);
        }
        self.alliance.offers.remove(&two);
        let bound = self.alliance.bound(two);
        for account in [two.0, two.1] {
            self.alliance.ensure_active(account)?;
            self.alliance.member_mut(account)?.rates += 1;
        }
        let now = self.now;
        if rate.from < now {
            return Err(E::RateTooEarly { from: rate.from, earliest: now });
        }
        let tail = self.alliance.config.tail;
        match self.alliance.pairs.get_mut(&two).filter(|_| bound) {
            Some(pair) => {
                let earliest = pair.rates.last().expect("they agreed on one").from + tail;
                if now < earliest {
                    return Err(E::RateTooEarly { from: now, earliest });
                }
                pair.rates.push(rate);
            }
            None => drop(self.alliance.pairs.insert(two, Pair { rates: vec![rate], day: 0, used: 0 })),
        }
        self.emit("RateAgreed");
        Ok(())
    }
}
