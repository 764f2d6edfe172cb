//! Steps of the alliance's council: motions and votes, rates of pairs, disputes, making good.

use super::{issues, paid, Dice};
use crate::model::{
    alliance::{Dispute, Poll},
    ops::{AllianceCall, Consent, Message, OfficeCall, Op, OrderCall, RegistryCall, MINUTE},
    registry::{blake2, Fate, Past},
    Model, Who,
};
use ::alliance::members::Status;
use chain::AccountId;
use e2e_tests::actors::{MERCHANTS, OPERATOR, OWNER};
use rand::Rng;
use shared::{
    alliance::{council::Motion, rates::Rate},
    coupons::Coupon,
    ids::CouponId,
    order::Settlement,
    terms::TransferPolicy,
};

fn alliance(call: AllianceCall) -> Message {
    Message::Alliance(call)
}

/// Whether a redemption through the alliance could be disputed now, and by whom.
fn disputable(model: &Model, past: &Past) -> Option<AccountId> {
    let (alliance, redemption) = (&model.alliance, &past.redemption);
    let mut issuers = redemption.uses.iter().map(|used| used.issuer).filter(|issuer| {
        let about = (redemption.acceptor, redemption.number, *issuer);
        let booked = alliance.booked.iter();
        let mut booked = booked.filter(|((by, order, _), debt)| (*by, *order, debt.issuer) == about);
        booked.any(|(_, debt)| debt.amount > debt.fee) && !alliance.disputed.contains_key(&about)
    });
    let stands = past.fate == Fate::Stands && redemption.alliance == Some(model.places.alliance);
    let last = redemption.final_at + alliance.terms.case_window;
    let in_time = (redemption.final_at..last).contains(&model.now);
    issuers.next().filter(|_| stands && in_time)
}

pub(super) fn any_disputable(model: &Model) -> bool {
    model.registry.past.iter().any(|past| disputable(model, past).is_some())
}

/// Active members who may vote for a motion and haven't.
fn undecided(model: &Model, number: u32, poll: &Poll) -> Vec<AccountId> {
    let open = !poll.carried && model.now < poll.ends_at;
    let members = model.alliance.members.iter().filter(|(who, member)| {
        open && member.active()
            && member.since < poll.opened_at
            && !model.alliance.votes.contains_key(&(number, **who))
    });
    members.map(|(who, _)| *who).collect()
}

pub(super) fn any_undecided(model: &Model) -> bool {
    model.alliance.polls.iter().any(|(number, poll)| !undecided(model, *number, poll).is_empty())
}

