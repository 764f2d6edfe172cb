//! A chain with the suite and a token deployed, made once per process and forked for each test. Knows how to build and deploy, and no rule.

use crate::{
    actors::{account, endowed, MERCHANTS, OPERATOR, OWNER},
    signing::Place,
};
use builder::{build, enumerable, suite, Contract, Options, CHAIN_SIZE_LIMIT};
use chain::{AccountId, Balance, Chain, EmbeddedChain, Genesis, Hash, Snapshot, TypedChain};
use council::CouncilRef;
use couponry::suite::{deploy_suite, Codes, SuiteAddresses, SuiteConfig};
use desk::DeskRef;
use ink::codegen::TraitCallBuilder;
use office::OfficeRef;
use psp22::PSP22;
use registry::RegistryRef;
use scale::{Decode, Encode};
use shared::{
    assets::Asset,
    campaigns::{Campaign, Progress, Usage},
    claims::VoucherKey,
    coupons::{Coupon, Customer, Holder, Role},
    ids::{CampaignId, CouponId},
    ledger::{items, key, Ledger},
    order::OrderWord,
};
use std::{fs, path::PathBuf, sync::OnceLock};

/// 1 January 2026, when every world begins.
pub const GENESIS_TIME: u64 = 1_767_225_600_000;

/// What everyone is endowed with, in plancks and in tokens: more than any test spends.
pub const WEALTH: Balance = 1_000_000_000_000_000_000;

/// The folder with the built contracts of the suite and of the mocks; builds what has changed, once per process.
///
/// # Panics
/// When a contract doesn't build.
pub fn built() -> &'static PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let options = Options::of_this_checkout();
        let mocks = ["mock-psp22", "mock-psp34-minimal", "mock-look-alike", "mock-go-between"];
        let mocks = mocks.map(|name| Contract::new(name, CHAIN_SIZE_LIMIT));
        let contracts: Vec<_> = suite().into_iter().chain([enumerable()]).chain(mocks).collect();
        let mut progress = builder::Progress::new();
        match build(&contracts, &options, &mut |event| progress.show(event)) {
            Ok(_) => options.out_dir,
            Err(fault) => panic!("the contracts don't build: {fault}"),
        }
    })
}

