//! What drops commit to: sets of printed codes and lists of accounts, by name. Printed once however often a life looks at them.

use super::Who;
use chain::Hash;
use e2e_tests::{
    account,
    actors::{CONSUMERS, MERCHANTS},
    signing::{Codes, List},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock},
};

/// A set of codes, or a list of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Printed {
    pub(crate) name: &'static str,
    pub(crate) size: u32,
    pub(crate) is_list: bool,
}

/// As it is handed out.
pub(crate) enum Sheet {
    Codes(Codes),
    List(List),
}

impl Printed {
    /// What the drop commits to; zeros for nothing at all.
    pub(crate) fn root(self) -> Hash {
        match (self.size, &*self.sheet()) {
            (0, _) => [0; 32],
            (_, Sheet::Codes(codes)) => codes.root(),
            (_, Sheet::List(list)) => list.root(),
        }
    }

    /// The codes or the list; of one place at least.
    pub(crate) fn sheet(self) -> Arc<Sheet> {
        static SHEETS: OnceLock<Mutex<BTreeMap<Printed, Arc<Sheet>>>> = OnceLock::new();
        let mut sheets = SHEETS.get_or_init(Mutex::default).lock().unwrap();
        let sheet = sheets.entry(self).or_insert_with(|| Arc::new(self.print()));
        Arc::clone(sheet)
    }

    fn print(self) -> Sheet {
        let size = self.size.max(1);
        if self.is_list {
            let entries: Vec<_> =
                (0..size).map(|index| self.entry(index)).map(|(to, count)| (account(to), count)).collect();
            Sheet::List(List::of(&entries))
        } else {
            // A code of one print is none of another's, were it the first of both.
            Sheet::Codes(Codes::print(&format!("{} of {size}", self.name), size))
        }
    }

    /// Who is listed, and for how many coupons: once in a while for none, or for too many.
    pub(crate) fn entry(self, index: u32) -> (Who, u32) {
        let people: Vec<Who> = CONSUMERS.into_iter().chain(MERCHANTS).collect();
        let shift = self.name.len();
        let place = (usize::try_from(index + self.size).unwrap() + shift) % people.len();
        let count = match (index + self.size) % 9 {
            7 => 0,
            8 => 51,
            other => 1 + other % 2,
        };
        (people[place], count)
    }
}
