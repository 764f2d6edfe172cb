//! Orders and permits as files that people hand each other. Knows no chain: what a signature is bound to is given.

use crate::{
    accounts, payload,
    refusals::{coupon, Refusal},
};
use blake2::{digest::consts::U32, Blake2b, Digest};
use chain::{keys::ss58, AccountId, Balance, Hash, Keypair};
use rand::{rngs::OsRng, RngCore};
use scale::{DecodeAll, Encode};
use serde::{de::DeserializeOwned, Deserialize, Serialize};
use shared::{
    ids::CouponId,
    order::{digest, Order, Settlement},
    permit::{Domain, OrderPermit, Permit, Presented, Purpose},
    Timestamp,
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
        payload::seal("order", &hex::encode((&self.order, &self.permit).encode()))
    }

    /// Reads an order file, or the text of a QR code in its place.
    /// # Errors
    /// As `load`, or a text that is damaged.
    pub fn read(source: &str) -> Result<Self, Refusal> {
        if !source.starts_with("couponry:") {
            return Self::load(Path::new(source));
        }
        let fields = payload::open("order", source)?;
        let (order, permit) = hex::decode(fields)
            .ok()
            .and_then(|bytes| DecodeAll::decode_all(&mut bytes.as_slice()).ok())
            .ok_or_else(|| {
                Refusal::new("this order code can't be read", "have the acceptor write the order again")
            })?;
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
        let subject = (coupon, digest(&order));
        assert!(domain.verifies(&shop.public(), Purpose::Order, &subject, &permit.permit));
        let signed = SignedOrder { order, basket: Some(basket), permit: Some(permit) };
        let shown = signed.payload();
        assert!(shown.len() <= payload::MAX_QR);
        let scanned = SignedOrder { basket: None, ..signed.clone() };
        assert_eq!(SignedOrder::read(&shown), Ok(scanned));
        assert!(SignedOrder::read(&shown.replacen('0', "1", 1)).unwrap_err().what.contains("checksum"));
        let coupon = CouponId { campaign: 1, serial: 2 };
        let spend = sign_spend(&domain, &anna, 0, coupon.into(), &signed.order, 50);
        let subject = (coupon, digest(&signed.order));
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

    #[test]
    fn coupons_are_written_as_campaign_and_serial() {
        assert_eq!(coupon_id("3/17"), Ok(CouponId { campaign: 3, serial: 17 }));
        for text in ["3", "3/", "a/1", "3/17/1", "-1/2"] {
            assert!(coupon_id(text).is_err());
        }
    }
}
