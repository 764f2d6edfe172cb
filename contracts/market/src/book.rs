//! The market's storage, and every change to it as one step that happens whole or returns an error for the shell to revert on.
//!
//! Emits nothing, calls no registry and moves no money. "Touches" are storage host calls besides the two that read and write the root.
//!
//! # Layout
//! | key | from | to | there |
//! | --- | --- | --- | --- |
//! | 0 (root) | | `Root` | always |
//! | 0x01 | listing `u64` | `Entry` | from `list` until its seller cancels, settles or forgets it |
//! | 0x02 | `(AccountId, Asset)` | `Balance` | pull balances: failed pay-outs, bids outbid, bids and cash given back, fees in PSP22 tokens; until withdrawn |
//! | 0x03 | account | `u64` | what it has cancelled everything below of; for good |
//! | 0x04 | offer `u64` | `Offer` | until its buyer withdraws it |
//! | 0x05 | PSP22 token | `Timestamp` | the market deals in it from then on |
//!
//! Listings and offers are numbered together, from 1. The market holds, in each asset: the live bids, the cash of open swaps, what is left in offers, and
//! the pull balances with the native fees.
use crate::{
    error::{refusal, MarketError, Outcome, Refusal},
    listings::Entry,
    offers::Offer,
    prices::{sum, MAX_SHARES_BPS},
    reader::{Read, Reader},
};
use ink::{
    prelude::{boxed::Box, vec::Vec},
    storage::{traits::ManualKey, Mapping},
};
use scale::Encode;
use shared::{
    assets::Asset,
    ledger::key,
    shelf::{item, set_item, Shelf},
    AccountId, Balance, Hash, Timestamp,
};

/// The most registry codes a market knows, and the most tokens it deals in from the start.
pub const MAX_REGISTRIES: u32 = 4;
/// How long before it counts a new fee or a new token is announced: 7 days, in milliseconds.
pub const NOTICE: u64 = 7 * 24 * 60 * 60 * 1_000;

/// Where entries are.
pub(crate) const ENTRIES: u32 = 0x01;
/// Where offers are.
pub(crate) const OFFERS: u32 = 0x04;

/// What every message reads anyway, and most write.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, TypeInfo)]
#[cfg_attr(not(target_arch = "wasm32"), derive(scale::Decode))]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Root {
    /// Who earns the platform fees and sets their rate.
    pub owner: AccountId,
    /// Whom the owner has offered the market to.
    pub heir: Option<AccountId>,
    /// The platform's share of the price, for what is opened from now on,
    pub fee_bps: u16,
    /// and what it will be for what is opened from then on.
    pub next_fee: Option<(u16, Timestamp)>,
    /// Code hashes of the registries whose coupons are sold here: 1 to `MAX_REGISTRIES`, fixed.
    pub registries: Vec<Hash>,
    /// Coupons in the market's hands; each is in one listing.
    pub held: u64,
    /// Native platform fees not yet withdrawn. They are here since a sale writes the root anyway; fees in a PSP22 token go to
    /// the owner's pull balance.
    pub native_fees: Balance,
    /// The number of the next listing or offer.
    pub next_id: u64,
}

/// What a market is made with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, TypeInfo)]
#[cfg_attr(not(target_arch = "wasm32"), derive(scale::Decode))]
pub struct Rules {
    /// The platform's share of each price, in bps: at most 1,000.
    pub fee_bps: u16,
    /// Code hashes of the registries whose coupons are sold here: 1 to 4, for good.
    pub registries: Vec<Hash>,
    /// The PSP22 tokens it deals in from the start besides the native one: up to 4.
    pub tokens: Vec<AccountId>,
}

/// Everything the market keeps. The manual keys are part of the storage format that auditors read.
#[ink::storage_item]
#[derive(Debug)]
pub struct Book {
    root: Root,
    entries: Mapping<u64, Entry, ManualKey<ENTRIES>>,
    credits: Mapping<(AccountId, Asset), Balance, ManualKey<0x02>>,
    floors: Mapping<AccountId, u64, ManualKey<0x03>>,
    offers: Mapping<u64, Offer, ManualKey<OFFERS>>,
    tokens: Mapping<AccountId, Timestamp, ManualKey<0x05>>,
}

impl Book {
    /// # Errors
    /// `RegistryCount`, `SharesOverCap`.
    pub fn new(owner: AccountId, rules: &Rules) -> Outcome<Self> {
        let Rules { fee_bps, ref registries, ref tokens } = *rules;
        for listed in [registries.len(), tokens.len().max(1)] {
            let listed = u32::try_from(listed).unwrap_or(u32::MAX);
            if listed == 0 || listed > MAX_REGISTRIES {
                return Err(MarketError::RegistryCount { listed, most: MAX_REGISTRIES }.into());
            }
        }
        ensure_fee(fee_bps)?;
        let root = Root {
            owner,
            heir: None,
            fee_bps,
            next_fee: None,
            registries: registries.clone(),
            held: 0,
            native_fees: 0,
            next_id: 1,
        };
        let mut book = Self {
            root,
            entries: Mapping::default(),
            credits: Mapping::default(),
            floors: Mapping::default(),
            offers: Mapping::default(),
            tokens: Mapping::default(),
        };
        for token in tokens {
            book.tokens.write(*token, &0);
        }
        Ok(book)
    }

