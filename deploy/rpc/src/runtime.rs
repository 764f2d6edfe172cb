//! What a chain's runtime says of itself: its metadata, from which calls, keys, events and errors are read. It asks no node.

use crate::dry_run::Dispatched;
use chain::{AccountId, Balance, EventKind, EventRecord, Hash};
use scale::{Decode, Encode};
use subxt_core::{
    config::SubstrateConfig,
    dynamic::{self, At, DecodedValue, Value},
    events::{Events, Phase},
    ext::scale_value::{Composite, Primitive, ValueDef},
    storage,
    tx::{ClientState, RuntimeVersion},
    utils::H256,
    Metadata,
};

/// Computation and proof.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Weight {
    #[codec(compact)]
    pub(crate) ref_time: u64,
    #[codec(compact)]
    pub(crate) proof_size: u64,
}

/// A runtime as one block ran it.
pub(crate) struct Runtime {
    pub(crate) metadata: Metadata,
    pub(crate) spec_version: u32,
    transaction_version: u32,
    genesis: Hash,
}

/// An event of the transaction that made it, or of the block's beginning or end.
pub(crate) struct Seen {
    pub(crate) transaction: Option<u32>,
    pub(crate) record: EventRecord,
}

/// How a transaction ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Success(Weight),
    Failure(Dispatched),
}

/// What is in an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holding {
    pub(crate) free: Balance,
    pub(crate) reserved: Balance,
    /// How many transactions the account has signed.
    pub(crate) nonce: u64,
}

/// What the pallet keeps of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ContractInfo {
    pub(crate) trie: Vec<u8>,
    pub(crate) code_hash: Hash,
}

impl Runtime {
    /// Reads the metadata. The answer is why it can't be read.
    pub(crate) fn read(
        metadata: &[u8],
        spec_version: u32,
        transaction_version: u32,
        genesis: Hash,
    ) -> Result<Self, String> {
        let metadata = subxt_core::metadata::decode_from(metadata).map_err(|why| why.to_string())?;
        Ok(Self { metadata, spec_version, transaction_version, genesis })
    }

    /// What signing needs to know.
    pub(crate) fn client_state(&self) -> ClientState<SubstrateConfig> {
        ClientState {
            genesis_hash: H256(self.genesis),
            runtime_version: RuntimeVersion {
                spec_version: self.spec_version,
                transaction_version: self.transaction_version,
            },
            metadata: self.metadata.clone(),
        }
    }

    /// Whether the runtime has this pallet.
    pub(crate) fn has_pallet(&self, pallet: &str) -> bool {
        self.metadata.pallet_by_name(pallet).is_some()
    }

    /// A constant of a pallet.
    pub(crate) fn constant<T: Decode>(&self, pallet: &str, name: &str) -> Option<T> {
        let bytes = self.metadata.pallet_by_name(pallet)?.constant_by_name(name)?.value().to_vec();
        T::decode(&mut bytes.as_slice()).ok()
    }

    /// The most that one transaction may use.
    pub(crate) fn transaction_limit(&self) -> Option<Weight> {
        let constant = self.metadata.pallet_by_name("System")?.constant_by_name("BlockWeights")?;
        let weights = subxt_core::ext::scale_value::scale::decode_as_type(
            &mut constant.value(),
            constant.ty(),
            self.metadata.types(),
        )
        .ok()?;
        let normal = weights.at("per_class")?.at("normal")?;
        // An `Option`: the weight is the only field of its `Some`.
        let limit = normal.at("max_extrinsic")?.at(0)?;
        Some(Weight { ref_time: whole(limit.at("ref_time")?)?, proof_size: whole(limit.at("proof_size")?)? })
    }

    /// Where a plain item is stored.
    pub(crate) fn item(&self, pallet: &str, name: &str) -> Option<Vec<u8>> {
        storage::get_address_bytes(&dynamic::storage(pallet, name, Vec::<Value>::new()), &self.metadata).ok()
    }

    /// Where the entry of a map with 32-byte keys is stored.
    pub(crate) fn entry(&self, pallet: &str, name: &str, key: &[u8; 32]) -> Option<Vec<u8>> {
        storage::get_address_bytes(
            &dynamic::storage(pallet, name, vec![Value::from_bytes(key)]),
            &self.metadata,
        )
        .ok()
    }

    /// An account's holding, from the bytes of `System.Account`.
    pub(crate) fn holding(&self, bytes: &[u8]) -> Option<Holding> {
        let account = self.stored("System", "Account", bytes)?;
        let data = account.at("data")?;
        Some(Holding {
            free: data.at("free")?.as_u128()?,
            reserved: data.at("reserved")?.as_u128()?,
            nonce: whole(account.at("nonce")?)?,
        })
    }

    /// A contract's info, from the bytes of `Contracts.ContractInfoOf`.
    pub(crate) fn contract_info(&self, bytes: &[u8]) -> Option<ContractInfo> {
        let info = self.stored("Contracts", "ContractInfoOf", bytes)?;
        Some(ContractInfo { trie: bytes_of(info.at("trie_id")?), code_hash: hash_of(info.at("code_hash")?)? })
    }

