//! The registry's ledger as its office and its desk see it: items read in one call, changes done in another. Decides nothing.
use crate::{
    assets::{Asset, PaymentFault},
    campaigns::{Campaign, Progress},
    coupons::Coupon,
    ids::{CampaignId, CouponId},
    ledger::{items, key, Raw, Shelves, Step},
    registry::{Refusal, RegistryError},
    AccountId, Balance,
};
use ink::{
    env::{
        call::{build_call, ExecutionInput, Selector},
        DefaultEnvironment as Env, ReturnFlags,
    },
    prelude::vec::Vec,
};
use scale::{Decode, Encode, Error, Input};

/// A registry's books, and what is to be done there.
pub struct Books {
    registry: AccountId,
    steps: Vec<Step>,
}

/// Items in the order they were asked for.
pub struct Items(Vec<Option<Vec<u8>>>);

impl Items {
    /// The next item, if there is one.
    /// # Errors
    /// `OfficeFailed`.
    pub fn take<T: Decode>(&mut self) -> Result<Option<T>, Refusal> {
        if self.0.is_empty() {
            return Err(RegistryError::OfficeFailed.into());
        }
        match self.0.remove(0) {
            Some(bytes) => {
                let item = T::decode(&mut bytes.as_slice()).map_err(|_| RegistryError::OfficeFailed)?;
                Ok(Some(item))
            }
            None => Ok(None),
        }
    }
}

/// The ledger's shelves as seen from another contract.
#[derive(Clone, Copy)]
pub struct Shelf {
    /// Whose ledger.
    pub registry: AccountId,
}

impl Shelves for Shelf {
    fn item(&self, key: Vec<u8>) -> Option<Vec<u8>> {
        let mut found = Books::new(self.registry).read([key].to_vec()).ok()?;
        found.0.pop().flatten()
    }
}

impl Books {
    /// Nothing to do yet.
    pub fn new(registry: AccountId) -> Self {
        Self { registry, steps: Vec::new() }
    }

    /// Items as they stand, in the order of `keys`.
    /// # Errors
    /// `OfficeFailed` where the registry doesn't answer as it should.
    #[inline(never)]
    pub fn read(&self, keys: Vec<Vec<u8>>) -> Result<Items, Refusal> {
        let selector = Selector::new(ink::selector_bytes!("Ledger::items"));
        let reply = build_call::<Env>()
            .call(self.registry)
            .exec_input(ExecutionInput::new(selector).push_arg(keys))
            .returns::<Vec<Option<Vec<u8>>>>()
            .try_invoke();
        match reply {
            Ok(Ok(found)) => Ok(Items(found)),
            Ok(Err(_)) | Err(_) => Err(RegistryError::OfficeFailed.into()),
        }
    }

    /// One item.
    /// # Errors
    /// `OfficeFailed`.
    pub fn one<T: Decode>(&self, mapping: u32, at: &impl Encode) -> Result<Option<T>, Refusal> {
        self.read([key(mapping, at)].to_vec())?.take()
    }

    /// A campaign and its counters.
    /// # Errors
    /// `NoSuchCampaign`.
    #[inline(never)]
    pub fn campaign(&self, campaign: CampaignId) -> Result<(Campaign, Progress), Refusal> {
        let mut items =
            self.read([key(items::CAMPAIGNS, &campaign), key(items::PROGRESS, &campaign)].to_vec())?;
        match (items.take()?, items.take()?) {
            (Some(found), Some(progress)) => Ok((found, progress)),
            _ => Err(RegistryError::NoSuchCampaign { campaign }.into()),
        }
    }

    /// A live coupon with its campaign and the campaign's counters.
    /// # Errors
    /// `NoSuchCampaign`, `NoSuchCoupon`.
    #[inline(never)]
    pub fn coupon(&self, id: CouponId) -> Result<(Campaign, Progress, Coupon), Refusal> {
        let campaign = id.campaign;
        let keys =
            [key(items::CAMPAIGNS, &campaign), key(items::PROGRESS, &campaign), coupon_key(id)].to_vec();
        let mut items = self.read(keys)?;
        let (Some(found), Some(progress)) = (items.take()?, items.take()?) else {
            return Err(RegistryError::NoSuchCampaign { campaign }.into());
        };
        let coupon = items.take()?.ok_or(RegistryError::NoSuchCoupon { coupon: id })?;
        Ok((found, progress, coupon))
    }

    /// Writes an item.
    pub fn write(&mut self, mapping: u32, at: &impl Encode, value: &impl Encode) {
        self.steps.push(Step::Write { key: key(mapping, at), value: Some(value.encode()) });
    }

