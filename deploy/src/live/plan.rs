//! What deploying the suite takes: rehearsed on an embedded chain that passes itself off as the live one, held against what the live one has, and then done.
//!
//! A contract's address follows from who makes it, its code, its constructor's arguments and a salt, and from nothing else. So the rehearsal knows every address
//! beforehand, those of contracts that contracts make too, and what is there already is kept. Knows no particular contract.

use super::deployment::{account, bytes, hex0x, CodeRecord, ContractRecord, Deployment, Made};
use crate::{
    refusals::{Refusal, Words},
    suite::{deploy_suite, open_custody, Codes, SuiteAddresses, SuiteConfig, SuiteError},
};
use chain::{
    keys::ss58,
    runtime::{DEPOSIT_PER_BYTE, DEPOSIT_PER_ITEM, UNIT},
    AccountId, Balance, Chain, ChainError, Cost, EmbeddedChain, EventRecord, Genesis, Hash, Outcome,
};
use rpc_chain::{Price, RpcChain};
use std::{collections::BTreeMap, path::Path};

/// More than any deployment takes.
const WEALTH: Balance = 1_000_000 * UNIT;

/// What is to be done, in order.
#[derive(Clone, Debug)]
enum Step {
    Upload {
        code_hash: Hash,
        wasm: Vec<u8>,
        cost: Cost,
    },
    Instantiate {
        address: AccountId,
        code_hash: Hash,
        value: Balance,
        data: Vec<u8>,
        salt: Vec<u8>,
        cost: Cost,
    },
}

/// An embedded chain that remembers what it was asked to do.
struct Rehearsal {
    chain: EmbeddedChain,
    steps: Vec<Step>,
}

impl Rehearsal {
    /// On the chain with this first block, at this time.
    fn new(genesis: Hash, time: u64, deployer: AccountId) -> Result<Self, ChainError> {
        let start = Genesis { time, endowed: vec![(deployer, WEALTH)], ..Genesis::default() };
        Ok(Self { chain: EmbeddedChain::rehearsal(genesis, start)?, steps: Vec::new() })
    }
}

impl Chain for Rehearsal {
    chain::forward_reads!(self => self.chain);

    fn upload(&mut self, signer: AccountId, wasm: &[u8]) -> Result<(Hash, Cost), ChainError> {
        let (code_hash, cost) = self.chain.upload(signer, wasm)?;
        self.steps.push(Step::Upload { code_hash, wasm: wasm.to_vec(), cost });
        Ok((code_hash, cost))
    }

    fn instantiate(
        &mut self,
        signer: AccountId,
        code_hash: Hash,
        value: Balance,
        data: Vec<u8>,
        salt: Vec<u8>,
    ) -> Result<(AccountId, Outcome), ChainError> {
        let (address, outcome) =
            self.chain.instantiate(signer, code_hash, value, data.clone(), salt.clone())?;
        self.steps.push(Step::Instantiate { address, code_hash, value, data, salt, cost: outcome.cost });
        Ok((address, outcome))
    }

    /// Whether a call was made already can't be told from what a chain holds, so no deployment may need one.
    fn call(
        &mut self,
        _: AccountId,
        contract: AccountId,
        _: Balance,
        _: Vec<u8>,
    ) -> Result<Outcome, ChainError> {
        Err(ChainError::Dispatch(format!("a deployment calls {}, which can't be planned", ss58(&contract))))
    }

    fn transfer(&mut self, _: AccountId, to: AccountId, _: Balance) -> Result<(), ChainError> {
        Err(ChainError::Dispatch(format!("a deployment pays {}, which can't be planned", ss58(&to))))
    }
}

/// What deploying takes on a live chain as it is now.
#[derive(Clone, Debug)]
pub struct Plan {
    pub deployer: AccountId,
    pub suite: SuiteAddresses,
    pub steps: Vec<PlannedStep>,
    /// What the deployer has, in plancks.
    pub balance: Balance,
    /// The least the deployer must keep.
    pub existential_deposit: Balance,
    genesis: Hash,
    runtime: u32,
    codes: BTreeMap<String, CodeRecord>,
    contracts: BTreeMap<String, ContractRecord>,
}

/// A step, and where it stands.
#[derive(Clone, Debug)]
pub struct PlannedStep {
    pub what: String,
    /// The address of a contract, or the hash of a code.
    pub place: String,
    /// Whether the chain has it.
    pub done: bool,
    /// What it takes, if it is not done.
    pub price: Price,
    step: Step,
}

