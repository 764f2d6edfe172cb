//! A council's storage from its events, and what they do to the alliance's. Of the contract's code it uses the types of what is stored; motions, votes and disputes
//! it follows by itself.
use super::{
    alliance::AllianceReplay,
    contradiction::{ensure_rule, ensure_same, ensure_some, Contradiction},
    decode::CouncilEvent,
    storage::{Describe, Replayed, Table},
};
use ::alliance::members::Status;
use ::council::{cases::Disputed, events};
use shared::{
    alliance::{
        council::{Case, CouncilTerms, Motion, Proposal},
        rates::Rate,
    },
    AccountId, Timestamp,
};

const ROOT: Table<(), Books> = Table::new(0, "council");
const MOTIONS: Table<u32, Proposal> = Table::new(0x31, "motion");
const VOTES: Table<(u32, AccountId), Timestamp> = Table::new(0x32, "vote");
const OFFERS: Table<(AccountId, AccountId, AccountId), Rate> = Table::new(0x33, "offer of a rate");
const DISPUTES: Table<u32, Case> = Table::new(0x34, "dispute");
const DISPUTED: Table<Disputed, u32> = Table::new(0x35, "redemption in dispute");
const WAIVERS: Table<AccountId, ()> = Table::new(0x36, "joining fee waived");

/// Every table of a council.
pub(super) const LAYOUT: &[&dyn Describe] =
    &[&ROOT, &MOTIONS, &VOTES, &OFFERS, &DISPUTES, &DISPUTED, &WAIVERS];

/// The council's fields as they stand in its storage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode)]
struct Books {
    alliance: AccountId,
    terms: CouncilTerms,
    proposals: u32,
    cases: u32,
}

pub(super) struct CouncilReplay {
    pub(super) store: Replayed,
    alliance: AccountId,
}

impl CouncilReplay {
    pub(super) fn new(alliance: AccountId) -> Self {
        Self { store: Replayed::default(), alliance }
    }

    /// # Errors
    /// `Contradiction`.
    pub(super) fn apply(
        &mut self,
        event: &CouncilEvent,
        alliance: &mut AllianceReplay,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        match event {
            CouncilEvent::CouncilOpened(event) => self.opened(event),
            CouncilEvent::FeeWaived(event) => self.waived(event),
            CouncilEvent::MemberApplied(event) => {
                self.applied(event)?;
                alliance.applied(event, now)
            }
            CouncilEvent::MemberLeaving(event) => alliance.leaving(event, now),
            CouncilEvent::MemberExited(event) => alliance.exited(event, self.books()?.terms.case_window, now),
            CouncilEvent::CollateralDeposited(event) => alliance.deposited(event),
            CouncilEvent::CollateralWithdrawn(event) => alliance.withdrawn(event),
            CouncilEvent::CycleClosed(event) => alliance.closed(event, now),
            CouncilEvent::PayInReceived(event) => alliance.paid_in(event),
            CouncilEvent::MemberDefaulted(event) => alliance.defaulted(event, now),
            CouncilEvent::MadeGood(event) => alliance.made_good(event),
            CouncilEvent::FundEndowed(event) => alliance.endowed(event),
            CouncilEvent::PayoutMade(event) => alliance.paid_out(event),
            CouncilEvent::MotionMoved(event) => self.moved(event, alliance, now),
            CouncilEvent::VoteCast(event) => self.voted(event, alliance, now),
            CouncilEvent::MotionCarried(event) => self.carried(event, alliance, now),
            CouncilEvent::VoteCleared(event) => self.cleared(event, now),
            CouncilEvent::RateOffered(event) => self.offered(event),
            CouncilEvent::RateAgreed(event) => self.agreed(event, alliance, now),
            CouncilEvent::CaseOpened(event) => self.disputed(event, alliance, now),
            CouncilEvent::CaseReplied(event) => self.replied(event, now),
            CouncilEvent::CaseClosed(event) => self.closed(event, alliance, now),
            CouncilEvent::CaseCleared(event) => self.forgotten(event, now),
            // Its redemption and its transfer tell all of it.
            CouncilEvent::CouponConverted(_) => Ok(()),
        }
    }

    fn books(&self) -> Result<Books, Contradiction> {
        self.store.get(&ROOT, &()).ok_or(Contradiction::NotCreated)
    }

    fn opened(&mut self, event: &events::CouncilOpened) -> Result<(), Contradiction> {
        if self.books().is_ok() {
            return Err(Contradiction::CreatedTwice);
        }
        ensure_same("the council's alliance", self.alliance, event.alliance)?;
        let books = Books { alliance: event.alliance, terms: event.terms, proposals: 0, cases: 0 };
        self.store.set(&ROOT, &(), &books);
        Ok(())
    }

    fn waived(&mut self, event: &events::FeeWaived) -> Result<(), Contradiction> {
        let before = self.store.get(&WAIVERS, &event.account).is_some();
        ensure_rule("a waiver changes something", before != event.waived)?;
        if event.waived {
            self.store.set(&WAIVERS, &event.account, &());
        } else {
            self.store.remove(&WAIVERS, &event.account);
        }
        Ok(())
    }

