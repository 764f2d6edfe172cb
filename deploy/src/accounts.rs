//! Accounts as people name them: a development name, or an address. Knows no chain.

use crate::refusals::Refusal;
use chain::{keys, AccountId, Keypair};

/// The longest development name. Addresses are longer.
const MAX_NAME: usize = 40;

/// The key behind a development name such as `bakery` or `//Alice`. Anyone can derive it: for embedded chains only.
/// # Errors
/// An address, for which no key is here, or not a name.
pub fn signer(name: &str) -> Result<Keypair, Refusal> {
    if is_name(name) {
        Ok(Keypair::named(name))
    } else if keys::from_ss58(name).is_ok() {
        Err(Refusal::new(
            format!("the key of {name} is not here, so it can't sign"),
            "sign as a named account of the embedded chain, such as bakery",
        ))
    } else {
        Err(unnamed(name))
    }
}

/// The account of a development name or an SS58 address.
/// # Errors
/// Neither a name nor a whole address.
pub fn account(text: &str) -> Result<AccountId, Refusal> {
    if is_name(text) {
        return Ok(Keypair::named(text).account());
    }
    keys::from_ss58(text).map(|(account, _)| account).map_err(|_| unnamed(text))
}

fn is_name(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
}

fn unnamed(text: &str) -> Refusal {
    Refusal::new(
        format!("`{text}` is neither a name nor a valid address"),
        format!("write a name of letters, digits, - _ . / (at most {MAX_NAME}), or check the address for typing errors"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_its_address_are_one_account() {
        let bakery = Keypair::named("bakery").account();
        assert_eq!(account("bakery"), Ok(bakery));
        assert_eq!(account(&keys::ss58(&bakery)), Ok(bakery));
        assert_eq!(signer("//Alice").unwrap().account(), Keypair::named("//Alice").account());
    }

    #[test]
    fn a_mistyped_address_is_no_name_and_no_address_signs() {
        let address = keys::ss58(&Keypair::named("bakery").account());
        let mistyped = address.replace('5', "6");
        assert!(account(&mistyped).unwrap_err().fix.contains("typing errors"));
        assert!(signer(&address).err().unwrap().what.contains("is not here"));
        assert!(account("").is_err() && account("two words").is_err());
    }
}
