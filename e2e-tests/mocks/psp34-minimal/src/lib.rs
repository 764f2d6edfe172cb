//! The smallest honest PSP34 token, written as plainly as the standard allows: what the gas table measures the registry against.
//! Anyone may mint. Knows nothing of coupons.
#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub use self::token::{Approval, Token, TokenRef, Transfer};

#[ink::contract]
mod token {
    use ink::{
        prelude::{string::String, vec::Vec},
        storage::Mapping,
    };
    use shared::psp34::{Id, PSP34Error, OVERFLOW, PSP34};

    /// The standard's event of a mint (`from` is `None`), a transfer or a burn (`to` is `None`).
    #[ink(event)]
    pub struct Transfer {
        #[ink(topic)]
        pub from: Option<AccountId>,
        #[ink(topic)]
        pub to: Option<AccountId>,
        #[ink(topic)]
        pub id: Id,
    }

    /// The standard's event of an approval.
    #[ink(event)]
    pub struct Approval {
        #[ink(topic)]
        pub from: AccountId,
        #[ink(topic)]
        pub to: AccountId,
        #[ink(topic)]
        pub id: Option<Id>,
        pub approved: bool,
    }

    /// Who holds one id, and who else may move it until it moves.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[ink::scale_derive(Encode, Decode, TypeInfo)]
    #[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
    struct Deed {
        owner: AccountId,
        approved: Option<AccountId>,
    }

    #[ink(storage)]
    #[derive(Default)]
    pub struct Token {
        total_supply: Balance,
        deeds: Mapping<Id, Deed>,
        balances: Mapping<AccountId, u32>,
        /// Who may move everything of an owner: (owner, operator).
        operators: Mapping<(AccountId, AccountId), ()>,
    }

    impl Token {
        #[ink(constructor)]
        pub fn new() -> Self {
            Self::default()
        }

        /// Creates `id` for the caller.
        /// # Errors
        /// `TokenExists`, `Custom` (`Overflow`).
        #[ink(message)]
        pub fn mint(&mut self, id: Id) -> Result<(), PSP34Error> {
            let to = self.env().caller();
            let deed = Deed { owner: to, approved: None };
            if self.deeds.insert(&id, &deed).is_some() {
                return Err(PSP34Error::TokenExists);
            }
            self.add_one(to)?;
            self.total_supply = self.total_supply.checked_add(1).ok_or_else(overflow)?;
            self.env().emit_event(Transfer { from: None, to: Some(to), id });
            Ok(())
        }

        /// Destroys `id` of the caller.
        /// # Errors
        /// `TokenNotExists`, `NotApproved`, `Custom` (`Overflow`).
        #[ink(message)]
        pub fn burn(&mut self, id: Id) -> Result<(), PSP34Error> {
            let from = self.env().caller();
            let deed = self.deeds.take(&id).ok_or(PSP34Error::TokenNotExists)?;
            if deed.owner != from {
                return Err(PSP34Error::NotApproved);
            }
            self.remove_one(from)?;
            self.total_supply = self.total_supply.checked_sub(1).ok_or_else(overflow)?;
            self.env().emit_event(Transfer { from: Some(from), to: None, id });
            Ok(())
        }

        fn add_one(&mut self, owner: AccountId) -> Result<(), PSP34Error> {
            let count = self.balances.get(owner).unwrap_or_default();
            let count = count.checked_add(1).ok_or_else(overflow)?;
            self.balances.insert(owner, &count);
            Ok(())
        }

        fn remove_one(&mut self, owner: AccountId) -> Result<(), PSP34Error> {
            let count = self.balances.get(owner).unwrap_or_default();
            match count.checked_sub(1).ok_or_else(overflow)? {
                0 => self.balances.remove(owner),
                count => {
                    self.balances.insert(owner, &count);
                }
            }
            Ok(())
        }
    }

    fn overflow() -> PSP34Error {
        PSP34Error::Custom(String::from(OVERFLOW))
    }

