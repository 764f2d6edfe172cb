//! The model's market: what it keeps, who owns it, and what it owes. What is dealt in is in the modules below.

mod auctions;
mod listing;
mod offers;
mod sales;

pub(crate) use sales::price;

use super::{ops::MarketCall, Answer, Model};
use ::market::{
    error::MarketError as E,
    listings::{Bid, Listing, Status},
    offers::Offer,
};
use chain::{AccountId, Balance};
use shared::{
    assets::Asset,
    ids::CouponId,
    psp34::PSP34Error,
    registry::{RegistryError, SaleTerms},
};
use std::collections::BTreeMap;

/// How long before it counts a change of fee or tokens is announced.
const NOTICE: u64 = 7 * super::ops::DAY;

/// What the platform and the issuer may take together, in bps.
pub(crate) const MOST_SHARED: u16 = 1_000;

/// The most of anything in one call.
pub(crate) const MOST: u32 = 20;

/// How late a bid is late.
pub(crate) const LATE: u64 = 5 * super::ops::MINUTE;

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) listing: Listing,
    pub(crate) status: Status,
    /// Every bid so far.
    pub(crate) bids: Vec<Bid>,
}

/// A price that was paid, and who had what of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shares {
    pub(crate) price: Balance,
    pub(crate) seller: Balance,
    pub(crate) royalty: Balance,
    pub(crate) fee: Balance,
}

/// What became of a listing at last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Sold { to: AccountId, shares: Shares },
    Swapped { to: AccountId, coupons: Vec<CouponId>, cash: Shares },
    Returned,
}

/// A deal, for the invariants: the listing that ended with it, or `None` for one with an offer.
#[derive(Clone, Debug)]
pub(crate) struct Deal {
    pub(crate) id: u64,
    pub(crate) end: End,
}

#[derive(Clone, Debug)]
pub(crate) struct Market {
    pub(crate) owner: AccountId,
    pub(crate) heir: Option<AccountId>,
    /// The fee, and what it becomes when.
    pub(crate) fee_bps: u16,
    pub(crate) next_fee: Option<(u16, u64)>,
    pub(crate) next_id: u64,
    pub(crate) entries: BTreeMap<u64, Entry>,
    pub(crate) offers: BTreeMap<u64, Offer>,
    /// What an account cancelled everything below of.
    pub(crate) floors: BTreeMap<AccountId, u64>,
    /// Tokens it deals in, from when on.
    pub(crate) tokens: BTreeMap<AccountId, u64>,
    pub(crate) native_fees: Balance,
    pub(crate) credits: BTreeMap<(AccountId, Asset), Balance>,
    /// How each listing ended. The chain forgets; the model doesn't.
    pub(crate) ended: Vec<Deal>,
    /// Every price that was shared.
    pub(crate) shared: Vec<Shares>,
}

impl Market {
    /// One that deals in plancks and a token.
    pub(crate) fn new(owner: AccountId, fee_bps: u16, token: AccountId) -> Self {
        Self {
            owner,
            heir: None,
            fee_bps,
            next_fee: None,
            next_id: 1,
            entries: BTreeMap::new(),
            offers: BTreeMap::new(),
            floors: BTreeMap::new(),
            tokens: BTreeMap::from([(token, 0)]),
            native_fees: 0,
            credits: BTreeMap::new(),
            ended: Vec::new(),
            shared: Vec::new(),
        }
    }

    /// The fee of what is opened now.
    fn fee(&self, now: u64) -> u16 {
        match self.next_fee {
            Some((bps, from)) if now >= from => bps,
            _ => self.fee_bps,
        }
    }

    fn take_number(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id - 1
    }

    pub(crate) fn floor(&self, account: AccountId) -> u64 {
        self.floors.get(&account).copied().unwrap_or_default()
    }

    fn add_credit(&mut self, account: AccountId, asset: Asset, amount: Balance) {
        *self.credits.entry((account, asset)).or_default() += amount;
    }

