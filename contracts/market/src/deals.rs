//! What the messages do, in order: look into the books, ask the registry, change the books, move coupons and money, tell. The rules are elsewhere.
//!
//! A call may change the books after it has called a registry or a token: whoever calls back into the market meanwhile traps, and every error reverts the
//! whole call.
use crate::{
    book::Book,
    calls,
    error::{refusal, MarketError, Outcome, Refusal},
    events::*,
    goods::Goods,
    listings::{
        ensure_band, ensure_count, ensure_distinct, ensure_enough, kept_and_change, Bid, Entry, Guard,
        Listing, Opening, Status, Wants,
    },
    offers::{ensure_asset, Offer, Wish},
    prices::{fee_beside, sum, Parts},
    reader::Reader,
    till::{self, Signed},
};
use ink::{
    env::DefaultEnvironment as Env,
    prelude::{boxed::Box, vec::Vec},
};
use shared::{announce::announce_of, assets::Asset, ids::CouponId, AccountId, Balance, Timestamp};

/// Who calls, when, with how much native value, and where.
pub(crate) struct Scene {
    pub(crate) caller: AccountId,
    pub(crate) now: Timestamp,
    pub(crate) paid: Balance,
    pub(crate) here: AccountId,
}

/// A listing that a buyer may have for a price.
pub(crate) struct Lot {
    id: u64,
    entry: Box<Entry>,
    price: Balance,
}

/// # Errors
/// `Count`, `DuplicateCoupon`, `UnknownRegistry`, for each coupon those of `goods`; `MixedBundle`, those of `Listing::open`, `UnknownToken`, `Payment`,
/// those of `calls::take`.
#[inline(never)]
pub(crate) fn list(book: &mut Book, scene: &Scene, opening: Opening) -> Outcome<u64> {
    let now = scene.now;
    ensure_distinct(&opening.coupons)?;
    ensure_known(book, opening.registry)?;
    let goods = goods(opening.registry, &opening.coupons, scene, None)?;
    let listing = Listing::open(opening, &goods, book.fee_bps(now), now)?;
    book.ensure_deals_in(goods.asset, now)?;
    collect(scene, goods.asset, listing.ask.adds())?;
    let id = book.next_id()?;
    book.take_in(listing.coupons.len())?;
    let opened = ListingOpened { seller: listing.seller, id, listing: *listing };
    announce_of(opened.seller, &opened);
    let entry = Entry::new(opened.listing);
    book.keep(id, &entry);
    calls::take(entry.listing.registry, &entry.listing.coupons, scene.here)?;
    Ok(id)
}

/// Gives the price.
/// # Errors
/// Those of `consider` and `Guard::ensure`, `Payment`, those of `calls::give`.
#[inline(never)]
pub(crate) fn buy(book: &mut Book, scene: &Scene, id: u64, guard: &Guard) -> Outcome<Balance> {
    let lot = consider(book, scene, id)?;
    let Listing { registry, ref coupons, .. } = lot.entry.listing;
    guard.ensure(&lot.entry.listing, lot.price)?;
    calls::give(registry, coupons, scene.caller)?;
    sell(book, scene, [lot].into())
}

/// Gives the discount.
/// # Errors
/// As `buy`, then those of `calls::redeem` and `till::gain`.
#[inline(never)]
pub(crate) fn buy_and_use(
    book: &mut Book,
    scene: &Scene,
    (id, highest_price): (u64, Balance),
    (through, signed): (Option<AccountId>, Signed),
) -> Outcome<Balance> {
    let price = buy(book, scene, id, &Guard::price(highest_price))?;
    let listing = book.entry(id)?.listing;
    let uses = calls::redeem(listing.registry, through, signed)?;
    till::gain(&uses, scene.caller, &listing.coupons, price)
}

