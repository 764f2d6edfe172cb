//! Keeps a contract's outputs: code, metadata, bundle, and the record that says what they were built from.
//!
//! Owns their names and formats, and that none is ever seen half written. Must not know how they are produced.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use contract_metadata::{
    CodeHash, Compiler, Contract as About, ContractMetadata, Language, Source, SourceCompiler,
    SourceLanguage, SourceWasm,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    fingerprint::hash, workspace::Package, BuildError, Built, Contract, Toolchain, COMPILER, OPTIMISER,
};

pub(crate) struct Paths {
    pub(crate) wasm: PathBuf,
    metadata: PathBuf,
    bundle: PathBuf,
    record: PathBuf,
}

impl Paths {
    pub(crate) fn new(out_dir: &Path, name: &str) -> Self {
        let file = |extension: &str| out_dir.join(format!("{name}.{extension}"));
        Self { wasm: file("wasm"), metadata: file("json"), bundle: file("contract"), record: file("built") }
    }

    /// A file next to `path` that no reader looks for.
    pub(crate) fn beside(&self, path: &Path, suffix: &str) -> PathBuf {
        let mut name = OsString::from(path);
        name.push(".");
        name.push(suffix);
        name.into()
    }

    fn outputs(&self) -> [&PathBuf; 3] {
        [&self.wasm, &self.metadata, &self.bundle]
    }
}

/// Written after the outputs, and removed before them: outputs without it are of unknown origin.
#[derive(Serialize, Deserialize)]
struct Record {
    fingerprint: String,
    /// The hashes of the code, the metadata and the bundle, in hexadecimal.
    outputs: [String; 3],
    unoptimised_size: usize,
}

/// What a bundle says about where its code comes from.
pub(crate) struct Origin<'a> {
    pub(crate) package: &'a Package,
    pub(crate) ink: &'a str,
    pub(crate) toolchain: &'a Toolchain,
}

/// The outputs as they are, if they are whole and were built from what `fingerprint` stands for.
pub(crate) fn unchanged(paths: &Paths, contract: &Contract, fingerprint: &str) -> Option<Built> {
    let record: Record = serde_json::from_slice(&fs::read(&paths.record).ok()?).ok()?;
    let hashes = paths.outputs().map(|path| fs::read(path).map(|bytes| hex::encode(hash(&bytes))).ok());
    if record.fingerprint != fingerprint || hashes != record.outputs.map(Some) {
        return None;
    }
    let code = fs::read(&paths.wasm).ok()?;
    let mut built = built(paths, contract, &code, record.unoptimised_size);
    built.fresh = true;
    Some(built)
}

