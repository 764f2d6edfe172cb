//! What execution costs: pallet-contracts 38's prices, in the shape in which pallet-contracts 31 asks for them, and the counting of storage touches
//! and event topics. It knows no contract and no chain.
//!
//! The sandbox runs pallet 31; live chains run pallet 38, whose prices differ much. Each price here is pallet 38's own, from its `weights.rs` and the
//! formulas of its `wasm/runtime.rs`; chains with `contracts-node-runtime` 0.42 use exactly these. Database prices are RocksDB's, as there.
//!
//! Pallet 31 derives the price of a host function as `seal_x(1) - seal_x(0)`, so a function here answers `n` times its price and nothing else.
//!
//! Two of pallet 38's prices can't be asked for this way. Compiling the functions entered is priced in [`crate::compilation`]. The base weight of the
//! extrinsic is no part of a call's cost, as it is no part of what a dry run reports.
//!
//! The pallet has no hook at host functions, so the counts travel with the proof size, whose upper half a proof never reaches: see [`Metered`].

use frame_support::weights::Weight;
use pallet_contracts::WeightInfo;

/// The computation a block has for normal transactions, in picoseconds: 75% of two seconds.
pub const MAX_REF_TIME: u64 = 1_500_000_000_000;

/// The proof a block has for normal transactions, in bytes: 75% of 5 MiB.
pub const MAX_PROOF_SIZE: u64 = 3_932_160;

/// The gas limit to execute under. Computation is limited by the pallet; proof size is to be compared with [`MAX_PROOF_SIZE`] after, since the limit
/// must leave room for the counts.
pub const GAS_LIMIT: Weight = Weight::from_parts(MAX_REF_TIME, u64::MAX);

/// What the gas meter counted.
///
/// Of the meter's 64 bits of proof size, the lower 32 are bytes of proof, then come 16 of storage touches and 16 of topics. None can overflow into the
/// next within [`MAX_REF_TIME`]: it pays for fewer than 24,000 touches, 12,000 topics or 700 MB of proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metered {
    pub ref_time: u64,
    pub proof_size: u64,
    pub touches: u32,
    pub topics: u32,
}

/// One storage touch, as the meter counts it.
const TOUCH: Weight = Weight::from_parts(0, 1 << 32);

/// One event topic, as the meter counts it.
const TOPIC: Weight = Weight::from_parts(0, 1 << 48);

impl From<Weight> for Metered {
    fn from(consumed: Weight) -> Self {
        let [p0, p1, p2, p3, touches0, touches1, topics0, topics1] = consumed.proof_size().to_le_bytes();
        Self {
            ref_time: consumed.ref_time(),
            proof_size: u64::from(u32::from_le_bytes([p0, p1, p2, p3])),
            touches: u32::from(u16::from_le_bytes([touches0, touches1])),
            topics: u32::from(u16::from_le_bytes([topics0, topics1])),
        }
    }
}

/// Entering any host function: `noop_host_fn`.
const HOST_FN: Weight = Weight::from_parts(53_173, 0);

/// Reading the contract's input without its bytes: `seal_input(0)`, also charged for a callee's output.
const COPY_IN: Weight = Weight::from_parts(517_000, 0);

/// Taking bytes from the contract without their number: `seal_return(0)`, also charged for a callee's input.
const COPY_OUT: Weight = Weight::from_parts(372_000, 0);

/// What reading from a full child trie adds: `get_storage_full - get_storage_empty`.
const READ_FULL: Weight = Weight::from_parts(45_087_000 - 14_356_000, 26_628 - 16_618);

/// What writing to a full child trie adds: `set_storage_full - set_storage_empty`.
const WRITE_FULL: Weight = Weight::from_parts(50_152_000 - 16_010_000, 26_628 - 16_618);

/// A byte of an event: `seal_deposit_event`'s 12 and the schedule's `event_ref_time`, there to bound what events can allocate.
const EVENT_BYTE: Weight = Weight::from_parts(12 + 60_000, 0);

/// RocksDB's price of a read and of a write, in picoseconds.
const DB_READ: u64 = 25_000_000;
const DB_WRITE: u64 = 100_000_000;

