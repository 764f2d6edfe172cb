//! The audited history as a SQLite database, and each of its tables as CSV. Decides nothing: what comes here was audited.
//!
//! Accounts are SS58 text, hashes and bytes `0x` hex, times milliseconds since the Unix epoch. An asset is `native` or the PSP22 token's account.
//! Amounts are in the asset's smallest unit: integers, or text where they pass SQLite's 63 bits. A time that never comes is null.
use super::{
    decode::{AllianceEvent, MarketEvent, RegistryEvent},
    money::{Holding, Movement},
    statement::{Kind, Statement},
    AuditError, Happened, SuiteEvent,
};
use chain::keys::ss58;
use registry::drops::Source;
use rusqlite::{params_from_iter, types::Value, Connection};
use shared::{
    assets::Asset,
    ids::CouponId,
    order::Redemption,
    terms::{Benefit, Funding},
    AccountId, Balance,
};
use std::{fs, path::Path};
use tempfile::{Builder, NamedTempFile};

/// Every table. Columns that hold amounts or order numbers have no type, so that SQLite leaves what doesn't fit 63 bits as text.
const SCHEMA: &str = "
-- Every event of the suite, in order. `idx` is its position in the block.
CREATE TABLE events (block INTEGER, idx INTEGER, time INTEGER, contract TEXT, event TEXT, topics TEXT, data TEXT, PRIMARY KEY (block, idx));
-- Campaigns as created. `benefit` in words.
CREATE TABLE campaigns (number INTEGER PRIMARY KEY, issuer TEXT, created_at INTEGER, asset TEXT, benefit TEXT, funding TEXT, supply INTEGER,
  budget, escrow, uri TEXT);
-- Coupons ever issued, with who holds them now (null once spent). `source` is the batch, or drop/index of the code.
CREATE TABLE coupons (campaign INTEGER, serial INTEGER, issued_at INTEGER, issued_to TEXT, source TEXT, valid_until INTEGER, holder TEXT,
  frozen INTEGER, PRIMARY KEY (campaign, serial));
-- Coupons that changed hands.
CREATE TABLE transfers (block INTEGER, idx INTEGER, time INTEGER, campaign INTEGER, serial INTEGER, sender TEXT, receiver TEXT);
-- Orders that took effect. `payer` paid `net` on chain; `rolled_back_at` is null while the redemption stands.
CREATE TABLE redemptions (acceptor TEXT, number, block INTEGER, idx INTEGER, redeemed_at INTEGER, asset TEXT, net, payer TEXT, alliance TEXT,
  final_at INTEGER, rolled_back_at INTEGER, PRIMARY KEY (acceptor, number));
-- The coupons of each redemption.
CREATE TABLE uses (acceptor TEXT, number, campaign INTEGER, serial INTEGER, holder TEXT, issuer TEXT, funding TEXT, discount);
-- Debts between members, one a coupon. `reversed_at` is null while the debt stands.
CREATE TABLE bookings (block INTEGER, idx INTEGER, time INTEGER, cycle INTEGER, registry TEXT, acceptor TEXT, number, issuer TEXT,
  rate_bps INTEGER, amount, fee, reversed_at INTEGER);
-- Closed cycles.
CREATE TABLE cycles (number INTEGER PRIMARY KEY, closed_at INTEGER, cut_off INTEGER, debits, fees, refunds, bounty, closer TEXT);
-- Each member's account in each cycle, positive in the member's favour: closing is the sum of the columns from opening on.
CREATE TABLE positions (cycle INTEGER, member TEXT, opened_at INTEGER, closed_at INTEGER, opening, billed, earned, paid_in, adjusted, reversed,
  paid_out, closing, PRIMARY KEY (cycle, member, opened_at));
-- Coupons offered at the market. `state` is open, sold or cancelled.
CREATE TABLE listings (block INTEGER, idx INTEGER, opened_at INTEGER, registry TEXT, campaign INTEGER, serial INTEGER, seller TEXT, asset TEXT,
  price, ends_at INTEGER, state TEXT);