    fn entry(&self, id: u64) -> Result<&Entry, E> {
        self.entries.get(&id).ok_or(E::NoSuchListing { id })
    }

    fn entry_mut(&mut self, id: u64) -> &mut Entry {
        self.entries.get_mut(&id).expect("it was just looked at")
    }

    /// What is owed in an asset: bids, offers, the cash of swaps, pull balances and fees.
    pub(crate) fn liability(&self, asset: Asset) -> Balance {
        let listed = self.entries.values().filter(|entry| entry.listing.asset == asset);
        let in_listings: Balance = listed.map(Entry::money).sum();
        let offered = self.offers.values().filter(|offer| offer.wish.asset == asset);
        let in_offers: Balance = offered.map(|offer| offer.wish.price * Balance::from(offer.left)).sum();
        let waiting = self.credits.iter().filter(|((_, of), _)| *of == asset);
        let credits: Balance = waiting.map(|(_, amount)| amount).sum();
        let fees = if asset == Asset::Native { self.native_fees } else { 0 };
        in_listings + in_offers + credits + fees
    }
}

impl Entry {
    /// Whether its coupons are at the market.
    pub(crate) fn holds(&self) -> bool {
        self.status == Status::Open || self.status == Status::Failed
    }

    /// The bid whose money is at the market.
    pub(crate) fn live_bid(&self) -> Option<Bid> {
        self.bids.last().copied().filter(|_| self.status == Status::Open)
    }

    pub(crate) fn ends_at(&self) -> u64 {
        self.bids.last().map_or(self.listing.ends_at, |bid| bid.ends_at)
    }

    /// The cash that is here for it.
    fn money(&self) -> Balance {
        let bid = self.live_bid().map_or(0, |bid| bid.amount);
        bid + self.cash()
    }

    /// What of it its seller paid.
    pub(crate) fn cash(&self) -> Balance {
        if self.status == Status::Open {
            listing::adds(&self.listing.ask)
        } else {
            0
        }
    }
}

/// What is due to whom, in the order it is paid out.
struct Purse {
    asset: Asset,
    fee: Balance,
    due: Vec<(AccountId, Balance)>,
}

impl Purse {
    fn new(asset: Asset) -> Self {
        Self { asset, fee: 0, due: Vec::new() }
    }

    fn add(&mut self, account: AccountId, amount: Balance) {
        match self.due.iter_mut().find(|(known, _)| *known == account) {
            Some((_, due)) => *due += amount,
            None if amount > 0 => self.due.push((account, amount)),
            None => {}
        }
    }

    fn share(&mut self, shares: &Shares, seller: AccountId, issuer: AccountId) {
        self.fee += shares.fee;
        self.add(seller, shares.seller);
        self.add(issuer, shares.royalty);
    }
}

/// Why a registry wouldn't move a coupon.
fn refused(coupon: CouponId, refusal: PSP34Error) -> E {
    match refusal {
        PSP34Error::TokenNotExists => E::NoSuchCoupon { coupon },
        PSP34Error::NotApproved => E::NotApproved { coupon },
        PSP34Error::Custom(word) => match word.as_str() {
            "CouponFrozen" => E::CouponFrozen { coupon },
            "CouponLocked" => E::CouponLocked { coupon },
            "Soulbound" => E::Soulbound { coupon },
            "MarketOnly" => E::OtherMarketOnly { coupon },
            _ => E::TransferRefused { coupon },
        },
        PSP34Error::SelfApprove | PSP34Error::TokenExists | PSP34Error::SafeTransferCheckFailed(_) => {
            E::TransferRefused { coupon }
        }
    }
}

