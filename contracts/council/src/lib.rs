//! An alliance's council: what members vote on, the rates they agree on, their disputes, conversion, and views; kept out of the alliance so that clearing stays
//! cheap. The alliance instantiates it.
//!
//! This file is the shell: it reads the context, looks at the alliance, has the rules decide, has the alliance do it, and emits events. Deposits are the
//! caller's; what an item freed here gives back goes to the caller too.
#![cfg_attr(not(feature = "std"), no_std, no_main)]
#![allow(clippy::useless_conversion, reason = "on chain, what an outcome refuses with is a type of its own")]

pub mod cases;
pub mod chamber;
pub mod events;
pub mod membership;
pub mod views;

pub use self::council::{Council, CouncilRef};

#[ink::contract]
mod council {
    use crate::{
        cases::{self, Disputed},
        chamber::{self, Chamber},
        events::*,
        membership,
        views::{self, CoverOne, Coverage, Statement, MAX_CANDIDATES},
    };
    use ink::{
        prelude::vec::Vec,
        storage::{traits::ManualKey, Mapping},
    };
    use shared::{
        alliance::{
            config::Config,
            council::{Case, CouncilTerms, Motion, Proposal},
            door::Step,
            error::{AllianceError, Outcome},
            members::Member,
            rates::{agreed, PairRate, Rate},
        },
        announce::announce,
        ids::CouponId,
        order::{digest, Order, Redemption},
        permit::Permits,
    };

    /// The council's own books; members, rates and money are the alliance's.
    #[ink(storage)]
    pub struct Council {
        alliance: AccountId,
        terms: CouncilTerms,
        /// Motions ever moved; also the last one's number.
        proposals: u32,
        /// Disputes ever opened; also the last one's number.
        cases: u32,
        motions: Mapping<u32, Proposal, ManualKey<0x31>>,
        /// When the vote ends that an account voted in.
        votes: Mapping<(u32, AccountId), Timestamp, ManualKey<0x32>>,
        /// What an acceptor and an issuer are offered, and by which of the two.
        offers: Mapping<(AccountId, AccountId), (AccountId, Rate), ManualKey<0x33>>,
        disputes: Mapping<u32, Case, ManualKey<0x34>>,
        disputed: Mapping<Disputed, u32, ManualKey<0x35>>,
    }

    impl Council {
        /// Called by the alliance as it is instantiated, which has checked the terms.
        #[ink(constructor)]
        pub fn new(terms: CouncilTerms) -> Self {
            let alliance = Self::env().caller();
            announce(&CouncilOpened { alliance, terms });
            Self {
                alliance,
                terms,
                proposals: 0,
                cases: 0,
                motions: Mapping::default(),
                votes: Mapping::default(),
                offers: Mapping::default(),
                disputes: Mapping::default(),
                disputed: Mapping::default(),
            }
        }

        /// Carries a motion out by the operator's word, as long as fewer members than the founders' number have a vote. A defaulter comes back by vote only.
        /// # Errors
        /// `NotMember`, `NotOperator`, `ByVoteOnly`, and for the motion `AlreadyAdmitted`, `ApplicationDiffers`, `NotActive`, `NotSuspended`; `Overflow`.
        #[ink(message)]
        pub fn decide(&mut self, motion: Motion) -> Outcome<()> {
            let (chamber, caller) = (self.chamber(), self.env().caller());
            let (look, member) = chamber.member(motion.account())?;
            let Config { operator, founders, .. } = look.config;
            membership::ensure_operator(operator, founders, caller, &motion, look.voters)?;
            self.carry_out(chamber, member, motion, None)
        }

        /// Moves a motion, and votes for it; gives its number. By an active member, who pays the record's deposit and has it back by `clear`. How many votes
        /// carry it is fixed now.
        /// # Errors
        /// `NotMember`, `NotActive`, `Overflow`; where the one vote carries it, as `vote`.
        #[ink(message)]
        pub fn propose(&mut self, motion: Motion) -> Outcome<u32> {
            let (by, at) = (self.env().caller(), self.env().block_timestamp());
            let (look, member) = self.chamber().member(by)?;
            member.ensure_active(by)?;
            let number = self.proposals.checked_add(1).ok_or(AllianceError::Overflow)?;
            self.proposals = number;
            let proposal = Proposal::new(motion, by, &self.terms, look.voters, at);
            let Proposal { needed, ends_at, .. } = proposal;
            announce(&MotionMoved { by, proposal: number, motion, needed, at, ends_at });
            self.count_vote(number, proposal, by, &member)?;
            Ok(number)
        }

