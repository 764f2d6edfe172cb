//! Handing coupons out: batches, lists, vouchers, and codes for an attested audience. Each source takes effect once.
use crate::campaigns::ensure_operator;
use ink::prelude::vec::Vec;
use shared::{
    bits::Bits,
    books::Books,
    campaigns::{Campaign, Progress, Usage},
    claims::{check_audience, Claim, CodeClaim, Drop, Entitlement, VoucherKey, MAX_BATCH},
    coupons::Coupon,
    ids::{CampaignId, CouponId},
    ledger::{items, key},
    permit::Domain,
    registry::{Refusal, RegistryError},
    AccountId, Hash, Signature, Timestamp,
};

/// Coupons that came into being together.
pub struct Issued {
    pub first_serial: u32,
    pub count: u32,
    pub valid_until: Timestamp,
}

/// # Errors
/// `NoSuchCampaign`, `NotOperator`, `BatchSize`, `SourceUsed`, `IssueWindowClosed`, `IssuingStopped`, `SupplyExhausted`, `EscrowShort`, `HolderLimit`,
/// `Overflow`.
#[inline(never)]
pub fn issue(
    books: &mut Books,
    caller: AccountId,
    number: CampaignId,
    to: &[AccountId],
    source: u64,
    now: Timestamp,
) -> Result<Issued, Refusal> {
    let (campaign, progress) = books.campaign(number)?;
    ensure_operator(books, &campaign, caller)?;
    let count = u32::try_from(to.len()).unwrap_or(u32::MAX);
    if count == 0 || count > MAX_BATCH {
        return Err(RegistryError::BatchSize { items: count, most: MAX_BATCH }.into());
    }
    let (word, bit) = Bits::locate(source);
    use_up(books, items::SOURCES, &(number, word), bit, RegistryError::SourceUsed { source })?;
    hand_out(books, (number, &campaign, progress), to, None, now)
}

/// # Errors
/// `NoSuchCampaign`; for an entry of a list `NoSuchDrop`, `CodeUnproven`, `BatchSize`, `AdvocateUnsigned`, `CodeUsed`; for a code `NoSuchDrop`, `CodeUnproven`, `ClaimUnsigned`, `CodeUsed`; for a voucher `NoSuchKey`,
/// `VoucherExpired`, `VoucherUnsigned`, `VoucherUsed`, `QuotaReached`; then `SelfReferral`, `AttestationMissing`, `AttestationExpired`,
/// `AttestationInvalid`, `IssueWindowClosed`, `IssuingStopped`, `SupplyExhausted`, `EscrowShort`, `HolderLimit`, `Overflow`.
#[inline(never)]
pub fn claim(books: &mut Books, claim: &Claim, domain: &Domain, now: Timestamp) -> Result<Issued, Refusal> {
    let number = claim.campaign;
    let (campaign, progress) = books.campaign(number)?;
    match &claim.entitlement {
        Entitlement::Listed { drop, index, count, proof } => {
            let root = find_drop(number, &progress, *drop)?;
            claim.check_entry(root, *index, *count, proof)?;
            use_entry(books, (number, *drop), *index)?;
        }
        Entitlement::Code { drop, index, key, proof, signature } => {
            let (drop, index) = (*drop, *index);
            let root = find_drop(number, &progress, drop)?;
            let (to, advocate, signature) = (claim.to, claim.advocate, *signature);
            let (key, proof) = (*key, proof.clone());
            let code = CodeClaim { campaign: number, drop, index, key, proof, to, advocate, signature };
            code.check(root, None, domain)?;
            use_entry(books, (number, drop), index)?;
        }
        Entitlement::Voucher { key, nonce, deadline, signature } => {
            use_voucher(books, claim, (key, *nonce), (*deadline, *signature), domain, now)?;
        }
    }
    check_audience(&campaign.terms, (claim.to, claim.advocate), &claim.attestation, domain, now)?;
    let to = [claim.to].repeat(usize::try_from(claim.entitlement.count()).unwrap_or_default());
    hand_out(books, (number, &campaign, progress), &to, claim.advocate, now)
}