    impl PSP34 for Token {
        #[ink(message)]
        fn collection_id(&self) -> Id {
            let account = self.env().account_id();
            let bytes: &[u8] = account.as_ref();
            Id::Bytes(bytes.to_vec())
        }

        #[ink(message)]
        fn balance_of(&self, owner: AccountId) -> u32 {
            self.balances.get(owner).unwrap_or_default()
        }

        #[ink(message)]
        fn owner_of(&self, id: Id) -> Option<AccountId> {
            self.deeds.get(&id).map(|deed| deed.owner)
        }

        #[ink(message)]
        fn allowance(&self, owner: AccountId, operator: AccountId, id: Option<Id>) -> bool {
            let deed = id.and_then(|id| self.deeds.get(&id));
            deed.is_some_and(|deed| deed.owner == owner && deed.approved == Some(operator))
                || self.operators.contains((owner, operator))
        }

        #[ink(message)]
        fn approve(&mut self, operator: AccountId, id: Option<Id>, approved: bool) -> Result<(), PSP34Error> {
            let from = self.env().caller();
            if operator == from {
                return Err(PSP34Error::SelfApprove);
            }
            match &id {
                Some(id) => {
                    let mut deed = self.deeds.get(id).ok_or(PSP34Error::TokenNotExists)?;
                    if deed.owner != from {
                        return Err(PSP34Error::NotApproved);
                    }
                    deed.approved = approved.then_some(operator);
                    self.deeds.insert(id, &deed);
                }
                None if approved => {
                    self.operators.insert((from, operator), &());
                }
                None => self.operators.remove((from, operator)),
            }
            self.env().emit_event(Approval { from, to: operator, id, approved });
            Ok(())
        }

        #[ink(message)]
        fn transfer(&mut self, to: AccountId, id: Id, _data: Vec<u8>) -> Result<(), PSP34Error> {
            let caller = self.env().caller();
            let deed = self.deeds.get(&id).ok_or(PSP34Error::TokenNotExists)?;
            let from = deed.owner;
            let may =
                caller == from || deed.approved == Some(caller) || self.operators.contains((from, caller));
            if !may {
                return Err(PSP34Error::NotApproved);
            }
            let deed = Deed { owner: to, approved: None };
            self.deeds.insert(&id, &deed);
            self.remove_one(from)?;
            self.add_one(to)?;
            self.env().emit_event(Transfer { from: Some(from), to: Some(to), id });
            Ok(())
        }

        #[ink(message)]
        fn total_supply(&self) -> Balance {
            self.total_supply
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn account(n: u8) -> AccountId {
            AccountId::from([n; 32])
        }

        fn act_as(n: u8) {
            ink::env::test::set_caller::<Environment>(account(n));
        }

        #[ink::test]
        fn a_token_is_minted_once_moves_by_its_owner_or_operator_and_burns() {
            let id = || Id::U64(7);
            act_as(1);
            let mut token = Token::new();
            assert_eq!(token.mint(id()), Ok(()));
            assert_eq!(token.mint(id()), Err(PSP34Error::TokenExists));
            assert_eq!(token.mint(Id::U8(1)), Ok(()));
            assert_eq!((token.total_supply(), token.balance_of(account(1))), (2, 2));
            assert_eq!(token.approve(account(2), Some(id()), true), Ok(()));

            act_as(3);
            let refused = Err(PSP34Error::NotApproved);
            assert_eq!(token.transfer(account(3), id(), Vec::new()), refused);
            act_as(2);
            assert_eq!(token.transfer(account(3), id(), Vec::new()), Ok(()));
            assert_eq!(token.owner_of(id()), Some(account(3)));
            assert!(!token.allowance(account(3), account(2), Some(id())));

            act_as(3);
            assert_eq!(token.burn(id()), Ok(()));
            assert_eq!(token.owner_of(id()), None);
            assert_eq!(token.transfer(account(1), id(), Vec::new()), Err(PSP34Error::TokenNotExists));
            assert_eq!((token.total_supply(), token.balance_of(account(3))), (1, 0));
            assert_eq!(token.burn(Id::U8(1)), Err(PSP34Error::NotApproved));
        }
    }
}
