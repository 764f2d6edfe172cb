//! What the model's registry, office and desk keep, and what can be recounted of it. Holds no rule of any message.

use super::{printed::Printed, terms, Model};
use chain::{AccountId, Balance, Hash};
use shared::{
    assets::Asset,
    campaigns::Tally,
    claims::VoucherKey,
    coupons::{Coupon, Customer, Role},
    ids::{CampaignId, CouponId},
    order::{Order, Redemption, Use},
    registry::RegistryError as E,
    terms::{Funding, Terms},
};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
pub(crate) struct Campaign {
    pub(crate) issuer: AccountId,
    pub(crate) terms: Terms,
    pub(crate) ends: u64,
    pub(crate) stopped: bool,
    pub(crate) issued: u32,
    /// Coupons that came of others.
    pub(crate) parts: u32,
    pub(crate) budget_added: Balance,
    pub(crate) escrow_in: Balance,
    /// Withdrawn by the issuer,
    pub(crate) withdrawn: Balance,
    /// paid to holders of revoked coupons,
    pub(crate) revoked: Balance,
    /// and shared out as breakage.
    pub(crate) shared_out: Balance,
    /// Value added to gift cards.
    pub(crate) topped_up: Balance,
    /// What coupons had left that ended unspent.
    pub(crate) ended: Balance,
    pub(crate) drops: Vec<Printed>,
    pub(crate) offered: Option<AccountId>,
}

/// What became of a redemption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Stands,
    /// It stands, and its record is gone.
    Forgotten,
    Undone,
}

/// A redemption that took effect.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    /// As it stands now.
    pub(crate) redemption: Redemption,
    /// The coupons' parts as it took effect.
    pub(crate) first: Vec<Use>,
    pub(crate) fate: Fate,
    /// Its coupon was claimed in the same call.
    pub(crate) claimed: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Registry {
    /// Number `n` is at `n - 1`.
    pub(crate) campaigns: Vec<Campaign>,
    pub(crate) coupons: BTreeMap<CouponId, Coupon>,
    pub(crate) codes: BTreeSet<(CampaignId, u32, u32)>,
    pub(crate) sources: BTreeSet<(CampaignId, u64)>,
    pub(crate) keys: BTreeMap<(CampaignId, Hash), VoucherKey>,
    pub(crate) vouchers: BTreeSet<((CampaignId, Hash), u64)>,
    /// Coupons issued to an account, where that is kept.
    pub(crate) issued_to: BTreeMap<(CampaignId, AccountId), u32>,
    pub(crate) epochs: BTreeMap<AccountId, u32>,
    pub(crate) operators: BTreeSet<(AccountId, AccountId)>,
    pub(crate) roles: BTreeMap<(AccountId, AccountId), Role>,
    pub(crate) customers: BTreeMap<(AccountId, AccountId), Customer>,
    pub(crate) past: Vec<Past>,
    pub(crate) credits: BTreeMap<(AccountId, Asset), Balance>,
    pub(crate) rated: BTreeSet<(AccountId, u64, AccountId)>,
    /// Friends that an advocate was rewarded for.
    pub(crate) friends: BTreeMap<(CampaignId, AccountId), u32>,
    pub(crate) guardian: Option<AccountId>,
    pub(crate) heir: Option<AccountId>,
    /// The bits of what is paused; `None` until the guardian first says.
    pub(crate) paused: Option<u8>,
    /// Coupons that ended unspent: cleared, revoked or merged away.
    pub(crate) gone: BTreeSet<CouponId>,
    /// Orders that coupons were reserved for, to aim at.
    pub(crate) reserved: Vec<Order>,
}

/// A campaign's counters, recounted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    pub(crate) uses: u32,
    pub(crate) discounts: Balance,
    pub(crate) budget_left: Option<Balance>,
    pub(crate) escrow_left: Balance,
    pub(crate) reserved: Balance,
    pub(crate) held: Balance,
}

pub(crate) fn blake2(value: &impl scale::Encode) -> Hash {
    use blake2::{digest::consts::U32, Blake2b, Digest};
    Blake2b::<U32>::digest(value.encode()).into()
}

pub(crate) fn from_escrow(redemption: &Redemption) -> Balance {
    redemption.uses.iter().filter(|used| used.funding == Funding::Escrow).map(|used| used.discount).sum()
}

impl Registry {
    pub(crate) fn campaign(&self, number: CampaignId) -> Result<&Campaign, E> {
        let place = usize::try_from(number).unwrap().checked_sub(1);
        place.and_then(|place| self.campaigns.get(place)).ok_or(E::NoSuchCampaign { campaign: number })
    }

    pub(crate) fn campaign_mut(&mut self, number: CampaignId) -> Result<&mut Campaign, E> {
        self.campaign(number)?;
        Ok(&mut self.campaigns[usize::try_from(number).unwrap() - 1])
    }

    pub(crate) fn numbered(&self) -> impl Iterator<Item = (CampaignId, &Campaign)> {
        (1u32..).zip(&self.campaigns)
    }

    /// A coupon of a campaign that there is.
    pub(crate) fn coupon(&self, id: CouponId) -> Result<&Coupon, E> {
        self.campaign(id.campaign)?;
        self.coupons.get(&id).ok_or(E::NoSuchCoupon { coupon: id })
    }

    /// Redemptions that count, with their parts of a campaign.
    pub(crate) fn counted(&self, number: CampaignId) -> impl Iterator<Item = (&Past, &Use)> {
        self.past
            .iter()
            .filter(|past| past.fate != Fate::Undone)
            .flat_map(|past| past.redemption.uses.iter().map(move |used| (past, used)))
            .filter(move |(_, used)| used.coupon.campaign == number)
    }

