//! Drops of codes, and claiming them.

use crate::scene::*;
use chain::Keypair;
use e2e_tests::{account, signing::Codes};
use ink::codegen::TraitCallBuilder;
use registry::events::*;
use shared::{
    campaigns::MAX_DROPS,
    claims::{CodeClaim, Drop, Source},
    ids::{CampaignId, CouponId},
    merkle::{leaf, node},
    permit::Purpose,
    registry::RegistryError,
    terms::{Funding, Terms},
    Hash, Timestamp,
};

/// A world with a campaign of `terms` and its first drop of five codes.
fn dropped(terms: Terms, escrow: u128) -> (e2e_tests::World, Doors, CampaignId, Codes) {
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", terms, escrow);
    let codes = Codes::print("bakery", 5);
    act(&mut world, "bakery", 0, to.office.call_mut().create_drop(campaign, codes.root(), codes.size()));
    (world, to, campaign, codes)
}

#[test]
fn a_drop_is_its_root_and_its_size() {
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", terms(), 0);
    for (drop, root, size) in [(1, [5; 32], 10), (2, [6; 32], u32::MAX)] {
        let done = act(&mut world, "bakery", 0, to.office.call_mut().create_drop(campaign, root, size));
        assert_eq!(done.result, drop);
        assert_eq!(
            done.events,
            [by(world.suite.office, office::events::DropCreated { campaign, drop, root, size })]
        );
        assert_eq!(done.moved, []);
    }
}

#[test]
fn a_campaign_has_as_many_drops_as_fit() {
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", terms(), 0);
    for _ in 0..MAX_DROPS {
        act(&mut world, "bakery", 0, to.office.call_mut().create_drop(campaign, [5; 32], 1));
    }
    let message = to.office.call_mut().create_drop(campaign, [5; 32], 1);
    assert_eq!(refused(&mut world, "bakery", 0, message), RegistryError::TooManyDrops { most: MAX_DROPS });
    assert_eq!(world.progress(campaign).drops, [Drop { root: [5; 32], size: 1 }; MAX_DROPS as usize]);
}

#[test]
fn a_drop_is_the_issuers_and_has_codes() {
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", terms(), 0);
    let cases = [
        ("bakery", 9, 5, RegistryError::NoSuchCampaign { campaign: 9 }),
        ("cinema", campaign, 5, RegistryError::NotOperator { caller: account("cinema") }),
        ("bakery", campaign, 0, RegistryError::EmptyDrop),
    ];
    for (who, campaign, size, expected) in cases {
        let message = to.office.call_mut().create_drop(campaign, [5; 32], size);
        assert_eq!(refused(&mut world, who, 0, message), expected);
    }
}

#[test]
fn anyone_may_bring_a_claim_and_the_coupon_goes_to_the_signed_account() {
    let (mut world, mut to, campaign, codes) = dropped(terms(), 0);
    for (serial, index) in [(1, 4), (2, 0)] {
        let claim = codes.claim(world.place(), campaign, 1, index, account("ann"));
        let done = act(&mut world, "relayer", 0, to.registry.call_mut().claim(claim));
        let coupon = CouponId { campaign, serial };
        assert_eq!(done.result, coupon);
        assert_eq!(done.moved, []);
        let (source, advocate) = (Source::Code { drop: 1, index }, None);
        let (count, valid_until) = (1, Timestamp::MAX);
        let issued = CouponsIssued { campaign, first_serial: serial, count, valid_until, advocate, source };
        let arrived = Transfer { from: None, to: Some(account("ann")), id: coupon.into() };
        assert_eq!(done.events, [by(world.suite.registry, issued), by(world.suite.registry, arrived)]);
        assert_eq!(world.coupon(coupon).unwrap().owner, account("ann"));
    }
}

#[test]
fn a_code_works_once() {
    let (mut world, mut to, campaign, codes) = dropped(terms(), 0);
    let claim = |world: &e2e_tests::World, who| codes.claim(world.place(), campaign, 1, 2, account(who));
    let first = claim(&world, "ann");
    act(&mut world, "ann", 0, to.registry.call_mut().claim(first.clone()));
    for again in [first, claim(&world, "ben")] {
        let refusal = refused(&mut world, "ben", 0, to.registry.call_mut().claim(again));
        assert_eq!(refusal, RegistryError::CodeUsed { index: 2 });
    }
}

