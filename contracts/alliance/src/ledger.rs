//! The alliance's storage, and every change to it as one step that happens whole or returns an error for the shell to revert on.
//!
//! Emits nothing, calls nobody and moves no money. "Touches" are storage host calls besides the two that read and write the root.
use crate::{
    bookings::{Booking, Debt},
    config::Config,
    cycles::{Books, Closed},
    error::AllianceError,
    members::Member,
};
use ink::{
    prelude::vec::Vec,
    storage::{traits::ManualKey, Mapping},
};
use shared::{order::Redemption, terms::Funding, AccountId, Balance, Hash, Timestamp};

/// What every message reads and most write anyway.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Root {
    /// The rules.
    pub config: Config,
    /// The sums.
    pub books: Books,
}

/// A redemption: (registry, acceptor, order number).
pub type BookingKey = (AccountId, AccountId, u64);

/// Everything the alliance keeps. The manual keys are part of the storage format that auditors read.
#[ink::storage_item]
#[derive(Debug)]
pub struct Ledger {
    root: Root,
    members: Mapping<AccountId, Member, ManualKey<0x01>>,
    bookings: Mapping<BookingKey, Booking, ManualKey<0x02>>,
}

impl Ledger {
    /// # Errors
    /// `InvalidConfig`.
    pub fn new(config: Config, now: Timestamp) -> Result<Self, AllianceError> {
        config.check().map_err(AllianceError::InvalidConfig)?;
        Ok(Self {
            root: Root { config, books: Books::opened(now) },
            members: Mapping::default(),
            bookings: Mapping::default(),
        })
    }

    pub fn config(&self) -> &Config {
        &self.root.config
    }

    pub fn books(&self) -> &Books {
        &self.root.books
    }

    /// The member, brought up to the open cycle. 1 touch.
    /// # Errors
    /// `NotMember`, `Overflow`.
    pub fn member(&self, account: AccountId) -> Result<Member, AllianceError> {
        let mut member = self.members.get(account).ok_or(AllianceError::NotMember { account })?;
        member.roll(self.root.books.cycle.number)?;
        Ok(member)
    }

    /// Whether `code` is a registry's that the alliance knows.
    /// # Errors
    /// `UnknownRegistry`.
    pub fn ensure_known(&self, registry: AccountId, code: &Hash) -> Result<(), AllianceError> {
        if self.root.config.registries.contains(code) {
            Ok(())
        } else {
            Err(AllianceError::UnknownRegistry { registry })
        }
    }

    /// 2 touches.
    /// # Errors
    /// `AlreadyMember`, `Overflow`.
    pub fn apply(
        &mut self,
        account: AccountId,
        registry: AccountId,
        profile: Hash,
        now: Timestamp,
    ) -> Result<(), AllianceError> {
        if self.members.contains(account) {
            return Err(AllianceError::AlreadyMember { account });
        }
        let Root { config, books } = &mut self.root;
        books.endow(config.joining_fee)?;
        let applicant = Member::applicant(registry, profile, books.cycle.number, now);
        self.members.insert(account, &applicant);
        Ok(())
    }

    /// 2 touches.
    /// # Errors
    /// `NotOperator`, `NotMember`, `AlreadyAdmitted`, `Overflow`.
    pub fn admit(
        &mut self,
        caller: AccountId,
        account: AccountId,
        cap: Balance,
        now: Timestamp,
    ) -> Result<(), AllianceError> {
        let operator = self.root.config.operator;
        if caller != operator {
            return Err(AllianceError::NotOperator { operator, caller });
        }
        let mut member = self.member(account)?;
        member.admit(account, cap, now)?;
        self.members.insert(account, &member);
        Ok(())
    }

    /// 2 touches.
    /// # Errors
    /// `NotMember`, `ZeroAmount`, `Overflow`.
    pub fn deposit(&mut self, account: AccountId, amount: Balance) -> Result<(), AllianceError> {
        let mut member = self.member(account)?;
        member.deposit(amount)?;
        self.members.insert(account, &member);
        Ok(())
    }

    /// 2 touches.
    /// # Errors
    /// `NotMember`, `ZeroAmount`, `CollateralShort`, `OverLimit`, `Overflow`.
    pub fn withdraw(&mut self, account: AccountId, amount: Balance) -> Result<(), AllianceError> {
        let mut member = self.member(account)?;
        member.withdraw(account, amount, &self.root.config)?;
        self.members.insert(account, &member);
        Ok(())
    }

