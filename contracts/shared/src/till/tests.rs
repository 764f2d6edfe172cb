//! Who must agree to an order, in the order it is looked at. The shelves are a map; what an order leaves behind is tested where it is written.
use super::*;
use crate::{
    ledger::key,
    terms::Benefit,
    testing::{account, campaign, coupon, id, order, Signer, DOMAIN, ISSUER, NOW},
};
use scale::Encode;
use std::collections::BTreeMap;

#[derive(Default)]
struct Map(BTreeMap<Vec<u8>, Vec<u8>>);

impl Map {
    fn with(mut self, mapping: u32, at: &impl Encode, value: &impl Encode) -> Self {
        self.0.insert(key(mapping, at), value.encode());
        self
    }
}

impl Shelves for &Map {
    fn item(&self, key: Vec<u8>) -> Option<Vec<u8>> {
        self.0.get(&key).cloned()
    }
}

const DEADLINE: Timestamp = NOW + 1;

fn holder() -> Signer {
    Signer::new(1)
}

fn cashier() -> Signer {
    Signer::new(2)
}

/// Gift cards 1 and 2 of 300 each, which `holder` has; it and the cashier are in permit epoch 3.
fn ledger() -> Map {
    let campaign = campaign(|t| t.benefit = Benefit::StoredValue { value: 300 });
    let progress = Progress::new(&campaign.terms, 0);
    let card = Coupon { owner: holder().account(), ..coupon(&campaign) };
    let record = Holder { coupons: 2, permit_epoch: 3 };
    let role = Role { cashier: true, ..Role::default() };
    Map::default()
        .with(items::CAMPAIGNS, &1u32, &campaign)
        .with(items::PROGRESS, &1u32, &progress)
        .with(items::COUPONS, &id(1, 1).to_u64(), &card)
        .with(items::COUPONS, &id(1, 2).to_u64(), &card)
        .with(items::HOLDERS, &holder().account(), &record)
        .with(items::HOLDERS, &cashier().account(), &record)
        .with(items::ROLES, &(ISSUER, cashier().account()), &role)
}

fn permit(signer: &Signer, purpose: Purpose, subject: &impl Encode) -> Permit {
    let (epoch, deadline) = (3, DEADLINE);
    Permit { epoch, deadline, signature: signer.sign(purpose, subject, epoch, deadline) }
}

/// The cashier's and the holder's consent to these coupons for `order`.
fn agreed(order: &Order, presented: &[Presented]) -> Permits {
    let hash = digest(order);
    let signed = permit(&cashier(), Purpose::Order, &(presented, hash));
    let coupons = presented.iter().map(|&presented| CouponPermit {
        presented,
        permit: Some(permit(&holder(), Purpose::Spend, &(presented, hash))),
    });
    let acceptor = OrderPermit { signer: cashier().account(), permit: signed };
    Permits { acceptor: Some(acceptor), coupons: coupons.collect() }
}

/// What the coupons take off when anybody submits the order.
fn agree(order: &Order, permits: &Permits, now: Timestamp) -> Result<Balance, RegistryError> {
    let scene = Scene { caller: account(40), passes_on: false, domain: &DOMAIN, now };
    let ledger = ledger();
    let agreed = Till::new(&ledger).agree(order, permits, &scene);
    agreed.map(|(tray, _)| tray.discount()).map_err(|refusal| *refusal)
}

fn whole() -> [Presented; 1] {
    [id(1, 1).into()]
}

#[test]
fn with_everyones_permits_anyone_submits_an_order() {
    assert_eq!(agree(&order(1), &agreed(&order(1), &whole()), NOW), Ok(300));
    let part = [Presented { most: Some(7), ..id(1, 1).into() }];
    assert_eq!(agree(&order(1), &agreed(&order(1), &part), NOW), Ok(7));
}

#[test]
fn without_permits_only_the_acceptor_its_cashier_and_the_holder_agree_by_calling() {
    let ledger = ledger();
    let call = |caller, permits: &Permits| {
        let scene = Scene { caller, passes_on: false, domain: &DOMAIN, now: NOW };
        let agreed = Till::new(&ledger).agree(&order(1), permits, &scene);
        agreed.map(|(tray, _)| tray.discount()).map_err(|refusal| *refusal)
    };
    let signed = agreed(&order(1), &whole());
    let by_holder = Permits { acceptor: None, ..signed.clone() };
    assert_eq!(call(ISSUER, &by_holder), Ok(300));
    assert_eq!(call(cashier().account(), &by_holder), Ok(300));
    let stranger = account(40);
    assert_eq!(call(stranger, &by_holder), Err(RegistryError::NotAcceptor { signer: stranger }));
    let mut by_acceptor = signed;
    by_acceptor.coupons[0].permit = None;
    assert_eq!(call(holder().account(), &by_acceptor), Ok(300));
    let missing = RegistryError::PermitMissing { coupon: id(1, 1) };
    assert_eq!(call(stranger, &by_acceptor), Err(missing));
}

