//! An alliance: merchants who accept each other's coupons, and settle what they owe in cycles.
//!
//! This file is the shell: it reads the context, calls the ledger, emits events, calls registries and moves money. It decides nothing.
#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod bookings;
mod calls;
pub mod config;
pub mod cycles;
pub mod error;
pub mod events;
pub mod ledger;
pub mod members;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use crate::alliance::{Alliance, AllianceRef};

#[ink::contract]
mod alliance {
    use crate::{
        bookings::Debt, calls, config::Config, cycles::Books, error::AllianceError, events::*,
        ledger::Ledger, members::Member,
    };
    use shared::{
        order::{Order, Redemption},
        permit::Permits,
    };

    /// Its rules never change, and nobody can touch what is a member's: the operator admits, and that is all.
    ///
    /// A message may change storage after it has called a registry or a token: whoever calls back into the alliance meanwhile traps, and every
    /// error reverts the whole call, the registry's part included.
    #[ink(storage)]
    pub struct Alliance {
        ledger: Ledger,
    }

    impl Alliance {
        /// Opens the first cycle.
        /// # Errors
        /// `InvalidConfig`.
        #[ink(constructor)]
        pub fn new(config: Config) -> Result<Self, AllianceError> {
            let opened_at = Self::env().block_timestamp();
            let ledger = Ledger::new(config, opened_at)?;
            Self::env().emit_event(AllianceCreated { config: ledger.config().clone(), opened_at });
            Ok(Self { ledger })
        }

        /// Applies for membership; `registry` is the one that knows the caller's cashiers, `profile` the blake2b-256 of its profile. The joining
        /// fee is paid with the call, native value or PSP22 by allowance, and stays in the fund whether or not the operator admits the caller,
        /// who also pays the record's deposit and has it back on exit. 2 touches.
        /// # Errors
        /// `UnknownRegistry`, `AlreadyMember`, `Overflow`, `Payment`.
        #[ink(message, payable)]
        pub fn apply(&mut self, registry: AccountId, profile: shared::Hash) -> Result<(), AllianceError> {
            let (member, at) = (self.env().caller(), self.env().block_timestamp());
            self.ensure_known(registry)?;
            self.ledger.apply(member, registry, profile, at)?;
            self.collect(self.ledger.config().joining_fee)?;
            self.env().emit_event(MemberApplied { member, registry, profile, at });
            Ok(())
        }

        /// Admits an applicant, who may then owe at most `cap`. By the operator. 2 touches.
        /// # Errors
        /// `NotOperator`, `NotMember`, `AlreadyAdmitted`, `Overflow`.
        #[ink(message)]
        pub fn admit(&mut self, member: AccountId, cap: Balance) -> Result<(), AllianceError> {
            let (caller, at) = (self.env().caller(), self.env().block_timestamp());
            self.ledger.admit(caller, member, cap, at)?;
            self.env().emit_event(MemberAdmitted { member, cap, at });
            Ok(())
        }

        /// Adds `amount` to the caller's collateral, paid as in `apply`. Applicants may. 2 touches.
        /// # Errors
        /// `NotMember`, `ZeroAmount`, `Overflow`, `Payment`.
        #[ink(message, payable)]
        pub fn deposit_collateral(&mut self, amount: Balance) -> Result<(), AllianceError> {
            let member = self.env().caller();
            self.ledger.deposit(member, amount)?;
            self.collect(amount)?;
            self.env().emit_event(CollateralDeposited { member, amount });
            Ok(())
        }

        /// Takes back collateral that covers no debt, of the open cycle or the one before. 2 touches.
        /// # Errors
        /// `NotMember`, `ZeroAmount`, `CollateralShort`, `OverLimit`, `Overflow`, `Payment`.
        #[ink(message)]
        pub fn withdraw_collateral(&mut self, amount: Balance) -> Result<(), AllianceError> {
            let member = self.env().caller();
            self.ledger.withdraw(member, amount)?;
            self.env().emit_event(CollateralWithdrawn { member, amount });
            self.pay(member, amount)
        }

