//! Custody: what a consumer pays a merchant is held for some days, in which the consumer may dispute it before a resolver that the merchant has named.
//!
//! This file is the shell: it reads the context, calls the registry, emits events and moves money. The rules are in `terms` and `payments`, the storage in `book`.
#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod book;
mod calls;
pub mod error;
pub mod events;
pub mod payments;
pub mod terms;

#[cfg(test)]
mod testing;

pub use self::custody::{Custody, CustodyRef};

#[ink::contract]
mod custody {
    use crate::{
        book::{Book, Root},
        calls::{self, Taken},
        error::CustodyError,
        events::*,
        payments::{Held, Sale, Split},
        terms::{HoldingTerms, Merchant},
    };
    use ink::prelude::vec::Vec;
    use shared::{
        announce::{announce_bare, announce_of, answer_unchanged},
        assets::{Asset, PaymentFault},
        order::Order,
        permit::{CouponPermit, Domain, Permit},
    };

    /// Holds payments for any merchant that has made it a cashier at its registry's office. Nobody owns it: no one can change a payment's terms, pause it,
    /// or take money that isn't theirs.
    ///
    /// What is written is written before money moves, pull balances apart, and whoever calls back meanwhile traps. The root never changes, so that every
    /// message touches it once.
    #[ink(storage)]
    pub struct Custody {
        book: Book,
    }

    impl Custody {
        /// Knows registries by these code hashes, 1 to 4; `chain_tag` is the chain's genesis hash, which permits are bound to.
        /// # Errors
        /// `RegistryCount`.
        #[ink(constructor)]
        pub fn new(chain_tag: shared::Hash, registries: Vec<shared::Hash>) -> Result<Self, CustodyError> {
            let root = Root { chain_tag, registries };
            let book = Book::new(root.clone())?;
            announce_bare(&CustodyCreated { chain_tag: root.chain_tag, registries: root.registries });
            Ok(Self { book })
        }

        /// Sets the terms of the caller's payments from now on, and gives their number: what its permits name as their epoch. Payments that are held keep theirs,
        /// and permits under earlier terms are void, so that nobody pays under terms that it hasn't seen.
        ///
        /// Touches: 3 (root, merchant twice). The caller pays the deposit of its terms, once and for good.
        /// # Errors
        /// `BadResolver`, `TimeToDispute`, `TimeToRule`, `ShareOverWhole`, `UnknownRegistry`.
        #[ink(message)]
        pub fn set_terms(&mut self, terms: HoldingTerms) -> Result<u32, CustodyError> {
            let merchant = self.env().caller();
            terms.check(merchant)?;
            let code = self.env().code_hash(&terms.registry).ok().map(Into::into);
            self.book.ensure_known(terms.registry, code)?;
            let epoch = self.book.set_terms(merchant, terms);
            announce_of(merchant, &TermsSet { merchant, epoch, terms });
            answer_unchanged(Ok(epoch))
        }

        /// Spends coupons on an order and holds its net price, which the caller pays: native value, of which what is over goes back, or PSP22 by allowance to this
        /// contract; gives the net price. All of it happens, or none.
        ///
        /// `permit` is the acceptor's own, with the number of its terms as epoch, over the bytes of an order's permit for this contract instead of the
        /// registry: so nobody can take it there and not pay. `coupons` come with their holders' permits for the registry, the caller's too. The order is off-chain
        /// settled for the registry, of which this contract is the acceptor's cashier; what escrow pays goes to the acceptor at once.
        ///
        /// Touches: 4 (root, merchant, payment twice) and those of the registry's `redeem`. The caller pays the payment's deposit. It goes to whoever's call
        /// removes the record: the resolver that rules, whoever settles, the caller itself among them, or the acceptor that gives all back.
        /// # Errors
        /// `OnChainOrder`, `NoTerms`, `OwnOrder`, `ResolverPays`, `PermitExpired`, `PermitCancelled`, `PermitInvalid`, `AlreadyHeld`, `Registry`, `RegistryFailed`,
        /// `NothingToHold`, `Payment`.
        #[ink(message, payable)]
        pub fn pay(
            &mut self,
            order: Order,
            coupons: Vec<CouponPermit>,
            permit: Permit,
        ) -> Result<Balance, CustodyError> {
            let (payer, now, paid) =
                (self.env().caller(), self.env().block_timestamp(), self.env().transferred_value());
            let domain = Domain { chain_tag: self.book.root().chain_tag, contract: self.env().account_id() };
            let sale = Sale { order: &order, coupons: &coupons, payer, now };
            sale.ensure_off_chain()?;
            let Merchant { terms, epoch } = self.book.merchant(order.acceptor)?;
            sale.ensure_agreed(&terms, epoch, &permit, &domain)?;
            self.book.ensure_free(order.acceptor, order.number)?;
            let Taken { asset, net } = calls::redeem(terms.registry, &order, &coupons)?;
            let held = sale.held(&terms, asset, net)?;
            self.book.write(order.acceptor, order.number, &held);
            announce_of(
                order.acceptor,
                &PaymentHeld {
                    acceptor: order.acceptor,
                    number: order.number,
                    payer,
                    asset,
                    amount: net,
                    disputable_until: held.disputable_until,
                },
            );
            collect(asset, payer, net, paid).map_err(CustodyError::Payment)?;
            answer_unchanged(Ok(net))
        }

