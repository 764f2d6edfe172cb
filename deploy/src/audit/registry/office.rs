//! What issuers do through the office: campaigns, drops, keys, roles and coupons handed out. Also the office's own storage.
use super::{
    counters, drop_words, Awaiting, Due, RegistryReplay, CAMPAIGNS, CODES, COUPONS, CUSTOMERS, KEYS, PAUSED,
    PROGRESS, ROLES, ROOT, SOURCES, VOUCHERS,
};
use crate::audit::{
    contradiction::{ensure_rule, ensure_same, ensure_some, Contradiction},
    decode::OfficeEvent,
    storage::{Describe, Table},
};
use ::office::events;
use registry::book::Root;
use shared::{
    bits::Bits,
    campaigns::{Campaign, Improvement, MAX_DROPS},
    claims::{Drop, Source},
    coupons::Role,
    ids::{CampaignId, CouponId},
    registry::Scope,
    terms::{Audience, Funding, Terms},
    AccountId, Hash, Timestamp,
};
use std::collections::VecDeque;

const OFFICE: Table<(), Books> = Table::new(0, "office");
const OFFERS: Table<CampaignId, AccountId> = Table::new(0x21, "offer of campaign");

/// Every table of the office's own.
pub(in crate::audit) const LAYOUT: &[&dyn Describe] = &[&OFFICE, &OFFERS];

/// The longest URI of a document, in bytes.
const MAX_URI: usize = 256;

/// The office's fields as they stand in its storage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode)]
struct Books {
    registry: AccountId,
    chain_tag: Hash,
    guardian: Option<AccountId>,
    heir: Option<AccountId>,
    campaigns: CampaignId,
    paused: u8,
}

/// Coupons that came from a source; the registry tells of codes, the office of everything else.
pub(super) struct Issue {
    pub(super) campaign: CampaignId,
    pub(super) first_serial: u32,
    pub(super) count: u32,
    pub(super) valid_until: Timestamp,
    pub(super) advocate: Option<AccountId>,
}

impl RegistryReplay {
    pub(super) fn office_event(&mut self, event: &OfficeEvent, now: Timestamp) -> Result<(), Contradiction> {
        match event {
            OfficeEvent::OfficeOpened(event) => self.office_opened(event),
            OfficeEvent::CampaignCreated(event) => self.campaign_created(event, now),
            OfficeEvent::CampaignImproved(event) => self.improved(event, now),
            OfficeEvent::EscrowWithdrawn(event) => self.escrow_withdrawn(event, now),
            OfficeEvent::CampaignOffered(event) => self.campaign_offered(event),
            OfficeEvent::CampaignHandedOver(event) => self.handed_over(event),
            OfficeEvent::DropCreated(event) => self.drop_created(event),
            OfficeEvent::CouponsIssued(event) => {
                let events::CouponsIssued { campaign, first_serial, count, valid_until, advocate, source } =
                    *event;
                self.issued(&Issue { campaign, first_serial, count, valid_until, advocate }, source, now)
            }
            OfficeEvent::VoucherKeyChanged(event) => self.key_changed(event),
            OfficeEvent::RoleChanged(event) => {
                self.role_changed(event);
                Ok(())
            }
            OfficeEvent::CouponFreezeChanged(event) => self.freeze_changed(event),
            OfficeEvent::AccountFreezeChanged(event) => self.account_freeze_changed(event),
            OfficeEvent::CouponRevoked(event) => self.revoked(event),
            OfficeEvent::CouponToppedUp(event) => self.topped_up(event),
            OfficeEvent::PauseChanged(event) => self.pause_changed(event),
            OfficeEvent::GuardianOffered(event) => self.change_office(|office| office.heir = event.to),
            OfficeEvent::GuardianChanged(event) => {
                let heir = self.office_books()?.heir;
                ensure_rule(
                    "the guardian's place is taken by whom it was offered to, or given up",
                    event.guardian.is_none() || event.guardian == heir,
                )?;
                self.change_office(|office| (office.guardian, office.heir) = (event.guardian, None))
            }
        }
    }

    fn office_books(&self) -> Result<Books, Contradiction> {
        self.office.get(&OFFICE, &()).ok_or(Contradiction::NotCreated)
    }

    fn change_office(&mut self, change: impl FnOnce(&mut Books)) -> Result<(), Contradiction> {
        let mut books = self.office_books()?;
        change(&mut books);
        self.office.set(&OFFICE, &(), &books);
        Ok(())
    }

