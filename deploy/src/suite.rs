//! The suite on a chain: its code, how it is deployed, and where it stands. Knows no command and no file but the built Wasm.

use crate::refusals::{self, Refusal};
use alliance::{
    config::{Config, ConfigFault, Joining},
    AllianceRef,
};
use chain::{AccountId, Balance, Chain, ChainError, Hash, TypedChain};
use custody::CustodyRef;
use desk::events::DeskOpened;
use ink::{
    codegen::TraitCallBuilder,
    env::{call::FromAccountId, Event},
};
use market::{book::Rules, MarketRef};
use office::events::OfficeOpened;
use registry::RegistryRef;
use scale::Decode;
use shared::{alliance::council::CouncilTerms, assets::Asset, registry::CouponRegistry};
use std::{fs, path::Path};
use thiserror::Error;

/// In milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1_000;

/// Where the contracts stand. The registry brought the office and the desk with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuiteAddresses {
    pub registry: AccountId,
    pub office: AccountId,
    pub desk: AccountId,
    pub alliance: AccountId,
    /// The alliance brought it with it.
    pub council: AccountId,
    pub market: AccountId,
    /// Where merchants' payments are held, if it was opened.
    pub custody: Option<AccountId>,
}

/// The contracts' optimised Wasm, as the builder leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codes {
    pub office: Vec<u8>,
    pub desk: Vec<u8>,
    pub registry: Vec<u8>,
    pub council: Vec<u8>,
    pub alliance: Vec<u8>,
    pub market: Vec<u8>,
}

/// What the alliance and the market are instantiated with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuiteConfig {
    /// `registries` is filled in by `deploy_suite`: the code hash of the registry deployed along with it.
    pub alliance: Config,
    /// How the alliance's members decide, and how their disputes are settled.
    pub council: CouncilTerms,
    /// The market's share of each price, in bps.
    pub market_fee_bps: u16,
    /// The PSP22 tokens that the market deals in from the start.
    pub market_tokens: Vec<AccountId>,
}

/// Why the suite was not deployed, or not found.
#[derive(Debug, Error)]
pub enum SuiteError {
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// Wasm that is missing or can't be read.
    #[error("cannot read {path}: {source}")]
    Unbuilt { path: String, source: std::io::Error },
    /// A constructor refused, or a contract is there already.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl Codes {
    /// Reads `<contract>.wasm` of each from the builder's output folder.
    /// # Errors
    /// `Unbuilt`.
    pub fn load(dir: &Path) -> Result<Self, SuiteError> {
        Self::load_with(dir, "registry")
    }

    /// The same, with the registry that keeps PSP34's enumeration.
    /// # Errors
    /// `Unbuilt`.
    pub fn load_enumerable(dir: &Path) -> Result<Self, SuiteError> {
        Self::load_with(dir, "registry-enumerable")
    }

    fn load_with(dir: &Path, registry: &str) -> Result<Self, SuiteError> {
        let read = |name| code_of(dir, name);
        Ok(Self {
            office: read("office")?,
            desk: read("desk")?,
            registry: read(registry)?,
            council: read("council")?,
            alliance: read("alliance")?,
            market: read("market")?,
        })
    }
}

impl SuiteConfig {
    /// Weekly cycles with two days to pay in, 1% fee, debts at the full discount and up to the whole collateral, a default's cut of at most a fifth for two weeks, a
    /// tail of 90 days, joining for nothing, a market fee of 2%, in the native token; `operator` admits members.
    pub fn for_operator(operator: AccountId) -> Self {
        Self {
            alliance: Config {
                asset: Asset::Native,
                operator,
                founders: u32::MAX,
                cycle_length: 7 * DAY,
                pay_in_window: 2 * DAY,
                fee_bps: 100,
                default_rate_bps: 10_000,
                cap_factor_bps: 10_000,
                max_cut_bps: 2_000,
                longstop: 14 * DAY,
                tail: 90 * DAY,
                joining: Joining::default(),
                closing_bounty: 0,
                registries: Vec::new(),
            },
            council: CouncilTerms {
                quorum_bps: 5_001,
                vote_window: 7 * DAY,
                resolver: operator,
                case_window: 30 * DAY,
                reply_window: 7 * DAY,
                ruling_window: 14 * DAY,
                case_fee: 0,
                unruled_bps: 0,
            },
            market_fee_bps: 200,
            market_tokens: Vec::new(),
        }
    }
}

impl SuiteAddresses {
    /// The contracts by their names, custody last where there is one.
    pub fn named(&self) -> Vec<(&'static str, AccountId)> {
        let always = [
            ("registry", self.registry),
            ("office", self.office),
            ("desk", self.desk),
            ("alliance", self.alliance),
            ("council", self.council),
            ("market", self.market),
        ];
        always.into_iter().chain(self.custody.map(|custody| ("custody", custody))).collect()
    }

