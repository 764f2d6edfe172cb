//! How long refusals are as SCALE bytes: for contracts that pass them on among other things, where code that reads them would be 10 kB.
use crate::reader::Reader;

/// An index that no refusal of an order has, or that isn't given.
const NONE: u8 = u8::MAX;

/// The length of the evidence, by the error's index.
#[rustfmt::skip]
const LENGTHS: [u8; 96] = [
    4, 8, 8, 32, NONE, 8, NONE, 0, 24, 0, 8, 4, 32, 8, 8, 0,
    4, 4, 4, 0, 0, 32, 0, 8, 32, 16, 8, 32, 8, 24, 24, 9,
    32, 4, 8, 8, 16, 8, 32, 0, 32, NONE, 32, 8, 16, 8, 8, 33,
    48, 33, 16, 8, 10, 8, 8, 0, 0, 1, 16, 1, 32, 12, 8, 16,
    8, 4, 0, 0, 1, 32, 32, 4, 8, 8, 32, 16, 16, 8, 1, 16,
    8, 32, 4, 32, 32, 32, 32, 32, 0, 0, 8, 4, 32, 8, 8, 8,
];

/// `RegistryError::Payment`, and the length of its faults' evidence, which only a transfer that the chain refuses lacks.
const PAYMENT: u8 = 6;
const TRANSFER_REFUSED: u8 = 3;
const FAULT: usize = 32;

/// Goes on after a refusal; whether it was one that an order may have, the reader knows.
#[inline(never)]
pub fn skip_refusal(reader: &mut Reader) {
    let index = reader.u8();
    let length = LENGTHS.get(usize::from(index)).copied().unwrap_or(NONE);
    if index == PAYMENT {
        if reader.below(TRANSFER_REFUSED + 1) != TRANSFER_REFUSED {
            reader.skip(FAULT);
        }
    } else if length == NONE {
        // Nothing is this long.
        reader.skip(usize::MAX);
    } else {
        reader.skip(length.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{assets::PaymentFault, registry::RegistryError, AccountId};
    use ink::scale_info::{form::MetaForm, TypeDef, TypeInfo, Variant};
    use scale::Encode;

    /// How many bytes a value of a type takes, if always the same.
    fn length_of(def: &TypeDef<MetaForm>) -> Option<usize> {
        use ink::scale_info::TypeDefPrimitive::*;
        match def {
            TypeDef::Primitive(kind) => match kind {
                Bool | U8 | I8 => Some(1),
                U16 | I16 => Some(2),
                U32 | I32 => Some(4),
                U64 | I64 => Some(8),
                U128 | I128 => Some(16),
                U256 | I256 => Some(32),
                Char | Str => None,
            },
            TypeDef::Array(array) => {
                let item = length_of(&array.type_param.type_info().type_def)?;
                item.checked_mul(usize::try_from(array.len).ok()?)
            }
            TypeDef::Composite(composite) => {
                composite.fields.iter().map(|field| length_of(&field.ty.type_info().type_def)).sum()
            }
            TypeDef::Variant(variants) if variants.variants.iter().all(|v| v.fields.is_empty()) => Some(1),
            TypeDef::Variant(_)
            | TypeDef::Sequence(_)
            | TypeDef::Tuple(_)
            | TypeDef::Compact(_)
            | TypeDef::BitSequence(_) => None,
        }
    }

    fn evidence(variant: &Variant<MetaForm>) -> Option<usize> {
        variant.fields.iter().map(|field| length_of(&field.ty.type_info().type_def)).sum()
    }

    #[test]
    fn every_refusal_of_fixed_length_is_listed_with_it() {
        let TypeDef::Variant(errors) = RegistryError::type_info().type_def else {
            panic!("an error is an enum");
        };
        let mut variable = vec![];
        for variant in &errors.variants {
            match evidence(variant) {
                Some(length) => assert_eq!(
                    LENGTHS.get(usize::from(variant.index)).copied().map(usize::from),
                    Some(length),
                    "{}",
                    variant.name
                ),
                None => variable.push(variant.name),
            }
        }
        assert_eq!(variable, ["InvalidTerms", "Payment"]);
        assert_eq!(errors.variants.len() + 1, LENGTHS.len(), "41 is no error any more");
    }

    #[test]
    fn what_follows_a_refusal_is_read_on() {
        let token = AccountId::from([7; 32]);
        for refusal in [
            RegistryError::Overflow,
            RegistryError::OrderUsed { number: 7 },
            RegistryError::EligibleOverBasket { eligible: 2, basket: 1 },
            RegistryError::Payment(PaymentFault::TokenRefused { token }),
            RegistryError::Payment(PaymentFault::WrongValue { expected: 1, paid: 2 }),
            RegistryError::Payment(PaymentFault::TokenLied { expected: 1, received: 2 }),
            RegistryError::Payment(PaymentFault::TransferRefused),
        ] {
            let bytes = (refusal, 9u8).encode();
            let mut reader = Reader::new(&bytes);
            skip_refusal(&mut reader);
            assert_eq!((reader.u8(), reader.is_done()), (9, true), "{refusal:?}");
        }
    }

    #[test]
    fn what_is_no_refusal_of_an_order_is_told() {
        for index in [4, 41, 200] {
            let bytes = [index; 64];
            let mut reader = Reader::new(&bytes);
            skip_refusal(&mut reader);
            assert!(!reader.is_whole(), "{index}");
        }
    }
}