/// What applying a plan did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    pub made: usize,
    pub kept: usize,
}

/// What verifying found of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub what: String,
    /// What is wrong with it.
    pub wrong: Option<String>,
}

impl Plan {
    /// Rehearses a deployment and looks at what of it the chain has. `custody` is its code, if it is to be opened.
    /// # Errors
    /// Rules that contradict themselves, codes the chain refuses, or a chain that can't be read.
    pub fn make(
        chain: &RpcChain,
        deployer: AccountId,
        codes: &Codes,
        config: &SuiteConfig,
        salt: &[u8],
        custody: Option<&[u8]>,
    ) -> Result<Self, SuiteError> {
        let mut rehearsal = Rehearsal::new(chain.genesis(), chain.now(), deployer)?;
        let mut suite = deploy_suite(&mut rehearsal, deployer, codes, config, salt)?;
        if let Some(code) = custody {
            suite.custody = Some(open_custody(&mut rehearsal, deployer, code, &suite, salt)?);
        }
        let mut contracts = BTreeMap::new();
        let mut names = BTreeMap::new();
        for (name, address) in suite.named() {
            let code = rehearsal.chain.code_hash_of(address)?.unwrap_or_default();
            names.insert(code, name);
            let record = ContractRecord { address: ss58(&address), code_hash: hex0x(code) };
            contracts.insert(name.to_owned(), record);
        }
        let name_of = |hash: &Hash| names.get(hash).copied().unwrap_or("code").to_owned();
        let mut planned = Vec::new();
        let prices = chain.deposit_prices();
        let mut all_stored = true;
        let mut code_records = BTreeMap::new();
        for step in rehearsal.steps {
            let (what, place, done, price) = match &step {
                Step::Upload { code_hash, wasm, cost } => {
                    let name = name_of(code_hash);
                    let record = CodeRecord { hash: hex0x(code_hash), size: wasm.len() };
                    code_records.insert(name.clone(), record);
                    let done = chain.is_stored(*code_hash)?;
                    all_stored &= done;
                    let price = if done {
                        Price::default()
                    } else {
                        chain.price_of_upload(deployer, wasm, scaled(*cost, prices))?
                    };
                    (format!("upload the {name}, {} bytes", wasm.len()), hex0x(code_hash), done, price)
                }
                Step::Instantiate { address, code_hash, value, data, salt, cost, .. } => {
                    let done = chain.code_hash_of(*address)?.is_some();
                    let elsewhere = scaled(*cost, prices);
                    let price = if done {
                        Price::default()
                    } else {
                        chain.price_of_instantiation(
                            deployer, *code_hash, *value, data, salt, elsewhere, all_stored,
                        )?
                    };
                    (format!("make the {}", name_of(code_hash)), ss58(address), done, price)
                }
            };
            planned.push(PlannedStep { what, place, done, price, step });
        }
        Ok(Self {
            deployer,
            suite,
            steps: planned,
            balance: chain.balance(deployer)?,
            existential_deposit: chain.existential_deposit(),
            genesis: chain.genesis(),
            runtime: chain.runtime_version(),
            codes: code_records,
            contracts,
        })
    }

    /// What the steps that are left take together, in plancks: deposits and fees.
    pub fn takes(&self) -> Balance {
        let each = self.steps.iter().map(|step| step.price);
        each.fold(0, |sum, price| {
            sum.saturating_add(price.deposit).saturating_add(price.fee.unwrap_or_default())
        })
    }

    /// Whether anything is left to do.
    pub fn is_done(&self) -> bool {
        self.steps.iter().all(|step| step.done)
    }

    /// What the deployment's file says once all is done.
    fn record(&self, network: &str) -> Deployment {
        let made = self.steps.iter().filter_map(|planned| match &planned.step {
            Step::Upload { .. } => None,
            Step::Instantiate { address, code_hash, value, data, salt, .. } => Some(Made {
                address: ss58(address),
                code_hash: hex0x(code_hash),
                value: value.to_string(),
                data: hex0x(data),
                salt: hex0x(salt),
                block: None,
            }),
        });
        Deployment {
            network: network.to_owned(),
            genesis: hex0x(self.genesis),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            runtime: self.runtime,
            deployer: ss58(&self.deployer),
            complete: false,
            codes: self.codes.clone(),
            made: made.collect(),
            contracts: self.contracts.clone(),
        }
    }