#[test]
fn an_acceptors_permit_is_for_one_order_and_its_coupons_just_as_presented() {
    let signed = agreed(&order(1), &whole());
    let invalid = Err(RegistryError::PermitInvalid { signer: cashier().account() });
    for presented in [
        [Presented { most: Some(299), ..id(1, 1).into() }],
        [Presented { optional: true, ..id(1, 1).into() }],
        [id(1, 2).into()],
    ] {
        let other = Permits { coupons: agreed(&order(1), &presented).coupons, ..signed.clone() };
        assert_eq!(agree(&order(1), &other, NOW), invalid);
    }
    let dearer = Order { basket: 1_001, ..order(1) };
    let coupons = agreed(&dearer, &whole()).coupons;
    assert_eq!(agree(&dearer, &Permits { coupons, ..signed }, NOW), invalid);
}

#[test]
fn a_holders_permit_is_for_one_order_and_its_coupon_just_as_presented() {
    let invalid = Err(RegistryError::PermitInvalid { signer: holder().account() });
    let less = [Presented { most: Some(299), ..id(1, 1).into() }];
    let mut permits = agreed(&order(1), &whole());
    permits.coupons[0].permit = agreed(&order(1), &less).coupons[0].permit.clone();
    assert_eq!(agree(&order(1), &permits, NOW), invalid);
    permits.coupons[0].permit = agreed(&order(2), &whole()).coupons[0].permit.clone();
    assert_eq!(agree(&order(1), &permits, NOW), invalid);
    permits.coupons[0].permit = agreed(&order(1), &[id(1, 2).into()]).coupons[0].permit.clone();
    assert_eq!(agree(&order(1), &permits, NOW), invalid);
}

#[test]
fn the_acceptors_consent_comes_after_the_order_and_before_the_coupons() {
    let none = order(1);
    let mut permits = agreed(&none, &[]);
    let over = Order { eligible: 1_001, ..order(1) };
    let refusal = RegistryError::EligibleOverBasket { eligible: 1_001, basket: 1_000 };
    assert_eq!(agree(&over, &permits, DEADLINE), Err(refusal));
    let expired = RegistryError::PermitExpired { deadline: DEADLINE, now: DEADLINE };
    assert_eq!(agree(&none, &permits, DEADLINE), Err(expired));
    assert_eq!(agree(&none, &permits, NOW), Err(RegistryError::CouponCount { presented: 0, most: 5 }));
    if let Some(signed) = &mut permits.acceptor {
        signed.permit.epoch = 2;
    }
    assert_eq!(agree(&none, &permits, NOW), Err(RegistryError::PermitCancelled { epoch: 2, current: 3 }));
    let dismissed = Signer::new(9).account();
    if let Some(signed) = &mut permits.acceptor {
        signed.signer = dismissed;
    }
    assert_eq!(agree(&none, &permits, NOW), Err(RegistryError::NotAcceptor { signer: dismissed }));
}

#[test]
fn an_operator_is_no_cashier() {
    let role = Role { operator: true, ..Role::default() };
    let ledger = ledger().with(items::ROLES, &(ISSUER, account(41)), &role);
    let scene = Scene { caller: account(41), passes_on: false, domain: &DOMAIN, now: NOW };
    let permits = Permits { acceptor: None, ..agreed(&order(1), &whole()) };
    let refusal = Till::new(&ledger).agree(&order(1), &permits, &scene).map(|_| ());
    assert_eq!(refusal, Err(RegistryError::NotAcceptor { signer: account(41) }.into()));
}

#[test]
fn a_holder_who_does_not_agree_is_heard_before_the_campaign_runs_dry() {
    let gift = Benefit::StoredValue { value: 300 };
    let campaign = campaign(|t| (t.benefit, t.budget) = (gift, Some(299)));
    let progress = Progress::new(&campaign.terms, 0);
    let ledger = ledger().with(items::CAMPAIGNS, &1u32, &campaign).with(items::PROGRESS, &1u32, &progress);
    let mut permits = agreed(&order(1), &whole());
    let scene = Scene { caller: account(40), passes_on: false, domain: &DOMAIN, now: NOW };
    let agree = |permits: &Permits| {
        let agreed = Till::new(&ledger).agree(&order(1), permits, &scene);
        agreed.map(|(tray, _)| tray.discount()).map_err(|refusal| *refusal)
    };
    assert_eq!(agree(&permits), Err(RegistryError::BudgetExhausted { campaign: 1 }));
    permits.coupons[0].permit = None;
    assert_eq!(agree(&permits), Err(RegistryError::PermitMissing { coupon: id(1, 1) }));
}
