//! Printed codes: one-time keys, what the issuer prints and publishes, and what a claimer shows. Knows no chain.
//!
//! `codes.csv` and the QR images hold the secrets; `drop.json` holds what anyone may see, and is all that is needed to prove a code.

use crate::{payload, refusals::Refusal};
use chain::{keys, AccountId, Hash, Keypair};
use rand::RngCore;
use scale::{Compact, DecodeAll, Encode};
use serde::{Deserialize, Serialize};
use shared::{
    claims::CodeClaim,
    ids::CampaignId,
    merkle::Tree,
    permit::{Domain, Purpose},
    Timestamp,
};
use std::{
    fs,
    io::{Read, Write},
    path::Path,
};

/// A code: the seed of a one-time sr25519 key, and its place in the drop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// From 0.
    pub index: u32,
    /// Whoever knows it can have the coupon.
    pub secret: [u8; 32],
}

/// A code with all that a claimer must know besides `drop.json`: what a QR image holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimCode {
    pub registry: AccountId,
    pub campaign: CampaignId,
    pub drop: u32,
    pub code: Code,
}

/// `drop.json`: the drop and its public keys in the order of their codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicDrop {
    pub registry: AccountId,
    pub campaign: CampaignId,
    pub drop: u32,
    pub keys: Vec<Hash>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DropFile {
    version: u8,
    registry: String,
    campaign: u32,
    drop: u32,
    keys: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    index: String,
    secret: String,
}

/// `count` new codes. `rng` must be the operating system's, but in tests and demos.
pub fn generate(count: u32, rng: &mut impl RngCore) -> Vec<Code> {
    (0..count)
        .map(|index| {
            let mut secret = [0; 32];
            rng.fill_bytes(&mut secret);
            Code { index, secret }
        })
        .collect()
}

/// The codes' public keys; `done` is called after each.
pub fn public_keys(codes: &[Code], mut done: impl FnMut()) -> Vec<Hash> {
    codes
        .iter()
        .map(|code| {
            let key = Keypair::from_seed(code.secret).public();
            done();
            key
        })
        .collect()
}

/// The Merkle tree that a drop of these keys commits to.
/// # Errors
/// No keys.
pub fn tree(keys: &[Hash]) -> Result<Tree, Refusal> {
    Tree::new(keys).ok_or_else(|| Refusal::new("a drop needs at least one code", "ask for --codes 1 or more"))
}

impl ClaimCode {
    /// The text of its QR code.
    pub fn payload(&self) -> String {
        let Self { registry, campaign, drop, code } = self;
        let place = (Compact(*campaign), Compact(*drop), Compact(code.index));
        payload::seal("claim", &(registry, place, code.secret).encode())
    }

    /// Reads a payload, or a line of `codes.csv`, whose drop is then taken from `drop`.
    /// # Errors
    /// Neither of the two, or damaged.
    pub fn read(text: &str, drop: &PublicDrop) -> Result<Self, Refusal> {
        if let Some((index, secret)) = text.trim().split_once(',') {
            let code = code(index, secret)?;
            return Ok(Self { registry: drop.registry, campaign: drop.campaign, drop: drop.drop, code });
        }
        let fields = payload::open("claim", text)?;
        let misread = |_| Refusal::new("this claim code can't be read", "ask the issuer for another code");
        type Fields = (AccountId, (Compact<u32>, Compact<u32>, Compact<u32>), [u8; 32]);
        let (registry, (campaign, drop, index), secret) =
            Fields::decode_all(&mut fields.as_slice()).map_err(misread)?;
        let code = Code { index: index.0, secret };
        Ok(Self { registry, campaign: campaign.0, drop: drop.0, code })
    }

    /// The claim that gives the code's coupon to `to`, whom `advocate` brought, on the chain whose genesis hash is `chain_tag`.
    /// # Errors
    /// The code is of another drop than `tree` and `drop`, or not among its codes.
    pub fn claim(
        &self,
        drop: &PublicDrop,
        tree: &Tree,
        chain_tag: Hash,
        to: AccountId,
        advocate: Option<AccountId>,
    ) -> Result<CodeClaim, Refusal> {
        self.sign(drop, tree, chain_tag, to, advocate, None)
    }

