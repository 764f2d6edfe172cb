//! The handwritten encoding against the derived decoding.
use super::*;
use proptest::prelude::*;
use scale::Decode;

/// Every byte that may stand where an inner enum has its index, so that each of its variants comes up too.
fn decoded(index: u8, evidence: &[u8]) -> Vec<(RegistryError, Vec<u8>)> {
    (0..=u8::MAX)
        .filter_map(|inner| {
            let bytes = [&[index, inner], evidence].concat();
            let mut rest = bytes.as_slice();
            let error = RegistryError::decode(&mut rest).ok()?;
            let read = bytes.len() - rest.len();
            Some((error, bytes[..read].to_vec()))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn every_refusal_is_encoded_as_its_index_and_its_fields(evidence: [u8; 96]) {
        let known: Vec<u8> = (0..=u8::MAX).filter(|index| !decoded(*index, &evidence).is_empty()).collect();
        // One was given up, and its place stays empty.
        prop_assert_eq!(&known, &(0..=95).filter(|index| *index != 41).collect::<Vec<u8>>());
        for index in known {
            for (error, bytes) in decoded(index, &evidence) {
                prop_assert_eq!(error.index(), index);
                prop_assert_eq!(error.encode(), bytes, "{:?}", error);
            }
        }
    }
}

#[test]
fn inner_reasons_come_up_in_every_variant() {
    let inner = |index| decoded(index, &[0; 96]).len();
    assert_eq!(inner(RegistryError::InvalidTerms(TermsFault::NoBenefit).index()), 18);
    assert_eq!(inner(RegistryError::Payment(PaymentFault::TransferRefused).index()), 4);
    let limit = RegistryError::LimitReached { limit: Limit::CashierDay, most: 0, asked: 0 };
    assert_eq!(inner(limit.index()), 8);
    assert_eq!(inner(RegistryError::Paused { scope: Scope::Trading }.index()), 3);
}

#[test]
fn each_scope_is_paused_alone() {
    let scopes = [Scope::Campaigns, Scope::Claims, Scope::Trading];
    for paused in 0..8u8 {
        for (place, scope) in scopes.into_iter().enumerate() {
            let is_paused = paused & (1 << place) != 0;
            let expected = if is_paused { Err(RegistryError::Paused { scope }.into()) } else { Ok(()) };
            assert_eq!(scope.ensure_not_in(paused), expected);
        }
    }
}