-- Coupons sold at the market: price = seller_part + royalty + fee.
CREATE TABLE sales (block INTEGER, idx INTEGER, time INTEGER, registry TEXT, campaign INTEGER, serial INTEGER, seller TEXT, buyer TEXT,
  issuer TEXT, asset TEXT, price, seller_part, royalty, fee);
-- Money that moved. A null sender or receiver is the contract itself.
CREATE TABLE movements (block INTEGER, idx INTEGER, time INTEGER, contract TEXT, sender TEXT, receiver TEXT, asset TEXT, amount, reason TEXT);
-- What each contract owes and holds of each asset.
CREATE TABLE holdings (contract TEXT, asset TEXT, owed, held, surplus, PRIMARY KEY (contract, asset));
";

/// What is written.
pub(super) struct Audited<'a> {
    pub(super) history: &'a [Happened],
    pub(super) statements: &'a [Statement],
    pub(super) movements: &'a [Movement],
    pub(super) holdings: &'a [Holding],
}

/// Writes the database to `db` and its tables to `<csv>/<table>.csv`, each file in one step, replacing what was there.
/// # Errors
/// `Database`, `File`, `Csv`.
pub(super) fn write(audited: &Audited, db: Option<&Path>, csv: Option<&Path>) -> Result<(), AuditError> {
    if db.is_none() && csv.is_none() {
        return Ok(());
    }
    let beside = db.map_or_else(|| Ok(std::env::temp_dir()), folder_of)?;
    let file = temporary(&beside)?;
    let mut connection = Connection::open(file.path())?;
    fill(&mut connection, audited)?;
    if let Some(folder) = csv {
        export(&connection, folder)?;
    }
    connection.close().map_err(|(_, fault)| fault)?;
    match db {
        Some(path) => keep(file, path),
        None => Ok(()),
    }
}

fn fill(connection: &mut Connection, audited: &Audited) -> Result<(), AuditError> {
    connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    let tables = Tables(&transaction);
    let mut cycle = 1;
    for happened in audited.history {
        tables.event(happened)?;
        match &happened.event {
            SuiteEvent::Registry(event) => tables.registry(happened, event)?,
            SuiteEvent::Alliance(event) => {
                tables.alliance(happened, event, cycle)?;
                if let AllianceEvent::CycleClosed(closed) = event {
                    cycle = closed.number.saturating_add(1);
                }
            }
            SuiteEvent::Market(event) => tables.market(happened, event)?,
        }
    }
    for statement in audited.statements {
        tables.position(statement)?;
    }
    for movement in audited.movements {
        tables.movement(movement)?;
    }
    for holding in audited.holdings {
        let (owed, held) = (amount(holding.owed), amount(holding.held));
        let surplus = amount(holding.surplus());
        let asset = asset(holding.asset);
        tables.insert("holdings", [text(holding.contract), asset, owed, held, surplus])?;
    }
    transaction.commit()?;
    Ok(())
}

struct Tables<'a>(&'a Connection);