        /// Spends coupons on an order and books what their issuers owe, all or nothing. By the acceptor, or by anyone with its permit or a cashier's, which the
        /// registry checks and counts; settled off chain. A coupon funded by the alliance makes its issuer owe the default rate of the discount, rounded down,
        /// of which the fee, rounded up, goes to the alliance and the rest to the acceptor. Coupons funded by escrow, by the
        /// merchant or by the acceptor itself are spent and nothing is booked.
        ///
        /// Besides the registry's own: 5 touches for one coupon (acceptor and issuer read and written, the booking written), 1 if nothing
        /// is booked. The caller pays the booking's deposit, and whoever rolls
        /// back has it back.
        /// # Errors
        /// `UnknownRegistry`, `NotMember`, `NotActive`, `NotAcceptor`, `RegistryFailed`, `Registry`, `WrongAsset`, `OverLimit`, `Overflow`.
        #[ink(message)]
        pub fn redeem(
            &mut self,
            registry: AccountId,
            order: Order,
            permits: Permits,
        ) -> Result<Redemption, AllianceError> {
            self.ensure_known(registry)?;
            let acceptor = self.ledger.member(order.acceptor)?;
            acceptor.ensure_active(order.acceptor)?;
            let caller = self.env().caller();
            if caller != order.acceptor && permits.acceptor.is_none() {
                return Err(AllianceError::NotAcceptor { acceptor: order.acceptor, caller });
            }
            let redemption = calls::redeem(registry, &order, &permits)?;
            for debt in self.ledger.book(registry, &redemption, acceptor)? {
                let Debt { issuer, rate_bps, amount, fee } = debt;
                self.env().emit_event(DebtBooked {
                    issuer,
                    registry,
                    acceptor: redemption.acceptor,
                    number: redemption.number,
                    rate_bps,
                    amount,
                    fee,
                });
            }
            Ok(redemption)
        }

        /// Undoes a redemption whole, within its window, by its acceptor: the coupons live again, and what was booked is reversed
        /// in the open cycle, fee included, as far as the fund reaches where the debt's cycle is closed. The caller pays back what came from
        /// escrow, in the redemption's asset: native value sent along, or PSP22 by allowance to the alliance. What the acceptor comes to
        /// owe must be covered by its own cap and collateral.
        ///
        /// Until there is a rule that keeps members for their rollback windows, a redemption whose acceptor or issuer has exited can't be
        /// undone. Besides the registry's own: 5 touches for one coupon, 2 if nothing was booked.
        /// # Errors
        /// `UnknownRegistry`, `NotMember`, `NotAcceptor`, `Overflow`, `Payment`, `RegistryFailed`, `Registry`, `OverLimit`.
        #[ink(message, payable)]
        pub fn roll_back(
            &mut self,
            registry: AccountId,
            redemption: Redemption,
        ) -> Result<(), AllianceError> {
            self.ensure_known(registry)?;
            let acceptor = self.ledger.member(redemption.acceptor)?;
            let (caller, paid) = (self.env().caller(), self.env().transferred_value());
            if caller != redemption.acceptor {
                return Err(AllianceError::NotAcceptor { acceptor: redemption.acceptor, caller });
            }
            let escrow = redemption.paid_from_escrow();
            redemption.asset.collect(caller, escrow, paid).map_err(AllianceError::Payment)?;
            calls::roll_back(registry, &redemption, escrow)?;
            for debt in self.ledger.unbook(registry, &redemption, acceptor)? {
                self.env().emit_event(DebtReversed {
                    issuer: debt.issuer,
                    registry,
                    acceptor: redemption.acceptor,
                    number: redemption.number,
                    amount: debt.amount,
                    fee: debt.fee,
                });
            }
            Ok(())
        }

