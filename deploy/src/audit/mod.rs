//! The auditor: `replay(events) == storage`, literally.
//!
//! From the contracts' events alone it rebuilds every storage item of the registry, its office and its desk, the alliance, its council and the market, and compares them
//! with what the chain holds; and it reckons what money each contract must have and compares that too. It asks the suite's contracts nothing and
//! trusts no counter of theirs. What a contract holds of a PSP22 token, only that token's own `balance_of` says: a token that lies about it deceives the
//! audit as it deceives everyone who is paid in it.
//! Must not know: commands, and how the chain works.

mod alliance;
mod contradiction;
mod council;
mod custody;
mod database;
mod decode;
pub mod insights;
mod joined;
mod market;
mod money;
mod registry;
pub mod statement;
mod storage;

pub use contradiction::Contradiction;
pub use database::Files;
pub use decode::Unreadable;
pub use money::{Holding, Movement};
pub use statement::{Entry, Kind, Statement};
pub use storage::{Difference, Place};

use self::{
    alliance::AllianceReplay,
    council::CouncilReplay,
    custody::CustodyReplay,
    decode::{
        AllianceEvent, ContractEvent, CouncilEvent, CustodyEvent, DeskEvent, MarketEvent, OfficeEvent,
        RegistryEvent,
    },
    market::MarketReplay,
    registry::{Branches, RegistryReplay, State},
    statement::Accounts,
};
use crate::suite::SuiteAddresses;
use chain::{keys::ss58, Chain, ChainError, EventKind, EventRecord, TypedChain};
use ink::env::{
    call::{build_call, ExecutionInput, Selector},
    DefaultEnvironment,
};
use shared::{assets::Asset, AccountId, Balance, Hash};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// What an audit found that read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whether events and storage tell the same, and everyone could be paid.
    pub agrees: bool,
    /// What they tell differently.
    pub differences: Vec<Difference>,
    /// What each contract owes and holds.
    pub holdings: Vec<Holding>,
    /// Money that moved, by contract and in order.
    pub movements: Vec<Movement>,
    /// One for each member and cycle.
    pub statements: Vec<Statement>,
    /// Events of the suite that were replayed.
    pub events: usize,
    /// The chain's height.
    pub blocks: u32,
}