/// The Wasm of a built contract.
///
/// # Panics
/// When no contract of that name is built.
pub fn wasm(name: &str) -> Vec<u8> {
    let path = built().join(name).with_extension("wasm");
    fs::read(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

/// The suite's Wasm as it would be deployed.
///
/// # Panics
/// When it doesn't build.
pub fn codes() -> Codes {
    Codes::load(built()).unwrap_or_else(|fault| panic!("{fault}"))
}

/// The same, with the registry that keeps PSP34's enumeration.
///
/// # Panics
/// When it doesn't build.
pub fn enumerable_codes() -> Codes {
    Codes::load_enumerable(built()).unwrap_or_else(|fault| panic!("{fault}"))
}

/// A chain with registry, office, desk, alliance, market and a PSP22 token.
///
/// Time stands still between calls: move it with `chain.advance`. Everyone in [`endowed`] has [`WEALTH`] in plancks and in tokens.
pub struct World {
    /// The chain.
    pub chain: EmbeddedChain,
    /// The suite.
    pub suite: SuiteAddresses,
    /// The token.
    pub token: AccountId,
}

/// How a world is to be.
pub struct Builder {
    alliance_in_tokens: bool,
    codes: Option<Codes>,
    config: SuiteConfig,
}

impl World {
    /// A world with the usual rules: see [`SuiteConfig::for_operator`].
    ///
    /// # Panics
    /// When the suite doesn't build or deploy.
    pub fn new() -> Self {
        static USUAL: OnceLock<Fixture> = OnceLock::new();
        USUAL.get_or_init(|| World::builder().build().fixture()).world()
    }

    /// A world with rules of its own.
    pub fn builder() -> Builder {
        Builder {
            alliance_in_tokens: false,
            codes: None,
            config: SuiteConfig::for_operator(account(OPERATOR)),
        }
    }

    /// This moment, to start other worlds from, also on other threads.
    pub fn fixture(&self) -> Fixture {
        Fixture { moment: self.chain.snapshot(), suite: self.suite, token: self.token }
    }

    /// Where signatures of this world are good.
    pub fn place(&self) -> Place {
        Place { chain_tag: self.chain.genesis(), registry: self.suite.registry }
    }

    /// The token, as an asset.
    pub fn token_asset(&self) -> Asset {
        Asset::Psp22(self.token)
    }

    /// The registry.
    pub fn registry(&self) -> RegistryRef {
        reference(self.suite.registry)
    }

    /// The registry's office.
    pub fn office(&self) -> OfficeRef {
        reference(self.suite.office)
    }

    /// The alliance's council.
    pub fn council(&self) -> CouncilRef {
        reference(self.suite.council)
    }

    /// The registry's service desk.
    pub fn desk(&self) -> DeskRef {
        reference(self.suite.desk)
    }

    /// An item of one of the ledger's mappings (see `shared::ledger::items`), through the registry's own door.
    ///
    /// # Panics
    /// When the registry doesn't answer, or the item is of another type.
    pub fn item<T: Decode>(&self, mapping: u32, at: &impl Encode) -> Option<T> {
        let message = Ledger::items(self.registry().call(), vec![key(mapping, at)]);
        let read = self.chain.view_typed(account(OWNER), 0, message);
        let (mut found, _) = read.unwrap_or_else(|fault| panic!("{fault}"));
        let bytes = found.pop().flatten()?;
        match T::decode(&mut &*bytes) {
            Ok(item) => Some(item),
            Err(fault) => panic!("mapping {mapping:#x}: {fault}"),
        }
    }

    /// A campaign's issuer and terms.
    pub fn campaign(&self, campaign: CampaignId) -> Option<Campaign> {
        self.item(items::CAMPAIGNS, &campaign)
    }

    /// A campaign's counters.
    ///
    /// # Panics
    /// When there is no such campaign.
    pub fn progress(&self, campaign: CampaignId) -> Progress {
        self.item(items::PROGRESS, &campaign).unwrap_or_else(|| panic!("there is no campaign {campaign}"))
    }

    /// A live coupon.
    pub fn coupon(&self, coupon: CouponId) -> Option<Coupon> {
        self.item(items::COUPONS, &coupon.to_u64())
    }

    /// What an account holds.
    pub fn holder(&self, account: AccountId) -> Holder {
        self.item(items::HOLDERS, &account).unwrap_or_default()
    }

    /// What an account has had of a campaign, where that is counted.
    pub fn usage(&self, campaign: CampaignId, account: AccountId) -> Option<Usage> {
        self.item(items::USAGE, &(campaign, account))
    }

    /// What an issuer keeps of an account.
    pub fn customer(&self, issuer: AccountId, account: AccountId) -> Option<Customer> {
        self.item(items::CUSTOMERS, &(issuer, account))
    }

    /// What a merchant lets an account do for it.
    pub fn role(&self, merchant: AccountId, account: AccountId) -> Option<Role> {
        self.item(items::ROLES, &(merchant, account))
    }

    /// A key that signs vouchers.
    pub fn voucher_key(&self, campaign: CampaignId, key: Hash) -> Option<VoucherKey> {
        self.item(items::KEYS, &(campaign, key))
    }

    /// What became of an order's number, and of the 15 beside it.
    pub fn order_word(&self, acceptor: AccountId, number: u64) -> OrderWord {
        self.item(items::ORDERS, &(acceptor, OrderWord::locate(number).0)).unwrap_or_default()
    }

    /// An account's pull balance.
    pub fn credit(&self, account: AccountId, asset: Asset) -> Balance {
        self.item(items::CREDITS, &(account, asset)).unwrap_or_default()
    }

    /// What `who` can spend of `asset`.
    ///
    /// # Panics
    /// When the chain or the token can't be read.
    pub fn balance(&self, who: AccountId, asset: Asset) -> Balance {
        match asset {
            Asset::Native => self.chain.balance(who).unwrap_or_else(|fault| panic!("{fault}")),
            Asset::Psp22(token) => {
                let token: ink::contract_ref!(PSP22, ink::env::DefaultEnvironment) = token.into();
                let read = self.chain.view_typed(account(OWNER), 0, token.call().balance_of(who));
                read.unwrap_or_else(|fault| panic!("{fault}")).0
            }
        }
    }

    /// Lets `spender` take `amount` of the token from the person called `owner`.
    ///
    /// # Panics
    /// When the token refuses.
    pub fn allow(&mut self, owner: &str, spender: AccountId, amount: Balance) {
        let mut token: ink::contract_ref!(PSP22, ink::env::DefaultEnvironment) = self.token.into();
        let call = token.call_mut().approve(spender, amount);
        match self.chain.call_typed(account(owner), 0, call) {
            Ok((Ok(()), _)) => {}
            other => panic!("{other:?}"),
        }
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// The alliance settles in the token instead of plancks.
    #[must_use]
    pub fn alliance_in_tokens(mut self) -> Self {
        self.alliance_in_tokens = true;
        self
    }

    /// Other Wasm than what this checkout builds.
    #[must_use]
    pub fn codes(mut self, codes: Codes) -> Self {
        self.codes = Some(codes);
        self
    }

    /// Other rules for alliance and market.
    #[must_use]
    pub fn config(mut self, change: impl FnOnce(&mut SuiteConfig)) -> Self {
        change(&mut self.config);
        self
    }

    /// # Panics
    /// When the suite doesn't build or deploy.
    pub fn build(self) -> World {
        self.try_build().unwrap_or_else(|fault| panic!("the suite doesn't deploy: {fault}"))
    }

    fn try_build(mut self) -> anyhow::Result<World> {
        let owner = account(OWNER);
        let mut chain = EmbeddedChain::new(Genesis {
            seed: [0; 32],
            time: GENESIS_TIME,
            block_time_ms: 0,
            endowed: endowed().map(|name| (account(name), WEALTH)).collect(),
        })?;
        let token = deploy_token(&mut chain, owner)?;
        if self.alliance_in_tokens {
            self.config.alliance.asset = Asset::Psp22(token);
        }
        self.config.market_tokens = vec![token];
        let codes = self.codes.unwrap_or_else(codes);
        let suite = deploy_suite(&mut chain, owner, &codes, &self.config, b"world")?;
        let mut office: OfficeRef = reference(suite.office);
        for merchant in MERCHANTS {
            let trust = office.call_mut().set_role(suite.alliance, false, true, None);
            let (trusted, _) = chain.call_typed(account(merchant), 0, trust)?;
            if let Err(refusal) = trusted {
                anyhow::bail!("the office refuses: {refusal:?}");
            }
        }
        Ok(World { chain, suite, token })
    }
}

fn deploy_token(chain: &mut EmbeddedChain, owner: AccountId) -> anyhow::Result<AccountId> {
    let people: Vec<_> = endowed().filter(|name| *name != OWNER).map(account).collect();
    let shares = u128::try_from(people.len())?.saturating_add(1);
    let (code, _) = chain.upload(owner, &wasm("mock-psp22"))?;
    let constructor = mock_psp22::TokenRef::new(WEALTH.saturating_mul(shares));
    let (address, _) = chain.instantiate_typed(owner, code, 0, b"token".to_vec(), constructor)?;
    let mut token: ink::contract_ref!(PSP22, ink::env::DefaultEnvironment) = address.into();
    for person in people {
        let (given, _) = chain.call_typed(owner, 0, token.call_mut().transfer(person, WEALTH, Vec::new()))?;
        if let Err(fault) = given {
            anyhow::bail!("the token refuses: {fault:?}");
        }
    }
    Ok(address)
}

/// A moment of a world. Cheap to start a world from.
pub struct Fixture {
    moment: Snapshot,
    suite: SuiteAddresses,
    token: AccountId,
}

impl Fixture {
    /// A world that goes on from this moment.
    pub fn world(&self) -> World {
        World { chain: EmbeddedChain::fork(&self.moment), suite: self.suite, token: self.token }
    }
}

/// A second registry of the suite's own code, deployed by `owner`.
///
/// # Panics
/// When it doesn't deploy.
pub fn another_registry(world: &mut World, salt: &[u8]) -> AccountId {
    let owner = account(OWNER);
    let tag = world.chain.genesis();
    let code: Hash = match world.chain.code_hash_of(world.suite.registry) {
        Ok(Some(code)) => code,
        other => panic!("{other:?}"),
    };
    match world.chain.instantiate_typed(owner, code, 0, salt.to_vec(), RegistryRef::new(tag)) {
        Ok((address, _)) => address,
        Err(fault) => panic!("{fault}"),
    }
}

/// A typed reference to the contract at `account`, to build messages with.
pub fn reference<R: ink::env::call::FromAccountId<ink::env::DefaultEnvironment>>(account: AccountId) -> R {
    R::from_account_id(account)
}