/// One unit of the engine's fuel, in picoseconds: a sixth of `instr_i64_load_store`.
///
/// Pallet 38's register machine (wasmi 0.32) takes somewhat fewer units for the same code than the stack machine here (wasmi 0.31), of what is in all some
/// 2% of a call's price.
pub const FUEL: u64 = 1_198;

/// A byte of a function that a call enters, in picoseconds: wasmi 0.32 takes 7 units of fuel to compile it.
pub const COMPILED_BYTE: u64 = 7 * FUEL;

/// The instructions by which pallet 31 divides `instr_i64_load_store`.
const INSTRUCTIONS_MEASURED: u64 = 6;

/// A price with its database reads and writes.
const fn price(ref_time: u64, proof_size: u64, reads: u64, writes: u64) -> Weight {
    Weight::from_parts(ref_time, proof_size)
        .saturating_add(Weight::from_parts(DB_READ, 0).saturating_mul(reads))
        .saturating_add(Weight::from_parts(DB_WRITE, 0).saturating_mul(writes))
}

/// Pallet 38's prices.
#[derive(Clone, Copy, Debug)]
pub enum Pallet38 {}

/// Functions of one argument that answer that many times their price, `each` with a surcharge.
macro_rules! prices {
    (each $surcharge:expr; $($name:ident: $price:expr,)*) => {
        $(fn $name(n: u32) -> Weight {
            $price.saturating_add($surcharge).saturating_mul(n.into())
        })*
    };
}

/// Functions that the embedded chain has no use for, priced as pallet 31 does.
macro_rules! as_pallet_31 {
    ($($name:ident($($arg:ident),*),)*) => {
        $(fn $name($($arg: u32),*) -> Weight {
            <() as WeightInfo>::$name($($arg),*)
        })*
    };
}

impl WeightInfo for Pallet38 {
    prices! { each HOST_FN;
        seal_caller: price(678_000, 0, 0, 0),
        seal_is_contract: price(6_235_000, 3_819, 1, 0),
        seal_code_hash: price(7_653_000, 3_912, 1, 0),
        seal_own_code_hash: price(764_000, 0, 0, 0),
        seal_caller_is_origin: price(417_000, 0, 0, 0),
        seal_caller_is_root: price(349_000, 0, 0, 0),
        seal_address: price(628_000, 0, 0, 0),
        seal_gas_left: price(730_000, 0, 0, 0),
        seal_balance: price(4_577_000, 0, 0, 0),
        seal_value_transferred: price(603_000, 0, 0, 0),
        seal_minimum_balance: price(610_000, 0, 0, 0),
        seal_block_number: price(583_000, 0, 0, 0),
        seal_now: price(602_000, 0, 0, 0),
        seal_weight_to_fee: price(4_291_000, 1_552, 1, 0),
        seal_input: COPY_IN,
        seal_return: COPY_OUT,
        seal_terminate: price(15_257_892, 3_784, 2, 3),
        seal_random: price(3_605_000, 1_561, 1, 0),
        seal_deposit_event: price(3_999_591, 990, 0, 0),
        seal_debug_message: price(472_000, 0, 0, 0),
        seal_set_storage: price(8_915_233, 249, 1, 1).saturating_add(WRITE_FULL).saturating_add(TOUCH),
        seal_clear_storage: price(7_912_778, 248, 1, 1).saturating_add(WRITE_FULL).saturating_add(TOUCH),
        seal_get_storage: price(7_647_236, 248, 1, 0).saturating_add(READ_FULL).saturating_add(TOUCH),
        seal_contains_storage: price(6_952_661, 248, 1, 0).saturating_add(READ_FULL).saturating_add(TOUCH),
        seal_take_storage: price(8_384_015, 248, 1, 1).saturating_add(WRITE_FULL).saturating_add(TOUCH),
        seal_transfer: price(8_791_000, 0, 0, 0),
        seal_call: price(120_016_020, 4_085, 3, 1).saturating_add(COPY_IN).saturating_add(COPY_OUT),
        seal_delegate_call: price(115_083_000, 3_895, 2, 0).saturating_add(COPY_IN).saturating_add(COPY_OUT),
        seal_instantiate: price(1_890_038_000, 4_132, 5, 3),
        seal_hash_sha2_256: price(9_599_151, 0, 0, 0),
        seal_hash_keccak_256: price(10_964_255, 0, 0, 0),
        seal_hash_blake2_256: price(6_579_283, 0, 0, 0),
        seal_hash_blake2_128: price(10_990_209, 0, 0, 0),
        seal_sr25519_verify: price(41_864_855, 0, 0, 0),
        seal_ecdsa_recover: price(49_219_000, 0, 0, 0),
        seal_ecdsa_to_eth_address: price(12_962_000, 0, 0, 0),
        seal_set_code_hash: price(18_486_000, 3_895, 2, 1),
        lock_delegate_dependency: price(8_640_000, 3_820, 1, 1),
        unlock_delegate_dependency: price(7_815_000, 3_558, 1, 1),
        seal_reentrance_count: price(339_000, 0, 0, 0),
        seal_account_reentrance_count: price(380_000, 0, 0, 0),
        seal_instantiation_nonce: price(3_025_000, 1_704, 1, 0),
    }

