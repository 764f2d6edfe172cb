//! What a module must not do to be deployed. Owns the host functions that may be imported; must not know how the module
//! was made.

use thiserror::Error;
use wasmparser::{ExternalKind, Parser, Payload, TypeRef, Validator, WasmFeatures};

use crate::module::ENTRY_POINTS;

/// The most memory a chain gives a contract, in pages of 64 KiB.
const MEMORY_PAGES: u64 = 16;

/// Wasm as it first was, less the floating point on which chains cannot agree.
const CONTRACT_FEATURES: WasmFeatures = WasmFeatures::GC_TYPES;

/// Why a module is not fit to be deployed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("it is not a Wasm module ({reason})")]
    Malformed { reason: String },
    #[error("it uses a feature later than Wasm's MVP, or floating point ({reason})")]
    BeyondMvp { reason: String },
    #[error("it exports `{name}`; a contract exports `call` and `deploy` and nothing else")]
    Export { name: String },
    #[error("it does not export `{name}`")]
    NoEntryPoint { name: &'static str },
    #[error("it imports `{function}`, by which code escapes the rules it was deployed with")]
    Escape { function: String },
    #[error("it imports `{function}` of `{module}`, which is no stable host function")]
    Import { module: String, function: String },
    #[error("it does not import its memory as `memory` of `env`")]
    OwnMemory,
    #[error("its memory has no maximum")]
    UnboundedMemory,
    #[error("its memory may grow to {pages} pages; a chain gives at most {MEMORY_PAGES}")]
    TooMuchMemory { pages: u64 },
    #[error("it weighs {size} bytes; its limit is {limit}")]
    TooLarge { size: usize, limit: usize },
}

/// Host functions of pallet-contracts 31 to 38 that are neither unstable nor deprecated, by interface version. Each has an
/// alias with the prefix `seal_`.
const ALIASED: [(&str, &[&str]); 3] = [
    (
        "seal0",
        &[
            "set_storage",
            "clear_storage",
            "get_storage",
            "contains_storage",
            "take_storage",
            "transfer",
            "call",
            "instantiate",
            "input",
            "caller",
            "is_contract",
            "code_hash",
            "own_code_hash",
            "caller_is_origin",
            "address",
            "weight_to_fee",
            "gas_left",
            "balance",
            "value_transferred",
            "now",
            "minimum_balance",
            "deposit_event",
            "block_number",
            "hash_sha2_256",
            "hash_keccak_256",
            "hash_blake2_256",
            "hash_blake2_128",
            "call_chain_extension",
            "debug_message",
            "ecdsa_recover",
            "ecdsa_to_eth_address",
        ],
    ),
    ("seal1", &["set_storage", "clear_storage", "get_storage", "contains_storage", "call", "instantiate"]),
    ("seal2", &["set_storage"]),
];

/// The stable host functions that go by one name only.
const SINGLE: [(&str, &[&str]); 2] = [
    (
        "seal0",
        &[
            "seal_return",
            "caller_is_root",
            "call_runtime",
            "sr25519_verify",
            "instantiation_nonce",
            "lock_delegate_dependency",
            "unlock_delegate_dependency",
        ],
    ),
    ("seal2", &["call", "instantiate"]),
];

/// Stable, but each lets a contract become another: run foreign code on its storage, vanish, or change its code.
const ESCAPES: [&str; 3] = ["delegate_call", "terminate", "set_code_hash"];

