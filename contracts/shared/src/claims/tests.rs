//! What each claim must show, in the order it is looked at.
use super::*;
use crate::{
    merkle::Tree,
    testing::{account, terms, Signer, DOMAIN, NOW},
};

const ORDER: Hash = [7; 32];
const TO: AccountId = account(20);
const ADVOCATE: AccountId = account(21);

fn refused<T>(refusal: RegistryError) -> Result<T, Refusal> {
    Err(refusal.into())
}

/// A drop of three codes, and an unsigned claim of the second, which `Signer::new(2)` has the key of.
fn code() -> (Drop, CodeClaim) {
    let keys: Vec<Hash> = (1..=3).map(|seed| Signer::new(seed).key()).collect();
    let tree = Tree::new(&keys).unwrap();
    let claim = CodeClaim {
        campaign: 4,
        drop: 5,
        index: 1,
        key: keys[1],
        proof: tree.proof(1).unwrap(),
        to: TO,
        advocate: None,
        signature: [0; 64],
    };
    (Drop { root: tree.root(), size: tree.size() }, claim)
}

fn signed(claim: CodeClaim) -> CodeClaim {
    let signature = Signer::new(2).sign(Purpose::Claim, &claim.subject(), 0, Timestamp::MAX);
    CodeClaim { signature, ..claim }
}

fn spent_at_once(claim: CodeClaim) -> CodeClaim {
    let subject = (claim.subject(), ORDER);
    let signature = Signer::new(2).sign(Purpose::ClaimAndSpend, &subject, 0, Timestamp::MAX);
    CodeClaim { signature, ..claim }
}

#[test]
fn a_code_is_claimed_by_its_own_signature() {
    let (drop, claim) = code();
    assert_eq!(signed(claim.clone()).check(&drop, None, &DOMAIN), Ok(()));
    assert_eq!(spent_at_once(claim).check(&drop, Some(&ORDER), &DOMAIN), Ok(()));
}

#[test]
fn a_code_must_be_in_the_drop_whatever_is_signed() {
    let (drop, claim) = code();
    let unproven = |index| refused(RegistryError::CodeUnproven { index });
    let elsewhere = signed(CodeClaim { index: 2, ..claim.clone() });
    assert_eq!(elsewhere.check(&drop, None, &DOMAIN), unproven(2));
    let past = signed(CodeClaim { index: 3, ..claim.clone() });
    assert_eq!(past.check(&drop, None, &DOMAIN), unproven(3));
    let foreign = CodeClaim { key: Signer::new(1).key(), ..claim.clone() };
    assert_eq!(foreign.check(&drop, None, &DOMAIN), unproven(1));
    let other_drop = Drop { root: [0; 32], ..drop };
    assert_eq!(signed(claim).check(&other_drop, None, &DOMAIN), unproven(1));
}

#[test]
fn a_codes_signature_is_good_for_exactly_one_claim() {
    let (drop, claim) = code();
    let unsigned = refused(RegistryError::ClaimUnsigned { index: 1 });
    assert_eq!(claim.check(&drop, None, &DOMAIN), unsigned);
    let good = signed(claim.clone());
    let others = [
        CodeClaim { campaign: 9, ..good.clone() },
        CodeClaim { drop: 9, ..good.clone() },
        CodeClaim { to: ADVOCATE, ..good.clone() },
        CodeClaim { advocate: Some(ADVOCATE), ..good.clone() },
    ];
    for other in others {
        assert_eq!(other.check(&drop, None, &DOMAIN), unsigned);
    }
    for domain in [Domain { chain_tag: [9; 32], ..DOMAIN }, Domain { contract: account(9), ..DOMAIN }] {
        assert_eq!(good.check(&drop, None, &domain), unsigned);
    }
    // Neither kind of claim stands in for the other, nor one order for another.
    assert_eq!(good.check(&drop, Some(&ORDER), &DOMAIN), unsigned);
    let at_once = spent_at_once(claim);
    assert_eq!(at_once.check(&drop, None, &DOMAIN), unsigned);
    assert_eq!(at_once.check(&drop, Some(&[8; 32]), &DOMAIN), unsigned);
}

/// A list of two accounts, and a claim of the second entry, of `count` coupons.
fn entry(count: u32) -> (Drop, Claim) {
    let entries = [listed(account(1), 1), listed(TO, count)];
    let tree = Tree::new(&entries).unwrap();
    let proof = tree.proof(1).unwrap();
    let entitlement = Entitlement::Listed { drop: 5, index: 1, count, proof };
    let claim = Claim { campaign: 4, to: TO, advocate: None, attestation: None, entitlement };
    (Drop { root: tree.root(), size: tree.size() }, claim)
}