    /// The claim that spends the code's coupon at once, on the order of digest `order`.
    /// # Errors
    /// As `claim`.
    pub fn spend(
        &self,
        drop: &PublicDrop,
        tree: &Tree,
        chain_tag: Hash,
        (to, advocate): (AccountId, Option<AccountId>),
        order: &Hash,
    ) -> Result<CodeClaim, Refusal> {
        self.sign(drop, tree, chain_tag, to, advocate, Some(order))
    }

    fn sign(
        &self,
        drop: &PublicDrop,
        tree: &Tree,
        chain_tag: Hash,
        to: AccountId,
        advocate: Option<AccountId>,
        spent_on: Option<&Hash>,
    ) -> Result<CodeClaim, Refusal> {
        if (self.registry, self.campaign, self.drop) != (drop.registry, drop.campaign, drop.drop) {
            return Err(Refusal::new(
                format!(
                    "the code is of drop {} of campaign {}, and drop.json of another",
                    self.drop, self.campaign
                ),
                "give the drop.json that belongs to the code: --drop FILE",
            ));
        }
        let index = self.code.index;
        let proof = tree.proof(index).ok_or_else(|| {
            Refusal::new(
                format!("code {index} is past the drop's last code, {}", tree.size().saturating_sub(1)),
                "use a code that the issuer printed",
            )
        })?;
        let key = Keypair::from_seed(self.code.secret);
        let mut claim = CodeClaim {
            campaign: self.campaign,
            drop: self.drop,
            index,
            key: key.public(),
            proof,
            to,
            advocate,
            signature: [0; 64],
        };
        let domain = Domain { chain_tag, contract: self.registry };
        let message = match spent_on {
            None => domain.message(Purpose::Claim, &claim.subject(), 0, Timestamp::MAX),
            Some(order) => {
                domain.message(Purpose::ClaimAndSpend, &(claim.subject(), order), 0, Timestamp::MAX)
            }
        };
        claim.signature = key.sign(&message);
        Ok(claim)
    }
}

impl PublicDrop {
    pub fn to_json(&self) -> String {
        let file = DropFile {
            version: 1,
            registry: keys::ss58(&self.registry),
            campaign: self.campaign,
            drop: self.drop,
            keys: self.keys.iter().map(hex::encode).collect(),
        };
        // A struct of strings and numbers always serialises.
        serde_json::to_string(&file).unwrap_or_default()
    }

    /// # Errors
    /// The code's key is not the one published in its place.
    pub fn ensure_lists(&self, code: &Code) -> Result<(), Refusal> {
        let key = Keypair::from_seed(code.secret).public();
        let place = usize::try_from(code.index).ok().and_then(|index| self.keys.get(index));
        if place == Some(&key) {
            return Ok(());
        }
        let index = code.index;
        Err(Refusal::new(format!("code {index} is not in drop.json"), "use a code that the issuer printed"))
    }

    /// Reads `drop.json`, or the one in a folder.
    /// # Errors
    /// Missing, or not a whole drop.
    pub fn load(path: &Path) -> Result<Self, Refusal> {
        let path = if path.is_dir() { path.join("drop.json") } else { path.to_owned() };
        let fault = |why: String| {
            Refusal::new(
                format!("{}: {why}", path.display()),
                "give the drop.json that the issuer published: --drop FILE",
            )
        };
        let text = fs::read_to_string(&path).map_err(|why| fault(why.to_string()))?;
        let file: DropFile = serde_json::from_str(&text).map_err(|why| fault(why.to_string()))?;
        if file.version != 1 {
            return Err(fault(format!("its version is {}, and 1 is known", file.version)));
        }
        let keys = file.keys.iter().enumerate().map(|(index, key)| {
            bytes32(key).ok_or_else(|| fault(format!("key {index} is not 32 bytes in hex")))
        });
        Ok(Self {
            registry: crate::accounts::account(&file.registry)?,
            campaign: file.campaign,
            drop: file.drop,
            keys: keys.collect::<Result<_, _>>()?,
        })
    }
}

/// Writes `codes.csv`.
/// # Errors
/// The writer fails.
pub fn write_csv(codes: &[Code], to: impl Write) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_writer(to);
    for code in codes {
        writer.serialize(Row { index: code.index.to_string(), secret: hex::encode(code.secret) })?;
    }
    Ok(writer.flush()?)
}

