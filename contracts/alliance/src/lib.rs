//! An alliance: merchants who accept each other's coupons, and settle what they owe in cycles.
//!
//! This file is the shell: it reads the context, calls the ledger, emits events, calls registries and moves money. It decides nothing.
#![cfg_attr(not(feature = "std"), no_std, no_main)]
#![allow(clippy::useless_conversion, reason = "on chain, what an outcome refuses with is a type of its own")]

pub mod branch;
mod calls;
pub mod events;
pub mod ledger;
pub mod orders;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use crate::alliance::{Alliance, AllianceRef};
pub use shared::alliance::{bookings, config, cycles, error, members, sheets};

#[ink::contract]
mod alliance {
    use crate::{
        branch, calls,
        config::{Config, ConfigFault},
        cycles::{Books, Payout, Waterfall},
        error::{AllianceError, Outcome},
        events::*,
        ledger::{Ledger, Sale, Table},
        members::Member,
        orders::{together, Head, Signed, MAX_ORDERS},
    };
    use ink::prelude::{vec, vec::Vec};
    use scale::Encode;
    use shared::{
        alliance::{
            council::CouncilTerms,
            door::{AllianceDoor, Look, Step},
        },
        announce::{announce, announce_bare},
        assets::Asset,
        order::{Kept, Redeemed, Redemption},
        registry::RegistryError,
    };

    /// The most debts that one event tells: their 66 bytes each, and 17 for each order, stay under the 16 kB that an event holds.
    const MAX_DEBTS: usize = 200;

    /// Its rules never change, and nobody can touch what is a member's: the operator admits, and that is all.
    ///
    /// A message may change storage after it has called a registry or a token: whoever calls back into the alliance meanwhile traps, and every
    /// error reverts the whole call, the registry's part included.
    #[ink(storage)]
    pub struct Alliance {
        ledger: Ledger,
    }

    impl Alliance {
        /// Opens the first cycle, and instantiates the alliance's council from the code that this code pins.
        /// # Errors
        /// `InvalidConfig`, `CouncilFailed` when the council's code isn't on the chain.
        #[ink(constructor)]
        pub fn new(config: Config, council: CouncilTerms) -> Outcome<Self> {
            let opened_at = Self::env().block_timestamp();
            council.check().map_err(|fault| AllianceError::InvalidConfig(ConfigFault::Council(fault)))?;
            config.check().map_err(AllianceError::InvalidConfig)?;
            let council = branch::open(branch::COUNCIL, council.encode())?;
            announce_bare(&AllianceCreated { config: config.clone(), council, opened_at });
            Ok(Self { ledger: Ledger::new(config, council, opened_at)? })
        }

        /// Applies for membership; `registry` is the one that knows the caller's cashiers, `profile` the blake2b-256 of its profile. Paid with the call,
        /// native value or PSP22 by allowance: the joining fee, which stays in the fund whether or not the operator admits the caller, and the
        /// caller's share in the fund. The caller also pays the record's deposit and has it back on exit. 2 touches.
        /// # Errors
        /// `UnknownRegistry`, `AlreadyMember`, `Overflow`, `Payment`.
        #[ink(message, payable)]
        pub fn apply(&mut self, registry: AccountId, profile: shared::Hash) -> Outcome<()> {
            let (member, at) = (self.env().caller(), self.env().block_timestamp());
            self.ensure_known(registry)?;
            let (fee, fund_share) = self.ledger.apply(member, registry, profile, at)?;
            self.collect(fee.checked_add(fund_share).ok_or(AllianceError::Overflow)?)?;
            announce(&MemberApplied { member, registry, profile, fee, fund_share, at });
            Ok(())
        }

        /// Admits an applicant, who may then owe at most `cap`. By the operator, while fewer members than the founders' number are active. 2 touches.
        /// # Errors
        /// `NotOperator`, `ByVoteOnly`, `NotMember`, `AlreadyAdmitted`, `Overflow`.
        #[ink(message)]
        pub fn admit(&mut self, member: AccountId, cap: Balance) -> Outcome<()> {
            let (caller, at) = (self.env().caller(), self.env().block_timestamp());
            self.ledger.admit(caller, member, cap, at)?;
            announce(&MemberAdmitted { member, cap, at });
            Ok(())
        }

