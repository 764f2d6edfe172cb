//! What members decide, agree and dispute among themselves, and conversion, each told in a line. Checks that a ruling moves exactly what it says.
use super::{amiss, Done, Play, Refused};
use crate::{
    commands::council::{evidence, told, votes},
    demo::scenario::{amount, reason, share, Council, CouncilRow},
    orders::{sign_order, sign_spend},
    refusals::{percent, Refusal, Words},
    times,
};
use chain::{AccountId, Balance, Keypair};
use council::conversion::goods;
use ink::codegen::TraitCallBuilder;
use shared::{
    alliance::{
        council::{Case, Motion},
        error::AllianceError,
        rates::Rate,
    },
    coupons::Coupon,
    ids::CouponId,
    ledger::items,
    math::share_down,
    order::{Order, Redemption},
    permit::{CouponPermit, Permits},
    psp34::PSP34,
    registry::RegistryError,
};

impl Play<'_> {
    pub(super) fn council(&mut self, row: &CouncilRow) -> Done {
        match row.what {
            Council::Cap => {
                let cap = amount(&row.amount)?;
                self.propose(row, Motion::SetCap { account: Self::account(&row.with), cap })
            }
            Council::Readmit => {
                let cap = amount(&row.amount)?;
                self.propose(row, Motion::Readmit { account: Self::account(&row.with), cap })
            }
            Council::Vote => self.vote(row),
            Council::Clear => self.clear(row),
            Council::Offer => self.offer_rate(row),
            Council::Agree => self.accept_rate(row),
            Council::Convert => self.convert(row),
            Council::Dispute => self.dispute(row),
            Council::Reply => self.reply(row),
            Council::Rule => self.rule(row),
            Council::Repay => self.repay(&row.who),
            Council::Collateral => self.put_up_again(&row.who, amount(&row.amount)?),
        }
    }

    fn propose(&mut self, row: &CouncilRow, motion: Motion) -> Done {
        let message = self.desk.council().call_mut().propose(motion);
        let number = self.send(&row.who, 0, message, Words::alliance)?;
        self.motions.insert(row.subject.clone(), number);
        let (said, votes) = self.motion_said(number)?;
        Ok(self.tell(&format!("   council: {} moves that {said}: {votes}", row.who))?)
    }

    fn vote(&mut self, row: &CouncilRow) -> Done {
        let number = self.motion(&row.subject)?;
        let message = self.desk.council().call_mut().vote(number);
        self.send(&row.who, 0, message, Words::alliance)?;
        let (said, votes) = self.motion_said(number)?;
        Ok(self.tell(&format!("   council: {} votes that {said}: {votes}", row.who))?)
    }

    fn clear(&mut self, row: &CouncilRow) -> Done {
        let number = self.motion(&row.subject)?;
        let message = self.desk.council().call_mut().clear(number);
        self.send(&row.who, 0, message, Words::alliance)?;
        Ok(self.tell(&format!(
            "   council: {} clears away what it left of the vote, and has the deposit back",
            row.who
        ))?)
    }

    fn motion(&self, label: &str) -> Result<u32, Refused> {
        self.motions.get(label).copied().ok_or_else(|| Refused {
            reason: "NoMotion".into(),
            why: Refusal::new(format!("no motion is called {label}"), "see council.csv"),
        })
    }

    /// What a motion is about, and how its vote stands.
    fn motion_said(&self, number: u32) -> Result<(String, String), Refusal> {
        let found = self.desk.session.ask(self.desk.council().call().proposal(number))?;
        let words = &self.desk.session.words;
        let found =
            found.ok_or_else(|| words.alliance(&AllianceError::NoSuchProposal { proposal: number }))?;
        Ok((told(words, &found.motion), votes(&found)))
    }

    /// The issuer, or the acceptor, of a pair says what the issuer should owe, and from when on.
    fn offer_rate(&mut self, row: &CouncilRow) -> Done {
        let no_time = || Refusal::new("no time from which on it counts", "write it after the share");
        let (bps, from) = row.amount.split_once(' ').ok_or_else(no_time)?;
        let rate = Rate { bps: share(bps)?, from: times::parse(from, self.now())?, daily_cap: None };
        let (issuer, acceptor) = (Self::account(&row.subject), Self::account(&row.with));
        let message = self.desk.council().call_mut().offer_rate(acceptor, issuer, Some(rate));
        self.send(&row.who, 0, message, Words::alliance)?;
        Ok(self.tell(&format!("   council: {} offers: {}", row.who, rate_said(row, &rate)))?)
    }

    fn accept_rate(&mut self, row: &CouncilRow) -> Done {
        let (issuer, acceptor) = (Self::account(&row.subject), Self::account(&row.with));
        let other = if row.who == row.with { issuer } else { acceptor };
        let offered = self.desk.session.ask(self.desk.council().call().offer(acceptor, issuer, other))?;
        let bps = share(&row.amount)?;
        let rate = offered.filter(|rate| rate.bps == bps).ok_or_else(|| Refused {
            reason: "NoSuchOffer".into(),
            why: self.desk.session.words.alliance(&AllianceError::NoSuchOffer),
        })?;
        let message = self.desk.council().call_mut().accept_rate(acceptor, issuer, rate);
        self.send(&row.who, 0, message, Words::alliance)?;
        Ok(self.tell(&format!("   council: {} accepts: {}", row.who, rate_said(row, &rate)))?)
    }

    /// A holder's coupon is spent on another one, which the acceptor makes for this and hands over in the same call.
    fn convert(&mut self, row: &CouncilRow) -> Done {
        let (spent, given) = row.subject.split_once(' ').unwrap_or((&row.subject, ""));
        let takes = self.coupon_of(&row.who, spent)?;
        let gives = self.own_coupon(&row.with, given)?;
        let (registry, council) = (self.desk.suite.registry, self.desk.suite.council);
        let approve = self.desk.registry().call_mut().approve(council, Some(gives.into()), true);
        self.send(&row.with, 0, approve, |words, error| words.psp34(error, gives))?;
        let (holder, acceptor) = (Keypair::named(&row.who), Keypair::named(&row.with));
        let worth = amount(&row.amount)?;
        self.conversions = self.conversions.saturating_add(1);
        let given_as: Option<Coupon> = self.desk.item(items::COUPONS, &gives.to_u64())?;
        let gone = RegistryError::NoSuchCoupon { coupon: gives };
        let given_as = given_as.ok_or_else(|| self.desk.session.words.registry(&gone))?;
        let goods = goods(registry, gives, &given_as, holder.account());
        // Beside the numbers of orders.csv and of the market's tills.
        let order: Order = self.order_at(&row.with, self.conversions.saturating_add(2_000_000), worth, goods);
        let domain = self.desk.domain();
        let signed = sign_order(&domain, &acceptor, 0, &[takes.into()], &order);
        let permit = sign_spend(&domain, &holder, 0, takes.into(), &order, order.deadline).permit;
        let coupons = vec![CouponPermit { presented: takes.into(), permit: Some(permit) }];
        let permits = Permits { acceptor: Some(signed), coupons };
        let issuer = self.running(spent)?.issuer.clone();
        let before = self.open_position(Self::account(&issuer))?;
        let message = self.desk.council().call_mut().convert(
            registry,
            registry,
            gives,
            holder.account(),
            (order, permits),
        );
        let redemption: Redemption = self.send(&row.with, 0, message, Words::alliance)?;
        self.take(&row.who, spent, takes);
        self.take(&row.with, given, gives);
        self.put(&row.who, given, gives);
        let owed = before.abs_diff(self.open_position(Self::account(&issuer))?);
        let (counted, worth, owed) = (self.cash(redemption.discount()), self.cash(worth), self.cash(owed));
        Ok(self.tell(&format!(
            "   council: {acceptor} gives {} a {given} for a {spent}: that counts for {counted} of its {worth}, and makes {issuer} owe {acceptor} {owed}",
            row.who,
            acceptor = row.with
        ))?)
    }

    /// A coupon of a campaign of `who`'s that it holds itself.
    fn own_coupon(&mut self, who: &str, campaign: &str) -> Result<CouponId, Refused> {
        if let Ok(coupon) = self.coupon_of(who, campaign) {
            return Ok(coupon);
        }
        let number = self.running(campaign)?.public.campaign;
        self.issues = self.issues.saturating_add(1);
        let message = self.desk.office().call_mut().issue(number, vec![Self::account(who)], self.issues);
        let serial = self.send(who, 0, message, Words::registry)?;
        let coupon = CouponId { campaign: number, serial };
        self.put(who, campaign, coupon);
        Ok(coupon)
    }

    fn dispute(&mut self, row: &CouncilRow) -> Done {
        let (redemption, ..) = self.redemption_of(&row.with, &row.subject)?;
        let number = redemption.number;
        let reason = reason(&row.amount)?;
        let fee = self.desk.session.ask(self.desk.council().call().terms())?.case_fee;
        let shown = evidence(&format!("{} on order {number} of {}", row.who, row.with));
        let registry = self.desk.suite.registry;
        let message = self.desk.council().call_mut().open_case(registry, reason, shown, redemption);
        let case = self.send(&row.who, fee, message, Words::alliance)?;
        self.cases.insert((row.with.clone(), number), case);
        let (disputed, fee) = (self.cash(self.case(case)?.amount), self.cash(fee));
        Ok(self.tell(&format!(
            "   council: {} disputes the {disputed} that it owes {} for order {number}, for a fee of {fee}",
            row.who, row.with
        ))?)
    }

    fn reply(&mut self, row: &CouncilRow) -> Done {
        let case = self.case_of(&row.who, &row.subject)?;
        let shown = evidence(&format!("{} on its order {}", row.who, row.subject));
        let message = self.desk.council().call_mut().reply(case, shown);
        self.send(&row.who, 0, message, Words::alliance)?;
        Ok(self.tell(&format!("   council: {} replies, and shows its receipt", row.who))?)
    }

    /// # Errors
    /// The council's refusal, or that the ruling moved another amount between the two than the share that was ruled.
    fn rule(&mut self, row: &CouncilRow) -> Done {
        let case = self.case_of(&row.with, &row.subject)?;
        let (bps, found) = (share(&row.amount)?, self.case(case)?);
        let (issuer, acceptor) = (found.issuer, found.acceptor);
        let before = (self.open_position(issuer)?, self.open_position(acceptor)?);
        let message = self.desk.council().call_mut().rule(case, bps);
        let given_back: Balance = self.send(&row.who, 0, message, Words::alliance)?;
        let after = (self.open_position(issuer)?, self.open_position(acceptor)?);
        let moved = i128::try_from(given_back).ok();
        let (gained, lost) = (after.0.checked_sub(before.0), before.1.checked_sub(after.1));
        if given_back != share_down(found.amount, bps) || gained != moved || lost != moved {
            return Err(amiss(&format!("{} were ruled to go back", self.cash(given_back))).into());
        }
        let (cash, part) = (self.cash(given_back), percent(bps));
        let name = self.desk.session.words.account(&issuer);
        Ok(self.tell(&format!(
            "   council: {}, who belongs to neither, rules that {} gives {part}% back: {cash} move to {name} in this week's books",
            row.who, row.with
        ))?)
    }

    fn case_of(&self, acceptor: &str, number: &str) -> Result<u32, Refused> {
        let known = number.parse().ok().and_then(|number| self.cases.get(&(acceptor.to_owned(), number)));
        known.copied().ok_or_else(|| Refused {
            reason: "NoDispute".into(),
            why: Refusal::new(format!("nobody disputes order {number} of {acceptor}"), "see council.csv"),
        })
    }

    fn case(&self, case: u32) -> Result<Case, Refusal> {
        let found = self.desk.session.ask(self.desk.council().call().case(case))?;
        found.ok_or_else(|| self.desk.session.words.alliance(&AllianceError::NoSuchCase { case }))
    }

    fn open_position(&self, account: AccountId) -> Result<i128, Refusal> {
        let member = self.desk.look(self.desk.council().call().member(account))?;
        Ok(member.map_or(0, |member| member.open.position()))
    }
}

fn rate_said(row: &CouncilRow, rate: &Rate) -> String {
    format!(
        "{} owes {}% of what its coupons take off at {}, from {} on",
        row.subject,
        percent(rate.bps),
        row.with,
        times::show(rate.from)
    )
}
