//! What the alliance asks of registries (`shared::registry::CouponRegistry`) and of tokens. Decides nothing.
//!
//! Every call keeps ink's default flags: whoever calls back into the alliance meanwhile traps.
use ink::{
    env::{
        call::{build_call, ExecutionInput, Selector},
        DefaultEnvironment as Env,
    },
    prelude::vec::Vec,
};
use scale::{Decode, Encode};
use shared::{
    alliance::error::{AllianceError, Outcome, Refusal},
    assets::{Asset, PaymentFault},
    ledger::Raw,
    order::{Kept, Redeemed, Redemption},
    registry::RegistryError,
    AccountId, Balance,
};

/// # Errors
/// `RegistryFailed`, `Registry`.
#[inline(never)]
pub(crate) fn redeem(registry: AccountId, signed: &[u8], value: Balance) -> Outcome<Redemption> {
    let selector = ink::selector_bytes!("CouponRegistry::redeem");
    answer(registry, ask(registry, selector, signed.to_vec(), value))
}

/// # Errors
/// `RegistryFailed`, `Registry`.
#[inline(never)]
pub(crate) fn redeem_batch(
    registry: AccountId,
    orders: Vec<u8>,
) -> Outcome<Vec<Result<Redeemed, RegistryError>>> {
    let selector = ink::selector_bytes!("CouponRegistry::redeem_batch");
    answer(registry, ask(registry, selector, orders, 0))
}

/// Rolls back at the registry's desk, giving it the `refund` for escrow and the payer, which the alliance has collected in `redemption`'s asset.
/// # Errors
/// `TokenRefused`, `RegistryFailed`, `Registry`.
#[inline(never)]
pub(crate) fn roll_back(
    registry: AccountId,
    redemption: &Redemption,
    kept: Option<Kept>,
    refund: Balance,
) -> Outcome<Option<Redemption>> {
    let branches = ask(registry, ink::selector_bytes!("CouponRegistry::branches"), Vec::new(), 0);
    let Some((_, desk)) = branches.and_then(|bytes| <(AccountId, AccountId)>::decode(&mut &*bytes).ok())
    else {
        return Err(AllianceError::RegistryFailed { registry }.into());
    };
    let value = redemption.asset.value_due(refund);
    if value < refund {
        approve(redemption.asset, desk, refund)?;
    }
    let selector = ink::selector_bytes!("ServiceDesk::roll_back_for_alliance");
    answer(desk, ask(desk, selector, (redemption, kept).encode(), value))
}

/// Lets `spender` have `amount` of a PSP22 asset; native money is sent along instead.
/// # Errors
/// `TokenRefused`.
#[inline(never)]
pub(crate) fn approve(asset: Asset, spender: AccountId, amount: Balance) -> Outcome<()> {
    let Asset::Psp22(token) = asset else {
        return Ok(());
    };
    let selector = ink::selector_bytes!("PSP22::approve");
    // The answer is a `Result<(), PSP22Error>`.
    match ask(token, selector, (spender, amount).encode(), 0).as_deref() {
        Some([0]) => Ok(()),
        _ => Err(AllianceError::Payment(PaymentFault::TokenRefused { token }).into()),
    }
}

/// What a registry whose code is known answers: `Result<T, RegistryError>`.
/// # Errors
/// `RegistryFailed`, `Registry`.
fn answer<T: Decode>(registry: AccountId, reply: Option<Vec<u8>>) -> Outcome<T> {
    match reply.as_deref() {
        Some([0, answer @ ..]) => {
            // As a call's arguments are read: a redemption is one too, so its code is there once.
            let answer = T::decode(&mut &*answer);
            Ok(answer.map_err(|_| AllianceError::RegistryFailed { registry })?)
        }
        Some([1, refusal @ ..]) => Err(AllianceError::Registry(Refusal::from(refusal.to_vec())).into()),
        _ => Err(AllianceError::RegistryFailed { registry }.into()),
    }
}

/// What a contract answers, as SCALE bytes; `None` where it trapped, or there is no such contract or message.
#[inline(never)]
fn ask(contract: AccountId, selector: [u8; 4], arguments: Vec<u8>, value: Balance) -> Option<Vec<u8>> {
    let reply = build_call::<Env>()
        .call(contract)
        .transferred_value(value)
        .exec_input(ExecutionInput::new(Selector::new(selector)).push_arg(Raw(arguments)))
        .returns::<Raw>()
        .try_invoke();
    match reply {
        Ok(Ok(Raw(answer))) => Some(answer),
        Ok(Err(_)) | Err(_) => None,
    }
}
