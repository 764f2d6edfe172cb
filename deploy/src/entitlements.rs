//! What entitles accounts to coupons besides a printed code: vouchers, attestations, entries of lists. Knows no chain.

use crate::{accounts, codes, orders::digest_bytes, payload, refusals::Refusal};
use chain::{keys::ss58, AccountId, Hash, Keypair};
use scale::{Compact, Decode, DecodeAll, Encode};
use serde::{Deserialize, Serialize};
use shared::{
    claims::{listed, Attestation, Claim, Entitlement, MAX_BATCH},
    ids::CampaignId,
    permit::{Domain, Purpose},
    Signature, Timestamp,
};
use std::{fs, io::Read, path::Path};

/// A voucher of a signer or a device, as it is handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedVoucher {
    pub campaign: CampaignId,
    /// Who gets the coupon.
    pub to: AccountId,
    /// Who brought them.
    pub advocate: Option<AccountId>,
    /// Who signed.
    pub key: Hash,
    /// The key's own number for it.
    pub nonce: u64,
    /// Good until just before this time.
    pub deadline: Timestamp,
    pub signature: Signature,
}

/// An attester's word on an account, as it is handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedAttestation {
    pub class: u8,
    pub account: AccountId,
    pub attestation: Attestation,
}

/// An entry of a list, with the proof that it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub account: AccountId,
    /// How many coupons it gets.
    pub count: u32,
    pub proof: Vec<Hash>,
}

/// A list that a campaign has committed to, as it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowList {
    pub registry: AccountId,
    pub campaign: CampaignId,
    pub drop: u32,
    /// In the order they were committed to.
    pub entries: Vec<Entry>,
}

#[derive(Encode, Decode)]
struct ShortVoucher {
    campaign: Compact<u32>,
    to: AccountId,
    advocate: Option<AccountId>,
    key: Hash,
    nonce: Compact<u64>,
    deadline: Compact<Timestamp>,
    signature: Signature,
}