/// Reads `codes.csv` row by row: a row that can't be read is an error that names its line, and the rest goes on.
pub fn read_csv(from: impl Read) -> impl Iterator<Item = Result<Code, Refusal>> {
    csv::Reader::from_reader(from).into_deserialize::<Row>().enumerate().map(|(row, read)| {
        let line = row.saturating_add(2);
        let Row { index, secret } =
            read.map_err(|why| Refusal::new(format!("line {line}: {why}"), "write a row as: index,secret"))?;
        code(&index, &secret).map_err(|fault| fault.at(format!("line {line}")))
    })
}

fn code(index: &str, secret: &str) -> Result<Code, Refusal> {
    let index = index.trim().parse().map_err(|_| {
        Refusal::new(format!("index: `{index}` is not a number"), "copy the whole line of codes.csv")
    })?;
    // The secret itself is not repeated: messages end up in logs.
    let secret = bytes32(secret.trim()).ok_or_else(|| {
        Refusal::new("secret: not 64 hexadecimal digits", "copy the whole line of codes.csv")
    })?;
    Ok(Code { index, secret })
}

fn bytes32(text: &str) -> Option<[u8; 32]> {
    hex::decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{rngs::StdRng, SeedableRng};
    use shared::{claims::Drop, registry::RegistryError};

    fn drop_of(count: u32) -> (Vec<Code>, PublicDrop) {
        let codes = generate(count, &mut StdRng::seed_from_u64(1));
        let keys = public_keys(&codes, || ());
        (codes, PublicDrop { registry: AccountId::from([7; 32]), campaign: 3, drop: 1, keys })
    }

    #[test]
    fn a_code_comes_back_from_its_payload_and_its_csv_line() {
        let (codes, drop) = drop_of(3);
        let code = ClaimCode { registry: drop.registry, campaign: 3, drop: 1, code: codes[2].clone() };
        // Short enough for the small print of a receipt.
        let longest = ClaimCode { campaign: u32::MAX, drop: u32::MAX, ..code.clone() };
        assert!(longest.payload().len() <= 160);
        assert_eq!(ClaimCode::read(&code.payload(), &drop), Ok(code.clone()));
        let mut csv = Vec::new();
        write_csv(&codes, &mut csv).unwrap();
        let csv = String::from_utf8(csv).unwrap();
        assert_eq!(ClaimCode::read(csv.lines().nth(3).unwrap(), &drop), Ok(code));
    }

    #[test]
    fn a_claim_of_a_printed_code_proves_and_of_another_drop_is_refused() {
        let (codes, drop) = drop_of(5);
        let tree = tree(&drop.keys).unwrap();
        let mut code = ClaimCode { registry: drop.registry, campaign: 3, drop: 1, code: codes[4].clone() };
        let claim = code.claim(&drop, &tree, [9; 32], AccountId::from([1; 32]), None).unwrap();
        let domain = Domain { chain_tag: [9; 32], contract: drop.registry };
        let committed = Drop { root: tree.root(), size: tree.size() };
        assert_eq!(claim.check(&committed, None, &domain), Ok(()));
        let order = [5; 32];
        let spent = code.spend(&drop, &tree, [9; 32], (AccountId::from([1; 32]), None), &order).unwrap();
        assert_eq!(spent.check(&committed, Some(&order), &domain), Ok(()));
        let unsigned = RegistryError::ClaimUnsigned { index: 4 };
        assert_eq!(spent.check(&committed, None, &domain), Err(unsigned.into()));
        assert_eq!(claim.check(&committed, Some(&order), &domain), Err(unsigned.into()));
        code.drop = 2;
        let refusal = code.claim(&drop, &tree, [9; 32], AccountId::from([1; 32]), None).unwrap_err();
        assert!(refusal.what.contains("drop 2 of campaign 3"));
    }

    #[test]
    fn a_bad_row_is_named_and_the_rest_goes_on() {
        let (codes, _) = drop_of(2);
        let mut csv = Vec::new();
        write_csv(&codes, &mut csv).unwrap();
        let csv = String::from_utf8(csv).unwrap().replace("\n1,", "\nx,12\n7,zz\n1,");
        let rows: Vec<_> = read_csv(csv.as_bytes()).collect();
        assert_eq!(rows.len(), 4);
        assert!(rows[1].as_ref().unwrap_err().what.starts_with("line 3: "));
        assert_eq!(rows[2].as_ref().unwrap_err().what, "line 4: secret: not 64 hexadecimal digits");
        assert_eq!(rows[3], Ok(codes[1].clone()));
    }
}
