//! `docs/events.md`: every event of the suite as an indexer meets it, written from the contracts' metadata. `make golden` rewrites it.

use crate::abi::{metadata, suite};
use serde_json::Value;
use std::{collections::BTreeMap, env, fmt::Write, fs, path::Path};

const INTRODUCTION: &str = "# Events

For whoever indexes the suite: SubQuery, SQD or a program of one's own. Written from the contracts' metadata by `make golden`; a test holds it to the code.

A contract's event is the runtime's `Contracts.ContractEmitted { contract, data }`. Take those whose `contract` is one of the addresses in
`deployments/NETWORK.json`, in final blocks from the first `block` that is there on. The first topic of the record says which event it is; the other topics are the
indexed fields, to look things up by: each one's encoding filled up with zeros, or its BLAKE2b-256 hash where that is longer than 32 bytes. `data` holds all fields, SCALE-encoded in the order given here, with nothing before them. Any decoder of ink! 5 metadata does this with
`CONTRACT.json` or the bundle `CONTRACT.contract`; `deploy/live/read.mjs` does it with polkadot-js.

An event is known by its block's hash and its index there. Amounts are in the smallest unit of their asset, times in milliseconds since the Unix epoch. No contract of the suite can be
changed, run another's code or end: `ContractCodeUpdated`, `DelegateCalled` and `Terminated` from one of the addresses are alarms.
";

#[test]
fn golden_event_reference() {
    let mut text = INTRODUCTION.to_owned();
    let mut all_shapes = BTreeMap::new();
    for contract in suite() {
        let metadata = metadata(contract);
        let mut shapes = BTreeMap::new();
        write!(text, "\n## {contract}\n").unwrap();
        let mut events: Vec<&Value> = list(&metadata["spec"]["events"]).iter().collect();
        events.sort_by_key(|event| word(&event["label"]));
        for event in events {
            let topic = event["signature_topic"].as_str().unwrap_or("none: its fields alone tell it");
            let docs = sentence(&event["docs"]);
            writeln!(text, "\n### {}\n\n{docs}\n\nTopic `{topic}`\n", word(&event["label"])).unwrap();
            writeln!(text, "| field | type | indexed | |\n| --- | --- | --- | --- |").unwrap();
            for field in list(&event["args"]) {
                let shape = Types(&metadata).name(&field["type"]["type"], &mut shapes);
                let indexed = if field["indexed"] == true { "yes" } else { "" };
                let docs = sentence(&field["docs"]);
                writeln!(text, "| `{}` | `{shape}` | {indexed} | {docs} |", word(&field["label"])).unwrap();
            }
        }
        for (name, shape) in shapes {
            let known = all_shapes.entry(name.clone()).or_insert_with(|| shape.clone());
            assert_eq!(*known, shape, "two types are called {name}");
        }
    }
    text.push_str("\n## Types\n\nIn the order in which they are encoded. Of a type with several forms one byte says which.\n");
    for (name, shape) in &all_shapes {
        writeln!(text, "\n**{name}**: {shape}").unwrap();
    }

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/events.md");
    if env::var("COUPONRY_GOLDEN").is_ok_and(|mode| mode == "write") {
        fs::write(&path, text).unwrap();
        return;
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let differs = kept.lines().zip(text.lines()).find(|(kept, found)| kept != found);
    assert!(kept == text, "docs/events.md differs; if that is meant, `make golden` rewrites it: {differs:?}");
}

/// The types of a contract's metadata.
struct Types<'a>(&'a Value);

impl Types<'_> {
    /// What a type is called. What is inside those with names of their own goes into `shapes`.
    fn name(&self, id: &Value, shapes: &mut BTreeMap<String, String>) -> String {
        let shape = &list(&self.0["types"]).iter().find(|known| known["id"] == *id).unwrap()["type"];
        let definition = &shape["def"];
        if let Some(name) = definition["primitive"].as_str() {
            return name.to_owned();
        }
        if let Some(array) = definition.get("array") {
            return format!("[{}; {}]", self.name(&array["type"], shapes), array["len"]);
        }
        if let Some(sequence) = definition.get("sequence") {
            return format!("Vec<{}>", self.name(&sequence["type"], shapes));
        }
        if let Some(compact) = definition.get("compact") {
            return format!("Compact<{}>", self.name(&compact["type"], shapes));
        }
        if definition.get("tuple").is_some() {
            let parts: Vec<_> =
                list(&definition["tuple"]).iter().map(|part| self.name(part, shapes)).collect();
            return format!("({})", parts.join(", "));
        }
        let name = word(list(&shape["path"]).last().unwrap_or(&Value::Null)).to_owned();
        if name == "Option" {
            let some = list(&definition["variant"]["variants"]).iter().find(|form| form["name"] == "Some");
            return format!("Option<{}>", self.name(&some.unwrap()["fields"][0]["type"], shapes));
        }
        if !shapes.contains_key(&name) {
            // Known from here on, so that a type inside itself ends.
            shapes.insert(name.clone(), String::new());
            let inside = match definition.get("variant") {
                Some(variant) => {
                    let forms = list(&variant["variants"]).iter().map(|form| {
                        let inside = self.fields(&form["fields"], shapes);
                        let index = form["index"].as_u64().unwrap_or_default();
                        let head = format!("{index} = `{}`", word(&form["name"]));
                        if inside.is_empty() {
                            head
                        } else {
                            format!("{head} {inside}")
                        }
                    });
                    forms.collect::<Vec<_>>().join("; ")
                }
                None => self.fields(&definition["composite"]["fields"], shapes),
            };
            shapes.insert(name.clone(), inside);
        }
        name
    }

    fn fields(&self, fields: &Value, shapes: &mut BTreeMap<String, String>) -> String {
        let each = list(fields).iter().map(|field| {
            let shape = self.name(&field["type"], shapes);
            match field["name"].as_str() {
                Some(name) => format!("`{name}: {shape}`"),
                None => format!("`{shape}`"),
            }
        });
        each.collect::<Vec<_>>().join(", ")
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Documentation in one line of a table.
fn sentence(docs: &Value) -> String {
    let lines: Vec<_> =
        list(docs).iter().map(|line| word(line).trim()).filter(|line| !line.is_empty()).collect();
    lines.join(" ").replace('|', "\\|")
}