impl Tables<'_> {
    fn insert<const N: usize>(&self, table: &str, row: [Value; N]) -> Result<(), AuditError> {
        let places = vec!["?"; N].join(", ");
        let mut statement = self.0.prepare_cached(&format!("INSERT INTO {table} VALUES ({places})"))?;
        statement.execute(params_from_iter(row))?;
        Ok(())
    }

    fn update<const N: usize>(&self, sql: &str, values: [Value; N]) -> Result<(), AuditError> {
        let mut statement = self.0.prepare_cached(sql)?;
        statement.execute(params_from_iter(values))?;
        Ok(())
    }

    fn event(&self, happened: &Happened) -> Result<(), AuditError> {
        let [block, idx, time] = at(happened);
        let topics: Vec<_> = happened.topics.iter().map(hex_text).collect();
        let row = [
            block,
            idx,
            time,
            text(happened.contract()),
            text(happened.event.name()),
            text(&topics.join(" ")),
            text(&hex_text(&happened.data)),
        ];
        self.insert("events", row)
    }

    fn registry(&self, happened: &Happened, event: &RegistryEvent) -> Result<(), AuditError> {
        let [block, idx, time] = at(happened);
        match event {
            RegistryEvent::CampaignCreated(event) => {
                let terms = &event.terms;
                let row = [
                    number(event.campaign),
                    account(event.issuer),
                    time,
                    asset(terms.asset),
                    text(&benefit(terms.benefit)),
                    funding(terms.funding),
                    number(terms.supply),
                    terms.budget.map_or(Value::Null, amount),
                    amount(event.escrow),
                    text(&String::from_utf8_lossy(&event.uri)),
                ];
                self.insert("campaigns", row)
            }
            RegistryEvent::CouponsIssued(event) => {
                let source = match event.source {
                    Source::Batch(batch) => format!("batch {batch}"),
                    Source::Code { drop, index } => format!("code {drop}/{index}"),
                };
                for serial in (event.first_serial..).take(event.count.try_into().unwrap_or(0)) {
                    let row = [
                        number(event.campaign),
                        number(serial),
                        time.clone(),
                        Value::Null,
                        text(&source),
                        moment(event.valid_until),
                        Value::Null,
                        Value::Null,
                    ];
                    self.insert("coupons", row)?;
                }
                Ok(())
            }
            RegistryEvent::Transfer(event) => {
                let Ok(CouponId { campaign, serial }) = CouponId::try_from(&event.id) else {
                    return Ok(());
                };
                let (campaign, serial) = (number(campaign), number(serial));
                let holder = event.to.map_or(Value::Null, account);
                let moved = [campaign.clone(), serial.clone(), holder.clone()];
                self.update(
                    "UPDATE coupons SET holder = ?3, issued_to = COALESCE(issued_to, ?3), frozen = NULL WHERE campaign = ?1 AND serial = ?2",
                    moved,
                )?;
                match (event.from, event.to) {
                    (Some(from), Some(_)) => {
                        let row = [block, idx, time, campaign, serial, account(from), holder];
                        self.insert("transfers", row)
                    }
                    (None, _) | (_, None) => Ok(()),
                }
            }
            RegistryEvent::CouponFreezeChanged(event) => {
                let reason = event.reason.map_or(Value::Null, number);
                let CouponId { campaign, serial } = event.coupon;
                self.update(
                    "UPDATE coupons SET frozen = ?3 WHERE campaign = ?1 AND serial = ?2",
                    [number(campaign), number(serial), reason],
                )
            }
            RegistryEvent::OrderRedeemed(event) => self.redemption(happened, &event.redemption),
            RegistryEvent::OrderRolledBack(event) => {
                let Redemption { acceptor, number, .. } = event.redemption;
                self.update(
                    "UPDATE redemptions SET rolled_back_at = ?3 WHERE acceptor = ?1 AND number = ?2",
                    [account(acceptor), order(number), time],
                )
            }
            RegistryEvent::Approval(_)
            | RegistryEvent::RegistryCreated(_)
            | RegistryEvent::CampaignImproved(_)
            | RegistryEvent::EscrowWithdrawn(_)
            | RegistryEvent::DropCreated(_)
            | RegistryEvent::CashierChanged(_)
            | RegistryEvent::PermitsCancelled(_)
            | RegistryEvent::CreditAdded(_)
            | RegistryEvent::CreditWithdrawn(_) => Ok(()),
        }
    }

    fn redemption(&self, happened: &Happened, done: &Redemption) -> Result<(), AuditError> {
        let [block, idx, time] = at(happened);
        let row = [
            account(done.acceptor),
            order(done.number),
            block,
            idx,
            time,
            asset(done.asset),
            amount(done.net),
            done.payer.map_or(Value::Null, account),
            done.alliance.map_or(Value::Null, account),
            moment(done.final_at),
            Value::Null,
        ];
        self.insert("redemptions", row)?;
        for used in &done.uses {
            let row = [
                account(done.acceptor),
                order(done.number),
                number(used.coupon.campaign),
                number(used.coupon.serial),
                account(used.holder),
                account(used.issuer),
                funding(used.funding),
                amount(used.discount),
            ];
            self.insert("uses", row)?;
        }
        Ok(())
    }

    fn alliance(&self, happened: &Happened, event: &AllianceEvent, cycle: u32) -> Result<(), AuditError> {
        let [block, idx, time] = at(happened);
        match event {
            AllianceEvent::DebtBooked(event) => {
                let row = [
                    block,
                    idx,
                    time,
                    number(cycle),
                    account(event.registry),
                    account(event.acceptor),
                    order(event.number),
                    account(event.issuer),
                    number(event.rate_bps),
                    amount(event.amount),
                    amount(event.fee),
                    Value::Null,
                ];
                self.insert("bookings", row)
            }
            AllianceEvent::DebtReversed(event) => self.update(
                "UPDATE bookings SET reversed_at = ?4 WHERE registry = ?1 AND acceptor = ?2 AND number = ?3",
                [account(event.registry), account(event.acceptor), order(event.number), time],
            ),
            AllianceEvent::CycleClosed(event) => {
                let row = [
                    number(event.number),
                    time,
                    moment(event.cut_off),
                    amount(event.debits),
                    amount(event.fees),
                    amount(event.refunds),
                    amount(event.bounty),
                    account(event.closer),
                ];
                self.insert("cycles", row)
            }
            AllianceEvent::AllianceCreated(_)
            | AllianceEvent::MemberApplied(_)
            | AllianceEvent::MemberAdmitted(_)
            | AllianceEvent::MemberExited(_)
            | AllianceEvent::CollateralDeposited(_)
            | AllianceEvent::CollateralWithdrawn(_)
            | AllianceEvent::PayInReceived(_)
            | AllianceEvent::PayInCovered(_)
            | AllianceEvent::PayoutMade(_) => Ok(()),
        }
    }

    fn market(&self, happened: &Happened, event: &MarketEvent) -> Result<(), AuditError> {
        const CLOSE: &str = "UPDATE listings SET state = ?4 WHERE registry = ?1 AND campaign = ?2 AND serial = ?3 AND state = 'open'";
        let [block, idx, time] = at(happened);
        let coupon =
            |registry, CouponId { campaign, serial }| [account(registry), number(campaign), number(serial)];
        match event {
            MarketEvent::ListingOpened(event) => {
                let [registry, campaign, serial] = coupon(event.registry, event.coupon);
                let listing = event.listing;
                let row = [
                    block,
                    idx,
                    time,
                    registry,
                    campaign,
                    serial,
                    account(listing.seller),
                    asset(listing.asset),
                    amount(listing.price),
                    moment(listing.ends_at),
                    text("open"),
                ];
                self.insert("listings", row)
            }
            MarketEvent::ListingSold(event) => {
                let [registry, campaign, serial] = coupon(event.registry, event.coupon);
                let key = [registry.clone(), campaign.clone(), serial.clone()];
                let [a, b, c] = key;
                self.update(CLOSE, [a, b, c, text("sold")])?;
                let (listing, parts) = (event.listing, event.parts);
                let row = [
                    block,
                    idx,
                    time,
                    registry,
                    campaign,
                    serial,
                    account(listing.seller),
                    account(event.buyer),
                    account(listing.issuer),
                    asset(listing.asset),
                    amount(listing.price),
                    amount(parts.seller),
                    amount(parts.royalty),
                    amount(parts.fee),
                ];
                self.insert("sales", row)
            }
            MarketEvent::ListingCancelled(event) => {
                let [registry, campaign, serial] = coupon(event.registry, event.coupon);
                self.update(CLOSE, [registry, campaign, serial, text("cancelled")])
            }
            MarketEvent::MarketCreated(_)
            | MarketEvent::FeeChanged(_)
            | MarketEvent::CreditAdded(_)
            | MarketEvent::CreditWithdrawn(_) => Ok(()),
        }
    }

    fn position(&self, statement: &Statement) -> Result<(), AuditError> {
        let total = |kind| position(statement.total(kind));
        let row = [
            number(statement.cycle),
            account(statement.member),
            moment(statement.opened_at),
            statement.closed_at.map_or(Value::Null, moment),
            position(statement.opening),
            total(Kind::Billed),
            total(Kind::Earned),
            total(Kind::PaidIn),
            total(Kind::Adjusted),
            total(Kind::Reversed),
            total(Kind::PaidOut),
            position(statement.closing()),
        ];
        self.insert("positions", row)
    }

    fn movement(&self, moved: &Movement) -> Result<(), AuditError> {
        let row = [
            number(moved.place.block),
            number(moved.place.index),
            moment(moved.time),
            text(moved.contract),
            moved.from.map_or(Value::Null, account),
            moved.to.map_or(Value::Null, account),
            asset(moved.asset),
            amount(moved.amount),
            text(moved.reason),
        ];
        self.insert("movements", row)
    }
}

