//! Text that fits a QR code: `couponry:KIND:1:…:CHECKSUM`. Knows nothing of what a kind carries.

use crate::refusals::Refusal;
use blake2::{digest::consts::U4, Blake2b, Digest};
use image::Luma;
use qrcode::QrCode;

/// The longest text put into a QR code: 81 by 81 modules, which a phone's camera still reads off a screen.
pub const MAX_QR: usize = 500;

/// `fields` under a kind and the version 1, with a checksum against misreading.
pub fn seal(kind: &str, fields: &str) -> String {
    let text = format!("couponry:{kind}:1:{fields}");
    let sum = checksum(&text);
    format!("{text}:{sum}")
}

/// The inverse of `seal`.
/// # Errors
/// Another kind or version, or a checksum that doesn't match.
pub fn open<'a>(kind: &str, text: &'a str) -> Result<&'a str, Refusal> {
    let text = text.trim();
    let start = format!("couponry:{kind}:");
    let bad = |why: &str, fix: &str| Refusal::new(format!("this is no {kind} code: {why}"), fix);
    let Some(rest) = text.strip_prefix(&start) else {
        return Err(bad(&format!("it doesn't start with `{start}`"), "paste the whole text of the QR code"));
    };
    let (version, rest) = rest.split_once(':').unwrap_or((rest, ""));
    if version != "1" {
        return Err(bad(&format!("its version is `{version}`, and 1 is known"), "use a newer couponry"));
    }
    let (body, sum) = text.rsplit_once(':').unwrap_or((text, ""));
    if checksum(body) != sum {
        return Err(bad(
            "its checksum doesn't match",
            "scan or paste it again: a character is missing or wrong",
        ));
    }
    Ok(rest.rsplit_once(':').map_or("", |(fields, _)| fields))
}

/// A QR image of `text`, as PNG bytes.
/// # Errors
/// Longer than `MAX_QR`, or the image can't be made.
pub fn qr_png(text: &str) -> Result<Vec<u8>, Refusal> {
    let fault = |why: String| Refusal::new(format!("cannot draw the QR code: {why}"), "use the text instead");
    if text.len() > MAX_QR {
        return Err(fault(format!("{} characters are too many, {MAX_QR} fit", text.len())));
    }
    let image = QrCode::new(text).map_err(|why| fault(why.to_string()))?.render::<Luma<u8>>().build();
    let mut png = std::io::Cursor::new(Vec::new());
    image.write_to(&mut png, image::ImageFormat::Png).map_err(|why| fault(why.to_string()))?;
    Ok(png.into_inner())
}

fn checksum(text: &str) -> String {
    hex::encode(Blake2b::<U4>::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_text_opens_and_a_changed_one_does_not() {
        let text = seal("claim", "ab:12");
        assert_eq!(open("claim", &text), Ok("ab:12"));
        assert!(open("order", &text).unwrap_err().what.contains("doesn't start"));
        for (from, to) in [("12", "13"), (":1:", ":2:"), ("couponry", "Couponry")] {
            assert!(open("claim", &text.replacen(from, to, 1)).is_err());
        }
        assert!(open("claim", &text[..text.len() - 1]).unwrap_err().what.contains("checksum"));
    }

    #[test]
    fn a_phone_reads_the_image_back() {
        let text = seal("claim", &"a1".repeat(80));
        let image = image::load_from_memory(&qr_png(&text).unwrap()).unwrap().to_luma8();
        let mut image = rqrr::PreparedImage::prepare(image);
        assert_eq!(image.detect_grids()[0].decode().unwrap().1, text);
        assert!(qr_png(&"a".repeat(MAX_QR + 1)).is_err());
    }
}