        /// Adds `amount` to the caller's collateral, paid as in `apply`. Applicants may. 2 touches.
        /// # Errors
        /// `NotMember`, `ZeroAmount`, `Overflow`, `Payment`.
        #[ink(message, payable)]
        pub fn deposit_collateral(&mut self, amount: Balance) -> Outcome<()> {
            let member = self.env().caller();
            self.ledger.deposit(member, amount)?;
            self.collect(amount)?;
            announce(&CollateralDeposited { member, amount });
            Ok(())
        }

        /// Takes back collateral that no debt needs, of the open cycle or the one before. 2 touches.
        /// # Errors
        /// `NotMember`, `ZeroAmount`, `NotMadeGood`, `CollateralShort`, `OverLimit`, `Overflow`, `Payment`.
        #[ink(message)]
        pub fn withdraw_collateral(&mut self, amount: Balance) -> Outcome<()> {
            let member = self.env().caller();
            self.ledger.withdraw(member, amount)?;
            announce(&CollateralWithdrawn { member, amount });
            self.pay(member, amount)
        }

        /// Spends coupons on an order and books what their issuers owe, all or nothing. By the acceptor, or by anyone with its permit or a cashier's,
        /// which the registry checks and counts. A coupon funded by the alliance makes its issuer owe the default rate of the discount, rounded down, of which the
        /// fee, rounded up, goes to the alliance and the rest to the acceptor. Coupons funded by escrow, by the merchant or by the acceptor itself
        /// are spent and nothing is booked.
        ///
        /// Settled on chain, the caller pays the net price through the alliance: native value sent along, with what is over going back to the caller, or PSP22,
        /// where the caller allows the alliance the basket's price and has back what is over.
        ///
        /// Besides the registry's own: 4 touches for one coupon (acceptor and issuer read and written), 1 if nothing is booked, and 1 more where
        /// `registry` isn't the acceptor's own. Nothing is kept of the booking, so no deposit is due for it.
        /// # Errors
        /// `NotAnOrder`, `NotMember`, `NotActive`, `UnknownRegistry`, `NotAcceptor`, `Payment`, `RegistryFailed`, `Registry`; for each coupon that escrow
        /// doesn't fund `NotMember`, `NotActive` of its issuer, `WrongAsset`, `OverLimit`; `TailTooShort`, `Overflow`.
        #[ink(message, payable)]
        pub fn redeem(&mut self, registry: AccountId, order: Signed) -> Outcome<Redemption> {
            let head = Head::of(order.bytes(), 0)?;
            let mut table = Table::default();
            self.admit_order(&mut table, registry, &head)?;
            let asset = self.ledger.config().asset;
            let (caller, paid) = (self.env().caller(), self.env().transferred_value());
            let by_allowance = head.on_chain && asset != Asset::Native;
            if by_allowance {
                self.collect(head.basket)?;
                calls::approve(asset, registry, head.basket)?;
            }
            let redemption = calls::redeem(registry, order.bytes(), paid)?;
            if by_allowance {
                calls::approve(asset, registry, 0)?;
                self.pay(caller, head.basket.saturating_sub(redemption.net))?;
            } else if paid > 0 {
                // Settled off chain, the registry takes no value: so this was on chain, and `net` at most what was sent.
                self.pay(caller, paid.saturating_sub(redemption.net))?;
            }
            let redeemed = Redeemed::from(&redemption);
            let booked = self.book(&mut table, &head, &redeemed)?;
            self.ledger.clear(table);
            self.announce_booked(head.acceptor, registry, vec![booked]);
            Ok(redemption)
        }

