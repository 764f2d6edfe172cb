//! The market's tables.
use super::{account, amount, asset, at, coupon, moment, number, order, text, Tables};
use crate::audit::{decode::MarketEvent, AuditError, Happened};
use ::market::{
    events::{ListingOpened, OfferAccepted, OfferMade, SwapMade},
    listings::Ask,
    prices::Parts,
};
use rusqlite::types::Value;
use shared::{order::Use, AccountId, Balance};

impl Tables<'_> {
    pub(super) fn market(&self, happened: &Happened, event: &MarketEvent) -> Result<(), AuditError> {
        match event {
            MarketEvent::ListingOpened(event) => self.opened(happened, event),
            MarketEvent::ListingsSold(event) => event
                .sold
                .iter()
                .try_for_each(|sold| self.sold(happened, (sold.id, event.buyer), &sold.parts, 0)),
            MarketEvent::ListingReturned(event) => {
                let state = if event.by == event.seller { "cancelled" } else { "returned" };
                self.close(event.id, state)
            }
            MarketEvent::BidPlaced(event) => {
                self.update(
                    "UPDATE bids SET outcome = 'outbid' WHERE number = ?1 AND outcome = 'leading'",
                    [order(event.id)],
                )?;
                self.update(
                    "UPDATE listings SET ends_at = ?2 WHERE number = ?1",
                    [order(event.id), moment(event.ends_at)],
                )?;
                let row = [
                    order(event.id),
                    account(event.bidder),
                    amount(event.amount),
                    moment(event.ends_at),
                    text("leading"),
                ];
                self.note("bids", happened, row)
            }
            MarketEvent::AuctionWon(event) => {
                self.bid_ends(event.id, "won")?;
                self.sold(happened, (event.id, event.bidder), &event.parts, event.bounty)
            }
            MarketEvent::ListingFailed(event) => {
                self.bid_ends(event.id, "given back")?;
                self.close(event.id, "failed")
            }
            MarketEvent::SwapMade(event) => self.swapped(happened, event),
            MarketEvent::AllCancelled(event) => {
                let of = || [account(event.account), order(event.below)];
                self.update(
                    "UPDATE listings SET state = 'dead' WHERE seller = ?1 AND number < ?2 AND state = 'open'
                       AND number NOT IN (SELECT number FROM bids)",
                    of(),
                )?;
                self.update(
                    "UPDATE offers SET state = 'dead' WHERE buyer = ?1 AND number < ?2 AND state = 'open'",
                    of(),
                )
            }
            MarketEvent::OfferMade(event) => self.offered(happened, event),
            MarketEvent::OfferAccepted(event) => self.accepted(happened, event),
            MarketEvent::OfferWithdrawn(event) => {
                self.update("UPDATE offers SET state = 'withdrawn' WHERE number = ?1", [order(event.id)])
            }
            MarketEvent::MarketCreated(_)
            | MarketEvent::FeeChanged(_)
            | MarketEvent::TokenChanged(_)
            | MarketEvent::OwnershipOffered(_)
            | MarketEvent::OwnerChanged(_)
            | MarketEvent::ListingsForgotten(_)
            | MarketEvent::CreditAdded(_)
            | MarketEvent::CreditWithdrawn(_) => Ok(()),
        }
    }

    fn opened(&self, happened: &Happened, event: &ListingOpened) -> Result<(), AuditError> {
        let listing = &event.listing;
        let (kind, price) = match listing.ask {
            Ask::Fixed { price } => ("fixed", price),
            Ask::Dutch { start_price, .. } => ("falling", start_price),
            Ask::English { reserve, .. } => ("auction", reserve),
            Ask::Swap { asks, .. } => ("swap", asks),
        };
        for id in &listing.coupons {
            let [campaign, serial] = coupon(*id);
            let row = [
                order(event.id),
                text(kind),
                account(listing.registry),
                campaign,
                serial,
                account(listing.seller),
                account(listing.issuer),
                listing.reserved.map_or(Value::Null, account),
                asset(listing.asset),
                amount(price),
                amount(listing.left),
                moment(listing.ends_at),
                text("open"),
            ];
            self.note("listings", happened, row)?;
        }
        Ok(())
    }

    fn close(&self, id: u64, state: &str) -> Result<(), AuditError> {
        self.update("UPDATE listings SET state = ?2 WHERE number = ?1", [order(id), text(state)])
    }

    fn bid_ends(&self, id: u64, outcome: &str) -> Result<(), AuditError> {
        self.update(
            "UPDATE bids SET outcome = ?2 WHERE number = ?1 AND outcome = 'leading'",
            [order(id), text(outcome)],
        )
    }

    fn sold(
        &self,
        happened: &Happened,
        (id, buyer): (u64, AccountId),
        parts: &Parts,
        bounty: Balance,
    ) -> Result<(), AuditError> {
        self.close(id, "sold")?;
        let [block, idx, time] = at(happened);
        let row = [
            block,
            idx,
            time,
            order(id),
            account(buyer),
            amount(price(parts)),
            amount(parts.seller),
            amount(parts.royalty),
            amount(parts.fee),
            amount(bounty),
        ];
        self.update(
            "INSERT INTO sales SELECT ?1, ?2, ?3, number, kind, registry, campaign, COUNT(*), seller, ?5, issuer, asset, ?6, ?7, ?8, ?9, ?10, NULL
               FROM listings WHERE number = ?4",
            row,
        )?;
        self.delivered(happened, id, buyer)
    }

    /// What was bought in the same block took `discount` off: in the same call, on a chain with one call a block.
    pub(super) fn used_at_once(&self, happened: &Happened, used: &Use) -> Result<(), AuditError> {
        let [block, ..] = at(happened);
        let [campaign, serial] = coupon(used.coupon);
        self.update(
            "UPDATE sales SET discount = COALESCE(discount, 0) + ?5 WHERE block = ?1 AND number =
               (SELECT number FROM dealt WHERE block = ?1 AND campaign = ?2 AND serial = ?3 AND receiver = ?4)",
            [block, campaign, serial, account(used.holder), amount(used.discount)],
        )
    }

    /// The coupons of a listing went to `receiver`.
    fn delivered(&self, happened: &Happened, id: u64, receiver: AccountId) -> Result<(), AuditError> {
        let [block, idx, time] = at(happened);
        self.update(
            "INSERT INTO dealt SELECT ?1, ?2, ?3, number, campaign, serial, seller, ?5 FROM listings WHERE number = ?4",
            [block, idx, time, order(id), account(receiver)],
        )
    }

    fn swapped(&self, happened: &Happened, event: &SwapMade) -> Result<(), AuditError> {
        self.close(event.id, "swapped")?;
        let [block, idx, time] = at(happened);
        let cash = price(&event.parts);
        let row = [
            block.clone(),
            idx.clone(),
            time.clone(),
            order(event.id),
            account(event.taker),
            amount(cash),
            amount(event.parts.seller),
            amount(event.parts.royalty),
            amount(event.parts.fee),
            account(event.issuer),
        ];
        // What the seller adds is in no column: where the listing asks for nothing, the cash is the seller's.
        self.update(
            "INSERT INTO swaps SELECT ?1, ?2, ?3, number, registry, seller, ?5, asset, ?6,
                 CASE WHEN ?6 = 0 THEN NULL WHEN price = 0 THEN seller ELSE ?5 END, ?7, ?8, ?9,
                 CASE WHEN ?6 = 0 THEN NULL WHEN price = 0 THEN ?10 ELSE issuer END
               FROM listings WHERE number = ?4 LIMIT 1",
            row,
        )?;
        self.delivered(happened, event.id, event.taker)?;
        for id in &event.coupons {
            let [campaign, serial] = coupon(*id);
            self.update(
                "INSERT INTO dealt SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, seller FROM listings WHERE number = ?4 LIMIT 1",
                [
                    block.clone(),
                    idx.clone(),
                    time.clone(),
                    order(event.id),
                    campaign,
                    serial,
                    account(event.taker),
                ],
            )?;
        }
        Ok(())
    }

    fn offered(&self, happened: &Happened, event: &OfferMade) -> Result<(), AuditError> {
        let wish = &event.wish;
        let [campaign, serial] = coupon(wish.coupon);
        let row = [
            order(event.id),
            account(event.buyer),
            account(wish.registry),
            campaign,
            if wish.coupon.serial == 0 { Value::Null } else { serial },
            asset(wish.asset),
            amount(wish.price),
            number(wish.quantity),
            number(wish.quantity),
            amount(wish.least_left),
            moment(wish.ends_no_sooner),
            moment(wish.expires_at),
            text("open"),
        ];
        self.note("offers", happened, row)
    }

    fn accepted(&self, happened: &Happened, event: &OfferAccepted) -> Result<(), AuditError> {
        self.update("UPDATE offers SET wanted = wanted - 1 WHERE number = ?1", [order(event.id)])?;
        self.update(
            "UPDATE offers SET state = 'used up' WHERE number = ?1 AND wanted = 0",
            [order(event.id)],
        )?;
        let [block, idx, time] = at(happened);
        let [campaign, serial] = coupon(event.coupon);
        let parts = &event.parts;
        let row = [
            block.clone(),
            idx.clone(),
            time.clone(),
            order(event.id),
            account(event.seller),
            account(event.issuer),
            amount(price(parts)),
            amount(parts.seller),
            amount(parts.royalty),
            amount(parts.fee),
        ];
        self.update(
            "INSERT INTO sales SELECT ?1, ?2, ?3, number, 'offer', registry, campaign, 1, ?5, buyer, ?6, asset, ?7, ?8, ?9, ?10, 0, NULL
               FROM offers WHERE number = ?4",
            row,
        )?;
        self.update(
            "INSERT INTO dealt SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, buyer FROM offers WHERE number = ?4",
            [block, idx, time, order(event.id), campaign, serial, account(event.seller)],
        )
    }
}

/// What the parts are of.
fn price(parts: &Parts) -> Balance {
    parts.seller.saturating_add(parts.royalty).saturating_add(parts.fee)
}
