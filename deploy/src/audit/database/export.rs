//! Each table and view of the database as a file of its own: CSV, JSON or Parquet. Knows nothing of what they hold.
//!
//! A column without a type, that of an amount or an order's number, is text in JSON and Parquet, in decimal digits, for it may pass 63 bits. Null is an empty
//! field in CSV.

use super::{hex_text, replace, AuditError};
use parquet::{
    basic::{LogicalType, Repetition, Type as Physical},
    data_type::{ByteArray, ByteArrayType, Int64Type},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::types::Type,
};
use rusqlite::{types::Value, Connection};
use serde_json::{json, Map};
use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    sync::Arc,
};
use tempfile::NamedTempFile;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// A line of names, and a line for each row.
    Csv,
    /// An object for each row, a line each.
    Json,
    /// One row group, uncompressed.
    Parquet,
}

impl Format {
    fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "jsonl",
            Self::Parquet => "parquet",
        }
    }
}

/// A column of a table.
struct Column {
    name: String,
    is_integer: bool,
}

/// Writes each table and view as `<folder>/<name>.<ending>`, each file in one step.
/// # Errors
/// `Database`, `File`, `Csv`, `Parquet`.
pub(super) fn export(connection: &Connection, folder: &Path, format: Format) -> Result<(), AuditError> {
    let mut names = connection.prepare(
        "SELECT name, type = 'table' FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name",
    )?;
    let names: Vec<(String, bool)> =
        names.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    for (name, is_table) in names {
        let columns = columns(connection, &name)?;
        let order = if is_table { " ORDER BY rowid" } else { "" };
        let sql = format!("SELECT * FROM {name}{order}");
        replace(&folder.join(&name).with_extension(format.ending()), |file| match format {
            Format::Csv => write_csv(connection, &sql, &columns, file),
            Format::Json => write_json(connection, &sql, &columns, file),
            Format::Parquet => write_parquet(connection, &sql, &columns, file.as_file()),
        })?;
    }
    Ok(())
}

fn columns(connection: &Connection, table: &str) -> Result<Vec<Column>, rusqlite::Error> {
    connection
        .prepare("SELECT name, type = 'INTEGER' FROM pragma_table_info(?1)")?
        .query_map([table], |row| Ok(Column { name: row.get(0)?, is_integer: row.get(1)? }))?
        .collect()
}

/// Hands every row's values to `take`, column by column.
fn each_row(
    connection: &Connection,
    sql: &str,
    columns: &[Column],
    mut take: impl FnMut(Vec<Value>) -> Result<(), AuditError>,
) -> Result<(), AuditError> {
    let mut table = connection.prepare(sql)?;
    let mut rows = table.query([])?;
    while let Some(row) = rows.next()? {
        take((0..columns.len()).map(|column| row.get(column)).collect::<Result<_, _>>()?)?;
    }
    Ok(())
}

/// A value as text; `None` where there is none.
fn words(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Integer(integer) => Some(integer.to_string()),
        Value::Real(real) => Some(real.to_string()),
        Value::Text(text) => Some(text),
        Value::Blob(bytes) => Some(hex_text(bytes)),
    }
}

fn write_csv(
    connection: &Connection,
    sql: &str,
    columns: &[Column],
    file: &NamedTempFile,
) -> Result<(), AuditError> {
    let mut out = csv::Writer::from_writer(file.as_file());
    out.write_record(columns.iter().map(|column| &column.name))?;
    each_row(connection, sql, columns, |row| {
        out.write_record(row.into_iter().map(|value| words(value).unwrap_or_default()))
            .map_err(AuditError::from)
    })?;
    out.flush().map_err(|fault| AuditError::file(file.path(), fault))
}

fn write_json(
    connection: &Connection,
    sql: &str,
    columns: &[Column],
    file: &NamedTempFile,
) -> Result<(), AuditError> {
    let mut out = BufWriter::new(file.as_file());
    let failed = |fault| AuditError::file(file.path(), fault);
    each_row(connection, sql, columns, |row| {
        let fields = columns.iter().zip(row).map(|(column, value)| {
            let value = match value {
                Value::Integer(integer) if column.is_integer => json!(integer),
                Value::Null | Value::Integer(_) | Value::Real(_) | Value::Text(_) | Value::Blob(_) => {
                    json!(words(value))
                }
            };
            (column.name.clone(), value)
        });
        writeln!(out, "{}", serde_json::Value::Object(fields.collect::<Map<_, _>>())).map_err(failed)
    })?;
    out.flush().map_err(failed)
}