    fn office_opened(&mut self, event: &events::OfficeOpened) -> Result<(), Contradiction> {
        if self.office_books().is_ok() {
            return Err(Contradiction::CreatedTwice);
        }
        let branches = self.branches;
        ensure_same("the office's registry", branches.registry, event.registry)?;
        let books = Books {
            registry: event.registry,
            chain_tag: event.chain_tag,
            guardian: Some(event.guardian),
            heir: None,
            campaigns: 0,
            paused: 0,
        };
        self.office.set(&OFFICE, &(), &books);
        // The registry opens both within its own constructor, and tells nothing of itself.
        let root = Root {
            chain_tag: event.chain_tag,
            office: branches.office,
            desk: branches.desk,
            live: 0,
            paused: 0,
        };
        self.ledger.set(&ROOT, &(), &root);
        Ok(())
    }

    fn campaign_created(
        &mut self,
        event: &events::CampaignCreated,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let (number, terms) = (event.campaign, &event.terms);
        let office = self.office_books()?;
        self.ensure_open(Scope::Campaigns)?;
        let next = ensure_some("the number of campaigns", office.campaigns.checked_add(1))?;
        ensure_same("the campaign's number", next, number)?;
        ensure_rule("the terms must hold together", terms.check(now).is_ok())?;
        ensure_rule("a document's URI has at most 256 bytes", event.uri.len() <= MAX_URI)?;
        ensure_rule(
            "escrow belongs to escrow campaigns",
            event.escrow == 0 || terms.funding == Funding::Escrow,
        )?;
        if let Some(referral) = terms.referral {
            let reward = self.campaign(referral.reward)?;
            ensure_rule(
                "advocates are rewarded from a campaign of the same issuer that is for anyone",
                reward.issuer == event.issuer && reward.terms.audience == Audience::Anyone,
            )?;
        }
        self.change_office(|office| office.campaigns = number)?;
        let campaign = Campaign { issuer: event.issuer, terms: terms.clone() };
        self.ledger.set(&CAMPAIGNS, &number, &campaign);
        self.ledger.set(&PROGRESS, &number, &counters::start(terms, event.escrow));
        self.till.take_in(terms.asset, event.escrow, event.issuer, "escrow locked")
    }

    fn improved(&mut self, event: &events::CampaignImproved, now: Timestamp) -> Result<(), Contradiction> {
        let Campaign { issuer, terms } = self.campaign(event.campaign)?;
        let mut progress = self.progress(event.campaign)?;
        match event.improvement {
            Improvement::ExtendRedeemWindow { until } => {
                ensure_rule(
                    "a redeem window is extended while it is open",
                    until > progress.redeem_ends && now < progress.redeem_ends,
                )?;
                progress.redeem_ends = until;
            }
            Improvement::AddBudget { amount } => {
                ensure_rule("a campaign gets better by something", amount > 0)?;
                let left = progress.budget_left.and_then(|left| left.checked_add(amount));
                progress.budget_left = Some(ensure_some("the budget", left)?);
                let course = self.course.entry(event.campaign).or_default();
                let added = course.budget_added.checked_add(amount);
                course.budget_added = ensure_some("the budget", added)?;
            }
            Improvement::AddEscrow { amount } => {
                ensure_rule(
                    "escrow belongs to escrow campaigns",
                    terms.funding == Funding::Escrow && amount > 0,
                )?;
                let left = progress.escrow_left.checked_add(amount);
                progress.escrow_left = ensure_some("escrow", left)?;
                self.till.take_in(terms.asset, amount, issuer, "escrow added")?;
            }
            Improvement::StopIssuing => {
                ensure_rule("issuing stops once", !progress.issuing_stopped)?;
                progress.issuing_stopped = true;
            }
        }
        self.ledger.set(&PROGRESS, &event.campaign, &progress);
        Ok(())
    }

    fn escrow_withdrawn(
        &mut self,
        event: &events::EscrowWithdrawn,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let Campaign { issuer, terms } = self.campaign(event.campaign)?;
        let mut progress = self.progress(event.campaign)?;
        let over = now >= progress.redeem_ends.saturating_add(terms.rollback_window);
        let free = if !over {
            counters::uncommitted(&progress)?
        } else if terms.breakage.shared_bps() > 0 {
            progress.escrow_left.saturating_sub(progress.reserved)
        } else {
            progress.escrow_left
        };
        ensure_rule(
            "escrow that backs coupons and rollbacks stays",
            terms.funding == Funding::Escrow && event.amount > 0 && event.amount <= free,
        )?;
        let left = progress.escrow_left.checked_sub(event.amount);
        progress.escrow_left = ensure_some("escrow", left)?;
        self.ledger.set(&PROGRESS, &event.campaign, &progress);
        self.till.pay_out(terms.asset, event.amount, issuer, "escrow withdrawn")
    }