        /// Votes for a motion; the vote that carries it carries it out. By a member that has been active since before it was moved; once. The caller pays the
        /// record's deposit and has it back by `clear`.
        /// # Errors
        /// `NoSuchProposal`, `NotMember`, `NotActive`, `AlreadyVoted`, `VoteClosed`, `NoVote`; where it is carried, `NotMember` of whom the motion is about, and as
        /// `decide`, or `NotDefaulted`, `NotMadeGood`.
        #[ink(message)]
        pub fn vote(&mut self, proposal: u32) -> Outcome<()> {
            let caller = self.env().caller();
            let found = self.motions.get(proposal).ok_or(AllianceError::NoSuchProposal { proposal })?;
            let (_, member) = self.chamber().member(caller)?;
            member.ensure_active(caller)?;
            if self.votes.contains((proposal, caller)) {
                return Err(AllianceError::AlreadyVoted { proposal, account: caller }.into());
            }
            self.count_vote(proposal, found, caller, &member)
        }

        /// Takes away what the caller left of a vote that is over: its vote, and the motion if it moved that; with their deposits.
        /// # Errors
        /// `NoSuchProposal` where there is nothing of the caller's, `VoteOpen`.
        #[ink(message)]
        pub fn clear(&mut self, proposal: u32) -> Outcome<()> {
            let (account, now) = (self.env().caller(), self.env().block_timestamp());
            let at = (proposal, account);
            let ends_at = self.votes.get(at).ok_or(AllianceError::NoSuchProposal { proposal })?;
            if now < ends_at {
                return Err(AllianceError::VoteOpen { ends_at, now }.into());
            }
            self.votes.remove(at);
            let moved = self.motions.get(proposal).is_some_and(|found| found.by == account);
            if moved {
                self.motions.remove(proposal);
            }
            announce(&VoteCleared { account, proposal, moved });
            Ok(())
        }

        /// Offers a rate to the other of `acceptor` and `issuer`, of whom the caller is one; takes the place of what was offered before. `None` takes the caller's own
        /// offer back. The caller pays the offer's deposit; who accepts it, and pays that of the rate, has it.
        /// # Errors
        /// `NotParty`, `RateOutOfRange`, `RateTooEarly`; to take back, `NoSuchOffer`.
        #[ink(message)]
        pub fn offer_rate(&mut self, acceptor: AccountId, issuer: AccountId, rate: Option<Rate>) -> Outcome<()> {
            let (by, now) = (self.env().caller(), self.env().block_timestamp());
            if acceptor == issuer || (by != acceptor && by != issuer) {
                return Err(AllianceError::NotParty { account: by }.into());
            }
            match rate {
                Some(rate) => {
                    rate.check(now)?;
                    self.offers.insert((acceptor, issuer), &(by, rate));
                }
                None => {
                    let offered = self.offers.get((acceptor, issuer));
                    if offered.is_none_or(|(offerer, _)| offerer != by) {
                        return Err(AllianceError::NoSuchOffer.into());
                    }
                    self.offers.remove((acceptor, issuer));
                }
            }
            announce(&RateOffered { by, acceptor, issuer, rate });
            Ok(())
        }

        /// Accepts exactly this rate, which the other of the two has offered: in force from its date on, never backdated. What was agreed before stays in force until
        /// then, and must have been so for the tail, so that what a rollback reverses can always be reckoned again.
        /// # Errors
        /// `NoSuchOffer` unless the other offers exactly this, `RateTooEarly`, `NotMember`, `NotActive`, `Overflow`.
        #[ink(message)]
        pub fn accept_rate(&mut self, acceptor: AccountId, issuer: AccountId, rate: Rate) -> Outcome<()> {
            let (caller, now) = (self.env().caller(), self.env().block_timestamp());
            let other = if caller == acceptor { issuer } else { acceptor };
            if (caller != acceptor && caller != issuer) || self.offers.get((acceptor, issuer)) != Some((other, rate))
            {
                return Err(AllianceError::NoSuchOffer.into());
            }
            rate.check(now)?;
            self.offers.remove((acceptor, issuer));
            let mut chamber = self.chamber();
            let pair = chamber.pair(acceptor, issuer)?;
            pair.acceptor.ensure_active(acceptor)?;
            pair.issuer.ensure_active(issuer)?;
            let before = agreed(&pair.acceptor, &pair.issuer, pair.look.rate);
            let next = match before {
                Some(before) => before.followed_by(rate, pair.look.config.tail, now)?,
                None => PairRate::first(rate),
            };
            chamber.add(Step::Agree { acceptor, issuer, rate: next });
            announce(&RateAgreed { issuer, acceptor, rate: next });
            chamber.apply(0)
        }

