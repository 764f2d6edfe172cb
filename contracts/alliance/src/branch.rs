//! Opens the alliance's council. The alliance's code pins its code, so whoever knows its hash knows both.
use ink::{
    env::{
        call::{build_create, ExecutionInput, FromAccountId, Selector},
        ContractEnv, DefaultEnvironment,
    },
    prelude::vec::Vec,
};
use shared::{
    alliance::error::{AllianceError, Outcome},
    ledger::Raw,
    AccountId, Hash,
};

/// What the builder made of `contracts/council` just before this crate. Zeros where nothing was built.
pub const COUNCIL: Hash = from_hex(option_env!("COUPONRY_COUNCIL_CODE"));

#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "runs at compile time, where a fault stops the build"
)]
const fn from_hex(hex: Option<&str>) -> Hash {
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

/// A council as what its instantiation returns.
struct Council(AccountId);

impl ContractEnv for Council {
    type Env = DefaultEnvironment;
}

impl FromAccountId<DefaultEnvironment> for Council {
    fn from_account_id(account: AccountId) -> Self {
        Self(account)
    }
}

/// # Errors
/// `CouncilFailed`.
#[inline(never)]
pub fn open(code: Hash, arguments: Vec<u8>) -> Outcome<AccountId> {
    let council = build_create::<Council>()
        .instantiate_v1()
        .code_hash(code.into())
        .endowment(0)
        .exec_input(ExecutionInput::new(Selector::new(ink::selector_bytes!("new"))).push_arg(Raw(arguments)))
        .salt_bytes([0u8; 0])
        .returns::<Council>()
        .try_instantiate();
    match council {
        Ok(Ok(Council(account))) => Ok(account),
        Ok(Err(_)) | Err(_) => Err(AllianceError::CouncilFailed.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_hash_is_read_as_hex_and_is_zeros_where_nothing_was_built() {
        let hash: Hash = std::array::from_fn(|place| u8::try_from(place * 8 + 7).unwrap());
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(from_hex(Some(&hex)), hash);
        assert_eq!(from_hex(None), [0; 32]);
    }
}
