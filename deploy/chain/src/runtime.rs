//! The embedded chain's runtime: system, balances, time and the Contracts pallet, with a real chain's constants, and the sandbox that holds its state.
//! It knows nothing of blocks' history or of files.
//!
//! The constants are those of `contracts-node-runtime` 0.42 but where said otherwise. The stock sandbox differs in what decides whether a contract works on a
//! chain: there time is in seconds, an account needs one planck and storage is nearly free.

use crate::{compilation::Frames, weights::Pallet38};
use drink::{pallet_contracts, sp_externalities::Extension, AccountId32, Sandbox};
use frame_support::{
    derive_impl, parameter_types,
    sp_runtime::{traits::Convert, Perbill},
    traits::{BuildGenesisConfig, ConstBool, ConstU128, ConstU32, ConstU64, Get, Randomness},
    weights::{constants::RocksDbWeight, Weight},
};
use ink_sandbox::{RuntimeMetadataPrefixed, Snapshot as RawSnapshot, TestExternalities, H256};
use pallet_contracts::Schedule;
use sp_core::Blake2Hasher;
use sp_state_machine::InMemoryBackend;
use std::{any::Any, sync::OnceLock};

/// The native token's smallest units in one token.
pub const UNIT: u128 = 1_000_000_000_000;
/// The least an account must hold, in plancks.
pub const EXISTENTIAL_DEPOSIT: u128 = 1_000_000_000;
/// The deposit for a storage item, in plancks, without its bytes.
pub const DEPOSIT_PER_ITEM: u128 = 100_000_000_000;
/// The deposit for a byte of storage, in plancks.
pub const DEPOSIT_PER_BYTE: u128 = 5_000_000;
/// The deposit a transaction may take when it names no limit, in plancks: that of 1,024 items and 1 MiB.
pub const DEFAULT_DEPOSIT_LIMIT: u128 = 1_024 * DEPOSIT_PER_ITEM + 1_024 * 1_024 * DEPOSIT_PER_BYTE;
/// The longest code, in bytes: as in the stock sandbox; the node has 256 KiB.
pub const MAX_CODE_LEN: u32 = 123 * 1_024;
/// How deep the contract that is called first may call others: as in the stock sandbox; the node has 23.
pub const CALL_STACK: usize = 5;

frame_support::construct_runtime!(
    pub enum Runtime {
        System: frame_system,
        Balances: pallet_balances,
        Timestamp: pallet_timestamp,
        Contracts: pallet_contracts,
    }
);

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig as frame_system::DefaultConfig)]
impl frame_system::Config for Runtime {
    type Block = frame_system::mocking::MockBlockU32<Runtime>;
    type AccountData = pallet_balances::AccountData<u128>;
    type DbWeight = RocksDbWeight;
}

impl pallet_balances::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeHoldReason = RuntimeHoldReason;
    type RuntimeFreezeReason = RuntimeFreezeReason;
    type WeightInfo = ();
    type Balance = u128;
    type DustRemoval = ();
    type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
    type AccountStore = System;
    type ReserveIdentifier = [u8; 8];
    type FreezeIdentifier = ();
    type MaxLocks = ();
    type MaxReserves = ();
    type MaxFreezes = ();
}

impl pallet_timestamp::Config for Runtime {
    type Moment = u64;
    type OnTimestampSet = ();
    type MinimumPeriod = ConstU64<0>;
    type WeightInfo = ();
}

/// No contract that the builder lets pass can ask for randomness, which chains without a source of it answer like this too.
pub enum NoRandomness {}

impl Randomness<H256, u32> for NoRandomness {
    fn random(_: &[u8]) -> (H256, u32) {
        (H256::zero(), 0)
    }
}

/// One planck a picosecond, as in the stock sandbox: only a contract that asks for the price of gas sees it.
impl Convert<Weight, u128> for Runtime {
    fn convert(weight: Weight) -> u128 {
        weight.ref_time().into()
    }
}

/// The pallet's schedule at pallet 38's prices.
pub enum Prices {}

impl Get<Schedule<Runtime>> for Prices {
    fn get() -> Schedule<Runtime> {
        // The pallet asks for it several times at each host call, and computing it takes longer than the call.
        static SCHEDULE: OnceLock<Schedule<Runtime>> = OnceLock::new();
        SCHEDULE.get_or_init(Schedule::default).clone()
    }
}

parameter_types! {
    pub const CodeHashLockupDepositPercent: Perbill = Perbill::from_percent(30);
}

