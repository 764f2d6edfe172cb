//! Text that fits a QR code: `COUPONRY:KIND:2:…`, as docs/qr.md specifies it. Knows nothing of what a kind carries.

use crate::refusals::Refusal;
use blake2::{digest::consts::U4, Blake2b, Digest};
use image::Luma;
use qrcode::{EcLevel, QrCode, Version};

/// The most bytes a payload carries.
pub const MAX_BYTES: usize = 300;
/// The largest code drawn: 65 by 65 modules, which a phone's camera reads off a receipt.
pub const MAX_VERSION: i16 = 12;

/// What every payload starts with, in any case.
const START: &str = "COUPONRY:";
/// Of the format. What version 1 carried was longer and in lower case.
const FORMAT: &str = "2";
const CHECKSUM_BYTES: usize = 4;
/// RFC 4648's base 32: its 32 characters are among the 45 that a QR code packs two in 11 bits.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Whether a text is meant as a payload, and not as a file's name.
pub fn is_payload(text: &str) -> bool {
    text.trim().get(..START.len()).is_some_and(|start| start.eq_ignore_ascii_case(START))
}

/// `fields` under a kind, with a checksum against misreading.
pub fn seal(kind: &str, fields: &[u8]) -> String {
    let head = head(kind);
    let sum = checksum(&head, fields);
    let body = base32(&[fields, &sum].concat());
    head + &body
}

/// The inverse of `seal`; in lower case too.
/// # Errors
/// Another kind or version, or a checksum that doesn't match.
pub fn open(kind: &str, text: &str) -> Result<Vec<u8>, Refusal> {
    let text = text.trim().to_ascii_uppercase();
    let bad = |why: &str, fix: &str| Refusal::new(format!("this is no {kind} code: {why}"), fix);
    let start = format!("{START}{}:", kind.to_ascii_uppercase());
    let Some(rest) = text.strip_prefix(&start) else {
        return Err(bad(&format!("it doesn't start with `{start}`"), "paste the whole text of the QR code"));
    };
    let (version, body) = rest.split_once(':').unwrap_or((rest, ""));
    if version != FORMAT {
        return Err(bad(
            &format!("its version is `{version}`, and {FORMAT} is known"),
            "have it written anew, or use a newer couponry",
        ));
    }
    let misread =
        || bad("its checksum doesn't match", "scan or paste it again: a character is missing or wrong");
    let mut bytes = unbase32(body).ok_or_else(misread)?;
    let fields = bytes.len().checked_sub(CHECKSUM_BYTES).ok_or_else(misread)?;
    let sum = bytes.split_off(fields);
    if checksum(&head(kind), &bytes).as_slice() == sum {
        Ok(bytes)
    } else {
        Err(misread())
    }
}

/// A QR image of a payload, as PNG bytes: of medium error correction where that fits, of low where it doesn't.
/// # Errors
/// A payload of more than `MAX_BYTES`, or the image can't be made.
pub fn qr_png(text: &str) -> Result<Vec<u8>, Refusal> {
    let fault = |why: String| Refusal::new(format!("cannot draw the QR code: {why}"), "use the text instead");
    let draw = |level| {
        let code = QrCode::with_error_correction_level(text, level).ok();
        code.filter(|code| matches!(code.version(), Version::Normal(version) if version <= MAX_VERSION))
    };
    let code = draw(EcLevel::M)
        .or_else(|| draw(EcLevel::L))
        .ok_or_else(|| fault(format!("{} characters don't fit version {MAX_VERSION}", text.len())))?;
    let mut png = std::io::Cursor::new(Vec::new());
    let image = code.render::<Luma<u8>>().build();
    image.write_to(&mut png, image::ImageFormat::Png).map_err(|why| fault(why.to_string()))?;
    Ok(png.into_inner())
}

fn head(kind: &str) -> String {
    format!("{START}{}:{FORMAT}:", kind.to_ascii_uppercase())
}

