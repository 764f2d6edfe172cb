//! What the market refuses, in plain words.

use super::{asset, coupon, overflow, percent, Refusal, Words};
use crate::times;
use ::market::error::MarketError;
use chain::{AccountId, Balance};
use shared::registry::RegistryError;

impl Words {
    /// What a market said.
    pub fn market(&self, error: &MarketError) -> Refusal {
        use MarketError as E;
        let (account, money, time) = (
            |account: &AccountId| self.account(account),
            |amount: &Balance| self.money(*amount),
            |time: &u64| times::show(*time),
        );
        match error {
            E::RegistryCount { listed, most } => Refusal::new(
                format!("{listed} registries or tokens are listed, and 1 to {most} registries and up to {most} tokens fit"),
                "list fewer",
            ),
            E::SharesOverCap { fee_bps, royalty_bps, most_bps } => Refusal::new(
                format!(
                    "the market's fee of {}% and the royalty of {}% are over {}% together",
                    percent(*fee_bps),
                    percent(*royalty_bps),
                    percent(*most_bps)
                ),
                "lower one of them",
            ),
            E::NotMarketOwner { owner, caller } => {
                Refusal::new(format!("{} is not the market's owner", account(caller)), self.act_as(owner))
            }
            E::UnknownRegistry { registry, .. } => Refusal::new(
                format!("{} is not a registry whose code the market knows", account(registry)),
                "use the registry the market was set up with; a look-alike is refused",
            ),
            E::RegistryFailed { registry } => Refusal::new(
                format!("the registry {} didn't answer as one", account(registry)),
                "check its address",
            ),
            E::NoSuchCoupon { coupon: id } => self.registry(&RegistryError::NoSuchCoupon { coupon: *id }),
            E::CouponFrozen { coupon: id } => Refusal::new(
                format!("coupon {} is frozen by its issuer", coupon(*id)),
                "ask the issuer to thaw it",
            ),
            E::Soulbound { coupon: id } => {
                Refusal::new(format!("coupon {} may never change hands", coupon(*id)), "spend it yourself")
            }
            E::OtherMarketOnly { coupon: id } => Refusal::new(
                format!("coupon {} may only be sold at another market", coupon(*id)),
                "list it at the market its terms name",
            ),
            E::NotApproved { coupon: id } => Refusal::new(
                format!("the market may not move coupon {}", coupon(*id)),
                "approve the market first (`couponry market sell` does)",
            ),
            E::TransferRefused { coupon: id } => Refusal::new(
                format!("the registry didn't move coupon {}", coupon(*id)),
                "check that the coupon is live",
            ),
            E::NotReceived { coupon: id, .. } => Refusal::new(
                format!("the registry said that it moved coupon {} and didn't", coupon(*id)),
                "don't trust this registry",
            ),
            E::NotHolder { holder, caller } => Refusal::new(
                format!("the coupon is {}'s, not {}'s", account(holder), account(caller)),
                "deal in a coupon of your own",
            ),
            E::NoPrice => Refusal::new("a price of zero", "name a price above zero"),
            E::EndsInPast { ends_at, now } => Refusal::new(
                format!("it would end at {}, and it is {}", time(ends_at), time(now)),
                "set --until later",
            ),
            E::OutlastsCoupon { ends_at, coupon_ends_at } => Refusal::new(
                format!(
                    "the listing would end at {}, too late for a coupon that ends at {}",
                    time(ends_at),
                    time(coupon_ends_at)
                ),
                format!(
                    "set --until {} or earlier; of an auction, 5 minutes earlier than that",
                    time(coupon_ends_at)
                ),
            ),
            E::ListingEnded { ends_at, now } => Refusal::new(
                format!("the listing ended at {}, and it is {}", time(ends_at), time(now)),
                "anyone can clear it (`couponry market clear`), and its seller can list again",
            ),
            E::PriceOverLimit { price, highest } => Refusal::new(
                format!("the price is {}, over your highest {}", money(price), money(highest)),
                "raise --highest, or leave it",
            ),
            E::OwnListing => Refusal::new(
                "nobody deals with itself",
                "take your listing back with `couponry market cancel`, your offer with `couponry market withdraw --offer`",
            ),
            E::NotSeller { seller, caller } => Refusal::new(
                format!("the listing is {}'s, not {}'s", account(seller), account(caller)),
                self.act_as(seller),
            ),
            E::NoCredit { asset: owed } => Refusal::new(
                format!("nothing in {} is waiting for this account", asset(*owed)),
                "nothing to do",
            ),
            E::Payment(fault) => self.payment(fault),
            E::Overflow => overflow(),
            E::CouponLocked { coupon: id } => Refusal::new(
                format!("coupon {} is reserved for an order", coupon(*id)),
                "wait until the reservation ends, or have the shop release it",
            ),
            E::PriceOverBand { price, highest } => Refusal::new(
                format!("{} is over the {} that the campaign's terms allow", money(price), money(highest)),
                "name a lower price",
            ),
            E::TradingPaused { registry } => Refusal::new(
                format!("the guardian of {} paused trading", account(registry)),
                "try again later; what is listed can be bought and cancelled",
            ),
            E::NoSuchListing { id } => Refusal::new(
                format!("there is no listing {id}: it was never opened, or its seller took it away"),
                "see what there is: `couponry market browse`",
            ),
            E::ListingClosed { id } => Refusal::new(
                format!("listing {id} is closed: its coupons were sold or went back, or are its seller's to take back"),
                "see what there is: `couponry market browse`",
            ),
            E::Cancelled { id, below } => Refusal::new(
                format!("number {id} was cancelled with all that its owner had opened before number {below}"),
                "choose another (`couponry market browse`); what is in it is its owner's to take back",
            ),
            E::Count { items, most } => Refusal::new(
                format!("{items} are named, and 1 to {most} fit"),
                "name as many as fit; for a swap, as many coupons as it wants",
            ),
            E::DuplicateCoupon { coupon: id } => {
                Refusal::new(format!("coupon {} is named twice", coupon(*id)), "name it once")
            }
            E::MixedBundle { coupon: id } => Refusal::new(
                format!("coupon {} doesn't go with the others: a bundle is of one asset and one issuer, with resale prices limited for all or none", coupon(*id)),
                "list it by itself",
            ),
            E::ReservedFor { buyer } => Refusal::new(
                format!("the listing is reserved for {}", account(buyer)),
                "choose another: `couponry market browse`",
            ),
            E::OtherKind { id } => Refusal::new(
                format!("listing {id} is of another kind"),
                "see its kind with `couponry market show`: prices are bought, auctions bid for, swaps swapped",
            ),
            E::TooLittleLeft { left, least } => Refusal::new(
                format!("it can still take {} off, less than the {} asked for", money(left), money(least)),
                "lower --least-left, or choose another",
            ),
            E::EndsTooSoon { ends_at, no_sooner } => Refusal::new(
                format!("it ends at {}, sooner than the {} asked for", time(ends_at), time(no_sooner)),
                "lower --good-until, or choose another",
            ),
            E::TermsDiffer { terms } => Refusal::new(
                format!("the listing isn't the one with those terms: its digest is 0x{}", hex::encode(terms)),
                "look at it again (`couponry market show`) before you buy",
            ),
            E::NotFalling { start_price, end_price } => Refusal::new(
                format!("a price that falls can't go from {} to {}", money(start_price), money(end_price)),
                "set --falling-to below --price",
            ),
            E::NoStep => Refusal::new("bids must rise by something", "set --step above zero"),
            E::BidTooLow { bid, least } => Refusal::new(
                format!("a bid of {} is below the least of {}", money(bid), money(least)),
                format!("bid {} or more", money(least)),
            ),
            E::HasBid { bidder, amount } => Refusal::new(
                format!("{} bid {}, and an auction with a bid isn't cancelled", account(bidder), money(amount)),
                "wait for its end, then clear it: `couponry market clear`",
            ),
            E::StillRunning { ends_at, now } => Refusal::new(
                format!("the listing goes on until {}, and it is {}", time(ends_at), time(now)),
                "clear it once it has ended",
            ),
            E::StillOpen { id } => Refusal::new(
                format!("listing {id} isn't closed yet"),
                "cancel it first: `couponry market cancel`",
            ),
            E::CashBothWays { asks, adds } => Refusal::new(
                format!("a swap can't ask for {} and add {}", money(asks), money(adds)),
                "leave --asks or --adds out",
            ),
            E::NotWanted { coupon: id } => Refusal::new(
                format!("coupon {} isn't what is wanted", coupon(*id)),
                "see what is wanted: `couponry market show`",
            ),
            E::AssetMismatch { expected, found } => Refusal::new(
                format!("the coupon counts in {}, not in {}", asset(*found), asset(*expected)),
                "choose a coupon of a campaign in the same asset",
            ),
            E::UnknownToken { token, from: Some(from) } => Refusal::new(
                format!("the market deals in the token {} from {} on", account(token), time(from)),
                "try again then",
            ),
            E::UnknownToken { token, from: None } => Refusal::new(
                format!("the market doesn't deal in the token {}", account(token)),
                "ask the market's owner to allow it: `couponry market allow`",
            ),
            E::NoSuchOffer { id } => Refusal::new(
                format!("there is no offer {id}: it was never made, or it was withdrawn"),
                "see what there is: `couponry market offers`",
            ),
            E::NotBuyer { buyer, caller } => Refusal::new(
                format!("the offer is {}'s, not {}'s", account(buyer), account(caller)),
                self.act_as(buyer),
            ),
            E::OfferEnded { expires_at, now } => Refusal::new(
                format!("the offer ended at {}, and it is {}", time(expires_at), time(now)),
                "choose another: `couponry market offers`",
            ),
            E::OfferUsedUp { id } => Refusal::new(
                format!("offer {id} has got all the coupons it wanted"),
                "choose another: `couponry market offers`",
            ),
            E::BadQuantity { quantity } => Refusal::new(
                format!("an offer can't be for {quantity} coupons"),
                "offer for one coupon, or name a campaign and a --quantity",
            ),
            E::BelowFloor { proceeds, least } => Refusal::new(
                format!("you would get {}, less than your least {}", money(proceeds), money(least)),
                "lower --least, or leave it",
            ),
            E::OtherPurchase { id } => Refusal::new(
                format!("listing {id} is of another registry or asset than the first"),
                "buy it by itself",
            ),
            E::NothingBought => Refusal::new(
                "none of these listings can be bought any more for that",
                "see what there is: `couponry market browse`",
            ),
            E::NoGain { discount, price } => Refusal::new(
                format!("the coupon would take {} off and costs {}", money(discount), money(price)),
                "pay without it, or find a cheaper one",
            ),
            E::TillRefused { till, reason } => Refusal::new(
                format!("{} refused the order (its error {reason})", account(till)),
                "check the order and its permits: `couponry quote` says more",
            ),
            E::TillFailed { till } => Refusal::new(
                format!("{} didn't answer as a till does", account(till)),
                "check its address",
            ),
            E::ForeignCoupon { coupon: id, holder } => Refusal::new(
                format!("coupon {} is {}'s, and a purchase spends only the buyer's own", coupon(*id), account(holder)),
                "leave it out of the order",
            ),
            E::NotOffered { caller } => Refusal::new(
                format!("the market wasn't offered to {}", account(caller)),
                "have its owner offer it",
            ),
            E::NoChange => Refusal::new("that is so already", "nothing to do"),
        }
    }
}