        /// Disputes what a redemption made the caller owe, for a reason of the alliance's list; `evidence` is a digest of documents kept elsewhere. The fee is paid
        /// with the call: native value, or PSP22 by allowance to the council. Neither of the two can exit until it is closed. The caller pays the records' deposits and has them back by `clear_case`.
        /// # Errors
        /// `UnknownRegistry`, `NoSuchRedemption`, `CaseWindowOver`, `AlreadyDisputed`, `NotMember`, `NothingBooked`, `Overflow`, `Payment`.
        #[ink(message, payable)]
        pub fn open_case(
            &mut self,
            registry: AccountId,
            redemption: Redemption,
            reason: u8,
            evidence: shared::Hash,
        ) -> Outcome<u32> {
            let (issuer, at) = (self.env().caller(), self.env().block_timestamp());
            let Redemption { acceptor, number, .. } = redemption;
            let mut chamber = self.chamber();
            let pair = chamber.pair(acceptor, issuer)?;
            let config = &pair.look.config;
            chamber::ensure_known(registry, &config.registries)?;
            let kept = digest(&redemption);
            if redemption.alliance != Some(self.alliance)
                || chamber::digest_kept(registry, acceptor, number) != Some(kept)
            {
                return Err(AllianceError::NoSuchRedemption { acceptor, number }.into());
            }
            cases::ensure_in_time(&redemption, &self.terms, at)?;
            let key = (registry, acceptor, number, issuer);
            if let Some(case) = self.disputed.get(key) {
                return Err(AllianceError::AlreadyDisputed { case }.into());
            }
            let agreed = agreed(&pair.acceptor, &pair.issuer, pair.look.rate);
            let rate_bps = agreed.and_then(|rate| rate.at(redemption.redeemed_at)).unwrap_or(config.default_rate_bps);
            let amount = cases::disputed(&redemption, issuer, rate_bps, config)?;
            let case = self.cases.checked_add(1).ok_or(AllianceError::Overflow)?;
            self.cases = case;
            let opened = Case {
                issuer,
                acceptor,
                registry,
                number,
                redemption: kept,
                amount,
                reason,
                opened_at: at,
                replied_at: None,
                closed: false,
            };
            self.disputes.insert(case, &opened);
            self.disputed.insert(key, &case);
            chamber.add(Step::OpenCase { acceptor, issuer });
            let (asset, fee) = (config.asset, self.terms.case_fee);
            chamber.add(Step::Endow { amount: fee });
            announce(&CaseOpened {
                acceptor,
                case,
                issuer,
                registry,
                number,
                redemption: kept,
                amount,
                reason,
                evidence,
                at,
            });
            chamber.collect_and_apply(asset, issuer, fee, self.env().transferred_value())?;
            Ok(case)
        }

        /// The acceptor's one reply to a dispute.
        /// # Errors
        /// `NoSuchCase`, `CaseClosed`, `NotParty`, `AlreadyReplied`, `ReplyWindowOver`.
        #[ink(message)]
        pub fn reply(&mut self, case: u32, evidence: shared::Hash) -> Outcome<()> {
            let (acceptor, at) = (self.env().caller(), self.env().block_timestamp());
            let mut found = self.dispute(case)?;
            found.reply(acceptor, &self.terms, at)?;
            self.disputes.insert(case, &found);
            announce(&CaseReplied { acceptor, case, evidence, at });
            Ok(())
        }