/// What a desk's refusal means here.
fn refused_by_desk(registry: AccountId, refusal: &RegistryError) -> E {
    match *refusal {
        RegistryError::NoSuchCoupon { coupon } => E::NoSuchCoupon { coupon },
        RegistryError::CouponFrozen { coupon, .. } => E::CouponFrozen { coupon },
        RegistryError::CouponLocked { coupon, .. } => E::CouponLocked { coupon },
        RegistryError::Soulbound { coupon } => E::Soulbound { coupon },
        RegistryError::MarketOnly { coupon } => E::OtherMarketOnly { coupon },
        RegistryError::NotApproved { coupon } => E::NotApproved { coupon },
        RegistryError::Paused { .. } => E::TradingPaused { registry },
        _ => E::RegistryFailed { registry },
    }
}

/// Whether a coupon is the wanted one; serial 0 wants any of the campaign.
pub(crate) fn is_wanted(wanted: CouponId, coupon: CouponId) -> bool {
    wanted == coupon || wanted == CouponId { serial: 0, ..coupon }
}

fn ensure_count(items: usize) -> Result<(), E> {
    let items = u32::try_from(items).unwrap();
    if items == 0 || items > MOST {
        return Err(E::Count { items, most: MOST });
    }
    Ok(())
}

/// Something, not too much, nothing twice.
fn ensure_distinct(coupons: &[CouponId]) -> Result<(), E> {
    ensure_count(coupons.len())?;
    let twice = coupons.iter().find(|coupon| coupons.iter().filter(|other| other == coupon).count() > 1);
    twice.map_or(Ok(()), |coupon| Err(E::DuplicateCoupon { coupon: *coupon }))
}

impl Model {
    pub(super) fn market_call(
        &mut self,
        caller: AccountId,
        value: Balance,
        call: &MarketCall,
    ) -> Result<Answer, E> {
        match call {
            MarketCall::List { registry, coupons, ask, ends_at, reserved } => {
                let reserved = reserved.map(|who| self.places.of(who));
                let registry = self.places.of(registry);
                self.list(caller, value, (registry, coupons), ask, (*ends_at, reserved))
            }
            MarketCall::Buy { id, guard } => self.buy(caller, value, *id, guard).map(Answer::Number),
            MarketCall::BuyMany { ids, guard, all } => self.buy_many(caller, value, ids, guard, *all),
            MarketCall::BuyAndUse { id, highest, through, order } => {
                self.buy_and_use(caller, value, (*id, *highest), *through, order)
            }
            MarketCall::Bid { id, amount, guard } => self.bid(caller, value, *id, *amount, guard),
            MarketCall::Swap { id, coupons, guard } => self.swap(caller, value, *id, coupons, guard),
            MarketCall::Settle { id } => self.settle_listing(caller, *id),
            MarketCall::Cancel { id } => self.cancel_listing(caller, *id),
            MarketCall::CancelAll => {
                let below = self.market.next_id;
                self.market.floors.insert(caller, below);
                self.emit("AllCancelled");
                Ok(Answer::Number(below.into()))
            }
            MarketCall::Forget { ids } => self.forget_listings(caller, ids),
            MarketCall::MakeOffer { wish } => self.make_offer(caller, value, wish),
            MarketCall::AcceptOffer { id, coupon, least } => self.accept_offer(caller, *id, *coupon, *least),
            MarketCall::WithdrawOffer { id } => self.withdraw_offer(caller, *id),
            MarketCall::Withdraw { asset } => self.withdraw_pulled(caller, *asset),
            MarketCall::SetFee { .. }
            | MarketCall::SetToken { .. }
            | MarketCall::OfferOwnership { .. }
            | MarketCall::AcceptOwnership => self.market_office(caller, call),
        }
    }

