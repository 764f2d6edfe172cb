//! What each message of custody costs, for the golden table.
use super::*;
use chain::Cost;

/// Each message by name, and what it costs.
pub(crate) fn custody_costs() -> Vec<(&'static str, Cost)> {
    let mut c = Counter::new(terms());
    issue(&mut c.world, "bakery", c.coupon.campaign, "ann");
    let again = holding(&c.world);
    let terms = c.set_terms("cinema", again).cost;
    let paid = c.pay("ann", &order("bakery", 1), NET).cost;
    let given = c.give_back(100).cost;
    let moment = c.world.fixture();
    let disputed = c.dispute().cost;
    let replied = act(&mut c.world, "bakery", 0, c.custody.call_mut().reply(1, [6; 32])).cost;
    let ruled = c.rule(5_000).cost;
    c.world = moment.world();
    c.at(DISPUTABLE);
    let settled = c.settle("relayer").cost;
    let mut tokens = Counter::in_tokens();
    issue(&mut tokens.world, "bakery", tokens.coupon.campaign, "ann");
    let paid_in_tokens = tokens.pay("ann", &order("bakery", 1), 0).cost;
    tokens.at(DISPUTABLE);
    misbehave(&mut tokens.world, mock_psp22::Mode::RefusePayouts);
    let waiting = tokens.settle("relayer").cost;
    misbehave(&mut tokens.world, mock_psp22::Mode::Honest);
    let asset = tokens.world.token_asset();
    let withdrawn = act(&mut tokens.world, "bakery", 0, tokens.custody.call_mut().withdraw(asset)).cost;
    vec![
        ("custody set_terms", terms),
        ("custody pay", paid),
        ("custody pay, in tokens", paid_in_tokens),
        ("custody give_back", given),
        ("custody dispute", disputed),
        ("custody reply", replied),
        ("custody rule", ruled),
        ("custody settle", settled),
        ("custody settle, into a pull balance", waiting),
        ("custody withdraw", withdrawn),
    ]
}
