//! What the alliance asks of registries (`shared::registry::CouponRegistry`) and of tokens. Decides nothing.
//!
//! Every call keeps ink's default flags: whoever calls back into the alliance meanwhile traps. Calls are kept out of line: inlined into ink's
//! dispatcher they make the contract a kilobyte larger.
use crate::error::{AllianceError, Refusal};
use ink::env::{
    call::{build_call, ExecutionInput, Selector},
    DefaultEnvironment as Env,
};
use scale::{Decode, Encode, Error, Input};
use shared::{
    assets::{Asset, PaymentFault},
    ledger::Raw,
    order::{Kept, Order, Redemption},
    permit::Permits,
    AccountId, Balance,
};

/// # Errors
/// `RegistryFailed`, `Registry`.
#[inline(never)]
pub(crate) fn redeem(
    registry: AccountId,
    order: &Order,
    permits: &Permits,
) -> Result<Redemption, AllianceError> {
    let selector = Selector::new(ink::selector_bytes!("CouponRegistry::redeem"));
    let input = ExecutionInput::new(selector).push_arg(order).push_arg(permits);
    ask::<_, Result<Redemption, Refusal>>(registry, input, 0)?.map_err(AllianceError::Registry)
}

/// Rolls back at the registry's desk, giving the registry the `escrow` it asks for, which the alliance has collected in `redemption`'s asset.
/// # Errors
/// `Payment`, `RegistryFailed`, `Registry`.
#[inline(never)]
pub(crate) fn roll_back(
    registry: AccountId,
    redemption: &Redemption,
    escrow: Balance,
) -> Result<(), AllianceError> {
    let desk = desk(registry)?;
    let value = match redemption.asset {
        Asset::Native => escrow,
        Asset::Psp22(token) => {
            approve(token, desk, escrow).map_err(AllianceError::Payment)?;
            0
        }
    };
    let selector = Selector::new(ink::selector_bytes!("ServiceDesk::roll_back_for_alliance"));
    let input = ExecutionInput::new(selector).push_arg(redemption).push_arg(None::<Kept>);
    ask::<_, Result<Whatever, Refusal>>(desk, input, value)?.map(|_| ()).map_err(AllianceError::Registry)
}

/// An answer that needn't be looked at: nothing remains of a redemption that is undone whole.
struct Whatever;

impl Decode for Whatever {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        // An answer that isn't read to its end counts as none.
        Raw::decode(input).map(|_| Self)
    }
}

/// A registry's service desk.
fn desk(registry: AccountId) -> Result<AccountId, AllianceError> {
    let selector = Selector::new(ink::selector_bytes!("CouponRegistry::branches"));
    let (_, desk): (AccountId, AccountId) = ask(registry, ExecutionInput::new(selector), 0)?;
    Ok(desk)
}

fn ask<Args, T>(registry: AccountId, input: ExecutionInput<Args>, value: Balance) -> Result<T, AllianceError>
where
    Args: Encode,
    T: Decode,
{
    let reply = build_call::<Env>()
        .call(registry)
        .transferred_value(value)
        .exec_input(input)
        .returns::<T>()
        .try_invoke();
    match reply {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_)) | Err(_) => Err(AllianceError::RegistryFailed { registry }),
    }
}

/// # Errors
/// `TokenRefused`.
fn approve(token: AccountId, spender: AccountId, amount: Balance) -> Result<(), PaymentFault> {
    if amount == 0 {
        return Ok(());
    }
    let input = ExecutionInput::new(Selector::new(ink::selector_bytes!("PSP22::approve")))
        .push_arg(spender)
        .push_arg(amount);
    let reply = build_call::<Env>().call(token).exec_input(input).returns::<Result<(), u8>>().try_invoke();
    match reply {
        Ok(Ok(Ok(()))) => Ok(()),
        Ok(Ok(Err(_)) | Err(_)) | Err(_) => Err(PaymentFault::TokenRefused { token }),
    }
}