    /// The events of contracts in a block, from the bytes of `System.Events`. The answer is why they can't be read.
    pub(crate) fn contract_events(&self, bytes: Vec<u8>, block: u32, time: u64) -> Result<Vec<Seen>, String> {
        let mut seen = Vec::new();
        for event in Events::<SubstrateConfig>::decode_from(bytes, self.metadata.clone()).iter() {
            let event = event.map_err(|why| why.to_string())?;
            if event.pallet_name() != "Contracts" {
                continue;
            }
            let fields = event.field_values().map_err(|why| why.to_string())?;
            let unlike =
                || format!("Contracts.{} has other fields than this tool knows", event.variant_name());
            let hash = |name: &str| fields.at(name).and_then(hash_of).ok_or_else(unlike);
            let (kind, data) = match event.variant_name() {
                "ContractEmitted" => {
                    (EventKind::Emitted, fields.at("data").map(bytes_of).ok_or_else(unlike)?)
                }
                "ContractCodeUpdated" => {
                    let (from, to) = (hash("old_code_hash")?, hash("new_code_hash")?);
                    (EventKind::CodeUpdated { from, to }, Vec::new())
                }
                "DelegateCalled" => (EventKind::DelegateCalled { code_hash: hash("code_hash")? }, Vec::new()),
                "Terminated" => {
                    (EventKind::Terminated { beneficiary: AccountId::from(hash("beneficiary")?) }, Vec::new())
                }
                _ => continue,
            };
            let topics = match kind {
                EventKind::Emitted => event.topics().iter().map(|topic| topic.0).collect(),
                // The pallet gives its own events topics too, which repeat what the kind says.
                EventKind::CodeUpdated { .. }
                | EventKind::DelegateCalled { .. }
                | EventKind::Terminated { .. } => Vec::new(),
            };
            seen.push(Seen {
                transaction: transaction_of(event.phase()),
                record: EventRecord {
                    block,
                    index: event.index(),
                    time,
                    contract: AccountId::from(hash("contract")?),
                    kind,
                    topics,
                    data,
                },
            });
        }
        Ok(seen)
    }

    /// How a transaction of a block ended, from the bytes of `System.Events`.
    pub(crate) fn ending(&self, bytes: Vec<u8>, transaction: u32) -> Option<Ending> {
        Events::<SubstrateConfig>::decode_from(bytes, self.metadata.clone())
            .iter()
            .filter_map(Result::ok)
            .filter(|event| {
                transaction_of(event.phase()) == Some(transaction) && event.pallet_name() == "System"
            })
            .find_map(|event| match event.variant_name() {
                "ExtrinsicSuccess" => {
                    let fields = event.field_values().ok()?;
                    let weight = fields.at("dispatch_info")?.at("weight")?;
                    Some(Ending::Success(Weight {
                        ref_time: whole(weight.at("ref_time")?)?,
                        proof_size: whole(weight.at("proof_size")?)?,
                    }))
                }
                // The error is the first field.
                "ExtrinsicFailed" => Dispatched::decode(&mut event.field_bytes()).ok().map(Ending::Failure),
                _ => None,
            })
    }

    /// An error of a pallet's: the pallet, the error, and what its documentation says.
    pub(crate) fn module_error(&self, index: u8, error: u8) -> Option<(String, String, String)> {
        let pallet = self.metadata.pallet_by_index(index)?;
        let variant = pallet.error_variant_by_index(error)?;
        Some((pallet.name().to_owned(), variant.name.clone(), variant.docs.join(" ").trim().to_owned()))
    }

    fn stored(&self, pallet: &str, name: &str, bytes: &[u8]) -> Option<DecodedValue> {
        let ty =
            self.metadata.pallet_by_name(pallet)?.storage()?.entry_by_name(name)?.entry_type().value_ty();
        subxt_core::ext::scale_value::scale::decode_as_type(&mut &*bytes, ty, self.metadata.types()).ok()
    }
}

fn transaction_of(phase: Phase) -> Option<u32> {
    match phase {
        Phase::ApplyExtrinsic(index) => Some(index),
        Phase::Initialization | Phase::Finalization => None,
    }
}

fn whole(value: &DecodedValue) -> Option<u64> {
    value.as_u128().or_else(|| value.at(0)?.as_u128()).and_then(|number| u64::try_from(number).ok())
}

/// The bytes that a value is made of, however deep its wrappers.
fn bytes_of(value: &DecodedValue) -> Vec<u8> {
    fn collect(value: &DecodedValue, bytes: &mut Vec<u8>) {
        match &value.value {
            ValueDef::Primitive(Primitive::U128(byte)) => bytes.extend(u8::try_from(*byte)),
            ValueDef::Composite(Composite::Named(fields)) => {
                fields.iter().for_each(|(_, field)| collect(field, bytes));
            }
            ValueDef::Composite(Composite::Unnamed(fields)) => {
                fields.iter().for_each(|field| collect(field, bytes));
            }
            ValueDef::Primitive(_) | ValueDef::Variant(_) | ValueDef::BitSequence(_) => {}
        }
    }
    let mut bytes = Vec::new();
    collect(value, &mut bytes);
    bytes
}

fn hash_of(value: &DecodedValue) -> Option<Hash> {
    bytes_of(value).try_into().ok()
}