        /// A till's backlog: up to 50 orders with their permits, each as the SCALE bytes of `(Order, Permits)`, settled off chain. The registry takes or
        /// refuses each by itself, and each has its own result, the discount. What is redeemed is booked as in `redeem`; a booking that the alliance refuses
        /// undoes the whole call, for the coupons are spent by then, and names its issuer. Orders that follow each other and share an acceptor are
        /// announced together.
        ///
        /// Besides the registry's own: 2 touches for each member that is booked, however many orders name it.
        /// # Errors
        /// `BatchSize`; for each order `NotAnOrder`, `NotMember`, `NotActive`, `UnknownRegistry`, `NotAcceptor`; `RegistryFailed`, `Registry`; for each that was
        /// redeemed as `redeem`.
        #[ink(message)]
        pub fn redeem_batch(
            &mut self,
            registry: AccountId,
            orders: Vec<Vec<u8>>,
        ) -> Outcome<Vec<Result<Balance, RegistryError>>> {
            let items = u32::try_from(orders.len()).unwrap_or(u32::MAX);
            if items == 0 || items > MAX_ORDERS {
                return Err(AllianceError::BatchSize { items, most: MAX_ORDERS }.into());
            }
            let mut table = Table::default();
            let mut heads = Vec::with_capacity(orders.len());
            for (order, index) in orders.iter().zip(0..) {
                let head = Head::of(order, index)?;
                self.admit_order(&mut table, registry, &head)?;
                heads.push(head);
            }
            let answers = calls::redeem_batch(registry, together(&orders))?;
            let mut results = Vec::with_capacity(answers.len());
            let (mut run, mut debts, mut of) = (Vec::new(), 0_usize, AccountId::from([0; 32]));
            for (head, answer) in heads.iter().zip(answers) {
                if let Ok(redeemed) = &answer {
                    let booked = self.book(&mut table, head, redeemed)?;
                    let more = debts.saturating_add(booked.debts.len());
                    if head.acceptor != of || more > MAX_DEBTS {
                        self.announce_booked(of, registry, core::mem::take(&mut run));
                        debts = 0;
                    }
                    debts = debts.saturating_add(booked.debts.len());
                    of = head.acceptor;
                    run.push(booked);
                }
                results.push(answer.map(|redeemed| redeemed.discount()));
            }
            self.ledger.clear(table);
            self.announce_booked(of, registry, run);
            Ok(results)
        }

        /// Undoes a redemption within its window, by its acceptor: whole, or down to what was `kept`; gives what remains. Coupons are as before, and what was
        /// booked for what is undone is reversed in the open cycle, whichever it was booked in, fee included, as far as the open cycle's fees and the
        /// fund reach. The caller pays back what came from escrow and what was paid on chain, exactly `refund` in the redemption's asset: native value
        /// sent along, or PSP22 by allowance to the alliance. What the acceptor comes to owe must be covered by its own cap and collateral.
        ///
        /// Besides the registry's own: 5 touches for one coupon, 1 if nothing was booked.
        /// # Errors
        /// `UnknownRegistry`, `NotAcceptor`, `Payment`, `RegistryFailed`, `Registry`, `WrongRefund`, `OverLimit`, `Overflow`.
        #[ink(message, payable)]
        pub fn roll_back(
            &mut self,
            registry: AccountId,
            redemption: Redemption,
            kept: Option<Kept>,
            refund: Balance,
        ) -> Outcome<Option<Redemption>> {
            self.ensure_known(registry)?;
            let (caller, paid) = (self.env().caller(), self.env().transferred_value());
            let acceptor = redemption.acceptor;
            if caller != acceptor {
                return Err(AllianceError::NotAcceptor { acceptor, caller }.into());
            }
            redemption.asset.collect(caller, refund, paid).map_err(AllianceError::Payment)?;
            let remains = calls::roll_back(registry, &redemption, kept, refund)?;
            let expected = redemption.refund(remains.as_ref());
            if refund != expected {
                return Err(AllianceError::WrongRefund { expected, offered: refund }.into());
            }
            let debts = self.ledger.unbook(&redemption, remains.as_ref())?;
            if !debts.is_empty() {
                let Redemption { number, redeemed_at, .. } = redemption;
                announce(&DebtsReversed { acceptor, registry, number, redeemed_at, debts });
            }
            Ok(remains)
        }

