//! The property test: random lives, on the chain and in a model written independently, must agree in every result, event, balance and byte of
//! storage, and keep every invariant of the design after every step.
//!
//! `COUPONRY_STEPS` sets how long (1,500 if unset; from 10,000 on it is a soak, and the histogram is held to its bounds too), and
//! `COUPONRY_SEED` where to start. Seeds that ever failed are in `regressions/seeds.txt` and come first.

use crate::model::run::{failed_before, live, remember, shrink, Beginnings, Tally, LIFE};
use std::{env, str::FromStr};

/// From this many steps on, every message must have been seen to succeed and to be refused.
const SOAK: usize = 10_000;

/// Messages that refuse nobody.
const NEVER_REFUSED: [&str; 4] =
    ["registry.set_cashier", "registry.cancel_permits", "token.approve", "token.misbehave"];

fn setting<T: FromStr>(name: &str, otherwise: T) -> T {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn the_suite_does_what_the_model_says_and_keeps_every_invariant() {
    let steps: usize = setting("COUPONRY_STEPS", 1_500);
    let first: u64 = setting("COUPONRY_SEED", 1);
    let beginnings = Beginnings::new(None);
    let lives = u64::try_from(steps.div_ceil(LIFE)).unwrap();
    let mut tally = Tally::default();
    for seed in failed_before().into_iter().chain(first..first + lives) {
        if let Err(violation) = live(&beginnings, seed, LIFE, &mut tally) {
            remember(&violation);
            panic!("{}", shrink(&beginnings, violation));
        }
    }
    println!("{tally}");
    if steps >= SOAK {
        let (done, refused) = tally.totals();
        let share = 100 * done / (done + refused);
        assert!((35..=75).contains(&share), "{share} % of the messages succeeded: the test says little");
        for (message, (successes, refusals)) in tally.0.iter().filter(|(message, _)| message.contains('.')) {
            assert!(*successes > 0, "{message} never succeeded");
            assert!(!refusals.is_empty() || NEVER_REFUSED.contains(message), "{message} was never refused");
        }
    }
}