    /// The inverse of `named`; the error is the name of one that is missing.
    /// # Errors
    /// A contract that `address` does not know.
    pub fn from_named(address: impl Fn(&str) -> Option<AccountId>) -> Result<Self, &'static str> {
        let at = |name: &'static str| address(name).ok_or(name);
        Ok(Self {
            registry: at("registry")?,
            office: at("office")?,
            desk: at("desk")?,
            alliance: at("alliance")?,
            council: at("council")?,
            market: at("market")?,
            custody: address("custody"),
        })
    }

    /// The first registry, with its office and its desk, alliance and market of a chain, by the events of their constructors. `None` unless all are there.
    /// # Errors
    /// The chain can't be read.
    pub fn find(chain: &(impl Chain + ?Sized)) -> Result<Option<Self>, ChainError> {
        let events = chain.events(0)?;
        let first = |signature: Option<Hash>| {
            events.iter().find(|event| signature.is_some() && event.topics.first() == signature.as_ref())
        };
        let (Some(opened), Some(desk), Some(alliance), Some(council), Some(market)) = (
            first(OfficeOpened::SIGNATURE_TOPIC),
            first(DeskOpened::SIGNATURE_TOPIC),
            first(alliance::events::AllianceCreated::SIGNATURE_TOPIC),
            first(council::events::CouncilOpened::SIGNATURE_TOPIC),
            first(market::events::MarketCreated::SIGNATURE_TOPIC),
        ) else {
            return Ok(None);
        };
        let Ok(OfficeOpened { registry, .. }) = Decode::decode(&mut opened.data.as_slice()) else {
            return Ok(None);
        };
        Ok(Some(Self {
            registry,
            office: opened.contract,
            desk: desk.contract,
            alliance: alliance.contract,
            council: council.contract,
            market: market.contract,
            custody: first(custody::events::CustodyCreated::SIGNATURE_TOPIC).map(|created| created.contract),
        }))
    }
}

/// Uploads the codes and instantiates registry, alliance and market once, by `signer`, who is the registry's guardian and owns the market. `salt` tells suites of one signer apart.
/// # Errors
/// Whatever the chain or a constructor refuses; then the chain may hold a part of the suite.
pub fn deploy_suite(
    chain: &mut (impl Chain + ?Sized),
    signer: AccountId,
    codes: &Codes,
    config: &SuiteConfig,
    salt: &[u8],
) -> Result<SuiteAddresses, SuiteError> {
    const NO_VALUE: Balance = 0;
    chain.upload(signer, &codes.office)?;
    chain.upload(signer, &codes.desk)?;
    chain.upload(signer, &codes.council)?;
    let (registry_code, _) = chain.upload(signer, &codes.registry)?;
    let (alliance_code, _) = chain.upload(signer, &codes.alliance)?;
    let (market_code, _) = chain.upload(signer, &codes.market)?;
    let rules = Config { registries: vec![registry_code], ..config.alliance.clone() };
    rules.check().map_err(refusals::config)?;
    config.council.check().map_err(|fault| refusals::config(ConfigFault::Council(fault)))?;
    let tag = chain.genesis();
    let (registry, _) =
        chain.instantiate_typed(signer, registry_code, NO_VALUE, salt.to_vec(), RegistryRef::new(tag))?;
    let branches: ink::contract_ref!(CouponRegistry, ink::env::DefaultEnvironment) = registry.into();
    let ((office, desk), _) = chain.view_typed(signer, NO_VALUE, branches.call().branches())?;
    let (alliance, _) = chain.instantiate_typed(
        signer,
        alliance_code,
        NO_VALUE,
        salt.to_vec(),
        AllianceRef::new(rules, config.council),
    )?;
    let bare = AllianceRef::from_account_id(alliance);
    let (council, _) = chain.view_typed(signer, NO_VALUE, bare.call().council())?;
    let (market, _) = chain.instantiate_typed(
        signer,
        market_code,
        NO_VALUE,
        salt.to_vec(),
        MarketRef::new(Rules {
            fee_bps: config.market_fee_bps,
            registries: vec![registry_code],
            tokens: config.market_tokens.clone(),
        }),
    )?;
    Ok(SuiteAddresses { registry, office, desk, alliance, council, market, custody: None })
}

/// Reads custody's Wasm from the builder's output folder.
/// # Errors
/// `Unbuilt`.
pub fn custody_code(dir: &Path) -> Result<Vec<u8>, SuiteError> {
    code_of(dir, "custody")
}

fn code_of(dir: &Path, name: &str) -> Result<Vec<u8>, SuiteError> {
    let path = dir.join(name).with_extension("wasm");
    fs::read(&path).map_err(|source| SuiteError::Unbuilt { path: path.display().to_string(), source })
}

/// Uploads custody and instantiates it for the suite's registry, by `signer`, who has no part in it after. `salt` as for `deploy_suite`.
/// # Errors
/// Whatever the chain or the constructor refuses.
pub fn open_custody(
    chain: &mut (impl Chain + ?Sized),
    signer: AccountId,
    code: &[u8],
    suite: &SuiteAddresses,
    salt: &[u8],
) -> Result<AccountId, ChainError> {
    let (code, _) = chain.upload(signer, code)?;
    let registries = chain.code_hash_of(suite.registry)?.into_iter().collect();
    let constructor = CustodyRef::new(chain.genesis(), registries);
    let (custody, _) = chain.instantiate_typed(signer, code, 0, salt.to_vec(), constructor)?;
    Ok(custody)
}