    /// Removes an item.
    pub fn remove(&mut self, mapping: u32, at: &impl Encode) {
        self.steps.push(Step::Write { key: key(mapping, at), value: None });
    }

    /// Writes a campaign's counters.
    pub fn write_progress(&mut self, campaign: CampaignId, progress: &Progress) {
        self.write(items::PROGRESS, &campaign, progress);
    }

    /// Writes a coupon that is there.
    pub fn write_coupon(&mut self, id: CouponId, coupon: &Coupon) {
        self.write(items::COUPONS, &id.to_u64(), coupon);
    }

    /// Brings a coupon into being.
    pub fn mint(&mut self, coupon: CouponId, state: Coupon) {
        let (owner, state) = (state.owner, state.encode());
        self.steps.push(Step::Mint { coupon, owner, state });
    }

    /// Gives a coupon of `from`'s to its `state`'s owner.
    pub fn move_coupon(&mut self, coupon: CouponId, from: AccountId, state: &Coupon) {
        self.write_coupon(coupon, state);
        self.steps.push(Step::Moved { coupon, from, to: state.owner });
    }

    /// Ends a coupon.
    pub fn burn(&mut self, coupon: CouponId) {
        self.steps.push(Step::Burn { coupon });
    }

    /// Pays money out; nothing to do for zero.
    pub fn pay(&mut self, asset: Asset, to: AccountId, amount: Balance) {
        if amount > 0 {
            self.steps.push(Step::Pay { asset, to, amount });
        }
    }

    /// Sets what is paused.
    pub fn pause(&mut self, scopes: u8) {
        self.steps.push(Step::Pause { scopes });
    }

    /// Has the registry do what there is to do so far.
    /// # Errors
    /// As `apply`.
    pub fn flush(&mut self) -> Result<(), Refusal> {
        self.apply(0)
    }

    /// Has the registry do it all, and collects `amount` from `payer`, the caller, for it. `paid` is the native value sent along.
    ///
    /// A token that is asked for money runs code of its own, which may call the registry: what was read here must be written by then. So everything but the
    /// paying out comes first, then the money, then the paying out.
    /// # Errors
    /// `Payment`, and as `apply`.
    #[inline(never)]
    pub fn collect_and_apply(
        &mut self,
        asset: Asset,
        payer: AccountId,
        amount: Balance,
        paid: Balance,
    ) -> Result<(), Refusal> {
        if paid != asset.value_due(amount) {
            let expected = asset.value_due(amount);
            return Err(RegistryError::Payment(PaymentFault::WrongValue { expected, paid }).into());
        }
        let is_payment = |step: &Step| matches!(step, Step::Pay { .. });
        let (payments, steps) = core::mem::take(&mut self.steps).into_iter().partition(is_payment);
        self.steps = steps;
        self.apply(paid)?;
        asset.collect_for(self.registry, payer, amount, paid).map_err(RegistryError::Payment)?;
        self.steps = payments;
        if self.steps.is_empty() {
            return Ok(());
        }
        self.apply(0)
    }

    /// Has the registry do it all, with `value` sent along.
    /// # Errors
    /// `OfficeFailed`, and what the registry refuses.
    #[inline(never)]
    pub fn apply(&mut self, value: Balance) -> Result<(), Refusal> {
        let selector = Selector::new(ink::selector_bytes!("Ledger::apply"));
        let reply = build_call::<Env>()
            .call(self.registry)
            .transferred_value(value)
            .exec_input(ExecutionInput::new(selector).push_arg(core::mem::take(&mut self.steps)))
            .returns::<Applied>()
            .try_invoke();
        match reply {
            Ok(Ok(Applied::Done)) => Ok(()),
            Ok(Ok(Applied::Refused(refusal))) => pass_on(refusal),
            Ok(Err(_)) | Err(_) => Err(RegistryError::OfficeFailed.into()),
        }
    }
}

/// The registry's answer. A refusal is passed on as it came: taking it apart and putting it together again would be 5 kB of code.
enum Applied {
    Done,
    Refused(Vec<u8>),
}

impl Decode for Applied {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        if input.read_byte()? == 0 {
            return Ok(Self::Done);
        }
        Ok(Self::Refused(Raw::decode(input)?.0))
    }
}

/// Ends the call with a refusal of the registry's: `Ok(Err(refusal))`, as every message here would encode it.
fn pass_on(mut refusal: Vec<u8>) -> ! {
    refusal.splice(0..0, [0, 1]);
    ink::env::return_value(ReturnFlags::REVERT, &Raw(refusal))
}

/// A coupon's key in storage.
pub fn coupon_key(id: CouponId) -> Vec<u8> {
    key(items::COUPONS, &id.to_u64())
}