fn checksum(head: &str, fields: &[u8]) -> [u8; CHECKSUM_BYTES] {
    Blake2b::<U4>::new().chain_update(head).chain_update(fields).finalize().into()
}

/// How many characters stand for this many bytes of a block of 5.
fn characters(bytes: usize) -> usize {
    bytes.saturating_mul(8).div_ceil(5)
}

fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    for block in bytes.chunks(5) {
        let mut bits =
            block.iter().chain(&[0; 5]).take(5).fold(0u64, |bits, byte| (bits << 8) | u64::from(*byte));
        for _ in 0..characters(block.len()) {
            let place = usize::try_from((bits >> 35) & 31).unwrap_or_default();
            text.extend(ALPHABET.get(place).map(|letter| char::from(*letter)));
            bits <<= 5;
        }
    }
    text
}

/// `None` for what `base32` doesn't write.
fn unbase32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for block in text.as_bytes().chunks(8) {
        let mut bits = 0u64;
        for place in 0..8 {
            let value = match block.get(place) {
                Some(letter) => ALPHABET.iter().position(|known| known == letter)?,
                None => 0,
            };
            bits = (bits << 5) | u64::try_from(value).ok()?;
        }
        let length = (1..=5).find(|length| characters(*length) == block.len())?;
        bytes.extend(bits.to_be_bytes().into_iter().skip(3).take(length));
    }
    Some(bytes).filter(|bytes| base32(bytes) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(text: &str) -> (usize, String) {
        let image = image::load_from_memory(&qr_png(text).unwrap()).unwrap().to_luma8();
        let mut image = rqrr::PreparedImage::prepare(image);
        let (meta, text) = image.detect_grids()[0].decode().unwrap();
        (meta.version.0, text)
    }

    #[test]
    fn a_sealed_text_opens_in_any_case_and_a_changed_one_does_not() {
        for length in 0..12 {
            let fields: Vec<u8> = (0..length).map(|n| n ^ 0x5a).collect();
            let text = seal("claim", &fields);
            assert!(is_payload(&text) && text.starts_with("COUPONRY:CLAIM:2:"));
            assert_eq!(open("claim", &text), Ok(fields.clone()));
            assert_eq!(open("claim", &format!(" {}\n", text.to_lowercase())), Ok(fields));
        }
        let text = seal("claim", &[1, 2, 3]);
        assert!(open("order", &text).unwrap_err().what.contains("doesn't start with `COUPONRY:ORDER:`"));
        let other_version = open("claim", &text.replacen(":2:", ":1:", 1)).unwrap_err();
        assert!(other_version.what.contains("its version is `1`, and 2 is known"));
        for place in "COUPONRY:CLAIM:2:".len()..text.len() {
            let letter = if &text[place..=place] == "A" { "B" } else { "A" };
            let changed = format!("{}{letter}{}", &text[..place], &text[place + 1..]);
            assert!(open("claim", &changed).unwrap_err().what.contains("checksum"), "{changed}");
        }
        for cut in 1..=3 {
            assert!(open("claim", &text[..text.len() - cut]).unwrap_err().what.contains("checksum"));
        }
        assert!(!is_payload("order.json") && !is_payload("coup"));
    }

    #[test]
    fn a_kind_cannot_pass_as_another_by_its_name() {
        let text = seal("claim", &[1, 2, 3]).replacen("CLAIM", "ORDER", 1);
        assert!(open("order", &text).unwrap_err().what.contains("checksum"));
    }

    #[test]
    fn a_phone_reads_the_largest_payload_back_off_a_code_of_version_12() {
        let text = seal("voucher", &[0xa5; MAX_BYTES]);
        assert_eq!(read_back(&text), (12, text));
        let small = seal("claim", &[0xa5; 80]);
        let (version, read) = read_back(&small);
        assert!(version < 12 && read == small);
        assert!(qr_png(&seal("voucher", &[0xa5; MAX_BYTES + 40])).is_err());
    }
}
