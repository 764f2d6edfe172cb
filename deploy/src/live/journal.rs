//! The transaction that is under way, in a file. Knows no chain.

use crate::context::write_file;
use rpc_chain::{Journal, Pending};
use std::{fs, io, path::PathBuf};

pub(super) struct FileJournal {
    path: PathBuf,
}

impl FileJournal {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }
}

impl Journal for FileJournal {
    fn pending(&self) -> io::Result<Option<Pending>> {
        match fs::read(&self.path) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(why) => Err(why),
        }
    }

    fn write(&mut self, pending: Option<&Pending>) -> io::Result<()> {
        match pending {
            Some(pending) => {
                let bytes = serde_json::to_vec_pretty(pending)?;
                write_file(&self.path, &bytes, false).map_err(|refusal| io::Error::other(refusal.what))
            }
            None => match fs::remove_file(&self.path) {
                Err(why) if why.kind() != io::ErrorKind::NotFound => Err(why),
                Ok(()) | Err(_) => Ok(()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_under_way_is_read_back_until_it_is_struck_out() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = FileJournal::new(folder.path().join("x.pending.json"));
        assert_eq!(journal.pending().unwrap(), None);
        let pending = Pending { what: "Contracts.call".into(), bytes: "0xaa".into(), signed_at: 7 };
        journal.write(Some(&pending)).unwrap();
        assert_eq!(FileJournal::new(journal.path.clone()).pending().unwrap(), Some(pending));
        journal.write(None).unwrap();
        journal.write(None).unwrap();
        assert_eq!(journal.pending().unwrap(), None);
    }

    #[test]
    fn a_damaged_journal_is_no_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.pending.json");
        fs::write(&path, "{").unwrap();
        assert!(FileJournal::new(path).pending().is_err());
    }
}