#[test]
fn a_thief_who_sees_a_claim_gains_nothing() {
    let (mut world, mut to, campaign, codes) = dropped(terms(), 0);
    let seen = codes.claim(world.place(), campaign, 1, 2, account("ann"));
    let stolen = CodeClaim { to: account("ben"), ..seen.clone() };
    let refusal = refused(&mut world, "ben", 0, to.registry.call_mut().claim(stolen));
    assert_eq!(refusal, RegistryError::ClaimUnsigned { index: 2 });
    act(&mut world, "ann", 0, to.registry.call_mut().claim(seen));
}

#[test]
fn a_claim_holds_for_its_own_code_drop_campaign_contract_and_chain_only() {
    let (mut world, mut to, campaign, codes) = dropped(terms(), 0);
    // The same codes again, so that only the signed numbers tell the drops and campaigns apart.
    let other = crate::scene::campaign(&mut world, "bakery", terms(), 0);
    for campaign in [campaign, other] {
        act(&mut world, "bakery", 0, to.office.call_mut().create_drop(campaign, codes.root(), codes.size()));
    }
    let place = world.place();
    let good = codes.claim(place, campaign, 1, 2, account("ann"));
    let code = Keypair::named("bakery code 2");
    let subject = good.subject();
    let sign = |place: e2e_tests::signing::Place, purpose, epoch, deadline| CodeClaim {
        signature: place.permit(&code, purpose, &subject, epoch, deadline).signature,
        ..good.clone()
    };
    let mut other_chain = place;
    other_chain.chain_tag[31] ^= 1;
    let mut other_contract = place;
    other_contract.registry = world.suite.market;
    let unwrapped = place.bytes(Purpose::Claim, &subject, 0, Timestamp::MAX);
    let mut altered = good.signature;
    altered[5] ^= 1;

    let unsigned = RegistryError::ClaimUnsigned { index: 2 };
    let unproven = |index| RegistryError::CodeUnproven { index };
    let ben = codes.claim(place, campaign, 1, 3, account("ann"));
    let cases = [
        (CodeClaim { campaign: other, ..good.clone() }, unsigned),
        (CodeClaim { drop: 2, ..good.clone() }, unsigned),
        (CodeClaim { to: account("ben"), ..good.clone() }, unsigned),
        (CodeClaim { signature: altered, ..good.clone() }, unsigned),
        (CodeClaim { signature: code.sign(&unwrapped), ..good.clone() }, unsigned),
        (sign(other_chain, Purpose::Claim, 0, Timestamp::MAX), unsigned),
        (sign(other_contract, Purpose::Claim, 0, Timestamp::MAX), unsigned),
        (sign(place, Purpose::Spend, 0, Timestamp::MAX), unsigned),
        (sign(place, Purpose::Claim, 1, Timestamp::MAX), unsigned),
        (sign(place, Purpose::Claim, 0, NOW + HOUR), unsigned),
        (CodeClaim { index: 3, ..good.clone() }, unproven(3)),
        (CodeClaim { index: 5, ..good.clone() }, unproven(5)),
        (CodeClaim { key: ben.key, ..good.clone() }, unproven(2)),
        (CodeClaim { proof: ben.proof, ..good.clone() }, unproven(2)),
        (CodeClaim { proof: Vec::new(), ..good.clone() }, unproven(2)),
        (CodeClaim { drop: 3, ..good.clone() }, RegistryError::NoSuchDrop { campaign, drop: 3 }),
        (CodeClaim { campaign: 9, ..good.clone() }, RegistryError::NoSuchCampaign { campaign: 9 }),
    ];
    for (claim, expected) in cases {
        assert_eq!(refused(&mut world, "ann", 0, to.registry.call_mut().claim(claim)), expected);
    }
    act(&mut world, "ann", 0, to.registry.call_mut().claim(good));
}

