//! Every kind of deal at the market, once.

use super::{account, Town, DAY, UNIT};
use chain::{AccountId, Balance, Chain, Keypair};
use couponry::orders::{sign_order, sign_spend};
use ink::codegen::TraitCallBuilder;
use market::{
    listings::{Ask, Guard, Wants},
    offers::Wish,
    till::Signed,
};
use shared::{
    assets::Asset,
    ids::CouponId,
    order::Settlement,
    permit::{CouponPermit, Permits},
    psp34::PSP34,
};

const MINUTE: u64 = 60_000;

/// What is settled when its time is up.
pub(crate) struct Unsettled {
    /// Won by cem.
    auction: u64,
    /// Its coupon ends too soon.
    failing: u64,
    /// Without a bid.
    unsold: u64,
    /// Sold and swapped.
    closed: Vec<u64>,
}

impl Town {
    pub(crate) fn list(
        &mut self,
        seller: &str,
        coupons: &[CouponId],
        period: u64,
        reserved: Option<&str>,
        ask: Ask,
    ) -> u64 {
        let value = ask.adds();
        let (registry, ends_at) = (self.suite.registry, self.chain.now() + period);
        let message =
            self.market().call_mut().list(registry, coupons.to_vec(), ends_at, reserved.map(account), ask);
        self.act(seller, value, message)
    }

    fn bid(&mut self, bidder: &str, id: u64, amount: Balance) {
        let message = self.market().call_mut().bid(id, amount, Guard::price(amount));
        self.act(bidder, amount, message);
    }

    fn let_trade(&mut self, holder: &str) {
        let message = self.registry().call_mut().approve(self.suite.market, None, true);
        self.act(holder, 0, message);
    }

    pub(super) fn live_at_the_market(&mut self) -> Unsettled {
        let campaign = self.campaign("bakery", 60 * UNIT, |terms| terms.limits.issued_per_holder = Some(20));
        let ann = self.issue("bakery", campaign, &["ann"; 16], 8);
        let cem = self.issue("bakery", campaign, &["cem"; 3], 9);
        for holder in ["ann", "cem"] {
            self.let_trade(holder);
        }

        let fixed = |price| Ask::Fixed { price };
        let sold = self.list("ann", &ann[..1], 10 * DAY, None, fixed(2 * UNIT));
        let message = self.market().call_mut().buy(sold, Guard::price(2 * UNIT));
        self.act("ben", 3 * UNIT, message);
        let gone = self.list("ann", &ann[1..2], 10 * DAY, None, fixed(2 * UNIT));
        let message = self.market().call_mut().cancel(gone);
        self.act("ann", 0, message);
        self.list("ann", &ann[1..2], 10 * DAY, Some("dan"), fixed(2 * UNIT));
        let dutch = Ask::Dutch { start_price: 4 * UNIT, end_price: UNIT };
        let falling = self.list("ann", &ann[2..3], 10 * DAY, None, dutch);
        let bundle = self.list("ann", &ann[3..5], 10 * DAY, None, fixed(3 * UNIT));
        let message =
            self.market().call_mut().buy_many(vec![falling, gone, bundle], false, Guard::price(10 * UNIT));
        self.act("ben", 10 * UNIT, message);

        let english = || Ask::English { reserve: UNIT, step: UNIT };
        let auction = self.list("ann", &ann[5..6], 4 * MINUTE, None, english());
        self.bid("ben", auction, UNIT);
        self.bid("cem", auction, 2 * UNIT + 1);
        let short = self.campaign("bakery", 3 * UNIT, |terms| terms.valid_for = Some(5 * DAY));
        let ending = self.issue("bakery", short, &["ann"], 10);
        let failing = self.list("ann", &ending, DAY, None, english());
        self.bid("ben", failing, UNIT);
        let unsold = self.list("ann", &ann[6..7], DAY, None, english());
        // Still running at the end.
        let running = self.list("ann", &ann[7..8], 35 * DAY, None, english());
        self.bid("dan", running, 2 * UNIT);

        let swap = |wanted, asks, adds| {
            let wants = Wants { coupons: vec![wanted], least_left: UNIT, ends_no_sooner: 0 };
            Ask::Swap { wants, asks, adds }
        };
        let any = CouponId { campaign, serial: 0 };
        let mut closed = vec![sold, falling];
        for (nth, ask) in [swap(any, 0, UNIT), swap(cem[1], UNIT + 3, 0)].into_iter().enumerate() {
            let (own, asks) = (&ann[8 + nth..9 + nth], nth as Balance * (UNIT + 3));
            let id = self.list("ann", own, 10 * DAY, None, ask);
            let message = self.market().call_mut().swap(id, vec![cem[nth]], Guard::price(asks));
            self.act("cem", asks, message);
            closed.push(id);
        }
        self.list("ann", &ann[10..11], 10 * DAY, None, swap(cem[2], 0, UNIT));

        let used = self.list("ann", &ann[11..12], 10 * DAY, None, fixed(UNIT));
        self.buy_and_use("ben", used, ann[11]);

        let wish = |coupon, quantity, price| Wish {
            registry: AccountId::from([0; 32]),
            coupon,
            asset: Asset::Native,
            price,
            quantity,
            least_left: UNIT,
            ends_no_sooner: 0,
            expires_at: 0,
        };
        let offer = self.offer("ben", wish(any, 2, 2 * UNIT + 1));
        let message = self.market().call_mut().accept_offer(offer, ann[12], UNIT);
        self.act("ann", 0, message);
        let offer = self.offer("dan", wish(ann[13], 1, UNIT));
        let message = self.market().call_mut().withdraw_offer(offer);
        self.act("dan", 0, message);

        self.list("cem", &cem[2..], 10 * DAY, None, fixed(UNIT));
        self.offer("cem", wish(any, 1, UNIT));
        let message = self.market().call_mut().cancel_all();
        self.act("cem", 0, message);
        self.rule_the_market(&ann[14..15]);
        Unsettled { auction, failing, unsold, closed }
    }

