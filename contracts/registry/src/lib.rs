//! The coupon registry: coupons, claims and redemptions, as a PSP34 token.
//!
//! This file is the shell: it reads the context, calls the book, emits events and moves money. It decides nothing. What is done rarely is
//! done through the registry's office and its service desk, which `Ledger` lets in.
#![cfg_attr(not(feature = "std"), no_std, no_main)]
#![allow(clippy::useless_conversion, reason = "on chain, what an outcome refuses with is a type of its own")]

pub mod book;
#[cfg(feature = "enumerable")]
pub mod enumeration;
pub mod events;
pub mod till;

#[cfg(test)]
mod testing;

pub use self::registry::{Registry, RegistryRef};

#[ink::contract]
mod registry {
    use crate::{
        book::Book,
        events::*,
        till::{MAX_ORDERS, MAX_RUN},
    };
    use ink::prelude::vec::Vec;
    use scale::Encode;
    use shared::{
        announce::{announce, announce_bare, answer_unchanged},
        assets::{Asset, PaymentFault},
        branch::{open, pinned},
        claims::{CodeClaim, Source},
        ids::CouponId,
        ledger::{Ledger, Step},
        math,
        order::{Order, Redeemed, Redemption, Settlement},
        permit::{Domain, OrderPermit, Permits},
        psp34::{Id, PSP34Enumerable, PSP34Error, PSP34Metadata, PSP34},
        registry::{CouponRegistry, Outcome, Refusal, RegistryError},
        shelf::{item, set_item, Storage},
        till::{Scene, Till},
    };

    /// What the builder made of `contracts/office` just before this crate.
    const OFFICE: shared::Hash = pinned(option_env!("COUPONRY_OFFICE_CODE"));
    /// What the builder made of `contracts/desk`.
    const DESK: shared::Hash = pinned(option_env!("COUPONRY_DESK_CODE"));

    /// Anyone may be an issuer here; nobody owns the registry.
    #[ink(storage)]
    pub struct Registry {
        book: Book,
    }

    impl Registry {
        /// Instantiates the registry's office and service desk too, from the code that this code pins. `chain_tag` is the chain's genesis hash:
        /// signatures made for another chain don't verify here. The caller is the guardian, who may pause and nothing else.
        /// # Errors
        /// `OfficeFailed` when the office's or the desk's code isn't on the chain.
        #[ink(constructor)]
        pub fn new(chain_tag: shared::Hash) -> Outcome<Self> {
            let office = open(OFFICE, (Self::env().caller(), chain_tag).encode())
                .ok_or(RegistryError::OfficeFailed)?;
            let desk = open(DESK, chain_tag.encode()).ok_or(RegistryError::OfficeFailed)?;
            #[cfg(feature = "enumerable")]
            announce_bare(&EnumerationKept {});
            Ok(Self { book: Book::new(chain_tag, office, desk) })
        }

        /// Turns a code into a coupon of `claim.to`. Anyone may submit it: the code's key has signed the account, so nobody else can have the
        /// coupon. Codes of campaigns for an attested audience are claimed at the office. The caller pays the coupon's deposit.
        /// # Errors
        /// `NoSuchCampaign`, `Paused`, `NoSuchDrop`, `CodeUnproven`, `ClaimUnsigned`, `CodeUsed`, `AttestationMissing`, `SelfReferral`,
        /// `IssueWindowClosed`, `IssuingStopped`, `SupplyExhausted`, `EscrowShort`, `HolderLimit`,
        /// `Overflow`.
        #[ink(message)]
        pub fn claim(&mut self, claim: CodeClaim) -> Outcome<CouponId> {
            let (coupon, valid_until) =
                self.book.claim(&claim, &self.domain(), self.env().block_timestamp())?;
            self.announce(&claim, coupon, valid_until);
            self.announce_transfer(None, Some(claim.to), coupon);
            Ok(coupon)
        }

        /// Spends a code on an order as it is claimed: its key has signed for the order too, and no token comes into being. The acceptor or a
        /// cashier agrees by calling or by a permit for the campaign's coupon of serial 0. Payment as in `redeem`.
        /// # Errors
        /// As `redeem` up to the acceptor's consent, then as `claim`, then as `redeem`; `NotOneUse`.
        #[ink(message, payable)]
        pub fn claim_and_redeem(
            &mut self,
            claim: CodeClaim,
            order: Order,
            acceptor: Option<OrderPermit>,
        ) -> Outcome<Redemption> {
            let domain = self.domain();
            let scene = self.scene(&domain, order.settlement);
            let (id, valid_until, redemption) =
                self.book.claim_and_redeem(&claim, &order, &acceptor, &scene)?;
            self.announce(&claim, id, valid_until);
            Ok(self.finish(&order, *redemption, true)?)
        }

        fn domain(&self) -> Domain {
            Domain { chain_tag: self.book.root().chain_tag, contract: self.env().account_id() }
        }

