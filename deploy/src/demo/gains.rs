//! Who gained what, from the audit's database alone.
use crate::amounts::Unit;
use chain::keys::ss58;
use rusqlite::{
    types::{Type, ValueRef},
    Connection,
};
use shared::{AccountId, Balance};

/// One merchant's fortnight. Amounts are in the native token's smallest unit.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Gains {
    pub(super) issued: u64,
    pub(super) redeemed: u64,
    /// Discounts that customers had with its coupons.
    pub(super) borne: Balance,
    /// Discounts it gave on others' coupons.
    pub(super) honoured: Balance,
    /// What the alliance paid it, less what it paid in.
    pub(super) settled: i128,
    pub(super) royalties: Balance,
}

/// # Errors
/// The database can't be read.
pub(super) fn of_merchant(db: &Connection, merchant: &AccountId) -> rusqlite::Result<Gains> {
    let who = ss58(merchant);
    let standing = "FROM uses JOIN redemptions USING (acceptor, number) WHERE rolled_back_at IS NULL";
    let count = |sql: &str| db.query_row(sql, [&who], |row| row.get::<_, u64>(0));
    Ok(Gains {
        issued: count(
            "SELECT count(*) FROM coupons JOIN campaigns ON campaign = campaigns.number WHERE issuer = ?1",
        )?,
        redeemed: count(&format!("SELECT count(*) {standing} AND issuer = ?1"))?,
        borne: sum(db, &format!("SELECT discount {standing} AND issuer = ?1"), &who)?,
        honoured: sum(db, &format!("SELECT discount {standing} AND acceptor = ?1 AND issuer <> ?1"), &who)?,
        settled: difference(
            sum(db, "SELECT paid_out FROM positions WHERE member = ?1", &who)?,
            sum(db, "SELECT paid_in FROM positions WHERE member = ?1", &who)?,
        ),
        royalties: sum(
            db,
            "SELECT royalty FROM (SELECT issuer, royalty FROM sales UNION ALL SELECT issuer, royalty FROM swaps) WHERE issuer = ?1",
            &who,
        )?,
    })
}

/// Discounts that stand, prices paid at the market, and the market's fees.
/// # Errors
/// The database can't be read.
pub(super) fn of_town(db: &Connection) -> rusqlite::Result<[Balance; 3]> {
    let saved = "SELECT discount FROM uses JOIN redemptions USING (acceptor, number) WHERE rolled_back_at IS NULL AND ?1 = ''";
    Ok([
        sum(db, saved, "")?,
        sum(
            db,
            "SELECT price FROM (SELECT price FROM sales UNION ALL SELECT cash FROM swaps) WHERE ?1 = ''",
            "",
        )?,
        sum(db, "SELECT fee FROM (SELECT fee FROM sales UNION ALL SELECT fee FROM swaps) WHERE ?1 = ''", "")?,
    ])
}

/// Amounts too wide for the database's integers are text; what was paid out is negative there.
fn sum(db: &Connection, sql: &str, who: &str) -> rusqlite::Result<Balance> {
    let mut query = db.prepare(sql)?;
    let mut rows = query.query([who])?;
    let mut sum: Balance = 0;
    while let Some(row) = rows.next()? {
        let amount = match row.get_ref(0)? {
            ValueRef::Integer(amount) => amount.unsigned_abs().into(),
            ValueRef::Text(amount) => String::from_utf8_lossy(amount)
                .trim_start_matches('-')
                .parse::<Balance>()
                .map_err(|why| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(why)))?,
            ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => 0,
        };
        sum = sum.saturating_add(amount);
    }
    Ok(sum)
}

fn difference(more: Balance, less: Balance) -> i128 {
    let signed = |amount| i128::try_from(amount).unwrap_or(i128::MAX);
    signed(more).saturating_sub(signed(less))
}

/// An amount to the cent, as a shop writes it.
pub(super) fn cents(amount: Balance) -> String {
    // Two decimals of twelve; what is below a cent is not shown.
    let text = Unit::native().show(amount);
    let number = text.split(' ').next().unwrap_or(&text).to_owned();
    match number.split_once('.') {
        Some((whole, part)) => format!("{whole}.{:0<2}", part.get(..2).unwrap_or(part)),
        None => format!("{number}.00"),
    }
}
