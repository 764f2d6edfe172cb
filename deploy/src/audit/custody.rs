//! Custody's storage from its events. Of the contract's code it uses the types of what is stored.
use super::{
    contradiction::{ensure_rule, ensure_same, ensure_some, Contradiction},
    decode::CustodyEvent,
    money::{self, Till},
    storage::{Describe, Replayed, Table},
};
use ::custody::{
    book::Root,
    events,
    payments::{Dispute, Held, Split},
    terms::Merchant,
};
use shared::{assets::Asset, math::share_down, AccountId, Balance, Timestamp};
use std::collections::BTreeMap;

const ROOT: Table<(), Root> = Table::new(0, "root");
const MERCHANTS: Table<AccountId, Merchant> = Table::new(0x01, "terms of");
const PAYMENTS: Table<(AccountId, u64), Held> = Table::new(0x02, "held payment");
const CREDITS: Table<(AccountId, Asset), Balance> = Table::new(0x03, "credit");

/// Every table of custody, by the manual keys of its `Book`.
pub(super) const LAYOUT: &[&dyn Describe] = &[&ROOT, &MERCHANTS, &PAYMENTS, &CREDITS];

pub(super) struct CustodyReplay {
    pub(super) store: Replayed,
    pub(super) till: Till,
}

impl CustodyReplay {
    pub(super) fn new() -> Self {
        Self { store: Replayed::default(), till: Till::new("custody") }
    }

    /// What custody owes: held payments and pull balances.
    /// # Errors
    /// `NotCreated`, `Overflow`.
    pub(super) fn owed(&self) -> Result<BTreeMap<Asset, Balance>, Contradiction> {
        self.root()?;
        let mut owed = BTreeMap::new();
        for (_, held) in self.store.all(&PAYMENTS) {
            money::add(&mut owed, held.asset, held.amount)?;
        }
        for ((_, asset), amount) in self.store.all(&CREDITS) {
            money::add(&mut owed, asset, amount)?;
        }
        Ok(owed)
    }

    /// The registry that a merchant's orders are redeemed at.
    pub(super) fn registry_of(&self, merchant: AccountId) -> Option<AccountId> {
        self.store.get(&MERCHANTS, &merchant).map(|merchant| merchant.terms.registry)
    }

    /// # Errors
    /// `Contradiction`.
    pub(super) fn apply(&mut self, event: &CustodyEvent, now: Timestamp) -> Result<(), Contradiction> {
        match event {
            CustodyEvent::CustodyCreated(event) => self.created(event),
            CustodyEvent::TermsSet(event) => self.terms_set(event),
            CustodyEvent::PaymentHeld(event) => self.held(event, now),
            CustodyEvent::PaymentDisputed(event) => self.disputed(event, now),
            CustodyEvent::DisputeReplied(event) => self.replied(event, now),
            CustodyEvent::DisputeRuled(event) => {
                let at = (event.acceptor, event.number);
                let held = self.store.found(&PAYMENTS, &at)?;
                let in_time = held.dispute.is_some_and(|dispute| now < dispute.ruled_until);
                ensure_rule("a dispute is ruled in time", in_time)?;
                self.end(at, &held, event.payer_bps, event.split)
            }
            CustodyEvent::PaymentSettled(event) => {
                let at = (event.acceptor, event.number);
                let held = self.store.found(&PAYMENTS, &at)?;
                let (until, bps) = match held.dispute {
                    None => (held.disputable_until, 0),
                    Some(dispute) => (dispute.ruled_until, held.unruled_bps),
                };
                ensure_rule("a payment settles once its time is up", now >= until)?;
                self.end(at, &held, bps, event.split)
            }
            CustodyEvent::PaymentGivenBack(event) => self.given_back(event),
            CustodyEvent::CreditAdded(event) => {
                let (account, asset, amount) = (event.account, event.asset, event.amount);
                let credit = self.store.get(&CREDITS, &(account, asset)).unwrap_or(0);
                let credit = ensure_some("a credit", credit.checked_add(amount))?;
                self.store.set(&CREDITS, &(account, asset), &credit);
                self.till.take_in(asset, amount, account, "pay-out failed")
            }
            CustodyEvent::CreditWithdrawn(event) => {
                let (account, asset) = (event.account, event.asset);
                let credit = self.store.found(&CREDITS, &(account, asset))?;
                ensure_same("the credit", credit, event.amount)?;
                self.store.remove(&CREDITS, &(account, asset));
                self.till.pay_out(asset, event.amount, account, "credit withdrawn")
            }
        }
    }