        #[inline(never)]
        fn scene<'a>(&self, domain: &'a Domain, settlement: Settlement) -> Scene<'a> {
            let (caller, now) = (self.env().caller(), self.env().block_timestamp());
            let passes_on = settlement == Settlement::OnChain && !self.env().caller_is_origin();
            Scene { caller, passes_on, domain, now }
        }

        #[inline(never)]
        fn announce(&self, claim: &CodeClaim, coupon: CouponId, valid_until: Timestamp) {
            let CodeClaim { campaign, drop, index, advocate, .. } = *claim;
            let source = Source::Code { drop, index };
            let first_serial = coupon.serial;
            announce_bare(&CouponsIssued { campaign, first_serial, count: 1, valid_until, advocate, source });
        }

        #[inline(never)]
        fn announce_transfer(&self, from: Option<AccountId>, to: Option<AccountId>, coupon: CouponId) {
            announce(&Transfer { from, to, id: coupon.into() });
        }

        /// Gives the redemptions back.
        #[inline(never)]
        fn announce_orders(
            &self,
            acceptor: AccountId,
            redemptions: Vec<Redemption>,
            claimed: bool,
        ) -> Vec<Redemption> {
            for redemption in &redemptions {
                for used in &redemption.uses {
                    if used.left_after == 0 && !claimed {
                        self.announce_transfer(Some(used.holder), None, used.coupon);
                    }
                }
            }
            let redeemed = OrdersRedeemed { acceptor, redemptions, claimed };
            announce(&redeemed);
            redeemed.redemptions
        }

        /// Announces one order and moves its money.
        #[inline(never)]
        fn finish(
            &mut self,
            order: &Order,
            redemption: Redemption,
            claimed: bool,
        ) -> Result<Redemption, Refusal> {
            let mut announced = self.announce_orders(order.acceptor, [redemption].into(), claimed);
            let redemption = announced.pop().ok_or(RegistryError::NothingApplied)?;
            self.pay_order(order, &redemption)?;
            Ok(redemption)
        }

        /// Announces a run of orders of a batch, and has escrow pay its acceptor in one sum.
        #[inline(never)]
        fn finish_run(&mut self, run: Vec<Redemption>) -> Result<(), Refusal> {
            let Some((acceptor, asset)) = run.last().map(|last| (last.acceptor, last.asset)) else {
                return Ok(());
            };
            let mut due = 0;
            for redemption in self.announce_orders(acceptor, run, false) {
                due = math::sum(due, redemption.paid_from_escrow())?;
            }
            self.pay_or_credit(asset, acceptor, due)
        }

        /// The money of an order: what escrow pays, and the payer's side.
        /// # Errors
        /// `Overflow`, `Payment`.
        #[inline(never)]
        fn pay_order(&mut self, order: &Order, redemption: &Redemption) -> Result<(), Refusal> {
            let (caller, paid) = (self.env().caller(), self.env().transferred_value());
            let Redemption { acceptor, asset, net, .. } = *redemption;
            self.pay_or_credit(asset, acceptor, redemption.paid_from_escrow())?;
            let settled = match order.settlement {
                Settlement::OnChain => asset.forward(caller, acceptor, net, paid),
                Settlement::OffChain => refuse_value(paid),
            };
            Ok(settled.map_err(RegistryError::Payment)?)
        }

        /// A receiver that can't be paid now doesn't stop the others: it finds the amount in its pull balance.
        #[inline(never)]
        fn pay_or_credit(
            &mut self,
            asset: Asset,
            account: AccountId,
            amount: Balance,
        ) -> Result<(), Refusal> {
            if asset.pay(account, amount).is_err() {
                self.book.add_credit(account, asset, amount)?;
                announce(&CreditAdded { account, asset, amount });
            }
            Ok(())
        }

        #[inline(never)]
        fn take_step(&mut self, step: Step) -> Result<(), Refusal> {
            match step {
                Step::Write { key, value } => set_item(key, value),
                Step::Mint { coupon, owner, state } => {
                    self.book.put(coupon, owner, state)?;
                    self.announce_transfer(None, Some(owner), coupon);
                }
                Step::Burn { coupon } => {
                    let owner = self.book.burn(coupon)?;
                    self.announce_transfer(Some(owner), None, coupon);
                }
                Step::Pay { asset, to, amount } => self.pay_or_credit(asset, to, amount)?,
                Step::Pause { scopes } => self.book.pause(scopes),
                Step::Moved { coupon, from, to } => {
                    #[cfg(feature = "enumerable")]
                    self.book.hand_over(coupon, from, to).ok_or(RegistryError::Overflow)?;
                    self.announce_transfer(Some(from), Some(to), coupon);
                }
            }
            Ok(())
        }
    }

    fn refuse_value(paid: Balance) -> Result<(), PaymentFault> {
        match paid {
            0 => Ok(()),
            paid => Err(PaymentFault::WrongValue { expected: 0, paid }),
        }
    }

    /// Whether an order can be announced and paid with the ones before it: of one acceptor and asset, and in one event, which holds 16 kB.
    fn goes_with(run: &[Redemption], redemption: &Redemption) -> bool {
        let uses = run.iter().fold(redemption.uses.len(), |sum, other| sum.saturating_add(other.uses.len()));
        run.last().is_none_or(|last| {
            (last.acceptor, last.asset) == (redemption.acceptor, redemption.asset) && uses <= MAX_RUN
        })
    }

    impl PSP34 for Registry {
        #[ink(message)]
        fn collection_id(&self) -> Id {
            let account = self.env().account_id();
            let bytes: &[u8] = account.as_ref();
            Id::Bytes(bytes.to_vec())
        }

        #[ink(message)]
        fn balance_of(&self, owner: AccountId) -> u32 {
            self.book.holder(owner).coupons
        }

        #[ink(message)]
        fn owner_of(&self, id: Id) -> Option<AccountId> {
            CouponId::try_from(&id).ok().and_then(|id| self.book.coupon(id)).map(|coupon| coupon.owner)
        }

        #[ink(message)]
        fn allowance(&self, owner: AccountId, operator: AccountId, id: Option<Id>) -> bool {
            self.book.allowance(owner, operator, id)
        }

        #[ink(message)]
        fn approve(&mut self, operator: AccountId, id: Option<Id>, approved: bool) -> Result<(), PSP34Error> {
            let from = self.env().caller();
            self.book.approve(from, operator, id.as_ref(), approved)?;
            announce(&Approval { from, to: operator, id, approved });
            answer_unchanged(Ok(()))
        }

        #[ink(message)]
        fn transfer(&mut self, to: AccountId, id: Id, _data: Vec<u8>) -> Result<(), PSP34Error> {
            let (from, coupon) =
                self.book.transfer(self.env().caller(), to, &id, self.env().block_timestamp())?;
            self.announce_transfer(Some(from), Some(to), coupon);
            answer_unchanged(Ok(()))
        }

        #[ink(message)]
        fn total_supply(&self) -> Balance {
            self.book.root().live.into()
        }
    }

    impl PSP34Metadata for Registry {
        #[ink(message)]
        fn get_attribute(&self, id: Id, key: Vec<u8>) -> Option<Vec<u8>> {
            self.book.attribute(CouponId::try_from(&id).ok()?, &key)
        }
    }

    impl PSP34Enumerable for Registry {
        #[cfg(feature = "enumerable")]
        #[ink(message)]
        fn owners_token_by_index(&self, owner: AccountId, index: u128) -> Option<Id> {
            crate::enumeration::nth(Some(owner), index).map(Id::from)
        }

        #[cfg(feature = "enumerable")]
        #[ink(message)]
        fn token_by_index(&self, index: u128) -> Option<Id> {
            crate::enumeration::nth(None, index).map(Id::from)
        }
    }

    impl CouponRegistry for Registry {
        #[ink(message, payable)]
        fn redeem(&mut self, order: Order, permits: Permits) -> Outcome<Redemption> {
            let domain = self.domain();
            let scene = self.scene(&domain, order.settlement);
            let mut till = Till::new(Storage);
            let redemption = self.book.redeem(&mut till, &order, &permits, &scene)??;
            self.book.close(till);
            Ok(self.finish(&order, *redemption, false)?)
        }

        #[ink(message)]
        fn redeem_batch(
            &mut self,
            orders: Vec<(Order, Permits)>,
        ) -> Outcome<Vec<Result<Redeemed, RegistryError>>> {
            let items = u32::try_from(orders.len()).unwrap_or(u32::MAX);
            if items == 0 || items > MAX_ORDERS {
                return Err(RegistryError::BatchSize { items, most: MAX_ORDERS }.into());
            }
            let domain = self.domain();
            let scene = self.scene(&domain, Settlement::OffChain);
            let mut till = Till::new(Storage);
            let mut results = Vec::with_capacity(orders.len());
            let mut run: Vec<Redemption> = Vec::new();
            for (order, permits) in &orders {
                let redeemed = match order.settlement {
                    Settlement::OffChain => self.book.redeem(&mut till, order, permits, &scene)?,
                    Settlement::OnChain => Err(RegistryError::OnChainInBatch.into()),
                };
                results.push(match redeemed {
                    Ok(redemption) => {
                        let redeemed = Redeemed::from(&*redemption);
                        if !goes_with(&run, &redemption) {
                            self.finish_run(core::mem::take(&mut run))?;
                        }
                        run.push(*redemption);
                        Ok(redeemed)
                    }
                    Err(refusal) => Err(*refusal),
                });
            }
            self.book.close(till);
            self.finish_run(run)?;
            Ok(results)
        }

        #[ink(message)]
        fn branches(&self) -> (AccountId, AccountId) {
            let root = self.book.root();
            (root.office, root.desk)
        }
    }

    impl Ledger for Registry {
        #[ink(message)]
        fn items(&self, keys: Vec<Vec<u8>>) -> Vec<Option<Vec<u8>>> {
            keys.into_iter().map(item).collect()
        }

        #[ink(message, payable)]
        fn apply(&mut self, steps: Vec<Step>) -> Outcome<()> {
            self.book.ensure_office(self.env().caller())?;
            for step in steps {
                self.take_step(step)?;
            }
            Ok(())
        }
    }
}
