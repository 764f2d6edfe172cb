//! The audited history as a SQLite database, and each of its tables and views as a file. Decides nothing: what comes here was audited.
//!
//! Accounts are SS58 text, hashes and bytes `0x` hex, times milliseconds since the Unix epoch. An asset is `native` or the PSP22 token's account.
//! Amounts are in the asset's smallest unit: integers, or text where they pass SQLite's 63 bits. A time that never comes is null.
mod council;
mod custody;
mod export;
mod market;
#[cfg(test)]
mod page;
#[cfg(test)]
mod rate;
pub(super) mod views;

use self::{
    export::{export, Format},
    views::VIEWS,
};
use super::{
    decode::{AllianceEvent, CouncilEvent, DeskEvent, OfficeEvent, RegistryEvent},
    money::{Holding, Movement},
    registry::State,
    statement::{Kind, Statement},
    AuditError, Happened, SuiteEvent,
};
use chain::keys::ss58;
use desk::events::{CouponExpired, OrderRolledBack};
use rusqlite::{params_from_iter, types::Value, Connection};
use shared::{
    assets::Asset,
    claims::Source,
    ids::{CampaignId, CouponId},
    order::Redemption,
    terms::{Benefit, Funding},
    AccountId, Balance, Timestamp,
};
use std::{cell::RefCell, collections::BTreeMap, fs, path::Path};
use tempfile::{Builder, NamedTempFile};

/// Every table. Columns that hold amounts or order numbers have no type, so that SQLite leaves what doesn't fit 63 bits as text.
pub(super) const SCHEMA: &str = "
-- Every event of the suite, in order. `idx` is its position in the block.
CREATE TABLE events (block INTEGER, idx INTEGER, time INTEGER, contract TEXT, event TEXT, topics TEXT, data TEXT, PRIMARY KEY (block, idx));
-- Campaigns as they stand. `benefit` in words, `escrow` as locked at first; of what is left of it, `reserved` backs coupons and `held` rollbacks.
CREATE TABLE campaigns (number INTEGER PRIMARY KEY, issuer TEXT, created_at INTEGER, asset TEXT, benefit TEXT, funding TEXT, supply INTEGER,
  budget, escrow, uri TEXT, redeem_ends INTEGER, issued INTEGER, parts INTEGER, uses INTEGER, budget_left, escrow_left, reserved, held,
  issuing_stopped INTEGER);
-- Sets of codes, or lists of accounts.
CREATE TABLE drops (campaign INTEGER, number INTEGER, created_at INTEGER, root TEXT, size INTEGER, PRIMARY KEY (campaign, number));
-- Coupons that ever were. `source` is batch, code, voucher, reward, split or rollback; `source_id` the batch's number, the place in the drop `drop_number`, or
-- the voucher's nonce. `origin` is the serial of the coupon as issued that the value came from. Once it ended, `holder` and `value_left` are null.
CREATE TABLE coupons (campaign INTEGER, serial INTEGER, issued_at INTEGER, issued_to TEXT, source TEXT, drop_number INTEGER, source_id,
  origin INTEGER, advocate TEXT, holder TEXT, value_left, valid_until INTEGER, frozen INTEGER, reserved_until INTEGER,
  PRIMARY KEY (campaign, serial));
-- Coupons that came to somebody: into being where `sender` is null, to an end where `receiver` is. A code that is spent straight off its paper
-- makes no token, and has no row.
CREATE TABLE transfers (block INTEGER, idx INTEGER, time INTEGER, campaign INTEGER, serial INTEGER, sender TEXT, receiver TEXT);
-- Orders that took effect, as they were then. `cashier` accepted for the acceptor; `payer` paid `net` on chain; `rolled_back_at` is null unless all of it was undone.
CREATE TABLE redemptions (acceptor TEXT, number, block INTEGER, idx INTEGER, redeemed_at INTEGER, asset TEXT, basket, eligible, net, cashier TEXT,
  payer TEXT, alliance TEXT, final_at INTEGER, rolled_back_at INTEGER, forgotten_at INTEGER, PRIMARY KEY (acceptor, number));
-- The coupons of each redemption. `discount` is what each took off at first, `kept` what of it stands; `stands` is 0 once the use was undone.
CREATE TABLE uses (acceptor TEXT, number, campaign INTEGER, serial INTEGER, holder TEXT, issuer TEXT, funding TEXT, left_before, left_after,
  discount, kept, stands INTEGER, PRIMARY KEY (acceptor, number, campaign, serial));
