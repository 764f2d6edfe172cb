//! The model's market: listings, and how a price is shared.

use super::{ops::MarketCall, Answer, Model};
use ::market::error::MarketError as E;
use chain::{AccountId, Balance};
use shared::{
    assets::{Asset, PaymentFault},
    ids::CouponId,
    psp34::PSP34Error,
    registry::RegistryError,
};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub(crate) struct Listing {
    pub(crate) seller: AccountId,
    pub(crate) price: Balance,
    pub(crate) asset: Asset,
    pub(crate) issuer: AccountId,
    pub(crate) royalty_bps: u16,
    pub(crate) fee_bps: u16,
    pub(crate) ends_at: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Market {
    pub(crate) owner: AccountId,
    pub(crate) fee_bps: u16,
    pub(crate) listings: BTreeMap<CouponId, Listing>,
    pub(crate) native_fees: Balance,
    pub(crate) credits: BTreeMap<(AccountId, Asset), Balance>,
}

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

impl Model {
    pub(super) fn market_call(
        &mut self,
        caller: AccountId,
        value: Balance,
        call: &MarketCall,
    ) -> Result<Answer, E> {
        let (this, now) = (self.places.market, self.now);
        match call {
            MarketCall::List { registry, coupon, price, ends_at } => {
                let at = self.places.of(registry);
                if at != self.places.registry {
                    let code = (at == self.places.alliance).then_some(self.places.alliance_code);
                    return Err(E::UnknownRegistry { registry: at, code });
                }
                let terms = self.sale_terms(*coupon).map_err(|refusal| match refusal {
                    RegistryError::CouponFrozen { coupon, .. } => E::CouponFrozen { coupon },
                    RegistryError::CouponLocked { coupon, .. } => E::CouponLocked { coupon },
                    RegistryError::Paused { .. } => E::TradingPaused { registry: at },
                    _ => E::NoSuchCoupon { coupon: *coupon },
                })?;
                if terms.owner != caller {
                    return Err(E::NotHolder { holder: terms.owner, caller });
                }
                if *price == 0 {
                    return Err(E::NoPrice);
                }
                if let Some(highest) = terms.highest_price.filter(|highest| price > highest) {
                    return Err(E::PriceOverBand { price: *price, highest });
                }
                if *ends_at <= now {
                    return Err(E::EndsInPast { ends_at: *ends_at, now });
                }
                if *ends_at > terms.ends_at {
                    return Err(E::OutlastsCoupon { ends_at: *ends_at, coupon_ends_at: terms.ends_at });
                }
                let (fee_bps, royalty_bps) = (self.market.fee_bps, terms.royalty_bps);
                if fee_bps + royalty_bps > 1_000 {
                    return Err(E::SharesOverCap { fee_bps, royalty_bps, most_bps: 1_000 });
                }
                let listing = Listing {
                    seller: caller,
                    price: *price,
                    asset: terms.asset,
                    issuer: terms.issuer,
                    royalty_bps,
                    fee_bps,
                    ends_at: *ends_at,
                };
                self.market.listings.insert(*coupon, listing);
                self.emit("ListingOpened");
                self.transfer(this, this, *coupon).map_err(|refusal| refused(*coupon, refusal))?;
            }
            MarketCall::Buy { registry, coupon, highest } => {
                let listing = self.take_listing(self.places.of(registry), *coupon)?;
                let (price, asset) = (listing.price, listing.asset);
                if now >= listing.ends_at {
                    return Err(E::ListingEnded { ends_at: listing.ends_at, now });
                }
                if caller == listing.seller {
                    return Err(E::OwnListing);
                }
                if price > *highest {
                    return Err(E::PriceOverLimit { price, highest: *highest });
                }
                let fee = price * Balance::from(listing.fee_bps) / 10_000;
                let royalty = price * Balance::from(listing.royalty_bps) / 10_000;
                // What is over goes back.
                let kept = match asset {
                    Asset::Native if value < price => {
                        return Err(E::Payment(PaymentFault::WrongValue { expected: price, paid: value }))
                    }
                    Asset::Native => price,
                    Asset::Psp22(_) => value,
                };
                match asset {
                    Asset::Native => self.market.native_fees += fee,
                    Asset::Psp22(_) if fee > 0 => {
                        *self.market.credits.entry((self.market.owner, asset)).or_default() += fee;
                    }
                    Asset::Psp22(_) => {}
                }
                self.money.collect(asset, (this, this), caller, price, kept).map_err(E::Payment)?;
                self.transfer(this, caller, *coupon).map_err(|refusal| refused(*coupon, refusal))?;
                self.emit("ListingSold");
                for (account, amount) in [(listing.seller, price - fee - royalty), (listing.issuer, royalty)]
                {
                    if self.money.pay(asset, this, account, amount).is_err() {
                        *self.market.credits.entry((account, asset)).or_default() += amount;
                        self.emit("CreditAdded");
                    }
                }
            }
            MarketCall::Cancel { registry, coupon } => {
                let Listing { seller, .. } = self.take_listing(self.places.of(registry), *coupon)?;
                if caller != seller {
                    return Err(E::NotSeller { seller, caller });
                }
                self.emit("ListingCancelled");
                self.transfer(this, caller, *coupon).map_err(|refusal| refused(*coupon, refusal))?;
            }
            MarketCall::Withdraw { asset } => {
                let mut amount = self.market.credits.remove(&(caller, *asset)).unwrap_or_default();
                if caller == self.market.owner && *asset == Asset::Native {
                    amount += std::mem::take(&mut self.market.native_fees);
                }
                if amount == 0 {
                    return Err(E::NoCredit { asset: *asset });
                }
                self.emit("CreditWithdrawn");
                self.money.pay(*asset, this, caller, amount).map_err(E::Payment)?;
                return Ok(Answer::Number(amount));
            }
            MarketCall::SetFee { bps } => {
                let owner = self.market.owner;
                if caller != owner {
                    return Err(E::NotMarketOwner { owner, caller });
                }
                if *bps > 1_000 {
                    return Err(E::SharesOverCap { fee_bps: *bps, royalty_bps: 0, most_bps: 1_000 });
                }
                self.market.fee_bps = *bps;
                self.emit("FeeChanged");
            }
        }
        Ok(Answer::Nothing)
    }

    fn take_listing(&mut self, registry: AccountId, coupon: CouponId) -> Result<Listing, E> {
        let listed =
            if registry == self.places.registry { self.market.listings.remove(&coupon) } else { None };
        listed.ok_or(E::NotListed { coupon })
    }
}
