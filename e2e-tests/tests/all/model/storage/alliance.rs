//! The alliance's storage and its council's.

use super::{put, Items};
use crate::model::{
    alliance::{Alliance, Dispute, Pair, Poll},
    Model,
};
use ::alliance::cycles::{Books, Closed, Cut, Cycle};
use chain::AccountId;
use scale::Encode;
use shared::alliance::{
    council::{Case, Proposal},
    rates::PairRate,
};
use std::collections::BTreeMap;

/// The alliance's storage, but for its members: those are kept as they were when last touched, and are compared by `member` instead.
pub(crate) fn of_alliance(model: &Model) -> Items {
    let alliance = &model.alliance;
    let mut items = Items::new();
    items.insert(0u32.encode(), (&alliance.config, books(alliance), model.places.council).encode());
    for (two, pair) in &alliance.pairs {
        put(&mut items, 0x02, two, kept(pair));
    }
    for cycle in alliance.cut_cycles() {
        put(&mut items, 0x03, cycle, cut(alliance, cycle));
    }
    items
}

/// The last rate and the one before.
fn kept(pair: &Pair) -> PairRate {
    let mut newest = pair.rates.iter().rev();
    let rate = *newest.next().expect("they agreed on one");
    let before = newest.next().map(|before| (before.bps, before.daily_cap));
    PairRate { between: pair.between, rate, before, day: pair.day, used: pair.used }
}

fn cut(alliance: &Alliance, cycle: u32) -> Cut {
    let (credits_left, left) = alliance.uncollected(cycle);
    let credits = alliance.credits(cycle);
    Cut {
        credits,
        payable: credits - alliance.lost(cycle),
        credits_left,
        payable_left: left - alliance.dust(cycle),
    }
}

fn books(alliance: &Alliance) -> Books {
    let sum = |of: &BTreeMap<u32, u128>, cycle| of.get(&cycle).copied().unwrap_or_default();
    let cycle = |number, opened_at| Cycle {
        number,
        opened_at,
        debits: alliance.debits(number),
        fees: sum(&alliance.fees, number),
        refunds: sum(&alliance.refunds, number),
    };
    let before = alliance.cycle - 1;
    Books {
        cycle: cycle(alliance.cycle, alliance.opened_at),
        closed: Closed {
            cycle: cycle(before, alliance.closed_opened_at),
            cut_off: alliance.cut_off,
            paid_in: alliance.paid_in(before),
            lost: alliance.lost(before),
        },
        fund: alliance.fund,
        last_cut: alliance.cut_cycles().last().copied().unwrap_or_default(),
        applied: alliance.applied,
        voters: alliance.voters(),
    }
}

/// The council's storage.
pub(crate) fn of_council(model: &Model) -> Items {
    let (alliance, places) = (&model.alliance, &model.places);
    let root = (places.alliance, alliance.terms, alliance.proposals, alliance.cases);
    let mut items = Items::from([(0u32.encode(), root.encode())]);
    for (number, poll) in &alliance.polls {
        put(&mut items, 0x31, number, proposal(poll));
    }
    for (at, ends_at) in &alliance.votes {
        put(&mut items, 0x32, at, ends_at);
    }
    for (at, rate) in &alliance.offers {
        put(&mut items, 0x33, at, rate);
    }
    for (number, dispute) in &alliance.disputes {
        put(&mut items, 0x34, number, case(dispute, places.registry));
    }
    for ((acceptor, number, issuer), case) in &alliance.disputed {
        put(&mut items, 0x35, (places.registry, acceptor, number, issuer), case);
    }
    for account in &alliance.waived {
        put(&mut items, 0x36, account, ());
    }
    items
}

fn proposal(poll: &Poll) -> Proposal {
    let Poll { motion, by, opened_at, ends_at, needed, carried, .. } = *poll;
    let votes = u32::try_from(poll.voters.len()).unwrap();
    Proposal { motion, by, opened_at, ends_at, needed, votes, carried }
}

fn case(dispute: &Dispute, registry: AccountId) -> Case {
    let Dispute { issuer, acceptor, number, amount, reason, opened_at, replied_at, closed } = *dispute;
    Case { issuer, acceptor, registry, number, amount, reason, opened_at, replied_at, closed }
}