#[test]
fn codes_are_good_while_the_campaign_issues() {
    let (mut world, mut to, campaign, codes) = dropped(
        terms_but(|t| (t.funding, t.limits.issued_per_holder, t.supply) = (Funding::Escrow, Some(1), 2)),
        1_000,
    );
    let place = world.place();
    let mut claim = |world: &mut _, index, who| {
        let claim = codes.claim(place, campaign, 1, index, account(who));
        call(world, "relayer", 0, to.registry.call_mut().claim(claim)).result.map(|coupon| coupon.serial)
    };
    assert_eq!(claim(&mut world, 0, "ann"), Ok(1));
    assert_eq!(claim(&mut world, 1, "ann"), Err(RegistryError::HolderLimit { limit: 1 }));
    assert_eq!(claim(&mut world, 1, "ben"), Ok(2));
    assert_eq!(claim(&mut world, 2, "cem"), Err(RegistryError::SupplyExhausted { asked: 1, left: 0 }));
    let window = terms().issue_window;
    world.chain.set_time(window.end).unwrap();
    let closed = RegistryError::IssueWindowClosed { start: window.start, end: window.end, now: window.end };
    assert_eq!(claim(&mut world, 2, "cem"), Err(closed));
}

#[test]
fn a_claim_needs_backing_too() {
    let (mut world, mut to, campaign, codes) = dropped(terms_but(|t| t.funding = Funding::Escrow), 499);
    let claim = codes.claim(world.place(), campaign, 1, 0, account("ann"));
    let refusal = refused(&mut world, "ann", 0, to.registry.call_mut().claim(claim));
    assert_eq!(refusal, RegistryError::EscrowShort { needed: 500, free: 499 });
}

#[test]
fn the_last_code_of_a_million_is_as_good_as_the_first() {
    let (mut world, mut to) = open();
    let campaign = campaign(&mut world, "bakery", terms(), 0);
    let million = Million::print();
    act(&mut world, "bakery", 0, to.office.call_mut().create_drop(campaign, million.root, Million::SIZE));
    for (serial, index) in [(1, 0), (2, Million::SIZE - 1)] {
        let claim = million.claim(&world, campaign, index);
        let done = act(&mut world, "ann", 0, to.registry.call_mut().claim(claim.clone()));
        assert_eq!(done.result, CouponId { campaign, serial });
        let again = to.registry.call_mut().claim(claim);
        assert_eq!(refused(&mut world, "ann", 0, again), RegistryError::CodeUsed { index });
    }
}

/// The first and the last code of a drop of 1,000,000. The keys between are never made: no proof needs more of them than the nodes above.
pub(crate) struct Million {
    pub(crate) root: Hash,
    proofs: [Vec<Hash>; 2],
}

impl Million {
    pub(crate) const SIZE: u32 = 1_000_000;
    const DEPTH: u8 = 10;

    pub(crate) fn print() -> Self {
        // All siblings are made up but the two codes' branches of the root.
        let branch = |index: u32| {
            let siblings: Vec<Hash> = (1..Self::DEPTH).flat_map(|level| [[level; 32]; 3]).collect();
            let climb = |(place, below): (u32, Hash), siblings: &[Hash]| {
                let mut children = siblings.to_vec();
                children.insert(usize::try_from(place & 3).unwrap(), below);
                (place >> 2, node(&children))
            };
            let start = (index, leaf(index, &code(index).public()));
            let (place, top) = siblings.chunks(3).fold(start, climb);
            (siblings, usize::try_from(place).unwrap(), top)
        };
        let branches = [branch(0), branch(Self::SIZE - 1)];
        let mut children = [[Self::DEPTH; 32]; 4];
        for (_, place, top) in &branches {
            children[*place] = *top;
        }
        let proofs = branches.map(|(siblings, place, _)| {
            let others = children.iter().enumerate().filter(|(other, _)| *other != place);
            siblings.into_iter().chain(others.map(|(_, hash)| *hash)).collect()
        });
        Self { root: node(&children), proofs }
    }

    /// The claim of the first or the last code for ann.
    pub(crate) fn claim(&self, world: &e2e_tests::World, campaign: CampaignId, index: u32) -> CodeClaim {
        let proof = self.proofs[usize::from(index != 0)].clone();
        let to = account("ann");
        let subject = (campaign, 1u32, index, to, None::<chain::AccountId>);
        let permit = world.place().permit(&code(index), Purpose::Claim, &subject, 0, Timestamp::MAX);
        let (key, signature) = (code(index).public(), permit.signature);
        CodeClaim { campaign, drop: 1, index, key, proof, to, advocate: None, signature }
    }
}

fn code(index: u32) -> Keypair {
    Keypair::named(&format!("code {index} of a million"))
}
