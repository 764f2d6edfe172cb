//! Accounts that unit tests share.
use shared::AccountId;

pub(crate) fn account(n: u8) -> AccountId {
    AccountId::from([n; 32])
}