/// Why a history can't be replayed to its end.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Finding {
    /// An event that the contract's code can't have emitted.
    #[error("{place}: {contract}: {why}")]
    Unreadable { place: Place, contract: &'static str, why: Unreadable },
    /// An event that can't follow those before it.
    #[error("{place}: {contract}: {event}: {why}")]
    Contradiction { place: Place, contract: &'static str, event: &'static str, why: Box<Contradiction> },
    /// Code that was replaced, ran another's code, or ended: none of the suite's can.
    #[error("{place}: {contract}: {kind:?}")]
    CodeChanged { place: Place, contract: &'static str, kind: EventKind },
    /// An account that runs no code.
    #[error("{contract}: there is no contract at {}", ss58(.account))]
    Gone { contract: &'static str, account: AccountId },
}

/// Why there is no report.
#[derive(Debug, Error)]
pub enum AuditError {
    /// The audit disagrees before it comes to its end.
    #[error(transparent)]
    Finding(#[from] Finding),
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error("the audit's database: {0}")]
    Database(#[from] rusqlite::Error),
    #[error("the audit's tables: {0}")]
    Csv(#[from] csv::Error),
    #[error("the audit's tables: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    #[error("cannot write {}: {source}", .path.display())]
    File { path: PathBuf, source: std::io::Error },
}

impl AuditError {
    fn file(path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        Self::File { path, source }
    }
}

/// An event of the suite, read.
#[allow(clippy::large_enum_variant, reason = "a history holds them once, and what is large in them is rare")]
enum SuiteEvent {
    Registry(RegistryEvent),
    Office(OfficeEvent),
    Desk(DeskEvent),
    Alliance(AllianceEvent),
    Council(CouncilEvent),
    Market(MarketEvent),
    Custody(CustodyEvent),
}

impl SuiteEvent {
    fn name(&self) -> &'static str {
        match self {
            Self::Registry(event) => event.name(),
            Self::Office(event) => event.name(),
            Self::Desk(event) => event.name(),
            Self::Alliance(event) => event.name(),
            Self::Council(event) => event.name(),
            Self::Market(event) => event.name(),
            Self::Custody(event) => event.name(),
        }
    }
}

/// An event of the suite and where it happened.
struct Happened {
    place: Place,
    time: u64,
    topics: Vec<Hash>,
    data: Vec<u8>,
    event: SuiteEvent,
}

impl Happened {
    fn contract(&self) -> &'static str {
        match self.event {
            SuiteEvent::Registry(_) => "registry",
            SuiteEvent::Office(_) => "office",
            SuiteEvent::Desk(_) => "desk",
            SuiteEvent::Alliance(_) => "alliance",
            SuiteEvent::Council(_) => "council",
            SuiteEvent::Market(_) => "market",
            SuiteEvent::Custody(_) => "custody",
        }
    }
}

/// Audits the suite on `chain`, and writes what happened into `files`.
/// # Errors
/// `Finding` where the history itself is broken: then nothing is written. `Chain`, `Database`, `Csv`, `Parquet`, `File`.
pub fn run(
    chain: &(impl Chain + ?Sized),
    suite: &SuiteAddresses,
    files: Files,
) -> Result<Report, AuditError> {
    let mut replay = Replay::new(*suite);
    let mut history = Vec::new();
    for record in chain.events(0)? {
        if let Some(happened) = read(suite, record)? {
            replay.apply(&happened)?;
            history.push(happened);
        }
    }
    replay.ensure_settled()?;
    let (mut report, state) = replay.compare(chain)?;
    report.events = history.len();
    let audited = database::Audited {
        history: &history,
        state: &state,
        statements: &report.statements,
        movements: &report.movements,
        holdings: &report.holdings,
    };
    database::write(&audited, files)?;
    Ok(report)
}

/// # Errors
/// `Unreadable`, `CodeChanged`. `None` for an event of none of the suite's contracts.
fn read(suite: &SuiteAddresses, record: EventRecord) -> Result<Option<Happened>, Finding> {
    let EventRecord { block, index, time, contract, kind, topics, data } = record;
    let place = Place { block, index };
    let (contract, event) = if contract == suite.registry {
        ("registry", RegistryEvent::read(&topics, &data).map(SuiteEvent::Registry))
    } else if contract == suite.office {
        ("office", OfficeEvent::read(&topics, &data).map(SuiteEvent::Office))
    } else if contract == suite.desk {
        ("desk", DeskEvent::read(&topics, &data).map(SuiteEvent::Desk))
    } else if contract == suite.alliance {
        ("alliance", AllianceEvent::read(&topics, &data).map(SuiteEvent::Alliance))
    } else if contract == suite.council {
        ("council", CouncilEvent::read(&topics, &data).map(SuiteEvent::Council))
    } else if contract == suite.market {
        ("market", MarketEvent::read(&topics, &data).map(SuiteEvent::Market))
    } else if Some(contract) == suite.custody {
        ("custody", CustodyEvent::read(&topics, &data).map(SuiteEvent::Custody))
    } else {
        return Ok(None);
    };
    if kind != EventKind::Emitted {
        return Err(Finding::CodeChanged { place, contract, kind });
    }
    let event = event.map_err(|why| Finding::Unreadable { place, contract, why })?;
    Ok(Some(Happened { place, time, topics, data, event }))
}

struct Replay {
    suite: SuiteAddresses,
    registry: RegistryReplay,
    alliance: AllianceReplay,
    council: CouncilReplay,
    market: MarketReplay,
    custody: CustodyReplay,
    accounts: Accounts,
    last: Place,
    /// The time of the last event.
    now: u64,
}

impl Replay {
    fn new(suite: SuiteAddresses) -> Self {
        Self {
            suite,
            registry: RegistryReplay::new(Branches {
                registry: suite.registry,
                office: suite.office,
                desk: suite.desk,
            }),
            alliance: AllianceReplay::new(),
            council: CouncilReplay::new(suite.alliance),
            market: MarketReplay::new(),
            custody: CustodyReplay::new(),
            accounts: Accounts::default(),
            last: Place::default(),
            now: 0,
        }
    }

    /// # Errors
    /// `Contradiction`.
    fn apply(&mut self, happened: &Happened) -> Result<(), Finding> {
        let (place, time) = (happened.place, happened.time);
        if place.block != self.last.block {
            self.ensure_settled()?;
        }
        (self.last, self.now) = (place, time);
        self.registry.at(place, time);
        let outcome = match &happened.event {
            SuiteEvent::Registry(event) => self.registry.apply(event, time),
            SuiteEvent::Office(event) => self.registry.apply_office(event, time),
            SuiteEvent::Desk(event) => self.registry.apply_desk(event, time),
            SuiteEvent::Alliance(event) => {
                let replay = &mut self.alliance;
                replay.store.place = place;
                (replay.till.place, replay.till.time) = (place, time);
                self.accounts.cleared(place, time, event);
                replay.apply(event, time)
            }
            SuiteEvent::Council(event) => {
                let (replay, alliance) = (&mut self.council, &mut self.alliance);
                replay.store.place = place;
                alliance.store.place = place;
                (alliance.till.place, alliance.till.time) = (place, time);
                self.accounts.settled(place, time, event);
                let outcome = replay.apply(event, alliance, time);
                if let CouncilEvent::CaseClosed(event) = event {
                    if let Some(parties) = replay.parties(event.case) {
                        self.accounts.ruled(place, time, parties, event.given_back);
                    }
                }
                outcome
            }
            SuiteEvent::Market(event) => {
                let replay = &mut self.market;
                replay.store.place = place;
                (replay.till.place, replay.till.time) = (place, time);
                replay.apply(event, time)
            }
            SuiteEvent::Custody(event) => {
                let replay = &mut self.custody;
                replay.store.place = place;
                (replay.till.place, replay.till.time) = (place, time);
                replay.apply(event, time)
            }
        };
        outcome.and_then(|()| self.ensure_joined(&happened.event)).map_err(|why| Finding::Contradiction {
            place,
            contract: happened.contract(),
            event: happened.event.name(),
            why: why.into(),
        })
    }

    /// What one contract of the suite says of another: a sale gives the buyer the coupon, and a debt is the issuer's share of a discount just given.
    /// # Errors
    /// `Differs`, `Refused`.
    fn ensure_joined(&self, event: &SuiteEvent) -> Result<(), Contradiction> {
        match event {
            SuiteEvent::Alliance(event) => joined::alliance(self, event),
            SuiteEvent::Council(event) => joined::council(self, event),
            SuiteEvent::Market(event) => joined::market(self, event),
            SuiteEvent::Custody(event) => joined::custody(self, event),
            SuiteEvent::Registry(_) | SuiteEvent::Office(_) | SuiteEvent::Desk(_) => Ok(()),
        }
    }

    /// # Errors
    /// `Contradiction` where the block of the last event leaves a coupon's coming or going unexplained.
    fn ensure_settled(&self) -> Result<(), Finding> {
        self.registry.ensure_settled().map_err(|why| Finding::Contradiction {
            place: self.last,
            contract: "registry",
            event: "Transfer",
            why: why.into(),
        })
    }

    /// # Errors
    /// `Gone`, `Contradiction` where a contract was never created, `Chain`.
    fn compare(self, chain: &(impl Chain + ?Sized)) -> Result<(Report, State), AuditError> {
        let suite = self.suite;
        for (contract, account) in suite.named() {
            if chain.code_hash_of(account)?.is_none() {
                return Err(Finding::Gone { contract, account }.into());
            }
        }
        let sums = |contract| {
            move |why: Contradiction| Finding::Contradiction {
                place: self.last,
                contract,
                event: "the sums after the last event",
                why: why.into(),
            }
        };
        let (registry, alliance, market) = (&self.registry, &self.alliance, &self.market);
        registry.ensure_sums(self.now).map_err(sums("registry"))?;
        let state = registry.state().map_err(sums("registry"))?;
        let owed = [
            registry.owed().map_err(sums("registry"))?,
            alliance.owed().map_err(sums("alliance"))?,
            market.owed().map_err(sums("market"))?,
        ];
        let [registry_owes, alliance_owes, market_owes] = owed;
        // The office, the desk and the council pass on what they are given.
        let nothing = || (BTreeMap::new(), None);
        let mut books = vec![
            (
                "registry",
                suite.registry,
                registry::LAYOUT,
                &registry.ledger,
                (registry_owes, Some(&registry.till)),
            ),
            ("office", suite.office, registry::OFFICE_LAYOUT, &registry.office, nothing()),
            ("desk", suite.desk, registry::DESK_LAYOUT, &registry.desk, nothing()),
            (
                "alliance",
                suite.alliance,
                alliance::LAYOUT,
                &alliance.store,
                (alliance_owes, Some(&alliance.till)),
            ),
            ("council", suite.council, council::LAYOUT, &self.council.store, nothing()),
            ("market", suite.market, market::LAYOUT, &market.store, (market_owes, Some(&market.till))),
        ];
        if let Some(account) = suite.custody {
            let custody = &self.custody;
            let owed = custody.owed().map_err(sums("custody"))?;
            books.push(("custody", account, custody::LAYOUT, &custody.store, (owed, Some(&custody.till))));
        }
        let (mut differences, mut holdings, mut movements) = (Vec::new(), Vec::new(), Vec::new());
        let no_till = BTreeMap::new();
        for (contract, account, layout, store, (owed, till)) in books {
            let moved = till.map_or(&no_till, |till| &till.held);
            differences.extend(store.differences(contract, layout, chain.storage(account)?));
            let here = holdings_of(chain, contract, account, &owed, moved)?;
            differences.extend(here.iter().filter_map(shortfall));
            differences.extend(misreckoned(contract, &owed, moved));
            holdings.extend(here);
            movements.extend(till.into_iter().flat_map(|till| till.movements.iter().cloned()));
        }
        differences.extend(self.unheld_listings());
        let report = Report {
            agrees: differences.is_empty(),
            differences,
            holdings,
            movements,
            statements: self.accounts.into_statements(),
            events: 0,
            blocks: chain.height(),
        };
        Ok((report, state))
    }

    /// Coupons for sale that the market doesn't hold.
    fn unheld_listings(&self) -> Vec<Difference> {
        let listed = self.market.listed().into_iter();
        listed
            .filter(|(registry, _)| *registry == self.suite.registry)
            .filter_map(|(_, coupon)| {
                let owner = self.registry.owner(coupon);
                (owner != Some(self.suite.market)).then(|| Difference {
                    contract: "market",
                    item: format!("holder of listed coupon {}", storage::coupon_words(coupon)),
                    expected: Some(ss58(&self.suite.market)),
                    found: owner.map(|owner| ss58(&owner)),
                    last_event: None,
                })
            })
            .collect()
    }
}

/// # Errors
/// `Chain`.
fn holdings_of(
    chain: &(impl Chain + ?Sized),
    contract: &'static str,
    account: AccountId,
    owed: &BTreeMap<Asset, Balance>,
    held: &BTreeMap<Asset, Balance>,
) -> Result<Vec<Holding>, ChainError> {
    let assets: std::collections::BTreeSet<Asset> =
        [Asset::Native].into_iter().chain(owed.keys().chain(held.keys()).copied()).collect();
    assets
        .into_iter()
        .map(|asset| {
            let held = match asset {
                Asset::Native => chain.balance(account)?.saturating_sub(chain.existential_deposit()),
                // A campaign may name an address where there is no token: whatever is owed in it isn't there.
                Asset::Psp22(token) if chain.code_hash_of(token)?.is_none() => 0,
                Asset::Psp22(token) => token_balance(chain, token, account)?,
            };
            Ok(Holding { contract, asset, owed: owed.get(&asset).copied().unwrap_or(0), held })
        })
        .collect()
}

/// What `token` says `owner` has: nothing, where it doesn't answer as a token does. Anyone may name any contract as a campaign's asset, and must not be
/// able to stop an audit by it.
/// # Errors
/// `Chain`.
fn token_balance(
    chain: &(impl Chain + ?Sized),
    token: AccountId,
    owner: AccountId,
) -> Result<Balance, ChainError> {
    let input = ExecutionInput::new(Selector::new(ink::selector_bytes!("PSP22::balance_of"))).push_arg(owner);
    let message = build_call::<DefaultEnvironment>().call(token).exec_input(input).returns::<Balance>();
    match chain.view_typed(owner, 0, message) {
        Ok((balance, _)) => Ok(balance),
        Err(
            ChainError::Unreadable(_)
            | ChainError::Undecodable { .. }
            | ChainError::Trapped { .. }
            | ChainError::OutOfGas { .. },
        ) => Ok(0),
        Err(fault) => Err(fault),
    }
}

fn shortfall(holding: &Holding) -> Option<Difference> {
    (!holding.suffices())
        .then(|| money_differs(holding.contract, "money held", holding.asset, holding.owed, holding.held))
}

/// Where what a contract owes by its books isn't what its events moved into it.
fn misreckoned(
    contract: &'static str,
    owed: &BTreeMap<Asset, Balance>,
    moved: &BTreeMap<Asset, Balance>,
) -> Vec<Difference> {
    let assets: std::collections::BTreeSet<_> = owed.keys().chain(moved.keys()).collect();
    assets
        .into_iter()
        .filter_map(|asset| {
            let of = |sums: &BTreeMap<_, _>| sums.get(asset).copied().unwrap_or(0);
            let (moved, owed) = (of(moved), of(owed));
            (moved != owed).then(|| money_differs(contract, "money owed", *asset, moved, owed))
        })
        .collect()
}

fn money_differs(
    contract: &'static str,
    what: &str,
    asset: Asset,
    expected: Balance,
    found: Balance,
) -> Difference {
    use storage::Readable;
    Difference {
        contract,
        item: format!("{what}, {}", asset.words()),
        expected: Some(expected.to_string()),
        found: Some(found.to_string()),
        last_event: None,
    }
}
