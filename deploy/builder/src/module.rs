//! Makes the linker's module small. Owns the optimiser and its settings; must not know which modules are refused.

use std::fs;

use wasm_encoder::{ExportKind, ExportSection, Module, RawSection};
use wasm_opt::OptimizationOptions;
use wasmparser::{ExternalKind, Parser, Payload};

use crate::{bundle::Paths, BuildError};

/// The optimiser that is linked in, with the release of Binaryen it carries.
pub const OPTIMISER: &str =
    "wasm-opt 0.116.1 (Binaryen 116), -Oz --zero-filled-memory --converge -ocimfs 200";

/// The largest function that is inlined where it has one caller. Today's pallet compiles a function when it is first entered, and pays for each byte: with
/// whatever has one caller inlined, every message would pay for the code of all the others. Smaller still costs size.
const INLINED: u32 = 200;

/// What a chain calls.
pub(crate) const ENTRY_POINTS: [&str; 2] = ["call", "deploy"];

/// The module in the form it is deployed: entry points only, optimised for size, no custom sections.
pub(crate) fn optimise(name: &str, compiled: &[u8], paths: &Paths) -> Result<Vec<u8>, BuildError> {
    let failed = |reason: String| BuildError::Optimiser { name: name.into(), reason };
    let bare = strip(compiled).map_err(|error| failed(error.to_string()))?;
    let (before, after) = (paths.beside(&paths.wasm, "in"), paths.beside(&paths.wasm, "out"));
    fs::write(&before, bare).map_err(BuildError::io("write", &before))?;
    OptimizationOptions::new_optimize_for_size_aggressively()
        .mvp_features_only()
        .zero_filled_memory(true)
        .set_converge()
        .one_caller_inline_max_size(INLINED)
        .run(&before, &after)
        .map_err(|error| failed(error.to_string()))?;
    let optimised = fs::read(&after).map_err(BuildError::io("read", &after))?;
    for file in [&before, &after] {
        fs::remove_file(file).map_err(BuildError::io("remove", file))?;
    }
    strip(&optimised).map_err(|error| failed(error.to_string()))
}

/// Drops every custom section, and every export but the entry points: the compiler exports `memcpy` and its like, which the
/// pallet refuses and which keep dead code alive.
fn strip(wasm: &[u8]) -> wasmparser::Result<Vec<u8>> {
    let mut stripped = Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let Payload::ExportSection(exports) = payload {
            let mut kept = ExportSection::new();
            for export in exports {
                let export = export?;
                if export.kind == ExternalKind::Func && ENTRY_POINTS.contains(&export.name) {
                    kept.export(export.name, ExportKind::Func, export.index);
                }
            }
            stripped.section(&kept);
        } else if !matches!(payload, Payload::CustomSection(_)) {
            if let Some((id, range)) = payload.as_section() {
                let data = wasm.get(range).unwrap_or_default();
                stripped.section(&RawSection { id, data });
            }
        }
    }
    Ok(stripped.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripping_leaves_the_entry_points_and_drops_names() {
        let module = wat::parse_str(
            r#"(module $named (import "env" "memory" (memory 2 16)) (global $g (mut i32) (i32.const 7))
                (func $f (export "call")) (func (export "deploy")) (func (export "memcpy")) (export "g" (global $g)))"#,
        );
        let bare = wat::parse_str(
            r#"(module (import "env" "memory" (memory 2 16)) (global (mut i32) (i32.const 7))
                (func (export "call")) (func (export "deploy")) (func))"#,
        );
        assert_eq!(strip(&module.unwrap()).unwrap(), bare.unwrap());
    }

    #[test]
    fn optimising_removes_what_no_entry_point_reaches() {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::new(dir.path(), "probe");
        let optimised = |dead: &str| {
            let module = format!(
                r#"(module (import "env" "memory" (memory 2 16)) (func (export "deploy"))
                    (func (export "call") i32.const 8 i32.const 1 i32.store) {dead})"#
            );
            optimise("probe", &wat::parse_str(module).unwrap(), &paths).unwrap()
        };
        let memcpy = r#"(func (export "memcpy") (param i32) (result i32) local.get 0 i32.const 3 i32.mul)"#;
        assert_eq!(optimised(memcpy), optimised(""));
        crate::check(&optimised(memcpy), 100).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "intermediate files stay behind");
    }
}