/// Gives the price of each listing, or why it wasn't bought.
/// # Errors
/// `Count`, `NothingBought`, `Payment`, `RegistryFailed`; where it must be all, whatever stands against the first that can't be bought.
#[inline(never)]
pub(crate) fn buy_many(
    book: &mut Book,
    scene: &Scene,
    ids: &[u64],
    guard: &Guard,
    all: bool,
) -> Outcome<Vec<Result<Balance, MarketError>>> {
    ensure_count(ids.len())?;
    let mut results = Vec::with_capacity(ids.len());
    let mut basket =
        Basket { lots: Vec::with_capacity(ids.len()), coupons: Vec::new(), left: guard.highest_price };
    for id in ids {
        match basket.pick(book, scene, *id, guard) {
            Ok(price) => results.push(Ok(price)),
            Err(refusal) if all => return Err(refusal.into()),
            Err(refusal) => results.push(Err(*refusal)),
        }
    }
    let Some(first) = basket.lots.first() else { return Err(MarketError::NothingBought.into()) };
    let registry = first.entry.listing.registry;
    match calls::give(registry, &basket.coupons, scene.caller) {
        Ok(()) => {}
        Err(refusal) if all => return Err(refusal.into()),
        // One of them doesn't move: the others do, listing by listing.
        Err(_) => {
            let mut bought = Vec::with_capacity(basket.lots.len());
            for lot in basket.lots {
                match calls::give(registry, &lot.entry.listing.coupons, scene.caller) {
                    Ok(()) => bought.push(lot),
                    Err(refusal) => {
                        let places = ids.iter().zip(&mut results);
                        for (_, result) in places.filter(|(id, result)| **id == lot.id && result.is_ok()) {
                            *result = Err(*refusal);
                        }
                    }
                }
            }
            basket.lots = bought;
        }
    }
    if basket.lots.is_empty() {
        return Err(MarketError::NothingBought.into());
    }
    sell(book, scene, basket.lots)?;
    Ok(results)
}

/// What a bulk purchase comes to so far.
struct Basket {
    lots: Vec<Lot>,
    coupons: Vec<CouponId>,
    /// How much more it may cost.
    left: Balance,
}

impl Basket {
    /// # Errors
    /// Those of `consider`; `ListingClosed` for one that is in the basket already, `OtherPurchase`, `Count`, those of `Guard::ensure`.
    #[inline(never)]
    fn pick(&mut self, book: &Book, scene: &Scene, id: u64, guard: &Guard) -> Result<Balance, Refusal> {
        let lot = consider(book, scene, id)?;
        let Listing { registry, asset, ref coupons, .. } = lot.entry.listing;
        if self.lots.iter().any(|other| other.id == id) {
            return Err(refusal(MarketError::ListingClosed { id }));
        }
        if let Some(first) = self.lots.first() {
            if (first.entry.listing.registry, first.entry.listing.asset) != (registry, asset) {
                return Err(refusal(MarketError::OtherPurchase { id }));
            }
        }
        ensure_count(self.coupons.len().saturating_add(coupons.len()))?;
        Guard { highest_price: self.left, ..*guard }.ensure(&lot.entry.listing, lot.price)?;
        let price = lot.price;
        self.left = self.left.saturating_sub(price);
        self.coupons.extend_from_slice(coupons);
        self.lots.push(lot);
        Ok(price)
    }
}

/// Whether the caller may buy a listing, and for what.
/// # Errors
/// `NoSuchListing`, those of `Entry::ensure_live`, `OtherKind`.
#[inline(never)]
fn consider(book: &Book, scene: &Scene, id: u64) -> Result<Lot, Refusal> {
    let entry = live(book, scene, id)?;
    let price = entry.price(id, scene.now)?;
    Ok(Lot { id, entry, price })
}

/// # Errors
/// `NoSuchListing`, those of `Entry::ensure_live`.
#[inline(never)]
fn live(book: &Book, scene: &Scene, id: u64) -> Result<Box<Entry>, Refusal> {
    let entry = book.entry(id)?;
    entry.ensure_live(id, floor_of(book, &entry), scene.caller, scene.now)?;
    Ok(entry)
}