/// Tells whether `wasm` is fit to be deployed and weighs at most `size_limit` bytes.
///
/// # Errors
/// The first reason why not: its validity, then its imports and exports in their order, then its size.
pub fn check(wasm: &[u8], size_limit: usize) -> Result<(), Refusal> {
    let valid = |features| Validator::new_with_features(features).validate_all(wasm).map(drop);
    valid(WasmFeatures::all()).map_err(malformed)?;
    valid(CONTRACT_FEATURES).map_err(|error| Refusal::BeyondMvp { reason: error.to_string() })?;

    let mut has_memory = false;
    let mut entry_points = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(malformed)?;
        if let Payload::ImportSection(imports) = payload {
            for import in imports {
                let import = import.map_err(malformed)?;
                if let TypeRef::Memory(memory) = import.ty {
                    has_memory = (import.module, import.name) == ("env", "memory");
                    bounded(memory.maximum)?;
                } else {
                    stable(import.module, import.name)?;
                }
            }
        } else if let Payload::ExportSection(exports) = payload {
            for export in exports {
                let export = export.map_err(malformed)?;
                if export.kind != ExternalKind::Func || !ENTRY_POINTS.contains(&export.name) {
                    return Err(Refusal::Export { name: export.name.into() });
                }
                entry_points.push(export.name);
            }
        }
    }
    if !has_memory {
        return Err(Refusal::OwnMemory);
    }
    if let Some(name) = ENTRY_POINTS.into_iter().find(|name| !entry_points.contains(name)) {
        return Err(Refusal::NoEntryPoint { name });
    }
    if wasm.len() > size_limit {
        return Err(Refusal::TooLarge { size: wasm.len(), limit: size_limit });
    }
    Ok(())
}

fn malformed(error: wasmparser::BinaryReaderError) -> Refusal {
    Refusal::Malformed { reason: error.to_string() }
}

fn bounded(maximum: Option<u64>) -> Result<(), Refusal> {
    match maximum {
        None => Err(Refusal::UnboundedMemory),
        Some(pages) if pages > MEMORY_PAGES => Err(Refusal::TooMuchMemory { pages }),
        Some(_) => Ok(()),
    }
}