    fn root(&self) -> Result<Root, Contradiction> {
        self.store.get(&ROOT, &()).ok_or(Contradiction::NotCreated)
    }

    fn created(&mut self, event: &events::CustodyCreated) -> Result<(), Contradiction> {
        if self.root().is_ok() {
            return Err(Contradiction::CreatedTwice);
        }
        let root = Root { chain_tag: event.chain_tag, registries: event.registries.clone() };
        self.store.set(&ROOT, &(), &root);
        Ok(())
    }

    fn terms_set(&mut self, event: &events::TermsSet) -> Result<(), Contradiction> {
        let before = self.store.get(&MERCHANTS, &event.merchant);
        let epoch = before.map_or(0, |before| before.epoch.saturating_add(1));
        ensure_same("the terms' number", epoch, event.epoch)?;
        self.store.set(&MERCHANTS, &event.merchant, &Merchant { terms: event.terms, epoch });
        Ok(())
    }

    fn held(&mut self, event: &events::PaymentHeld, now: Timestamp) -> Result<(), Contradiction> {
        let terms = self.store.found(&MERCHANTS, &event.acceptor)?.terms;
        let until = now.saturating_add(terms.time_to_dispute);
        ensure_same("the end of the time to dispute", until, event.disputable_until)?;
        ensure_rule("something is held", event.amount > 0)?;
        let at = (event.acceptor, event.number);
        self.store.ensure_absent(&PAYMENTS, &at)?;
        let held = Held {
            payer: event.payer,
            asset: event.asset,
            amount: event.amount,
            resolver: terms.resolver,
            disputable_until: until,
            time_to_rule: terms.time_to_rule,
            unruled_bps: terms.unruled_bps,
            dispute: None,
        };
        self.store.set(&PAYMENTS, &at, &held);
        self.till.take_in(event.asset, event.amount, event.payer, "payment held")
    }

    fn disputed(&mut self, event: &events::PaymentDisputed, now: Timestamp) -> Result<(), Contradiction> {
        let at = (event.acceptor, event.number);
        let mut held = self.store.found(&PAYMENTS, &at)?;
        let open = held.dispute.is_none() && now < held.disputable_until;
        ensure_rule("a payment is disputed once and in time", open)?;
        let until = now.saturating_add(held.time_to_rule);
        ensure_same("the end of the time to rule", until, event.ruled_until)?;
        let (reason, evidence) = (event.reason, event.evidence);
        held.dispute = Some(Dispute { reason, evidence, ruled_until: until, reply: None });
        self.store.set(&PAYMENTS, &at, &held);
        Ok(())
    }

    fn replied(&mut self, event: &events::DisputeReplied, now: Timestamp) -> Result<(), Contradiction> {
        let at = (event.acceptor, event.number);
        let mut held = self.store.found(&PAYMENTS, &at)?;
        let open = held.dispute.is_some_and(|dispute| dispute.reply.is_none() && now < dispute.ruled_until);
        ensure_rule("a dispute is answered once and in time", open)?;
        held.dispute = held.dispute.map(|dispute| Dispute { reply: Some(event.evidence), ..dispute });
        self.store.set(&PAYMENTS, &at, &held);
        Ok(())
    }

    /// The payment's money leaves, `payer_bps` of it for the payer.
    fn end(
        &mut self,
        at: (AccountId, u64),
        held: &Held,
        payer_bps: u16,
        split: Split,
    ) -> Result<(), Contradiction> {
        let to_payer = share_down(held.amount, payer_bps);
        let rest = ensure_some("the acceptor's part", held.amount.checked_sub(to_payer))?;
        ensure_same("the parts", Split { to_payer, to_acceptor: rest }, split)?;
        self.store.remove(&PAYMENTS, &at);
        self.till.pay_out(held.asset, to_payer, held.payer, "payment returned")?;
        self.till.pay_out(held.asset, rest, at.0, "payment passed on")
    }

    fn given_back(&mut self, event: &events::PaymentGivenBack) -> Result<(), Contradiction> {
        let at = (event.acceptor, event.number);
        let mut held = self.store.found(&PAYMENTS, &at)?;
        held.amount = ensure_some("what is held", held.amount.checked_sub(event.amount))?;
        if held.amount == 0 {
            self.store.remove(&PAYMENTS, &at);
        } else {
            self.store.set(&PAYMENTS, &at, &held);
        }
        self.till.pay_out(held.asset, event.amount, held.payer, "payment given back")
    }
}