fn check_entry(drop: &Drop, claim: &Claim, counted: u32) -> Result<(), Refusal> {
    match &claim.entitlement {
        Entitlement::Listed { index, proof, .. } => claim.check_entry(drop, *index, counted, proof),
        Entitlement::Voucher { .. } | Entitlement::Code { .. } => panic!("not an entry"),
    }
}

#[test]
fn an_entry_is_for_its_account_and_its_count() {
    let (drop, claim) = entry(7);
    let unproven = refused(RegistryError::CodeUnproven { index: 1 });
    assert_eq!(check_entry(&drop, &claim, 7), Ok(()));
    assert_eq!(check_entry(&drop, &claim, 8), unproven);
    assert_eq!(check_entry(&drop, &Claim { to: ADVOCATE, ..claim.clone() }, 7), unproven);
    // In the list first, then how many, then no advocate.
    let advised = Claim { advocate: Some(ADVOCATE), ..claim };
    assert_eq!(check_entry(&Drop { root: [0; 32], ..drop }, &advised, 7), unproven);
    assert_eq!(check_entry(&drop, &advised, 7), refused(RegistryError::AdvocateUnsigned));
}

#[test]
fn an_entry_is_for_one_to_fifty_coupons() {
    for (count, expected) in [
        (0, refused(RegistryError::BatchSize { items: 0, most: 50 })),
        (1, Ok(())),
        (50, Ok(())),
        (51, refused(RegistryError::BatchSize { items: 51, most: 50 })),
    ] {
        let (drop, claim) = entry(count);
        assert_eq!(check_entry(&drop, &claim, count), expected);
        assert_eq!(claim.entitlement.count(), count);
    }
    let (drop, claim) = entry(0);
    let advised = Claim { advocate: Some(ADVOCATE), ..claim };
    assert_eq!(check_entry(&drop, &advised, 0), refused(RegistryError::BatchSize { items: 0, most: 50 }));
}

const NONCE: u64 = 300;
const DEADLINE: Timestamp = NOW + 1;

/// A voucher of `Signer::new(6)` for `TO`, brought by `ADVOCATE`.
fn voucher() -> (Claim, Hash, Signature) {
    let (signer, to, advocate) = (Signer::new(6), TO, Some(ADVOCATE));
    let signature = signer.sign(Purpose::Voucher, &(4u32, NONCE, to, advocate), 0, DEADLINE);
    let key = signer.key();
    let entitlement = Entitlement::Voucher { key, nonce: NONCE, deadline: DEADLINE, signature };
    (Claim { campaign: 4, to, advocate, attestation: None, entitlement }, key, signature)
}

#[test]
fn a_voucher_is_good_until_just_before_its_deadline() {
    let (claim, key, signature) = voucher();
    let at = |now| claim.check_voucher(&key, NONCE, (DEADLINE, signature), &DOMAIN, now);
    assert_eq!(at(NOW), Ok(()));
    let expired = RegistryError::VoucherExpired { deadline: DEADLINE, now: DEADLINE };
    assert_eq!(at(DEADLINE), refused(expired));
    let unsigned = claim.check_voucher(&key, NONCE, (DEADLINE, [0; 64]), &DOMAIN, DEADLINE);
    assert_eq!(unsigned, refused(expired));
}

#[test]
fn a_vouchers_signature_is_good_for_exactly_one_claim() {
    let (claim, key, signature) = voucher();
    let unsigned = |nonce| refused(RegistryError::VoucherUnsigned { nonce });
    let check = |claim: &Claim, key: &Hash, nonce, deadline, domain: &Domain| {
        claim.check_voucher(key, nonce, (deadline, signature), domain, NOW)
    };
    for other in [
        Claim { campaign: 9, ..claim.clone() },
        Claim { to: account(9), ..claim.clone() },
        Claim { advocate: None, ..claim.clone() },
    ] {
        assert_eq!(check(&other, &key, NONCE, DEADLINE, &DOMAIN), unsigned(NONCE));
    }
    assert_eq!(check(&claim, &Signer::new(7).key(), NONCE, DEADLINE, &DOMAIN), unsigned(NONCE));
    assert_eq!(check(&claim, &key, 301, DEADLINE, &DOMAIN), unsigned(301));
    assert_eq!(check(&claim, &key, NONCE, DEADLINE + 1, &DOMAIN), unsigned(NONCE));
    let elsewhere = Domain { contract: account(9), ..DOMAIN };
    assert_eq!(check(&claim, &key, NONCE, DEADLINE, &elsewhere), unsigned(NONCE));
}