fn stable(module: &str, function: &str) -> Result<(), Refusal> {
    let bare = function.strip_prefix("seal_").unwrap_or(function);
    if ESCAPES.contains(&bare) {
        return Err(Refusal::Escape { function: function.into() });
    }
    let listed = |list: &[(&str, &[&str])], name| {
        list.iter().any(|(of, names)| *of == module && names.contains(&name))
    };
    if listed(&ALIASED, bare) || listed(&SINGLE, function) {
        Ok(())
    } else {
        Err(Refusal::Import { module: module.into(), function: function.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMORY: &str = r#"(import "env" "memory" (memory 2 16))"#;
    const ENTRIES: &str = r#"(func (export "call")) (func (export "deploy"))"#;

    fn checked(imports: &str, rest: &str) -> Result<(), Refusal> {
        check(&wat::parse_str(format!("(module {imports} {rest})")).unwrap(), CONTRACT_LIMIT)
    }

    fn importing(module: &str, function: &str) -> Result<(), Refusal> {
        checked(&format!(r#"{MEMORY} (import "{module}" "{function}" (func))"#), ENTRIES)
    }

    const CONTRACT_LIMIT: usize = 1000;

    #[test]
    fn a_module_with_entry_points_and_bounded_memory_passes() {
        assert_eq!(checked(MEMORY, ENTRIES), Ok(()));
    }

    #[test]
    fn bytes_that_are_no_module_are_refused() {
        assert!(matches!(check(b"\0asm", CONTRACT_LIMIT), Err(Refusal::Malformed { .. })));
        let mut cut = wat::parse_str(format!("(module {MEMORY} {ENTRIES})")).unwrap();
        cut.pop();
        assert!(matches!(check(&cut, CONTRACT_LIMIT), Err(Refusal::Malformed { .. })));
    }

    #[test]
    fn any_other_export_is_refused_by_name() {
        let memcpy = format!(r#"{ENTRIES} (func (export "memcpy"))"#);
        assert_eq!(checked(MEMORY, &memcpy), Err(Refusal::Export { name: "memcpy".into() }));
        let memory = format!(r#"{ENTRIES} (export "memory" (memory 0))"#);
        assert_eq!(checked(MEMORY, &memory), Err(Refusal::Export { name: "memory".into() }));
        let global = r#"(func (export "call")) (global (export "deploy") i32 (i32.const 0))"#;
        assert_eq!(checked(MEMORY, global), Err(Refusal::Export { name: "deploy".into() }));
    }

    #[test]
    fn a_missing_entry_point_is_refused_by_name() {
        let entry = r#"(func (export "call"))"#;
        assert_eq!(checked(MEMORY, entry), Err(Refusal::NoEntryPoint { name: "deploy" }));
    }

    #[test]
    fn stable_host_functions_pass_under_both_names() {
        for (module, function) in [
            ("seal0", "transfer"),
            ("seal0", "seal_transfer"),
            ("seal0", "seal_return"),
            ("seal0", "sr25519_verify"),
            ("seal1", "seal_call"),
            // How one contract creates another.
            ("seal1", "instantiate"),
            ("seal1", "seal_instantiate"),
            ("seal2", "set_storage"),
            ("seal2", "call"),
        ] {
            assert_eq!(importing(module, function), Ok(()), "{module} {function}");
        }
    }

    #[test]
    fn unstable_deprecated_and_unknown_host_functions_are_refused() {
        for (module, function) in [
            ("seal0", "reentrance_count"),
            ("seal0", "account_reentrance_count"),
            ("seal0", "xcm_send"),
            ("seal0", "xcm_execute"),
            ("seal1", "gas_left"),
            ("seal1", "weight_to_fee"),
            ("seal0", "seal_random"),
            ("seal2", "seal_call"),
            ("seal0", "seal_sr25519_verify"),
            ("seal0", "return"),
            ("env", "transfer"),
        ] {
            let refusal = Refusal::Import { module: module.into(), function: function.into() };
            assert_eq!(importing(module, function), Err(refusal));
        }
    }

    #[test]
    fn host_functions_that_change_what_a_contract_is_are_refused_though_stable() {
        for (module, function) in [
            ("seal0", "delegate_call"),
            ("seal0", "seal_delegate_call"),
            ("seal1", "terminate"),
            ("seal1", "seal_terminate"),
            ("seal0", "set_code_hash"),
            ("seal0", "seal_set_code_hash"),
        ] {
            let refusal = Refusal::Escape { function: function.into() };
            assert_eq!(importing(module, function), Err(refusal));
        }
    }

    #[test]
    fn imports_that_are_no_functions_are_refused() {
        let refusal = Refusal::Import { module: "env".into(), function: "table".into() };
        assert_eq!(
            checked(&format!(r#"{MEMORY} (import "env" "table" (table 1 funcref))"#), ENTRIES),
            Err(refusal)
        );
    }

    #[test]
    fn memory_must_be_imported_and_bounded() {
        assert_eq!(checked("", ENTRIES), Err(Refusal::OwnMemory));
        assert_eq!(checked("(memory 2 16)", ENTRIES), Err(Refusal::OwnMemory));
        assert_eq!(checked(r#"(import "env" "heap" (memory 2 16))"#, ENTRIES), Err(Refusal::OwnMemory));
        assert_eq!(checked(r#"(import "env" "memory" (memory 2))"#, ENTRIES), Err(Refusal::UnboundedMemory));
        let refusal = Refusal::TooMuchMemory { pages: 17 };
        assert_eq!(checked(r#"(import "env" "memory" (memory 2 17))"#, ENTRIES), Err(refusal));
    }

    #[test]
    fn features_beyond_the_mvp_are_refused() {
        for body in [
            "i32.const 1 i32.extend8_s drop",
            "f64.const 1 drop",
            "i32.const 0 i32.const 0 i32.const 0 memory.fill",
            "f32.const 1 i32.trunc_sat_f32_s drop",
        ] {
            let refused =
                checked(MEMORY, &format!(r#"(func (export "call") {body}) (func (export "deploy"))"#));
            assert!(matches!(refused, Err(Refusal::BeyondMvp { .. })), "{body}: {refused:?}");
        }
    }

    #[test]
    fn code_over_its_limit_is_refused_to_the_byte() {
        let wasm = wat::parse_str(format!("(module {MEMORY} {ENTRIES})")).unwrap();
        let size = wasm.len();
        assert_eq!(check(&wasm, size), Ok(()));
        let limit = size - 1;
        assert_eq!(check(&wasm, limit), Err(Refusal::TooLarge { size, limit }));
    }
}
