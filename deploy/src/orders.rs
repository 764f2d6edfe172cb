//! Orders and permits as files that people hand each other. Knows no chain: what a signature is bound to is given.

use crate::{
    accounts, payload,
    refusals::{coupon, Refusal},
};
use blake2::{digest::consts::U32, Blake2b, Digest};
use chain::{keys::ss58, AccountId, Balance, Hash, Keypair};
use rand::{rngs::OsRng, RngCore};
use scale::{Compact, Decode, DecodeAll, Encode};
use serde::{de::DeserializeOwned, Deserialize, Serialize};
use shared::{
    ids::CouponId,
    order::{digest, Order, Settlement},
    permit::{Domain, OrderPermit, Permit, Presented, Purpose},
    Signature, Timestamp,
};
use std::{fs, path::Path};

/// An order with its acceptor's consent: what a web checkout hands to the customer, or a till shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOrder {
    pub order: Order,
    /// What opens `order.basket_hash`; a QR code doesn't carry it.
    pub basket: Option<Basket>,
    /// `None` on a till's order that its acceptor submits itself.
    pub permit: Option<OrderPermit>,
}

/// What was sold: opened only to an auditor or a resolver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basket {
    /// 32 random bytes in hex, so that nobody can guess the items from their hash.
    pub salt: String,
    pub items: String,
}

/// A holder's consent to spend a coupon on an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendPermit {
    pub presented: Presented,
    pub permit: Permit,
}

/// An order in a QR code: what follows from the rest is left out.
#[derive(Encode, Decode)]
struct ShortOrder {
    acceptor: AccountId,
    number: Compact<u64>,
    basket: Compact<Balance>,
    /// `None` for all of the basket.
    eligible: Option<Compact<Balance>>,
    basket_hash: Hash,
    deadline: Compact<Timestamp>,
    settlement: Settlement,
    permit: Option<ShortPermit>,
}