        /// Rules on a dispute: the acceptor gives `bps` of what it got back to the issuer, rounded down, in the open cycle and whatever its limit. Nothing, if it has rolled
        /// the redemption back meanwhile, whole or in part.
        /// # Errors
        /// `NoSuchCase`, `CaseClosed`, `NotResolver`, `ShareOverWhole`, `ReplyRunning`, `RulingOver`, `Overflow`.
        #[ink(message)]
        pub fn rule(&mut self, case: u32, bps: u16) -> Outcome<Balance> {
            let (caller, now) = (self.env().caller(), self.env().block_timestamp());
            let mut found = self.dispute(case)?;
            let amount = found.rule(caller, bps, &self.terms, now)?;
            self.close(case, found, amount, Some(bps))
        }

        /// Closes a dispute that nobody ruled on in time, as if the preset share had been ruled. Anyone may.
        /// # Errors
        /// `NoSuchCase`, `CaseClosed`, `RulingRunning`, `Overflow`.
        #[ink(message)]
        pub fn time_out(&mut self, case: u32) -> Outcome<Balance> {
            let now = self.env().block_timestamp();
            let mut found = self.dispute(case)?;
            let amount = found.time_out(&self.terms, now)?;
            self.close(case, found, amount, None)
        }

        /// Takes away the records of a closed dispute, with their deposits, once what it was about can't be disputed any more. By the issuer.
        /// # Errors
        /// `NoSuchCase`, `NotParty`, `CaseOpen`, `CaseWindowRunning`.
        #[ink(message)]
        pub fn clear_case(&mut self, case: u32) -> Outcome<()> {
            let (issuer, now) = (self.env().caller(), self.env().block_timestamp());
            let found = self.dispute(case)?;
            if issuer != found.issuer {
                return Err(AllianceError::NotParty { account: issuer }.into());
            }
            if !found.closed {
                return Err(AllianceError::CaseOpen { case }.into());
            }
            let until = found.opened_at.saturating_add(self.terms.case_window);
            if now < until {
                return Err(AllianceError::CaseWindowRunning { until, now }.into());
            }
            self.disputes.remove(case);
            let key = key(&found);
            if self.disputed.get(key) == Some(case) {
                self.disputed.remove(key);
            }
            announce(&CaseCleared { issuer, case });
            Ok(())
        }

        /// Turns coupons into another one: spends them on an order whose goods are `coupon` of `other`, a registry the alliance knows, and hands that to `to`. All or
        /// nothing. The order's basket hash is the digest of (`other`, `coupon`, `to`): so with their permits acceptor and holders have signed for
        /// exactly this. The acceptor holds `coupon` and lets the council move it. Anyone may submit.
        /// # Errors
        /// `OtherConversion`, `UnknownRegistry`, `CouponElsewhere`, as `redeem` of the alliance, `TransferRefused`.
        #[ink(message)]
        pub fn convert(
            &mut self,
            registry: AccountId,
            order: Order,
            permits: Permits,
            other: AccountId,
            coupon: CouponId,
            to: AccountId,
        ) -> Outcome<Redemption> {
            let Order { acceptor, number, .. } = order;
            if order.basket_hash != digest(&(other, coupon, to)) {
                return Err(AllianceError::OtherConversion { number }.into());
            }
            let look = self.chamber().look(Vec::new(), None)?;
            chamber::ensure_known(other, &look.config.registries)?;
            let holder = chamber::owner_of(other, coupon);
            if holder != Some(acceptor) {
                return Err(AllianceError::CouponElsewhere { holder }.into());
            }
            let redemption = chamber::redeem(self.alliance, registry, &order, &permits)?;
            chamber::hand_over(other, coupon, to)?;
            announce(&CouponConverted { to, acceptor, number, registry: other, coupon });
            Ok(redemption)
        }

        /// How members decide, and how disputes are settled.
        #[ink(message)]
        pub fn terms(&self) -> CouncilTerms {
            self.terms
        }

        /// The alliance this is the council of.
        #[ink(message)]
        pub fn alliance(&self) -> AccountId {
            self.alliance
        }

        /// How many motions and disputes there ever were; they are numbered from 1.
        #[ink(message)]
        pub fn counts(&self) -> (u32, u32) {
            (self.proposals, self.cases)
        }

        /// A motion.
        #[ink(message)]
        pub fn proposal(&self, proposal: u32) -> Option<Proposal> {
            self.motions.get(proposal)
        }

        /// What an acceptor and an issuer are offered, and by which of the two.
        #[ink(message)]
        pub fn offer(&self, acceptor: AccountId, issuer: AccountId) -> Option<(AccountId, Rate)> {
            self.offers.get((acceptor, issuer))
        }

