//! That `docs/database.md` says what the database has. `COUPONRY_GOLDEN=write` rewrites it.

use super::{SCHEMA, VIEWS};
use rusqlite::Connection;
use std::{collections::BTreeMap, env, fs, path::Path};

const HEAD: &str = "\
# The audit's database

`couponry audit --db audit.sqlite` writes a SQLite database of what it audited, and `--csv`, `--json-tables` and `--parquet` write each of its tables and views as a file.

Accounts are SS58 text, hashes and bytes `0x` hex, times milliseconds since the Unix epoch. An asset is `native` or the PSP22 token's account. Amounts and order numbers are in
columns without a type: integers, or text where they pass SQLite's 63 bits; in JSON and Parquet always text. A time that never comes is null. `block` and `idx` place an event: its
block, and its position there. A coupon is its `campaign` and its `serial`. Columns that make up a table's key are in bold.
";

/// What the comment before each table and view says.
fn comments(sql: &str) -> BTreeMap<&str, String> {
    let (mut comments, mut said) = (BTreeMap::new(), Vec::new());
    for line in sql.lines() {
        let created = ["CREATE TABLE ", "CREATE VIEW "].iter().find_map(|create| line.strip_prefix(create));
        if let Some(words) = line.strip_prefix("-- ") {
            said.push(words);
        } else if let Some(name) = created.and_then(|rest| rest.split([' ', '(']).next()) {
            comments.insert(name, said.join(" "));
            said.clear();
        }
    }
    comments
}

fn page() -> String {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(&[SCHEMA, VIEWS].concat()).unwrap();
    let mut page = HEAD.to_owned();
    for (kind, title, sql) in [("table", "Tables", SCHEMA), ("view", "Views", VIEWS)] {
        page += &format!("\n## {title}\n");
        let comments = comments(sql);
        let mut names =
            connection.prepare("SELECT name FROM sqlite_schema WHERE type = ?1 ORDER BY rowid").unwrap();
        let names: Vec<String> =
            names.query_map([kind], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        for name in names {
            let mut columns = connection.prepare("SELECT name, pk FROM pragma_table_info(?1)").unwrap();
            let columns = columns.query_map([&name], |row| {
                let (column, key): (String, u32) = (row.get(0)?, row.get(1)?);
                Ok(if key > 0 { format!("**`{column}`**") } else { format!("`{column}`") })
            });
            let columns: Vec<_> = columns.unwrap().map(Result::unwrap).collect();
            let comment = comments.get(name.as_str()).unwrap_or_else(|| panic!("nothing is said of {name}"));
            page += &format!("\n### {name}\n\n{comment}\n\n{}\n", columns.join(", "));
        }
    }
    page
}

#[test]
fn golden_database_page() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/database.md");
    if env::var("COUPONRY_GOLDEN").is_ok_and(|mode| mode == "write") {
        fs::write(&path, page()).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), page(), "`make golden` rewrites it");
}
