//! Auctions: bids, and how what has ended is settled.

use super::{sales::ensure_guarded, Purse, E, LATE};
use crate::model::{Answer, Model};
use ::market::listings::{Ask, Bid, Guard, Status};
use chain::{AccountId, Balance};

impl Model {
    pub(super) fn bid(
        &mut self,
        bidder: AccountId,
        value: Balance,
        id: u64,
        amount: Balance,
        guard: &Guard,
    ) -> Result<Answer, E> {
        let listing = self.ensure_open_to(id, bidder)?;
        let Ask::English { reserve, step } = listing.ask else { return Err(E::OtherKind { id }) };
        let entry = self.market.entry(id)?;
        let (outbid, ended_at) = (entry.bids.last().copied(), entry.ends_at());
        let least = outbid.map_or(reserve, |outbid| outbid.amount + step);
        if amount < least {
            return Err(E::BidTooLow { bid: amount, least });
        }
        super::listing::ensure_within_band(amount, listing.highest)?;
        ensure_guarded(guard, &listing, amount)?;
        self.collect_for_market(listing.asset, bidder, amount, value)?;
        // Whoever is outbid late has time to answer, as long as the winner has time to use what it wins.
        let ends_at = if self.now + LATE > ended_at {
            ended_at.max((self.now + LATE).min(listing.coupons_end - LATE))
        } else {
            ended_at
        };
        self.market.entry_mut(id).bids.push(Bid { bidder, amount, ends_at });
        self.emit("BidPlaced");
        if let Some(outbid) = outbid {
            self.market.add_credit(outbid.bidder, listing.asset, outbid.amount);
        }
        Ok(Answer::Number(ends_at.into()))
    }

    pub(super) fn settle_listing(&mut self, caller: AccountId, id: u64) -> Result<Answer, E> {
        let entry = self.market.entry(id)?.clone();
        let (listing, now, ends_at) = (&entry.listing, self.now, entry.ends_at());
        if !entry.holds() {
            return Err(E::ListingClosed { id });
        }
        let cancelled = entry.bids.is_empty() && id < self.market.floor(listing.seller);
        if now < ends_at && !cancelled {
            return Err(E::StillRunning { ends_at, now });
        }
        let Some(bid) = entry.live_bid() else {
            self.give_back(caller, id)?;
            return Ok(Answer::Nothing);
        };
        let before = self.clone();
        if now < listing.coupons_end && self.move_coupons(&listing.coupons, bid.bidder).is_ok() {
            let shares = self.close_sold(id, bid.bidder, bid.amount);
            let mut purse = Purse::new(listing.asset);
            purse.share(&shares, listing.seller, listing.issuer);
            let bounty = shares.fee / 10;
            purse.fee -= bounty;
            purse.add(caller, bounty);
            self.emit("AuctionWon");
            self.pay_out(purse);
            return Ok(Answer::Nothing);
        }
        *self = before;
        self.fail(id, bid.bidder, bid.amount);
        Ok(Answer::Nothing)
    }

    /// What the registry won't move stays; who paid for it is owed the money.
    pub(super) fn fail(&mut self, id: u64, payer: AccountId, amount: Balance) {
        let entry = self.market.entry_mut(id);
        entry.status = Status::Failed;
        let asset = entry.listing.asset;
        self.market.add_credit(payer, asset, amount);
        self.emit("ListingFailed");
    }
}
