//! Worlds that lives begin in, with their models. Knows no rule.

use super::{
    alliance::Alliance, custody::Custody, market::Market, money::Money, registry::Registry, Model, Places,
};
use ::alliance::config::Joining;
use ::council::CouncilRef;
use ::office::OfficeRef;
use chain::{AccountId, Chain, TypedChain};
use couponry::suite::{open_custody, Codes};
use e2e_tests::{
    account,
    actors::{endowed, CONSUMERS, GHOST, HELPERS, MERCHANTS, OWNER},
    world::{reference, wasm, Fixture, GENESIS_TIME},
    World,
};
use ink::{codegen::TraitCallBuilder, contract_ref, env::DefaultEnvironment as Env};
use mock_psp22::Mode;
use shared::{assets::Asset, coupons::Role, psp34::PSP34};
use std::collections::BTreeMap;

/// What the market takes at first.
const MARKET_FEE_BPS: u16 = 200;

const ALLOWED: u128 = 1_000_000_000;

/// Worlds to start lives from: one whose alliance settles in plancks, one in tokens.
pub(crate) struct Beginnings([Fixture; 2]);

impl Beginnings {
    /// With the Wasm of this checkout, or with other Wasm.
    pub(crate) fn new(codes: Option<&Codes>, custody: Option<&[u8]>) -> Self {
        Self([false, true].map(|in_tokens| beginning(in_tokens, codes, custody)))
    }

    pub(super) fn world(&self, seed: u64) -> World {
        self.0[usize::from(seed % 2 == 1)].world()
    }
}

fn beginning(in_tokens: bool, codes: Option<&Codes>, custody: Option<&[u8]>) -> Fixture {
    let minutes = |minutes: u64| minutes * super::ops::MINUTE;
    let mut builder = World::builder().config(|config| {
        config.market_fee_bps = MARKET_FEE_BPS;
        let alliance = &mut config.alliance;
        (alliance.cycle_length, alliance.pay_in_window) = (minutes(60), minutes(20));
        (alliance.fee_bps, alliance.default_rate_bps, alliance.closing_bounty) = (250, 9_000, 3);
        // Members may owe more than they put up: so others come to bear it.
        (alliance.cap_factor_bps, alliance.max_cut_bps) = (40_000, 4_000);
        (alliance.tail, alliance.longstop, alliance.founders) = (minutes(600), minutes(45), 3);
        alliance.joining = Joining {
            fee: 5,
            free_first: 1,
            early_fee: 2,
            early_until: GENESIS_TIME + minutes(60),
            fund_share: 4,
        };
        let council = &mut config.council;
        (council.resolver, council.vote_window) = (account(OWNER), minutes(90));
        (council.case_window, council.case_fee) = (minutes(300), 2);
        (council.reply_window, council.ruling_window, council.unruled_bps) =
            (minutes(40), minutes(60), 2_500);
    });
    if in_tokens {
        builder = builder.alliance_in_tokens();
    }
    if let Some(codes) = codes {
        builder = builder.codes(codes.clone());
    }
    let mut world = builder.build();
    let ours = wasm("custody");
    let custody = open_custody(&mut world.chain, account(OWNER), custody.unwrap_or(&ours), &world.suite, &[]);
    let custody = custody.unwrap();
    world.suite.custody = Some(custody);
    let suite = world.suite;
    let others = [suite.office, suite.desk, suite.alliance, suite.council, suite.market, custody];
    for contract in others.into_iter().chain([suite.registry]) {
        for person in endowed() {
            world.allow(person, contract, ALLOWED);
        }
    }
    let mut office: OfficeRef = reference(suite.office);
    for merchant in MERCHANTS {
        for cashier in [account(HELPERS[1]), custody] {
            let trust = office.call_mut().set_role(cashier, false, true, None);
            let (trusted, _) = world.chain.call_typed(account(merchant), 0, trust).unwrap();
            trusted.unwrap();
        }
    }
    // Whoever trades often approves the market once and for all.
    let mut registry: contract_ref!(PSP34, Env) = suite.registry.into();
    for person in CONSUMERS {
        let approve = registry.call_mut().approve(suite.market, None, true);
        let (approved, _) = world.chain.call_typed(account(person), 0, approve).unwrap();
        approved.unwrap();
    }
    for merchant in MERCHANTS {
        let approve = registry.call_mut().approve(suite.council, None, true);
        let (approved, _) = world.chain.call_typed(account(merchant), 0, approve).unwrap();
        approved.unwrap();
    }
    world.fixture()
}

/// A model of a world that has just begun.
pub(super) fn model(world: &World) -> Model {
    let suite = world.suite;
    let code = |contract| world.chain.code_hash_of(contract).unwrap().unwrap();
    let places = Places {
        chain_tag: world.chain.genesis(),
        registry: suite.registry,
        office: suite.office,
        desk: suite.desk,
        alliance: suite.alliance,
        council: suite.council,
        market: suite.market,
        custody: suite.custody.unwrap(),
        token: world.token,
        registry_code: code(suite.registry),
        alliance_code: code(suite.alliance),
    };
    let contracts = places.contracts().map(|(_, contract)| contract);
    let everyone: Vec<AccountId> = endowed().map(account).chain(contracts).chain([account(GHOST)]).collect();
    let balances = |asset| everyone.iter().map(|who| (*who, world.balance(*who, asset))).collect();
    let allowances =
        endowed().flat_map(|owner| contracts.map(|spender| ((account(owner), spender), ALLOWED))).collect();
    let council: CouncilRef = reference(suite.council);
    let (config, _) = world.chain.view_typed(account(OWNER), 0, council.call().config()).unwrap();
    let config = config.unwrap();
    let (terms, _) = world.chain.view_typed(account(OWNER), 0, council.call().terms()).unwrap();
    let native: BTreeMap<AccountId, u128> = balances(Asset::Native);
    let trusted = [suite.alliance, account(HELPERS[1]), places.custody];
    let cashier = Role { operator: false, cashier: true, daily_cap: None, day: 0, spent: 0 };
    let cashiers = MERCHANTS
        .into_iter()
        .flat_map(|merchant| trusted.map(|account_of| ((account(merchant), account_of), cashier)));
    let trading = CONSUMERS.into_iter().map(|person| (account(person), suite.market));
    let converting = MERCHANTS.into_iter().map(|merchant| (account(merchant), suite.council));
    Model {
        now: world.chain.now(),
        money: Money {
            existential_deposit: world.chain.existential_deposit(),
            total: native.values().sum(),
            native,
            token: world.token,
            tokens: balances(Asset::Psp22(world.token)),
            allowances,
            mode: Mode::Honest,
            gifts: BTreeMap::new(),
        },
        registry: Registry {
            roles: cashiers.collect(),
            guardian: Some(account(OWNER)),
            operators: trading.chain(converting).collect(),
            ..Registry::default()
        },
        alliance: Alliance::new(config, terms, world.chain.now()),
        custody: Custody::default(),
        market: Market::new(account(OWNER), MARKET_FEE_BPS, world.token),
        places,
        events: Vec::new(),
    }
}
