//! An alliance's council: joining and leaving, collateral, cycles and settlement, motions and votes, the rates that members agree on, their disputes, conversion, and views. All
//! that is called rarely is here, so that clearing stays cheap in the alliance, which instantiates the council and keeps the books and the money.
//!
//! This file is the shell: it reads the context, opens the alliance's books, has the rules decide, has the alliance write and pay, and emits events. Deposits are the
//! caller's; what an item freed here gives back goes to the caller too. Paid messages take native value sent along, or PSP22 by allowance to the council, for the alliance.
//! "Touches" are the alliance's and the council's storage host calls, the alliance's root and the council's own left out.
#![cfg_attr(not(feature = "std"), no_std, no_main)]
#![allow(
    clippy::useless_conversion,
    clippy::needless_question_mark,
    clippy::type_complexity,
    reason = "on chain, what an outcome refuses with is a type of its own; and a mapping's type is its own best description"
)]

pub mod cases;
pub mod chamber;
pub mod conversion;
pub mod events;
pub mod membership;
pub mod views;

pub use self::council::{Council, CouncilRef};

#[ink::contract]
mod council {
    use crate::{
        cases::{self, Disputed},
        chamber::{self, Chamber},
        conversion,
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
            cycles::{Books, Payout, Waterfall},
            error::{AllianceError, Outcome},
            members::Member,
            rates::{agreed, PairRate, Rate},
            redemptions::Redeemed,
        },
        announce::announce_of,
        ids::CouponId,
        ledger::Raw,
        order::{digest, Order, Redemption},
        passed::{bytes_of, passed, Passed},
        permit::Permits,
        reader::Reader,
        shelf::Shelf as _,
    };

    /// The council's own books; members, rates, sums and money are the alliance's.
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
        /// What an acceptor and an issuer are offered by one of the two.
        offers: Mapping<(AccountId, AccountId, AccountId), Rate, ManualKey<0x33>>,
        disputes: Mapping<u32, Case, ManualKey<0x34>>,
        disputed: Mapping<Disputed, u32, ManualKey<0x35>>,
        /// Who may join without a fee.
        waivers: Mapping<AccountId, (), ManualKey<0x36>>,
    }

    impl Council {
        /// Called by the alliance as it is instantiated, which has checked the terms.
        #[ink(constructor)]
        pub fn new(terms: CouncilTerms) -> Self {
            let alliance = Self::env().caller();
            announce_of(alliance, &CouncilOpened { alliance, terms });
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
                waivers: Mapping::default(),
            }
        }

        /// Lets `account` join without a fee, or no longer. By the operator, who pays the record's deposit; it goes to whoever uses it up by applying.
        /// # Errors
        /// `NotOperator`, `NoChange`.
        #[ink(message)]
        pub fn waive_fee(&mut self, account: AccountId, waived: bool) -> Outcome<()> {
            let caller = self.env().caller();
            let operator = self.enter(&[])?.root().config.operator;
            membership::ensure_is_operator(operator, caller)?;
            if self.waivers.read(account).is_some() == waived {
                return Err(AllianceError::NoChange.into());
            }
            if waived {
                self.waivers.write(account, &());
            } else {
                self.waivers.clear(account);
            }
            announce_of(account, &FeeWaived { account, waived });
            Ok(())
        }

        /// Applies for membership; `registry` is the one that knows the caller's cashiers, `profile` the blake2b-256 of its profile, which is at `uri`. Paid with the call:
        /// the joining fee, which stays in the fund whether or not the caller is admitted, and the caller's share in the fund. The fee is nothing for
        /// the first so many, less until a date, and nothing where the operator waived it. The caller also pays the record's deposit and has it back on exit. 3 touches.
        /// # Errors
        /// `UriTooLong`, `UnknownRegistry`, `AlreadyMember`, `Overflow`, `Payment`.
        #[ink(message, payable)]
        pub fn apply(&mut self, registry: AccountId, profile: shared::Hash, uri: Vec<u8>) -> Outcome<()> {
            let (member, at) = (self.env().caller(), self.env().block_timestamp());
            membership::ensure_fits(&uri)?;
            let mut chamber = self.enter(&[member])?;
            chamber::ensure_known(registry, chamber.root())?;
            let waived = self.waivers.read(member).is_some();
            let (fee, fund_share) = chamber.books().apply(member, registry, profile, waived, at)?;
            if waived {
                self.waivers.clear(member);
            }
            let due = fee.checked_add(fund_share).ok_or(AllianceError::Overflow)?;
            announce_of(
                member,
                &MemberApplied { member, registry, profile, uri, waived, fee, fund_share, at },
            );
            self.collect(chamber, due)
        }

        /// Adds `amount` to the caller's collateral, paid with the call. Applicants may. 2 touches.
        /// # Errors
        /// `NotMember`, `ZeroAmount`, `Overflow`, `Payment`.
        #[ink(message, payable)]
        pub fn deposit_collateral(&mut self, amount: Balance) -> Outcome<()> {
            let member = self.env().caller();
            let mut chamber = self.enter(&[member])?;
            chamber.books().deposit(member, amount)?;
            announce_of(member, &CollateralDeposited { member, amount });
            self.collect(chamber, amount)
        }

        /// Takes back collateral that no debt needs, of the open cycle or the one before. 2 touches.
        /// # Errors
        /// `NotMember`, `ZeroAmount`, `NotMadeGood`, `CollateralShort`, `OverLimit`, `Overflow`, `Payment`.
        #[ink(message)]
        pub fn withdraw_collateral(&mut self, amount: Balance) -> Outcome<()> {
            let member = self.env().caller();
            let mut chamber = self.enter(&[member])?;
            chamber.books().withdraw(member, amount)?;
            announce_of(member, &CollateralWithdrawn { member, amount });
            chamber.pay(member, amount)
        }

        /// Closes the open cycle once its time is up and the one before is settled, and opens the next. Anyone may, for the bounty, or for what the
        /// fund has of it; gives the bounty. No touch.
        /// # Errors
        /// `CycleRunning`, `CycleUnsettled`, `Overflow`, `Payment`.
        #[ink(message)]
        pub fn close_cycle(&mut self) -> Outcome<Balance> {
            let (closer, at) = (self.env().caller(), self.env().block_timestamp());
            let mut chamber = self.enter(&[])?;
            let (closed, bounty) = chamber.books().close_cycle(at)?;
            let event = CycleClosed {
                closer,
                number: closed.cycle.number,
                debits: closed.cycle.debits,
                fees: closed.cycle.fees,
                refunds: closed.cycle.refunds,
                bounty,
                at,
                cut_off: closed.cut_off,
            };
            announce_of(closer, &event);
            chamber.pay(closer, bounty)?;
            Ok(bounty)
        }

        /// Pays `amount` of what `member` owes of the cycle closed last. Anyone may, in parts, until it is settled, also after the cut-off. 2 touches.
        /// # Errors
        /// `NotMember`, `ZeroAmount`, `OverDue`, `Overflow`, `Payment`.
        #[ink(message, payable)]
        pub fn pay_in(&mut self, member: AccountId, amount: Balance) -> Outcome<()> {
            let payer = self.env().caller();
            let mut chamber = self.enter(&[member])?;
            chamber.books().pay_in(member, amount)?;
            announce_of(member, &PayInReceived { member, payer, amount });
            self.collect(chamber, amount)
        }

        /// After the cut-off, finds what `member` still owes of the cycle closed last: in its own credit, collateral and share in the fund, then in the fund, then
        /// by cutting the cycle's creditors, all by one ratio: up to the rules' most until the longstop, and from then on as far as it takes. What is beyond waits; anyone
        /// may pay it in, or add to the fund and call again. The member has defaulted: it is suspended until others take it back, and owes the fund what
        /// others bore. Anyone may call. 2 touches, 3 where creditors are cut.
        /// # Errors
        /// `NotMember`, `BeforeCutOff`, `NothingDue`, `LongstopRunning`, `Overflow`.
        #[ink(message)]
        pub fn declare_default(&mut self, member: AccountId) -> Outcome<Waterfall> {
            let at = self.env().block_timestamp();
            let mut chamber = self.enter(&[member])?;
            let found = chamber.books().default(member, at)?;
            announce_of(member, &MemberDefaulted { member, found, at });
            chamber.apply(0)?;
            Ok(found)
        }

        /// Pays `amount` to the fund, of what others bore for `member`. Anyone may, in parts. 2 touches.
        /// # Errors
        /// `NotMember`, `ZeroAmount`, `OverDue`, `Overflow`, `Payment`.
        #[ink(message, payable)]
        pub fn make_good(&mut self, member: AccountId, amount: Balance) -> Outcome<()> {
            let payer = self.env().caller();
            let mut chamber = self.enter(&[member])?;
            chamber.books().make_good(member, amount)?;
            announce_of(member, &MadeGood { member, payer, amount });
            self.collect(chamber, amount)
        }

        /// Adds `amount` to the fund, for good. Anyone may. No touch.
        /// # Errors
        /// `ZeroAmount`, `Overflow`, `Payment`.
        #[ink(message, payable)]
        pub fn endow(&mut self, amount: Balance) -> Outcome<()> {
            let payer = self.env().caller();
            let mut chamber = self.enter(&[])?;
            chamber.books().endow(amount)?;
            announce_of(payer, &FundEndowed { payer, amount });
            self.collect(chamber, amount)
        }

        /// Pays `member` what it has earned in settled cycles, less what it owes of the cycle closed last and what it has to make good; gives how much. Of a
        /// cycle whose creditors were cut each gets the same share of what it earned, rounded down. Anyone may call. 2 touches, 4 after a cut.
        /// # Errors
        /// `NotMember`, `NothingToPay`, `Overflow`, `Payment`.
        #[ink(message)]
        pub fn payout(&mut self, member: AccountId) -> Outcome<Balance> {
            let mut chamber = self.enter(&[member])?;
            let Payout { amount, made_good } = chamber.books().pay_out(member)?;
            announce_of(member, &PayoutMade { member, amount, made_good });
            chamber.pay(member, amount)?;
            Ok(amount)
        }

        /// Says that the caller leaves. It accepts no more; its coupons are accepted until the tail ends. 2 touches.
        /// # Errors
        /// `NotMember`, `NotActive` of an applicant, who may just exit, `AlreadyLeaving`, `NotMadeGood`, `Overflow`.
        #[ink(message)]
        pub fn leave(&mut self) -> Outcome<()> {
            let (member, at) = (self.env().caller(), self.env().block_timestamp());
            let mut chamber = self.enter(&[member])?;
            chamber.books().leave(member, at)?;
            announce_of(member, &MemberLeaving { member, at });
            chamber.apply(0)
        }

        /// Ends the caller's membership, or its application, and pays out exactly its collateral and its share in the fund. Only with nothing owed either way,
        /// no open dispute, the tail over and no redemption left that can be rolled back. The caller has the record's deposit back. 2 touches.
        /// # Errors
        /// `NotMember`, `PositionOpen`, `CasesOpen`, `NotLeaving`, `StillLiable`, `Overflow`, `Payment`.
        #[ink(message)]
        pub fn exit(&mut self) -> Outcome<()> {
            let (member, at) = (self.env().caller(), self.env().block_timestamp());
            let mut chamber = self.enter(&[member])?;
            let amount = chamber.books().exit(member, self.terms.case_window, at)?;
            announce_of(member, &MemberExited { member, amount });
            chamber.pay(member, amount)
        }

        /// Carries a motion out by the operator's word, as long as fewer members than the founders' number have a vote. A defaulter comes back by vote only.
        /// # Errors
        /// `NotMember`, `NotOperator`, `ByVoteOnly`, and for the motion `AlreadyAdmitted`, `ApplicationDiffers`, `NotActive`, `NotSuspended`; `Overflow`.
        #[ink(message)]
        pub fn decide(&mut self, motion: Motion) -> Outcome<()> {
            let (caller, account) = (self.env().caller(), motion.account());
            let mut chamber = self.enter(&[account])?;
            chamber.books().looked_up(account)?;
            membership::ensure_may_decide(chamber.root(), caller, &motion)?;
            self.carry_out(chamber, motion, None)
        }

        /// Moves a motion, and votes for it; gives its number. By an active member, who pays the record's deposit and has it back by `clear`. How many votes
        /// carry it is fixed now.
        /// # Errors
        /// `NotMember`, `NotActive`, `Overflow`; where the one vote carries it, as `vote`.
        #[ink(message)]
        pub fn propose(&mut self, motion: Motion) -> Outcome<u32> {
            let (by, at) = (self.env().caller(), self.env().block_timestamp());
            let mut chamber = self.enter(&[by])?;
            let member = chamber.books().looked_up(by)?;
            member.ensure_active(by)?;
            let number = self.proposals.checked_add(1).ok_or(AllianceError::Overflow)?;
            self.proposals = number;
            let proposal = Proposal::new(motion, by, &self.terms, chamber.root().books.voters, at);
            let Proposal { needed, ends_at, .. } = proposal;
            announce_of(by, &MotionMoved { by, proposal: number, motion, needed, at, ends_at });
            self.count_vote(chamber, number, proposal, by, &member)?;
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
            let found = self.motions.read(proposal).ok_or(AllianceError::NoSuchProposal { proposal })?;
            let mut chamber = self.enter(&[caller])?;
            let member = chamber.books().looked_up(caller)?;
            member.ensure_active(caller)?;
            if self.votes.read((proposal, caller)).is_some() {
                return Err(AllianceError::AlreadyVoted { proposal, account: caller }.into());
            }
            self.count_vote(chamber, proposal, found, caller, &member)
        }

        /// Takes away what the caller left of a vote that is over: its vote, and the motion if it moved that; with their deposits.
        /// # Errors
        /// `NoSuchProposal` where there is nothing of the caller's, `VoteOpen`.
        #[ink(message)]
        pub fn clear(&mut self, proposal: u32) -> Outcome<()> {
            let (account, now) = (self.env().caller(), self.env().block_timestamp());
            let at = (proposal, account);
            let ends_at = self.votes.read(at).ok_or(AllianceError::NoSuchProposal { proposal })?;
            if now < ends_at {
                return Err(AllianceError::VoteOpen { ends_at, now }.into());
            }
            self.votes.clear(at);
            let moved = self.motions.read(proposal).is_some_and(|found| found.by == account);
            if moved {
                self.motions.clear(proposal);
            }
            announce_of(account, &VoteCleared { account, proposal, moved });
            Ok(())
        }

        /// Offers a rate to the other of `acceptor` and `issuer`, of whom the caller is one; takes the place of what the caller offered before. `None` takes that
        /// back. The caller pays the offer's deposit; who accepts it, and pays that of the rate, has it.
        /// # Errors
        /// `NotParty`, `RateOutOfRange`, `RateTooEarly`; to take back, `NoSuchOffer`.
        #[ink(message)]
        pub fn offer_rate(
            &mut self,
            acceptor: AccountId,
            issuer: AccountId,
            rate: Option<Rate>,
        ) -> Outcome<()> {
            let (by, now) = (self.env().caller(), self.env().block_timestamp());
            if acceptor == issuer || (by != acceptor && by != issuer) {
                return Err(AllianceError::NotParty { account: by }.into());
            }
            let key = (acceptor, issuer, by);
            match rate {
                Some(rate) => {
                    rate.check(now)?;
                    self.offers.write(key, &rate);
                }
                None => {
                    self.offers.read(key).ok_or(AllianceError::NoSuchOffer)?;
                    self.offers.clear(key);
                }
            }
            announce_of(by, &RateOffered { by, acceptor, issuer, rate });
            Ok(())
        }

        /// Accepts exactly this rate, which the other of the two has offered: in force from its date on, never backdated. What was agreed before stays in force until
        /// then, and must have been so for the tail and the case window, so that what is reversed or disputed can always be reckoned again. 7 touches.
        /// # Errors
        /// `NoSuchOffer` unless the other offers exactly this, `NotMember`, `NotActive`, `RateTooEarly`, `Overflow`.
        #[ink(message)]
        pub fn accept_rate(&mut self, acceptor: AccountId, issuer: AccountId, rate: Rate) -> Outcome<()> {
            let (caller, now) = (self.env().caller(), self.env().block_timestamp());
            let other = if caller == acceptor { issuer } else { acceptor };
            let key = (acceptor, issuer, other);
            if (caller != acceptor && caller != issuer) || self.offers.read(key) != Some(rate) {
                return Err(AllianceError::NoSuchOffer.into());
            }
            self.offers.clear(key);
            let mut chamber = self.enter(&[acceptor, issuer])?;
            let reckoned = chamber.root().config.tail.saturating_add(self.terms.case_window);
            let rate = chamber.books().agree(acceptor, issuer, |between, before| {
                rate.check(now)?;
                match before {
                    Some(before) => before.followed_by(rate, reckoned, now),
                    None => Ok(PairRate::first(between, rate)),
                }
            })?;
            announce_of(issuer, &RateAgreed { issuer, acceptor, rate, by: caller });
            chamber.apply(0)
        }

        /// Disputes what a redemption that is final made the caller owe, for a reason of the alliance's list; `evidence` is a digest of documents kept elsewhere. The fee is paid
        /// with the call. Neither of the two can exit until it is closed. The caller pays the records' deposits and has them back by `clear_case`. 8 touches.
        /// # Errors
        /// `NoSuchRedemption`, `NotMember`, `UnknownRegistry`, `NotFinal`, `CaseWindowOver`, `AlreadyDisputed`, `NothingBooked`, `WrongAsset`, `Overflow`, `Payment`.
        #[ink(message, payable)]
        pub fn open_case(
            &mut self,
            registry: AccountId,
            reason: u8,
            evidence: shared::Hash,
            redemption: Passed<Redemption>,
        ) -> Outcome<u32> {
            let (issuer, at) = (self.env().caller(), self.env().block_timestamp());
            let bytes = bytes_of(redemption);
            let mut reader = Reader::new(&bytes);
            let redeemed = Redeemed::read(&mut reader);
            let Redeemed { acceptor, number, redeemed_at, final_at, alliance, .. } = redeemed;
            let no_such = AllianceError::NoSuchRedemption { acceptor, number };
            if !reader.is_done() {
                return Err(no_such.into());
            }
            let mut chamber = self.enter(&[acceptor, issuer])?;
            let mut books = chamber.books();
            let parties = (books.looked_up(acceptor)?, books.looked_up(issuer)?);
            chamber::ensure_known(registry, books.root)?;
            let kept = digest(&Raw(bytes));
            if alliance != Some(self.alliance)
                || chamber::digest_kept(registry, acceptor, number) != Some(kept)
            {
                return Err(no_such.into());
            }
            cases::ensure_in_time(final_at, &self.terms, at)?;
            let key = (registry, acceptor, number, issuer);
            if let Some(case) = self.disputed.read(key) {
                return Err(AllianceError::AlreadyDisputed { case }.into());
            }
            let rate = agreed(&parties.0, &parties.1, books.rate(acceptor, issuer));
            let rate = rate.and_then(|rate| rate.at(redeemed_at));
            let config = &books.root.config;
            let rate_bps = rate.unwrap_or(config.default_rate_bps);
            let amount = cases::disputed(&redeemed.sale(), issuer, rate_bps, config)?;
            let case = self.cases.checked_add(1).ok_or(AllianceError::Overflow)?;
            self.cases = case;
            let opened = Case {
                issuer,
                acceptor,
                registry,
                number,
                amount,
                reason,
                opened_at: at,
                replied_at: None,
                closed: false,
            };
            self.disputes.write(case, &opened);
            self.disputed.write(key, &case);
            books.open_case(acceptor, issuer, amount)?;
            let fee = self.terms.case_fee;
            books.root.books.endow(fee)?;
            let event = CaseOpened {
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
            };
            announce_of(acceptor, &event);
            self.collect(chamber, fee)?;
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
            self.disputes.write(case, &found);
            announce_of(acceptor, &CaseReplied { acceptor, case, evidence, at });
            Ok(())
        }

        /// Rules on a dispute: the acceptor gives `bps` of what it got back to the issuer, rounded down, in the open cycle and whatever its limit.
        /// # Errors
        /// `NoSuchCase`, `CaseClosed`, `NotResolver`, `ResolverIsParty`, `ShareOverWhole`, `ReplyRunning`, `RulingOver`, `Overflow`.
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
            self.disputes.clear(case);
            self.disputed.clear(key(&found));
            announce_of(issuer, &CaseCleared { issuer, case });
            Ok(())
        }

        /// Turns coupons into another one: spends them on an order whose goods are `coupon` of `other`, a registry the alliance knows, and hands that to `to`. All of
        /// this call or nothing. The order's basket hash is the digest of (`other`, `coupon`, what is left of it, its end, `to`): so with their permits the acceptor,
        /// not a cashier, and the holders have signed for exactly this. The acceptor holds `coupon` and lets the council move it. Anyone may submit.
        ///
        /// Permits bind an order and a registry, not this message: whoever has all of them may redeem the order at the alliance instead, and then the acceptor owes its holder
        /// these goods as any others.
        /// # Errors
        /// `NotAcceptor` unless the acceptor itself has signed, `UnknownRegistry`, `CouponElsewhere`, `OtherConversion`, as `redeem` of the alliance, `TransferRefused`.
        #[ink(message)]
        pub fn convert(
            &mut self,
            registry: AccountId,
            other: AccountId,
            coupon: CouponId,
            to: AccountId,
            order: Passed<(Order, Permits)>,
        ) -> Outcome<Passed<Redemption>> {
            let signed = bytes_of(order);
            let mut reader = Reader::new(&signed);
            let (acceptor, number) = (reader.account(), reader.u64());
            // The basket and what is eligible of it.
            reader.skip(32);
            let goods = reader.hash();
            // The deadline, and how it is settled.
            reader.skip(9);
            // A till's key accepts orders; it gives nothing of its merchant's away.
            let signer = reader.is_some().then(|| reader.account());
            if signer != Some(acceptor) {
                let caller = signer.unwrap_or(self.env().caller());
                return Err(AllianceError::NotAcceptor { acceptor, caller }.into());
            }
            chamber::ensure_known(other, self.enter(&[])?.root())?;
            let held = chamber::coupon(other, coupon);
            let Some(held) = held.as_ref().filter(|held| held.owner == acceptor) else {
                let holder = held.map(|held| held.owner);
                return Err(AllianceError::CouponElsewhere { holder }.into());
            };
            if goods != conversion::goods(other, coupon, held, to) {
                return Err(AllianceError::OtherConversion { number }.into());
            }
            let redemption = chamber::redeem(self.alliance, registry, signed)?;
            chamber::hand_over(other, coupon, to)?;
            announce_of(to, &CouponConverted { to, acceptor, number, registry: other, coupon });
            Ok(passed(redemption).map_err(|_| AllianceError::AllianceFailed)?)
        }

        /// The alliance's rules.
        /// # Errors
        /// `AllianceFailed`, as every view of the alliance's books.
        #[ink(message)]
        pub fn config(&self) -> Outcome<Config> {
            Ok(self.enter(&[])?.root().config.clone())
        }

        /// The open cycle, the one closed last, and the fund.
        #[ink(message)]
        pub fn cycle(&self) -> Outcome<Books> {
            Ok(self.enter(&[])?.root().books)
        }

        /// A member, its sheets brought up to the open cycle.
        #[ink(message)]
        pub fn member(&self, account: AccountId) -> Outcome<Option<Member>> {
            Ok(self.enter(&[account])?.books().view(account))
        }

        /// What an account owes in the open cycle and the one before; zero for who isn't a member.
        #[ink(message)]
        pub fn exposure(&self, account: AccountId) -> Outcome<Balance> {
            Ok(self.enter(&[account])?.books().view(account).map_or(0, |member| member.exposure()))
        }

        /// How much more an account may come to owe; zero for who isn't a member, or isn't accepted.
        #[ink(message)]
        pub fn headroom(&self, account: AccountId) -> Outcome<Balance> {
            let now = self.env().block_timestamp();
            Ok(self.enter(&[account])?.books().headroom(account, now))
        }

        /// Whether an account may join without a fee.
        #[ink(message)]
        pub fn is_fee_waived(&self, account: AccountId) -> bool {
            self.waivers.read(account).is_some()
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
            self.motions.read(proposal)
        }

        /// What an acceptor and an issuer are offered by one of the two.
        #[ink(message)]
        pub fn offer(&self, acceptor: AccountId, issuer: AccountId, by: AccountId) -> Option<Rate> {
            self.offers.read((acceptor, issuer, by))
        }

        /// A dispute.
        #[ink(message)]
        pub fn case(&self, case: u32) -> Option<Case> {
            self.disputes.read(case)
        }

        /// A member's account of the cycle closed last and of the open one.
        /// # Errors
        /// `NotMember`.
        #[ink(message)]
        pub fn statement(&self, account: AccountId) -> Outcome<(Statement, Statement)> {
            let member = self.enter(&[account])?.books().looked_up(account)?;
            Ok(views::statement(&member))
        }

        /// What stands behind a coupon; `None` for one that isn't live at a registry the alliance knows.
        #[ink(message)]
        pub fn coverage(&self, registry: AccountId, coupon: CouponId) -> Outcome<Option<Coverage>> {
            let mut chamber = self.enter(&[])?;
            chamber::ensure_known(registry, chamber.root())?;
            let fund = chamber.root().books.fund;
            let Some(backing) = views::backing(registry, coupon) else {
                return Ok(None);
            };
            let headroom = chamber.books().headroom(backing.issuer, self.env().block_timestamp());
            Ok(Some(Coverage { headroom, fund, ..backing }))
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
            let mut chamber = self.enter(&candidates)?;
            let fund = chamber.root().books.fund;
            let books = chamber.books();
            let members: Vec<_> = candidates.iter().map(|account| books.view(*account)).collect();
            Ok(views::cover_one(candidates, &members, fund))
        }

        #[inline(never)]
        fn enter(&self, accounts: &[AccountId]) -> Outcome<Chamber> {
            Chamber::enter(self.alliance, accounts)
        }

        #[inline(never)]
        fn collect(&self, chamber: Chamber, amount: Balance) -> Outcome<()> {
            chamber.collect(self.env().caller(), amount, self.env().transferred_value())
        }

        #[inline(never)]
        fn dispute(&self, case: u32) -> Outcome<Case> {
            Ok(self.disputes.read(case).ok_or(AllianceError::NoSuchCase { case })?)
        }

        /// Counts a vote, and carries the motion out where it decides.
        #[inline(never)]
        fn count_vote(
            &mut self,
            chamber: Chamber,
            number: u32,
            mut proposal: Proposal,
            voter: AccountId,
            member: &Member,
        ) -> Outcome<()> {
            let carried = proposal.count(voter, member.since, self.env().block_timestamp())?;
            self.motions.write(number, &proposal);
            self.votes.write((number, voter), &proposal.ends_at);
            announce_of(voter, &VoteCast { member: voter, proposal: number });
            if !carried {
                return Ok(());
            }
            self.carry_out(chamber, proposal.motion, Some(number))
        }

        #[inline(never)]
        fn carry_out(&self, mut chamber: Chamber, motion: Motion, proposal: Option<u32>) -> Outcome<()> {
            let (account, at) = (motion.account(), self.env().block_timestamp());
            chamber.books().stand(account, |member| membership::carry_out(member, &motion, at))?;
            announce_of(account, &MotionCarried { member: account, motion, proposal, at });
            chamber.apply(0)
        }

        /// Ends a dispute: neither party is held by it any more, and what is given back is posted.
        #[inline(never)]
        fn close(
            &mut self,
            case: u32,
            found: Case,
            given_back: Balance,
            ruled: Option<u16>,
        ) -> Outcome<Balance> {
            let Case { acceptor, issuer, amount, .. } = found;
            self.disputes.write(case, &found);
            let mut chamber = self.enter(&[acceptor, issuer])?;
            chamber.books().close_case(acceptor, issuer, amount, given_back)?;
            announce_of(acceptor, &CaseClosed { acceptor, case, ruled, given_back });
            chamber.apply(0)?;
            Ok(given_back)
        }
    }

    fn key(case: &Case) -> Disputed {
        (case.registry, case.acceptor, case.number, case.issuer)
    }
}