    pub(crate) fn counts(&self, number: CampaignId) -> Counts {
        let campaign = self.campaign(number).unwrap();
        let terms = &campaign.terms;
        let escrow = terms.funding == Funding::Escrow;
        let uses: Vec<&Use> = self.counted(number).map(|(_, used)| used).collect();
        let discounts = uses.iter().map(|used| used.discount).sum();
        let live = self.coupons.iter().filter(|(id, _)| id.campaign == number);
        let backing = live.map(|(_, coupon)| terms::largest(terms, coupon.left)).sum();
        // What a use left of its backing stays, since a rollback would need it again.
        let kept = if terms.rollback_window > 0 && !terms::is_gift_card(terms) {
            uses.iter().map(|used| terms::freed(terms, used) - used.discount).sum()
        } else {
            0
        };
        let out = campaign.withdrawn + campaign.revoked + campaign.shared_out;
        Counts {
            uses: u32::try_from(uses.len()).unwrap(),
            discounts,
            budget_left: terms.budget.map(|budget| budget + campaign.budget_added - discounts),
            escrow_left: campaign.escrow_in - out - if escrow { discounts } else { 0 },
            reserved: if escrow { backing } else { 0 },
            held: if escrow { kept } else { 0 },
        }
    }

    /// Escrow that neither live coupons nor rollbacks can need.
    pub(crate) fn uncommitted(&self, number: CampaignId) -> Balance {
        let counts = self.counts(number);
        counts.escrow_left.saturating_sub(counts.reserved + counts.held)
    }

    /// What the issuer may take back: what backs nothing, and once no coupon can be spent and no redemption undone all but what is still to be
    /// shared out.
    pub(crate) fn free_escrow(&self, number: CampaignId, now: u64) -> Balance {
        let campaign = self.campaign(number).unwrap();
        let counts = self.counts(number);
        if now < campaign.ends + campaign.terms.rollback_window {
            self.uncommitted(number)
        } else if terms::shared_bps(&campaign.terms) > 0 {
            counts.escrow_left.saturating_sub(counts.reserved)
        } else {
            counts.escrow_left
        }
    }

    /// A tally of one period: redemptions that count and their discounts, of a campaign or of one of its holders.
    pub(crate) fn in_period(
        &self,
        number: CampaignId,
        holder: Option<AccountId>,
        index: u32,
    ) -> (u32, Balance) {
        let Some(period) = self.campaign(number).unwrap().terms.limits.period else { return (0, 0) };
        let fit = self.counted(number).filter(|(past, used)| {
            holder.is_none_or(|holder| holder == used.holder)
                && terms::period(&period, past.redemption.redeemed_at) == index
        });
        fit.fold((0, 0), |(uses, value), (_, used)| (uses + 1, value + used.discount))
    }

    /// What a holder has had of a campaign.
    pub(crate) fn of_holder(&self, number: CampaignId, holder: AccountId) -> (u32, Balance) {
        let fit = self.counted(number).filter(|(_, used)| used.holder == holder);
        fit.fold((0, 0), |(uses, value), (_, used)| (uses + 1, value + used.discount))
    }

    /// What the newest period with a redemption has seen, rolled back or not.
    pub(crate) fn newest_period(&self, number: CampaignId, holder: Option<AccountId>) -> Tally {
        let Some(period) = self.campaign(number).unwrap().terms.limits.period else {
            return Tally::default();
        };
        let of =
            |used: &Use| used.coupon.campaign == number && holder.is_none_or(|holder| holder == used.holder);
        let newest = self.past.iter().filter(|past| past.first.iter().any(of));
        match newest.map(|past| past.redemption.redeemed_at).max() {
            None => Tally::default(),
            Some(at) => {
                let index = terms::period(&period, at);
                let (uses, value) = self.in_period(number, holder, index);
                Tally { index, uses, value }
            }
        }
    }

    pub(crate) fn epoch(&self, account: AccountId) -> u32 {
        self.epochs.get(&account).copied().unwrap_or_default()
    }

    pub(crate) fn is_cashier(&self, merchant: AccountId, account: AccountId) -> bool {
        self.roles.get(&(merchant, account)).is_some_and(|role| role.cashier)
    }

    pub(crate) fn is_paused(&self, bit: u8) -> bool {
        self.paused.unwrap_or_default() & bit != 0
    }

    /// Whether an account may do an issuer's work.
    pub(crate) fn is_operator(&self, number: CampaignId, account: AccountId) -> bool {
        self.campaign(number).is_ok_and(|campaign| {
            campaign.issuer == account
                || self.roles.get(&(campaign.issuer, account)).is_some_and(|role| role.operator)
        })
    }
}

impl Model {
    /// Collected at the office or the desk for the registry.
    pub(super) fn collect_for_registry(
        &mut self,
        asset: Asset,
        collector: AccountId,
        payer: AccountId,
        amount: Balance,
        paid: Balance,
    ) -> Result<(), E> {
        let registry = self.places.registry;
        self.money.collect(asset, (collector, registry), payer, amount, paid).map_err(E::Payment)
    }

    pub(super) fn pay_or_credit(&mut self, asset: Asset, account: AccountId, amount: Balance) {
        if self.money.pay(asset, self.places.registry, account, amount).is_err() {
            *self.registry.credits.entry((account, asset)).or_default() += amount;
            self.emit("CreditAdded");
        }
    }
}
