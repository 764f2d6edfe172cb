//! Answers every message that the suite asks of a registry, always with yes, and keeps no coupons at all. Only its code hash gives it away.
#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub use self::look_alike::{LookAlike, LookAlikeRef};

#[ink::contract]
mod look_alike {
    use ink::prelude::vec::Vec;
    use shared::{
        assets::Asset,
        ids::CouponId,
        order::{digest, Kept, Order, Redeemed, Redemption, Use},
        permit::Permits,
        psp34::{Id, PSP34Error, PSP34},
        registry::{CouponRegistry, Outcome, RegistryError, SaleTerms, ServiceDesk},
        terms::Funding,
    };

    #[ink(storage)]
    pub struct LookAlike {
        accomplice: AccountId,
        named: Option<AccountId>,
    }

    impl LookAlike {
        fn redeemed(&self, order: &Order, permits: &Permits) -> Redemption {
            let now = self.env().block_timestamp();
            let uses = permits.coupons.iter().map(|signed| Use {
                coupon: signed.presented.coupon,
                holder: self.accomplice,
                valid_until: Timestamp::MAX,
                issuer: self.accomplice,
                funding: Funding::Alliance,
                advocate: None,
                left_before: 1,
                left_after: 0,
                discount: order.eligible,
            });
            Redemption {
                acceptor: order.acceptor,
                number: order.number,
                order: digest(order),
                basket: order.basket,
                eligible: order.eligible,
                asset: Asset::Native,
                uses: uses.collect(),
                refused: Vec::new(),
                net: order.basket.saturating_sub(order.eligible),
                payer: None,
                alliance: Some(self.env().caller()),
                cashier: None,
                redeemed_at: now,
                final_at: now,
            }
        }

        fn sale(&self) -> SaleTerms {
            SaleTerms {
                owner: self.accomplice,
                issuer: self.accomplice,
                asset: Asset::Native,
                royalty_bps: 0,
                ends_at: Timestamp::MAX,
                largest_discount: Balance::MAX,
                left: 1,
                highest_price: None,
            }
        }

        /// `accomplice` is the issuer and holder of every coupon, none of which exists.
        #[ink(constructor)]
        pub fn new(accomplice: AccountId) -> Self {
            Self { accomplice, named: None }
        }

        /// Names an account that owns everything from now on; without one it is whoever asks, a market that is told the coupon has arrived.
        #[ink(message)]
        pub fn name_owner(&mut self, named: Option<AccountId>) {
            self.named = named;
        }
    }

    impl CouponRegistry for LookAlike {
        /// Takes everything eligible off, by coupons of the accomplice.
        #[ink(message, payable)]
        fn redeem(&mut self, order: Order, permits: Permits) -> Outcome<Redemption> {
            Ok(self.redeemed(&order, &permits))
        }

        #[ink(message)]
        fn redeem_batch(
            &mut self,
            orders: Vec<(Order, Permits)>,
        ) -> Outcome<Vec<Result<Redeemed, RegistryError>>> {
            let redeemed =
                |(order, permits): &(Order, Permits)| Ok(Redeemed::from(&self.redeemed(order, permits)));
            Ok(orders.iter().map(redeemed).collect())
        }

        /// It is its own office and desk.
        #[ink(message)]
        fn branches(&self) -> (AccountId, AccountId) {
            (self.env().account_id(), self.env().account_id())
        }
    }

    impl ServiceDesk for LookAlike {
        #[ink(message, payable)]
        fn roll_back_for_alliance(
            &mut self,
            _redemption: Redemption,
            _kept: Option<Kept>,
        ) -> Outcome<Option<Redemption>> {
            Ok(None)
        }

        #[ink(message)]
        fn sale_terms(&self, _coupon: CouponId) -> Outcome<SaleTerms> {
            Ok(self.sale())
        }

        #[ink(message)]
        fn sale_terms_of(&self, coupons: Vec<CouponId>) -> Outcome<Vec<SaleTerms>> {
            Ok(coupons.iter().map(|_| self.sale()).collect())
        }

        #[ink(message)]
        fn transfer_many(&mut self, _to: AccountId, _coupons: Vec<CouponId>) -> Outcome<()> {
            Ok(())
        }
    }

    impl PSP34 for LookAlike {
        #[ink(message)]
        fn collection_id(&self) -> Id {
            let account = self.env().account_id();
            let bytes: &[u8] = account.as_ref();
            Id::Bytes(bytes.to_vec())
        }

        #[ink(message)]
        fn balance_of(&self, _owner: AccountId) -> u32 {
            1
        }

        #[ink(message)]
        fn owner_of(&self, _id: Id) -> Option<AccountId> {
            Some(self.named.unwrap_or_else(|| self.env().caller()))
        }

        #[ink(message)]
        fn allowance(&self, _owner: AccountId, _operator: AccountId, _id: Option<Id>) -> bool {
            true
        }

        #[ink(message)]
        fn approve(
            &mut self,
            _operator: AccountId,
            _id: Option<Id>,
            _approved: bool,
        ) -> Result<(), PSP34Error> {
            Ok(())
        }

        #[ink(message)]
        fn transfer(&mut self, _to: AccountId, _id: Id, _data: Vec<u8>) -> Result<(), PSP34Error> {
            Ok(())
        }

        #[ink(message)]
        fn total_supply(&self) -> Balance {
            1
        }
    }
}
