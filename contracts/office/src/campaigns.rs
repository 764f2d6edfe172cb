//! Setting campaigns up and handing them over: terms, escrow, drops, keys. Knows no calls beyond the books'.
use shared::{
    assets::Asset,
    books::Books,
    campaigns::{Campaign, Improvement, Progress},
    claims::{Drop, VoucherKey},
    coupons::Role,
    ids::CampaignId,
    ledger::items,
    registry::{Refusal, RegistryError},
    terms::{Audience, Terms, TermsFault},
    AccountId, Balance, Hash, Timestamp,
};

/// The longest URI of a document, in bytes.
pub const MAX_URI: u32 = 256;

/// # Errors
/// `InvalidTerms`, `UriTooLong`, `NoEscrow`.
#[inline(never)]
pub fn create(
    books: &mut Books,
    number: CampaignId,
    campaign: &Campaign,
    uri: &[u8],
    escrow: Balance,
    now: Timestamp,
) -> Result<(), Refusal> {
    let terms = &campaign.terms;
    terms.check(now).map_err(RegistryError::InvalidTerms)?;
    let length = u32::try_from(uri.len()).unwrap_or(u32::MAX);
    if length > MAX_URI {
        return Err(RegistryError::UriTooLong { length, most: MAX_URI }.into());
    }
    if escrow > 0 && !campaign.is_backed() {
        return Err(RegistryError::NoEscrow.into());
    }
    ensure_rewards(books, campaign.issuer, terms)?;
    books.write(items::CAMPAIGNS, &number, campaign);
    books.write_progress(number, &Progress::new(terms, escrow));
    Ok(())
}

/// An advocate is rewarded from a campaign of the same issuer that is for anyone.
fn ensure_rewards(books: &Books, issuer: AccountId, terms: &Terms) -> Result<(), Refusal> {
    let Some(referral) = terms.referral else {
        return Ok(());
    };
    let reward = referral.reward;
    let found: Option<Campaign> = books.one(items::CAMPAIGNS, &reward)?;
    match found {
        Some(found) if found.issuer == issuer && found.terms.audience == Audience::Anyone => Ok(()),
        Some(_) | None => Err(RegistryError::InvalidTerms(TermsFault::NoRewardCampaign { reward }).into()),
    }
}

/// Gives what it is paid in.
/// # Errors
/// `NoSuchCampaign`, `NotIssuer`, as `Progress::improve`.
#[inline(never)]
pub fn improve(
    books: &mut Books,
    caller: AccountId,
    number: CampaignId,
    improvement: Improvement,
    now: Timestamp,
) -> Result<Asset, Refusal> {
    let (campaign, mut progress) = books.campaign(number)?;
    campaign.ensure_issuer(caller)?;
    progress.improve(&campaign.terms, improvement, now)?;
    books.write_progress(number, &progress);
    Ok(campaign.terms.asset)
}

/// # Errors
/// `NoSuchCampaign`, `NotIssuer`, `NoEscrow`, `EscrowCommitted`.
#[inline(never)]
pub fn withdraw_escrow(
    books: &mut Books,
    caller: AccountId,
    number: CampaignId,
    amount: Balance,
    now: Timestamp,
) -> Result<(), Refusal> {
    let (campaign, mut progress) = books.campaign(number)?;
    campaign.ensure_issuer(caller)?;
    progress.withdraw_escrow(&campaign.terms, amount, now)?;
    books.write_progress(number, &progress);
    books.pay(campaign.terms.asset, caller, amount);
    Ok(())
}

/// # Errors
/// `NoSuchCampaign`, `NotOperator`, `EmptyDrop`, `Overflow`.
#[inline(never)]
pub fn create_drop(
    books: &mut Books,
    caller: AccountId,
    number: CampaignId,
    drop: &Drop,
) -> Result<u32, Refusal> {
    let (campaign, mut progress) = books.campaign(number)?;
    ensure_operator(books, &campaign, caller)?;
    if drop.size == 0 {
        return Err(RegistryError::EmptyDrop.into());
    }
    progress.drops = progress.drops.checked_add(1).ok_or(RegistryError::Overflow)?;
    books.write_progress(number, &progress);
    books.write(items::DROPS, &(number, progress.drops), drop);
    Ok(progress.drops)
}

/// # Errors
/// `NoSuchCampaign`, `NotOperator`, `NoSuchKey`.
#[inline(never)]
pub fn set_key(
    books: &mut Books,
    caller: AccountId,
    number: CampaignId,
    signer: Hash,
    named: Option<VoucherKey>,
) -> Result<(), Refusal> {
    let (campaign, _) = books.campaign(number)?;
    ensure_operator(books, &campaign, caller)?;
    let at = (number, signer);
    match named {
        Some(named) => books.write(items::KEYS, &at, &named),
        None => {
            let known: Option<VoucherKey> = books.one(items::KEYS, &at)?;
            known.ok_or(RegistryError::NoSuchKey { key: signer })?;
            books.remove(items::KEYS, &at);
        }
    }
    Ok(())
}

/// Makes `to` the issuer.
/// # Errors
/// `NoSuchCampaign`.
pub fn hand_over(books: &mut Books, number: CampaignId, to: AccountId) -> Result<(), Refusal> {
    let (mut campaign, _) = books.campaign(number)?;
    campaign.issuer = to;
    books.write(items::CAMPAIGNS, &number, &campaign);
    Ok(())
}

/// # Errors
/// `NotOperator`.
#[inline(never)]
pub fn ensure_operator(books: &Books, campaign: &Campaign, caller: AccountId) -> Result<(), Refusal> {
    if caller == campaign.issuer {
        return Ok(());
    }
    let role: Option<Role> = books.one(items::ROLES, &(campaign.issuer, caller))?;
    if role.is_some_and(|role| role.operator) {
        Ok(())
    } else {
        Err(RegistryError::NotOperator { caller }.into())
    }
}
