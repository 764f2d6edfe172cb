//! An alliance: merchants who accept each other's coupons, and settle what they owe in cycles. Here is what a till waits for: redeeming and clearing in one call. What is
//! called rarely, joining, voting, settling, is its council's, over the same books.
//!
//! This file is the shell: it reads the context, calls the ledger, emits events, calls registries and moves money. It decides nothing.
#![cfg_attr(not(feature = "std"), no_std, no_main)]
#![allow(
    clippy::useless_conversion,
    clippy::needless_question_mark,
    reason = "on chain, what an outcome refuses with is a type of its own"
)]

mod calls;
pub mod events;
pub mod orders;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use crate::alliance::{Alliance, AllianceRef};
pub use shared::alliance::{bookings, config, cycles, error, ledger, members, redemptions, sheets};

#[ink::contract]
mod alliance {
    use crate::{
        bookings::Booked,
        calls,
        config::{Config, ConfigFault},
        cycles::Books,
        error::{AllianceError, Outcome},
        events::*,
        ledger::{Ledger, Root, Table},
        orders::{together, Head, MAX_ORDERS},
        redemptions::Redeemed,
    };
    use ink::prelude::{vec, vec::Vec};
    use scale::Encode;
    #[cfg(not(target_arch = "wasm32"))]
    use shared::passed::passed;
    use shared::{
        alliance::{
            council::CouncilTerms,
            door::{AllianceDoor, Step, Steps},
        },
        announce::{announce_anonymous, announce_bare, announce_of},
        assets::Asset,
        branch::{open, pinned},
        order::{self, Kept, Order, Redemption},
        passed::{bytes_of, Passed},
        permit::Permits,
        reader::Reader,
        registry::RegistryError,
        shelf::{item, set_item, Storage},
    };

    /// What the builder made of `contracts/council` just before this crate.
    const COUNCIL: shared::Hash = pinned(option_env!("COUPONRY_COUNCIL_CODE"));

    /// The most debts that one event tells: their 66 bytes each, and 17 for each order, stay under the 16 kB that an event holds.
    const MAX_DEBTS: usize = 200;

    /// Its rules never change, and nobody can touch what is a member's.
    ///
    /// A message may change storage after it has called a registry or a token: whoever calls back into the alliance meanwhile traps, and every
    /// error reverts the whole call, the registry's part included.
    #[ink(storage)]
    pub struct Alliance {
        root: Root,
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
            let council = open(COUNCIL, council.encode()).ok_or(AllianceError::CouncilFailed)?;
            announce_bare(&AllianceCreated { config: config.clone(), council, opened_at });
            Ok(Self { root: Root { config, books: Books::opened(opened_at), council } })
        }

        /// Spends coupons on an order and books what their issuers owe, all or nothing. By the acceptor, or by anyone with its permit or a cashier's,
        /// which the registry checks and counts. A coupon funded by the alliance makes its issuer owe its rate of the discount, rounded down: what the two agreed on, or the
        /// default; of that the fee, rounded up, goes to the alliance and the rest to the acceptor. Coupons funded by escrow, by the merchant or by the acceptor itself
        /// are spent and nothing is booked.
        ///
        /// Settled on chain, the caller pays the net price through the alliance: native value sent along, with what is over going back to the caller, or PSP22,
        /// where the caller allows the alliance the basket's price and has back what is over.
        ///
        /// Besides the registry's own: 6 touches for one coupon (the root, acceptor and issuer, read and written), 3 if nothing is booked; 1 more where
        /// `registry` isn't the acceptor's own, 2 more where the two have agreed on a rate. Nothing is kept of the booking, so no deposit is due for it.
        /// # Errors
        /// `NotAnOrder`, `NotMember`, `NotActive`, `UnknownRegistry`, `NotAcceptor`, `Payment`, `RegistryFailed`, `Registry`; for each coupon that escrow
        /// doesn't fund `NotMember`, `NotActive` of its issuer, `WrongAsset`, `OverDailyCap`, `OverLimit`; `TailTooShort`, `Overflow`.
        #[ink(message, payable)]
        #[inline(never)]
        pub fn redeem(
            &mut self,
            registry: AccountId,
            order: Passed<(Order, Permits)>,
        ) -> Outcome<Passed<Redemption>> {
            let signed = bytes_of(order);
            let head = Head::of(&signed, 0)?;
            let mut table = Table::default();
            self.admit_order(&mut table, registry, &head)?;
            let asset = self.root.config.asset;
            let (caller, paid) = (self.env().caller(), self.env().transferred_value());
            let by_allowance = head.on_chain && asset != Asset::Native;
            if by_allowance {
                asset.collect(caller, head.basket, paid).map_err(AllianceError::Payment)?;
                calls::approve(asset, registry, head.basket)?;
            }
            let answer = calls::redeem(registry, signed, paid)?;
            let mut reader = Reader::new(&answer);
            let redeemed = Redeemed::read(&mut reader);
            if !reader.is_done() {
                return Err(AllianceError::RegistryFailed { registry }.into());
            }
            // Settled off chain, the registry takes no value: so where any was sent this was on chain, and `net` at most what was sent.
            let change = if by_allowance { head.basket } else { paid }.saturating_sub(redeemed.net);
            if by_allowance {
                calls::approve(asset, registry, 0)?;
                self.pay(caller, change)?;
            } else if paid > 0 {
                self.pay(caller, change)?;
            }
            let mut ledger = Ledger { root: &mut self.root, pages: &mut Storage };
            let booked = ledger.book(&mut table, &redeemed.sale())?;
            ledger.clear(table);
            self.announce_booked(head.acceptor, registry, vec![booked]);
            self.finish(registry, answer)
        }