    /// Applying uses a waiver up.
    fn applied(&mut self, event: &events::MemberApplied) -> Result<(), Contradiction> {
        let waived = self.store.get(&WAIVERS, &event.member).is_some();
        ensure_same("whether the joining fee was waived", waived, event.waived)?;
        if waived {
            self.store.remove(&WAIVERS, &event.member);
        }
        Ok(())
    }

    fn moved(
        &mut self,
        event: &events::MotionMoved,
        alliance: &mut AllianceReplay,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let mut books = self.books()?;
        let voters = alliance.root()?.books.voters;
        let shares = u64::from(voters).saturating_mul(books.terms.quorum_bps.into()).div_ceil(10_000);
        ensure_same("the votes that carry it", shares.max(1), event.needed.into())?;
        ensure_same("the end of the vote", now.saturating_add(books.terms.vote_window), event.ends_at)?;
        ensure_same("the motion's time", now, event.at)?;
        books.proposals = ensure_some("motions", books.proposals.checked_add(1))?;
        ensure_same("the motion's number", books.proposals, event.proposal)?;
        let events::MotionMoved { by, motion, needed, ends_at, .. } = *event;
        let proposal = Proposal { motion, by, opened_at: now, ends_at, needed, votes: 0, carried: false };
        self.store.set(&MOTIONS, &event.proposal, &proposal);
        self.store.set(&ROOT, &(), &books);
        Ok(())
    }

    fn voted(
        &mut self,
        event: &events::VoteCast,
        alliance: &AllianceReplay,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let mut proposal = self.store.found(&MOTIONS, &event.proposal)?;
        let at = (event.proposal, event.member);
        self.store.ensure_absent(&VOTES, &at)?;
        let member = alliance.looked_up(event.member)?;
        ensure_rule(
            "who was active when a motion was moved has a vote on it, until it ends",
            member.status == Status::Active
                && member.since < proposal.opened_at
                && !proposal.carried
                && now < proposal.ends_at,
        )?;
        proposal.votes = ensure_some("votes", proposal.votes.checked_add(1))?;
        proposal.carried = proposal.votes >= proposal.needed;
        self.store.set(&MOTIONS, &event.proposal, &proposal);
        self.store.set(&VOTES, &at, &proposal.ends_at);
        Ok(())
    }

    fn carried(
        &mut self,
        event: &events::MotionCarried,
        alliance: &mut AllianceReplay,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        ensure_same("the motion's time", now, event.at)?;
        ensure_same("whom the motion is about", event.motion.account(), event.member)?;
        if let Some(number) = event.proposal {
            let proposal = self.store.found(&MOTIONS, &number)?;
            ensure_same("the motion", proposal.motion, event.motion)?;
            ensure_rule("a motion is carried by enough votes", proposal.carried)?;
        } else {
            let root = alliance.root()?;
            ensure_rule(
                "the operator decides while few have a vote, and never takes a defaulter back",
                root.books.voters < root.config.founders && !matches!(event.motion, Motion::Readmit { .. }),
            )?;
        }
        let mut member = alliance.member(event.member)?;
        let before = member.status;
        let (from, to) = match event.motion {
            Motion::Admit { registry, profile, cap, .. } => {
                ensure_same("the application", (member.registry, member.profile), (registry, profile))?;
                member.cap = cap;
                (Status::Applied, Status::Active)
            }
            Motion::Suspend { .. } => (Status::Active, Status::Suspended),
            Motion::Reinstate { .. } => (Status::Suspended, Status::Active),
            Motion::Readmit { cap, .. } => {
                ensure_same("what is to be made good", 0, member.unpaid)?;
                member.cap = cap;
                (Status::Defaulted, Status::Active)
            }
            Motion::SetCap { cap, .. } => {
                member.cap = cap;
                (accepted(before), before)
            }
        };
        ensure_same("the member's standing", before, from)?;
        if from != to {
            (member.status, member.since) = (to, now);
        }
        alliance.stand(event.member, before, &member)
    }

    fn cleared(&mut self, event: &events::VoteCleared, now: Timestamp) -> Result<(), Contradiction> {
        let at = (event.proposal, event.account);
        let ends_at = self.store.found(&VOTES, &at)?;
        ensure_rule("a vote is cleared once it is over", now >= ends_at)?;
        self.store.remove(&VOTES, &at);
        let moved = self.store.get(&MOTIONS, &event.proposal).is_some_and(|found| found.by == event.account);
        ensure_same("whether the motion is cleared", moved, event.moved)?;
        if moved {
            self.store.remove(&MOTIONS, &event.proposal);
        }
        Ok(())
    }

