//! That `docs/events.md` says what events the contracts' metadata has. `COUPONRY_GOLDEN=write` rewrites it.

use crate::{
    abi::{metadata, text, SUITE},
    golden,
};
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Write};

const HEAD: &str = "\
# Events

Every change of state is told by an event; together they hold all that is needed to rebuild the contracts' storage, which is what `couponry audit` does. They are pallet-contracts'
`ContractEmitted { contract, data }`.

- **Which event**: its first topic, the signature topic below, names it. Two contracts may have events of one name; the topics differ where the fields do.
  An alliance's `OrdersBooked` is the only event without: what it emits without a topic is that.
- **Topics**: besides, one for each field marked so, in order: its SCALE bytes, filled up with zeros to 32, or their blake2b-256 where they are longer. Of an `Option` it is what is in
  it, and all zeros for `None`.
- **Data**: the SCALE bytes of all fields in order, those in topics too.

`AccountId` and `Hash` are 32 bytes; `Balance` is a `u128` in the asset's smallest unit; `Timestamp` a `u64` of milliseconds since the Unix epoch; shares in `bps` are ten-thousandths. The
metadata itself, in `target/ink/*.json` and in the bundles `*.contract`, is what a decoder should be made from.
";

/// A contract's types, and what of them its events use.
struct Types<'a> {
    all: BTreeMap<u64, &'a Value>,
    /// Types with fields or variants of their own, by name, with what is said of each.
    told: &'a mut BTreeMap<String, String>,
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn docs(of: &Value) -> String {
    list(&of["docs"]).iter().map(|line| text(line).trim()).collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

impl Types<'_> {
    /// A type in Rust's words; what it is made of goes to `told`.
    fn name(&mut self, id: &Value) -> String {
        let of = self.all[&id.as_u64().unwrap()];
        let (path, def) = (list(&of["path"]), &of["def"]);
        let name = path.last().map_or("", text);
        let inner = |types: &mut Self, place: usize| types.name(&of["params"][place]["type"]);
        match name {
            "Option" => return format!("Option<{}>", inner(self, 0)),
            "Result" => return format!("Result<{}, {}>", inner(self, 0), inner(self, 1)),
            "AccountId" => return name.to_owned(),
            _ => {}
        }
        if let Some(primitive) = def["primitive"].as_str() {
            return primitive.to_owned();
        }
        if let Some(array) = def["array"].as_object() {
            let of = self.name(&array["type"]);
            return if of == "u8" && array["len"] == 32 {
                "Hash".into()
            } else {
                format!("[{of}; {}]", array["len"])
            };
        }
        if let Some(sequence) = def["sequence"].as_object() {
            return format!("Vec<{}>", self.name(&sequence["type"]));
        }
        if let Some(compact) = def["compact"].as_object() {
            return format!("Compact<{}>", self.name(&compact["type"]));
        }
        if let Some(tuple) = def["tuple"].as_array() {
            return format!("({})", tuple.iter().map(|part| self.name(part)).collect::<Vec<_>>().join(", "));
        }
        if !self.told.contains_key(name) {
            self.told.insert(name.to_owned(), String::new());
            let told = format!("{}\n\n{}", docs(of), self.made_of(def));
            self.told.insert(name.to_owned(), told);
        }
        format!("[{name}](#{})", name.to_lowercase())
    }

    fn made_of(&mut self, def: &Value) -> String {
        let mut out = String::new();
        for field in list(&def["composite"]["fields"]) {
            let of = self.name(&field["type"]);
            writeln!(out, "- `{}`: {of}. {}", field["name"].as_str().unwrap_or("0"), docs(field)).unwrap();
        }
        for variant in list(&def["variant"]["variants"]) {
            let fields: Vec<_> = list(&variant["fields"])
                .iter()
                .map(|field| {
                    let of = self.name(&field["type"]);
                    field["name"].as_str().map_or(of.clone(), |name| format!("`{name}`: {of}"))
                })
                .collect();
            let fields =
                if fields.is_empty() { String::new() } else { format!(" {{ {} }}", fields.join(", ")) };
            writeln!(out, "- {} = `{}`{fields}. {}", variant["index"], text(&variant["name"]), docs(variant))
                .unwrap();
        }
        out
    }
}

fn page() -> String {
    let (mut page, mut told) = (HEAD.to_owned(), BTreeMap::new());
    for (contract, _) in SUITE {
        let metadata = metadata(contract);
        let all =
            list(&metadata["types"]).iter().map(|of| (of["id"].as_u64().unwrap(), &of["type"])).collect();
        let mut types = Types { all, told: &mut told };
        writeln!(page, "\n## The {contract}'s").unwrap();
        let mut events: Vec<_> = list(&metadata["spec"]["events"]).iter().collect();
        events.sort_by_key(|event| text(&event["label"]));
        for event in events {
            let topic = event["signature_topic"].as_str().map(|topic| format!("Signature topic `{topic}`."));
            let topic = topic.unwrap_or("No topic.".to_owned());
            writeln!(page, "\n### {}\n\n{}\n\n{topic}\n", text(&event["label"]), docs(event)).unwrap();
            for field in list(&event["args"]) {
                let of = types.name(&field["type"]["type"]);
                let indexed = if field["indexed"] == true { ", a topic" } else { "" };
                writeln!(page, "- `{}`: {of}{indexed}. {}", text(&field["label"]), docs(field)).unwrap();
            }
        }
    }
    page += "\n## Types\n";
    for (name, of) in &told {
        writeln!(page, "\n### {name}\n\n{}", of.trim()).unwrap();
    }
    page.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn golden_events_page() {
    golden::compare_text("docs/events.md", &page());
}
