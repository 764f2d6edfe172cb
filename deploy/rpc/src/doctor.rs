//! Whether a chain can carry the suite, asked before anything is deployed or signed.

use crate::{
    dry_run::{Determinism, Dispatched, Stored, UploadQuestion},
    network::Network,
    RpcChain,
};
use chain::{AccountId, Balance, Chain, ChainError};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was found, in a sentence.
    pub what: String,
    /// What to do about it, if it keeps the suite from running there.
    pub fix: Option<String>,
}

/// A code that is to run there.
pub struct Candidate<'a> {
    pub name: &'a str,
    pub wasm: &'a [u8],
}

impl Finding {
    fn good(what: impl Into<String>) -> Self {
        Self { what: what.into(), fix: None }
    }

    fn bad(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), fix: Some(fix.into()) }
    }
}

impl RpcChain {
    /// Looks at all that the suite needs of a chain: the pallet's interface, its limits, whether it takes each code, and whether `payer` can pay for them.
    ///
    /// Nothing is signed. Codes are judged by the chain itself, in dry runs: that shows every host function it lacks. How deep contracts may call each other is
    /// not told by any chain; all known ones allow the 5 frames that the suite needs.
    /// # Errors
    /// The chain can't be read.
    pub fn examine(
        &self,
        network: &Network,
        codes: &[Candidate],
        payer: Option<AccountId>,
    ) -> Result<Vec<Finding>, ChainError> {
        let mut findings = vec![
            Finding::good(format!("{} answers, at final block {}", network.endpoint, self.height())),
            match network.genesis {
                Some(_) => Finding::good("its first block is the network's"),
                None => Finding::good(format!(
                    "its first block is 0x{}; the network's file names none",
                    hex::encode(self.genesis())
                )),
            },
            Finding::good(format!(
                "runtime version {}, with the Contracts pallet",
                self.runtime.spec_version
            )),
        ];
        findings.push(self.existential(network));
        if let Some(longest) = self.runtime.constant::<u32>("Contracts", "MaxCodeLen") {
            findings.push(Finding::good(format!("takes codes of up to {longest} bytes")));
        }
        let (_, at) = self.refresh()?;
        let mut price: Balance = 0;
        // The chain validates a code before it looks at who pays.
        let asker = payer.unwrap_or_else(|| AccountId::from([0; 32]));
        for code in codes {
            let question = UploadQuestion {
                origin: *asker.as_ref(),
                code: code.wasm,
                deposit_limit: None,
                determinism: Determinism::Enforced,
            };
            let answer: Result<Stored, Dispatched> =
                self.run_dry("ContractsApi_upload_code", &question, &at)?;
            let size = code.wasm.len();
            findings.push(match answer {
                Ok(stored) => {
                    price = price.saturating_add(stored.deposit);
                    Finding::good(format!(
                        "takes the {} ({size} bytes) for a deposit of {} plancks",
                        code.name, stored.deposit
                    ))
                }
                Err(error) => match self.runtime.contracts_error(&error).as_deref() {
                    Some("StorageDepositNotEnoughFunds") if payer.is_none() => {
                        Finding::good(format!("takes the {} ({size} bytes)", code.name))
                    }
                    Some("StorageDepositNotEnoughFunds") => Finding::bad(
                        format!(
                            "takes the {} ({size} bytes), but the payer can't pay its deposit",
                            code.name
                        ),
                        "fund the account that deploys",
                    ),
                    Some("CodeRejected") => Finding::bad(
                        format!(
                            "refuses the {} ({size} bytes): it lacks a host function, or wants less memory",
                            code.name
                        ),
                        "choose another chain: the suite uses stable host functions of the pallet only",
                    ),
                    Some("CodeTooLarge") => Finding::bad(
                        format!("refuses the {}: {size} bytes are too many", code.name),
                        "choose a chain that takes codes of 64 KiB",
                    ),
                    _ => Finding::bad(
                        format!("refuses the {}: {}", code.name, self.runtime.other_fault(&error)),
                        "see the chain's own documentation of this refusal",
                    ),
                },
            });
        }
        if let Some(payer) = payer {
            let balance = self.balance(payer)?;
            let what = format!("the payer has {balance} plancks; all codes together take {price}");
            findings.push(if balance > price {
                Finding::good(what)
            } else {
                Finding::bad(what, "fund the account that deploys")
            });
        }
        Ok(findings)
    }

    fn existential(&self, network: &Network) -> Finding {
        let found = self.existential_deposit();
        match network.existential_deposit {
            Some(expected) if expected != found => Finding::bad(
                format!("an account must hold {found} plancks, not {expected} as the network's file says"),
                "correct the file, if the network has changed",
            ),
            _ => Finding::good(format!("an account must hold {found} plancks")),
        }
    }
}
