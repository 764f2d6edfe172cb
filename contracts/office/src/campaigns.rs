//! Setting campaigns up and handing them over: terms, escrow, drops, keys. Knows no calls beyond the books'.
use shared::{
    assets::Asset,
    books::Books,
    campaigns::{Campaign, Improvement, Progress, MAX_DROPS},
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
/// `NoSuchCampaign`, `NotOperator`, `EmptyDrop`, `TooManyDrops`.
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
    progress.drops.push(*drop);
    let count = u32::try_from(progress.drops.len()).unwrap_or(u32::MAX);
    if count > MAX_DROPS {
        return Err(RegistryError::TooManyDrops { most: MAX_DROPS }.into());
    }
    books.write_progress(number, &progress);
    Ok(count)
}

/// # Errors
/// `NoSuchCampaign`, `NotOperator`, `InvalidTerms` (`ZeroLimit`, for a quota of nothing or over no time), `NoSuchKey`.
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
        Some(VoucherKey { quota: Some(quota), .. }) if quota.most == 0 || quota.period == 0 => {
            return Err(RegistryError::InvalidTerms(TermsFault::ZeroLimit).into());
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use shared::terms::{Benefit, Funding, Window};

    const ISSUER: AccountId = ink::primitives::AccountId([1; 32]);
    const NOW: Timestamp = 50;

    #[test]
    fn a_new_campaigns_terms_come_first_then_its_uri_then_its_escrow() {
        let terms = Terms::plain(Benefit::AmountOff { value: 1 }, Window { start: 10, end: 100 }, 0);
        let mut campaign = Campaign { issuer: ISSUER, terms };
        let create = |campaign: &Campaign, uri, escrow| {
            create(&mut Books::new(ISSUER), 1, campaign, &vec![b'x'; uri], escrow, NOW)
        };
        let invalid = RegistryError::InvalidTerms(TermsFault::NoSupply);
        assert_eq!(create(&campaign, 257, 1), Err(invalid.into()));
        campaign.terms.supply = 1;
        let too_long = RegistryError::UriTooLong { length: 257, most: 256 };
        assert_eq!(create(&campaign, 257, 1), Err(too_long.into()));
        assert_eq!(create(&campaign, 256, 1), Err(RegistryError::NoEscrow.into()));
        assert_eq!(create(&campaign, 256, 0), Ok(()));
        campaign.terms.funding = Funding::Escrow;
        assert_eq!(create(&campaign, 256, 1), Ok(()));
    }
}
