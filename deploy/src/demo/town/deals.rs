//! What a town does at the market beside plain sales, each told in a line.
use super::{Done, Play, Refused};
use crate::{
    commands::order::alliance_for,
    demo::scenario::{amount, Deal, DealRow},
    orders::{basket_hash, sign_order, sign_spend},
    refusals::{Refusal, Words},
    times,
};
use chain::{Balance, Keypair};
use ink::codegen::TraitCallBuilder;
use market::{
    listings::{Ask, Guard, Wants, LATE},
    offers::Wish,
    till::Signed,
};
use shared::{
    assets::Asset,
    ids::CouponId,
    permit::{CouponPermit, Permits},
    psp34::PSP34,
};

/// What is up at the market: a listing with its coupons, or an offer without.
#[derive(Clone)]
pub(super) struct Lot {
    id: u64,
    who: String,
    campaign: String,
    coupons: Vec<CouponId>,
    /// When it ends, as far as the rows know.
    ends_at: u64,
    /// What a swap wants.
    wants: String,
}

impl Play<'_> {
    pub(super) fn deal(&mut self, row: &DealRow) -> Done {
        match row.what {
            Deal::Issue => self.hand_out(row),
            Deal::Sell => {
                let price = amount(&row.price)?;
                let reserved = Some(&row.with).filter(|with| !with.is_empty());
                let said = format!("at {}", self.cash(price));
                let kept = reserved.map_or_else(String::new, |with| format!(", kept for {with}"));
                self.put_up(row, Ask::Fixed { price }, reserved.cloned(), &format!("{said}{kept}"))
            }
            Deal::Fall => {
                let (start_price, end_price) = self.pair(&row.price)?;
                let said = format!(
                    "at a price that falls from {} to {}",
                    self.cash(start_price),
                    self.cash(end_price)
                );
                self.put_up(row, Ask::Dutch { start_price, end_price }, None, &said)
            }
            Deal::Auction => {
                let (reserve, step) = self.pair(&row.price)?;
                let said = format!("at auction from {} on", self.cash(reserve));
                self.put_up(row, Ask::English { reserve, step }, None, &said)
            }
            Deal::Swap => self.put_up_for_swap(row),
            Deal::Bid => self.bid(row),
            Deal::Settle => self.settle_listing(row),
            Deal::Take => self.take_swap(row),
            Deal::Offer => self.make_offer(row),
            Deal::Accept => self.accept_offer(row),
            Deal::Buy if row.label.contains(' ') => self.buy_many(row),
            Deal::Buy => self.buy_lot(row),
            Deal::Use => self.buy_and_use(row),
            Deal::Withdraw => self.withdraw(row),
        }
    }

    fn pair(&self, text: &str) -> Result<(Balance, Balance), Refusal> {
        let (one, other) = text.split_once(' ').unwrap_or((text, "0"));
        Ok((amount(one)?, amount(other)?))
    }

    fn lot(&self, label: &str) -> Result<Lot, Refused> {
        self.lots.get(label).cloned().ok_or_else(|| Refused {
            reason: "NotForSale".into(),
            why: Refusal::new(format!("nothing is called {label}"), "see deals.csv"),
        })
    }

    /// The issuer hands coupons to a customer.
    fn hand_out(&mut self, row: &DealRow) -> Done {
        let number = self.running(&row.subject)?.public.campaign;
        let many: usize =
            row.price.parse().map_err(|_| Refusal::new("not a count", "write a whole number"))?;
        self.issues = self.issues.saturating_add(1);
        let message =
            self.desk.office().call_mut().issue(number, vec![Self::account(&row.with); many], self.issues);
        let first = self.send(&row.who, 0, message, Words::registry)?;
        for serial in (first..).take(many) {
            self.put(&row.with, &row.subject, CouponId { campaign: number, serial });
            self.count("coupons handed to regulars");
        }
        Ok(())
    }

    /// The newest coupons of a subject such as `books-night*2`, with the campaign's name; the market may take them.
    fn own(&mut self, who: &str, subject: &str) -> Result<(String, Vec<CouponId>), Refused> {
        let (campaign, many) = match subject.split_once('*') {
            Some((campaign, many)) => (campaign, many.parse().unwrap_or(1)),
            None => (subject, 1),
        };
        self.coupon_of(who, campaign)?;
        let held = self.wallets.get(&(who.to_owned(), campaign.to_owned())).cloned().unwrap_or_default();
        let coupons: Vec<CouponId> = held.into_iter().rev().take(many).collect();
        let market = self.desk.suite.market;
        for coupon in &coupons {
            let approve = self.desk.registry().call_mut().approve(market, Some((*coupon).into()), true);
            self.send(who, 0, approve, |words, error| words.psp34(error, *coupon))?;
        }
        Ok((campaign.to_owned(), coupons))
    }

    fn open(
        &mut self,
        row: &DealRow,
        ask: Ask,
        reserved: Option<String>,
        wants: &str,
    ) -> Result<usize, Refused> {
        let (campaign, coupons) = self.own(&row.who, &row.subject)?;
        let ends_at = times::parse(&row.until, self.now())?;
        let (registry, value) = (self.desk.suite.registry, ask.adds());
        let reserved = reserved.as_deref().map(Self::account);
        let message = self.desk.market().call_mut().list(registry, coupons.clone(), ends_at, reserved, ask);
        let id = self.send(&row.who, value, message, Words::market)?;
        for coupon in &coupons {
            self.take(&row.who, &campaign, *coupon);
        }
        let many = coupons.len();
        let lot = Lot { id, who: row.who.clone(), campaign, coupons, ends_at, wants: wants.to_owned() };
        self.lots.insert(row.label.clone(), lot);
        Ok(many)
    }

    fn put_up(&mut self, row: &DealRow, ask: Ask, reserved: Option<String>, said: &str) -> Done {
        let many = self.open(row, ask, reserved, "")?;
        let what = row.subject.split('*').next().unwrap_or_default();
        let what = if many == 1 { what.to_owned() } else { format!("{many} {what} together") };
        Ok(self.tell(&format!("   market: {} puts up {what} {said}", row.who))?)
    }

    fn put_up_for_swap(&mut self, row: &DealRow) -> Done {
        let wanted = self.running(&row.with)?.public.campaign;
        let wants = Wants {
            coupons: vec![CouponId { campaign: wanted, serial: 0 }],
            least_left: 0,
            ends_no_sooner: 0,
        };
        let asks = amount(&row.price)?;
        self.open(row, Ask::Swap { wants, asks, adds: 0 }, None, &row.with)?;
        let cash = self.cash(asks);
        Ok(self.tell(&format!(
            "   market: {} would give {} for any {} and {cash}",
            row.who, row.subject, row.with
        ))?)
    }

    /// The coupons of a lot are someone's.
    fn deliver(&mut self, lot: &Lot, to: &str) {
        for coupon in &lot.coupons {
            self.put(to, &lot.campaign, *coupon);
        }
    }

    fn buy_lot(&mut self, row: &DealRow) -> Done {
        let lot = self.lot(&row.label)?;
        let highest = amount(&row.price)?;
        let message = self.desk.market().call_mut().buy(lot.id, Guard::price(highest));
        // What is over comes back.
        let price = self.send(&row.who, highest, message, Words::market)?;
        self.lots.remove(&row.label);
        self.deliver(&lot, &row.who);
        let (many, cash) = (lot.coupons.len(), self.cash(price));
        Ok(self.tell(&format!(
            "   market: {} buys {many} {} of {}'s for {cash}",
            row.who, lot.campaign, lot.who
        ))?)
    }

    /// What of several listings is still there, in one call.
    fn buy_many(&mut self, row: &DealRow) -> Done {
        let labels: Vec<&str> = row.label.split(' ').collect();
        let highest = amount(&row.price)?;
        let known: Vec<(String, u64)> = labels
            .iter()
            .map(|label| ((*label).to_owned(), self.lots.get(*label).map_or(0, |lot| lot.id)))
            .collect();
        let ids = known.iter().map(|(_, id)| *id).collect();
        let message = self.desk.market().call_mut().buy_many(ids, false, Guard::price(highest));
        let results = self.send(&row.who, highest, message, Words::market)?;
        let (mut bought, mut total): (usize, Balance) = (0, 0);
        for ((label, _), result) in known.iter().zip(results) {
            let (Ok(price), Some(lot)) = (result, self.lots.get(label).cloned()) else { continue };
            self.lots.remove(label);
            self.deliver(&lot, &row.who);
            (bought, total) = (bought.saturating_add(1), total.saturating_add(price));
        }
        let (asked, cash) = (labels.len(), self.cash(total));
        Ok(self.tell(&format!(
            "   market: {} asks for {asked} listings in one call and gets the {bought} that are still there for {cash}",
            row.who
        ))?)
    }

    fn bid(&mut self, row: &DealRow) -> Done {
        let lot = self.lot(&row.label)?;
        let bid = amount(&row.price)?;
        let message = self.desk.market().call_mut().bid(lot.id, bid, Guard::price(bid));
        let ends_at = self.send(&row.who, bid, message, Words::market)?;
        let later = if ends_at > lot.ends_at {
            let minutes = LATE.checked_div(60_000).unwrap_or_default();
            format!(", so late that the auction goes on for {minutes} minutes")
        } else {
            String::new()
        };
        if let Some(lot) = self.lots.get_mut(&row.label) {
            lot.ends_at = ends_at;
        }
        let cash = self.cash(bid);
        Ok(self
            .tell(&format!("   market: {} bids {cash} for {}'s {}{later}", row.who, lot.who, lot.campaign))?)
    }

    /// Anyone ends what is over: an auction is won, and what nobody bought goes back.
    fn settle_listing(&mut self, row: &DealRow) -> Done {
        let lot = self.lot(&row.label)?;
        let before = self.desk.session.ask(self.desk.market().call().listing(lot.id))?;
        let message = self.desk.market().call_mut().settle(lot.id);
        self.send(&row.who, 0, message, Words::market)?;
        self.lots.remove(&row.label);
        match before.and_then(|entry| entry.live_bid()) {
            Some(bid) => {
                let winner = self.desk.session.words.account(&bid.bidder);
                self.deliver(&lot, &winner);
                let cash = self.cash(bid.amount);
                Ok(self.tell(&format!(
                    "   market: {} settles the auction, and has a tenth of the fee: {winner} wins {}'s {} for {cash}",
                    row.who, lot.who, lot.campaign
                ))?)
            }
            None => {
                self.deliver(&lot, &lot.who);
                Ok(self.tell(&format!(
                    "   market: nobody wanted {}'s {}: {} clears the listing, and the coupon goes back",
                    lot.who, lot.campaign, row.who
                ))?)
            }
        }
    }

    fn take_swap(&mut self, row: &DealRow) -> Done {
        let lot = self.lot(&row.label)?;
        let asks = amount(&row.price)?;
        let (campaign, given) = self.own(&row.who, &row.subject)?;
        let message = self.desk.market().call_mut().swap(lot.id, given.clone(), Guard::price(asks));
        self.send(&row.who, asks, message, Words::market)?;
        self.lots.remove(&row.label);
        self.deliver(&lot, &row.who);
        for coupon in given {
            self.take(&row.who, &campaign, coupon);
            self.put(&lot.who, &campaign, coupon);
        }
        let cash = self.cash(asks);
        Ok(self.tell(&format!(
            "   market: {} gives {} and {cash} for {}'s {}, both in one call",
            row.who, lot.wants, lot.who, lot.campaign
        ))?)
    }

    fn make_offer(&mut self, row: &DealRow) -> Done {
        let (price, quantity) = row.price.split_once(' ').unwrap_or((&row.price, "1"));
        let price = amount(price)?;
        let quantity: u16 =
            quantity.parse().map_err(|_| Refusal::new("not a count", "write a whole number"))?;
        let campaign = self.running(&row.subject)?.public.campaign;
        let (coupon, whose) = if row.with.is_empty() {
            (CouponId { campaign, serial: 0 }, "any".to_owned())
        } else {
            (self.coupon_of(&row.with, &row.subject)?, format!("{}'s", row.with))
        };
        let expires_at = times::parse(&row.until, self.now())?;
        let wish = Wish {
            registry: self.desk.suite.registry,
            coupon,
            asset: Asset::Native,
            price,
            quantity,
            least_left: 0,
            ends_no_sooner: 0,
            expires_at,
        };
        let value = price.saturating_mul(quantity.into());
        let message = self.desk.market().call_mut().make_offer(wish);
        let id = self.send(&row.who, value, message, Words::market)?;
        let lot = Lot {
            id,
            who: row.who.clone(),
            campaign: row.subject.clone(),
            coupons: Vec::new(),
            ends_at: expires_at,
            wants: String::new(),
        };
        self.lots.insert(row.label.clone(), lot);
        let (cash, held) = (self.cash(price), self.cash(value));
        Ok(self.tell(&format!(
            "   market: {} offers {cash} for {whose} {}, and leaves {held} there",
            row.who, row.subject
        ))?)
    }

    fn accept_offer(&mut self, row: &DealRow) -> Done {
        let lot = self.lot(&row.label)?;
        let entry = self.desk.session.ask(self.desk.market().call().offer(lot.id))?;
        let named = entry.map(|offer| offer.wish.coupon).filter(|coupon| coupon.serial != 0);
        let coupon = match named {
            Some(coupon) => coupon,
            None => self.coupon_of(&row.who, &row.subject)?,
        };
        let market = self.desk.suite.market;
        let approve = self.desk.registry().call_mut().approve(market, Some(coupon.into()), true);
        self.send(&row.who, 0, approve, |words, error| words.psp34(error, coupon))?;
        let message = self.desk.market().call_mut().accept_offer(lot.id, coupon, 0);
        let proceeds = self.send(&row.who, 0, message, Words::market)?;
        self.take(&row.who, &row.subject, coupon);
        self.put(&lot.who, &row.subject, coupon);
        let cash = self.cash(proceeds);
        Ok(self.tell(&format!("   market: {} accepts {}'s offer and gets {cash}", row.who, lot.who))?)
    }

    fn withdraw(&mut self, row: &DealRow) -> Done {
        let amount = if row.label.is_empty() {
            let message = self.desk.market().call_mut().withdraw(Asset::Native);
            self.send(&row.who, 0, message, Words::market)?
        } else {
            let lot = self.lot(&row.label)?;
            let message = self.desk.market().call_mut().withdraw_offer(lot.id);
            self.lots.remove(&row.label);
            self.send(&row.who, 0, message, Words::market)?
        };
        let cash = self.cash(amount);
        Ok(self.tell(&format!("   market: {} takes {cash} back out", row.who))?)
    }

    /// At the till with a full basket: what a coupon takes off is more than it costs, so the customer buys one on the spot.
    fn buy_and_use(&mut self, row: &DealRow) -> Done {
        let lot = self.lot(&row.label)?;
        let highest = amount(&row.price)?;
        let basket = amount(&row.subject)?;
        let (acceptor, buyer) = (Keypair::named(&row.with), Keypair::named(&row.who));
        let campaign = &self.running(&lot.campaign)?.campaign;
        let through = alliance_for(&campaign.terms.acceptance, campaign.issuer, acceptor.account());
        let goods = basket_hash(&[0; 32], &format!("{} {}", row.with, row.label));
        // Beside the numbers of orders.csv.
        let order = self.order_at(&row.with, lot.id.saturating_add(1_000_000), basket, goods);
        let domain = self.desk.domain();
        let presented: Vec<_> = lot.coupons.iter().map(|coupon| (*coupon).into()).collect();
        let signed = Some(sign_order(&domain, &acceptor, 0, &presented, &order));
        let coupons = presented
            .iter()
            .map(|presented| CouponPermit {
                presented: *presented,
                permit: Some(sign_spend(&domain, &buyer, 0, *presented, &order, order.deadline).permit),
            })
            .collect();
        let signed = Signed::from((order, Permits { acceptor: signed, coupons }));
        let message = self.desk.market().call_mut().buy_and_use(lot.id, highest, through, signed);
        let discount = self.send(&row.who, highest, message, Words::market)?;
        self.lots.remove(&row.label);
        let (off, cost) = (self.cash(discount), self.cash(highest));
        Ok(self.tell(&format!(
            "   market: {}, at {}'s till, buys {}'s {} for {cost} and has {off} off in the same call",
            row.who, row.with, lot.who, lot.campaign
        ))?)
    }
}