impl pallet_contracts::Config for Runtime {
    type Time = Timestamp;
    type Randomness = NoRandomness;
    type Currency = Balances;
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type RuntimeHoldReason = RuntimeHoldReason;
    type CallFilter = frame_support::traits::Nothing;
    type WeightPrice = Self;
    type WeightInfo = Pallet38;
    type ChainExtension = ();
    type Schedule = Prices;
    type CallStack = [pallet_contracts::Frame<Self>; CALL_STACK];
    type DepositPerByte = ConstU128<DEPOSIT_PER_BYTE>;
    type DepositPerItem = ConstU128<DEPOSIT_PER_ITEM>;
    type DefaultDepositLimit = ConstU128<DEFAULT_DEPOSIT_LIMIT>;
    type CodeHashLockupDepositPercent = CodeHashLockupDepositPercent;
    type AddressGenerator = pallet_contracts::DefaultAddressGenerator;
    type MaxCodeLen = ConstU32<MAX_CODE_LEN>;
    type MaxStorageKeyLen = ConstU32<128>;
    type MaxDelegateDependencies = ConstU32<32>;
    type MaxDebugBufferLen = ConstU32<{ 2 * 1_024 * 1_024 }>;
    type UnsafeUnstableInterface = ConstBool<false>;
    type UploadOrigin = frame_system::EnsureSigned<Self::AccountId>;
    type InstantiateOrigin = frame_system::EnsureSigned<Self::AccountId>;
    type Migrations = ();
    type Debug = Frames;
    type Environment = ();
    type Xcm = ();
    type ApiVersion = ();
}

/// All of a chain's state, kept in memory.
pub type State = InMemoryBackend<Blake2Hasher>;

/// The runtime and its state.
///
/// Blocks are the embedded chain's, which knows their times: the block hooks of [`Sandbox`] keep their empty defaults.
pub struct CouponSandbox {
    externalities: TestExternalities,
}

impl CouponSandbox {
    /// A chain on which nothing has happened and nobody has anything.
    pub fn empty() -> Self {
        let mut sandbox = Self { externalities: TestExternalities::new_empty() };
        sandbox.execute_with(|| frame_system::GenesisConfig::<Runtime>::default().build());
        sandbox
    }

    /// A chain in this state.
    pub fn resume(state: State) -> Self {
        let mut externalities = TestExternalities::new_empty();
        externalities.backend = state;
        Self { externalities }
    }

    /// The state as it is now.
    pub fn state(&mut self) -> State {
        self.settle();
        self.externalities.backend.clone()
    }

    /// Moves what has happened from the overlay, which slows as it grows, into the state.
    pub fn settle(&mut self) {
        let settled = self.externalities.commit_all();
        debug_assert!(settled.is_ok(), "the state in memory has all its nodes");
    }

    /// Keeps what `action` does only if it succeeds.
    pub fn all_or_nothing<T, E>(&mut self, action: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        self.begin();
        let result = action(self);
        self.end(result.is_ok());
        result
    }

    /// The externalities, for what has no pallet call.
    pub(crate) fn externalities(&mut self) -> &mut TestExternalities {
        &mut self.externalities
    }

    fn begin(&mut self) {
        use drink::sp_externalities::Externalities;
        self.externalities.ext().storage_start_transaction();
    }

    fn end(&mut self, keep: bool) {
        use drink::sp_externalities::Externalities;
        let mut externalities = self.externalities.ext();
        let ended = if keep {
            externalities.storage_commit_transaction()
        } else {
            externalities.storage_rollback_transaction()
        };
        // Only a transaction that was never begun can't be ended.
        debug_assert!(ended.is_ok(), "unbalanced storage transaction");
    }
}

impl Sandbox for CouponSandbox {
    type Runtime = Runtime;

    fn execute_with<T>(&mut self, execute: impl FnOnce() -> T) -> T {
        self.externalities.execute_with(execute)
    }

    fn dry_run<T>(&mut self, action: impl FnOnce(&mut Self) -> T) -> T {
        self.begin();
        let result = action(self);
        self.end(false);
        result
    }

    fn register_extension<E: Any + Extension>(&mut self, extension: E) {
        self.externalities.register_extension(extension);
    }

    fn default_actor() -> AccountId32 {
        AccountId32::new(*crate::Keypair::named("default").account().as_ref())
    }

    fn get_metadata() -> RuntimeMetadataPrefixed {
        Runtime::metadata()
    }

    fn convert_account_to_origin(account: AccountId32) -> RuntimeOrigin {
        Some(account).into()
    }

    fn take_snapshot(&mut self) -> RawSnapshot {
        let mut state = self.state();
        let storage_root = *state.root();
        RawSnapshot {
            storage: state
                .backend_storage_mut()
                .drain()
                .into_iter()
                .filter(|(_, (_, references))| *references > 0)
                .collect(),
            storage_root,
        }
    }

    fn restore_snapshot(&mut self, snapshot: RawSnapshot) {
        self.externalities =
            TestExternalities::from_raw_snapshot(snapshot.storage, snapshot.storage_root, Default::default());
    }
}
