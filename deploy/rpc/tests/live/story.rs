//! What happens: the suite is deployed, a bakery hands out coupons, people claim, send, sell, buy and spend them, merchants settle, and some of what they try is refused.
//! Knows no chain.

use crate::{
    allied_story,
    stage::{Clock, Stage},
    trade_story,
};
use chain::{AccountId, Balance, Chain, Keypair, Message, TypedChain};
use couponry::suite::{deploy_suite, open_custody, Codes, SuiteAddresses, SuiteConfig};
use desk::DeskRef;
use e2e_tests::{
    signing::{Codes as Printed, Place},
    world::wasm,
};
use ink::{codegen::TraitCallBuilder, env::call::FromAccountId};
use office::OfficeRef;
use registry::RegistryRef;
use scale::{Decode, Encode};
use shared::{
    ids::CouponId,
    order::{Order, Settlement},
    permit::{Permits, Presented},
    psp34::PSP34,
    registry::CouponRegistry,
    terms::{Benefit, Funding, Terms, Window},
};

pub(crate) const PEOPLE: [&str; 6] = ["operator", "bakery", "cafe", "ann", "ben", "relayer"];
const HOUR: u64 = 60 * 60 * 1_000;
/// Also the campaign's rollback window.
pub(crate) const DAY: u64 = 24 * HOUR;
/// A hundredth of a token.
pub(crate) const CENT: Balance = 10_000_000_000;

pub(crate) fn account(name: &str) -> AccountId {
    Keypair::named(name).account()
}

/// Plays it all, from `start` on.
pub(crate) fn play<C: Clock>(stage: &mut Stage<C>, codes: &Codes, start: u64) -> SuiteAddresses {
    let operator = account("operator");
    let mut suite = deploy_suite(stage, operator, codes, &SuiteConfig::for_operator(operator), b"live")
        .unwrap_or_else(|fault| panic!("the suite doesn't deploy: {fault}"));
    let custody = open_custody(stage, operator, &wasm("custody"), &suite, b"live");
    suite.custody = Some(custody.unwrap_or_else(|fault| panic!("custody doesn't open: {fault}")));
    let mut office = OfficeRef::from_account_id(suite.office);
    let mut registry = RegistryRef::from_account_id(suite.registry);
    let mut desk = DeskRef::from_account_id(suite.desk);
    let place = Place { chain_tag: stage.genesis(), registry: suite.registry };

    let window = Window { start, end: start + 14 * DAY };
    let terms = Terms {
        funding: Funding::Escrow,
        rollback_window: DAY,
        document: [7; 32],
        ..Terms::plain(Benefit::PercentOff { bps: 2_000, cap: 50 * CENT }, window, 20)
    };
    let create = office.call_mut().create_campaign(terms.clone(), b"ipfs://terms".to_vec(), 1_000 * CENT);
    let campaign = act(stage, "create a campaign", "bakery", 1_000 * CENT, create);
    let short = office.call_mut().create_campaign(terms, b"ipfs://terms".to_vec(), 1_000 * CENT);
    refused(stage, "create one without its escrow", "bakery", 0, short);

    let printed = Printed::print("live", 8);
    let drop =
        act(stage, "create a drop", "bakery", 0, office.call_mut().create_drop(campaign, printed.root(), 8));
    let not_hers = office.call_mut().create_drop(campaign, printed.root(), 8);
    refused(stage, "create a drop of another's", "ann", 0, not_hers);

    let claim = |index, to: &str| printed.claim(place, campaign, drop, index, account(to));
    let first = act(stage, "claim", "ann", 0, registry.call_mut().claim(claim(0, "ann")));
    refused(stage, "claim twice", "ann", 0, registry.call_mut().claim(claim(0, "ann")));
    let second = act(stage, "claim for another", "relayer", 0, registry.call_mut().claim(claim(1, "ben")));
    let third = act(stage, "claim another", "ann", 0, registry.call_mut().claim(claim(2, "ann")));

    let order = |number| Order {
        acceptor: account("bakery"),
        number,
        basket: 200 * CENT,
        eligible: 100 * CENT,
        basket_hash: [9; 32],
        deadline: start + DAY,
        settlement: Settlement::OffChain,
    };
    let permits = |holder: &str, coupon: CouponId, order: &Order| {
        let permit = place.spend(&Keypair::named(holder), Presented::from(coupon), order);
        Permits { acceptor: None, coupons: vec![permit] }
    };
    let spend = registry.call_mut().redeem(order(1), permits("ann", first, &order(1)));
    let mut redemption = act(stage, "redeem by permit", "bakery", 0, spend);
    // What was answered has the time before; the block's is what counts.
    (redemption.redeemed_at, redemption.final_at) = (stage.now(), stage.now() + DAY);
    let again = registry.call_mut().redeem(order(1), permits("ann", first, &order(1)));
    refused(stage, "redeem twice", "bakery", 0, again);
    let stolen = registry.call_mut().redeem(order(2), permits("relayer", second, &order(2)));
    refused(stage, "redeem by another's permit", "bakery", 0, stolen);

    // The bakery was paid from its own escrow, and gives that back.
    let paid = redemption.uses.iter().map(|used| used.discount).sum();
    act(stage, "roll back", "bakery", paid, desk.call_mut().roll_back(redemption, None));
    let send = PSP34::transfer(registry.call_mut(), account("ben"), third.into(), Vec::new());
    act(stage, "transfer", "ann", 0, send);
    let not_hers = PSP34::transfer(registry.call_mut(), account("ann"), third.into(), Vec::new());
    refused(stage, "transfer another's", "ann", 0, not_hers);
    act(stage, "issue to three", "bakery", 0, office.call_mut().issue(campaign, vec![account("ann"); 3], 7));
    // Serials go up: three were claimed before.
    let anns = [4, 5, 6].map(|serial| CouponId { campaign, serial });
    trade_story::play(stage, &suite, anns, second, start);
    allied_story::play(stage, &suite, start);
    suite
}

pub(crate) fn act<C: Clock, Args: Encode, T: Decode, E: Decode + std::fmt::Debug>(
    stage: &mut Stage<C>,
    name: &str,
    who: &str,
    value: Balance,
    message: Message<Args, Result<T, E>>,
) -> T {
    stage.name(name);
    let (result, _) =
        stage.call_typed(account(who), value, message).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    result.unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"))
}

pub(crate) fn refused<C: Clock, Args: Encode, T: Decode, E: Decode>(
    stage: &mut Stage<C>,
    name: &str,
    who: &str,
    value: Balance,
    message: Message<Args, Result<T, E>>,
) {
    stage.name(name);
    let (result, outcome) =
        stage.call_typed(account(who), value, message).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    assert!(result.is_err(), "{name} is refused");
    assert_eq!(outcome.events, [], "{name} changes nothing");
}