    pub fn root(&self) -> &Root {
        &self.root
    }

    /// Writes the root, which ink would do in more code. Touches: 1.
    #[inline(never)]
    pub fn keep_root(&self) {
        let mut bytes = Vec::new();
        self.root.encode_to(&mut bytes);
        set_item(key(0, &()), Some(bytes));
    }

    /// The platform's share for what is opened now.
    pub fn fee_bps(&self, now: Timestamp) -> u16 {
        match self.root.next_fee {
            Some((fee_bps, from)) if from <= now => fee_bps,
            Some(_) | None => self.root.fee_bps,
        }
    }

    /// What `withdraw` would pay.
    pub fn credit(&self, account: AccountId, asset: Asset) -> Balance {
        let credit = self.credits.read((account, asset)).unwrap_or_default();
        credit.saturating_add(self.native_fees_of(account, asset))
    }

    /// What an account cancelled everything below of. Touches: 1.
    pub fn floor(&self, account: AccountId) -> u64 {
        self.floors.read(account).unwrap_or_default()
    }

    /// From when on the market deals in a token.
    pub fn token(&self, token: AccountId) -> Option<Timestamp> {
        self.tokens.read(token)
    }

    /// Whether coupons of `registry`, whose code hash is `code`, are sold here. Known code can't replace itself, so once is enough.
    /// # Errors
    /// `UnknownRegistry`.
    pub fn ensure_known(&self, registry: AccountId, code: Option<Hash>) -> Outcome<()> {
        match code {
            Some(hash) if self.root.registries.contains(&hash) => Ok(()),
            Some(_) | None => Err(MarketError::UnknownRegistry { registry, code }.into()),
        }
    }

    /// Whether something may be opened in this asset. Touches: 1 for a PSP22 token.
    /// # Errors
    /// `UnknownToken`.
    pub fn ensure_deals_in(&self, asset: Asset, now: Timestamp) -> Outcome<()> {
        let Asset::Psp22(token) = asset else { return Ok(()) };
        match self.token(token) {
            Some(from) if from <= now => Ok(()),
            from => Err(MarketError::UnknownToken { token, from }.into()),
        }
    }

    /// # Errors
    /// `NotMarketOwner`.
    fn ensure_owner(&self, caller: AccountId) -> Outcome<()> {
        let owner = self.root.owner;
        if caller == owner {
            Ok(())
        } else {
            Err(MarketError::NotMarketOwner { owner, caller }.into())
        }
    }

    /// Gives from when on the fee counts.
    /// # Errors
    /// `NotMarketOwner`, `SharesOverCap`.
    #[inline(never)]
    pub fn set_fee(&mut self, caller: AccountId, fee_bps: u16, now: Timestamp) -> Outcome<Timestamp> {
        self.ensure_owner(caller)?;
        ensure_fee(fee_bps)?;
        let from = now.saturating_add(NOTICE);
        self.root.fee_bps = self.fee_bps(now);
        self.root.next_fee = Some((fee_bps, from));
        Ok(from)
    }

    /// Gives from when on the market deals in the token. Touches: 2.
    /// # Errors
    /// `NotMarketOwner`, `NoChange`.
    #[inline(never)]
    pub fn set_token(
        &mut self,
        caller: AccountId,
        token: AccountId,
        allowed: bool,
        now: Timestamp,
    ) -> Outcome<Option<Timestamp>> {
        self.ensure_owner(caller)?;
        if self.tokens.read(token).is_some() == allowed {
            return Err(MarketError::NoChange.into());
        }
        let from = now.saturating_add(NOTICE);
        if allowed {
            self.tokens.write(token, &from);
        } else {
            self.tokens.clear(token);
        }
        Ok(allowed.then_some(from))
    }

    /// # Errors
    /// `NotMarketOwner`, `NoChange`.
    pub fn offer_ownership(&mut self, caller: AccountId, heir: Option<AccountId>) -> Outcome<()> {
        self.ensure_owner(caller)?;
        if self.root.heir == heir {
            return Err(MarketError::NoChange.into());
        }
        self.root.heir = heir;
        Ok(())
    }

    /// The native fees so far are the owner's before, in its pull balance. Touches: 2, if there are any.
    /// # Errors
    /// `NotOffered`, `Overflow`.
    pub fn accept_ownership(&mut self, caller: AccountId) -> Outcome<()> {
        if self.root.heir != Some(caller) {
            return Err(MarketError::NotOffered { caller }.into());
        }
        let fees = core::mem::take(&mut self.root.native_fees);
        if fees > 0 {
            self.add_credit(self.root.owner, Asset::Native, fees)?;
        }
        self.root.owner = caller;
        self.root.heir = None;
        Ok(())
    }