-- Rollbacks, whole or in part: what of the discounts was undone.
CREATE TABLE rollbacks (block INTEGER, idx INTEGER, time INTEGER, acceptor TEXT, number, in_part INTEGER, discount);
-- Ratings of redemptions by their holders. `comment` is the SHA-256 of what they wrote.
CREATE TABLE ratings (block INTEGER, idx INTEGER, time INTEGER, acceptor TEXT, number, holder TEXT, stars INTEGER, comment TEXT,
  PRIMARY KEY (acceptor, number, holder));
-- Coupons given to advocates, for friends who used theirs.
CREATE TABLE rewards (block INTEGER, idx INTEGER, time INTEGER, advocate TEXT, friend TEXT, acceptor TEXT, number, campaign INTEGER,
  serial INTEGER, friends_campaign INTEGER, friends_serial INTEGER);
-- Who may work for whom, as it stands. With a cap, `spent` is what the discounts came to on `day`, in days from the epoch.
CREATE TABLE roles (merchant TEXT, account TEXT, operator INTEGER, cashier INTEGER, daily_cap, day INTEGER, spent, PRIMARY KEY (merchant, account));
-- Keys that sign vouchers, as they stand. Without a quota, the last four are null.
CREATE TABLE voucher_keys (campaign INTEGER, key TEXT, device INTEGER, most INTEGER, period INTEGER, since INTEGER, used INTEGER,
  PRIMARY KEY (campaign, key));
-- Coupons reserved for orders, by the order's digest. `released_at` is null where a reservation was used or just ended.
CREATE TABLE reservations (block INTEGER, idx INTEGER, time INTEGER, acceptor TEXT, order_digest TEXT, campaign INTEGER, serial INTEGER,
  until INTEGER, released_at INTEGER);
-- Coupons that ended unspent, with the shares of what backed them. Not `cleared`, they stay, empty.
CREATE TABLE expiries (block INTEGER, idx INTEGER, time INTEGER, campaign INTEGER, serial INTEGER, cleared INTEGER, to_holder, to_fund);
-- Coupons that their issuer ended, with what it paid.
CREATE TABLE revocations (block INTEGER, idx INTEGER, time INTEGER, campaign INTEGER, serial INTEGER, reason INTEGER, paid);
-- Value that moved between gift cards or onto one: `change` is split, merged or topped up. `other` is the new card, or the one merged away.
CREATE TABLE card_changes (block INTEGER, idx INTEGER, time INTEGER, campaign INTEGER, serial INTEGER, change TEXT, other INTEGER, value);
-- Debts between members, one a coupon. `reversed_at` is null while the debt stands.
CREATE TABLE bookings (block INTEGER, idx INTEGER, time INTEGER, cycle INTEGER, registry TEXT, acceptor TEXT, number, issuer TEXT,
  rate_bps INTEGER, amount, fee, reversed_at INTEGER);
-- Closed cycles.
CREATE TABLE cycles (number INTEGER PRIMARY KEY, closed_at INTEGER, cut_off INTEGER, debits, fees, refunds, bounty, closer TEXT);
-- Motions. `number`, `moved_by`, `needed` and `ends_at` are null where the operator decided. `carried_at` is null unless it was carried.
CREATE TABLE motions (block INTEGER, idx INTEGER, time INTEGER, number INTEGER, moved_by TEXT, motion TEXT, member TEXT, cap, reason INTEGER,
  needed INTEGER, ends_at INTEGER, carried_at INTEGER);
-- Votes for motions.
CREATE TABLE votes (block INTEGER, idx INTEGER, time INTEGER, motion INTEGER, member TEXT);
-- What two members agreed that the issuer's coupons are worth at the acceptor, in force from `since` on.
CREATE TABLE rates (block INTEGER, idx INTEGER, time INTEGER, acceptor TEXT, issuer TEXT, bps INTEGER, since INTEGER, daily_cap);
-- Disputes about redemptions. `ruled_bps` is null while one is open, and where no ruling came in time.
CREATE TABLE disputes (block INTEGER, idx INTEGER, time INTEGER, number INTEGER, issuer TEXT, acceptor TEXT, order_number, amount, reason INTEGER,
  evidence TEXT, replied_at INTEGER, closed_at INTEGER, ruled_bps INTEGER, given_back);
