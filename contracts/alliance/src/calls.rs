//! What the alliance asks of registries (`shared::registry::CouponRegistry`) and of tokens. Decides nothing, and reads of an answer no more than whether it is a refusal.
//!
//! Every call keeps ink's default flags: whoever calls back into the alliance meanwhile traps.
use ink::prelude::vec::Vec;
use shared::{
    alliance::error::{AllianceError, Outcome},
    assets::{Asset, PaymentFault},
    calls::{ask, ask_paying},
    registry::PassedOn,
    scribe::Scribe,
    AccountId, Balance,
};

/// A `Redemption`, as SCALE bytes.
/// # Errors
/// `RegistryFailed`, `Registry`.
pub(crate) fn redeem(registry: AccountId, signed: Vec<u8>, value: Balance) -> Outcome<Vec<u8>> {
    answer(registry, registry, ink::selector_bytes!("CouponRegistry::redeem"), signed, value)
}

/// A `Vec<Result<Redeemed, RegistryError>>`, as SCALE bytes.
/// # Errors
/// `RegistryFailed`, `Registry`.
pub(crate) fn redeem_batch(registry: AccountId, orders: Vec<u8>) -> Outcome<Vec<u8>> {
    answer(registry, registry, ink::selector_bytes!("CouponRegistry::redeem_batch"), orders, 0)
}

/// Rolls back `undone` at the registry's desk, giving it the `refund` for escrow and the payer, which the alliance has collected in `asset`. An
/// `Option<Redemption>`, as SCALE bytes.
/// # Errors
/// `TokenRefused`, `RegistryFailed`, `Registry`.
#[inline(never)]
pub(crate) fn roll_back(
    registry: AccountId,
    asset: Asset,
    refund: Balance,
    undone: Vec<u8>,
) -> Outcome<Vec<u8>> {
    let branches = ask(registry, ink::selector_bytes!("CouponRegistry::branches"), Vec::new());
    // The office, and the desk.
    let desk = branches.as_deref().and_then(|branches| branches.get(32..64));
    let Some(desk) = desk.and_then(|desk| <[u8; 32]>::try_from(desk).ok()) else {
        return Err(AllianceError::RegistryFailed { registry }.into());
    };
    let desk = AccountId::from(desk);
    let value = asset.value_due(refund);
    if value < refund {
        approve(asset, desk, refund)?;
    }
    answer(registry, desk, ink::selector_bytes!("ServiceDesk::roll_back_for_alliance"), undone, value)
}

/// Lets `spender` have `amount` of a PSP22 asset; native money is sent along instead.
/// # Errors
/// `TokenRefused`.
#[inline(never)]
pub(crate) fn approve(asset: Asset, spender: AccountId, amount: Balance) -> Outcome<()> {
    let Asset::Psp22(token) = asset else {
        return Ok(());
    };
    let mut arguments = Scribe(Vec::with_capacity(48));
    arguments.account(spender);
    arguments.u128(amount);
    // The answer is a `Result<(), PSP22Error>`.
    match ask(token, ink::selector_bytes!("PSP22::approve"), arguments.0).as_deref() {
        Some([0]) => Ok(()),
        Some(_) | None => Err(AllianceError::Payment(PaymentFault::TokenRefused { token }).into()),
    }
}

/// What a `registry` whose code is known answers, or its `contract` for it, to a message that gives a `Result<_, RegistryError>`.
/// # Errors
/// `RegistryFailed`, `Registry`.
#[inline(never)]
fn answer(
    registry: AccountId,
    contract: AccountId,
    selector: [u8; 4],
    arguments: Vec<u8>,
    value: Balance,
) -> Outcome<Vec<u8>> {
    match ask_paying(contract, selector, arguments, value) {
        Some(mut answer) if !answer.is_empty() => {
            if answer.remove(0) == 0 {
                return Ok(answer);
            }
            Err(AllianceError::Registry(PassedOn::from(answer)).into())
        }
        Some(_) | None => Err(AllianceError::RegistryFailed { registry }.into()),
    }
}