fn write_parquet(
    connection: &Connection,
    sql: &str,
    columns: &[Column],
    file: &File,
) -> Result<(), AuditError> {
    let fields = columns.iter().map(|Column { name, is_integer }| {
        let (physical, logical) = if *is_integer {
            (Physical::INT64, None)
        } else {
            (Physical::BYTE_ARRAY, Some(LogicalType::String))
        };
        let field = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
        field.with_logical_type(logical).build().map(Arc::new)
    });
    let fields = fields.collect::<Result<_, _>>()?;
    let schema = Type::group_type_builder("table").with_fields(fields).build()?;
    let mut kept: Vec<Vec<Value>> = columns.iter().map(|_| Vec::new()).collect();
    each_row(connection, sql, columns, |row| {
        kept.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        Ok(())
    })?;
    let mut out = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(WriterProperties::default()))?;
    let mut group = out.next_row_group()?;
    for (column, values) in columns.iter().zip(kept) {
        write_column(&mut group, column, values)?;
    }
    group.close()?;
    out.close()?;
    Ok(())
}

fn write_column(
    group: &mut SerializedRowGroupWriter<&File>,
    column: &Column,
    values: Vec<Value>,
) -> Result<(), ParquetError> {
    let Some(mut out) = group.next_column()? else { return Ok(()) };
    let present: Vec<i16> = values.iter().map(|value| i16::from(*value != Value::Null)).collect();
    if column.is_integer {
        let integers = values.into_iter().filter_map(|value| match value {
            Value::Integer(integer) => Some(integer),
            Value::Null | Value::Real(_) | Value::Text(_) | Value::Blob(_) => None,
        });
        out.typed::<Int64Type>().write_batch(&integers.collect::<Vec<_>>(), Some(&present), None)?;
    } else {
        let texts = values.into_iter().filter_map(words).map(|text| ByteArray::from(text.into_bytes()));
        out.typed::<ByteArrayType>().write_batch(&texts.collect::<Vec<_>>(), Some(&present), None)?;
    }
    out.close()
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::{
        file::reader::{FileReader, SerializedFileReader},
        record::Field,
    };
    use std::fs;

    /// A table with every kind of column, an amount past 63 bits, and nulls.
    fn sample() -> (Connection, tempfile::TempDir) {
        let connection = Connection::open_in_memory().unwrap();
        let sql = "CREATE TABLE sums (block INTEGER, who TEXT, amount);
            INSERT INTO sums VALUES (1, 'ann', 5), (2, NULL, '99999999999999999999'), (NULL, 'a \"b\", c', NULL);
            CREATE VIEW late AS SELECT who FROM sums WHERE block > 1;";
        connection.execute_batch(sql).unwrap();
        (connection, tempfile::tempdir().unwrap())
    }

    #[test]
    fn tables_and_views_are_written_as_csv() {
        let (connection, folder) = sample();
        export(&connection, folder.path(), Format::Csv).unwrap();
        let read = |name| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(
            read("sums.csv"),
            "block,who,amount\n1,ann,5\n2,,99999999999999999999\n,\"a \"\"b\"\", c\",\n"
        );
        assert_eq!(read("late.csv"), "who\n\"\"\n");
    }

    #[test]
    fn amounts_are_text_in_json_and_null_is_null() {
        let (connection, folder) = sample();
        export(&connection, folder.path(), Format::Json).unwrap();
        let text = fs::read_to_string(folder.path().join("sums.jsonl")).unwrap();
        let rows: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let expected = [
            json!({ "block": 1, "who": "ann", "amount": "5" }),
            json!({ "block": 2, "who": null, "amount": "99999999999999999999" }),
            json!({ "block": null, "who": "a \"b\", c", "amount": null }),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn parquet_reads_back_as_it_was() {
        let (connection, folder) = sample();
        export(&connection, folder.path(), Format::Parquet).unwrap();
        let reader =
            SerializedFileReader::new(File::open(folder.path().join("sums.parquet")).unwrap()).unwrap();
        let rows: Vec<Vec<Field>> = reader
            .get_row_iter(None)
            .unwrap()
            .map(|row| row.unwrap().get_column_iter().map(|(_, field)| field.clone()).collect())
            .collect();
        let text = |text: &str| Field::Str(text.into());
        let expected = [
            vec![Field::Long(1), text("ann"), text("5")],
            vec![Field::Long(2), Field::Null, text("99999999999999999999")],
            vec![Field::Null, text("a \"b\", c"), Field::Null],
        ];
        assert_eq!(rows, expected);
    }
}
