//! Reads manifests and sources for what a compiled module no longer shows: overflow checks, and messages that conditional
//! compilation puts into the code but keeps out of the metadata. Must not know how anything is compiled.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use syn::{
    punctuated::Punctuated, Attribute, Expr, ExprLit, Ident, ImplItem, Item, Lit, Meta, Token, TraitItem,
};
use thiserror::Error;

use crate::{fingerprint::files_under, BuildError};

/// A message or constructor whose presence in the code may differ from its presence in the metadata.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{}: `{message}` stands under `{condition}`, which may hold in the code and not in the metadata, or the reverse; \
     make the message unconditional", .file.display()
)]
pub struct HiddenMessage {
    pub file: PathBuf,
    pub message: String,
    pub condition: String,
}

/// # Errors
/// `OverflowChecksOff` unless `[profile.contract]` turns them on and none of its package overrides turns them off.
pub(crate) fn overflow_checks_are_on(manifest: &Path) -> Result<(), BuildError> {
    let text = fs::read_to_string(manifest).map_err(BuildError::io("read", manifest))?;
    let table: toml::Table = toml::from_str(&text).map_err(|error| BuildError::manifest(manifest, error))?;
    let profile = table.get("profile").and_then(|profiles| profiles.get("contract"));
    let checks = |settings: &toml::Value| settings.get("overflow-checks").and_then(toml::Value::as_bool);
    let refuse = |found: String| Err(BuildError::OverflowChecksOff { manifest: manifest.into(), found });
    match profile.and_then(checks) {
        Some(true) => {}
        Some(false) => return refuse("they are off".into()),
        None => return refuse("it says nothing".into()),
    }
    let packages = profile.and_then(|profile| profile.get("package")).and_then(toml::Value::as_table);
    match packages.and_then(|packages| packages.iter().find(|(_, settings)| checks(settings) == Some(false)))
    {
        Some((package, _)) => refuse(format!("they are off for `{package}`")),
        None => Ok(()),
    }
}

/// Features that both builds have, or neither, by name, and whether they have them.
type Shared = BTreeMap<String, bool>;

/// # Errors
/// `HiddenMessage` for the first message or constructor in the `src` of one of `dirs` that stands under a condition
/// which is not known to be the same in the code's build and in the metadata's. Both are built with `options`.
pub(crate) fn no_message_is_hidden(dirs: &BTreeSet<PathBuf>, options: &[String]) -> Result<(), BuildError> {
    let shared = shared_features(dirs, options)?;
    for dir in dirs {
        for path in files_under(&dir.join("src"))? {
            if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).map_err(BuildError::io("read", &path))?;
                let file = syn::parse_file(&text).map_err(|error| BuildError::manifest(&path, error))?;
                let outer = uneven(&file.attrs, &shared);
                if let Some((message, condition)) = hidden_in(&file.items, &outer, &shared) {
                    let file = path;
                    return Err(HiddenMessage { file, message, condition }.into());
                }
            }
        }
    }
    Ok(())
}

/// The features of the packages in `dirs` that are on only where they are asked for by name: what `default`, which the code's build leaves out, turns on is not
/// among them, nor is what a dependency asks for.
fn shared_features(dirs: &BTreeSet<PathBuf>, options: &[String]) -> Result<Shared, BuildError> {
    let (mut named, mut implied) = (BTreeSet::new(), BTreeSet::new());
    for dir in dirs {
        let path = dir.join("Cargo.toml");
        let text = fs::read_to_string(&path).map_err(BuildError::io("read", &path))?;
        let mut table: toml::Table =
            toml::from_str(&text).map_err(|error| BuildError::manifest(&path, error))?;
        let features = table.remove("features").and_then(|features| features.as_table().cloned());
        for (feature, turns_on) in features.unwrap_or_default() {
            let mut others = BTreeSet::new();
            features_named(&turns_on, &mut others);
            others.remove(&feature);
            implied.append(&mut others);
            named.insert(feature);
        }
        table.values().for_each(|value| features_named(value, &mut implied));
    }
    let asked = |feature: &String| options.contains(feature);
    Ok(named.difference(&implied).map(|feature| (feature.clone(), asked(feature))).collect())
}

/// Every text in `value`, as the feature that it would turn on.
fn features_named(value: &toml::Value, into: &mut BTreeSet<String>) {
    if let Some(text) = value.as_str() {
        into.insert(text.rsplit('/').next().unwrap_or(text).into());
    } else if let Some(values) = value.as_array() {
        values.iter().for_each(|value| features_named(value, into));
    } else if let Some(values) = value.as_table() {
        values.values().for_each(|value| features_named(value, into));
    }
}