#[derive(Encode, Decode)]
struct ShortAttestation {
    class: u8,
    account: AccountId,
    expires_at: Compact<Timestamp>,
    signature: Signature,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListFile {
    couponry_list: u8,
    registry: String,
    campaign: u32,
    drop: u32,
    entries: Vec<EntryFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryFile {
    account: String,
    count: u32,
    proof: Vec<String>,
}

#[derive(Deserialize)]
struct Row {
    account: String,
    count: String,
}

impl SignedVoucher {
    /// `signer`'s voucher number `nonce`, which gives `to`, whom `advocate` brought, a coupon of `campaign`.
    pub fn sign(
        domain: &Domain,
        signer: &Keypair,
        campaign: CampaignId,
        (to, advocate): (AccountId, Option<AccountId>),
        (nonce, deadline): (u64, Timestamp),
    ) -> Self {
        let key = signer.public();
        let mut voucher = Self { campaign, to, advocate, key, nonce, deadline, signature: [0; 64] };
        let subject = voucher.claim(None).voucher_subject(nonce);
        voucher.signature = signer.sign(&domain.message(Purpose::Voucher, &subject, 0, deadline));
        voucher
    }

    /// What the office is shown.
    pub fn claim(&self, attestation: Option<Attestation>) -> Claim {
        let Self { campaign, to, advocate, key, nonce, deadline, signature } = *self;
        let entitlement = Entitlement::Voucher { key, nonce, deadline, signature };
        Claim { campaign, to, advocate, attestation, entitlement }
    }

    /// The text of its QR code.
    pub fn payload(&self) -> String {
        let Self { campaign, to, advocate, key, nonce, deadline, signature } = *self;
        let (campaign, nonce, deadline) = (Compact(campaign), Compact(nonce), Compact(deadline));
        let short = ShortVoucher { campaign, to, advocate, key, nonce, deadline, signature };
        payload::seal("voucher", &short.encode())
    }

    /// Reads the text of a QR code, or a file with it.
    /// # Errors
    /// Missing, another kind, or damaged.
    pub fn read(source: &str) -> Result<Self, Refusal> {
        let short: ShortVoucher = open("voucher", source)?;
        let ShortVoucher { campaign, to, advocate, key, nonce, deadline, signature } = short;
        let (campaign, nonce, deadline) = (campaign.0, nonce.0, deadline.0);
        Ok(Self { campaign, to, advocate, key, nonce, deadline, signature })
    }
}

impl SignedAttestation {
    /// `attester`'s word that `account` is of `class`, until just before `expires_at`.
    pub fn sign(
        domain: &Domain,
        attester: &Keypair,
        class: u8,
        account: AccountId,
        expires_at: Timestamp,
    ) -> Self {
        let message = domain.message(Purpose::Attest, &(class, account), 0, expires_at);
        let attestation = Attestation { expires_at, signature: attester.sign(&message) };
        Self { class, account, attestation }
    }

    /// The text of its QR code.
    pub fn payload(&self) -> String {
        let Self { class, account, attestation: Attestation { expires_at, signature } } = *self;
        let short = ShortAttestation { class, account, expires_at: Compact(expires_at), signature };
        payload::seal("attest", &short.encode())
    }

    /// Reads the text of a QR code, or a file with it.
    /// # Errors
    /// Missing, another kind, or damaged.
    pub fn read(source: &str) -> Result<Self, Refusal> {
        let short: ShortAttestation = open("attest", source)?;
        let ShortAttestation { class, account, expires_at, signature } = short;
        Ok(Self { class, account, attestation: Attestation { expires_at: expires_at.0, signature } })
    }
}

fn open<T: Decode>(kind: &str, source: &str) -> Result<T, Refusal> {
    let text = if payload::is_payload(source) {
        source.to_owned()
    } else {
        fs::read_to_string(source).map_err(|why| {
            Refusal::new(format!("cannot read {source}: {why}"), "give the text of the QR code, or its file")
        })?
    };
    let fields = payload::open(kind, &text)?;
    T::decode_all(&mut fields.as_slice())
        .map_err(|_| Refusal::new(format!("this {kind} code can't be read"), "have it signed again"))
}

/// Reads a list's rows: account and count.
/// # Errors
/// Every row that can't be read, by its line.
pub fn read_list(from: impl Read) -> Result<Vec<(AccountId, u32)>, Refusal> {
    let (mut entries, mut bad) = (Vec::new(), Vec::new());
    let rows = csv::Reader::from_reader(from).into_deserialize::<Row>();
    for (line, row) in (2u64..).zip(rows) {
        let read = row.map_err(|why| Refusal::new(why.to_string(), ""));
        match read.and_then(|Row { account, count }| entry(&account, &count)) {
            Ok(entry) => entries.push(entry),
            Err(fault) => bad.push(format!("\n  line {line}: {}", fault.what)),
        }
    }
    if bad.is_empty() {
        return Ok(entries);
    }
    let what = format!("{} rows are good and {} are not:{}", entries.len(), bad.len(), bad.concat());
    Err(Refusal::new(what, "write a row as: account,count"))
}

fn entry(account: &str, count: &str) -> Result<(AccountId, u32), Refusal> {
    let account = accounts::account(account.trim())?;
    let number = count.trim().parse().ok().filter(|count| (1..=MAX_BATCH).contains(count));
    let fault = || {
        let fix = "an entry is claimed in one call";
        Refusal::new(format!("count: `{count}` is not a number from 1 to {MAX_BATCH}"), fix)
    };
    Ok((account, number.ok_or_else(fault)?))
}

impl AllowList {
    /// The list of these entries, and the root that commits to them; it is given its drop's number later.
    /// # Errors
    /// No entries.
    pub fn new(
        registry: AccountId,
        campaign: CampaignId,
        entries: &[(AccountId, u32)],
    ) -> Result<(Self, Hash), Refusal> {
        let leaves: Vec<Hash> = entries.iter().map(|(account, count)| listed(*account, *count)).collect();
        let tree = codes::tree(&leaves)
            .map_err(|_| Refusal::new("a list needs at least one entry", "write a row as: account,count"))?;
        let entries = (0u32..).zip(entries).map(|(index, (account, count))| Entry {
            account: *account,
            count: *count,
            proof: tree.proof(index).unwrap_or_default(),
        });
        Ok((Self { registry, campaign, drop: 0, entries: entries.collect() }, tree.root()))
    }

    /// The entry at `index`, from 0, or the account's first one.
    /// # Errors
    /// There is none.
    pub fn find(&self, account: AccountId, index: Option<u32>) -> Result<(u32, &Entry), Refusal> {
        let mine = |entry: &Entry| entry.account == account;
        (0u32..)
            .zip(&self.entries)
            .find(|(place, entry)| mine(entry) && index.is_none_or(|index| index == *place))
            .ok_or_else(|| {
                Refusal::new(
                    match index {
                        Some(index) => format!("entry {index} of the list isn't {}'s", ss58(&account)),
                        None => format!("{} is not on the list", ss58(&account)),
                    },
                    "ask the issuer, or claim for an account that is listed",
                )
            })
    }

    /// What the office is shown for an entry.
    pub fn claim(&self, (index, entry): (u32, &Entry), attestation: Option<Attestation>) -> Claim {
        let Entry { account, count, proof } = entry.clone();
        let entitlement = Entitlement::Listed { drop: self.drop, index, count, proof };
        Claim { campaign: self.campaign, to: account, advocate: None, attestation, entitlement }
    }

    pub fn to_json(&self) -> String {
        let entries = self.entries.iter().map(|entry| EntryFile {
            account: ss58(&entry.account),
            count: entry.count,
            proof: entry.proof.iter().map(hex::encode).collect(),
        });
        let file = ListFile {
            couponry_list: 1,
            registry: ss58(&self.registry),
            campaign: self.campaign,
            drop: self.drop,
            entries: entries.collect(),
        };
        // A struct of strings and numbers always serialises.
        serde_json::to_string(&file).unwrap_or_default()
    }

    /// # Errors
    /// Missing, or not a list file.
    pub fn load(path: &Path) -> Result<Self, Refusal> {
        let fault = |why: String| {
            Refusal::new(
                format!("{}: {why}", path.display()),
                "give the list file that the issuer published, as `couponry list create` writes it",
            )
        };
        let text = fs::read_to_string(path).map_err(|why| fault(why.to_string()))?;
        let file: ListFile = serde_json::from_str(&text).map_err(|why| fault(why.to_string()))?;
        if file.couponry_list != 1 {
            return Err(fault(format!("its version is {}, and 1 is known", file.couponry_list)));
        }
        let entries = file.entries.iter().enumerate().map(|(index, entry)| {
            let proof: Option<Vec<Hash>> = entry.proof.iter().map(|hash| digest_bytes(hash)).collect();
            Ok(Entry {
                account: accounts::account(&entry.account).map_err(|bad| fault(bad.what))?,
                count: entry.count,
                proof: proof
                    .ok_or_else(|| fault(format!("the proof of entry {index} is not hexadecimal")))?,
            })
        });
        Ok(Self {
            registry: accounts::account(&file.registry)?,
            campaign: file.campaign,
            drop: file.drop,
            entries: entries.collect::<Result<_, Refusal>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{
        claims::{check_audience, Drop},
        registry::RegistryError,
        terms::{Audience, Benefit, Terms, Window},
    };

    const DOMAIN: Domain = Domain { chain_tag: [1; 32], contract: ink::primitives::AccountId([2; 32]) };

    fn person(name: &str) -> AccountId {
        Keypair::named(name).account()
    }

    #[test]
    fn a_voucher_survives_its_code_and_is_good_for_whom_it_names_alone() {
        let device = Keypair::named("sensor");
        for advocate in [None, Some(person("ben"))] {
            let voucher =
                SignedVoucher::sign(&DOMAIN, &device, 7, (person("anna"), advocate), (u64::MAX, 99));
            assert!(payload::qr_png(&voucher.payload()).is_ok());
            let read = SignedVoucher::read(&voucher.payload()).unwrap();
            assert_eq!(read, voucher);
            let check = |voucher: &SignedVoucher| {
                let signed = (voucher.deadline, voucher.signature);
                voucher.claim(None).check_voucher(&voucher.key, voucher.nonce, signed, &DOMAIN, 98)
            };
            assert_eq!(check(&read), Ok(()));
            let stolen = SignedVoucher { to: person("carl"), ..read };
            let unsigned = RegistryError::VoucherUnsigned { nonce: u64::MAX };
            assert_eq!(check(&stolen), Err(unsigned.into()));
        }
        assert!(SignedVoucher::read("none.txt").unwrap_err().what.starts_with("cannot read none.txt"));
    }

    #[test]
    fn an_attestation_survives_its_code_and_is_good_for_its_account_alone() {
        let key = Keypair::named("attester");
        let signed = SignedAttestation::sign(&DOMAIN, &key, 18, person("anna"), 99);
        let read = SignedAttestation::read(&signed.payload()).unwrap();
        assert_eq!(read, signed);
        let mut terms = Terms::plain(Benefit::AmountOff { value: 1 }, Window { start: 0, end: 9 }, 1);
        terms.audience = Audience::Attested { key: key.public(), class: 18 };
        let check = |to| check_audience(&terms, (to, None), &Some(read.attestation.clone()), &DOMAIN, 98);
        assert_eq!(check(person("anna")), Ok(()));
        let invalid = RegistryError::AttestationInvalid { class: 18 };
        assert_eq!(check(person("ben")), Err(invalid.into()));
    }

    #[test]
    fn each_entry_of_a_list_proves_and_the_list_survives_its_file() {
        let rows = "account,count\nanna,1\nben,2\nanna,3\n";
        let entries = read_list(rows.as_bytes()).unwrap();
        let (list, root) = AllowList::new(DOMAIN.contract, 4, &entries).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), list.to_json()).unwrap();
        let list = AllowList { drop: 0, ..AllowList::load(file.path()).unwrap() };
        let drop = Drop { root, size: 3 };
        for index in [0, 2] {
            let found = list.find(person("anna"), Some(index)).unwrap();
            let claim = list.claim(found, None);
            assert_eq!(claim.check_entry(&drop, index, found.1.count, &found.1.proof), Ok(()));
        }
        assert_eq!(list.find(person("anna"), None).unwrap().0, 0);
        let (index, entry) = list.find(person("ben"), None).unwrap();
        let more = list.claim((index, entry), None).check_entry(&drop, 1, 3, &entry.proof);
        assert_eq!(more, Err(RegistryError::CodeUnproven { index: 1 }.into()));
        assert!(list.find(person("ben"), Some(0)).unwrap_err().what.starts_with("entry 0"));
        assert!(list.find(person("carl"), None).unwrap_err().what.ends_with("is not on the list"));
    }

    #[test]
    fn bad_rows_of_a_list_are_all_named() {
        let rows = format!("account,count\nanna,1\na b,1\nben,0\nben,{}\nben\n", MAX_BATCH + 1);
        let refusal = read_list(rows.as_bytes()).unwrap_err();
        assert!(refusal.what.starts_with("1 rows are good and 4 are not:\n  line 3: `a b` is neither"));
        let most = format!("is not a number from 1 to {MAX_BATCH}\n");
        assert!(refusal.what.contains(&format!("\n  line 4: count: `0` {most}  line 5: count: `")));
        assert!(refusal.what.contains("\n  line 6: "));
        assert!(AllowList::new(DOMAIN.contract, 4, &[]).unwrap_err().what.contains("at least one entry"));
    }
}
