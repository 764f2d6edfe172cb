//! Events of a live chain, kept in a SQLite file so that each block is asked for once. Knows no contract.
//!
//! The file is a copy of what final blocks say: it can be deleted at any time, and is then filled anew.

use crate::refusals::Refusal;
use chain::{AccountId, ChainError, EventKind, EventRecord, Hash};
use rpc_chain::{Archive, Cursor};
use rusqlite::{params, Connection, OptionalExtension};
use scale::{Decode, Encode};
use std::path::Path;

const SCHEMA: &str = "
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS source (genesis BLOB NOT NULL, pinned BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS cursor (one INTEGER PRIMARY KEY CHECK (one = 1), block INTEGER NOT NULL, hash BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS event (
    block INTEGER NOT NULL,
    place INTEGER NOT NULL,
    time INTEGER NOT NULL,
    contract BLOB NOT NULL,
    kind BLOB NOT NULL,
    topics BLOB NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (block, place)
) WITHOUT ROWID;
";

/// A history in a file.
pub struct SqliteArchive {
    database: Connection,
}

impl SqliteArchive {
    /// Opens or makes the file at `path`. One of another chain, or of other contracts, is emptied first.
    /// # Errors
    /// The file can't be used.
    pub fn open(path: &Path, genesis: Hash, pinned: &[AccountId]) -> Result<Self, Refusal> {
        let open = || -> rusqlite::Result<Self> {
            let mut database = Connection::open(path)?;
            database.execute_batch(SCHEMA)?;
            let source = (genesis.to_vec(), pinned.encode());
            let known = database
                .query_row("SELECT genesis, pinned FROM source", [], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            if known.as_ref() != Some(&source) {
                let change = database.transaction()?;
                change.execute_batch("DELETE FROM event; DELETE FROM cursor; DELETE FROM source;")?;
                change.execute("INSERT INTO source VALUES (?, ?)", params![source.0, source.1])?;
                change.commit()?;
            }
            Ok(Self { database })
        };
        open().map_err(|why| {
            Refusal::new(
                format!("cannot keep events in {}: {why}", path.display()),
                "check its permissions, or delete it: it is filled anew",
            )
        })
    }

    fn add(&mut self, to: Cursor, events: &[EventRecord]) -> rusqlite::Result<()> {
        let change = self.database.transaction()?;
        {
            let mut insert = change.prepare_cached("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)")?;
            for event in events {
                let EventRecord { block, index, time, contract, kind, topics, data } = event;
                let time = i64::try_from(*time).unwrap_or(i64::MAX);
                let contract: &[u8] = contract.as_ref();
                insert.execute(params![
                    block,
                    index,
                    time,
                    contract,
                    kind.encode(),
                    topics.encode(),
                    data
                ])?;
            }
        }
        change.execute(
            "INSERT OR REPLACE INTO cursor VALUES (1, ?, ?)",
            params![to.block, to.hash.as_slice()],
        )?;
        change.commit()
    }
}

impl Archive for SqliteArchive {
    fn cursor(&self) -> Result<Option<Cursor>, ChainError> {
        let row = |row: &rusqlite::Row| Ok(Cursor { block: row.get(0)?, hash: row.get(1)? });
        let found = self.database.query_row("SELECT block, hash FROM cursor", [], row).optional();
        found.map_err(|why| broken(&why))
    }

    fn append(&mut self, to: Cursor, events: &[EventRecord]) -> Result<(), ChainError> {
        self.add(to, events).map_err(|why| broken(&why))
    }

    fn read(&self, from: u32, to: u32) -> Result<Vec<EventRecord>, ChainError> {
        let read = || -> rusqlite::Result<Vec<EventRecord>> {
            let mut select = self.database.prepare_cached(
                "SELECT block, place, time, contract, kind, topics, data FROM event WHERE block BETWEEN ? AND ? ORDER BY block, place",
            )?;
            let rows = select.query_map(params![from, to], |row| {
                let (kind, topics): (Vec<u8>, Vec<u8>) = (row.get(4)?, row.get(5)?);
                let undecodable = |column| rusqlite::Error::IntegralValueOutOfRange(column, 0);
                Ok(EventRecord {
                    block: row.get(0)?,
                    index: row.get(1)?,
                    time: row.get::<_, i64>(2)?.unsigned_abs(),
                    contract: AccountId::from(row.get::<_, Hash>(3)?),
                    kind: EventKind::decode(&mut kind.as_slice()).map_err(|_| undecodable(4))?,
                    topics: Vec::decode(&mut topics.as_slice()).map_err(|_| undecodable(5))?,
                    data: row.get(6)?,
                })
            })?;
            rows.collect()
        };
        read().map_err(|why| broken(&why))
    }
}

fn broken(why: &rusqlite::Error) -> ChainError {
    ChainError::Node { why: format!("the kept events can't be used: {why}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(block: u32, index: u32) -> EventRecord {
        EventRecord {
            block,
            index,
            time: 1_767_225_600_000,
            contract: AccountId::from([3; 32]),
            kind: EventKind::CodeUpdated { from: [1; 32], to: [2; 32] },
            topics: vec![[7; 32], [8; 32]],
            data: vec![0, 255],
        }
    }

    #[test]
    fn a_history_is_read_back_in_order_and_goes_on_after_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.sqlite");
        let pinned = [AccountId::from([3; 32])];
        let mut archive = SqliteArchive::open(&path, [9; 32], &pinned).unwrap();
        assert_eq!(archive.cursor(), Ok(None));
        archive.append(Cursor { block: 4, hash: [4; 32] }, &[event(3, 2), event(4, 1)]).unwrap();
        drop(archive);
        let mut archive = SqliteArchive::open(&path, [9; 32], &pinned).unwrap();
        assert_eq!(archive.cursor(), Ok(Some(Cursor { block: 4, hash: [4; 32] })));
        archive.append(Cursor { block: 9, hash: [5; 32] }, &[event(9, 0)]).unwrap();
        assert_eq!(archive.read(0, 9), Ok(vec![event(3, 2), event(4, 1), event(9, 0)]));
        assert_eq!(archive.read(4, 8), Ok(vec![event(4, 1)]));
    }

    #[test]
    fn an_event_is_kept_once_and_a_batch_wholly_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let mut archive = SqliteArchive::open(&folder.path().join("a"), [9; 32], &[]).unwrap();
        archive.append(Cursor { block: 4, hash: [4; 32] }, &[event(4, 1)]).unwrap();
        let again = archive.append(Cursor { block: 5, hash: [5; 32] }, &[event(5, 0), event(4, 1)]);
        assert!(matches!(again, Err(ChainError::Node { .. })), "{again:?}");
        assert_eq!(archive.cursor(), Ok(Some(Cursor { block: 4, hash: [4; 32] })));
        assert_eq!(archive.read(0, 9), Ok(vec![event(4, 1)]));
    }

    #[test]
    fn another_chains_history_is_not_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let contract = AccountId::from([3; 32]);
        for (genesis, pinned) in [([9; 32], vec![contract]), ([8; 32], vec![contract]), ([8; 32], Vec::new())]
        {
            let mut archive = SqliteArchive::open(&path, genesis, &pinned).unwrap();
            assert_eq!(archive.cursor(), Ok(None));
            archive.append(Cursor { block: 4, hash: [4; 32] }, &[event(4, 1)]).unwrap();
        }
    }
}
