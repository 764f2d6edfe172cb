//! Custody's storage. Emits nothing, calls nobody and moves no money. "Touches" are storage host calls besides the one that reads the root.
//!
//! # Layout
//! | key | from | to | there |
//! | --- | --- | --- | --- |
//! | 0 (root) | | `Root` | always |
//! | 0x01 | merchant | `Merchant` | from its first `set_terms` on |
//! | 0x02 | (acceptor, order number) | `Held` | until its money has left |
//! | 0x03 | `(AccountId, Asset)` | `Balance` | pull balances: failed pay-outs, until withdrawn |
//!
//! In each asset, custody holds the payments and the pull balances.
use crate::{
    error::CustodyError,
    payments::Held,
    terms::{HoldingTerms, Merchant},
};
use ink::{
    prelude::vec::Vec,
    storage::{traits::ManualKey, Mapping},
};
use shared::{assets::Asset, shelf::Shelf, AccountId, Balance, Hash};

/// The most registry codes that are known.
pub const MAX_REGISTRIES: u32 = 4;

/// What never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Root {
    /// The chain's genesis hash, which permits are bound to.
    pub chain_tag: Hash,
    /// Code hashes of the registries whose orders are paid here: 1 to `MAX_REGISTRIES`.
    pub registries: Vec<Hash>,
}

/// Everything custody keeps. The manual keys are part of the storage format that auditors read.
#[ink::storage_item]
#[derive(Debug)]
pub struct Book {
    root: Root,
    merchants: Mapping<AccountId, Merchant, ManualKey<0x01>>,
    payments: Mapping<(AccountId, u64), Held, ManualKey<0x02>>,
    credits: Mapping<(AccountId, Asset), Balance, ManualKey<0x03>>,
}

impl Book {
    /// # Errors
    /// `RegistryCount`.
    pub fn new(root: Root) -> Result<Self, CustodyError> {
        let listed = u32::try_from(root.registries.len()).unwrap_or(u32::MAX);
        if listed == 0 || listed > MAX_REGISTRIES {
            return Err(CustodyError::RegistryCount { listed, most: MAX_REGISTRIES });
        }
        Ok(Self {
            root,
            merchants: Mapping::default(),
            payments: Mapping::default(),
            credits: Mapping::default(),
        })
    }

    pub fn root(&self) -> &Root {
        &self.root
    }

    /// Whether `registry`, whose code hash is `code`, is one. Known code can't replace itself, so once is enough.
    /// # Errors
    /// `UnknownRegistry`.
    pub fn ensure_known(&self, registry: AccountId, code: Option<Hash>) -> Result<(), CustodyError> {
        match code {
            Some(hash) if self.root.registries.contains(&hash) => Ok(()),
            Some(_) | None => Err(CustodyError::UnknownRegistry { registry, code }),
        }
    }

    /// Touches: 1.
    /// # Errors
    /// `NoTerms`.
    pub fn merchant(&self, acceptor: AccountId) -> Result<Merchant, CustodyError> {
        self.merchants.read(acceptor).ok_or(CustodyError::NoTerms { acceptor })
    }

    /// Gives the terms' number. Touches: 2.
    pub fn set_terms(&mut self, merchant: AccountId, terms: HoldingTerms) -> u32 {
        let epoch = self.merchants.read(merchant).map_or(0, |before| before.epoch.saturating_add(1));
        self.merchants.write(merchant, &Merchant { terms, epoch });
        epoch
    }

    /// A registry takes each number once; an acceptor that changes its registry may come to the same number again. Touches: 1.
    /// # Errors
    /// `AlreadyHeld`.
    pub fn ensure_free(&self, acceptor: AccountId, number: u64) -> Result<(), CustodyError> {
        match self.payment(acceptor, number) {
            Ok(_) => Err(CustodyError::AlreadyHeld { number }),
            Err(_) => Ok(()),
        }
    }

    /// Touches: 1.
    /// # Errors
    /// `NoSuchPayment`.
    pub fn payment(&self, acceptor: AccountId, number: u64) -> Result<Held, CustodyError> {
        self.payments.read((acceptor, number)).ok_or(CustodyError::NoSuchPayment { acceptor, number })
    }

