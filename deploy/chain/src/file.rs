//! A chain in a file: its layout, the lock beside it, and writing it so that a killed command leaves the old file whole. It knows nothing of what a chain does.
//!
//! Layout: 8 bytes of magic, the version (`u16`), the payload's length (`u64`) and BLAKE2b-256 hash, all little-endian, then the payload in SCALE.

use crate::ChainError;
use scale::{Decode, DecodeAll, Encode};
use sp_core::hashing::blake2_256;
use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions, TryLockError},
    io::Write,
    path::{Path, PathBuf},
};

const MAGIC: [u8; 8] = *b"COUPONRY";
const VERSION: u16 = 1;

#[derive(Encode, Decode)]
struct Header {
    magic: [u8; 8],
    version: u16,
    length: u64,
    checksum: [u8; 32],
}

/// The right to use a chain file, which one process has at a time. Dropping it, or dying, gives it back.
///
/// The lock is on a file of its own beside the chain's, because saving puts a new file in the chain's place.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    pub(crate) fn take(path: &Path) -> Result<Self, ChainError> {
        let beside = beside(path, ".lock");
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&beside)
            .map_err(|fault| fail(&beside, "open", fault))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _file: file }),
            Err(TryLockError::WouldBlock) => Err(ChainError::Locked { path: path.to_owned() }),
            Err(TryLockError::Error(fault)) => Err(fail(&beside, "lock", fault)),
        }
    }

    pub(crate) fn is_for(&self, path: &Path) -> bool {
        self.path == path
    }
}

/// Reads what `write` wrote.
pub(crate) fn read<T: Decode>(path: &Path) -> Result<T, ChainError> {
    let bytes = fs::read(path).map_err(|fault| fail(path, "read", fault))?;
    parse(&bytes).map_err(|why| ChainError::CorruptFile { path: path.to_owned(), why })
}

fn parse<T: Decode>(bytes: &[u8]) -> Result<T, String> {
    let mut rest = bytes;
    let header = Header::decode(&mut rest)
        .map_err(|_| format!("not a chain file: its {} bytes are too few for a header", bytes.len()))?;
    if header.magic != MAGIC {
        return Err("not a chain file: it does not begin with COUPONRY".to_owned());
    }
    if header.version != VERSION {
        return Err(format!(
            "the file has format version {}; this program reads version {VERSION}",
            header.version
        ));
    }
    if u64::try_from(rest.len()) != Ok(header.length) {
        return Err(format!(
            "the file should hold {} bytes after its header and holds {}: it was cut short or added to",
            header.length,
            rest.len()
        ));
    }
    if blake2_256(rest) != header.checksum {
        return Err("the checksum does not match: the file was damaged or edited".to_owned());
    }
    T::decode_all(&mut rest).map_err(|fault| format!("the content can't be decoded: {fault}"))
}

/// Replaces the file at `path` in one step: a new file is written beside it, brought to disk, and given its name.
pub(crate) fn write<T: Encode>(path: &Path, content: &T) -> Result<(), ChainError> {
    let payload = content.encode();
    let header = Header {
        magic: MAGIC,
        version: VERSION,
        length: u64::try_from(payload.len()).unwrap_or(u64::MAX),
        checksum: blake2_256(&payload),
    };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    let failed = |fault| fail(path, "write", fault);
    let mut new =
        tempfile::Builder::new().prefix(".chain-").suffix(".tmp").tempfile_in(folder).map_err(failed)?;
    new.write_all(&header.encode()).map_err(failed)?;
    new.write_all(&payload).map_err(failed)?;
    new.as_file().sync_all().map_err(failed)?;
    new.persist(path).map_err(|fault| failed(fault.error))?;
    // The new name is on disk only when its folder is.
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

fn fail(path: &Path, action: &'static str, fault: std::io::Error) -> ChainError {
    ChainError::File { path: path.to_owned(), action, why: fault.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(bytes: &[u8]) -> String {
        parse::<Vec<u8>>(bytes).unwrap_err()
    }

    fn whole() -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.couponry");
        write(&path, &vec![7u8; 1_000]).unwrap();
        fs::read(&path).unwrap()
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(parse::<Vec<u8>>(&whole()), Ok(vec![7u8; 1_000]));
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        let bytes = whole();
        for length in 0..bytes.len() {
            assert!(parse::<Vec<u8>>(&bytes[..length]).is_err(), "cut at {length}");
        }
        assert_eq!(
            fault(&bytes[..500]),
            "the file should hold 1002 bytes after its header and holds 450: it was cut short or added to"
        );
    }

    #[test]
    fn a_file_with_any_bit_flipped_is_refused() {
        let bytes = whole();
        for position in 0..bytes.len() {
            let mut edited = bytes.clone();
            edited[position] ^= 1;
            assert!(parse::<Vec<u8>>(&edited).is_err(), "flipped at {position}");
        }
    }

    #[test]
    fn a_refusal_says_what_is_wrong() {
        let bytes = whole();
        let edit = |position: usize| {
            let mut edited = bytes.clone();
            edited[position] ^= 2;
            fault(&edited)
        };
        assert_eq!(fault(b"short"), "not a chain file: its 5 bytes are too few for a header");
        assert_eq!(edit(0), "not a chain file: it does not begin with COUPONRY");
        assert_eq!(edit(8), "the file has format version 3; this program reads version 1");
        assert_eq!(edit(700), "the checksum does not match: the file was damaged or edited");
    }

    #[test]
    fn only_one_holds_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.couponry");
        let first = Lock::take(&path).unwrap();
        assert_eq!(Lock::take(&path).unwrap_err(), ChainError::Locked { path: path.clone() });
        drop(first);
        assert!(Lock::take(&path).is_ok());
    }
}
