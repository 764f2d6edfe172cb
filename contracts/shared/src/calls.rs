//! Calling other contracts in little code: one piece of it, whatever is asked. Knows no message.
#[cfg(feature = "pays")]
use crate::Balance;
use crate::{ledger::Raw, AccountId};
use ink::{
    env::{
        call::{build_call, ExecutionInput, Selector},
        CallFlags, DefaultEnvironment as Env,
    },
    prelude::vec::Vec,
};

/// What a contract answers to a message with these SCALE-encoded arguments, as SCALE bytes; `None` where it trapped, or there is no such contract or message.
/// Whoever calls back meanwhile traps.
#[cfg(not(feature = "pays"))]
#[inline(never)]
pub fn ask(contract: AccountId, selector: [u8; 4], arguments: Vec<u8>) -> Option<Vec<u8>> {
    let reply = build_call::<Env>()
        .call(contract)
        .call_flags(CallFlags::empty())
        .exec_input(ExecutionInput::new(Selector::new(selector)).push_arg(Raw(arguments)))
        .returns::<Raw>()
        .try_invoke();
    match reply {
        Ok(Ok(Raw(answer))) => Some(answer),
        Ok(Err(_)) | Err(_) => None,
    }
}

/// See above.
#[cfg(feature = "pays")]
pub fn ask(contract: AccountId, selector: [u8; 4], arguments: Vec<u8>) -> Option<Vec<u8>> {
    ask_paying(contract, selector, arguments, 0)
}

/// `ask` with native value sent along.
#[cfg(feature = "pays")]
#[inline(never)]
pub fn ask_paying(
    contract: AccountId,
    selector: [u8; 4],
    arguments: Vec<u8>,
    value: Balance,
) -> Option<Vec<u8>> {
    let reply = build_call::<Env>()
        .call(contract)
        .call_flags(CallFlags::empty())
        .transferred_value(value)
        .exec_input(ExecutionInput::new(Selector::new(selector)).push_arg(Raw(arguments)))
        .returns::<Raw>()
        .try_invoke();
    match reply {
        Ok(Ok(Raw(answer))) => Some(answer),
        Ok(Err(_)) | Err(_) => None,
    }
}