    /// Does what is left to do, and writes the deployment's file after each step, so that a run that is cut short goes on from where it was.
    /// # Errors
    /// Before anything is signed: the file tells of another deployment, or the deployer has too little. Then whatever the chain refuses.
    pub fn apply(
        &self,
        chain: &mut RpcChain,
        network: &str,
        path: &Path,
        tell: &mut dyn FnMut(&str),
    ) -> Result<Applied, Refusal> {
        let mut record = self.record(network);
        if let Some(known) = Deployment::load(path)? {
            let others = |made: &Vec<Made>| {
                made.iter().map(|made| Made { block: None, ..made.clone() }).collect::<Vec<_>>()
            };
            if known.genesis != record.genesis || !record.made.starts_with(&others(&known.made)) {
                return Err(Refusal::new(
                    format!("{} tells of another deployment: other codes, rules, salt or deployer", path.display()),
                    "give what it was deployed with to go on with it, or move the file away to deploy a suite beside it",
                ));
            }
            // Custody may be opened later.
            for (made, known) in record.made.iter_mut().zip(known.made) {
                *made = known;
            }
        }
        let needed = self.takes().saturating_add(self.existential_deposit);
        if !self.is_done() && self.balance < needed {
            let words = Words::default();
            return Err(Refusal::new(
                format!(
                    "{} has {} and needs {} for deposits, fees and to exist",
                    ss58(&self.deployer),
                    words.money(self.balance),
                    words.money(needed)
                ),
                "fund the account, and run this again",
            ));
        }
        let explain = |fault: ChainError| Words::default().chain(&fault);
        record.save(path)?;
        let mut applied = Applied::default();
        for planned in &self.steps {
            match &planned.step {
                Step::Upload { wasm, .. } => {
                    if !planned.done {
                        tell(&planned.what);
                        chain.upload(self.deployer, wasm).map_err(explain)?;
                    }
                }
                Step::Instantiate { address, code_hash, value, data, salt, .. } => {
                    let block = if planned.done {
                        known_block(&record, address)
                            .map_or_else(|| chain.made_in(*address).map_err(explain), Ok)?
                    } else {
                        tell(&planned.what);
                        let (made, outcome) = chain
                            .instantiate(self.deployer, *code_hash, *value, data.clone(), salt.clone())
                            .map_err(explain)?;
                        if made != *address {
                            return Err(Refusal::new(
                                format!("{} was made, and not {}", ss58(&made), ss58(address)),
                                "this chain works out addresses in a way of its own: it can't be deployed on like this",
                            ));
                        }
                        outcome.events.first().map_or_else(|| chain.height(), |event| event.block)
                    };
                    let address = ss58(address);
                    for made in record.made.iter_mut().filter(|made| made.address == address) {
                        made.block = Some(block);
                    }
                }
            }
            let count = if planned.done { &mut applied.kept } else { &mut applied.made };
            *count = count.saturating_add(1);
            record.save(path)?;
        }
        record.complete = true;
        record.ensure_on(chain)?;
        record.save(path)?;
        Ok(applied)
    }
}

impl Deployment {
    /// Whether the chain has what this file tells of: each code's hash, each contract's code, and the constructors' arguments, as the addresses and the events that they
    /// made prove. `codes` are the codes that ought to be there.
    /// # Errors
    /// The chain can't be read.
    pub fn verify(&self, chain: &RpcChain, codes: &[(String, Vec<u8>)]) -> Result<Vec<Verdict>, ChainError> {
        let mut verdicts = Vec::new();
        let mut say = |what: String, wrong: Option<String>| verdicts.push(Verdict { what, wrong });
        let genesis = hex0x(chain.genesis());
        say(
            format!("the chain is {genesis}"),
            (genesis != self.genesis).then(|| format!("the file tells of {}", self.genesis)),
        );
        for (name, wasm) in codes {
            let hash = code_hash(wasm);
            let recorded = self.codes.get(name).map(|code| code.hash.clone());
            let wrong = if recorded.as_ref() != Some(&hex0x(hash)) {
                Some(format!("the file tells of {}", recorded.as_deref().unwrap_or("none")))
            } else if !chain.is_stored(hash)? {
                Some("the chain has no such code".to_owned())
            } else {
                None
            };
            say(format!("the {name}'s code is {}", hex0x(hash)), wrong);
        }
        for (name, record) in &self.contracts {
            let found = match account(&record.address) {
                Some(address) => chain.code_hash_of(address)?.map(hex0x),
                None => None,
            };
            let wrong = (found.as_ref() != Some(&record.code_hash))
                .then(|| format!("it runs {}", found.as_deref().unwrap_or("nothing")));
            say(format!("the {name} at {} runs its code", record.address), wrong);
        }
        // The same constructors with the same arguments, elsewhere.
        let deployer = account(&self.deployer).unwrap_or(AccountId::from([0; 32]));
        for (place, made) in self.made.iter().enumerate() {
            let wrong = self.remake(chain, deployer, codes, place)?;
            let what = format!("{} was made with the arguments that the file tells of", made.address);
            say(what, wrong);
        }
        Ok(verdicts)
    }