-- Coupons handed to holders for others, which the acceptor's order `number` spent.
CREATE TABLE conversions (block INTEGER, idx INTEGER, time INTEGER, acceptor TEXT, number, campaign INTEGER, serial INTEGER, receiver TEXT);
-- Defaults: where what the member owed was found, `cut` with its creditors, and what still waits.
CREATE TABLE defaults (block INTEGER, idx INTEGER, time INTEGER, member TEXT, credit, collateral, fund_share, fund, cut, waiting);
-- Each member's account in each cycle, positive in the member's favour: closing is the sum of the columns from opening on.
CREATE TABLE positions (cycle INTEGER, member TEXT, opened_at INTEGER, closed_at INTEGER, opening, billed, earned, paid_in, adjusted, reversed,
  paid_out, closing, PRIMARY KEY (cycle, member, opened_at));
-- What was put up at the market, a row for each coupon; `price`, `worth` and the rest are of all the coupons of a number together. `kind` is fixed, falling,
-- auction or swap; `price` is the first price, the reserve, or the cash a swap asks for. `state` is open, sold, swapped, failed (an auction that couldn't
-- be delivered), cancelled (by its seller), returned (by others), or dead (cancelled with all of its seller's, and not taken back yet).
CREATE TABLE listings (block INTEGER, idx INTEGER, opened_at INTEGER, number INTEGER, kind TEXT, registry TEXT, campaign INTEGER, serial INTEGER,
  seller TEXT, issuer TEXT, reserved_for TEXT, asset TEXT, price, worth, ends_at INTEGER, state TEXT);
-- Coupons sold at the market for money, a row for each deal: price = seller_part + royalty + fee, of which fee the `bounty` went to whoever settled. `number`
-- is the listing's, or, where `kind` is offer, the offer's. `discount` is what the buyer took off an order with
-- them in the same block, as `buy_and_use` does.
CREATE TABLE sales (block INTEGER, idx INTEGER, time INTEGER, number INTEGER, kind TEXT, registry TEXT, campaign INTEGER, coupons INTEGER, seller TEXT,
  buyer TEXT, issuer TEXT, asset TEXT, price, seller_part, royalty, fee, bounty, discount);
-- Swaps. `cash` went from `cash_from`, or is 0, and is shared like a price, with the
-- `issuer` of the coupons it was paid for.
CREATE TABLE swaps (block INTEGER, idx INTEGER, time INTEGER, number INTEGER, registry TEXT, seller TEXT, taker TEXT, asset TEXT, cash, cash_from TEXT,
  receiver_part, royalty, fee, issuer TEXT);
-- The coupons of each sale and swap.
CREATE TABLE dealt (block INTEGER, idx INTEGER, time INTEGER, number INTEGER, campaign INTEGER, serial INTEGER, sender TEXT, receiver TEXT);
-- Bids at auctions. `outcome` is leading, outbid, won, or given back.
CREATE TABLE bids (block INTEGER, idx INTEGER, time INTEGER, number INTEGER, bidder TEXT, amount, ends_at INTEGER, outcome TEXT);
-- Offers. `serial` is null for any coupon of the campaign; `wanted` is how many still are. `state` is open, used up, dead or withdrawn.
CREATE TABLE offers (block INTEGER, idx INTEGER, made_at INTEGER, number INTEGER, buyer TEXT, registry TEXT, campaign INTEGER, serial INTEGER, asset TEXT,
  price, quantity INTEGER, wanted INTEGER, least_left, ends_no_sooner INTEGER, expires_at INTEGER, state TEXT);
-- Payments that custody held, where it is deployed. `state` is held, disputed, ruled, settled or given back; of `amount`, `given_back` went back to the payer by the
-- acceptor's own will, and once it ended the rest to both. `reason` is of the resolver's list; `payer_bps` is null unless it was ruled.
CREATE TABLE held_payments (block INTEGER, idx INTEGER, time INTEGER, acceptor TEXT, number, payer TEXT, asset TEXT, amount, disputable_until INTEGER,
  disputed_at INTEGER, reason INTEGER, ruled_until INTEGER, replied_at INTEGER, payer_bps INTEGER, given_back, to_payer, to_acceptor, ended_at INTEGER,
  state TEXT);
-- Money that moved. A null sender or receiver is the contract itself.
CREATE TABLE movements (block INTEGER, idx INTEGER, time INTEGER, contract TEXT, sender TEXT, receiver TEXT, asset TEXT, amount, reason TEXT);
-- What each contract owes and holds of each asset.
CREATE TABLE holdings (contract TEXT, asset TEXT, owed, held, surplus, PRIMARY KEY (contract, asset));
";

/// What is written.
pub(super) struct Audited<'a> {
    pub(super) history: &'a [Happened],
    pub(super) state: &'a State,
    pub(super) statements: &'a [Statement],
    pub(super) movements: &'a [Movement],
    pub(super) holdings: &'a [Holding],
}

