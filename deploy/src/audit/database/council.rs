//! The council's tables.
use super::{account, amount, at, coupon, hex_text, moment, number, order, text, Tables};
use crate::audit::{decode::CouncilEvent, AuditError, Happened};
use rusqlite::types::Value;
use shared::alliance::council::Motion;

impl Tables<'_> {
    pub(super) fn council(&self, happened: &Happened, event: &CouncilEvent) -> Result<(), AuditError> {
        match event {
            CouncilEvent::CycleClosed(event) => self.cycle(happened, event),
            CouncilEvent::MotionMoved(event) => {
                let (what, cap, reason) = motion(&event.motion);
                let row = [
                    number(event.proposal),
                    account(event.by),
                    text(what),
                    account(event.motion.account()),
                    cap,
                    reason,
                    number(event.needed),
                    moment(event.ends_at),
                    Value::Null,
                ];
                self.note("motions", happened, row)
            }
            CouncilEvent::VoteCast(event) => {
                self.note("votes", happened, [number(event.proposal), account(event.member)])
            }
            CouncilEvent::MotionCarried(event) => {
                if let Some(proposal) = event.proposal {
                    let at = [number(proposal), moment(happened.time)];
                    return self.update("UPDATE motions SET carried_at = ?2 WHERE number = ?1", at);
                }
                let (what, cap, reason) = motion(&event.motion);
                let [block, idx, time] = at(happened);
                let row = [block, idx, time.clone(), text(what), account(event.member), cap, reason, time];
                self.update(
                    "INSERT INTO motions (block, idx, time, motion, member, cap, reason, carried_at)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    row,
                )
            }
            CouncilEvent::RateAgreed(event) => {
                let rate = event.rate.rate;
                let row = [
                    account(event.acceptor),
                    account(event.issuer),
                    number(rate.bps),
                    moment(rate.from),
                    rate.daily_cap.map_or(Value::Null, amount),
                ];
                self.note("rates", happened, row)
            }
            CouncilEvent::CaseOpened(event) => {
                let row = [
                    number(event.case),
                    account(event.issuer),
                    account(event.acceptor),
                    order(event.number),
                    amount(event.amount),
                    number(event.reason),
                    text(&hex_text(event.evidence)),
                    Value::Null,
                    Value::Null,
                    Value::Null,
                    Value::Null,
                ];
                self.note("disputes", happened, row)
            }
            CouncilEvent::CaseReplied(event) => self.update(
                "UPDATE disputes SET replied_at = ?2 WHERE number = ?1",
                [number(event.case), moment(happened.time)],
            ),
            CouncilEvent::CaseClosed(event) => self.update(
                "UPDATE disputes SET closed_at = ?2, ruled_bps = ?3, given_back = ?4 WHERE number = ?1",
                [
                    number(event.case),
                    moment(happened.time),
                    event.ruled.map_or(Value::Null, number),
                    amount(event.given_back),
                ],
            ),
            CouncilEvent::CouponConverted(event) => {
                let [campaign, serial] = coupon(event.coupon);
                let row = [account(event.acceptor), order(event.number), campaign, serial, account(event.to)];
                self.note("conversions", happened, row)
            }
            CouncilEvent::MemberDefaulted(event) => {
                let found = event.found;
                let row = [
                    account(event.member),
                    amount(found.credit),
                    amount(found.collateral),
                    amount(found.fund_share),
                    amount(found.fund),
                    amount(found.cut),
                    amount(found.waiting),
                ];
                self.note("defaults", happened, row)
            }
            // What these do to members is in their positions, and money in the movements.
            CouncilEvent::CouncilOpened(_)
            | CouncilEvent::FeeWaived(_)
            | CouncilEvent::MemberApplied(_)
            | CouncilEvent::MemberLeaving(_)
            | CouncilEvent::MemberExited(_)
            | CouncilEvent::CollateralDeposited(_)
            | CouncilEvent::CollateralWithdrawn(_)
            | CouncilEvent::PayInReceived(_)
            | CouncilEvent::MadeGood(_)
            | CouncilEvent::FundEndowed(_)
            | CouncilEvent::PayoutMade(_)
            | CouncilEvent::VoteCleared(_)
            | CouncilEvent::RateOffered(_)
            | CouncilEvent::CaseCleared(_) => Ok(()),
        }
    }
}

/// What it does, with its cap and its reason.
fn motion(motion: &Motion) -> (&'static str, Value, Value) {
    match *motion {
        Motion::Admit { cap, .. } => ("admit", amount(cap), Value::Null),
        Motion::Suspend { reason, .. } => ("suspend", Value::Null, number(reason)),
        Motion::Reinstate { .. } => ("reinstate", Value::Null, Value::Null),
        Motion::Readmit { cap, .. } => ("readmit", amount(cap), Value::Null),
        Motion::SetCap { cap, .. } => ("set cap", amount(cap), Value::Null),
    }
}