#[test]
fn coupons_come_from_their_entry_or_their_voucher() {
    let (claim, key, _) = voucher();
    assert_eq!(claim.entitlement.count(), 1);
    assert_eq!(claim.entitlement.source(), Source::Voucher { key, nonce: NONCE });
    assert_eq!(entry(7).1.entitlement.source(), Source::Code { drop: 5, index: 1 });
    let CodeClaim { drop, index, key, proof, signature, .. } = code().1;
    let printed = Entitlement::Code { drop, index, key, proof, signature };
    assert_eq!((printed.count(), printed.source()), (1, Source::Code { drop: 5, index: 1 }));
}

fn attestation(class: u8, to: AccountId) -> Option<Attestation> {
    let signature = Signer::new(8).sign(Purpose::Attest, &(class, to), 0, DEADLINE);
    Some(Attestation { expires_at: DEADLINE, signature })
}

#[test]
fn nobody_is_their_own_advocate_whoever_the_coupons_are_for() {
    let attested = Audience::Attested { key: Signer::new(8).key(), class: 3 };
    for audience in [Audience::Anyone, Audience::FirstOrder, attested] {
        let terms = Terms { audience, ..terms() };
        let own = check_audience(&terms, (TO, Some(TO)), &None, &DOMAIN, NOW);
        assert_eq!(own, refused(RegistryError::SelfReferral));
    }
}

#[test]
fn only_an_attested_audience_shows_anything() {
    for audience in [Audience::Anyone, Audience::FirstOrder] {
        let terms = Terms { audience, ..terms() };
        assert_eq!(check_audience(&terms, (TO, Some(ADVOCATE)), &None, &DOMAIN, NOW), Ok(()));
    }
    let terms = Terms { audience: Audience::Attested { key: Signer::new(8).key(), class: 3 }, ..terms() };
    let check = |to, shown| check_audience(&terms, (to, None), &shown, &DOMAIN, NOW);
    assert_eq!(check(TO, None), refused(RegistryError::AttestationMissing { class: 3 }));
    assert_eq!(check(TO, attestation(3, TO)), Ok(()));
    let invalid = refused(RegistryError::AttestationInvalid { class: 3 });
    assert_eq!(check(TO, attestation(4, TO)), invalid);
    assert_eq!(check(ADVOCATE, attestation(3, TO)), invalid);
    let later = attestation(3, TO).map(|word| Attestation { expires_at: DEADLINE + 1, ..word });
    assert_eq!(check(TO, later), invalid);
}

#[test]
fn an_attestation_is_good_until_just_before_its_end() {
    let terms = Terms { audience: Audience::Attested { key: Signer::new(8).key(), class: 3 }, ..terms() };
    let check = |shown, now| check_audience(&terms, (TO, None), &shown, &DOMAIN, now);
    let expired = RegistryError::AttestationExpired { expires_at: DEADLINE, now: DEADLINE };
    assert_eq!(check(attestation(3, TO), DEADLINE), refused(expired));
    // Whose it is, is looked at after whether it is over.
    assert_eq!(check(attestation(3, ADVOCATE), DEADLINE), refused(expired));
}

#[test]
fn a_quotas_period_starts_with_the_first_voucher_after_the_last_ones_end() {
    let mut quota = Quota { most: 2, period: 10, since: 0, used: 0 };
    let reached = |until| refused(RegistryError::QuotaReached { most: 2, until });
    assert_eq!(quota.count(25), Ok(()));
    assert_eq!(quota, Quota { since: 25, used: 1, ..quota });
    assert_eq!(quota.count(34), Ok(()));
    assert_eq!(quota.count(34), reached(35));
    assert_eq!(quota.count(35), Ok(()));
    assert_eq!(quota, Quota { since: 35, used: 1, ..quota });
    let mut none = Quota { most: 0, ..quota };
    assert_eq!(none.count(36), refused(RegistryError::QuotaReached { most: 0, until: 45 }));
    let mut endless = Quota { most: 1, period: u64::MAX, since: 5, used: 1 };
    assert_eq!(
        endless.count(u64::MAX - 1),
        refused(RegistryError::QuotaReached { most: 1, until: u64::MAX })
    );
}