#[derive(Encode, Decode)]
struct ShortPermit {
    /// `None` for the acceptor itself.
    signer: Option<AccountId>,
    epoch: Compact<u32>,
    /// `None` for the order's own.
    deadline: Option<Compact<Timestamp>>,
    signature: Signature,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderFile {
    couponry_order: u8,
    acceptor: String,
    number: u64,
    #[serde(with = "text")]
    basket: Balance,
    #[serde(with = "text")]
    eligible: Balance,
    basket_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    opens_as: Option<Basket>,
    deadline: Timestamp,
    settle: Settle,
    #[serde(skip_serializing_if = "Option::is_none")]
    permit: Option<PermitFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpendFile {
    couponry_permit: u8,
    coupon: String,
    #[serde(default, with = "optional_text", skip_serializing_if = "Option::is_none")]
    most: Option<Balance>,
    #[serde(default)]
    optional: bool,
    permit: PermitFile,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PermitFile {
    signer: String,
    epoch: u32,
    deadline: Timestamp,
    signature: String,
}

/// How the net price is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Settle {
    /// In cash or by card.
    OffChain,
    /// By whoever submits the order.
    OnChain,
}

impl From<Settle> for Settlement {
    fn from(settle: Settle) -> Self {
        match settle {
            Settle::OffChain => Self::OffChain,
            Settle::OnChain => Self::OnChain,
        }
    }
}

impl From<Settlement> for Settle {
    fn from(settlement: Settlement) -> Self {
        match settlement {
            Settlement::OffChain => Self::OffChain,
            Settlement::OnChain => Self::OnChain,
        }
    }
}

impl Basket {
    /// With a salt of the operating system's making.
    pub fn new(items: &str) -> Self {
        let mut salt = [0; 32];
        OsRng.fill_bytes(&mut salt);
        Self { salt: hex::encode(salt), items: items.to_owned() }
    }

    /// What an order carries; `None` if the salt is not 32 bytes in hex.
    pub fn hash(&self) -> Option<Hash> {
        Some(basket_hash(&bytes(&self.salt)?, &self.items))
    }
}

/// blake2b-256 of the salt followed by the basket's text.
pub fn basket_hash(salt: &[u8; 32], items: &str) -> Hash {
    Blake2b::<U32>::new().chain_update(salt).chain_update(items).finalize().into()
}

/// The acceptor's, or its cashier's, consent to take the coupons `presented` for `order`; good as long as the order is.
pub fn sign_order(
    domain: &Domain,
    signer: &Keypair,
    epoch: u32,
    presented: &[Presented],
    order: &Order,
) -> OrderPermit {
    let deadline = order.deadline;
    let subject = (presented, digest(order));
    let signature = signer.sign(&domain.message(Purpose::Order, &subject, epoch, deadline));
    OrderPermit { signer: signer.account(), permit: Permit { epoch, deadline, signature } }
}

/// The holder's consent to spend a coupon on `order` as it is presented.
pub fn sign_spend(
    domain: &Domain,
    holder: &Keypair,
    epoch: u32,
    presented: Presented,
    order: &Order,
    deadline: Timestamp,
) -> SpendPermit {
    let subject = (presented, digest(order));
    let signature = holder.sign(&domain.message(Purpose::Spend, &subject, epoch, deadline));
    SpendPermit { presented, permit: Permit { epoch, deadline, signature } }
}

impl SignedOrder {
    pub fn to_json(&self) -> String {
        let Self { order, basket, permit } = self;
        json(&OrderFile {
            couponry_order: 1,
            acceptor: ss58(&order.acceptor),
            number: order.number,
            basket: order.basket,
            eligible: order.eligible,
            basket_hash: hex::encode(order.basket_hash),
            opens_as: basket.clone(),
            deadline: order.deadline,
            settle: order.settlement.into(),
            permit: permit.as_ref().map(|given| PermitFile::new(given.signer, &given.permit)),
        })
    }

    /// # Errors
    /// Missing, or not an order file.
    pub fn load(path: &Path) -> Result<Self, Refusal> {
        let file: OrderFile = load(path, "an order file, as `couponry order sign` writes it")?;
        let hash = bytes(&file.basket_hash)
            .ok_or_else(|| unreadable(path, "basket_hash: not 64 hexadecimal digits"))?;
        if file.opens_as.as_ref().is_some_and(|basket| basket.hash() != Some(hash)) {
            return Err(unreadable(path, "basket_hash: not the hash of the salt and the items"));
        }
        let permit = match file.permit {
            Some(permit) => {
                Some(OrderPermit { signer: accounts::account(&permit.signer)?, permit: permit.read(path)? })
            }
            None => None,
        };
        Ok(Self {
            order: Order {
                acceptor: accounts::account(&file.acceptor)?,
                number: file.number,
                basket: file.basket,
                eligible: file.eligible,
                basket_hash: hash,
                deadline: file.deadline,
                settlement: file.settle.into(),
            },
            basket: file.opens_as,
            permit,
        })
    }

    /// The text of its QR code: the order and the acceptor's consent, and not what was sold.
    pub fn payload(&self) -> String {
        let Order { acceptor, number, basket, eligible, basket_hash, deadline, settlement } = &self.order;
        let permit = self.permit.as_ref().map(|OrderPermit { signer, permit }| ShortPermit {
            signer: Some(*signer).filter(|signer| signer != acceptor),
            epoch: Compact(permit.epoch),
            deadline: Some(Compact(permit.deadline)).filter(|until| until.0 != *deadline),
            signature: permit.signature,
        });
        let short = ShortOrder {
            acceptor: *acceptor,
            number: Compact(*number),
            basket: Compact(*basket),
            eligible: Some(Compact(*eligible)).filter(|eligible| eligible.0 != *basket),
            basket_hash: *basket_hash,
            deadline: Compact(*deadline),
            settlement: *settlement,
            permit,
        };
        payload::seal("order", &short.encode())
    }

    /// Reads an order file, or the text of a QR code in its place.
    /// # Errors
    /// As `load`, or a text that is damaged.
    pub fn read(source: &str) -> Result<Self, Refusal> {
        if !payload::is_payload(source) {
            return Self::load(Path::new(source));
        }
        let fields = payload::open("order", source)?;
        let short = ShortOrder::decode_all(&mut fields.as_slice()).map_err(|_| {
            Refusal::new("this order code can't be read", "have the acceptor write the order again")
        })?;
        let ShortOrder { acceptor, basket, deadline, .. } = short;
        let permit = short.permit.map(|given| OrderPermit {
            signer: given.signer.unwrap_or(acceptor),
            permit: Permit {
                epoch: given.epoch.0,
                deadline: given.deadline.unwrap_or(deadline).0,
                signature: given.signature,
            },
        });
        let order = Order {
            acceptor,
            number: short.number.0,
            basket: basket.0,
            eligible: short.eligible.unwrap_or(basket).0,
            basket_hash: short.basket_hash,
            deadline: deadline.0,
            settlement: short.settlement,
        };
        Ok(Self { order, basket: None, permit })
    }
}

impl SpendPermit {
    pub fn to_json(&self, holder: AccountId) -> String {
        json(&SpendFile {
            couponry_permit: 1,
            coupon: coupon(self.presented.coupon),
            most: self.presented.most,
            optional: self.presented.optional,
            permit: PermitFile::new(holder, &self.permit),
        })
    }

    /// # Errors
    /// Missing, or not a permit file.
    pub fn load(path: &Path) -> Result<Self, Refusal> {
        let file: SpendFile = load(path, "a permit file, as `couponry permit sign` writes it")?;
        let coupon = coupon_id(&file.coupon).map_err(|fault| fault.at(path.display()))?;
        let presented = Presented { coupon, most: file.most, optional: file.optional };
        Ok(Self { presented, permit: file.permit.read(path)? })
    }

    /// The text of its QR code, which a holder shows to the till.
    pub fn payload(&self) -> String {
        let Presented { coupon, most, optional } = self.presented;
        let Permit { epoch, deadline, signature } = &self.permit;
        let coupon = (Compact(coupon.campaign), Compact(coupon.serial));
        let permit = (Compact(*epoch), Compact(*deadline), signature);
        payload::seal("permit", &(coupon, most.map(Compact), optional, permit).encode())
    }

    /// Reads a permit file, or the text of a QR code in its place.
    /// # Errors
    /// As `load`, or a text that is damaged.
    pub fn read(source: &str) -> Result<Self, Refusal> {
        if !payload::is_payload(source) {
            return Self::load(Path::new(source));
        }
        type Coupon = (Compact<u32>, Compact<u32>);
        type Given = (Compact<u32>, Compact<Timestamp>, Signature);
        type Fields = (Coupon, Option<Compact<Balance>>, bool, Given);
        let fields = payload::open("permit", source)?;
        let ((campaign, serial), most, optional, (epoch, deadline, signature)) =
            Fields::decode_all(&mut fields.as_slice())
                .map_err(|_| Refusal::new("this permit code can't be read", "have the holder sign again"))?;
        let coupon = CouponId { campaign: campaign.0, serial: serial.0 };
        let presented = Presented { coupon, most: most.map(|most| most.0), optional };
        Ok(Self { presented, permit: Permit { epoch: epoch.0, deadline: deadline.0, signature } })
    }
}

/// Reads `3/17`: campaign and serial.
/// # Errors
/// Anything else.
pub fn coupon_id(text: &str) -> Result<CouponId, Refusal> {
    text.split_once('/')
        .and_then(|(campaign, serial)| {
            Some(CouponId { campaign: campaign.trim().parse().ok()?, serial: serial.trim().parse().ok()? })
        })
        .ok_or_else(|| {
            Refusal::new(format!("`{text}` is not a coupon"), "write campaign and serial, such as 1/17")
        })
}

impl PermitFile {
    fn new(signer: AccountId, permit: &Permit) -> Self {
        Self {
            signer: ss58(&signer),
            epoch: permit.epoch,
            deadline: permit.deadline,
            signature: hex::encode(permit.signature),
        }
    }

    fn read(&self, path: &Path) -> Result<Permit, Refusal> {
        Ok(Permit {
            epoch: self.epoch,
            deadline: self.deadline,
            signature: bytes(&self.signature)
                .ok_or_else(|| unreadable(path, "signature: not 128 hexadecimal digits"))?,
        })
    }
}

fn json(file: &impl Serialize) -> String {
    // Structs of strings and numbers always serialise.
    serde_json::to_string_pretty(file).unwrap_or_default()
}

fn load<T: DeserializeOwned>(path: &Path, wanted: &str) -> Result<T, Refusal> {
    let fault = |why: String| Refusal::new(format!("{}: {why}", path.display()), format!("give {wanted}"));
    let text = fs::read_to_string(path).map_err(|why| fault(why.to_string()))?;
    serde_json::from_str(&text).map_err(|why| fault(why.to_string()))
}

fn unreadable(path: &Path, why: &str) -> Refusal {
    Refusal::new(format!("{}: {why}", path.display()), "have it written again")
}

/// A digest in hex.
pub fn digest_bytes(text: &str) -> Option<Hash> {
    bytes(text)
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    hex::decode(text).ok()?.try_into().ok()
}

/// As `text`, for an amount that may be missing.
mod optional_text {
    use chain::Balance;
    use serde::{de::Error, Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(amount: &Option<Balance>, to: S) -> Result<S::Ok, S::Error> {
        match amount {
            Some(amount) => to.serialize_str(&amount.to_string()),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Option<Balance>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
    }
}

/// Amounts are written as text: JSON readers elsewhere lose digits of long numbers.
mod text {
    use serde::{de::Error, Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(amount: &u128, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(amount)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_read_back_as_written() {
        let (shop, anna) = (Keypair::named("shop"), Keypair::named("anna"));
        let domain = Domain { chain_tag: [1; 32], contract: AccountId::from([2; 32]) };
        let basket = Basket::new("2 loaves");
        let order = Order {
            acceptor: shop.account(),
            number: 7,
            basket: Balance::MAX,
            eligible: 1,
            basket_hash: basket.hash().unwrap(),
            deadline: 99,
            settlement: Settlement::OnChain,
        };
        let coupon = CouponId { campaign: 1, serial: 1 };
        let permit = sign_order(&domain, &shop, 4, &[coupon.into()], &order);
        let subject = (vec![Presented::from(coupon)], digest(&order));
        assert!(domain.verifies(&shop.public(), Purpose::Order, &subject, &permit.permit));
        let signed = SignedOrder { order, basket: Some(basket), permit: Some(permit) };
        let coupon = CouponId { campaign: 1, serial: 2 };
        let presented = Presented { most: Some(5), optional: true, ..coupon.into() };
        let spend = sign_spend(&domain, &anna, 0, presented, &signed.order, 50);
        let subject = (presented, digest(&signed.order));
        assert!(domain.verifies(&anna.public(), Purpose::Spend, &subject, &spend.permit));

        let dir = tempfile::tempdir().unwrap();
        let (orders, permits) = (dir.path().join("order.json"), dir.path().join("permit.json"));
        let signed_text = signed.to_json();
        fs::write(&orders, &signed_text).unwrap();
        fs::write(&permits, spend.to_json(anna.account())).unwrap();
        assert_eq!(SignedOrder::load(&orders), Ok(signed));
        assert_eq!(SpendPermit::load(&permits), Ok(spend));
        let altered = signed_text.replace("2 loaves", "3 loaves");
        fs::write(&orders, altered).unwrap();
        assert!(SignedOrder::load(&orders).unwrap_err().what.contains("not the hash of the salt"));
        assert!(SignedOrder::load(&permits).unwrap_err().fix.contains("order sign"));
    }

    /// What a phone reads off a payload's image.
    fn scan(text: &str) -> String {
        let image = image::load_from_memory(&payload::qr_png(text).unwrap()).unwrap().to_luma8();
        rqrr::PreparedImage::prepare(image).detect_grids()[0].decode().unwrap().1
    }

    #[test]
    fn the_longest_order_and_permit_are_read_back_off_a_phone() {
        let order = Order {
            acceptor: AccountId::from([0xa5; 32]),
            number: u64::MAX,
            basket: Balance::MAX,
            eligible: Balance::MAX - 1,
            basket_hash: [0x5a; 32],
            deadline: u64::MAX,
            settlement: Settlement::OnChain,
        };
        let permit = Permit { epoch: u32::MAX, deadline: u64::MAX - 1, signature: [0xc3; 64] };
        let given = OrderPermit { signer: AccountId::from([1; 32]), permit: permit.clone() };
        for given in [None, Some(given)] {
            let signed = SignedOrder { order: order.clone(), basket: None, permit: given };
            assert_eq!(SignedOrder::read(&scan(&signed.payload())), Ok(signed.clone()));
            let plain = Order { eligible: order.basket, ..order.clone() };
            let short = SignedOrder { order: plain, ..signed.clone() };
            assert!(short.payload().len() < signed.payload().len());
            assert_eq!(SignedOrder::read(&short.payload()), Ok(short));
        }
        let coupon = CouponId { campaign: u32::MAX, serial: u32::MAX };
        let presented = Presented { coupon, most: Some(Balance::MAX), optional: true };
        let spend = SpendPermit { presented, permit };
        assert_eq!(SpendPermit::read(&scan(&spend.payload())), Ok(spend.clone()));
        let damaged = spend.payload().replacen("COUPONRY:PERMIT:2:A", "COUPONRY:PERMIT:2:B", 1);
        assert!(damaged != spend.payload());
        assert!(SpendPermit::read(&damaged).unwrap_err().what.contains("checksum"));
    }

    #[test]
    fn coupons_are_written_as_campaign_and_serial() {
        assert_eq!(coupon_id("3/17"), Ok(CouponId { campaign: 3, serial: 17 }));
        for text in ["3", "3/", "a/1", "3/17/1", "-1/2"] {
            assert!(coupon_id(text).is_err());
        }
    }
}