/// Where an audit's history is written to, as far as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Files<'a> {
    /// A SQLite database.
    pub db: Option<&'a Path>,
    /// A folder with a CSV file for each table and view.
    pub csv: Option<&'a Path>,
    /// A folder with a file for each, an object of JSON a line.
    pub json: Option<&'a Path>,
    /// A folder with a Parquet file for each.
    pub parquet: Option<&'a Path>,
}

/// Writes the database and its tables and views, each file in one step, replacing what was there.
/// # Errors
/// `Database`, `File`, `Csv`, `Parquet`.
pub(super) fn write(audited: &Audited, files: Files) -> Result<(), AuditError> {
    let Files { db, csv, json, parquet } = files;
    let folders = [(csv, Format::Csv), (json, Format::Json), (parquet, Format::Parquet)];
    let fill_in = |file: &NamedTempFile| {
        let mut connection = Connection::open(file.path())?;
        fill(&mut connection, audited)?;
        for (folder, format) in folders {
            if let Some(folder) = folder {
                export(&connection, folder, format)?;
            }
        }
        connection.close().map_err(|(_, fault)| fault.into())
    };
    match db {
        Some(path) => replace(path, fill_in),
        None if folders.iter().all(|(folder, _)| folder.is_none()) => Ok(()),
        None => fill_in(&temporary(&std::env::temp_dir())?),
    }
}

fn fill(connection: &mut Connection, audited: &Audited) -> Result<(), AuditError> {
    connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    transaction.execute_batch(VIEWS)?;
    let tables = Tables { connection: &transaction, standing: RefCell::default(), held: RefCell::default() };
    let mut cycle = 1;
    for happened in audited.history {
        tables.event(happened)?;
        match &happened.event {
            SuiteEvent::Registry(event) => tables.registry(happened, event)?,
            SuiteEvent::Office(event) => tables.office(happened, event)?,
            SuiteEvent::Desk(event) => tables.desk(happened, event)?,
            SuiteEvent::Alliance(event) => tables.alliance(happened, event, cycle)?,
            SuiteEvent::Council(event) => {
                tables.council(happened, event)?;
                if let CouncilEvent::CycleClosed(closed) = event {
                    cycle = closed.number.saturating_add(1);
                }
            }
            SuiteEvent::Market(event) => tables.market(happened, event)?,
            SuiteEvent::Custody(event) => tables.custody(happened, event)?,
        }
    }
    tables.state(audited.state)?;
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

struct Tables<'a> {
    connection: &'a Connection,
    /// What the discounts of each order come to, as it stands.
    standing: RefCell<BTreeMap<(AccountId, u64), Balance>>,
    /// Of each payment that was held last under an acceptor's number: all of it, and what is given back.
    held: RefCell<BTreeMap<(AccountId, u64), (Balance, Balance)>>,
}