    fn campaign_offered(&mut self, event: &events::CampaignOffered) -> Result<(), Contradiction> {
        self.campaign(event.campaign)?;
        match event.to {
            Some(to) => self.office.set(&OFFERS, &event.campaign, &to),
            None => self.office.remove(&OFFERS, &event.campaign),
        }
        Ok(())
    }

    fn handed_over(&mut self, event: &events::CampaignHandedOver) -> Result<(), Contradiction> {
        let offered = self.office.found(&OFFERS, &event.campaign)?;
        ensure_same("whom the campaign was offered to", offered, event.issuer)?;
        self.office.remove(&OFFERS, &event.campaign);
        let campaign = Campaign { issuer: event.issuer, ..self.campaign(event.campaign)? };
        self.ledger.set(&CAMPAIGNS, &event.campaign, &campaign);
        Ok(())
    }

    fn drop_created(&mut self, event: &events::DropCreated) -> Result<(), Contradiction> {
        let mut progress = self.progress(event.campaign)?;
        progress.drops.push(Drop { root: event.root, size: event.size });
        let number = u32::try_from(progress.drops.len()).unwrap_or(u32::MAX);
        ensure_same("the drop's number", number, event.drop)?;
        ensure_rule("a drop has something, and its campaign room", event.size > 0 && number <= MAX_DROPS)?;
        self.ledger.set(&PROGRESS, &event.campaign, &progress);
        Ok(())
    }

    /// Coupons are on their way to accounts that only their transfers name.
    pub(super) fn issued(
        &mut self,
        issue: &Issue,
        source: Source,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let terms = self.campaign(issue.campaign)?.terms;
        self.ensure_open(Scope::Claims)?;
        self.use_source(issue, source, now)?;
        self.issue(issue, &terms, None, now)
    }

    /// Counts coupons as issued, and waits for their transfers.
    pub(super) fn issue(
        &mut self,
        issue: &Issue,
        terms: &Terms,
        owner: Option<AccountId>,
        now: Timestamp,
    ) -> Result<(), Contradiction> {
        let number = issue.campaign;
        let mut progress = self.progress(number)?;
        ensure_rule("some coupons are issued", issue.count > 0)?;
        ensure_same("the coupons' end", terms.valid_until(now), issue.valid_until)?;
        counters::issue(&mut progress, terms, issue.first_serial, issue.count, now)?;
        self.ledger.set(&PROGRESS, &number, &progress);
        let due = |serial| Due {
            id: CouponId { campaign: number, serial },
            owner,
            valid_until: issue.valid_until,
            left: terms.full(),
            advocate: issue.advocate,
            policy: terms.transfer,
            counts: true,
        };
        let last = issue.first_serial.saturating_add(issue.count);
        self.awaiting = Awaiting::Coming((issue.first_serial..last).map(due).collect::<VecDeque<_>>());
        Ok(())
    }

    fn use_source(&mut self, issue: &Issue, source: Source, now: Timestamp) -> Result<(), Contradiction> {
        let number = issue.campaign;
        match source {
            Source::Batch(source) => {
                let (word, bit) = Bits::locate(source);
                self.spend(&SOURCES, &(number, word), bit, || format!("source {source} of campaign {number}"))
            }
            Source::Code { drop, index } => {
                let progress = self.progress(number)?;
                let place = drop.checked_sub(1).and_then(|place| usize::try_from(place).ok());
                let found = place
                    .and_then(|place| progress.drops.get(place))
                    .ok_or_else(|| Contradiction::Missing { item: format!("drop {number}/{drop}") })?;
                ensure_rule("a code lies within its drop", index < found.size)?;
                let (word, bit) = Bits::locate(index.into());
                let drop = (number, drop);
                self.spend(&CODES, &(drop, word), bit, || drop_words(drop, index))
            }
            Source::Voucher { key, nonce } => {
                ensure_same("the coupons for a voucher", 1, issue.count)?;
                let at = (number, key);
                let (word, bit) = Bits::locate(nonce);
                self.spend(&VOUCHERS, &(at, word), bit, || {
                    format!("voucher {nonce} of {}", KEYS.item_words(&at))
                })?;
                self.count_voucher(at, now)
            }
        }
    }

    fn count_voucher(&mut self, at: (CampaignId, Hash), now: Timestamp) -> Result<(), Contradiction> {
        let mut signer = self.ledger.found(&KEYS, &at)?;
        let Some(quota) = &mut signer.quota else {
            return Ok(());
        };
        if now >= quota.since.saturating_add(quota.period) {
            (quota.since, quota.used) = (now, 0);
        }
        ensure_rule("a key's quota of vouchers", quota.used < quota.most)?;
        quota.used = quota.used.saturating_add(1);
        self.ledger.set(&KEYS, &at, &signer);
        Ok(())
    }

