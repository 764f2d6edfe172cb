//! What live chains charge for compiling a contract's functions, which the pallet here does not. It knows codes, not contracts' storage or chains.
//!
//! Pallet 38's engine compiles a function when a call first enters it and takes fuel for each of its bytes; pallet 31's compiles all, for nothing. So
//! here it is noted which codes a call enters, and the price is added after. That is no small thing: ink! puts all messages into one function, which
//! any call enters.
//!
//! Which of the other functions a call enters isn't seen as it runs. With ink!'s erc20 and erc721 and a registry of 63 kB, run in pallet 38's engine, they came to
//! between 1,100 and 2,500 bytes, for which [`BESIDES_ENTRY`] stands. The suite's contracts come to more, up to 38,000 where a call goes through several. So within
//! [`exactly`] each call is rehearsed with code that notes its functions, which takes as long again.

use crate::{
    counting::{self, Noting},
    runtime::{Runtime, MAX_CODE_LEN},
    weights::COMPILED_BYTE,
    Hash,
};
use drink::{
    pallet_contracts::debug::{CallInterceptor, ExecResult, ExportedFunction, Tracing},
    AccountId32,
};
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    mem,
    rc::Rc,
};
use wasmparser::{BinaryReaderError, Parser, Payload, TypeRef};

/// The bytes of functions entered besides the entry point.
pub const BESIDES_ENTRY: usize = 2_000;

/// Where a call entered a contract.
pub(crate) type Entered = (AccountId32, Entry);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Entry {
    Constructor,
    Message,
}

thread_local! {
    static ENTERED: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
    // A code never changes under its hash.
    static PRICES: RefCell<HashMap<(Hash, Entry), u64>> = RefCell::default();
    static NOTING: RefCell<HashMap<Hash, Option<Rc<Noting>>>> = RefCell::default();
    static EXACT: Cell<bool> = const { Cell::new(false) };
}

/// Prices each call of embedded chains in `run`, on this thread, by exactly the functions that it enters.
pub fn exactly<T>(run: impl FnOnce() -> T) -> T {
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            EXACT.set(self.0);
        }
    }
    let _before = Before(EXACT.replace(true));
    run()
}

pub(crate) fn is_exact() -> bool {
    EXACT.get()
}

/// The code that notes what is entered, as long as a chain would take it.
pub(crate) fn noting(code_hash: Hash, wasm: &[u8]) -> Option<Rc<Noting>> {
    NOTING.with_borrow_mut(|known| {
        let make = || {
            let noting = counting::noting(name(code_hash), wasm)?;
            u32::try_from(noting.wasm.len()).is_ok_and(|size| size <= MAX_CODE_LEN).then(|| Rc::new(noting))
        };
        known.entry(code_hash).or_insert_with(make).clone()
    })
}

/// What compiling all that these notes tell of costs, in picoseconds.
pub(crate) fn price_of_noted(debug: &[u8]) -> u64 {
    let bodies: HashMap<_, _> = NOTING.with_borrow(|known| {
        known.iter().filter_map(|(hash, noting)| Some((name(*hash), noting.clone()?))).collect()
    });
    let bytes = counting::read(debug)
        .filter_map(|(name, place)| bodies.get(&name)?.bodies.get(place).copied())
        .fold(0, u64::saturating_add);
    bytes.saturating_mul(COMPILED_BYTE)
}

/// What notes call a code.
fn name([a, b, c, d, ..]: Hash) -> [u8; 4] {
    [a, b, c, d]
}

/// The pallet's hook at entering a contract, which notes where.
pub enum Frames {}

impl Tracing<Runtime> for Frames {
    type CallSpan = ();

    fn new_call_span(contract: &AccountId32, entry: ExportedFunction, _: &[u8]) {
        let entry = match entry {
            ExportedFunction::Constructor => Entry::Constructor,
            ExportedFunction::Call => Entry::Message,
        };
        ENTERED.with_borrow_mut(|entered| entered.push((contract.clone(), entry)));
    }
}

impl CallInterceptor<Runtime> for Frames {
    fn intercept_call(_: &AccountId32, _: &ExportedFunction, _: &[u8]) -> Option<ExecResult> {
        None
    }
}

/// What has been entered since this was last asked, in order.
pub(crate) fn entered() -> Vec<Entered> {
    ENTERED.with_borrow_mut(mem::take)
}

/// What entering the code costs, in picoseconds. `wasm` is asked for the code when it is not known yet.
pub(crate) fn price(code_hash: Hash, entry: Entry, wasm: impl FnOnce() -> Vec<u8>) -> u64 {
    let known = PRICES.with_borrow(|prices| prices.get(&(code_hash, entry)).copied());
    known.unwrap_or_else(|| {
        let bytes = compiled_bytes(&wasm(), entry).unwrap_or_default();
        let price = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(COMPILED_BYTE);
        PRICES.with_borrow_mut(|prices| prices.insert((code_hash, entry), price));
        price
    })
}

fn compiled_bytes(wasm: &[u8], entry: Entry) -> Result<usize, BinaryReaderError> {
    let name = match entry {
        Entry::Constructor => "deploy",
        Entry::Message => "call",
    };
    let mut imported = 0usize;
    let mut exported = None;
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let Payload::ImportSection(imports) = payload {
            for import in imports {
                if matches!(import?.ty, TypeRef::Func(_)) {
                    imported = imported.saturating_add(1);
                }
            }
        } else if let Payload::ExportSection(exports) = payload {
            for export in exports {
                let export = export?;
                if export.name == name {
                    exported = usize::try_from(export.index).ok();
                }
            }
        } else if let Payload::CodeSectionEntry(body) = payload {
            bodies.push(body.range().len());
        }
    }
    let all: usize = bodies.iter().sum();
    let own =
        exported.and_then(|index| bodies.get(index.checked_sub(imported)?).copied()).unwrap_or_default();
    Ok(all.min(own.saturating_add(BESIDES_ENTRY)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_point_and_a_share_of_the_rest_are_compiled() {
        let function = |name: &str, nops: usize| format!("(func {name} {})", "nop ".repeat(nops));
        let wasm = |rest| {
            wat::parse_str(format!(
                r#"(module (import "seal0" "input" (func (param i32 i32))) {} {} {})"#,
                function(r#"(export "deploy")"#, 10),
                function(r#"(export "call")"#, 500),
                function("", rest)
            ))
            .unwrap()
        };
        // A body has two bytes besides its instructions.
        assert_eq!(compiled_bytes(&wasm(100), Entry::Message).unwrap(), 12 + 502 + 102);
        assert_eq!(compiled_bytes(&wasm(9_000), Entry::Message).unwrap(), 502 + BESIDES_ENTRY);
        assert_eq!(compiled_bytes(&wasm(9_000), Entry::Constructor).unwrap(), 12 + BESIDES_ENTRY);
    }
}