fn export(connection: &Connection, folder: &Path) -> Result<(), AuditError> {
    fs::create_dir_all(folder).map_err(|fault| AuditError::file(folder, fault))?;
    let mut names =
        connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
    let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for name in names {
        let file = temporary(folder)?;
        let mut out = csv::Writer::from_writer(file.as_file());
        let mut table = connection.prepare(&format!("SELECT * FROM {name} ORDER BY rowid"))?;
        let columns: Vec<String> = table.column_names().into_iter().map(Into::into).collect();
        out.write_record(&columns)?;
        let mut rows = table.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns.len() {
                out.write_field(match row.get::<_, Value>(column)? {
                    Value::Null => String::new(),
                    Value::Integer(integer) => integer.to_string(),
                    Value::Real(real) => real.to_string(),
                    Value::Text(text) => text,
                    Value::Blob(bytes) => hex_text(bytes),
                })?;
            }
            out.write_record(None::<&[u8]>)?;
        }
        out.flush().map_err(|fault| AuditError::file(folder, fault))?;
        drop(out);
        keep(file, &folder.join(name).with_extension("csv"))?;
    }
    Ok(())
}

/// The folder that `path` is in, made if it isn't there.
fn folder_of(path: &Path) -> Result<std::path::PathBuf, AuditError> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(|fault| AuditError::file(folder, fault))?;
    Ok(folder.to_owned())
}