        /// Closes the open cycle once its time is up and the one before is settled, and opens the next. Anyone may, for the bounty, or for what the
        /// fund has of it; gives the bounty. No touch.
        /// # Errors
        /// `CycleRunning`, `CycleUnsettled`, `Overflow`, `Payment`.
        #[ink(message)]
        pub fn close_cycle(&mut self) -> Outcome<Balance> {
            let (closer, at) = (self.env().caller(), self.env().block_timestamp());
            let (closed, bounty) = self.ledger.close_cycle(at)?;
            announce(&CycleClosed {
                closer,
                number: closed.cycle.number,
                debits: closed.cycle.debits,
                fees: closed.cycle.fees,
                refunds: closed.cycle.refunds,
                bounty,
                at,
                cut_off: closed.cut_off,
            });
            self.pay(closer, bounty)?;
            Ok(bounty)
        }

        /// Pays `amount` of what `member` owes of the cycle closed last, as in `apply`. Anyone may, in parts, until it is settled, also after the
        /// cut-off. 2 touches.
        /// # Errors
        /// `NotMember`, `ZeroAmount`, `OverDue`, `Overflow`, `Payment`.
        #[ink(message, payable)]
        pub fn pay_in(&mut self, member: AccountId, amount: Balance) -> Outcome<()> {
            let payer = self.env().caller();
            self.ledger.pay_in(member, amount)?;
            self.collect(amount)?;
            announce(&PayInReceived { member, payer, amount });
            Ok(())
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
            let found = self.ledger.default(member, at)?;
            announce(&MemberDefaulted { member, found, at });
            Ok(found)
        }

        /// Pays `amount` to the fund, of what others bore for `member`, as in `apply`. Anyone may, in parts. 2 touches.
        /// # Errors
        /// `NotMember`, `ZeroAmount`, `OverDue`, `Overflow`, `Payment`.
        #[ink(message, payable)]
        pub fn make_good(&mut self, member: AccountId, amount: Balance) -> Outcome<()> {
            let payer = self.env().caller();
            self.ledger.make_good(member, amount)?;
            self.collect(amount)?;
            announce(&MadeGood { member, payer, amount });
            Ok(())
        }

        /// Adds `amount` to the fund, for good, paid as in `apply`. Anyone may. No touch.
        /// # Errors
        /// `ZeroAmount`, `Overflow`, `Payment`.
        #[ink(message, payable)]
        pub fn endow(&mut self, amount: Balance) -> Outcome<()> {
            let payer = self.env().caller();
            self.ledger.endow(amount)?;
            self.collect(amount)?;
            announce(&FundEndowed { payer, amount });
            Ok(())
        }

        /// Pays `member` what it has earned in settled cycles, less what it owes of the cycle closed last and what it has to make good; gives how much. Of a
        /// cycle whose creditors were cut each gets the same share of what it earned, rounded down. Anyone may call. 2 touches, 4 after a cut.
        /// # Errors
        /// `NotMember`, `NothingToPay`, `Overflow`, `Payment`.
        #[ink(message)]
        pub fn payout(&mut self, member: AccountId) -> Outcome<Balance> {
            let Payout { amount, made_good } = self.ledger.pay_out(member)?;
            announce(&PayoutMade { member, amount, made_good });
            self.pay(member, amount)?;
            Ok(amount)
        }

        /// Says that the caller leaves. It accepts no more; its coupons are accepted until the tail ends. 2 touches.
        /// # Errors
        /// `NotMember`, `NotActive` of an applicant, who may just exit, `AlreadyLeaving`, `NotMadeGood`, `Overflow`.
        #[ink(message)]
        pub fn leave(&mut self) -> Outcome<()> {
            let (member, at) = (self.env().caller(), self.env().block_timestamp());
            self.ledger.leave(member, at)?;
            announce(&MemberLeaving { member, at });
            Ok(())
        }