/// What the seller cancelled everything below of, where that matters.
fn floor_of(book: &Book, entry: &Entry) -> u64 {
    match entry.bid {
        Some(_) => 0,
        None => book.floor(entry.listing.seller),
    }
}

/// Sells what has left already, of one asset; gives what it costs together.
/// # Errors
/// `Payment`, `Overflow`.
#[inline(never)]
fn sell(book: &mut Book, scene: &Scene, lots: Vec<Lot>) -> Outcome<Balance> {
    let asset = lots.first().map_or(Asset::Native, |lot| lot.entry.listing.asset);
    let mut total: Balance = 0;
    for lot in &lots {
        total = sum(total, lot.price)?;
    }
    let (kept, change) = kept_and_change(asset, total, scene.paid)?;
    asset.collect(scene.caller, total, kept).map_err(MarketError::Payment)?;
    let mut purse = Purse::new(asset);
    let mut sold = Vec::with_capacity(lots.len());
    for lot in lots {
        let parts = close(book, lot.id, lot.entry, lot.price, &mut purse)?;
        sold.push(Sold { id: lot.id, parts });
    }
    announce_of(scene.caller, &ListingsSold { buyer: scene.caller, sold });
    purse.add(scene.caller, change)?;
    purse.pay(book)?;
    Ok(total)
}

/// Books a sale at a price; what is due for it goes to the purse.
/// # Errors
/// `Overflow`.
#[inline(never)]
fn close(
    book: &mut Book,
    id: u64,
    mut entry: Box<Entry>,
    price: Balance,
    purse: &mut Purse,
) -> Outcome<Parts> {
    entry.status = Status::Sold;
    book.keep(id, &entry);
    let Listing { seller, issuer, fee_bps, royalty_bps, ref coupons, .. } = entry.listing;
    book.let_go(coupons.len())?;
    let parts = Parts::of(price, fee_bps, royalty_bps);
    purse.share(&parts, seller, issuer)?;
    Ok(parts)
}

/// Money that the market has for others.
struct Purse {
    asset: Asset,
    due: Vec<(AccountId, Balance)>,
    fees: Balance,
}

impl Purse {
    #[inline(never)]
    fn new(asset: Asset) -> Self {
        Self { asset, due: Vec::new(), fees: 0 }
    }

    fn share(&mut self, parts: &Parts, seller: AccountId, issuer: AccountId) -> Outcome<()> {
        self.fees = sum(self.fees, parts.fee)?;
        self.add(seller, parts.seller)?;
        self.add(issuer, parts.royalty)
    }

    /// Whoever is due several sums is paid once.
    #[inline(never)]
    fn add(&mut self, account: AccountId, amount: Balance) -> Outcome<()> {
        if amount == 0 {
            return Ok(());
        }
        for (known, due) in &mut self.due {
            if *known == account {
                *due = sum(*due, amount)?;
                return Ok(());
            }
        }
        self.due.push((account, amount));
        Ok(())
    }

    /// A receiver that can't be paid now doesn't stop the others: it finds the amount in its pull balance.
    #[inline(never)]
    fn pay(self, book: &mut Book) -> Outcome<()> {
        book.earn(self.asset, self.fees)?;
        for (account, amount) in self.due {
            if self.asset.pay(account, amount).is_err() {
                book.add_credit(account, self.asset, amount)?;
                announce_of(account, &CreditAdded { account, asset: self.asset, amount });
            }
        }
        Ok(())
    }
}

