//! Each message of the alliance, on the Wasm that would be deployed: what it does when it agrees, and exactly why it refuses.

mod batch;
mod cases;
mod clearing;
mod conversion;
pub(crate) mod costs;
mod default;
mod hostile;
mod membership;
mod rates;
mod roles;
mod rolling_back;
mod rules;
mod settlement;
mod sums;
mod tokens;
mod votes;

use crate::scene::*;
use ::council::events::*;
use alliance::{
    bookings::{Booked, Debt},
    config::{Config, ConfigFault},
    cycles::{Books, Closed, Cycle, Waterfall},
    error::AllianceError,
    events::*,
    members::{Member, Status},
    sheets::Sheet,
    AllianceRef,
};
use chain::{Balance, Chain, EmbeddedChain, Genesis, Message, TypedChain};
use e2e_tests::{
    account,
    actors::{OPERATOR, OWNER},
    world::{wasm, Builder, Fixture},
    World,
};
use ink::codegen::TraitCallBuilder;
use scale::Encode;
use shared::{
    alliance::council::{CouncilFault, CouncilTerms, Motion},
    assets::{Asset, PaymentFault},
    ids::CouponId,
    order::{Kept, Order, Part, Redeemed, Redemption, Settlement},
    registry::RegistryError,
    terms::{Acceptance, Funding, Terms},
};

const WEEK: u64 = 7 * DAY;
const JOINING_FEE: Balance = 1_000;
const BOUNTY: Balance = 30;
const COLLATERAL: Balance = 5_000;

/// 1% fee, debts at 90% of the discount, owing up to half of one's collateral.
fn rules() -> Builder {
    World::builder().config(|suite| {
        suite.alliance.joining.fee = JOINING_FEE;
        suite.alliance.closing_bounty = BOUNTY;
        suite.alliance.default_rate_bps = 9_000;
        suite.alliance.cap_factor_bps = 5_000;
    })
}

/// A world with these rules and no members.
fn founded() -> (World, Doors, AllianceRef) {
    let world = rules().build();
    let (to, alliance) = (Doors::of(&world), alliance(&world));
    (world, to, alliance)
}

/// Makes `who` a member with collateral that may owe `cap`.
fn join(world: &mut World, who: &str, cap: Balance) {
    let mut council = world.council();
    let _alliance = alliance(world);
    let registry = world.suite.registry;
    act(world, who, JOINING_FEE, council.call_mut().apply(registry, [1; 32], vec![]));
    let admission = admission(world, who, cap);
    act(world, OPERATOR, 0, council.call_mut().decide(admission));
    act(world, who, COLLATERAL, council.call_mut().deposit_collateral(COLLATERAL));
}

/// Bakery and cinema are members, and ann holds a coupon of the bakery's that the alliance backs.
fn allied() -> (World, Doors, AllianceRef, CouponId) {
    allied_under(rules())
}

fn allied_under(rules: Builder) -> (World, Doors, AllianceRef, CouponId) {
    let mut world = rules.build();
    let (to, alliance) = (Doors::of(&world), alliance(&world));
    join(&mut world, "bakery", Balance::MAX);
    join(&mut world, "cinema", Balance::MAX);
    let terms = backed(&world);
    let campaign = campaign(&mut world, "bakery", terms, 0);
    let coupon = issue(&mut world, "bakery", campaign, "ann");
    (world, to, alliance, coupon)
}

fn backed(world: &World) -> Terms {
    let named = Acceptance::Alliance(world.suite.alliance);
    terms_but(|t| {
        (t.funding, t.acceptance) = (Funding::Alliance, named);
        (t.rollback_window, t.redeem_window.end) = (60 * DAY, NOW + 400 * DAY);
    })
}

/// An order at the cinema that any time of these tests allows.
fn cinemas(number: u64) -> Order {
    Order { deadline: u64::MAX, ..order("cinema", number) }
}

fn redeem(
    world: &World,
    alliance: &mut AllianceRef,
    coupon: CouponId,
    order: &Order,
) -> Message<impl Encode, Result<Redemption, AllianceError>> {
    let permits = held_by(world, "ann", coupon, order);
    alliance.call_mut().redeem(world.suite.registry, (order.clone(), permits))
}

fn member(world: &World, who: &str) -> Member {
    look(world, world.council().call().member(account(who))).expect("a member")
}

/// The open positions of bakery and cinema.
fn positions(world: &World) -> (i128, i128) {
    (member(world, "bakery").open.position(), member(world, "cinema").open.position())
}

/// Closes the open cycle, at the first moment from now on that is possible.
fn close(world: &mut World) {
    let mut council = world.council();
    let _alliance = alliance(world);
    let opened_at = look(world, world.council().call().cycle()).cycle.opened_at;
    let now = world.chain.now();
    world.chain.set_time(now.max(opened_at + WEEK)).unwrap();
    act(world, "relayer", 0, council.call_mut().close_cycle());
}

/// `debits` are booked at a rate of 90%: the usual discount of 200 makes a debt of 180, of which 2 are the fee.
const DEBT: Balance = 180;
const FEE: Balance = 2;

/// What the bakery owes for an order of its coupon, redeemed at a time.
fn debt() -> Debt {
    Debt { issuer: account("bakery"), rate_bps: 9_000, amount: DEBT, fee: FEE }
}

fn booked(number: u64, at: u64) -> Booked {
    Booked { number, final_at: at + 60 * DAY, debts: vec![debt()] }
}