    /// Touches: 1.
    pub fn write(&mut self, acceptor: AccountId, number: u64, held: &Held) {
        self.payments.write((acceptor, number), held);
    }

    /// Touches: 1.
    pub fn remove(&mut self, acceptor: AccountId, number: u64) {
        self.payments.clear((acceptor, number));
    }

    /// What `withdraw` would pay. Touches: 1.
    pub fn credit(&self, account: AccountId, asset: Asset) -> Balance {
        self.credits.read((account, asset)).unwrap_or_default()
    }

    /// Touches: 2.
    pub fn add_credit(&mut self, account: AccountId, asset: Asset, amount: Balance) {
        // No asset has more units than a number holds, unless it lies to its own holders.
        let credit = self.credit(account, asset).saturating_add(amount);
        self.credits.write((account, asset), &credit);
    }

    /// Gives how much it was. Touches: 2.
    /// # Errors
    /// `NoCredit`.
    pub fn take_credit(&mut self, account: AccountId, asset: Asset) -> Result<Balance, CustodyError> {
        let credit = self.credits.read((account, asset)).ok_or(CustodyError::NoCredit { asset })?;
        self.credits.clear((account, asset));
        Ok(credit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{account, held, terms};

    fn book() -> Book {
        Book::new(Root { chain_tag: [1; 32], registries: vec![[7; 32]] }).unwrap()
    }

    #[test]
    fn one_to_four_registry_codes_are_known() {
        for listed in [0, 5] {
            let root = Root { chain_tag: [1; 32], registries: vec![[7; 32]; listed] };
            let listed = u32::try_from(listed).unwrap();
            assert_eq!(Book::new(root).err(), Some(CustodyError::RegistryCount { listed, most: 4 }));
        }
        assert_eq!(book().ensure_known(account(9), Some([7; 32])), Ok(()));
        for code in [None, Some([8; 32])] {
            let unknown = CustodyError::UnknownRegistry { registry: account(9), code };
            assert_eq!(book().ensure_known(account(9), code), Err(unknown));
        }
    }

    #[ink::test]
    fn terms_are_numbered_even_where_they_stay_the_same() {
        let mut book = book();
        assert_eq!(book.merchant(account(1)), Err(CustodyError::NoTerms { acceptor: account(1) }));
        assert_eq!([(); 3].map(|()| book.set_terms(account(1), terms())), [0, 1, 2]);
        assert_eq!(book.set_terms(account(2), terms()), 0);
        assert_eq!(book.merchant(account(1)), Ok(Merchant { terms: terms(), epoch: 2 }));
    }

    #[ink::test]
    fn a_payment_is_under_its_acceptor_and_number() {
        let mut book = book();
        let none = |acceptor, number| Err(CustodyError::NoSuchPayment { acceptor, number });
        book.write(account(1), 7, &held());
        assert_eq!(book.payment(account(1), 7), Ok(held()));
        assert_eq!(book.payment(account(2), 7), none(account(2), 7));
        assert_eq!(book.ensure_free(account(1), 7), Err(CustodyError::AlreadyHeld { number: 7 }));
        assert_eq!(book.ensure_free(account(1), 8), Ok(()));
        book.remove(account(1), 7);
        assert_eq!(book.payment(account(1), 7), none(account(1), 7));
    }

    #[ink::test]
    fn pull_balances_add_up_and_are_taken_whole() {
        let mut book = book();
        let (who, asset) = (account(1), Asset::Psp22(account(5)));
        assert_eq!(book.take_credit(who, asset), Err(CustodyError::NoCredit { asset }));
        book.add_credit(who, asset, 3);
        book.add_credit(who, asset, 4);
        assert_eq!((book.credit(who, asset), book.credit(who, Asset::Native)), (7, 0));
        assert_eq!(book.take_credit(who, asset), Ok(7));
        assert_eq!(book.take_credit(who, asset), Err(CustodyError::NoCredit { asset }));
    }
}
