//! What an alliance keeps, and every change to it as one step that happens whole or returns an error for the shell to revert on. The alliance takes its steps over its own
//! storage, the council takes the rare ones over pages that it reads and writes through the alliance's door.
//!
//! Emits nothing, calls nobody and moves no money. "Touches" are storage host calls besides the two that read and write the root; a member that
//! comes back after a cycle whose creditors were cut takes two more to have its share.
use super::{
    config::Config,
    cycles::{Books, Cut},
    error::{AllianceError, Outcome},
    members::Member,
    rates::{agreed, PairRate},
};
use crate::{
    ledger::{key, Raw, Trusted},
    reader::Reader,
    AccountId, Balance, Hash,
};
use ink::prelude::{boxed::Box, vec::Vec};
use scale::{Decode, Encode, Error, Input, Output};

mod clearing;
mod membership;
mod settling;

#[cfg(test)]
mod tests;

pub use clearing::{Line, Sale};

/// The mappings: their keys in storage, with the types of key and value. Part of the storage format that auditors read.
pub mod items {
    /// `()` to `Root`.
    pub const ROOT: u32 = 0x00;
    /// `AccountId` to `Member`.
    pub const MEMBERS: u32 = 0x01;
    /// `(acceptor, issuer)` to `PairRate`.
    pub const RATES: u32 = 0x02;
    /// The number of a cycle, `u32`, to `Cut`.
    pub const CUTS: u32 = 0x03;
}

/// What every message reads and most write anyway.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Root {
    /// The rules.
    pub config: Config,
    /// The sums.
    pub books: Books,
    /// The council, which may write all of this.
    pub council: AccountId,
}

/// Wherever an alliance's items are.
pub trait Pages {
    /// An item as it stands.
    fn item(&self, key: Vec<u8>) -> Option<Vec<u8>>;
    /// Writes an item, or removes it.
    fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>);
}

/// An alliance's books, open: whoever opened them writes the root.
pub struct Ledger<'a, P> {
    /// Rules and sums.
    pub root: &'a mut Root,
    /// Everything else.
    pub pages: &'a mut P,
}

/// The members that a call deals with: each is read once, and written once if it changes.
#[derive(Default)]
pub struct Table(Vec<Seat>);

struct Seat {
    account: AccountId,
    member: Box<Member>,
    changed: bool,
    /// What it earned in cut cycles and hasn't collected: (cycle, amount).
    earned: Vec<(u32, Balance)>,
}

impl Encode for Root {
    fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
        output.write(&self.bytes());
    }
}

impl Decode for Root {
    /// All that is left of the input: it is the whole of what is stored. In a third of the code that would be derived.
    #[inline(never)]
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let bytes = Raw::decode(input)?.0;
        let mut reader = Reader::new(&bytes);
        let root = Self {
            config: Config::read(&mut reader),
            books: Books::read(&mut reader),
            council: reader.account(),
        };
        if reader.is_done() {
            Ok(root)
        } else {
            Err("no root".into())
        }
    }
}

impl Root {
    /// As it is stored. Out of line: else each message would have a copy.
    #[inline(never)]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(768);
        (&self.config, &self.books, &self.council).encode_to(&mut bytes);
        bytes
    }

    /// # Errors
    /// `NotTheCouncil`.
    pub fn ensure_council(&self, caller: AccountId) -> Outcome<()> {
        if caller == self.council {
            return Ok(());
        }
        Err(AllianceError::NotTheCouncil { caller }.into())
    }

    /// Whether `code` is a registry's that the alliance knows.
    /// # Errors
    /// `UnknownRegistry`.
    pub fn ensure_known(&self, registry: AccountId, code: Option<Hash>) -> Outcome<()> {
        if code.is_some_and(|code| self.config.registries.contains(&code)) {
            return Ok(());
        }
        Err(AllianceError::UnknownRegistry { registry }.into())
    }
}