    /// A number for what is opened next.
    /// # Errors
    /// `Overflow`.
    pub fn next_id(&mut self) -> Outcome<u64> {
        let id = self.root.next_id;
        self.root.next_id = id.checked_add(1).ok_or(MarketError::Overflow)?;
        Ok(id)
    }

    /// Touches: 1.
    /// # Errors
    /// `NoSuchListing`.
    #[inline(never)]
    pub fn entry(&self, id: u64) -> Result<Box<Entry>, Refusal> {
        match read(ENTRIES, id) {
            Some(entry) => Ok(Box::new(entry)),
            None => Err(refusal(MarketError::NoSuchListing { id })),
        }
    }

    /// Touches: 1.
    #[inline(never)]
    pub fn keep(&mut self, id: u64, entry: &Entry) {
        self.entries.write(id, entry);
    }

    /// Touches: 1.
    pub fn remove(&mut self, id: u64) {
        self.entries.clear(id);
    }

    /// `coupons` more are here.
    /// # Errors
    /// `Overflow`.
    pub fn take_in(&mut self, coupons: usize) -> Outcome<()> {
        let more = u64::try_from(coupons).unwrap_or(u64::MAX);
        self.root.held = self.root.held.checked_add(more).ok_or(MarketError::Overflow)?;
        Ok(())
    }

    /// `coupons` fewer are here.
    /// # Errors
    /// `Overflow`.
    pub fn let_go(&mut self, coupons: usize) -> Outcome<()> {
        let fewer = u64::try_from(coupons).unwrap_or(u64::MAX);
        self.root.held = self.root.held.checked_sub(fewer).ok_or(MarketError::Overflow)?;
        Ok(())
    }

    /// Touches: 1.
    /// # Errors
    /// `NoSuchOffer`.
    #[inline(never)]
    pub fn offer(&self, id: u64) -> Outcome<Box<Offer>> {
        match read(OFFERS, id) {
            Some(offer) => Ok(Box::new(offer)),
            None => Err(MarketError::NoSuchOffer { id }.into()),
        }
    }

    /// Touches: 1.
    #[inline(never)]
    pub fn keep_offer(&mut self, id: u64, offer: &Offer) {
        self.offers.write(id, offer);
    }

    /// Touches: 1.
    pub fn remove_offer(&mut self, id: u64) {
        self.offers.clear(id);
    }

    /// Kills what `account` opened so far; gives what number it is below. Touches: 1.
    pub fn cancel_all(&mut self, account: AccountId) -> u64 {
        let below = self.root.next_id;
        self.floors.write(account, &below);
        below
    }

    /// Touches: 2.
    /// # Errors
    /// `Overflow`.
    #[inline(never)]
    pub fn add_credit(&mut self, account: AccountId, asset: Asset, amount: Balance) -> Outcome<()> {
        let credit = self.credits.read((account, asset)).unwrap_or_default();
        let credit = sum(credit, amount)?;
        self.credits.write((account, asset), &credit);
        Ok(())
    }

    /// Empties an account's pull balance, and for the owner the native platform fees too. Touches: 2.
    /// # Errors
    /// `NoCredit`, `Overflow`.
    #[inline(never)]
    pub fn take_credit(&mut self, account: AccountId, asset: Asset) -> Outcome<Balance> {
        let credit = self.credits.read((account, asset)).unwrap_or_default();
        self.credits.clear((account, asset));
        let fees = self.native_fees_of(account, asset);
        self.root.native_fees = self.root.native_fees.checked_sub(fees).ok_or(MarketError::Overflow)?;
        match sum(credit, fees)? {
            0 => Err(MarketError::NoCredit { asset }.into()),
            amount => Ok(amount),
        }
    }

    /// Books a platform fee. Touches: 2 for one in a PSP22 token.
    /// # Errors
    /// `Overflow`.
    #[inline(never)]
    pub fn earn(&mut self, asset: Asset, fee: Balance) -> Outcome<()> {
        match asset {
            Asset::Native => {
                self.root.native_fees = sum(self.root.native_fees, fee)?;
                Ok(())
            }
            Asset::Psp22(_) if fee == 0 => Ok(()),
            Asset::Psp22(_) => self.add_credit(self.root.owner, asset, fee),
        }
    }

    fn native_fees_of(&self, account: AccountId, asset: Asset) -> Balance {
        if account == self.root.owner && asset == Asset::Native {
            self.root.native_fees
        } else {
            0
        }
    }
}

/// An item that is there.
fn read<T: Read>(mapping: u32, id: u64) -> Option<T> {
    let bytes = item(key(mapping, &id))?;
    Some(T::read(&mut Reader::new(&bytes)))
}

/// # Errors
/// `SharesOverCap`.
fn ensure_fee(fee_bps: u16) -> Outcome<()> {
    if fee_bps > MAX_SHARES_BPS {
        return Err(MarketError::SharesOverCap { fee_bps, royalty_bps: 0, most_bps: MAX_SHARES_BPS }.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