        /// Closes the open cycle once its time is up and the one before is settled, and opens the next. Anyone may, for the bounty, or for what the
        /// fund has of it; gives the bounty. No touch.
        /// # Errors
        /// `CycleRunning`, `CycleUnsettled`, `Overflow`, `Payment`.
        #[ink(message)]
        pub fn close_cycle(&mut self) -> Result<Balance, AllianceError> {
            let (closer, at) = (self.env().caller(), self.env().block_timestamp());
            let (closed, bounty) = self.ledger.close_cycle(at)?;
            self.env().emit_event(CycleClosed {
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
        pub fn pay_in(&mut self, member: AccountId, amount: Balance) -> Result<(), AllianceError> {
            let payer = self.env().caller();
            self.ledger.pay_in(member, amount)?;
            self.collect(amount)?;
            self.env().emit_event(PayInReceived { member, payer, amount });
            Ok(())
        }

        /// After the cut-off, pays what `member` still owes of the cycle closed last from its collateral; gives how much. Anyone may. 2 touches.
        /// # Errors
        /// `NotMember`, `BeforeCutOff`, `NothingDue`, `Overflow`.
        #[ink(message)]
        pub fn cover(&mut self, member: AccountId) -> Result<Balance, AllianceError> {
            let amount = self.ledger.cover(member, self.env().block_timestamp())?;
            self.env().emit_event(PayInCovered { member, amount });
            Ok(amount)
        }

        /// Pays `member` what it has earned in settled cycles; gives how much. Anyone may. 2 touches.
        /// # Errors
        /// `NotMember`, `NothingToPay`, `Overflow`, `Payment`.
        #[ink(message)]
        pub fn payout(&mut self, member: AccountId) -> Result<Balance, AllianceError> {
            let amount = self.ledger.pay_out(member)?;
            self.env().emit_event(PayoutMade { member, amount });
            self.pay(member, amount)?;
            Ok(amount)
        }

        /// Ends the caller's membership, or its application, and pays out exactly its collateral. Only with nothing owed either way. Coupons of the
        /// caller's that the alliance still backs are refused from then on; a rule that keeps issuers until those have ended is not in
        /// force yet. The caller has the record's deposit back. 2 touches.
        /// # Errors
        /// `NotMember`, `PositionOpen`, `Overflow`, `Payment`.
        #[ink(message)]
        pub fn exit(&mut self) -> Result<(), AllianceError> {
            let member = self.env().caller();
            let collateral = self.ledger.exit(member)?;
            self.env().emit_event(MemberExited { member, collateral });
            self.pay(member, collateral)
        }

        /// The rules.
        #[ink(message)]
        pub fn config(&self) -> Config {
            self.ledger.config().clone()
        }

        /// A member, its positions brought up to the open cycle.
        #[ink(message)]
        pub fn member(&self, account: AccountId) -> Option<Member> {
            self.ledger.member(account).ok()
        }

        /// The open cycle, the one closed last, and the fund.
        #[ink(message)]
        pub fn cycle(&self) -> Books {
            *self.ledger.books()
        }

        /// What an account owes in the open cycle and the one before; zero for who isn't a member.
        #[ink(message)]
        pub fn exposure(&self, account: AccountId) -> Balance {
            self.member(account).map_or(0, |member| member.exposure())
        }

        /// How much more an account may come to owe; zero for who isn't a member.
        #[ink(message)]
        pub fn headroom(&self, account: AccountId) -> Balance {
            self.member(account).map_or(0, |member| member.headroom(self.ledger.config()))
        }

        fn ensure_known(&self, registry: AccountId) -> Result<(), AllianceError> {
            let code =
                self.env().code_hash(&registry).map_err(|_| AllianceError::UnknownRegistry { registry })?;
            self.ledger.ensure_known(registry, &code.into())
        }

        fn collect(&self, amount: Balance) -> Result<(), AllianceError> {
            let (payer, paid) = (self.env().caller(), self.env().transferred_value());
            let asset = self.ledger.config().asset;
            asset.collect(payer, amount, paid).map_err(AllianceError::Payment)
        }

        fn pay(&self, receiver: AccountId, amount: Balance) -> Result<(), AllianceError> {
            let asset = self.ledger.config().asset;
            asset.pay(receiver, amount).map_err(AllianceError::Payment)
        }
    }
}