/// Gives when the auction ends now.
/// # Errors
/// `NoSuchListing`, those of `Entry::ensure_live`, `Entry::take_bid` and `Guard::ensure`, `Payment`.
#[inline(never)]
pub(crate) fn bid(
    book: &mut Book,
    scene: &Scene,
    id: u64,
    amount: Balance,
    guard: &Guard,
) -> Outcome<Timestamp> {
    let mut entry = live(book, scene, id)?;
    let bidder = scene.caller;
    let outbid = entry.take_bid(id, bidder, amount, scene.now)?;
    guard.ensure(&entry.listing, amount)?;
    let asset = entry.listing.asset;
    collect(scene, asset, amount)?;
    book.keep(id, &entry);
    let ends_at = entry.ends_at();
    announce_of(bidder, &BidPlaced { bidder, id, amount, ends_at });
    if let Some(Bid { bidder, amount, .. }) = outbid {
        book.add_credit(bidder, asset, amount)?;
    }
    Ok(ends_at)
}

/// # Errors
/// `NoSuchListing`, those of `Entry::ensure_over`; of what has neither bid nor cash, those of `calls::give`.
#[inline(never)]
pub(crate) fn settle(book: &mut Book, scene: &Scene, id: u64) -> Outcome<()> {
    let entry = book.entry(id)?;
    entry.ensure_over(id, floor_of(book, &entry), scene.now)?;
    let Some(Bid { bidder, amount, .. }) = entry.live_bid() else {
        return give_back(book, scene, id, entry);
    };
    if scene.now >= entry.listing.coupons_end || stays(&entry.listing, bidder)?.is_some() {
        return fail(book, id, entry, bidder, amount);
    }
    let mut purse = Purse::new(entry.listing.asset);
    let parts = close(book, id, entry, amount, &mut purse)?;
    let bounty = parts.bounty();
    purse.fees = purse.fees.saturating_sub(bounty);
    purse.add(scene.caller, bounty)?;
    announce_of(bidder, &AuctionWon { bidder, id, parts, bounty, by: scene.caller });
    purse.pay(book)
}

/// Moves a listing's coupons, all or none; gives why they stay, if they do.
/// # Errors
/// `RegistryFailed`.
#[inline(never)]
fn stays(listing: &Listing, to: AccountId) -> Outcome<Option<Refusal>> {
    match calls::give(listing.registry, &listing.coupons, to) {
        Ok(()) => Ok(None),
        Err(refusal) if matches!(*refusal, MarketError::RegistryFailed { .. }) => Err(refusal.into()),
        Err(refusal) => Ok(Some(refusal)),
    }
}

/// The money of a listing whose coupons stay here goes to the pull balance of whoever paid it.
/// # Errors
/// `Overflow`.
#[inline(never)]
fn fail(book: &mut Book, id: u64, mut entry: Box<Entry>, payer: AccountId, amount: Balance) -> Outcome<()> {
    book.add_credit(payer, entry.listing.asset, amount)?;
    entry.status = Status::Failed;
    book.keep(id, &entry);
    announce_of(payer, &ListingFailed { payer, id });
    Ok(())
}

/// # Errors
/// `NoSuchListing`, those of `Entry::ensure_cancels`; of what has no cash, those of `calls::give`.
#[inline(never)]
pub(crate) fn cancel(book: &mut Book, scene: &Scene, id: u64) -> Outcome<()> {
    let entry = book.entry(id)?;
    entry.ensure_cancels(id, scene.caller)?;
    give_back(book, scene, id, entry)
}

/// Coupons and cash of a listing go back to its seller; the cash alone, while the registry won't move the coupons. Its record goes when the seller asks, who paid for it;
/// else it stays for the seller to forget.
#[inline(never)]
fn give_back(book: &mut Book, scene: &Scene, id: u64, mut entry: Box<Entry>) -> Outcome<()> {
    let (seller, cash) = (entry.listing.seller, entry.cash());
    match stays(&entry.listing, seller)? {
        None => {}
        Some(refusal) if cash == 0 => return Err(refusal.into()),
        Some(_) => return fail(book, id, entry, seller, cash),
    }
    if scene.caller == seller {
        book.remove(id);
    } else {
        entry.status = Status::Returned;
        book.keep(id, &entry);
    }
    book.let_go(entry.listing.coupons.len())?;
    announce_of(seller, &ListingReturned { seller, id, by: scene.caller });
    let mut purse = Purse::new(entry.listing.asset);
    purse.add(seller, cash)?;
    purse.pay(book)
}