    /// Makes what the file tells of, up to the contract at `place`, on a rehearsed chain at the time of that contract's block, and says what differs.
    fn remake(
        &self,
        chain: &RpcChain,
        deployer: AccountId,
        codes: &[(String, Vec<u8>)],
        place: usize,
    ) -> Result<Option<String>, ChainError> {
        let Some(made) = self.made.get(place) else {
            return Ok(None);
        };
        let Some(block) = made.block else {
            return Ok(Some("it was not made yet".to_owned()));
        };
        let there = chain.events_of(block)?;
        let time = chain.time_of(block)?;
        let mut rehearsal = Rehearsal::new(chain.genesis(), time, deployer)?;
        for (_, wasm) in codes {
            rehearsal.upload(deployer, wasm)?;
        }
        let mut events = Vec::new();
        for made in self.made.iter().take(place.saturating_add(1)) {
            let (Some(code), Ok(value), Some(data), Some(salt)) = (
                bytes(&made.code_hash).and_then(|hash| Hash::try_from(hash).ok()),
                made.value.parse(),
                bytes(&made.data),
                bytes(&made.salt),
            ) else {
                return Ok(Some("the file is damaged".to_owned()));
            };
            let (address, outcome) = match rehearsal.instantiate(deployer, code, value, data, salt) {
                Ok(made) => made,
                Err(fault) => return Ok(Some(format!("these arguments are refused: {fault}"))),
            };
            if ss58(&address) != made.address {
                return Ok(Some(format!("these arguments make {}", ss58(&address))));
            }
            events = outcome.events;
        }
        let said = |events: &[EventRecord]| {
            let bare = |event: &EventRecord| (event.contract, event.topics.clone(), event.data.clone());
            events.iter().map(bare).collect::<Vec<_>>()
        };
        let makers: Vec<_> = events.iter().map(|event| event.contract).collect();
        let there: Vec<_> = there.into_iter().filter(|event| makers.contains(&event.contract)).collect();
        Ok((!said(&there).starts_with(&said(&events)))
            .then(|| format!("its events in block {block} are others")))
    }
}

fn known_block(record: &Deployment, address: &AccountId) -> Option<u32> {
    let address = ss58(address);
    record.made.iter().find(|made| made.address == address).and_then(|made| made.block)
}

/// The hash by which a chain knows a code.
pub fn code_hash(bytes: &[u8]) -> Hash {
    use blake2::{digest::consts::U32, Blake2b, Digest};
    Blake2b::<U32>::digest(bytes).into()
}

/// A cost as a chain with these deposits for an item and a byte would have it, at most.
fn scaled(cost: Cost, prices: Option<(Balance, Balance)>) -> Cost {
    let Some((item, byte)) = prices else {
        return cost;
    };
    let deposit = cost.deposit.unsigned_abs();
    let at = |price: Balance, ours: Balance| {
        deposit.saturating_mul(price).checked_div(ours).map_or(deposit, |scaled| scaled.saturating_add(1))
    };
    let scaled = if (item, byte) == (DEPOSIT_PER_ITEM, DEPOSIT_PER_BYTE) {
        deposit
    } else {
        at(item, DEPOSIT_PER_ITEM).max(at(byte, DEPOSIT_PER_BYTE))
    };
    Cost { deposit: i128::try_from(scaled).unwrap_or(i128::MAX), ..cost }
}
