//! What a council decides by: the terms fixed when its alliance is instantiated, motions and votes, disputes. Knows no member and no storage.
#![allow(clippy::cast_possible_truncation, reason = "the SCALE derive on enums with data")]

use super::error::{AllianceError, Outcome};
use crate::{
    math::{share_down, WHOLE_BPS},
    order::DIGEST_KEPT,
    AccountId, Balance, Hash, Timestamp,
};

/// The longest that voting, replying or ruling may take: 90 days, in milliseconds. A dispute holds both its parties.
pub const LONGEST: Timestamp = 90 * 24 * 60 * 60 * 1_000;

/// How members decide, and how disputes are settled. Times in milliseconds, amounts in the alliance's asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct CouncilTerms {
    /// The share of those who have a vote that carries a motion, rounded up.
    pub quorum_bps: u16,
    /// How long a motion may be voted on.
    pub vote_window: Timestamp,
    /// Who rules on disputes.
    pub resolver: AccountId,
    /// How long after a redemption is final its issuer may dispute it; at most as long as registries keep what it was.
    pub case_window: Timestamp,
    /// How long the acceptor has to reply.
    pub reply_window: Timestamp,
    /// How long the resolver has after that.
    pub ruling_window: Timestamp,
    /// What opening a dispute costs; it stays in the fund.
    pub case_fee: Balance,
    /// The share that the acceptor gives back where no ruling came in time.
    pub unruled_bps: u16,
}

/// Why such terms are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum CouncilFault {
    /// The quorum is zero or over the whole.
    #[codec(index = 0)]
    Quorum { bps: u16 },
    /// Voting, replying or ruling would have no time.
    #[codec(index = 1)]
    NoTime,
    /// More than the whole would be given back.
    #[codec(index = 2)]
    UnruledOverWhole { bps: u16 },
    /// Voting, replying or ruling would take longer than `LONGEST`, or a redemption be disputed when its registry may have forgotten it.
    #[codec(index = 3)]
    TooLong { window: Timestamp, most: Timestamp },
}

impl CouncilTerms {
    /// Refuses terms under which nothing could be decided.
    /// # Errors
    /// `CouncilFault`, in the order of its variants.
    pub fn check(&self) -> Result<(), CouncilFault> {
        if self.quorum_bps == 0 || self.quorum_bps > WHOLE_BPS {
            return Err(CouncilFault::Quorum { bps: self.quorum_bps });
        }
        if self.vote_window == 0 || self.reply_window == 0 || self.ruling_window == 0 {
            return Err(CouncilFault::NoTime);
        }
        if self.unruled_bps > WHOLE_BPS {
            return Err(CouncilFault::UnruledOverWhole { bps: self.unruled_bps });
        }
        let (vote, reply, ruling) = (self.vote_window, self.reply_window, self.ruling_window);
        for (window, most) in
            [(vote, LONGEST), (reply, LONGEST), (ruling, LONGEST), (self.case_window, DIGEST_KEPT)]
        {
            if window > most {
                return Err(CouncilFault::TooLong { window, most });
            }
        }
        Ok(())
    }

    /// How many votes carry a motion where `voters` have one. At least one.
    pub fn needed(&self, voters: u32) -> u32 {
        let shares = u64::from(voters).wrapping_mul(self.quorum_bps.into()).div_ceil(WHOLE_BPS.into());
        u32::try_from(shares).unwrap_or(u32::MAX).max(1)
    }
}

/// What members vote on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Motion {
    /// Admits an applicant, exactly as it applied.
    #[codec(index = 0)]
    Admit { account: AccountId, registry: AccountId, profile: Hash, cap: Balance },
    /// Suspends a member, for a reason of the alliance's own list.
    #[codec(index = 1)]
    Suspend { account: AccountId, reason: u8 },
    /// Ends a suspension.
    #[codec(index = 2)]
    Reinstate { account: AccountId },
    /// Takes a member back that has defaulted and made good.
    #[codec(index = 3)]
    Readmit { account: AccountId, cap: Balance },
    /// Changes the most that a member may owe.
    #[codec(index = 4)]
    SetCap { account: AccountId, cap: Balance },
}

impl Motion {
    /// Whom it is about.
    pub fn account(&self) -> AccountId {
        match *self {
            Self::Admit { account, .. }
            | Self::Suspend { account, .. }
            | Self::Reinstate { account }
            | Self::Readmit { account, .. }
            | Self::SetCap { account, .. } => account,
        }
    }
}

/// A motion and its votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Proposal {
    /// What it would do.
    pub motion: Motion,
    /// Who moved it, and paid the record's deposit.
    pub by: AccountId,
    /// When. Who has become a member, or was reinstated, then or since has no vote.
    pub opened_at: Timestamp,
    /// Votes are cast before this.
    pub ends_at: Timestamp,
    /// Votes that carry it, by how many had one when it was moved.
    pub needed: u32,
    /// Votes for it.
    pub votes: u32,
    /// It was carried, and done.
    pub carried: bool,
}