impl Tables<'_> {
    fn insert<const N: usize>(&self, table: &str, row: [Value; N]) -> Result<(), AuditError> {
        let places = vec!["?"; N].join(", ");
        self.update(&format!("INSERT INTO {table} VALUES ({places})"), row)
    }

    /// A row that starts with the event's block, index and time.
    fn note<const N: usize>(
        &self,
        table: &str,
        happened: &Happened,
        row: [Value; N],
    ) -> Result<(), AuditError> {
        let places = vec!["?"; N.saturating_add(3)].join(", ");
        let mut statement =
            self.connection.prepare_cached(&format!("INSERT INTO {table} VALUES ({places})"))?;
        statement.execute(params_from_iter(at(happened).into_iter().chain(row)))?;
        Ok(())
    }

    fn update<const N: usize>(&self, sql: &str, values: [Value; N]) -> Result<(), AuditError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.execute(params_from_iter(values))?;
        Ok(())
    }

    fn event(&self, happened: &Happened) -> Result<(), AuditError> {
        let topics: Vec<_> = happened.topics.iter().map(hex_text).collect();
        let row = [
            text(happened.contract()),
            text(happened.event.name()),
            text(&topics.join(" ")),
            text(&hex_text(&happened.data)),
        ];
        self.note("events", happened, row)
    }

    fn registry(&self, happened: &Happened, event: &RegistryEvent) -> Result<(), AuditError> {
        match event {
            RegistryEvent::CouponsIssued(event) => {
                let from = event.first_serial;
                self.issued(
                    happened,
                    (event.campaign, from..from.saturating_add(event.count)),
                    source(event.source),
                    event.advocate,
                    event.valid_until,
                )
            }
            RegistryEvent::Transfer(event) => {
                let Ok(coupon) = CouponId::try_from(&event.id) else {
                    return Ok(());
                };
                self.transfer(happened, coupon, event.from, event.to)
            }
            RegistryEvent::OrdersRedeemed(event) => event
                .redemptions
                .iter()
                .try_for_each(|redemption| self.redemption(happened, redemption, event.claimed)),
            RegistryEvent::Approval(_)
            | RegistryEvent::CreditAdded(_)
            | RegistryEvent::EnumerationKept(_) => Ok(()),
        }
    }

    fn office(&self, happened: &Happened, event: &OfficeEvent) -> Result<(), AuditError> {
        let time = || moment(happened.time);
        match event {
            OfficeEvent::CampaignCreated(event) => {
                let terms = &event.terms;
                let row = [
                    number(event.campaign),
                    account(event.issuer),
                    time(),
                    asset(terms.asset),
                    text(&benefit(terms.benefit)),
                    funding(terms.funding),
                    number(terms.supply),
                    terms.budget.map_or(Value::Null, amount),
                    amount(event.escrow),
                    text(&String::from_utf8_lossy(&event.uri)),
                ];
                self.update(
                    "INSERT INTO campaigns (number, issuer, created_at, asset, benefit, funding, supply, budget, escrow, uri)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                    row,
                )
            }
            OfficeEvent::DropCreated(event) => {
                let (root, size) = (text(&hex_text(event.root)), number(event.size));
                self.insert("drops", [number(event.campaign), number(event.drop), time(), root, size])
            }
            OfficeEvent::CouponsIssued(event) => {
                let from = event.first_serial;
                self.issued(
                    happened,
                    (event.campaign, from..from.saturating_add(event.count)),
                    source(event.source),
                    event.advocate,
                    event.valid_until,
                )
            }
            OfficeEvent::CouponRevoked(event) => {
                let [campaign, serial] = coupon(event.coupon);
                self.note(
                    "revocations",
                    happened,
                    [campaign, serial, number(event.reason), amount(event.paid)],
                )
            }
            OfficeEvent::CouponToppedUp(event) => {
                let [campaign, serial] = coupon(event.coupon);
                let row = [campaign, serial, text("topped up"), Value::Null, amount(event.value)];
                self.note("card_changes", happened, row)
            }
            OfficeEvent::OfficeOpened(_)
            | OfficeEvent::CampaignImproved(_)
            | OfficeEvent::EscrowWithdrawn(_)
            | OfficeEvent::CampaignOffered(_)
            | OfficeEvent::CampaignHandedOver(_)
            | OfficeEvent::VoucherKeyChanged(_)
            | OfficeEvent::RoleChanged(_)
            | OfficeEvent::CouponFreezeChanged(_)
            | OfficeEvent::AccountFreezeChanged(_)
            | OfficeEvent::PauseChanged(_)
            | OfficeEvent::GuardianOffered(_)
            | OfficeEvent::GuardianChanged(_) => Ok(()),
        }
    }

    fn desk(&self, happened: &Happened, event: &DeskEvent) -> Result<(), AuditError> {
        match event {
            DeskEvent::OrderRolledBack(event) => self.rollback(happened, event),
            DeskEvent::RedemptionRated(event) => {
                let row = [
                    account(event.acceptor),
                    order(event.number),
                    account(event.holder),
                    number(event.stars),
                    event.comment.map_or(Value::Null, |comment| text(&hex_text(comment))),
                ];
                self.note("ratings", happened, row)
            }
            DeskEvent::AdvocateRewarded(event) => {
                let CouponId { campaign, serial } = event.coupon;
                self.issued(
                    happened,
                    (campaign, serial..serial.saturating_add(1)),
                    ("reward", Value::Null, Value::Null),
                    None,
                    event.valid_until,
                )?;
                let ([campaign, serial], [friends_campaign, friends_serial]) =
                    (coupon(event.coupon), coupon(event.friends_coupon));
                let row = [
                    account(event.advocate),
                    account(event.friend),
                    account(event.acceptor),
                    order(event.number),
                    campaign,
                    serial,
                    friends_campaign,
                    friends_serial,
                ];
                self.note("rewards", happened, row)
            }
            DeskEvent::CouponsReserved(event) => event.coupons.iter().try_for_each(|reserved| {
                let [campaign, serial] = coupon(*reserved);
                let row = [
                    account(event.acceptor),
                    text(&hex_text(event.order)),
                    campaign,
                    serial,
                    moment(event.until),
                    Value::Null,
                ];
                self.note("reservations", happened, row)
            }),
            DeskEvent::CouponReleased(event) => {
                let [campaign, serial] = coupon(event.coupon);
                self.update(
                    "UPDATE reservations SET released_at = ?3 WHERE rowid =
                       (SELECT MAX(rowid) FROM reservations WHERE campaign = ?1 AND serial = ?2)",
                    [campaign, serial, moment(happened.time)],
                )
            }
            DeskEvent::CouponExpired(CouponExpired { coupon: id, cleared, to_holder, to_fund }) => {
                let [campaign, serial] = coupon(*id);
                let row = [campaign, serial, number(*cleared), amount(*to_holder), amount(*to_fund)];
                self.note("expiries", happened, row)
            }
            DeskEvent::CouponSplit(event) => {
                let [campaign, serial] = coupon(event.coupon);
                self.update(
                    "INSERT INTO coupons (campaign, serial, issued_at, source, origin, advocate, valid_until)
                       SELECT campaign, ?3, ?4, 'split', origin, advocate, valid_until FROM coupons WHERE campaign = ?1 AND serial = ?2",
                    [campaign.clone(), serial.clone(), number(event.part.serial), moment(happened.time)],
                )?;
                let row = [campaign, serial, text("split"), number(event.part.serial), amount(event.value)];
                self.note("card_changes", happened, row)
            }
            DeskEvent::CouponsMerged(event) => {
                let [campaign, serial] = coupon(event.into);
                let row = [campaign, serial, text("merged"), number(event.from.serial), Value::Null];
                self.note("card_changes", happened, row)
            }
            DeskEvent::RedemptionForgotten(event) => self.update(
                "UPDATE redemptions SET forgotten_at = ?3 WHERE acceptor = ?1 AND number = ?2",
                [account(event.acceptor), order(event.number), moment(happened.time)],
            ),
            DeskEvent::DeskOpened(_) | DeskEvent::PermitsCancelled(_) | DeskEvent::CreditWithdrawn(_) => {
                Ok(())
            }
        }
    }

    fn issued(
        &self,
        happened: &Happened,
        (campaign, serials): (CampaignId, std::ops::Range<u32>),
        (source, drop, id): (&str, Value, Value),
        advocate: Option<AccountId>,
        valid_until: Timestamp,
    ) -> Result<(), AuditError> {
        for serial in serials {
            let row = [
                number(campaign),
                number(serial),
                moment(happened.time),
                text(source),
                drop.clone(),
                id.clone(),
                advocate.map_or(Value::Null, account),
                moment(valid_until),
            ];
            self.update(
                "INSERT INTO coupons (campaign, serial, issued_at, source, drop_number, source_id, origin, advocate, valid_until)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?2, ?7, ?8)",
                row,
            )?;
        }
        Ok(())
    }

    fn transfer(
        &self,
        happened: &Happened,
        id: CouponId,
        from: Option<AccountId>,
        to: Option<AccountId>,
    ) -> Result<(), AuditError> {
        let [campaign, serial] = coupon(id);
        let [sender, receiver] = [from, to].map(|side| side.map_or(Value::Null, account));
        self.note("transfers", happened, [campaign.clone(), serial.clone(), sender, receiver.clone()])?;
        if from.is_some() || to.is_none() {
            return Ok(());
        }
        // A coupon that no issue and no split told of came back beside its own; the rollback that follows says of which it is.
        self.update(
            "INSERT INTO coupons (campaign, serial, issued_at, source) VALUES (?1, ?2, ?3, 'rollback') ON CONFLICT DO NOTHING",
            [campaign.clone(), serial.clone(), moment(happened.time)],
        )?;
        self.update(
            "UPDATE coupons SET issued_to = COALESCE(issued_to, ?3) WHERE campaign = ?1 AND serial = ?2",
            [campaign, serial, receiver],
        )
    }

    fn redemption(&self, happened: &Happened, done: &Redemption, claimed: bool) -> Result<(), AuditError> {
        let [block, idx, time] = at(happened);
        let row = [
            account(done.acceptor),
            order(done.number),
            block,
            idx,
            time,
            asset(done.asset),
            amount(done.basket),
            amount(done.eligible),
            amount(done.net),
            done.cashier.map_or(Value::Null, account),
            done.payer.map_or(Value::Null, account),
            done.alliance.map_or(Value::Null, account),
            moment(done.final_at),
            Value::Null,
            Value::Null,
        ];
        self.insert("redemptions", row)?;
        self.standing.borrow_mut().insert((done.acceptor, done.number), done.discount());
        for used in &done.uses {
            let [campaign, serial] = coupon(used.coupon);
            if claimed {
                self.update(
                    "UPDATE coupons SET issued_to = ?3 WHERE campaign = ?1 AND serial = ?2",
                    [campaign.clone(), serial.clone(), account(used.holder)],
                )?;
            }
            let row = [
                account(done.acceptor),
                order(done.number),
                campaign,
                serial,
                account(used.holder),
                account(used.issuer),
                funding(used.funding),
                amount(used.left_before),
                amount(used.left_after),
                amount(used.discount),
                amount(used.discount),
                number(true),
            ];
            self.insert("uses", row)?;
            self.used_at_once(happened, used)?;
        }
        Ok(())
    }

    fn rollback(&self, happened: &Happened, event: &OrderRolledBack) -> Result<(), AuditError> {
        let key = || [account(event.acceptor), order(event.number)];
        self.update("UPDATE uses SET kept = 0, stands = 0 WHERE acceptor = ?1 AND number = ?2", key())?;
        for used in event.remains.iter().flat_map(|remains| &remains.uses) {
            let ([acceptor, order], [campaign, serial]) = (key(), coupon(used.coupon));
            self.update(
                "UPDATE uses SET kept = ?5, stands = 1, left_after = ?6
                   WHERE acceptor = ?1 AND number = ?2 AND campaign = ?3 AND serial = ?4",
                [acceptor, order, campaign, serial, amount(used.discount), amount(used.left_after)],
            )?;
        }
        self.update(
            "UPDATE coupons SET origin = (SELECT old.origin FROM uses JOIN coupons AS old USING (campaign, serial)
                WHERE uses.acceptor = ?1 AND uses.number = ?2 AND uses.campaign = coupons.campaign AND uses.holder = coupons.issued_to)
               WHERE origin IS NULL",
            key(),
        )?;
        let kept = event.remains.as_ref().map_or(0, Redemption::discount);
        let before = self.standing.borrow_mut().insert((event.acceptor, event.number), kept);
        let [acceptor, order] = key();
        if event.remains.is_none() {
            self.update(
                "UPDATE redemptions SET rolled_back_at = ?3 WHERE acceptor = ?1 AND number = ?2",
                [acceptor.clone(), order.clone(), moment(happened.time)],
            )?;
        }
        let back = amount(before.unwrap_or(0).saturating_sub(kept));
        self.note("rollbacks", happened, [acceptor, order, number(event.remains.is_some()), back])
    }

    /// What stands at the end.
    fn state(&self, state: &State) -> Result<(), AuditError> {
        for (id, campaign, progress) in &state.campaigns {
            let row = [
                number(*id),
                account(campaign.issuer),
                moment(progress.redeem_ends),
                number(progress.issued),
                number(progress.parts),
                number(progress.uses),
                progress.budget_left.map_or(Value::Null, amount),
                amount(progress.escrow_left),
                amount(progress.reserved),
                amount(progress.held),
                number(progress.issuing_stopped),
            ];
            self.update(
                "UPDATE campaigns SET issuer = ?2, redeem_ends = ?3, issued = ?4, parts = ?5, uses = ?6, budget_left = ?7, escrow_left = ?8,
                   reserved = ?9, held = ?10, issuing_stopped = ?11 WHERE number = ?1",
                row,
            )?;
        }
        for (id, live) in &state.coupons {
            let [campaign, serial] = coupon(*id);
            let row = [
                campaign,
                serial,
                account(live.owner),
                amount(live.left),
                moment(live.valid_until),
                live.frozen.map_or(Value::Null, number),
                live.lock.map_or(Value::Null, |lock| moment(lock.until)),
            ];
            self.update(
                "UPDATE coupons SET holder = ?3, value_left = ?4, valid_until = ?5, frozen = ?6, reserved_until = ?7
                   WHERE campaign = ?1 AND serial = ?2",
                row,
            )?;
        }
        for ((merchant, worker), role) in &state.roles {
            let row = [
                account(*merchant),
                account(*worker),
                number(role.operator),
                number(role.cashier),
                role.daily_cap.map_or(Value::Null, amount),
                number(role.day),
                amount(role.spent),
            ];
            self.insert("roles", row)?;
        }
        for ((campaign, key), named) in &state.keys {
            let of = |value: fn(shared::claims::Quota) -> Value| named.quota.map_or(Value::Null, value);
            let row = [
                number(*campaign),
                text(&hex_text(key)),
                number(named.device),
                of(|quota| number(quota.most)),
                of(|quota| moment(quota.period)),
                of(|quota| moment(quota.since)),
                of(|quota| number(quota.used)),
            ];
            self.insert("voucher_keys", row)?;
        }
        Ok(())
    }

    fn alliance(&self, happened: &Happened, event: &AllianceEvent, cycle: u32) -> Result<(), AuditError> {
        let time = moment(happened.time);
        match event {
            AllianceEvent::OrdersBooked(event) => {
                for booked in &event.orders {
                    for debt in &booked.debts {
                        let row = [
                            number(cycle),
                            account(event.registry),
                            account(event.acceptor),
                            order(booked.number),
                            account(debt.issuer),
                            number(debt.rate_bps),
                            amount(debt.amount),
                            amount(debt.fee),
                            Value::Null,
                        ];
                        self.note("bookings", happened, row)?;
                    }
                }
                Ok(())
            }
            AllianceEvent::DebtsReversed(event) => self.update(
                "UPDATE bookings SET reversed_at = ?4 WHERE registry = ?1 AND acceptor = ?2 AND number = ?3",
                [account(event.registry), account(event.acceptor), order(event.number), time],
            ),
            AllianceEvent::AllianceCreated(_) => Ok(()),
        }
    }

    fn cycle(&self, happened: &Happened, event: &::council::events::CycleClosed) -> Result<(), AuditError> {
        let row = [
            number(event.number),
            moment(happened.time),
            moment(event.cut_off),
            amount(event.debits),
            amount(event.fees),
            amount(event.refunds),
            amount(event.bounty),
            account(event.closer),
        ];
        self.insert("cycles", row)
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

/// Writes a file beside `path`, in a folder made if it isn't there, and puts it in its place in one step.
fn replace(
    path: &Path,
    write: impl FnOnce(&NamedTempFile) -> Result<(), AuditError>,
) -> Result<(), AuditError> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(|fault| AuditError::file(folder, fault))?;
    let file = temporary(folder)?;
    write(&file)?;
    file.as_file().sync_all().map_err(|fault| AuditError::file(path, fault))?;
    file.persist(path).map_err(|fault| AuditError::file(path, fault.error))?;
    Ok(())
}

fn temporary(folder: &Path) -> Result<NamedTempFile, AuditError> {
    Builder::new().prefix(".audit-").tempfile_in(folder).map_err(|fault| AuditError::file(folder, fault))
}

fn at(happened: &Happened) -> [Value; 3] {
    [number(happened.place.block), number(happened.place.index), moment(happened.time)]
}

fn coupon(CouponId { campaign, serial }: CouponId) -> [Value; 2] {
    [number(campaign), number(serial)]
}

/// A source's kind, its drop, and its number there.
fn source(source: Source) -> (&'static str, Value, Value) {
    match source {
        Source::Batch(batch) => ("batch", Value::Null, order(batch)),
        Source::Code { drop, index } => ("code", number(drop), number(index)),
        Source::Voucher { nonce, .. } => ("voucher", Value::Null, order(nonce)),
    }
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
        Benefit::NewPrice { price, cap } => format!("for {price}, at most {cap} off"),
        Benefit::FreeItem { worth } => format!("an item free, worth at most {worth}"),
        Benefit::StoredValue { value } => format!("a gift card of {value}"),
    }
}