/// The first hidden message among `items`, with its condition. `outer` is a condition that already stands over them all.
fn hidden_in(items: &[Item], outer: &Option<String>, shared: &Shared) -> Option<(String, String)> {
    items.iter().find_map(|item| {
        if let Item::Mod(module) = item {
            let (_, items) = module.content.as_ref()?;
            return hidden_in(items, &outer.clone().or_else(|| uneven(&module.attrs, shared)), shared);
        }
        let (attrs, functions) = functions_of(item)?;
        let outer = outer.clone().or_else(|| uneven(attrs, shared));
        functions.into_iter().filter(|(attrs, _)| is_message(attrs)).find_map(|(attrs, name)| {
            let condition = outer.clone().or_else(|| uneven(attrs, shared))?;
            Some((name.to_string(), condition))
        })
    })
}

type Attributed<'a, T> = (&'a [Attribute], T);

/// The functions of an `impl` or a trait, which are all that can be messages.
fn functions_of(item: &Item) -> Option<Attributed<'_, Vec<Attributed<'_, &Ident>>>> {
    if let Item::Impl(block) = item {
        let functions = block.items.iter().filter_map(|item| {
            let ImplItem::Fn(function) = item else { return None };
            Some((&*function.attrs, &function.sig.ident))
        });
        Some((&block.attrs, functions.collect()))
    } else if let Item::Trait(definition) = item {
        let functions = definition.items.iter().filter_map(|item| {
            let TraitItem::Fn(function) = item else { return None };
            Some((&*function.attrs, &function.sig.ident))
        });
        Some((&definition.attrs, functions.collect()))
    } else {
        None
    }
}

/// Whether an `#[ink(..)]`, or a `#[cfg_attr(.., ink(..))]`, makes a message or a constructor.
fn is_message(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| match &attr.meta {
        Meta::List(list) if attr.path().is_ident("ink") || attr.path().is_ident("cfg_attr") => {
            let text = list.tokens.to_string();
            text.contains("message") || text.contains("constructor")
        }
        Meta::List(_) | Meta::Path(_) | Meta::NameValue(_) => false,
    })
}

/// The first condition among `attrs` that is not known to be the same in both builds, of those that decide whether what
/// follows exists or is a message.
fn uneven(attrs: &[Attribute], shared: &Shared) -> Option<String> {
    const DECISIVE: [&str; 3] = ["cfg", "cfg_attr", "ink"];
    attrs.iter().find_map(|attr| {
        let is_attr = attr.path().is_ident("cfg_attr");
        if !is_attr && !attr.path().is_ident("cfg") {
            return None;
        }
        let Meta::List(list) = &attr.meta else { return None };
        let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok();
        let harmless = parts.as_ref().is_some_and(|parts| {
            let mut added = parts.iter().skip(1);
            let in_build = |std| holds(parts.first()?, std, shared);
            (is_attr && !added.any(|meta| DECISIVE.iter().any(|name| meta.path().is_ident(name))))
                || (in_build(false).is_some() && in_build(false) == in_build(true))
        });
        (!harmless).then(|| list.tokens.to_string())
    })
}