/// # Errors
/// `Count`, and for each `NoSuchListing`, `NotSeller`, `StillOpen`.
#[inline(never)]
pub(crate) fn forget(book: &mut Book, scene: &Scene, ids: Vec<u64>) -> Outcome<()> {
    ensure_count(ids.len())?;
    for id in &ids {
        let entry = book.entry(*id)?;
        entry.ensure_sold_by(scene.caller)?;
        if entry.holds() {
            return Err(MarketError::StillOpen { id: *id }.into());
        }
        book.remove(*id);
    }
    announce_of(scene.caller, &ListingsForgotten { seller: scene.caller, ids });
    Ok(())
}

/// # Errors
/// `NoSuchListing`, those of `Entry::ensure_live`, `OtherKind`, those of `Guard::ensure` and `Wants::ensure_these`, for each of the taker's coupons those
/// of `goods`; `MixedBundle`, `AssetMismatch`, `PriceOverBand`, `SharesOverCap`, `Payment`, those of `calls::take` and `calls::give`.
#[inline(never)]
pub(crate) fn swap(
    book: &mut Book,
    scene: &Scene,
    id: u64,
    coupons: Vec<CouponId>,
    guard: &Guard,
) -> Outcome<()> {
    let mut entry = live(book, scene, id)?;
    let (wants, asks, adds) = entry.swap(id)?;
    guard.ensure(&entry.listing, asks)?;
    wants.ensure_these(&coupons)?;
    let Listing { seller, registry, asset, issuer, fee_bps, royalty_bps, .. } = entry.listing;
    let goods = goods(registry, &coupons, scene, Some(wants))?;
    let taker = scene.caller;
    // Whoever is paid cash is the seller of what it is paid for.
    let (price, fee_bps, royalty_bps, paid, issuer) = if adds > 0 {
        ensure_asset(asset, goods.asset)?;
        ensure_band(adds, goods.highest)?;
        (adds, fee_beside(fee_bps, goods.royalty_bps)?, goods.royalty_bps, taker, goods.issuer)
    } else {
        (asks, fee_bps, royalty_bps, seller, issuer)
    };
    let parts = Parts::of(price, fee_bps, royalty_bps);
    let mut purse = Purse::new(asset);
    purse.share(&parts, paid, issuer)?;
    collect(scene, asset, asks)?;
    calls::take(registry, &coupons, scene.here)?;
    calls::give(registry, &coupons, seller)?;
    calls::give(registry, &entry.listing.coupons, taker)?;
    entry.status = Status::Sold;
    book.keep(id, &entry);
    book.let_go(entry.listing.coupons.len())?;
    announce_of(taker, &SwapMade { taker, id, coupons, issuer: goods.issuer, parts });
    purse.pay(book)
}

/// # Errors
/// Those of `Wish::check`, `UnknownRegistry`, `UnknownToken`, `Payment`.
#[inline(never)]
pub(crate) fn make_offer(book: &mut Book, scene: &Scene, wish: Wish) -> Outcome<u64> {
    let (buyer, now) = (scene.caller, scene.now);
    let due = wish.check(now)?;
    ensure_known(book, wish.registry)?;
    book.ensure_deals_in(wish.asset, now)?;
    collect(scene, wish.asset, due)?;
    let id = book.next_id()?;
    let offer = Offer::new(buyer, wish, book.fee_bps(now));
    book.keep_offer(id, &offer);
    announce_of(buyer, &OfferMade { buyer, id, wish, fee_bps: offer.fee_bps });
    Ok(id)
}