        /// A till's backlog: up to 50 orders with their permits, each as the SCALE bytes of `(Order, Permits)`, settled off chain. The registry takes or
        /// refuses each by itself, and each has its own result, as the registry gave it. What is redeemed is booked as in `redeem`; a booking that the alliance refuses
        /// undoes the whole call, for the coupons are spent by then, and names its issuer. Orders that follow each other and share an acceptor are
        /// announced together.
        ///
        /// Besides the registry's own: the root, and 2 touches for each member that is booked, however many orders name it.
        /// # Errors
        /// `BatchSize`; for each order `NotAnOrder`, `NotMember`, `NotActive`, `UnknownRegistry`, `NotAcceptor`; `RegistryFailed`, `Registry`; for each that was
        /// redeemed as `redeem`.
        #[ink(message)]
        #[inline(never)]
        pub fn redeem_batch(
            &mut self,
            registry: AccountId,
            orders: Vec<Vec<u8>>,
        ) -> Outcome<Passed<Vec<Result<order::Redeemed, RegistryError>>>> {
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
            let mut reader = Reader::new(&answers);
            let mut whole = u32::from(reader.count()) == items;
            let now = self.env().block_timestamp();
            let (mut run, mut debts, mut of) = (Vec::new(), 0_usize, AccountId::from([0; 32]));
            for head in heads {
                let answer = Redeemed::read_answer(&mut reader, head.acceptor, head.number, now);
                whole &= reader.is_whole();
                let Some(redeemed) = answer.filter(|_| whole) else {
                    continue;
                };
                let mut ledger = Ledger { root: &mut self.root, pages: &mut Storage };
                let booked = ledger.book(&mut table, &redeemed.sale())?;
                let more = debts.saturating_add(booked.debts.len());
                if head.acceptor != of || more > MAX_DEBTS {
                    self.announce_booked(of, registry, core::mem::take(&mut run));
                    debts = 0;
                }
                debts = debts.saturating_add(booked.debts.len());
                of = head.acceptor;
                run.push(booked);
            }
            if !whole || !reader.is_done() {
                return Err(AllianceError::RegistryFailed { registry }.into());
            }
            Ledger { root: &mut self.root, pages: &mut Storage }.clear(table);
            self.announce_booked(of, registry, run);
            self.finish(registry, answers)
        }

        /// Undoes a redemption within its window, by its acceptor: whole, or down to what was kept; gives what remains. Coupons are as before, and what was
        /// booked for what is undone is reversed in the open cycle, whichever it was booked in, fee included, as far as the open cycle's fees and the
        /// fund reach. The caller pays back what came from escrow and what was paid on chain, exactly `refund` in the redemption's asset: native value
        /// sent along, or PSP22 by allowance to the alliance. What the acceptor comes to owe must be covered by its own cap and collateral.
        ///
        /// Besides the registry's own: 7 touches for one coupon, 3 if nothing was booked.
        /// # Errors
        /// `NotAnOrder` for what is no redemption, `UnknownRegistry`, `NotAcceptor`, `Payment`, `RegistryFailed`, `Registry`, `WrongRefund`, `OverLimit`, `Overflow`.
        #[ink(message, payable)]
        #[inline(never)]
        pub fn roll_back(
            &mut self,
            registry: AccountId,
            refund: Balance,
            undone: Passed<(Redemption, Option<Kept>)>,
        ) -> Outcome<Passed<Option<Redemption>>> {
            let undone = bytes_of(undone);
            let mut reader = Reader::new(&undone);
            let redeemed = Redeemed::read(&mut reader);
            if !reader.is_whole() {
                return Err(AllianceError::NotAnOrder { index: 0 }.into());
            }
            self.ensure_known(registry)?;
            let (caller, paid) = (self.env().caller(), self.env().transferred_value());
            let Redeemed { acceptor, asset, number, redeemed_at, .. } = redeemed;
            if caller != acceptor {
                return Err(AllianceError::NotAcceptor { acceptor, caller }.into());
            }
            asset.collect(caller, refund, paid).map_err(AllianceError::Payment)?;
            let answer = calls::roll_back(registry, asset, refund, undone)?;
            let mut reader = Reader::new(&answer);
            let remains = reader.is_some().then(|| Redeemed::read(&mut reader));
            if !reader.is_done() {
                return Err(AllianceError::RegistryFailed { registry }.into());
            }
            let expected = redeemed.refund(remains.as_ref());
            if refund != expected {
                return Err(AllianceError::WrongRefund { expected, offered: refund }.into());
            }
            let kept = remains.as_ref().map_or(&[][..], |remains| &remains.lines);
            let mut ledger = Ledger { root: &mut self.root, pages: &mut Storage };
            let debts = ledger.unbook(&redeemed.sale(), kept)?;
            if !debts.is_empty() {
                announce_of(acceptor, &DebtsReversed { acceptor, registry, number, redeemed_at, debts });
            }
            self.finish(registry, answer)
        }