        /// Disputes a payment of the caller's, with a reason code of the resolver's list and the hash of what supports it; gives until when the resolver may rule.
        ///
        /// Touches: 3 (root, payment twice). The caller pays the deposit of 42 bytes more.
        /// # Errors
        /// `NoSuchPayment`, `NotPayer`, `AlreadyDisputed`, `TimeToDisputeOver`.
        #[ink(message)]
        pub fn dispute(
            &mut self,
            acceptor: AccountId,
            number: u64,
            reason: u8,
            evidence: shared::Hash,
        ) -> Result<Timestamp, CustodyError> {
            let (payer, now) = (self.env().caller(), self.env().block_timestamp());
            let mut held = self.book.payment(acceptor, number)?;
            let ruled_until = held.dispute(payer, number, reason, evidence, now)?;
            self.book.write(acceptor, number, &held);
            announce_of(acceptor, &PaymentDisputed { acceptor, number, reason, evidence, ruled_until });
            answer_unchanged(Ok(ruled_until))
        }

        /// Answers the dispute of a payment to the caller, once, with the hash of what supports it, as long as the resolver may rule.
        ///
        /// Touches: 3 (root, payment twice). The caller pays the deposit of 32 bytes more.
        /// # Errors
        /// `NoSuchPayment`, `NotDisputed`, `AlreadyReplied`, `TimeToRuleOver`.
        #[ink(message)]
        pub fn reply(&mut self, number: u64, evidence: shared::Hash) -> Result<(), CustodyError> {
            let (acceptor, now) = (self.env().caller(), self.env().block_timestamp());
            let mut held = self.book.payment(acceptor, number)?;
            held.reply(number, evidence, now)?;
            self.book.write(acceptor, number, &held);
            announce_of(acceptor, &DisputeReplied { acceptor, number, evidence });
            answer_unchanged(Ok(()))
        }

        /// Rules a disputed payment: `payer_bps` of what is held, rounded down, goes to the payer, and the rest to the acceptor, at once; gives both. By the resolver.
        ///
        /// Touches: 3 (root, payment twice), and 2 for each pay-out that fails. The caller gets the payment's deposit, and pays that of each pull balance that
        /// comes into being.
        /// # Errors
        /// `NoSuchPayment`, `NotResolver`, `NotDisputed`, `TimeToRuleOver`, `ShareOverWhole`.
        #[ink(message)]
        pub fn rule(
            &mut self,
            acceptor: AccountId,
            number: u64,
            payer_bps: u16,
        ) -> Result<Split, CustodyError> {
            let (resolver, now) = (self.env().caller(), self.env().block_timestamp());
            let held = self.book.payment(acceptor, number)?;
            let split = held.rule(resolver, number, payer_bps, now)?;
            self.book.remove(acceptor, number);
            announce_of(acceptor, &DisputeRuled { acceptor, number, payer_bps, split });
            self.pay_out(&held, acceptor, split);
            answer_unchanged(Ok(split))
        }