impl Dice<'_> {
    pub(super) fn waive_fee(&mut self) -> Op {
        let outside = |who: &Who| !self.model.alliance.members.contains_key(&self.model.places.of(who));
        let outside: Vec<Who> = MERCHANTS.into_iter().filter(outside).collect();
        let any = self.anyone();
        let account = self.pick(&outside).unwrap_or(any);
        let had = self.model.alliance.waived.contains(&self.model.places.of(account));
        let waived = if self.chance(85) { !had } else { had };
        let caller = if self.chance(88) { OPERATOR } else { self.anyone() };
        Op::plain(caller, alliance(AllianceCall::WaiveFee { account, waived }))
    }

    /// What would change something, mostly: exactly as an applicant applied, or for whoever is suspended or has defaulted.
    fn motion(&mut self, by_vote: bool) -> Motion {
        let status =
            |status: Status| move |model: &Model, account| model.alliance.members[&account].status == status;
        let any = |status: Status| self.model.alliance.members.values().any(|member| member.status == status);
        let (applied, suspended, defaulted) =
            (any(Status::Applied), any(Status::Suspended), any(Status::Defaulted));
        let cap = self.rng.gen_range(40..160);
        match self.rng.gen_range(0..100) {
            0..=59 if applied => self.admission(cap),
            0..=79 if suspended => {
                Motion::Reinstate { account: self.member_account(status(Status::Suspended)) }
            }
            0..=79 if defaulted && by_vote => {
                let account = self.member_account(|model, account| {
                    let member = &model.alliance.members[&account];
                    member.status == Status::Defaulted && member.unpaid == 0
                });
                Motion::Readmit { account, cap }
            }
            80..=84 => Motion::Reinstate { account: self.member_account(status(Status::Suspended)) },
            85..=86 => Motion::Readmit { account: self.member_account(status(Status::Defaulted)), cap },
            87..=90 => {
                let account = self.member_account(status(Status::Active));
                Motion::Suspend { account, reason: self.rng.gen_range(0..4) }
            }
            91 | 92 => self.admission(cap),
            _ => Motion::SetCap { account: self.member_account(status(Status::Active)), cap },
        }
    }

    fn member_account(&mut self, fits: impl Fn(&Model, AccountId) -> bool) -> AccountId {
        let who = self.member(fits);
        self.model.places.of(who)
    }

    fn admission(&mut self, cap: u128) -> Motion {
        let applied = |model: &Model, account| model.alliance.members[&account].status == Status::Applied;
        let account = self.member_account(applied);
        let mut profile = self.model.alliance.members.get(&account).map_or([0; 32], |member| member.profile);
        if self.chance(4) {
            profile[0] ^= 1;
        }
        let registry = self.registry();
        Motion::Admit { account, registry: self.model.places.of(registry), profile, cap }
    }

    pub(super) fn admit(&mut self) -> Op {
        let cap = self.rng.gen_range(40..160);
        let motion = self.admission(cap);
        let caller = if self.chance(92) { OPERATOR } else { self.anyone() };
        Op::plain(caller, alliance(AllianceCall::Decide { motion }))
    }

    pub(super) fn decide(&mut self) -> Op {
        let motion = self.motion(false);
        let caller = if self.chance(92) { OPERATOR } else { self.anyone() };
        Op::plain(caller, alliance(AllianceCall::Decide { motion }))
    }

    pub(super) fn propose(&mut self) -> Op {
        let motion = self.motion(true);
        let caller = self.member(|model, account| model.alliance.members[&account].active());
        Op::plain(caller, alliance(AllianceCall::Propose { motion }))
    }

    /// The next step for whoever has defaulted and made good.
    pub(super) fn readmit(&mut self) -> Op {
        let account = self.member_account(|model, account| {
            let member = &model.alliance.members[&account];
            member.status == Status::Defaulted && member.unpaid == 0
        });
        let motion = Motion::Readmit { account, cap: self.rng.gen_range(40..160) };
        let caller = self.member(|model, account| model.alliance.members[&account].active());
        Op::plain(caller, alliance(AllianceCall::Propose { motion }))
    }

    pub(super) fn vote(&mut self) -> Op {
        if !any_undecided(self.model) && self.chance(70) {
            return self.propose();
        }
        let polls = &self.model.alliance.polls;
        let votes: Vec<(u32, AccountId)> = polls
            .iter()
            .flat_map(|(number, poll)| {
                undecided(self.model, *number, poll).into_iter().map(|who| (*number, who))
            })
            .collect();
        let any: Vec<u32> = polls.keys().copied().collect();
        let chosen = if self.chance(80) { self.pick(&votes) } else { None };
        let (proposal, caller) = match chosen {
            Some((number, who)) => (number, self.mostly(who)),
            None => (self.pick(&any).unwrap_or(9), self.merchant()),
        };
        Op::plain(caller, alliance(AllianceCall::Vote { proposal }))
    }

    pub(super) fn clear_vote(&mut self) -> Op {
        let now = self.model.now;
        let votes: Vec<_> = self.model.alliance.votes.iter().map(|(at, ends_at)| (*at, *ends_at)).collect();
        let over: Vec<_> = votes.iter().filter(|(_, ends_at)| now >= *ends_at).copied().collect();
        let chosen = if self.chance(85) { self.pick(&over).or(self.pick(&votes)) } else { self.pick(&votes) };
        let Some(((proposal, who), _)) = chosen else { return self.propose() };
        Op::plain(self.mostly(who), alliance(AllianceCall::Clear { proposal }))
    }

    /// Two members who may agree on a rate, mostly: an acceptor and an issuer.
    fn two_members(&mut self) -> (Who, Who) {
        let active = |model: &Model, account| model.alliance.members[&account].active();
        let acceptor = self.member(active);
        let account = self.model.places.of(acceptor);
        let issuer = self.member(|model, other| active(model, other) && other != account);
        (acceptor, issuer)
    }

    pub(super) fn offer_rate(&mut self) -> Op {
        let (mut acceptor, mut issuer) = self.two_members();
        let mut caller = if self.chance(50) { acceptor } else { issuer };
        if self.chance(4) {
            caller = self.anyone();
        }
        let own: Vec<_> = self.model.alliance.offers.keys().copied().collect();
        match self.pick(&own) {
            Some((one, other, by)) if self.chance(15) => {
                let names = (self.name(one), self.name(other));
                if let (Some(a), Some(b)) = names {
                    (acceptor, issuer, caller) = (a, b, self.mostly(by));
                }
                return Op::plain(caller, alliance(AllianceCall::OfferRate { acceptor, issuer, rate: None }));
            }
            Some(_) | None => {}
        }
        let now = self.model.now;
        let bps = match self.rng.gen_range(0..20) {
            0 => 0,
            1 => 10_001,
            _ => self.rng.gen_range(2_000..=10_000),
        };
        let from = if self.chance(5) { now } else { now + 1 + self.rng.gen_range(0..60) * MINUTE };
        let daily_cap = self.chance(55).then(|| self.rng.gen_range(15..120));
        let rate = (!self.chance(4)).then_some(Rate { bps, from, daily_cap });
        Op::plain(caller, alliance(AllianceCall::OfferRate { acceptor, issuer, rate }))
    }

    pub(super) fn accept_rate(&mut self) -> Op {
        let now = self.model.now;
        let active = |who| self.model.alliance.members.get(&who).is_some_and(|member| member.active());
        let offers: Vec<_> = self.model.alliance.offers.iter().map(|(at, rate)| (*at, *rate)).collect();
        let good = |((acceptor, issuer, _), rate): &&((AccountId, AccountId, AccountId), Rate)| {
            active(*acceptor) && active(*issuer) && rate.from > now
        };
        let fit: Vec<_> = offers.iter().filter(good).copied().collect();
        if fit.is_empty() && self.chance(70) {
            return self.offer_rate();
        }
        let chosen =
            if self.chance(90) { self.pick(&fit).or(self.pick(&offers)) } else { self.pick(&offers) };
        let Some(((acceptor, issuer, by), mut rate)) = chosen else { return self.offer_rate() };
        let other = if by == acceptor { issuer } else { acceptor };
        if self.chance(5) {
            rate.bps -= 1;
        }
        let caller = self.mostly(other);
        let (Some(acceptor), Some(issuer)) = (self.name(acceptor), self.name(issuer)) else {
            return self.offer_rate();
        };
        Op::plain(caller, alliance(AllianceCall::AcceptRate { acceptor, issuer, rate }))
    }

    pub(super) fn open_case(&mut self) -> Op {
        if !any_disputable(self.model) && self.chance(85) {
            return self.alliance_redeem();
        }
        let Some(redemption) = self.redemption(|model, past| disputable(model, past).is_some()) else {
            return self.alliance_redeem();
        };
        let mut past = self.model.registry.past.iter();
        let known = past.find(|past| past.redemption == redemption);
        let issuer = known.and_then(|past| disputable(self.model, past));
        let issuer = issuer.unwrap_or(redemption.uses[0].issuer);
        let caller = self.mostly(issuer);
        let value = self.value(self.model.alliance.config.asset, self.model.alliance.terms.case_fee);
        let (registry, reason) = (self.registry(), self.rng.gen_range(0..5));
        let redemption = Box::new(redemption);
        paid(caller, value, alliance(AllianceCall::OpenCase { registry, reason, redemption }))
    }

    /// A dispute of those that fit, mostly.
    fn case(&mut self, fits: impl Fn(&Model, &Dispute) -> bool) -> Option<(u32, Dispute)> {
        let all: Vec<_> = self.model.alliance.disputes.iter().map(|(case, of)| (*case, of.clone())).collect();
        let fit: Vec<_> = all.iter().filter(|(_, dispute)| fits(self.model, dispute)).cloned().collect();
        let (case, dispute) = match self.pick(&fit) {
            Some(found) if self.chance(90) => found,
            Some(_) | None if fit.is_empty() && self.chance(60) => return None,
            Some(_) | None => self.pick(&all)?,
        };
        Some((if self.chance(3) { case + 50 } else { case }, dispute))
    }

    pub(super) fn reply_to_case(&mut self) -> Op {
        let found = self.case(|model, dispute| {
            !dispute.closed && dispute.replied_at.is_none() && model.now < dispute.replies_until(model)
        });
        let Some((case, dispute)) = found else { return self.open_case() };
        Op::plain(self.mostly(dispute.acceptor), alliance(AllianceCall::Reply { case }))
    }

    pub(super) fn rule_case(&mut self) -> Op {
        let found = self.case(|model, dispute| {
            let heard = dispute.replied_at.is_some() || model.now >= dispute.replies_until(model);
            !dispute.closed && heard && model.now < dispute.rules_until(model)
        });
        let Some((case, _)) = found else { return self.reply_to_case() };
        let caller = if self.chance(92) { OWNER } else { self.anyone() };
        let bps = match self.rng.gen_range(0..12) {
            0 => 10_001,
            1..=4 => 10_000,
            _ => self.rng.gen_range(0..=10_000),
        };
        Op::plain(caller, alliance(AllianceCall::Rule { case, bps }))
    }

    pub(super) fn time_out_case(&mut self) -> Op {
        let open = self.model.alliance.disputes.values().filter(|dispute| !dispute.closed);
        let soonest = open.map(|dispute| dispute.rules_until(self.model)).min();
        match soonest {
            Some(until) if self.model.now < until && self.chance(40) => {
                return Op::Advance(until - self.model.now)
            }
            Some(_) | None => {}
        }
        let found = self.case(|model, dispute| !dispute.closed && model.now >= dispute.rules_until(model));
        let Some((case, _)) = found else { return self.open_case() };
        Op::plain(self.anyone(), alliance(AllianceCall::TimeOut { case }))
    }

    pub(super) fn clear_case(&mut self) -> Op {
        let window = self.model.alliance.terms.case_window;
        let closed = self.model.alliance.disputes.values().filter(|dispute| dispute.closed);
        let soonest = closed.map(|dispute| dispute.opened_at + window).min();
        match soonest {
            Some(until) if self.model.now < until && self.chance(50) => {
                return Op::Advance(until - self.model.now)
            }
            Some(_) | None => {}
        }
        let found = self.case(|model, dispute| dispute.closed && model.now >= dispute.opened_at + window);
        let Some((case, dispute)) = found else { return self.rule_case() };
        Op::plain(self.mostly(dispute.issuer), alliance(AllianceCall::ClearCase { case }))
    }

    pub(super) fn make_good(&mut self) -> Op {
        let unpaid = |model: &Model, account| model.alliance.members[&account].unpaid;
        let any = self.model.alliance.members.values().any(|member| member.unpaid > 0);
        if !any && self.chance(95) {
            return self.cover();
        }
        let member = self.member(|model, account| unpaid(model, account) > 0);
        let account = self.model.places.of(member);
        let due = self.model.alliance.members.get(&account).map_or(0, |member| member.unpaid);
        let amount = match self.rng.gen_range(0..10) {
            0 => due + 1,
            1..=6 => due,
            _ => self.amount(due),
        };
        let value = self.value(self.model.alliance.config.asset, amount);
        paid(self.mostly(account), value, alliance(AllianceCall::MakeGood { member, amount }))
    }

    /// Orders as `alliance_redeem` draws them, in one call.
    pub(super) fn alliance_redeem_batch(&mut self) -> Op {
        let (mut orders, mut by): (Vec<OrderCall>, Option<Who>) = (Vec::new(), None);
        let items = self.rng.gen_range(1..5);
        for _ in 0..3 * items {
            match self.alliance_redeem() {
                Op::Call {
                    caller,
                    message: Message::Alliance(AllianceCall::Redeem { mut order, .. }),
                    ..
                } => {
                    let caller = *by.get_or_insert(caller);
                    let acceptor = order.order.acceptor;
                    if order.acceptor.is_none() && self.model.places.of(caller) != acceptor && !self.chance(3)
                    {
                        let signer = self.speaker(acceptor);
                        order.acceptor = Some(self.consent(signer));
                    }
                    if self.chance(95) {
                        order.order.settlement = Settlement::OffChain;
                    }
                    orders.push(order);
                }
                towards if orders.is_empty() => return towards,
                _ => {}
            }
            if orders.len() >= items {
                break;
            }
        }
        match self.rng.gen_range(0..30) {
            0 => orders.clear(),
            // As little as possible of each, since a call takes 16 kB.
            1 => orders = vec![OrderCall { coupons: Vec::new(), ..orders[0].clone() }; 51],
            2..=4 => orders.push(orders[0].clone()),
            _ => {}
        }
        let registry = self.registry();
        Op::plain(by.unwrap_or(OWNER), alliance(AllianceCall::RedeemBatch { registry, orders }))
    }

    /// Goods that an active member holds, for a coupon that another owes for.
    pub(super) fn convert(&mut self) -> Op {
        let goods = |model: &Model, _: CouponId, coupon: &Coupon| {
            let active = model.alliance.members.get(&coupon.owner).is_some_and(|member| member.active());
            active
                && coupon.policy == TransferPolicy::Free
                && coupon.frozen.is_none()
                && coupon.lock.is_none()
        };
        let mut live = self.model.registry.coupons.iter();
        if !live.any(|(id, coupon)| goods(self.model, *id, coupon)) && self.chance(85) {
            let active = |model: &Model, account| model.alliance.members[&account].active();
            let (to, source) = (vec![self.member(active)], self.rng.gen_range(0..100_000));
            let (campaign, caller) = self.campaign(|model, number| {
                issues(model, number)
                    && model.registry.campaign(number).unwrap().terms.transfer == TransferPolicy::Free
            });
            return Op::plain(caller, Message::Office(OfficeCall::Issue { campaign, to, source }));
        }
        let (coupon, holder) = self.coupon(goods);
        let (mut order, consents) = match self.alliance_redeem() {
            Op::Call { message: Message::Alliance(AllianceCall::Redeem { order, .. }), .. } => {
                (order.order, order.coupons)
            }
            towards => return towards,
        };
        let (to, other) = (self.consumer(), self.registry());
        if !self.chance(4) {
            order.acceptor = holder;
        }
        let held = self.model.registry.coupons.get(&coupon);
        let (left, end) = held.map_or((0, 0), |held| (held.left, held.valid_until));
        order.basket_hash =
            blake2(&(self.model.places.of(other), coupon, left, end, self.model.places.of(to)));
        if self.chance(4) {
            order.basket_hash[0] ^= 1;
        }
        if self.chance(97) {
            order.settlement = Settlement::OffChain;
        }
        // A cashier's word isn't enough here.
        let signer = if self.chance(95) { order.acceptor } else { self.speaker(order.acceptor) };
        let acceptor: Option<Consent> = (!self.chance(3)).then(|| self.consent(signer));
        let order = OrderCall { order, acceptor, coupons: consents };
        let registry = self.registry();
        let call = AllianceCall::Convert { registry, other, coupon, to, order };
        Op::plain(self.anyone(), alliance(call))
    }

    /// A merchant lets the council move its coupons, or no longer.
    pub(super) fn let_council(&mut self) -> Op {
        let approved = self.chance(80);
        let call = RegistryCall::Approve { operator: "council", coupon: None, approved };
        Op::plain(self.merchant(), Message::Registry(call))
    }
}