impl<P: Pages> Ledger<'_, P> {
    /// The member as it would be brought up to the open cycle; changes nothing.
    pub fn view(&self, account: AccountId) -> Option<Member> {
        self.peek(account).ok().flatten().map(|seat| *seat.member)
    }

    /// What acceptor and issuer agreed on, whether or not it binds them.
    pub fn rate(&self, acceptor: AccountId, issuer: AccountId) -> Option<PairRate> {
        self.read(items::RATES, &(acceptor, issuer))
    }

    fn read<T: Decode>(&self, mapping: u32, at: &impl Encode) -> Option<T> {
        let bytes = self.pages.item(key(mapping, at))?;
        T::decode(&mut Trusted(&bytes)).ok()
    }

    fn write(&mut self, mapping: u32, at: &impl Encode, value: &impl Encode) {
        // A member's record fits without growing.
        let mut bytes = Vec::with_capacity(512);
        value.encode_to(&mut bytes);
        self.pages.put(key(mapping, at), Some(bytes));
    }

    #[inline(never)]
    fn write_member(&mut self, account: AccountId, member: &Member) {
        self.write(items::MEMBERS, &account, member);
    }

    /// A member, its sheets brought up to the open cycle, with what it has yet to collect for that.
    #[inline(never)]
    fn peek(&self, account: AccountId) -> Outcome<Option<Seat>> {
        let Some(bytes) = self.pages.item(key(items::MEMBERS, &account)) else {
            return Ok(None);
        };
        let member = Box::new(Member::read(&mut Reader::new(&bytes)));
        let mut seat = Seat { account, member, changed: false, earned: Vec::new() };
        let Books { cycle, last_cut, .. } = self.root.books;
        let earnings = &mut seat.earned;
        let mut share = |cycle: u32, earned| {
            let cut = if cycle > last_cut { None } else { self.read(items::CUTS, &cycle) };
            Ok(cut.map_or(earned, |cut: Cut| {
                earnings.push((cycle, earned));
                cut.share(earned)
            }))
        };
        seat.member.roll(cycle.number, &mut share)?;
        Ok(Some(seat))
    }

    /// A member that is going to be written, brought up to the open cycle. 1 touch.
    /// # Errors
    /// `NotMember`, `Overflow`.
    #[inline(never)]
    fn member(&mut self, account: AccountId) -> Outcome<Box<Member>> {
        let mut seat = self.seat(&mut Table::default(), account)?;
        self.touch(&mut seat)?;
        Ok(seat.member)
    }

    /// The member is going to be written: so it collects what it was brought up with. Else it would collect again, and no event would say so.
    #[inline(never)]
    fn touch(&mut self, seat: &mut Seat) -> Outcome<()> {
        seat.changed = true;
        for (cycle, earned) in core::mem::take(&mut seat.earned) {
            self.collect(cycle, earned)?;
        }
        Ok(())
    }

    /// What who earned `earned` in a settled cycle gets of it.
    #[inline(never)]
    fn collect(&mut self, cycle: u32, earned: Balance) -> Outcome<Balance> {
        if cycle > self.root.books.last_cut {
            return Ok(earned);
        }
        let Some(mut cut) = self.read::<Cut>(items::CUTS, &cycle) else {
            return Ok(earned);
        };
        let (share, dust) = cut.collect(earned)?;
        self.write(items::CUTS, &cycle, &cut);
        self.root.books.endow(dust)?;
        Ok(share)
    }

    /// Takes a member from the table, or else from storage.
    #[inline(never)]
    fn seat(&self, table: &mut Table, account: AccountId) -> Outcome<Seat> {
        if let Some(place) = table.0.iter().position(|seat| seat.account == account) {
            return Ok(table.0.swap_remove(place));
        }
        Ok(self.peek(account)?.ok_or(AllianceError::NotMember { account })?)
    }

    /// Writes the members that changed. 1 touch each.
    #[inline(never)]
    pub fn clear(&mut self, table: Table) {
        for seat in table.0.iter().filter(|seat| seat.changed) {
            self.write_member(seat.account, &seat.member);
        }
    }

    /// What acceptor and issuer agreed on; nothing is looked up for who never agreed on anything.
    #[inline(never)]
    fn pair(&self, acceptor: &Seat, issuer: &Seat) -> Option<PairRate> {
        if acceptor.member.rates == 0 || issuer.member.rates == 0 {
            return None;
        }
        agreed(&acceptor.member, &issuer.member, self.rate(acceptor.account, issuer.account))
    }
}
