//! Weeks end: the books are closed, debtors pay in and creditors are paid; in one of them a member can't pay.
use super::{Play, MINUTE, WEEKS};
use crate::{
    refusals::{Refusal, Words},
    times,
};
use chain::{Chain, Keypair};
use ink::codegen::TraitCallBuilder;

impl Play<'_> {
    /// Lets time come to `at`, and closes cycles on the way.
    pub(super) fn reach(&mut self, at: u64) -> Result<(), Refusal> {
        let cycle = times::period(&self.scenario.town.alliance.cycle)?;
        let books = self.desk.look(self.desk.council().call().cycle())?;
        if at >= books.cycle.opened_at.saturating_add(cycle) {
            self.settle_until(self.cycles.saturating_add(1))?;
        }
        if at > self.desk.session.chain.now() {
            let moved = self.desk.session.chain.set_time(at);
            self.desk.session.explained(moved)?;
        }
        Ok(())
    }

    pub(super) fn settle_until(&mut self, cycles: u32) -> Result<(), Refusal> {
        while self.cycles < cycles {
            self.settle()?;
        }
        Ok(())
    }

    /// Closes the open cycle when it is due, has debtors pay in and creditors be paid.
    fn settle(&mut self) -> Result<(), Refusal> {
        let config = self.desk.look(self.desk.council().call().config())?;
        let books = self.desk.look(self.desk.council().call().cycle())?;
        let due = books.cycle.opened_at.saturating_add(config.cycle_length);
        if due > self.desk.session.chain.now() {
            let moved = self.desk.session.chain.set_time(due);
            self.desk.session.explained(moved)?;
        }
        // Anyone may close a cycle; a passer-by does it for the bounty.
        let passer_by =
            self.scenario.consumers.iter().find(|c| c.funds != "0").map_or("operator", |c| &c.name);
        let close = self.desk.council().call_mut().close_cycle();
        let (bounty, _) =
            self.desk.session.send(Keypair::named(passer_by).account(), 0, close, Words::alliance)?;
        self.cycles = self.cycles.saturating_add(1);
        let words = self.desk.session.words.clone();
        self.tell(&format!(
            "-- week {} is over: {passer_by} closes the books for a bounty of {}",
            self.cycles,
            words.money(bounty)
        ))?;
        let defaulter = Some(&self.scenario.town.alliance.defaulter).filter(|_| self.cycles == WEEKS);
        let mut drill = None;
        for pay_in in [true, false] {
            if let Some(name) = defaulter.filter(|_| !pay_in) {
                drill = self.declare_default(name, passer_by)?;
            }
            for merchant in &self.scenario.town.merchants {
                let account = Keypair::named(&merchant.name).account();
                let Some(member) = self.desk.look(self.desk.council().call().member(account))? else {
                    continue;
                };
                if pay_in && member.due.owed() > 0 && defaulter != Some(&merchant.name) {
                    let owed = member.due.owed();
                    let message = self.desk.council().call_mut().pay_in(account, owed);
                    self.desk.session.send(account, owed, message, Words::alliance)?;
                    self.tell(&format!(
                        "   {} owed more than it earned and pays {} in",
                        merchant.name,
                        words.money(owed)
                    ))?;
                } else if !pay_in && member.due.earned() > 0 {
                    let message = self.desk.council().call_mut().payout(account);
                    let (paid, _) = self.desk.session.send(account, 0, message, Words::alliance)?;
                    if let Some(drill) = &mut drill {
                        drill.collected(member.due.earned(), paid);
                    }
                    self.tell(&format!(
                        "   {} earned more than it owed and is paid {}",
                        merchant.name,
                        words.money(paid)
                    ))?;
                }
            }
        }
        match drill {
            Some(drill) => self.end_drill(&drill),
            None => Ok(()),
        }
    }

    /// Once the friends' purchases are final, whoever brought them is rewarded.
    pub(super) fn thank_advocates(&mut self) -> Result<(), Refusal> {
        if self.invited.is_empty() {
            return Ok(());
        }
        let moved = self.desk.session.chain.advance(2 * 24 * 60 * MINUTE);
        self.desk.session.explained(moved)?;
        let shop = self.scenario.town.merchants.first().map_or("operator", |merchant| &merchant.name);
        let rewarded = self.reward_advocates(shop)?;
        self.tell(&format!("   {rewarded} people who brought a friend are thanked with a coupon"))
    }
}