    fn offer(&mut self, buyer: &str, wish: Wish) -> u64 {
        let escrow = wish.price * Balance::from(wish.quantity);
        let expires_at = self.chain.now() + 30 * DAY;
        let wish = Wish { registry: self.suite.registry, expires_at, ..wish };
        let message = self.market().call_mut().make_offer(wish);
        self.act(buyer, escrow, message)
    }

    fn buy_and_use(&mut self, buyer: &str, listing: u64, coupon: CouponId) {
        let order = self.order("bakery", 90, Settlement::OffChain);
        let domain = self.domain();
        let acceptor = Some(sign_order(&domain, &Keypair::named("bakery"), 0, &[coupon.into()], &order));
        let spend =
            sign_spend(&domain, &Keypair::named(buyer), 0, coupon.into(), &order, order.deadline).permit;
        let coupons = vec![CouponPermit { presented: coupon.into(), permit: Some(spend) }];
        let signed = Signed::from((order, Permits { acceptor, coupons }));
        let message = self.market().call_mut().buy_and_use(listing, UNIT, None, signed);
        self.act(buyer, UNIT, message);
    }

    /// What its owner does; and the market changes hands with a fee that isn't collected.
    fn rule_the_market(&mut self, coupons: &[CouponId]) {
        let message = self.market().call_mut().withdraw(Asset::Native);
        self.act("owner", 0, message);
        let message = self.market().call_mut().set_fee(100);
        self.act("owner", 0, message);
        for (token, allowed) in [(self.token, true), (account("ann"), true), (account("ann"), false)] {
            let message = self.market().call_mut().set_token(token, allowed);
            self.act("owner", 0, message);
        }
        for heir in [Some("ann"), None, Some("cinema")] {
            let message = self.market().call_mut().offer_ownership(heir.map(account));
            self.act("owner", 0, message);
        }
        let sold = self.list("ann", coupons, DAY, None, Ask::Fixed { price: UNIT });
        let message = self.market().call_mut().buy(sold, Guard::price(UNIT));
        self.act("ben", UNIT, message);
        let message = self.market().call_mut().accept_ownership();
        self.act("cinema", 0, message);
        let message = self.market().call_mut().offer_ownership(Some(account("owner")));
        self.act("cinema", 0, message);
        // For what is in the token.
        let message = self.market().call_mut().accept_ownership();
        self.act("owner", 0, message);
        let message = self.market().call_mut().offer_ownership(Some(account("ann")));
        self.act("owner", 0, message);
    }

    /// Auctions and listings come to their end.
    pub(super) fn live_later_at_the_market(&mut self, unsettled: Unsettled) {
        let Unsettled { auction, failing, unsold, closed } = unsettled;
        for (who, id) in [("dan", auction), ("dan", failing), ("ben", unsold)] {
            let message = self.market().call_mut().settle(id);
            self.act(who, 0, message);
        }
        let message = self.market().call_mut().forget(closed);
        self.act("ann", 0, message);
        // Outbid, and given back.
        let message = self.market().call_mut().withdraw(Asset::Native);
        self.act("ben", 0, message);
    }
}
