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
    /// Which memberships of the two these are.
    fn memberships(&self, (acceptor, issuer): Two) -> Option<(u64, u64)> {
        Some((self.members.get(&acceptor)?.applied_at, self.members.get(&issuer)?.applied_at))
    }

    /// The rate that binds the two at a time.
    pub(super) fn rate_at(&self, two: Two, time: u64) -> Option<Rate> {
        let pair = self.pairs.get(&two)?;
        if self.memberships(two) != Some(pair.between) {
            return None;
        }
        pair.at(time)
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
                if rate.from <= self.now {
                    return Err(E::RateTooEarly { from: rate.from, earliest: self.now + 1 });
                }
                self.alliance.offers.insert((two.0, two.1, caller), rate);
            }
            None => drop(self.alliance.offers.remove(&(two.0, two.1, caller)).ok_or(E::NoSuchOffer)?),
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
        let offer = (two.0, two.1, other);
        if self.alliance.offers.get(&offer) != Some(&rate) {
            return Err(E::NoSuchOffer);
        }
        self.alliance.offers.remove(&offer);
        for account in [two.0, two.1] {
            self.alliance.ensure_active(account)?;
            self.alliance.member_mut(account)?.rates += 1;
        }
        let now = self.now;
        if rate.from <= now {
            return Err(E::RateTooEarly { from: rate.from, earliest: now + 1 });
        }
        let reckoned = self.alliance.config.tail + self.alliance.terms.case_window;
        let between = self.alliance.memberships(two).expect("both are members");
        match self.alliance.pairs.get_mut(&two).filter(|pair| pair.between == between) {
            Some(pair) => {
                let earliest = pair.rates.last().expect("they agreed on one").from + reckoned;
                if now < earliest {
                    return Err(E::RateTooEarly { from: now, earliest });
                }
                pair.rates.push(rate);
            }
            None => {
                let pair = Pair { between, rates: vec![rate], day: 0, used: 0 };
                self.alliance.pairs.insert(two, pair);
            }
        }
        self.emit("RateAgreed");
        Ok(())
    }
}