    fn offered(&mut self, event: &events::RateOffered) -> Result<(), Contradiction> {
        let at = (event.acceptor, event.issuer, event.by);
        ensure_rule(
            "one of two members offers the other a rate",
            event.acceptor != event.issuer && [event.acceptor, event.issuer].contains(&event.by),
        )?;
        match event.rate {
            Some(rate) => self.store.set(&OFFERS, &at, &rate),
            None => {
                self.store.found(&OFFERS, &at)?;
                self.store.remove(&OFFERS, &at);
            }
        }
        Ok(())
    }

    fn agreed(
        &mut self,
        event: &events::RateAgreed,
        alliance: &mut AllianceReplay,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let events::RateAgreed { acceptor, issuer, rate, by } = *event;
        ensure_rule("one of two members accepts the other's rate", [acceptor, issuer].contains(&by))?;
        let at = (acceptor, issuer, if by == acceptor { issuer } else { acceptor });
        let offered = self.store.found(&OFFERS, &at)?;
        ensure_same("the rate", offered, rate.rate)?;
        ensure_rule("a rate lies ahead", offered.from > now)?;
        self.store.remove(&OFFERS, &at);
        alliance.agree(acceptor, issuer, rate, self.books()?.terms.case_window, now)
    }

    fn disputed(
        &mut self,
        event: &events::CaseOpened,
        alliance: &mut AllianceReplay,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let mut books = self.books()?;
        ensure_same("the dispute's time", now, event.at)?;
        books.cases = ensure_some("disputes", books.cases.checked_add(1))?;
        ensure_same("the dispute's number", books.cases, event.case)?;
        let events::CaseOpened { acceptor, issuer, registry, number, amount, reason, .. } = *event;
        let case = Case {
            issuer,
            acceptor,
            registry,
            number,
            amount,
            reason,
            opened_at: now,
            replied_at: None,
            closed: false,
        };
        let at = key(&case);
        ensure_rule("a redemption is disputed once", self.store.get(&DISPUTED, &at).is_none())?;
        self.store.set(&DISPUTES, &event.case, &case);
        self.store.set(&DISPUTED, &at, &event.case);
        self.store.set(&ROOT, &(), &books);
        alliance.hold(acceptor, issuer, amount, books.terms.case_fee)
    }

    fn replied(&mut self, event: &events::CaseReplied, now: Timestamp) -> Result<(), Contradiction> {
        let mut case = self.store.found(&DISPUTES, &event.case)?;
        ensure_same("who replies", case.acceptor, event.acceptor)?;
        ensure_rule(
            "the acceptor replies once, and in time",
            case.replied_at.is_none()
                && !case.closed
                && now < case.opened_at.saturating_add(self.books()?.terms.reply_window),
        )?;
        case.replied_at = Some(now);
        self.store.set(&DISPUTES, &event.case, &case);
        Ok(())
    }

    fn closed(
        &mut self,
        event: &events::CaseClosed,
        alliance: &mut AllianceReplay,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let terms = self.books()?.terms;
        let mut case = self.store.found(&DISPUTES, &event.case)?;
        ensure_rule("a dispute is closed once", !case.closed)?;
        let replies = case.opened_at.saturating_add(terms.reply_window);
        let rules = replies.saturating_add(terms.ruling_window);
        ensure_rule(
            "a ruling comes after the reply and in time, or else the preset share holds",
            match event.ruled {
                Some(_) => now < rules && (case.replied_at.is_some() || now >= replies),
                None => now >= rules,
            },
        )?;
        ensure_rule(
            "nobody rules on a dispute of its own",
            event.ruled.is_none() || ![case.acceptor, case.issuer].contains(&terms.resolver),
        )?;
        let share = shared::math::share_down(case.amount, event.ruled.unwrap_or(terms.unruled_bps));
        ensure_same("what is given back", share, event.given_back)?;
        case.closed = true;
        self.store.set(&DISPUTES, &event.case, &case);
        alliance.release(case.acceptor, case.issuer, case.amount, event.given_back)
    }

    fn forgotten(&mut self, event: &events::CaseCleared, now: Timestamp) -> Result<(), Contradiction> {
        let case = self.store.found(&DISPUTES, &event.case)?;
        ensure_same("who clears a dispute", case.issuer, event.issuer)?;
        ensure_rule(
            "a dispute is cleared once it is over and can't be had again",
            case.closed && now >= case.opened_at.saturating_add(self.books()?.terms.case_window),
        )?;
        self.store.remove(&DISPUTES, &event.case);
        self.store.remove(&DISPUTED, &key(&case));
        Ok(())
    }

    /// A dispute: acceptor and issuer.
    pub(super) fn parties(&self, case: u32) -> Option<(AccountId, AccountId, u64)> {
        self.store.get(&DISPUTES, &case).map(|case: Case| (case.acceptor, case.issuer, case.number))
    }
}

/// Where a member must stand to be given another cap: its coupons are accepted while it leaves, too.
fn accepted(before: Status) -> Status {
    if before == Status::Leaving {
        Status::Leaving
    } else {
        Status::Active
    }
}

fn key(case: &Case) -> Disputed {
    (case.registry, case.acceptor, case.number, case.issuer)
}
