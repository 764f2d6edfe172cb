//! What a town does beside claiming, trading and paying: cards, gift cards, sensors, invitations, returns in part, ratings. Tells nothing by itself.
use super::{Done, Play, Refused};
use crate::{
    demo::scenario::{amount, Extra, ExtraRow},
    refusals::{Refusal, Words},
};
use chain::{Chain, Keypair};
use ink::codegen::TraitCallBuilder;
use shared::{
    claims::{Claim, Entitlement, Quota, VoucherKey},
    ids::CouponId,
    order::{Kept, Redemption},
    permit::{Domain, Purpose},
    psp34::PSP34,
};

/// How long a sensor's voucher is good, in milliseconds.
const VOUCHER_LIFE: u64 = 60 * 60 * 1_000;

impl Play<'_> {
    pub(super) fn extra(&mut self, row: &ExtraRow) -> Done {
        match row.what {
            Extra::Issue => self.issue(row),
            Extra::Sensor => self.sense(row),
            Extra::Invite => self.invite(row),
            Extra::Split => self.split(row),
            Extra::Keep => self.keep(row),
            Extra::Rate => self.rate(row),
        }
    }

    /// Names a device that hands out a campaign's coupons, a few a day.
    pub(super) fn name_device(&mut self, campaign: u32, issuer: &str, device: &str) -> Result<(), Refusal> {
        let quota = Quota { most: 3, period: 24 * 60 * 60 * 1_000, since: 0, used: 0 };
        let named = Some(VoucherKey { device: true, quota: Some(quota) });
        let key = Keypair::named(device).public();
        let message = self.desk.office().call_mut().set_voucher_key(campaign, key, named);
        self.desk.session.send(Keypair::named(issuer).account(), 0, message, Words::registry)?;
        Ok(())
    }

    /// The issuer hands a card to a customer.
    fn issue(&mut self, row: &ExtraRow) -> Done {
        let number = self.running(&row.subject)?.public.campaign;
        let to = vec![Keypair::named(&row.with).account()];
        self.issues = self.issues.saturating_add(1);
        let message = self.desk.office().call_mut().issue(number, to, self.issues);
        let serial = self.send(&row.who, 0, message, Words::registry)?;
        self.put(&row.with, &row.subject, CouponId { campaign: number, serial });
        self.count("cards handed over the counter");
        Ok(())
    }

    /// A device's sensor fires, and whoever stands there gets a coupon: the device signs, the shop submits.
    fn sense(&mut self, row: &ExtraRow) -> Done {
        let running = self.running(&row.subject)?;
        let (campaign, issuer) = (running.public.campaign, running.issuer.clone());
        let device = Keypair::named(&row.who);
        self.vouchers = self.vouchers.saturating_add(1);
        let (nonce, deadline) = (self.vouchers, self.desk.session.chain.now().saturating_add(VOUCHER_LIFE));
        let mut claim = Claim {
            campaign,
            to: Keypair::named(&row.with).account(),
            advocate: None,
            attestation: None,
            entitlement: Entitlement::Voucher { key: device.public(), nonce, deadline, signature: [0; 64] },
        };
        let domain: Domain = self.desk.domain();
        let message = domain.message(Purpose::Voucher, &claim.voucher_subject(nonce), 0, deadline);
        let signature = device.sign(&message);
        claim.entitlement = Entitlement::Voucher { key: device.public(), nonce, deadline, signature };
        let message = self.desk.office().call_mut().claim(claim);
        let coupon = self.send(&issuer, 0, message, Words::registry)?;
        self.put(&row.with, &row.subject, coupon);
        self.count("coupons handed out by the rain sensor");
        Ok(())
    }

    /// A friend claims a code and says who brought them.
    fn invite(&mut self, row: &ExtraRow) -> Done {
        let advocate = Keypair::named(&row.with).account();
        let coupon = self.claim_code(&row.subject, &row.amount, &row.who, &row.who, Some(advocate))?;
        self.invited.push((coupon, row.with.clone()));
        self.put(&row.who, &row.subject, coupon);
        self.count("friends invited");
        Ok(())
    }

    /// A part of a gift card goes to someone else.
    fn split(&mut self, row: &ExtraRow) -> Done {
        let coupon = self.coupon_of(&row.who, &row.subject)?;
        let value = amount(&row.amount)?;
        let message = self.desk.service_desk().call_mut().split(coupon, value);
        let part = self.send(&row.who, 0, message, Words::registry)?;
        let to = Keypair::named(&row.with).account();
        let message = self.desk.registry().call_mut().transfer(to, part.into(), Vec::new());
        self.send(&row.who, 0, message, |words, error| words.psp34(error, part))?;
        self.put(&row.with, &row.subject, part);
        self.count("gift cards shared");
        Ok(())
    }

    /// Goods come back, and some are kept. Only of sales that escrow paid nothing for: there, nothing has to be given back on chain.
    fn keep(&mut self, row: &ExtraRow) -> Done {
        let (redemption, consumer, campaign) = self.redemption_of(&row.who, &row.subject)?;
        let kept = amount(&row.amount)?;
        let kept = Kept { basket: kept, eligible: kept };
        let (number, coupons) = (redemption.number, redemption.uses.clone());
        let message = self.desk.service_desk().call_mut().roll_back(redemption, Some(kept));
        match self.send(&row.who, 0, message, Words::registry)? {
            Some(remains) => {
                self.redeemed.insert((row.who.clone(), number), (remains, consumer, campaign));
                self.count("purchases returned in part");
            }
            None => {
                self.redeemed.remove(&(row.who.clone(), number));
                for used in coupons {
                    self.put(&consumer, &campaign, used.coupon);
                }
                self.count("purchases returned in part, which gave the coupon back");
            }
        }
        Ok(())
    }

    fn rate(&mut self, row: &ExtraRow) -> Done {
        let (redemption, ..) = self.redemption_of(&row.with, &row.subject)?;
        let stars: u8 = row.amount.parse().map_err(|_| Refusal::new("not a rating", "write 1 to 5"))?;
        let message = self.desk.service_desk().call_mut().rate(redemption, stars, None);
        self.send(&row.who, 0, message, Words::registry)?;
        self.count("purchases rated");
        Ok(())
    }

    /// Rewards everyone whose friend's first purchase is final; anyone may, and here the shop does.
    pub(super) fn reward_advocates(&mut self, shop: &str) -> Result<usize, Refusal> {
        let mut rewarded = 0usize;
        for (coupon, advocate) in std::mem::take(&mut self.invited) {
            let with = |redemption: &Redemption| redemption.uses.iter().any(|used| used.coupon == coupon);
            let Some((redemption, ..)) = self.redeemed.values().find(|(redemption, ..)| with(redemption))
            else {
                continue;
            };
            let message = self.desk.service_desk().call_mut().reward(redemption.clone(), coupon);
            let account = Keypair::named(shop).account();
            let (reward, _) = self.desk.session.send(account, 0, message, Words::registry)?;
            self.put(&advocate, "bakery-thanks", reward);
            rewarded = rewarded.saturating_add(1);
        }
        Ok(rewarded)
    }

    pub(super) fn redemption_of(
        &self,
        acceptor: &str,
        number: &str,
    ) -> Result<(Redemption, String, String), Refused> {
        let known = number.parse().ok().and_then(|number| self.redeemed.get(&(acceptor.to_owned(), number)));
        known.cloned().ok_or_else(|| Refused {
            reason: "NoRedemption".into(),
            why: Refusal::new(format!("{acceptor} has redeemed no order {number}"), "see orders.csv"),
        })
    }
}
