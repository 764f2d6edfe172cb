//! Steps of issuers: all the ways coupons are handed out, and what is done to them afterwards.

use super::{issues, paid, Dice, SIGNERS};
use crate::model::{
    ops::{key_of, Attested, CodeCall, Entitled, Forgery, Message, OfficeCall, Op, RegistryCall},
    printed::Printed,
    terms, Model, Who,
};
use e2e_tests::actors::{HELPERS, OPERATOR, OWNER};
use rand::Rng;
use shared::{
    assets::Asset,
    claims::{Quota, VoucherKey},
    ids::{CampaignId, CouponId},
    terms::{Audience, Card, Funding},
};

/// Whether a campaign rewards advocates.
fn refers(model: &Model, number: CampaignId) -> bool {
    let referral = model.registry.campaign(number).ok().and_then(|known| known.terms.referral);
    referral.is_some_and(|referral| issues(model, referral.reward))
}

fn issues_and_refers(model: &Model, number: CampaignId) -> bool {
    issues(model, number) && refers(model, number)
}

pub(super) fn office(call: OfficeCall) -> Message {
    Message::Office(call)
}

impl Dice<'_> {
    fn printed(&mut self, is_list: bool) -> Printed {
        let name =
            if is_list { self.one_of(&["friends", "staff"]) } else { self.one_of(&["poster", "receipt"]) };
        Printed { name, size: self.rng.gen_range(1..9), is_list }
    }

    /// A campaign that issues, often one that rewards advocates: its coupons are better claimed than issued.
    fn referring(&mut self) -> (CampaignId, Who) {
        let any = self.model.registry.numbered().any(|(number, _)| issues_and_refers(self.model, number));
        let prefer = any && self.chance(55);
        self.campaign(
            |model, number| if prefer { issues_and_refers(model, number) } else { issues(model, number) },
        )
    }

    pub(super) fn create_drop(&mut self) -> Op {
        let (campaign, caller) = self.referring();
        let is_list = self.chance(40);
        let mut printed = self.printed(is_list);
        if self.chance(8) {
            printed.size = 0;
        }
        let caller = self.or_operator(campaign, caller);
        Op::plain(caller, office(OfficeCall::CreateDrop { campaign, printed }))
    }

    /// The till in an issuer's place, where it may be.
    fn or_operator(&mut self, campaign: CampaignId, issuer: Who) -> Who {
        let till = self.model.places.of(HELPERS[0]);
        if self.model.registry.is_operator(campaign, till) && self.chance(40) {
            HELPERS[0]
        } else {
            issuer
        }
    }

    pub(super) fn issue(&mut self) -> Op {
        let (campaign, caller) =
            self.campaign(|model, number| issues(model, number) && !refers(model, number));
        let known = self.model.registry.campaign(campaign).ok();
        let left = known.map_or(1, |known| known.terms.supply - known.issued).max(1);
        let count = match self.rng.gen_range(0..30) {
            0 => 0,
            1 => 51,
            2 => left + 1,
            3..=10 => self.rng.gen_range(1..=left),
            _ => 1,
        };
        let to = (0..count).map(|_| self.consumer()).collect();
        let source = if self.chance(85) { self.rng.gen_range(0..100_000) } else { self.rng.gen_range(0..5) };
        let caller = self.or_operator(campaign, caller);
        Op::plain(caller, office(OfficeCall::Issue { campaign, to, source }))
    }

    /// Places of drops that nobody has claimed, in campaigns that issue.
    fn free_places(&self, is_list: bool, attested: bool) -> Vec<(CampaignId, u32, u32, Printed)> {
        let codes = &self.model.registry.codes;
        let registry = self.model.registry.numbered();
        registry
            .filter(|(number, campaign)| {
                let of_audience = matches!(campaign.terms.audience, Audience::Attested { .. });
                issues(self.model, *number) && (is_list || of_audience == attested)
            })
            .flat_map(|(number, campaign)| {
                (1u32..).zip(&campaign.drops).map(move |(drop, printed)| (number, drop, *printed))
            })
            .filter(|(_, _, printed)| printed.is_list == is_list)
            .flat_map(|(number, drop, printed)| {
                (0..printed.size).map(move |index| (number, drop, index, printed))
            })
            .filter(|(number, drop, index, _)| !codes.contains(&(*number, *drop, *index)))
            .collect()
    }

    /// A drop or a campaign that is missing before something can be claimed.
    fn provide(&mut self, is_list: bool, attested: bool) -> Op {
        let of_audience = |model: &Model, number: CampaignId| {
            let audience = model.registry.campaign(number).unwrap().terms.audience;
            issues(model, number) && (is_list || matches!(audience, Audience::Attested { .. }) == attested)
        };
        let (campaign, caller) = self.campaign(of_audience);
        if self.model.registry.campaign(campaign).is_err() || !of_audience(self.model, campaign) {
            return self.create_campaign();
        }
        let printed = self.printed(is_list);
        Op::plain(caller, office(OfficeCall::CreateDrop { campaign, printed }))
    }

    /// An unclaimed place in a drop of a campaign that issues, mostly.
    fn place(&mut self, is_list: bool, attested: bool) -> (CampaignId, u32, u32, Printed) {
        let codes = &self.model.registry.codes;
        let mut free = self.free_places(is_list, attested);
        if free.iter().any(|place| refers(self.model, place.0)) && self.chance(50) {
            free.retain(|place| refers(self.model, place.0));
        }
        let used: Vec<_> = codes.iter().copied().collect();
        let (any, _) = self.campaign(|_, _| true);
        let blank = self.printed(is_list);
        let mut place = self.pick(&free).unwrap_or((any, 1, self.rng.gen_range(0..9), blank));
        match self.rng.gen_range(0..30) {
            0 => place.1 += 1,
            1 => place.2 += 1,
            2 => place.3 = blank,
            3 | 4 => {
                if let Some((number, drop, index)) = self.pick(&used) {
                    let drops = &self.model.registry.campaign(number).unwrap().drops;
                    place = (number, drop, index, drops[usize::try_from(drop).unwrap() - 1]);
                    place.3.is_list = is_list;
                }
            }
            _ => {}
        }
        place
    }

    fn advocate(&mut self) -> Option<Who> {
        self.chance(75).then(|| self.consumer())
    }

    fn code(&mut self, attested: bool) -> CodeCall {
        let (campaign, drop, index, printed) = self.place(false, attested);
        let forgery = if self.chance(2) { Some(Forgery::NoProof) } else { self.forgery() };
        let (to, advocate) = (self.consumer(), self.advocate());
        CodeCall { campaign, drop, index, to, advocate, printed, forgery }
    }

    /// A code of a campaign that rewards advocates, for a friend of somebody's.
    pub(super) fn claim_brought(&mut self) -> Op {
        let mut free = self.free_places(false, false);
        free.retain(|(number, ..)| refers(self.model, *number));
        match self.pick(&free) {
            Some((campaign, drop, index, printed)) => {
                let (to, advocate) = (self.consumer(), Some(self.consumer()));
                let claim = CodeCall { campaign, drop, index, to, advocate, printed, forgery: None };
                Op::plain(self.anyone(), Message::Registry(RegistryCall::Claim(claim)))
            }
            None if self
                .model
                .registry
                .numbered()
                .any(|(number, _)| issues_and_refers(self.model, number)) =>
            {
                let (campaign, caller) = self.campaign(issues_and_refers);
                let printed = self.printed(false);
                Op::plain(caller, office(OfficeCall::CreateDrop { campaign, printed }))
            }
            None => self.create_campaign(),
        }
    }

    pub(super) fn claim(&mut self) -> Op {
        if self.free_places(false, false).is_empty() && self.chance(70) {
            return self.provide(false, false);
        }
        let wrong = self.chance(4);
        let claim = self.code(wrong);
        Op::plain(self.anyone(), Message::Registry(RegistryCall::Claim(claim)))
    }

    /// A code for `claim_and_redeem`: mostly of a campaign whose coupons one use uses up.
    pub(super) fn code_to_spend(&mut self) -> CodeCall {
        let mut code = self.code(false);
        for _ in 0..6 {
            let terms = self.model.registry.campaign(code.campaign).map(|known| &known.terms);
            if terms.is_ok_and(|terms| matches!(terms.card, Card::Uses(1) | Card::Stamps(1))) {
                break;
            }
            code = self.code(false);
        }
        code
    }

    /// The attesting key's word where a campaign asks for it, mostly good.
    fn attested(&mut self, campaign: CampaignId) -> Option<Attested> {
        let audience = self.model.registry.campaign(campaign).map(|known| known.terms.audience);
        let class = match audience {
            Ok(Audience::Attested { class, .. }) => class,
            _ if self.chance(5) => 1,
            _ => return None,
        };
        if self.chance(4) {
            return None;
        }
        let class = if self.chance(3) { class + 1 } else { class };
        let now = self.model.now;
        let expires_at = if self.chance(4) { now } else { now + self.span(1..60, 1..9) };
        Some(Attested { class, expires_at, forgery: self.forgery() })
    }

    fn claimed_at_office(
        &mut self,
        campaign: CampaignId,
        to: Who,
        advocate: Option<Who>,
        entitled: Entitled,
    ) -> Op {
        let attested = self.attested(campaign);
        let call = OfficeCall::Claim { campaign, to, advocate, attested, entitled };
        Op::plain(self.anyone(), office(call))
    }

    pub(super) fn claim_listed(&mut self) -> Op {
        if self.free_places(true, false).is_empty() && self.chance(70) {
            return self.provide(true, false);
        }
        let (campaign, drop, index, printed) = self.place(true, false);
        let to = if self.chance(92) { printed.entry(index).0 } else { self.consumer() };
        let advocate = if self.chance(4) { self.advocate() } else { None };
        self.claimed_at_office(campaign, to, advocate, Entitled::Listed { drop, index, printed })
    }

    pub(super) fn claim_attested_code(&mut self) -> Op {
        if self.free_places(false, true).is_empty() && self.chance(80) {
            return self.provide(false, true);
        }
        let CodeCall { campaign, drop, index, to, advocate, printed, forgery } = self.code(true);
        let entitled = Entitled::Code { drop, index, printed, forgery };
        self.claimed_at_office(campaign, to, advocate, entitled)
    }

    pub(super) fn claim_with_voucher(&mut self) -> Op {
        let named: Vec<(CampaignId, Who)> = SIGNERS
            .into_iter()
            .flat_map(|signer| {
                let known = self.model.registry.keys.keys();
                known.filter(move |(_, key)| *key == key_of(signer)).map(move |(number, _)| (*number, signer))
            })
            .filter(|(number, _)| issues(self.model, *number))
            .collect();
        let referring: Vec<_> =
            named.iter().copied().filter(|(number, _)| refers(self.model, *number)).collect();
        let named = if !referring.is_empty() && self.chance(50) { referring } else { named };
        let (any, _) = self.campaign(|_, _| true);
        let stranger = self.one_of(&SIGNERS);
        let strict = self.chance(92);
        let (campaign, signer) = if strict { self.pick(&named) } else { None }.unwrap_or((any, stranger));
        let nonce = if self.chance(85) { self.rng.gen_range(0..100_000) } else { self.rng.gen_range(0..3) };
        let now = self.model.now;
        let deadline = if self.chance(4) { now } else { now + self.span(1..60, 1..9) };
        let entitled = Entitled::Voucher { signer, nonce, deadline, forgery: self.forgery() };
        let (to, advocate) = (self.consumer(), self.advocate());
        self.claimed_at_office(campaign, to, advocate, entitled)
    }

    pub(super) fn set_voucher_key(&mut self) -> Op {
        let (campaign, caller) = self.referring();
        let caller = self.or_operator(campaign, caller);
        let signer = self.one_of(&SIGNERS);
        let quota = self.chance(65).then(|| Quota {
            most: if self.chance(4) { 0 } else { self.rng.gen_range(1..3) },
            period: self.span(30..200, 1..8),
            since: self.model.now,
            used: 0,
        });
        let known = self.model.registry.keys.contains_key(&(campaign, key_of(signer)));
        let dismiss = if known { self.chance(35) } else { self.chance(10) };
        let named = (!dismiss).then_some(VoucherKey { device: signer == SIGNERS[1], quota });
        Op::plain(caller, office(OfficeCall::SetVoucherKey { campaign, signer, named }))
    }

    pub(super) fn set_role(&mut self) -> Op {
        let account = match self.rng.gen_range(0..10) {
            0..=5 => HELPERS[0],
            6 | 7 => HELPERS[1],
            8 => "alliance",
            _ => self.anyone(),
        };
        let most = if account == HELPERS[0] { 85 } else { 20 };
        let daily_cap = self.chance(most).then(|| self.rng.gen_range(20..200));
        let (operator, cashier) = (self.chance(50), self.chance(85));
        Op::plain(self.merchant(), office(OfficeCall::SetRole { account, operator, cashier, daily_cap }))
    }

    /// The issuer of a coupon's campaign, mostly.
    fn issuer_of(&mut self, coupon: CouponId) -> Who {
        let issuer = self.model.registry.campaign(coupon.campaign).map(|campaign| campaign.issuer);
        let stranger = self.merchant();
        issuer.map_or(stranger, |issuer| self.mostly(issuer))
    }

    pub(super) fn set_frozen(&mut self) -> Op {
        let (coupon, _) = self.coupon(|model, id, _| {
            model.registry.campaign(id.campaign).unwrap().terms.funding != Funding::Escrow
        });
        let caller = self.issuer_of(coupon);
        let caller = self.or_operator(coupon.campaign, caller);
        let frozen = self.model.registry.coupons.get(&coupon).is_some_and(|coupon| coupon.frozen.is_some());
        let reason = if frozen != self.chance(20) { None } else { Some(self.rng.gen_range(0..3)) };
        Op::plain(caller, office(OfficeCall::SetFrozen { coupon, reason }))
    }

    pub(super) fn set_account_frozen(&mut self) -> Op {
        let (caller, account) = (self.merchant(), self.consumer());
        let at = (self.model.places.of(caller), self.model.places.of(account));
        let frozen = self.model.registry.customers.get(&at).and_then(|customer| customer.frozen);
        let reason = match frozen {
            Some(_) if self.chance(80) => None,
            _ => Some(self.rng.gen_range(0..2)),
        };
        let reason = if self.chance(30) { frozen } else { reason };
        Op::plain(caller, office(OfficeCall::SetAccountFrozen { account, reason }))
    }

    pub(super) fn revoke(&mut self) -> Op {
        let (coupon, _) = self.coupon(|_, _, _| true);
        Op::plain(
            self.issuer_of(coupon),
            office(OfficeCall::Revoke { coupon, reason: self.rng.gen_range(0..9) }),
        )
    }

    pub(super) fn top_up(&mut self) -> Op {
        let gift_card = |model: &Model, id: CouponId| {
            terms::is_gift_card(&model.registry.campaign(id.campaign).unwrap().terms)
        };
        let (coupon, _) = self.coupon(|model, id, _| gift_card(model, id));
        let value = self.amount(60);
        let terms = self.model.registry.campaign(coupon.campaign).map(|known| known.terms.clone()).ok();
        let backed = terms.as_ref().is_some_and(|terms| terms.funding == Funding::Escrow);
        let asset = terms.map_or(Asset::Native, |terms| terms.asset);
        let sent = self.value(asset, if backed { value } else { 0 });
        paid(self.issuer_of(coupon), sent, office(OfficeCall::TopUp { coupon, value }))
    }

    /// The guardian, mostly, while there is one.
    fn guardian(&mut self) -> Who {
        let right = self.chance(80);
        match self.model.registry.guardian {
            Some(guardian) if right => self.mostly(guardian),
            Some(_) | None => self.anyone(),
        }
    }

    pub(super) fn set_paused(&mut self) -> Op {
        let paused = self.model.registry.paused.unwrap_or_default();
        let scopes = if (paused != 0 && self.chance(85)) || self.chance(30) {
            0
        } else {
            self.one_of(&[1, 2, 4, 4, 7])
        };
        Op::plain(self.guardian(), office(OfficeCall::SetPaused { scopes }))
    }

    pub(super) fn offer_guardian(&mut self) -> Op {
        let to = (!self.chance(15)).then(|| self.one_of(&[OWNER, OPERATOR]));
        Op::plain(self.guardian(), office(OfficeCall::OfferGuardian { to }))
    }

    pub(super) fn accept_guardian(&mut self) -> Op {
        let offers_first = self.chance(70);
        let caller = match self.model.registry.heir {
            Some(heir) => self.mostly(heir),
            None if self.model.registry.guardian.is_some() && offers_first => return self.offer_guardian(),
            None => self.anyone(),
        };
        Op::plain(caller, office(OfficeCall::AcceptGuardian))
    }

    /// By others: the guardian itself stays until the end of life.
    pub(super) fn step_down(&mut self) -> Op {
        let caller = self.consumer();
        Op::plain(caller, office(OfficeCall::StepDown))
    }
}