        /// A dispute.
        #[ink(message)]
        pub fn case(&self, case: u32) -> Option<Case> {
            self.disputes.get(case)
        }

        /// A member's account of the cycle closed last and of the open one.
        /// # Errors
        /// `NotMember`.
        #[ink(message)]
        pub fn statement(&self, account: AccountId) -> Outcome<(Statement, Statement)> {
            let (_, member) = self.chamber().member(account)?;
            Ok(views::statement(&member))
        }

        /// What stands behind a coupon; `None` for one that isn't live at a registry the alliance knows.
        #[ink(message)]
        pub fn coverage(&self, registry: AccountId, coupon: CouponId) -> Option<Coverage> {
            let known = self.chamber().look(Vec::new(), None).ok()?.config.registries;
            chamber::ensure_known(registry, &known).ok()?;
            let backing = views::backing(registry, coupon)?;
            let look = self.chamber().look([backing.issuer].to_vec(), None).ok()?;
            let honoured = look.members.iter().flatten().find(|member| {
                member
                    .ensure_honoured(backing.issuer, &look.config, self.env().block_timestamp())
                    .is_ok()
            });
            let headroom = views::headroom(honoured, &look.config);
            Some(Coverage { headroom, fund: look.fund, ..backing })
        }

        /// Whether the fund survives the default of whichever of these members is in most need. Nothing here knows all members: name the largest debtors, at
        /// most 32.
        /// # Errors
        /// `BatchSize`.
        #[ink(message)]
        pub fn cover_one(&self, candidates: Vec<AccountId>) -> Outcome<CoverOne> {
            let items = u32::try_from(candidates.len()).unwrap_or(u32::MAX);
            if items == 0 || items > MAX_CANDIDATES {
                return Err(AllianceError::BatchSize { items, most: MAX_CANDIDATES }.into());
            }
            let look = self.chamber().look(candidates.clone(), None)?;
            Ok(views::cover_one(candidates, &look.members, look.fund))
        }

        fn chamber(&self) -> Chamber {
            Chamber::new(self.alliance)
        }

        fn dispute(&self, case: u32) -> Outcome<Case> {
            Ok(self.disputes.get(case).ok_or(AllianceError::NoSuchCase { case })?)
        }

        /// Counts a vote, and carries the motion out where it decides.
        fn count_vote(
            &mut self,
            number: u32,
            mut proposal: Proposal,
            voter: AccountId,
            member: &Member,
        ) -> Outcome<()> {
            let carried = proposal.count(voter, member.since, self.env().block_timestamp())?;
            self.motions.insert(number, &proposal);
            self.votes.insert((number, voter), &proposal.ends_at);
            announce(&VoteCast { member: voter, proposal: number });
            if !carried {
                return Ok(());
            }
            let chamber = self.chamber();
            let (_, about) = chamber.member(proposal.motion.account())?;
            self.carry_out(chamber, about, proposal.motion, Some(number))
        }

        fn carry_out(
            &self,
            mut chamber: Chamber,
            mut member: Member,
            motion: Motion,
            proposal: Option<u32>,
        ) -> Outcome<()> {
            let (account, at) = (motion.account(), self.env().block_timestamp());
            membership::carry_out(&mut member, &motion, at)?;
            let Member { status, since, cap, .. } = member;
            chamber.add(Step::Stand { account, status, since, cap });
            announce(&MotionCarried { member: account, motion, proposal, at });
            chamber.apply(0)
        }

        /// Ends a dispute: neither party is held by it any more, and what is given back is posted.
        fn close(&mut self, case: u32, found: Case, amount: Balance, ruled: Option<u16>) -> Outcome<Balance> {
            let Case { acceptor, issuer, registry, number, .. } = found;
            let stood = chamber::digest_kept(registry, acceptor, number) == Some(found.redemption);
            let given_back = if stood { amount } else { 0 };
            if !stood {
                self.disputed.remove(key(&found));
            }
            self.disputes.insert(case, &found);
            let mut chamber = self.chamber();
            chamber.add(Step::CloseCase { acceptor, issuer, amount: given_back });
            announce(&CaseClosed { acceptor, case, ruled, stood, given_back });
            chamber.apply(0)?;
            Ok(given_back)
        }
    }

    fn key(case: &Case) -> Disputed {
        (case.registry, case.acceptor, case.number, case.issuer)
    }
}