        /// Ends the caller's membership, or its application, and pays out exactly its collateral and its share in the fund. Only with nothing owed either way,
        /// no open dispute, the tail over and no redemption left that can be rolled back. The caller has the record's deposit back. 2 touches.
        /// # Errors
        /// `NotMember`, `PositionOpen`, `CasesOpen`, `NotLeaving`, `StillLiable`, `Overflow`, `Payment`.
        #[ink(message)]
        pub fn exit(&mut self) -> Outcome<()> {
            let member = self.env().caller();
            let amount = self.ledger.exit(member, self.env().block_timestamp())?;
            announce(&MemberExited { member, amount });
            self.pay(member, amount)
        }

        /// The council: what members vote and agree on, and their disputes.
        #[ink(message)]
        pub fn council(&self) -> AccountId {
            self.ledger.council()
        }

        /// The rules.
        #[ink(message)]
        pub fn config(&self) -> Config {
            self.ledger.config().clone()
        }

        /// A member, its sheets brought up to the open cycle.
        #[ink(message)]
        pub fn member(&self, account: AccountId) -> Option<Member> {
            self.ledger.view(account)
        }

        /// The open cycle, the one closed last, and the fund.
        #[ink(message)]
        pub fn cycle(&self) -> Books {
            *self.ledger.books()
        }

        /// What an account owes in the open cycle and the one before; zero for who isn't a member.
        #[ink(message)]
        pub fn exposure(&self, account: AccountId) -> Balance {
            self.ledger.view(account).map_or(0, |member| member.exposure())
        }

        /// How much more an account may come to owe; zero for who isn't a member.
        #[ink(message)]
        pub fn headroom(&self, account: AccountId) -> Balance {
            self.ledger.view(account).map_or(0, |member| member.headroom(self.ledger.config()))
        }

        /// Who may bring an order, before the registry sees it.
        #[inline(never)]
        fn admit_order(&mut self, table: &mut Table, registry: AccountId, head: &Head) -> Outcome<()> {
            if self.ledger.acceptor(table, head.acceptor)? != registry {
                self.ensure_known(registry)?;
            }
            head.ensure_agreed(self.env().caller())
        }

        fn book(&mut self, table: &mut Table, head: &Head, redeemed: &Redeemed) -> Outcome<Booked> {
            let Redeemed { asset, final_at, ref parts } = *redeemed;
            let sale = Sale { acceptor: head.acceptor, number: head.number, asset, final_at, parts };
            self.ledger.book(table, &sale, self.env().block_timestamp())
        }

        #[inline(never)]
        fn announce_booked(&self, acceptor: AccountId, registry: AccountId, mut orders: Vec<Booked>) {
            orders.retain(|order| !order.debts.is_empty());
            if !orders.is_empty() {
                announce(&OrdersBooked { acceptor, registry, orders });
            }
        }

        #[inline(never)]
        fn ensure_known(&self, registry: AccountId) -> Outcome<()> {
            let code =
                self.env().code_hash(&registry).map_err(|_| AllianceError::UnknownRegistry { registry })?;
            self.ledger.ensure_known(registry, &code.into())
        }

        #[inline(never)]
        fn collect(&self, amount: Balance) -> Outcome<()> {
            let (payer, paid) = (self.env().caller(), self.env().transferred_value());
            let asset = self.ledger.config().asset;
            Ok(asset.collect(payer, amount, paid).map_err(AllianceError::Payment)?)
        }

        #[inline(never)]
        fn pay(&self, receiver: AccountId, amount: Balance) -> Outcome<()> {
            let asset = self.ledger.config().asset;
            Ok(asset.pay(receiver, amount).map_err(AllianceError::Payment)?)
        }
    }

    impl AllianceDoor for Alliance {
        #[ink(message)]
        fn look(&self, accounts: Vec<AccountId>, pair: Option<(AccountId, AccountId)>) -> Look {
            self.ledger.look(accounts, pair)
        }

        #[ink(message, payable)]
        fn apply(&mut self, steps: Vec<Step>) -> Outcome<()> {
            self.ledger.ensure_council(self.env().caller())?;
            for step in steps {
                self.ledger.take_step(step)?;
            }
            Ok(())
        }
    }
}