/// # Errors
/// `NoSuchDrop`.
fn find_drop(campaign: CampaignId, progress: &Progress, drop: u32) -> Result<&Drop, Refusal> {
    Ok(progress.drop(drop).ok_or(RegistryError::NoSuchDrop { campaign, drop })?)
}

/// # Errors
/// `CodeUsed`.
fn use_entry(books: &mut Books, drop: (CampaignId, u32), index: u32) -> Result<(), Refusal> {
    let (word, bit) = Bits::locate(index.into());
    use_up(books, items::CODES, &(drop, word), bit, RegistryError::CodeUsed { index })
}

/// # Errors
/// `NoSuchKey`, `VoucherExpired`, `VoucherUnsigned`, `VoucherUsed`, `QuotaReached`.
fn use_voucher(
    books: &mut Books,
    claim: &Claim,
    (key, nonce): (&Hash, u64),
    signed: (Timestamp, Signature),
    domain: &Domain,
    now: Timestamp,
) -> Result<(), Refusal> {
    let at = (claim.campaign, *key);
    let found: Option<VoucherKey> = books.one(items::KEYS, &at)?;
    let mut signer = found.ok_or(RegistryError::NoSuchKey { key: *key })?;
    claim.check_voucher(key, nonce, signed, domain, now)?;
    let (word, bit) = Bits::locate(nonce);
    use_up(books, items::VOUCHERS, &(at, word), bit, RegistryError::VoucherUsed { nonce })?;
    if let Some(quota) = &mut signer.quota {
        quota.count(now)?;
        books.write(items::KEYS, &at, &signer);
    }
    Ok(())
}

/// Switches a bit on for good.
/// # Errors
/// `used`, if it is on.
fn use_up(
    books: &mut Books,
    mapping: u32,
    at: &impl scale::Encode,
    bit: u8,
    used: RegistryError,
) -> Result<(), Refusal> {
    let mut bits: Bits = books.one(mapping, at)?.unwrap_or_default();
    if !bits.set(bit) {
        return Err(used.into());
    }
    books.write(mapping, at, &bits);
    Ok(())
}

/// # Errors
/// `IssueWindowClosed`, `IssuingStopped`, `SupplyExhausted`, `EscrowShort`, `HolderLimit`, `Overflow`.
fn hand_out(
    books: &mut Books,
    (number, campaign, mut progress): (CampaignId, &Campaign, Progress),
    to: &[AccountId],
    advocate: Option<AccountId>,
    now: Timestamp,
) -> Result<Issued, Refusal> {
    let count = u32::try_from(to.len()).unwrap_or(u32::MAX);
    let first_serial = progress.issue(campaign, count, now)?;
    let valid_until = campaign.terms.valid_until(now);
    books.write_progress(number, &progress);
    count_issues(books, number, campaign, to)?;
    for (serial, owner) in (first_serial..).zip(to) {
        let coupon = Coupon::new(*owner, valid_until, &campaign.terms, advocate);
        books.mint(CouponId { campaign: number, serial }, coupon);
    }
    Ok(Issued { first_serial, count, valid_until })
}

/// # Errors
/// `HolderLimit`.
fn count_issues(
    books: &mut Books,
    number: CampaignId,
    campaign: &Campaign,
    to: &[AccountId],
) -> Result<(), Refusal> {
    let limits = &campaign.terms.limits;
    if limits.issued_per_holder.is_none() {
        return Ok(());
    }
    let keys = to.iter().map(|owner| key(items::USAGE, &(number, *owner))).collect();
    let mut found = books.read(keys)?;
    let mut counted: Vec<(AccountId, Usage)> = Vec::with_capacity(to.len());
    for owner in to {
        let known: Option<Usage> = found.take()?;
        let place = match counted.iter().position(|(account, _)| account == owner) {
            Some(place) => place,
            None => {
                counted.push((*owner, known.unwrap_or_default()));
                counted.len().saturating_sub(1)
            }
        };
        if let Some((_, usage)) = counted.get_mut(place) {
            usage.count_issue(limits)?;
        }
    }
    for (owner, usage) in &counted {
        books.write(items::USAGE, &(number, *owner), usage);
    }
    Ok(())
}