    /// What only the owner may, or whom it offered the market to.
    fn market_office(&mut self, caller: AccountId, call: &MarketCall) -> Result<Answer, E> {
        let (owner, now) = (self.market.owner, self.now);
        if matches!(call, MarketCall::AcceptOwnership) {
            if self.market.heir != Some(caller) {
                return Err(E::NotOffered { caller });
            }
            let fees = std::mem::take(&mut self.market.native_fees);
            if fees > 0 {
                self.market.add_credit(owner, Asset::Native, fees);
            }
            (self.market.owner, self.market.heir) = (caller, None);
            self.emit("OwnerChanged");
            return Ok(Answer::Nothing);
        }
        if caller != owner {
            return Err(E::NotMarketOwner { owner, caller });
        }
        match call {
            MarketCall::SetFee { bps } => {
                if *bps > MOST_SHARED {
                    return Err(E::SharesOverCap { fee_bps: *bps, royalty_bps: 0, most_bps: MOST_SHARED });
                }
                self.market.fee_bps = self.market.fee(now);
                self.market.next_fee = Some((*bps, now + NOTICE));
                self.emit("FeeChanged");
                Ok(Answer::Number((now + NOTICE).into()))
            }
            MarketCall::SetToken { token, allowed } => {
                let token = self.places.of(token);
                if self.market.tokens.contains_key(&token) == *allowed {
                    return Err(E::NoChange);
                }
                let from = allowed.then_some(now + NOTICE);
                match from {
                    Some(from) => self.market.tokens.insert(token, from),
                    None => self.market.tokens.remove(&token),
                };
                self.emit("TokenChanged");
                Ok(Answer::Nothing)
            }
            MarketCall::OfferOwnership { to } => {
                let heir = to.map(|to| self.places.of(to));
                if self.market.heir == heir {
                    return Err(E::NoChange);
                }
                self.market.heir = heir;
                self.emit("OwnershipOffered");
                Ok(Answer::Nothing)
            }
            _ => unreachable!("it isn't the owner's"),
        }
    }

    fn withdraw_pulled(&mut self, caller: AccountId, asset: Asset) -> Result<Answer, E> {
        let mut amount = self.market.credits.remove(&(caller, asset)).unwrap_or_default();
        if caller == self.market.owner && asset == Asset::Native {
            amount += std::mem::take(&mut self.market.native_fees);
        }
        if amount == 0 {
            return Err(E::NoCredit { asset });
        }
        self.emit("CreditWithdrawn");
        self.money.pay(asset, self.places.market, caller, amount).map_err(E::Payment)?;
        Ok(Answer::Number(amount))
    }

    /// What a registry says of coupons: all of them, or why one isn't for sale.
    fn terms_of_sale(&self, registry: AccountId, coupons: &[CouponId]) -> Result<Vec<SaleTerms>, E> {
        self.sale_terms_of(coupons).map_err(|refusal| refused_by_desk(registry, &refusal))
    }

    /// The market moves coupons of one holder: one by the token, several by the desk.
    fn move_coupons(&mut self, coupons: &[CouponId], to: AccountId) -> Result<(), E> {
        let this = self.places.market;
        match coupons {
            [coupon] => match self.transfer(this, to, *coupon) {
                Ok(_) => Ok(()),
                Err(refusal) => Err(refused(*coupon, refusal)),
            },
            _ => {
                let registry = self.places.registry;
                self.transfer_many(this, to, coupons)
                    .map(drop)
                    .map_err(|refusal| refused_by_desk(registry, &refusal))
            }
        }
    }

    fn collect_for_market(
        &mut self,
        asset: Asset,
        payer: AccountId,
        amount: Balance,
        value: Balance,
    ) -> Result<(), E> {
        let this = self.places.market;
        self.money.collect(asset, (this, this), payer, amount, value).map_err(E::Payment)
    }

    /// Pays everyone who is due, and the platform; what can't be paid waits.
    fn pay_out(&mut self, purse: Purse) {
        let Purse { asset, fee, due } = purse;
        match asset {
            Asset::Native => self.market.native_fees += fee,
            Asset::Psp22(_) if fee > 0 => self.market.add_credit(self.market.owner, asset, fee),
            Asset::Psp22(_) => {}
        }
        for (account, amount) in due {
            if self.money.pay(asset, self.places.market, account, amount).is_err() {
                self.market.add_credit(account, asset, amount);
                self.emit("CreditAdded");
            }
        }
    }
}