/// Whether `condition` holds in the build of the code (`std` off) or of the metadata (`std` on). Neither is a test, and
/// neither has `ink-as-dependency`. `None` if it depends on anything else.
fn holds(condition: &Meta, std: bool, shared: &Shared) -> Option<bool> {
    match condition {
        Meta::Path(path) => path.is_ident("test").then_some(false),
        Meta::NameValue(pair) if pair.path.is_ident("feature") => {
            let Expr::Lit(ExprLit { lit: Lit::Str(name), .. }) = &pair.value else { return None };
            match &*name.value() {
                "std" => Some(std),
                "ink-as-dependency" => Some(false),
                other => shared.get(other).copied(),
            }
        }
        Meta::NameValue(_) => None,
        Meta::List(list) => {
            let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
            let mut parts = parts.iter().map(|part| holds(part, std, shared));
            if list.path.is_ident("not") {
                parts.next()?.map(|held| !held)
            } else if list.path.is_ident("all") {
                parts.try_fold(true, |all, part| Some(all && part?))
            } else if list.path.is_ident("any") {
                parts.try_fold(false, |any, part| Some(any || part?))
            } else {
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where both builds have `optional`, and neither has `left_out`.
    fn hidden(source: &str) -> Option<(String, String)> {
        let shared = [("optional".into(), true), ("left_out".into(), false)].into();
        let file = syn::parse_str::<syn::File>(source).unwrap();
        hidden_in(&file.items, &uneven(&file.attrs, &shared), &shared)
    }

    fn message_under(attribute: &str) -> Option<(String, String)> {
        hidden(&format!(
            "mod market {{ impl Market {{ {attribute} #[ink(message, payable)] pub fn buy(&self) {{}} }} }}"
        ))
    }

    #[test]
    fn a_message_may_not_depend_on_what_differs_between_the_two_builds() {
        for condition in [
            r#"feature = "std""#,
            r#"not (feature = "std")"#,
            r#"any (test , not (feature = "std"))"#,
            r#"feature = "backdoor""#,
            r#"all (feature = "optional" , feature = "std")"#,
            r#"not (any (feature = "std" , feature = "left_out"))"#,
            r#"target_arch = "wasm32""#,
            "debug_assertions",
        ] {
            let found = message_under(&format!("#[cfg({condition})]"));
            assert_eq!(found, Some(("buy".into(), condition.into())));
        }
    }

    #[test]
    fn a_message_may_depend_on_what_is_the_same_in_both_builds() {
        for attribute in [
            "",
            "#[cfg(test)]",
            r#"#[cfg(not(feature = "ink-as-dependency"))]"#,
            r#"#[cfg(feature = "optional")]"#,
            r#"#[cfg(all(feature = "left_out", feature = "std"))]"#,
            r#"#[cfg_attr(not(feature = "std"), allow(dead_code))]"#,
        ] {
            assert_eq!(message_under(attribute), None, "{attribute}");
        }
    }

    #[test]
    fn a_condition_counts_wherever_it_stands_over_a_message() {
        let outer = r#"not (feature = "std")"#;
        for source in [
            r#"#[cfg(not(feature = "std"))] mod a { impl A { #[ink(constructor)] fn new() {} } }"#,
            r#"mod a { #[cfg(not(feature = "std"))] impl A { #[ink(constructor)] fn new() {} } }"#,
            r#"#![cfg(not(feature = "std"))] impl A { #[ink(constructor)] fn new() {} }"#,
            r#"#[cfg(not(feature = "std"))] pub trait A { #[ink(message)] fn new(&self); }"#,
        ] {
            assert_eq!(hidden(source), Some(("new".into(), outer.into())), "{source}");
        }
        let conditional_message =
            r#"impl A { #[cfg_attr(not(feature = "std"), ink(message))] fn drain(&self) {} }"#;
        assert_eq!(hidden(conditional_message).map(|(name, _)| name), Some("drain".into()));
    }

    #[test]
    fn what_is_no_message_may_stand_under_any_condition() {
        assert_eq!(hidden(r#"impl A { #[cfg(feature = "std")] fn helper() {} }"#), None);
        assert_eq!(hidden(r#"#[cfg(feature = "std")] fn free() {}"#), None);
        let crate_root = r#"#![cfg_attr(not(feature = "std"), no_std, no_main)] impl A { #[ink(message)] fn a(&self) {} }"#;
        assert_eq!(hidden(crate_root), None);
    }

    #[test]
    fn only_a_feature_that_nothing_implies_is_the_same_in_both_builds() {
        let dir = tempfile::tempdir().unwrap();
        let features = |manifest: &str| {
            fs::write(dir.path().join("Cargo.toml"), manifest).unwrap();
            shared_features(&[dir.path().into()].into(), &["a".into()]).unwrap()
        };
        let both: Shared = [("a".into(), true), ("b".into(), false)].into();
        let plain = "[features]\na = ['shared/a']\nb = []\n";
        assert_eq!(features(plain), both);
        for implied in [
            "default = ['a', 'b']",
            "default = ['c']\nc = ['a', 'shared/b']",
            "[dependencies]\nshared = { path = '.', features = ['a', 'b'] }",
        ] {
            let shared = features(&format!("{plain}{implied}"));
            assert!(!shared.contains_key("a") && !shared.contains_key("b"), "{implied}: {shared:?}");
        }
    }

    fn checks(manifest: &str) -> Result<(), String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("Cargo.toml");
        fs::write(&path, manifest).unwrap();
        let Err(error) = overflow_checks_are_on(&path) else { return Ok(()) };
        let BuildError::OverflowChecksOff { found, .. } = error else { panic!("{error}") };
        Err(found)
    }

    #[test]
    fn overflow_checks_must_be_on_for_every_package() {
        let on = "[profile.contract]\noverflow-checks = true\n";
        assert_eq!(checks(on), Ok(()));
        assert_eq!(checks("[profile.contract]\noverflow-checks = false"), Err("they are off".into()));
        assert_eq!(checks("[profile.contract]\nopt-level = 'z'"), Err("it says nothing".into()));
        assert_eq!(checks("[workspace]"), Err("it says nothing".into()));
        let exempted = format!("{on}[profile.contract.package.market]\noverflow-checks = false");
        assert_eq!(checks(&exempted), Err("they are off for `market`".into()));
    }
}
