//! Custody's storage.

use super::{put, Items};
use crate::model::{custody::Payment, Model};
use ::custody::{
    book::Root,
    payments::{Dispute, Held},
    terms::Merchant,
};
use chain::Hash;
use scale::Encode;

/// What is shown in every dispute, and in every reply.
pub(crate) const EVIDENCE: [Hash; 2] = [[7; 32], [8; 32]];

pub(crate) fn of_custody(model: &Model) -> Items {
    let custody = &model.custody;
    let root = Root { chain_tag: model.places.chain_tag, registries: vec![model.places.registry_code] };
    let mut items = Items::from([(0u32.encode(), root.encode())]);
    for merchant in custody.terms.keys() {
        let (terms, epoch) = custody.current(*merchant).expect("it has set some");
        put(&mut items, 0x01, merchant, Merchant { terms, epoch });
    }
    for (at, payment) in &custody.payments {
        put(&mut items, 0x02, at, held(payment));
    }
    for (at, amount) in &custody.credits {
        put(&mut items, 0x03, at, amount);
    }
    items
}

fn held(payment: &Payment) -> Held {
    let [evidence, reply] = EVIDENCE;
    let terms = &payment.terms;
    Held {
        payer: payment.payer,
        asset: payment.asset,
        amount: payment.held(),
        resolver: terms.resolver,
        disputable_until: payment.disputable_until(),
        time_to_rule: terms.time_to_rule,
        unruled_bps: terms.unruled_bps,
        dispute: payment.dispute.as_ref().map(|dispute| Dispute {
            reason: dispute.reason,
            evidence,
            ruled_until: payment.settles_at(),
            reply: dispute.replied.then_some(reply),
        }),
    }
}