fn temporary(folder: &Path) -> Result<NamedTempFile, AuditError> {
    Builder::new().prefix(".audit-").tempfile_in(folder).map_err(|fault| AuditError::file(folder, fault))
}

fn keep(file: NamedTempFile, path: &Path) -> Result<(), AuditError> {
    file.as_file().sync_all().map_err(|fault| AuditError::file(path, fault))?;
    file.persist(path).map_err(|fault| AuditError::file(path, fault.error))?;
    Ok(())
}

fn at(happened: &Happened) -> [Value; 3] {
    [number(happened.place.block), number(happened.place.index), moment(happened.time)]
}

fn text(words: &str) -> Value {
    Value::Text(words.to_owned())
}

fn hex_text(bytes: impl AsRef<[u8]>) -> String {
    format!("0x{}", hex::encode(bytes))
}

fn number(number: impl Into<i64>) -> Value {
    Value::Integer(number.into())
}

/// `Timestamp::MAX` and whatever else passes 63 bits never comes.
fn moment(time: u64) -> Value {
    i64::try_from(time).map_or(Value::Null, Value::Integer)
}

fn order(number: u64) -> Value {
    amount(number.into())
}

fn amount(amount: Balance) -> Value {
    i64::try_from(amount).map_or_else(|_| Value::Text(amount.to_string()), Value::Integer)
}

fn position(position: i128) -> Value {
    i64::try_from(position).map_or_else(|_| Value::Text(position.to_string()), Value::Integer)
}

fn account(account: AccountId) -> Value {
    Value::Text(ss58(&account))
}

fn asset(asset: Asset) -> Value {
    match asset {
        Asset::Native => text("native"),
        Asset::Psp22(token) => account(token),
    }
}

fn funding(funding: Funding) -> Value {
    text(match funding {
        Funding::Merchant => "merchant",
        Funding::Escrow => "escrow",
        Funding::Alliance => "alliance",
    })
}

fn benefit(benefit: Benefit) -> String {
    match benefit {
        Benefit::AmountOff { value } => format!("{value} off"),
        Benefit::PercentOff { bps, cap } => format!("{bps} bps off, at most {cap}"),
    }
}
