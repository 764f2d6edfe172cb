//! The alliance as its council sees it: its books, read in one call, changed in another. Also what the council asks of registries. Decides nothing.
//!
//! Every call keeps ink's default flags: whoever calls back into the council meanwhile traps.
use ink::{
    env::{DefaultEnvironment as Env, ReturnFlags},
    prelude::vec::Vec,
};
use scale::{Decode, Encode};
use shared::{
    alliance::{
        door::Step,
        error::{AllianceError, Outcome},
        ledger::{items, Ledger, Pages, Root},
    },
    assets::PaymentFault,
    calls::{ask, ask_paying},
    coupons::Coupon,
    ids::CouponId,
    ledger::{items as shelves, key, Raw, Trusted},
    order::OrderWord,
    psp34::Id,
    AccountId, Balance, Hash,
};

/// An alliance's books, and what is to be done there.
pub struct Chamber {
    alliance: AccountId,
    root: Root,
    /// The root as it was.
    before: Vec<u8>,
    pages: Away,
}

/// The alliance's pages, a call away.
struct Away {
    alliance: AccountId,
    /// What was read with the root.
    read: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    steps: Vec<Step>,
}

impl Pages for Away {
    #[inline(never)]
    fn item(&self, at: Vec<u8>) -> Option<Vec<u8>> {
        let written = self.steps.iter().rev().find_map(|step| match step {
            Step::Write { key, value } if *key == at => Some(value.clone()),
            Step::Write { .. } | Step::Pay { .. } => None,
        });
        if let Some(value) = written {
            return value;
        }
        match self.read.iter().find(|(key, _)| *key == at) {
            Some((_, value)) => value.clone(),
            None => {
                items_of(self.alliance, ink::selector_bytes!("AllianceDoor::items"), &[at]).pop().flatten()
            }
        }
    }

    fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        self.steps.push(Step::Write { key, value });
    }
}

impl Chamber {
    /// Reads the root, and these members with it: one call, and others only for rates and for cuts.
    /// # Errors
    /// `AllianceFailed`.
    #[inline(never)]
    pub fn enter(alliance: AccountId, accounts: &[AccountId]) -> Outcome<Self> {
        let mut keys = ink::prelude::vec![root_key()];
        keys.extend(accounts.iter().map(|account| key(items::MEMBERS, account)));
        let mut found = items_of(alliance, ink::selector_bytes!("AllianceDoor::items"), &keys);
        if found.len() != keys.len() {
            return Err(AllianceError::AllianceFailed.into());
        }
        let before = found.remove(0).unwrap_or_default();
        let root = Root::decode(&mut Trusted(&before)).map_err(|_| AllianceError::AllianceFailed)?;
        let read = keys.into_iter().skip(1).zip(found).collect();
        Ok(Self { alliance, root, before, pages: Away { alliance, read, steps: Vec::new() } })
    }

    /// The rules and the sums.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// The books, to take steps in.
    pub fn books(&mut self) -> Ledger<'_, impl Pages> {
        Ledger { root: &mut self.root, pages: &mut self.pages }
    }

    /// Has the alliance write what has changed, and collects `amount` from `payer`, the caller, for it; `paid` is the native value sent along.
    ///
    /// A token that is asked for money runs code of its own, so what was decided is written by then.
    /// # Errors
    /// `Payment`, `AllianceFailed`.
    #[inline(never)]
    pub fn collect(self, payer: AccountId, amount: Balance, paid: Balance) -> Outcome<()> {
        let (alliance, asset) = (self.alliance, self.root.config.asset);
        let expected = asset.value_due(amount);
        if paid != expected {
            return Err(AllianceError::Payment(PaymentFault::WrongValue { expected, paid }).into());
        }
        self.apply(paid)?;
        Ok(asset.collect_for(alliance, payer, amount, paid).map_err(AllianceError::Payment)?)
    }

    /// Has the alliance write what has changed, and pay `amount` to `to`.
    /// # Errors
    /// `AllianceFailed`, and what the alliance refuses.
    #[inline(never)]
    pub fn pay(mut self, to: AccountId, amount: Balance) -> Outcome<()> {
        if amount > 0 {
            self.pages.steps.push(Step::Pay { to, amount });
        }
        self.apply(0)
    }

    /// Has the alliance write what has changed, and passes `value` on to it.
    /// # Errors
    /// `AllianceFailed`, and what the alliance refuses.
    #[inline(never)]
    pub fn apply(mut self, value: Balance) -> Outcome<()> {
        let root = self.root.encode();
        if root != self.before {
            // Before anything is paid.
            self.pages.steps.insert(0, Step::Write { key: root_key(), value: Some(root) });
        }
        let selector = ink::selector_bytes!("AllianceDoor::apply");
        match ask_paying(self.alliance, selector, self.pages.steps.encode(), value).as_deref() {
            Some([0]) => Ok(()),
            Some([1, refusal @ ..]) => pass_on(refusal),
            Some(_) | None => Err(AllianceError::AllianceFailed.into()),
        }
    }
}