    fn key_changed(&mut self, event: &events::VoucherKeyChanged) -> Result<(), Contradiction> {
        self.campaign(event.campaign)?;
        let at = (event.campaign, event.key);
        match event.named {
            Some(named) => self.ledger.set(&KEYS, &at, &named),
            None => {
                self.ledger.found(&KEYS, &at)?;
                self.ledger.remove(&KEYS, &at);
            }
        }
        Ok(())
    }

    fn role_changed(&mut self, event: &events::RoleChanged) {
        let events::RoleChanged { merchant, account, operator, cashier, daily_cap } = *event;
        if operator || cashier {
            let role = Role { operator, cashier, daily_cap, day: 0, spent: 0 };
            self.ledger.set(&ROLES, &(merchant, account), &role);
        } else {
            self.ledger.remove(&ROLES, &(merchant, account));
        }
    }

    fn freeze_changed(&mut self, event: &events::CouponFreezeChanged) -> Result<(), Contradiction> {
        let mut coupon = self.coupon(event.coupon)?;
        let backed = self.campaign(event.coupon.campaign)?.terms.funding == Funding::Escrow;
        ensure_rule(
            "only a frozen coupon is thawed, and none frozen that escrow backs",
            if event.reason.is_some() { !backed } else { coupon.frozen.is_some() },
        )?;
        coupon.frozen = event.reason;
        self.ledger.set(&COUPONS, &event.coupon.into(), &coupon);
        Ok(())
    }

    fn account_freeze_changed(&mut self, event: &events::AccountFreezeChanged) -> Result<(), Contradiction> {
        let at = (event.issuer, event.account);
        let mut customer = self.ledger.get(&CUSTOMERS, &at).unwrap_or_default();
        ensure_rule("an account's freeze changes", customer.frozen != event.reason)?;
        customer.frozen = event.reason;
        self.ledger.set(&CUSTOMERS, &at, &customer);
        Ok(())
    }

    fn revoked(&mut self, event: &events::CouponRevoked) -> Result<(), Contradiction> {
        let coupon = self.coupon(event.coupon)?;
        let terms = self.campaign(event.coupon.campaign)?.terms;
        ensure_same("what backs the coupon", counters::backing(&terms, coupon.left)?, event.paid)?;
        let mut progress = self.progress(event.coupon.campaign)?;
        let reserved = progress.reserved.checked_sub(event.paid);
        progress.reserved = ensure_some("the reserved escrow", reserved)?;
        let left = progress.escrow_left.checked_sub(event.paid);
        progress.escrow_left = ensure_some("escrow", left)?;
        self.ledger.set(&PROGRESS, &event.coupon.campaign, &progress);
        self.awaiting = Awaiting::Going(event.coupon);
        self.till.pay_out(terms.asset, event.paid, coupon.owner, "coupon revoked")
    }

    fn topped_up(&mut self, event: &events::CouponToppedUp) -> Result<(), Contradiction> {
        let mut coupon = self.coupon(event.coupon)?;
        let Campaign { issuer, terms } = self.campaign(event.coupon.campaign)?;
        ensure_rule(
            "only a gift card with value left takes more",
            terms.is_stored_value() && coupon.left > 0 && event.value > 0,
        )?;
        coupon.left = ensure_some("a gift card's value", coupon.left.checked_add(event.value))?;
        self.ledger.set(&COUPONS, &event.coupon.into(), &coupon);
        if terms.funding == Funding::Escrow {
            let mut progress = self.progress(event.coupon.campaign)?;
            let left = progress.escrow_left.checked_add(event.value);
            progress.escrow_left = ensure_some("escrow", left)?;
            counters::reserve(&mut progress, event.value)?;
            self.ledger.set(&PROGRESS, &event.coupon.campaign, &progress);
            self.till.take_in(terms.asset, event.value, issuer, "gift card topped up")?;
        }
        Ok(())
    }

    fn pause_changed(&mut self, event: &events::PauseChanged) -> Result<(), Contradiction> {
        self.change_office(|office| office.paused = event.scopes)?;
        let root = Root { paused: event.scopes, ..self.root()? };
        self.ledger.set(&ROOT, &(), &root);
        self.ledger.set(&PAUSED, &(), &event.scopes);
        Ok(())
    }

    pub(super) fn ensure_open(&self, scope: Scope) -> Result<(), Contradiction> {
        ensure_rule("nothing happens that is paused", self.office_books()?.paused & scope.bit() == 0)
    }
}
