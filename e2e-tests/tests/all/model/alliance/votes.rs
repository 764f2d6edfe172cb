//! Motions: by the operator's word as long as members are few, and by their votes.

use super::{Answer, Model, Poll};
use ::alliance::{error::AllianceError as E, members::Status};
use chain::AccountId;
use shared::alliance::council::Motion;
use std::collections::BTreeSet;

impl Model {
    pub(super) fn decide(&mut self, caller: AccountId, motion: &Motion) -> Result<(), E> {
        self.alliance.member(about(motion))?;
        let (operator, voters) = (self.alliance.config.operator, self.alliance.voters());
        if caller != operator {
            return Err(E::NotOperator { operator, caller });
        }
        if voters >= self.alliance.config.founders || matches!(motion, Motion::Readmit { .. }) {
            return Err(E::ByVoteOnly { voters });
        }
        self.carry_out(motion)
    }

    pub(super) fn propose(&mut self, caller: AccountId, motion: &Motion) -> Result<Answer, E> {
        self.alliance.ensure_active(caller)?;
        let terms = self.alliance.terms;
        let shares = u64::from(self.alliance.voters()) * u64::from(terms.quorum_bps);
        self.alliance.proposals += 1;
        let number = self.alliance.proposals;
        let poll = Poll {
            motion: *motion,
            by: caller,
            opened_at: self.now,
            ends_at: self.now + terms.vote_window,
            needed: u32::try_from(shares.div_ceil(10_000)).unwrap().max(1),
            voters: BTreeSet::new(),
            carried: false,
        };
        self.alliance.polls.insert(number, poll);
        self.emit("MotionMoved");
        self.cast(caller, number)?;
        Ok(Answer::Number(number.into()))
    }

    pub(super) fn vote(&mut self, caller: AccountId, proposal: u32) -> Result<(), E> {
        if !self.alliance.polls.contains_key(&proposal) {
            return Err(E::NoSuchProposal { proposal });
        }
        self.alliance.ensure_active(caller)?;
        if self.alliance.votes.contains_key(&(proposal, caller)) {
            return Err(E::AlreadyVoted { proposal, account: caller });
        }
        self.cast(caller, proposal)
    }

    fn cast(&mut self, voter: AccountId, number: u32) -> Result<(), E> {
        let since = self.alliance.member(voter)?.since;
        let (now, poll) = (self.now, self.alliance.polls.get_mut(&number).expect("it was looked up"));
        if poll.carried || now >= poll.ends_at {
            return Err(E::VoteClosed { ends_at: poll.ends_at, now });
        }
        if since >= poll.opened_at {
            return Err(E::NoVote { account: voter });
        }
        poll.voters.insert(voter);
        poll.carried = poll.voters.len() >= usize::try_from(poll.needed).unwrap();
        let (carried, motion, ends_at) = (poll.carried, poll.motion, poll.ends_at);
        self.alliance.votes.insert((number, voter), ends_at);
        self.emit("VoteCast");
        if carried {
            self.carry_out(&motion)?;
        }
        Ok(())
    }

    pub(super) fn clear_vote(&mut self, caller: AccountId, proposal: u32) -> Result<(), E> {
        let (now, at) = (self.now, (proposal, caller));
        let ends_at = *self.alliance.votes.get(&at).ok_or(E::NoSuchProposal { proposal })?;
        if now < ends_at {
            return Err(E::VoteOpen { ends_at, now });
        }
        self.alliance.votes.remove(&at);
        if self.alliance.polls.get(&proposal).is_some_and(|poll| poll.by == caller) {
            self.alliance.polls.remove(&proposal);
        }
        self.emit("VoteCleared");
        Ok(())
    }

    fn carry_out(&mut self, motion: &Motion) -> Result<(), E> {
        let (now, account, here) = (self.now, about(motion), self.places.registry);
        let member = self.alliance.member_mut(account)?;
        match motion {
            Motion::Admit { registry, profile, cap, .. } => {
                if member.status != Status::Applied {
                    return Err(E::AlreadyAdmitted { account });
                }
                if (*registry, *profile) != (here, member.profile) {
                    return Err(E::ApplicationDiffers { account });
                }
                (member.status, member.since, member.cap) = (Status::Active, now, *cap);
            }
            Motion::Suspend { .. } if member.status != Status::Active => {
                return Err(E::NotActive { account })
            }
            Motion::SetCap { .. } if !matches!(member.status, Status::Active | Status::Leaving) => {
                return Err(E::NotActive { account })
            }
            Motion::Suspend { .. } => (member.status, member.since) = (Status::Suspended, now),
            Motion::SetCap { cap, .. } => member.cap = *cap,
            Motion::Reinstate { .. } if member.status != Status::Suspended => {
                return Err(E::NotSuspended { account })
            }
            Motion::Reinstate { .. } => (member.status, member.since) = (Status::Active, now),
            Motion::Readmit { cap, .. } => {
                if member.status != Status::Defaulted {
                    return Err(E::NotDefaulted { account });
                }
                member.ensure_made_good()?;
                (member.status, member.since, member.cap) = (Status::Active, now, *cap);
            }
        }
        self.emit("MotionCarried");
        Ok(())
    }
}

fn about(motion: &Motion) -> AccountId {
    match motion {
        Motion::Admit { account, .. }
        | Motion::Suspend { account, .. }
        | Motion::Reinstate { account }
        | Motion::Readmit { account, .. }
        | Motion::SetCap { account, .. } => *account,
    }
}