/// Gives what the seller gets.
/// # Errors
/// `NoSuchOffer`, those of `Offer::ensure_live`, `goods` and `Offer::accept`, those of `calls::take`.
#[inline(never)]
pub(crate) fn accept_offer(
    book: &mut Book,
    scene: &Scene,
    id: u64,
    coupon: CouponId,
    least_proceeds: Balance,
) -> Outcome<Balance> {
    let (seller, now) = (scene.caller, scene.now);
    let mut offer = book.offer(id)?;
    offer.ensure_live((id, book.floor(offer.buyer)), coupon, seller, now)?;
    let (registry, asset) = (offer.wish.registry, offer.wish.asset);
    let goods = goods(registry, &[coupon], scene, None)?;
    let parts = offer.accept(&goods, least_proceeds, now)?;
    book.keep_offer(id, &offer);
    calls::take(registry, &[coupon], scene.here)?;
    calls::give(registry, &[coupon], offer.buyer)?;
    announce_of(seller, &OfferAccepted { seller, id, coupon, issuer: goods.issuer, parts });
    let mut purse = Purse::new(asset);
    purse.share(&parts, seller, goods.issuer)?;
    purse.pay(book)?;
    Ok(parts.seller)
}

/// Gives what was left in it.
/// # Errors
/// `NoSuchOffer`, `NotBuyer`, `Payment`.
#[inline(never)]
pub(crate) fn withdraw_offer(book: &mut Book, scene: &Scene, id: u64) -> Outcome<Balance> {
    let offer = book.offer(id)?;
    let buyer = scene.caller;
    offer.ensure_made_by(buyer)?;
    let amount = offer.escrow()?;
    book.remove_offer(id);
    announce_of(buyer, &OfferWithdrawn { buyer, id, amount });
    offer.wish.asset.pay(buyer, amount).map_err(MarketError::Payment)?;
    Ok(amount)
}

/// What the registry says of coupons of the caller's, of which a swap `wants` each.
/// # Errors
/// `RegistryFailed`, and for each coupon `TradingPaused`, `NoSuchCoupon`, `CouponFrozen`, `CouponLocked`, `NotHolder`, `TooLittleLeft`, `EndsTooSoon`,
/// `MixedBundle`, `Overflow`.
#[inline(never)]
fn goods(registry: AccountId, coupons: &[CouponId], scene: &Scene, wants: Option<&Wants>) -> Outcome<Goods> {
    let terms = calls::sale_terms(registry, coupons)?;
    let mut terms = Reader::new(&terms);
    let mut all: Option<Goods> = None;
    let answered = usize::from(terms.count());
    for coupon in coupons {
        let (holder, goods) = calls::goods(&mut terms);
        if holder != scene.caller {
            return Err(MarketError::NotHolder { holder, caller: scene.caller }.into());
        }
        if let Some(wants) = wants {
            let no_sooner = wants.ends_no_sooner.max(scene.now.saturating_add(1));
            ensure_enough((goods.left, goods.ends_at), (wants.least_left, no_sooner))?;
        }
        match &mut all {
            Some(all) => all.add(&goods, *coupon)?,
            None => all = Some(goods),
        }
    }
    match all {
        Some(goods) if terms.is_done() && answered == coupons.len() => Ok(goods),
        Some(_) | None => Err(MarketError::RegistryFailed { registry }.into()),
    }
}

/// # Errors
/// `UnknownRegistry`.
fn ensure_known(book: &Book, registry: AccountId) -> Outcome<()> {
    book.ensure_known(registry, ink::env::code_hash::<Env>(&registry).ok().map(Into::into))
}

/// Takes exactly `amount` from the caller.
/// # Errors
/// `Payment`.
#[inline(never)]
fn collect(scene: &Scene, asset: Asset, amount: Balance) -> Outcome<()> {
    Ok(asset.collect(scene.caller, amount, scene.paid).map_err(MarketError::Payment)?)
}