    prices! { each Weight::zero();
        call_with_code_per_byte: price(700, 1, 0, 0),
        seal_input_per_byte: price(301, 0, 0, 0),
        seal_return_per_byte: price(411, 0, 0, 0),
        seal_debug_message_per_byte: price(1_207, 0, 0, 0),
        seal_set_storage_per_new_byte: price(255, 0, 0, 0),
        seal_set_storage_per_old_byte: price(39, 1, 0, 0),
        seal_clear_storage_per_byte: price(88, 1, 0, 0),
        seal_get_storage_per_byte: price(603, 1, 0, 0),
        // Pallet 38 has 77 ps a byte. Pallet 31 corrects the longest value's price by that of clearing, which would leave all 16 KiB charged.
        seal_contains_storage_per_byte: price(0, 1, 0, 0),
        seal_take_storage_per_byte: price(625, 1, 0, 0),
        seal_hash_sha2_256_per_byte: price(1_336, 0, 0, 0),
        seal_hash_keccak_256_per_byte: price(3_593, 0, 0, 0),
        seal_hash_blake2_256_per_byte: price(1_466, 0, 0, 0),
        seal_hash_blake2_128_per_byte: price(1_457, 0, 0, 0),
        seal_sr25519_verify_per_byte: price(5_154, 0, 0, 0),
        instr_i64_load_store: price(FUEL.saturating_mul(INSTRUCTIONS_MEASURED), 0, 0, 0),
    }

    fn seal_deposit_event_per_topic_and_byte(topics: u32, bytes: u32) -> Weight {
        price(2_011_090, 2_475, 1, 1)
            .saturating_add(TOPIC)
            .saturating_mul(topics.into())
            .saturating_add(EVENT_BYTE.saturating_mul(bytes.into()))
    }

    fn seal_call_per_transfer_clone_byte(transfers: u32, bytes: u32) -> Weight {
        price(42_848_338, 2_182, 1, 1)
            .saturating_mul(transfers.into())
            .saturating_add(price(6, 0, 0, 0).saturating_mul(bytes.into()))
    }

    // Pallet 38 has no surcharge for value given to a new contract.
    fn seal_instantiate_per_transfer_input_salt_byte(_: u32, input: u32, salt: u32) -> Weight {
        price(581, 0, 0, 0)
            .saturating_mul(input.into())
            .saturating_add(price(915, 0, 0, 0).saturating_mul(salt.into()))
    }

    fn upload_code_determinism_enforced(bytes: u32) -> Weight {
        price(251_495_551, 3_607, 3, 3).saturating_add(price(51_428, 0, 0, 0).saturating_mul(bytes.into()))
    }

    as_pallet_31! {
        on_process_deletion_queue_batch(), on_initialize_per_trie_key(k), v9_migration_step(c), v10_migration_step(), v11_migration_step(k),
        v12_migration_step(c), v13_migration_step(), v14_migration_step(), v15_migration_step(), migration_noop(), migrate(),
        on_runtime_upgrade_noop(), on_runtime_upgrade_in_progress(), on_runtime_upgrade(), instantiate_with_code(c, i, s), instantiate(i, s), call(),
        upload_code_determinism_relaxed(c), remove_code(), set_code(),
    }
}