impl Proposal {
    /// A motion without votes.
    pub fn new(motion: Motion, by: AccountId, terms: &CouncilTerms, voters: u32, now: Timestamp) -> Self {
        let ends_at = now.saturating_add(terms.vote_window);
        let needed = terms.needed(voters);
        Self { motion, by, opened_at: now, ends_at, needed, votes: 0, carried: false }
    }

    /// Counts a vote of `voter`, who has been a member in good standing since `since`; gives whether this one carried it.
    /// # Errors
    /// `VoteClosed` once it has ended or was carried, `NoVote`, `Overflow`.
    pub fn count(&mut self, voter: AccountId, since: Timestamp, now: Timestamp) -> Outcome<bool> {
        if self.carried || now >= self.ends_at {
            return Err(AllianceError::VoteClosed { ends_at: self.ends_at, now }.into());
        }
        if since >= self.opened_at {
            return Err(AllianceError::NoVote { account: voter }.into());
        }
        self.votes = self.votes.checked_add(1).ok_or(AllianceError::Overflow)?;
        self.carried = self.votes >= self.needed;
        Ok(self.carried)
    }
}

/// A dispute: an issuer says that a redemption shouldn't have been charged to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Case {
    /// Who disputes, and paid the record's deposit.
    pub issuer: AccountId,
    /// Who accepted.
    pub acceptor: AccountId,
    /// Where it was redeemed.
    pub registry: AccountId,
    /// The acceptor's order.
    pub number: u64,
    /// What the acceptor got of the issuer's debts for it, the fee not included.
    pub amount: Balance,
    /// Of the alliance's own list.
    pub reason: u8,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When the acceptor replied.
    pub replied_at: Option<Timestamp>,
    /// It is over.
    pub closed: bool,
}

impl Case {
    fn replies_until(&self, terms: &CouncilTerms) -> Timestamp {
        self.opened_at.saturating_add(terms.reply_window)
    }

    /// The time from which on it counts as unruled.
    pub fn rules_until(&self, terms: &CouncilTerms) -> Timestamp {
        self.replies_until(terms).saturating_add(terms.ruling_window)
    }

    /// # Errors
    /// `CaseClosed`.
    pub fn ensure_open(&self) -> Outcome<()> {
        if self.closed {
            return Err(AllianceError::CaseClosed.into());
        }
        Ok(())
    }

    /// The acceptor's one reply.
    /// # Errors
    /// `CaseClosed`, `NotParty`, `AlreadyReplied`, `ReplyWindowOver`.
    pub fn reply(&mut self, caller: AccountId, terms: &CouncilTerms, now: Timestamp) -> Outcome<()> {
        self.ensure_open()?;
        if caller != self.acceptor {
            return Err(AllianceError::NotParty { account: caller }.into());
        }
        if self.replied_at.is_some() {
            return Err(AllianceError::AlreadyReplied.into());
        }
        let until = self.replies_until(terms);
        if now >= until {
            return Err(AllianceError::ReplyWindowOver { until, now }.into());
        }
        self.replied_at = Some(now);
        Ok(())
    }

    /// The resolver's ruling: what of the amount the acceptor gives back, rounded down.
    /// # Errors
    /// `CaseClosed`, `NotResolver`, `ResolverIsParty`, `ShareOverWhole`, `ReplyRunning` where the acceptor may still reply, `RulingOver`.
    pub fn rule(
        &mut self,
        caller: AccountId,
        bps: u16,
        terms: &CouncilTerms,
        now: Timestamp,
    ) -> Outcome<Balance> {
        self.ensure_open()?;
        let resolver = terms.resolver;
        if caller != resolver {
            return Err(AllianceError::NotResolver { resolver, caller }.into());
        }
        if resolver == self.issuer || resolver == self.acceptor {
            return Err(AllianceError::ResolverIsParty { resolver }.into());
        }
        if bps > WHOLE_BPS {
            return Err(AllianceError::ShareOverWhole { bps }.into());
        }
        let until = self.replies_until(terms);
        if self.replied_at.is_none() && now < until {
            return Err(AllianceError::ReplyRunning { until, now }.into());
        }
        let until = self.rules_until(terms);
        if now >= until {
            return Err(AllianceError::RulingOver { until, now }.into());
        }
        self.closed = true;
        Ok(share_down(self.amount, bps))
    }

    /// What the acceptor gives back because nobody ruled, rounded down.
    /// # Errors
    /// `CaseClosed`, `RulingRunning`.
    pub fn time_out(&mut self, terms: &CouncilTerms, now: Timestamp) -> Outcome<Balance> {
        self.ensure_open()?;
        let until = self.rules_until(terms);
        if now < until {
            return Err(AllianceError::RulingRunning { until, now }.into());
        }
        self.closed = true;
        Ok(share_down(self.amount, terms.unruled_bps))
    }
}

#[cfg(test)]
mod tests;