        /// Ends a payment whose time is up; gives what goes to the payer and to the acceptor. Undisputed, all goes to the acceptor; disputed and not ruled, the payer has
        /// the share of the payment's terms, rounded down. Anyone may.
        ///
        /// Touches: as `rule`. The caller gets the payment's deposit, and pays that of each pull balance that comes into being.
        /// # Errors
        /// `NoSuchPayment`, `StillDisputable`, `StillToBeRuled`.
        #[ink(message)]
        pub fn settle(&mut self, acceptor: AccountId, number: u64) -> Result<Split, CustodyError> {
            let now = self.env().block_timestamp();
            let held = self.book.payment(acceptor, number)?;
            let split = held.settle(now)?;
            self.book.remove(acceptor, number);
            announce_of(acceptor, &PaymentSettled { acceptor, number, split });
            self.pay_out(&held, acceptor, split);
            answer_unchanged(Ok(split))
        }

        /// Gives the payer `amount` of a payment to the caller that is still held, disputed or not, as when goods come back; gives what stays. Coupons come back by a rollback
        /// at the registry's desk, which is another matter.
        ///
        /// Touches: as `rule`. With nothing left the caller gets the payment's deposit.
        /// # Errors
        /// `NoSuchPayment`, `ZeroAmount`, `OverHeld`.
        #[ink(message)]
        pub fn give_back(&mut self, number: u64, amount: Balance) -> Result<Balance, CustodyError> {
            let acceptor = self.env().caller();
            let mut held = self.book.payment(acceptor, number)?;
            held.give_back(amount)?;
            if held.amount == 0 {
                self.book.remove(acceptor, number);
            } else {
                self.book.write(acceptor, number, &held);
            }
            announce_of(acceptor, &PaymentGivenBack { acceptor, number, amount });
            self.pay_or_credit(held.asset, held.payer, amount);
            answer_unchanged(Ok(held.amount))
        }

        /// Collects the caller's pull balance in `asset`; gives how much. Touches: 3 (root, pull balance twice). The caller gets the pull balance's deposit.
        /// # Errors
        /// `NoCredit`, `Payment`.
        #[ink(message)]
        pub fn withdraw(&mut self, asset: Asset) -> Result<Balance, CustodyError> {
            let account = self.env().caller();
            let amount = self.book.take_credit(account, asset)?;
            announce_of(account, &CreditWithdrawn { account, asset, amount });
            asset.pay(account, amount).map_err(CustodyError::Payment)?;
            answer_unchanged(Ok(amount))
        }

        /// A merchant's terms, and their number.
        #[ink(message)]
        pub fn terms(&self, merchant: AccountId) -> Option<Merchant> {
            self.book.merchant(merchant).ok()
        }

        /// A payment, as long as it is held.
        #[ink(message)]
        pub fn payment(&self, acceptor: AccountId, number: u64) -> Option<Held> {
            self.book.payment(acceptor, number).ok()
        }

        /// What `withdraw` would pay an account.
        #[ink(message)]
        pub fn credit(&self, account: AccountId, asset: Asset) -> Balance {
            self.book.credit(account, asset)
        }

        /// The chain tag, and the registry codes.
        #[ink(message)]
        pub fn config(&self) -> Root {
            self.book.root().clone()
        }

        fn pay_out(&mut self, held: &Held, acceptor: AccountId, split: Split) {
            self.pay_or_credit(held.asset, held.payer, split.to_payer);
            self.pay_or_credit(held.asset, acceptor, split.to_acceptor);
        }

        /// Pays, or else books a pull balance: no receiver holds up another's money.
        #[inline(never)]
        fn pay_or_credit(&mut self, asset: Asset, account: AccountId, amount: Balance) {
            if asset.pay(account, amount).is_err() {
                self.book.add_credit(account, asset, amount);
                announce_of(account, &CreditAdded { account, asset, amount });
            }
        }
    }

    /// Takes `amount` from the caller; native value over it goes back.
    #[inline(never)]
    fn collect(asset: Asset, payer: AccountId, amount: Balance, paid: Balance) -> Result<(), PaymentFault> {
        match asset {
            Asset::Native => {
                let short = PaymentFault::WrongValue { expected: amount, paid };
                asset.pay(payer, paid.checked_sub(amount).ok_or(short)?)
            }
            Asset::Psp22(_) => asset.collect(payer, amount, paid),
        }
    }
}