        /// The council: all that members do but redeem.
        #[ink(message)]
        pub fn council(&self) -> AccountId {
            self.root.council
        }

        /// Ends the call with what the registry answered. Here, and not after the message as ink would: each message would have code of its own for it, and every
        /// call would have all of that compiled.
        #[cfg(target_arch = "wasm32")]
        #[inline(never)]
        fn finish<T>(&self, _: AccountId, answer: Vec<u8>) -> Outcome<T> {
            set_item(shared::ledger::key(crate::ledger::items::ROOT, &()), Some(self.root.bytes()));
            let mut reply = Vec::with_capacity(1_024);
            reply.extend_from_slice(&[0, 0]);
            reply.extend_from_slice(&answer);
            shared::announce::answer_bytes(reply)
        }

        /// See above.
        /// # Errors
        /// `RegistryFailed` where it isn't what it should be.
        #[cfg(not(target_arch = "wasm32"))]
        fn finish<T: scale::Decode>(&self, registry: AccountId, answer: Vec<u8>) -> Outcome<T> {
            passed(answer).map_err(|_| AllianceError::RegistryFailed { registry })
        }

        /// Who may bring an order, before the registry sees it.
        #[inline(never)]
        fn admit_order(&mut self, table: &mut Table, registry: AccountId, head: &Head) -> Outcome<()> {
            let ledger = Ledger { root: &mut self.root, pages: &mut Storage };
            if ledger.acceptor(table, head.acceptor)? != registry {
                self.ensure_known(registry)?;
            }
            head.ensure_agreed(self.env().caller())
        }

        #[inline(never)]
        fn announce_booked(&self, acceptor: AccountId, registry: AccountId, mut orders: Vec<Booked>) {
            orders.retain(|order| !order.debts.is_empty());
            if !orders.is_empty() {
                announce_anonymous(&OrdersBooked { acceptor, registry, orders });
            }
        }

        #[inline(never)]
        fn ensure_known(&self, registry: AccountId) -> Outcome<()> {
            let code = self.env().code_hash(&registry).ok();
            self.root.ensure_known(registry, code.map(Into::into))
        }

        #[inline(never)]
        fn pay(&self, receiver: AccountId, amount: Balance) -> Outcome<()> {
            Ok(self.root.config.asset.pay(receiver, amount).map_err(AllianceError::Payment)?)
        }
    }

    /// Ends the call with items, for the same reason.
    #[cfg(target_arch = "wasm32")]
    fn answer(found: Vec<Option<Vec<u8>>>) -> Vec<Option<Vec<u8>>> {
        let mut answer = vec![0];
        found.encode_to(&mut answer);
        shared::announce::answer_bytes(answer)
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn answer(found: Vec<Option<Vec<u8>>>) -> Vec<Option<Vec<u8>>> {
        found
    }

    impl AllianceDoor for Alliance {
        #[ink(message)]
        #[inline(never)]
        fn items(&self, keys: Vec<Vec<u8>>) -> Vec<Option<Vec<u8>>> {
            answer(keys.into_iter().map(item).collect())
        }

        #[ink(message, payable)]
        #[inline(never)]
        fn apply(&mut self, steps: Steps) -> Outcome<()> {
            self.root.ensure_council(self.env().caller())?;
            for step in steps.0 {
                match step {
                    Step::Write { key, value } => set_item(key, value),
                    Step::Pay { to, amount } => self.pay(to, amount)?,
                }
            }
            // The root too is the council's to write.
            #[cfg(target_arch = "wasm32")]
            shared::announce::answer_bytes(vec![0, 0]);
            #[cfg(not(target_arch = "wasm32"))]
            Ok(())
        }
    }
}