fn root_key() -> Vec<u8> {
    key(items::ROOT, &())
}

/// Items of an alliance, or of a registry's ledger; none where it doesn't answer.
#[inline(never)]
fn items_of(contract: AccountId, selector: [u8; 4], keys: &[Vec<u8>]) -> Vec<Option<Vec<u8>>> {
    let answer = ask(contract, selector, keys.encode()).unwrap_or_default();
    Decode::decode(&mut answer.as_slice()).unwrap_or_default()
}

/// Ends the call with a refusal of the alliance's: `Ok(Err(refusal))`, as every message here would encode it.
#[inline(never)]
fn pass_on(refusal: &[u8]) -> ! {
    let reply = [&[0, 1], refusal].concat();
    ink::env::return_value(ReturnFlags::REVERT, &Raw(reply))
}

/// Refuses a contract whose code the alliance doesn't know as a registry's.
/// # Errors
/// `UnknownRegistry`.
#[inline(never)]
pub fn ensure_known(registry: AccountId, root: &Root) -> Outcome<()> {
    root.ensure_known(registry, ink::env::code_hash::<Env>(&registry).ok().map(Into::into))
}

/// An item of a registry's ledger.
#[inline(never)]
pub fn item(registry: AccountId, key: Vec<u8>) -> Option<Vec<u8>> {
    items_of(registry, ink::selector_bytes!("Ledger::items"), &[key]).pop().flatten()
}

/// The digest that a registry keeps of a redemption; `None` once it is undone.
pub fn digest_kept(registry: AccountId, acceptor: AccountId, number: u64) -> Option<Hash> {
    let (word, place) = OrderWord::locate(number);
    let bytes = item(registry, key(shelves::ORDERS, &(acceptor, word)))?;
    OrderWord::decode(&mut bytes.as_slice()).ok()?.digest(place)
}

/// Redeems an order with its permits, as SCALE bytes, through the alliance. A `Redemption`, as SCALE bytes.
/// # Errors
/// `AllianceFailed`, and what the alliance refuses.
#[inline(never)]
pub fn redeem(alliance: AccountId, registry: AccountId, signed: Vec<u8>) -> Outcome<Vec<u8>> {
    let arguments = (registry, Raw(signed)).encode();
    match ask(alliance, ink::selector_bytes!("redeem"), arguments) {
        Some(mut answer) if answer.first() == Some(&0) => {
            answer.remove(0);
            Ok(answer)
        }
        Some(refusal) if refusal.first() == Some(&1) => pass_on(refusal.get(1..).unwrap_or_default()),
        Some(_) | None => Err(AllianceError::AllianceFailed.into()),
    }
}

/// A live coupon.
pub fn coupon(registry: AccountId, coupon: CouponId) -> Option<Coupon> {
    let bytes = item(registry, key(shelves::COUPONS, &coupon.to_u64()))?;
    Coupon::decode(&mut bytes.as_slice()).ok()
}

/// Hands a coupon over that its holder lets the council move.
/// # Errors
/// `TransferRefused`.
#[inline(never)]
pub fn hand_over(registry: AccountId, coupon: CouponId, to: AccountId) -> Outcome<()> {
    // And no data.
    let arguments = (to, Id::U64(coupon.to_u64()), 0u8).encode();
    match ask(registry, ink::selector_bytes!("PSP34::transfer"), arguments).as_deref() {
        Some([0]) => Ok(()),
        Some(_) | None => Err(AllianceError::TransferRefused { coupon }.into()),
    }
}