    /// Books what `redemption` makes its issuers owe to `acceptor`, and gives the debts. 1 touch for each merchant-funded use, 2 for each debt and 2 more if there is any:
    /// the issuers' records, the acceptor's, which the caller has read, and the booking.
    /// # Errors
    /// `WrongAsset`, `NotMember`, `NotActive`, `OverLimit`, `Overflow`.
    // Inlined into ink's dispatcher, this and `unbook` make the contract a tenth larger.
    #[inline(never)]
    pub fn book(
        &mut self,
        registry: AccountId,
        redemption: &Redemption,
        mut acceptor: Member,
    ) -> Result<Vec<Debt>, AllianceError> {
        let mut debts = Vec::new();
        for used in &redemption.uses {
            // Anyone's terms may name this alliance; a discount that nobody pays the acceptor for is a member's promise or none.
            if used.funding == Funding::Merchant && used.issuer != redemption.acceptor {
                self.member(used.issuer)?.ensure_active(used.issuer)?;
            }
            let Some(debt) = Debt::of(used, redemption, &self.root.config)? else {
                continue;
            };
            let mut issuer = self.member(debt.issuer)?;
            issuer.ensure_active(debt.issuer)?;
            self.root.books.book(&debt, &mut issuer, &mut acceptor)?;
            issuer.ensure_covered(debt.issuer, &self.root.config)?;
            self.members.insert(debt.issuer, &issuer);
            debts.push(debt);
        }
        if !debts.is_empty() {
            self.members.insert(redemption.acceptor, &acceptor);
            let booking = Booking { cycle: self.root.books.cycle.number, debts: debts.clone() };
            self.bookings.insert(key(registry, redemption), &booking);
        }
        Ok(debts)
    }

    /// Reverses, in the open cycle, what was booked for `redemption`, and gives the debts with the fees that went back. 1 touch, and as
    /// `book` less the booking where anything was booked.
    /// # Errors
    /// `NotMember` where an issuer has exited, `OverLimit` where the acceptor's collateral or cap doesn't cover what it would owe, `Overflow`.
    #[inline(never)]
    pub fn unbook(
        &mut self,
        registry: AccountId,
        redemption: &Redemption,
        mut acceptor: Member,
    ) -> Result<Vec<Debt>, AllianceError> {
        let Some(booking) = self.bookings.take(key(registry, redemption)) else {
            return Ok(Vec::new());
        };
        let mut reversed = Vec::with_capacity(booking.debts.len());
        for debt in booking.debts {
            let mut issuer = self.member(debt.issuer)?;
            let books = &mut self.root.books;
            reversed.push(books.reverse(debt, booking.cycle, &mut issuer, &mut acceptor)?);
            self.members.insert(debt.issuer, &issuer);
        }
        acceptor.ensure_covered(redemption.acceptor, &self.root.config)?;
        self.members.insert(redemption.acceptor, &acceptor);
        Ok(reversed)
    }

    /// No touch. Gives the cycle that closed, and the bounty.
    /// # Errors
    /// `CycleRunning`, `CycleUnsettled`, `Overflow`.
    pub fn close_cycle(&mut self, now: Timestamp) -> Result<(Closed, Balance), AllianceError> {
        let bounty = self.root.books.close(&self.root.config, now)?;
        Ok((self.root.books.closed, bounty))
    }

    /// 2 touches.
    /// # Errors
    /// `NotMember`, `ZeroAmount`, `OverDue`, `Overflow`.
    pub fn pay_in(&mut self, account: AccountId, amount: Balance) -> Result<(), AllianceError> {
        let mut member = self.member(account)?;
        self.root.books.pay_in(&mut member, amount)?;
        self.members.insert(account, &member);
        Ok(())
    }

    /// 2 touches.
    /// # Errors
    /// `NotMember`, `BeforeCutOff`, `NothingDue`, `Overflow`.
    pub fn cover(&mut self, account: AccountId, now: Timestamp) -> Result<Balance, AllianceError> {
        let mut member = self.member(account)?;
        let amount = self.root.books.cover(&mut member, now)?;
        if amount == 0 {
            return Err(AllianceError::NothingDue { account });
        }
        self.members.insert(account, &member);
        Ok(amount)
    }

    /// 2 touches.
    /// # Errors
    /// `NotMember`, `NothingToPay`, `Overflow`.
    pub fn pay_out(&mut self, account: AccountId) -> Result<Balance, AllianceError> {
        let mut member = self.member(account)?;
        let amount = self.root.books.pay_out(&mut member)?;
        if amount == 0 {
            return Err(AllianceError::NothingToPay { account });
        }
        self.members.insert(account, &member);
        Ok(amount)
    }

    /// 2 touches; gives the collateral.
    /// # Errors
    /// `NotMember`, `PositionOpen`, `Overflow`.
    pub fn exit(&mut self, account: AccountId) -> Result<Balance, AllianceError> {
        let member = self.member(account)?;
        member.ensure_even()?;
        self.members.remove(account);
        Ok(member.collateral)
    }
}

fn key(registry: AccountId, redemption: &Redemption) -> BookingKey {
    (registry, redemption.acceptor, redemption.number)
}
