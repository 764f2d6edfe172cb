//! The default drill: a member can't pay, the town sees where the money comes from, and later the member comes back. Checks that it adds up to the last unit.
use super::{amiss, Done, Play};
use crate::refusals::{Refusal, Words};
use chain::{AccountId, Balance, Chain, Keypair};
use ink::codegen::TraitCallBuilder;
use shared::alliance::cycles::Waterfall;

/// What was found of a debt that nobody paid, and what creditors were paid after it.
pub(super) struct Drill {
    found: Waterfall,
    /// What all creditors had earned, and what they got.
    earned: Balance,
    paid: Balance,
    creditors: u32,
}

impl Drill {
    pub(super) fn collected(&mut self, earned: Balance, paid: Balance) {
        self.earned = self.earned.saturating_add(earned);
        self.paid = self.paid.saturating_add(paid);
        self.creditors = self.creditors.saturating_add(1);
    }

    /// Creditors bear exactly what was cut, and less than a unit each that rounding leaves to the fund.
    fn adds_up(&self) -> bool {
        let borne = self.earned.saturating_sub(self.paid);
        let dust = borne.checked_sub(self.found.cut);
        dust.is_some_and(|dust| dust < self.creditors.into())
    }
}

impl Play<'_> {
    /// Lets the cut-off pass; then a passer-by declares the default. `None` if the member owes nothing.
    pub(super) fn declare_default(&mut self, name: &str, passer_by: &str) -> Result<Option<Drill>, Refusal> {
        let account: AccountId = Keypair::named(name).account();
        let member = self.desk.look(self.desk.council().call().member(account))?;
        let owed = member.map_or(0, |member| member.due.owed());
        if owed == 0 {
            return Ok(None);
        }
        let cut_off = self.desk.look(self.desk.council().call().cycle())?.closed.cut_off;
        if cut_off > self.desk.session.chain.now() {
            let moved = self.desk.session.chain.set_time(cut_off);
            self.desk.session.explained(moved)?;
        }
        let message = self.desk.council().call_mut().declare_default(account);
        let caller = Keypair::named(passer_by).account();
        let (found, _) = self.desk.session.send(caller, 0, message, Words::alliance)?;
        let words = self.desk.session.words.clone();
        let money = |amount| words.money(amount);
        self.tell(&format!(
            "   {name} owes {} and can't pay; the cut-off passes, and {passer_by} declares its default",
            money(owed)
        ))?;
        self.tell(&format!(
            "   it is found in its collateral ({}), its share in the fund ({}), the fund ({}), and with the creditors ({})",
            money(found.collateral),
            money(found.fund_share),
            money(found.fund),
            money(found.cut)
        ))?;
        let parts = [found.credit, found.collateral, found.fund_share, found.fund, found.cut];
        let sum = parts.iter().fold(found.waiting, |sum: Balance, part| sum.saturating_add(*part));
        if sum != owed {
            return Err(amiss(&format!("{} were found of {}", money(sum), money(owed))));
        }
        self.borne = found.fund.saturating_add(found.cut);
        Ok(Some(Drill { found, earned: 0, paid: 0, creditors: 0 }))
    }

    /// # Errors
    /// The creditors didn't bear exactly the cut.
    pub(super) fn end_drill(&mut self, drill: &Drill) -> Result<(), Refusal> {
        let words = &self.desk.session.words;
        let (earned, paid) = (words.money(drill.earned), words.money(drill.paid));
        if !drill.adds_up() {
            return Err(amiss(&format!("creditors had earned {earned} and were paid {paid}")));
        }
        self.tell(&format!(
            "   the creditors had earned {earned} and got {paid}, all by one ratio: it adds up to the last unit"
        ))
    }

    /// The defaulter pays what others bore for it, no more and no less, and it is the fund's.
    /// # Errors
    /// The council's refusal, or that the fund has grown by another amount than the drill found with others.
    pub(super) fn repay(&mut self, name: &str) -> Done {
        let account = Keypair::named(name).account();
        let member = self.desk.look(self.desk.council().call().member(account))?;
        let owed = member.map_or(0, |member| member.unpaid);
        let fund = self.desk.look(self.desk.council().call().cycle())?.fund;
        let message = self.desk.council().call_mut().make_good(account, owed);
        self.send(name, owed, message, Words::alliance)?;
        let filled = self.desk.look(self.desk.council().call().cycle())?.fund;
        let (paid, now) = (self.cash(owed), self.cash(filled));
        if owed != self.borne || fund.checked_add(owed) != Some(filled) {
            return Err(amiss(&format!("others bore {}, and {paid} came back", self.cash(self.borne))).into());
        }
        self.borne = 0;
        Ok(self.tell(&format!(
            "   {name} makes good all that the fund and the creditors bore: {paid}, and the fund has {now} now"
        ))?)
    }

    pub(super) fn put_up_again(&mut self, name: &str, collateral: Balance) -> Done {
        let message = self.desk.council().call_mut().deposit_collateral(collateral);
        self.send(name, collateral, message, Words::alliance)?;
        let headroom = self.desk.look(self.desk.council().call().headroom(Keypair::named(name).account()))?;
        let (left, may) = (self.cash(collateral), self.cash(headroom));
        Ok(self.tell(&format!("   {name} leaves {left} as security again, and may owe {may}"))?)
    }
}
