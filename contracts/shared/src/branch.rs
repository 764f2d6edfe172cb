//! Contracts that another one opens and can't do without: a registry's office and desk, an alliance's council. The opener's code pins theirs, so whoever knows its hash
//! knows them all.
use crate::{ledger::Raw, AccountId, Hash};
use ink::{
    env::{
        call::{build_create, ExecutionInput, FromAccountId, Selector},
        ContractEnv, DefaultEnvironment,
    },
    prelude::vec::Vec,
};

/// What the builder made of a branch just before its opener, as hex. Zeros where nothing was built.
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "runs at compile time, where a fault stops the build"
)]
pub const fn pinned(hex: Option<&str>) -> Hash {
    let mut bytes = [0; 32];
    let Some(hex) = hex else {
        return bytes;
    };
    let hex = hex.as_bytes();
    let mut place = 0;
    while place < 32 {
        bytes[place] = digit(hex[2 * place]) << 4 | digit(hex[2 * place + 1]);
        place += 1;
    }
    bytes
}

#[allow(clippy::arithmetic_side_effects, reason = "runs at compile time, where a fault stops the build")]
const fn digit(letter: u8) -> u8 {
    match letter {
        b'0'..=b'9' => letter - b'0',
        _ => letter - b'a' + 10,
    }
}

/// A branch as what its instantiation returns.
struct Branch(AccountId);

impl ContractEnv for Branch {
    type Env = DefaultEnvironment;
}

impl FromAccountId<DefaultEnvironment> for Branch {
    fn from_account_id(account: AccountId) -> Self {
        Self(account)
    }
}

/// Instantiates a branch by its `new`, with these SCALE-encoded arguments; `None` where the chain or the branch refuses.
#[inline(never)]
pub fn open(code: Hash, arguments: Vec<u8>) -> Option<AccountId> {
    let branch = build_create::<Branch>()
        .instantiate_v1()
        .code_hash(code.into())
        .endowment(0)
        .exec_input(ExecutionInput::new(Selector::new(ink::selector_bytes!("new"))).push_arg(Raw(arguments)))
        .salt_bytes([0u8; 0])
        .returns::<Branch>()
        .try_instantiate();
    match branch {
        Ok(Ok(Branch(account))) => Some(account),
        Ok(Err(_)) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_hash_is_read_as_hex_and_is_zeros_where_nothing_was_built() {
        let hash: Hash = std::array::from_fn(|place| u8::try_from(place * 8 + 7).unwrap());
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(pinned(Some(&hex)), hash);
        assert_eq!(pinned(None), [0; 32]);
    }
}