/// Makes outputs, if there are any, count as changed.
pub(crate) fn forget(paths: &Paths) -> Result<(), BuildError> {
    match fs::remove_file(&paths.record) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(BuildError::io("remove", &paths.record)(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

pub(crate) fn write(
    paths: &Paths,
    contract: &Contract,
    origin: &Origin,
    fingerprint: &str,
    code: &[u8],
    unoptimised_size: usize,
    interface: Map<String, Value>,
) -> Result<Built, BuildError> {
    let name = &contract.name;
    let failed = |reason: String| BuildError::Metadata { name: name.clone(), reason };
    let json =
        |value: &ContractMetadata| serde_json::to_vec(value).map_err(|error| failed(error.to_string()));

    let mut whole = describe(name, origin, code, interface).map_err(failed)?;
    let bundle = json(&whole)?;
    whole.remove_source_wasm_attribute();
    let metadata = json(&whole)?;
    for (path, bytes) in paths.outputs().into_iter().zip([code, &metadata, &bundle]) {
        replace(paths, path, bytes)?;
    }
    let record = Record {
        fingerprint: fingerprint.into(),
        outputs: [code, &metadata, &bundle].map(|bytes| hex::encode(hash(bytes))),
        unoptimised_size,
    };
    let record = serde_json::to_vec(&record).map_err(|error| failed(error.to_string()))?;
    replace(paths, &paths.record, &record)?;
    Ok(built(paths, contract, code, unoptimised_size))
}

fn built(paths: &Paths, contract: &Contract, code: &[u8], unoptimised_size: usize) -> Built {
    Built {
        name: contract.name.clone(),
        wasm: paths.wasm.clone(),
        metadata: paths.metadata.clone(),
        bundle: paths.bundle.clone(),
        code_hash: hash(code),
        size: code.len(),
        unoptimised_size,
        size_limit: contract.size_limit,
        fresh: false,
    }
}

fn replace(paths: &Paths, path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    let beside = paths.beside(path, "new");
    fs::write(&beside, bytes).map_err(BuildError::io("write", &beside))?;
    fs::rename(&beside, path).map_err(BuildError::io("write", path))
}

fn describe(
    name: &str,
    origin: &Origin,
    code: &[u8],
    interface: Map<String, Value>,
) -> Result<ContractMetadata, String> {
    let version = |text: &str| text.parse().map_err(|error| format!("version {text}: {error}"));
    let tools = [
        ("compiler", &*origin.toolchain.compiler),
        ("linker", &origin.toolchain.linker_version),
        ("optimiser", OPTIMISER),
    ];
    let source = Source::new(
        Some(SourceWasm::new(code.to_vec())),
        CodeHash(hash(code)),
        SourceLanguage::new(Language::Ink, version(origin.ink)?),
        SourceCompiler::new(Compiler::RustC, version(COMPILER)?),
        Some(tools.map(|(name, text)| (name.to_string(), text.into())).into_iter().collect()),
    );
    let about = About {
        name: name.into(),
        version: version(&origin.package.version)?,
        authors: origin.package.authors.clone(),
        description: origin.package.description.clone(),
        documentation: None,
        repository: None,
        homepage: None,
        license: origin.package.license.clone(),
    };
    Ok(ContractMetadata::new(source, about, None, None, interface))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> (tempfile::TempDir, Paths, Contract) {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::new(dir.path(), "market");
        let contract = Contract::new("market", 100);
        let package = serde_json::from_value(serde_json::json!({
            "name": "market", "version": "0.1.0", "authors": [], "manifest_path": "/w/Cargo.toml", "dependencies": []
        }));
        let toolchain = Toolchain {
            compiler: "rustc 1.96.0".into(),
            linker_version: "LLD".into(),
            cargo: "cargo".into(),
            rustc: "rustc".into(),
            linker: "lld".into(),
        };
        let origin = Origin { package: &package.unwrap(), ink: "5.1.1", toolchain: &toolchain };
        let interface = Map::from_iter([("version".into(), 5.into())]);
        let built = write(&paths, &contract, &origin, "f1", b"code", 40, interface).unwrap();
        assert!(!built.fresh);
        (dir, paths, contract)
    }

    #[test]
    fn outputs_are_unchanged_only_under_the_fingerprint_they_were_built_from() {
        let (_dir, paths, contract) = written();
        let built = unchanged(&paths, &contract, "f1").unwrap();
        assert!(built.fresh);
        assert_eq!((built.size, built.unoptimised_size, built.code_hash), (4, 40, hash(b"code")));
        assert_eq!(unchanged(&paths, &contract, "f2"), None);
    }

    #[test]
    fn outputs_without_their_record_are_not_trusted() {
        let (_dir, paths, contract) = written();
        forget(&paths).unwrap();
        assert_eq!(unchanged(&paths, &contract, "f1"), None);
        forget(&paths).unwrap();
    }

    #[test]
    fn an_output_that_was_altered_or_removed_counts_as_changed() {
        for output in 0..3 {
            let (_dir, paths, contract) = written();
            fs::write(paths.outputs()[output], "altered").unwrap();
            assert_eq!(unchanged(&paths, &contract, "f1"), None);
            fs::remove_file(paths.outputs()[output]).unwrap();
            assert_eq!(unchanged(&paths, &contract, "f1"), None);
        }
    }

    #[test]
    fn the_bundle_carries_the_code_and_the_metadata_does_not() {
        let (_dir, paths, _) = written();
        let bundle = ContractMetadata::load(&paths.bundle).unwrap();
        assert_eq!(bundle.source.wasm, Some(SourceWasm::new(b"code".to_vec())));
        assert_eq!(bundle.source.hash, CodeHash(hash(b"code")));
        assert_eq!(bundle.abi.get("version"), Some(&5.into()));
        bundle.check_ink_compatibility().unwrap();
        let metadata = ContractMetadata::load(&paths.metadata).unwrap();
        assert_eq!(metadata.source.wasm, None);
        assert_eq!(metadata.source.hash, bundle.source.hash);
    }
}
