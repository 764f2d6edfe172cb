//! The property test: random lives, on the chain and in a model written independently, must agree in every result, event, balance and byte of
//! storage, and keep every invariant of the design after every step.
//!
//! `COUPONRY_STEPS` sets how long (1,500 if unset; from 50,000 on it is a soak, and the histogram is held to its bounds too), and
//! `COUPONRY_SEED` where to start. Seeds that ever failed are in `regressions/seeds.txt` and come first.

use crate::model::{
    beginnings::Beginnings,
    dice::REFUSES_NOBODY,
    run::{failed_before, imagine, live_all, remember, shrink, LIFE},
};
use std::{env, str::FromStr};

/// From this many steps on, every message must have been done and refused often.
const SOAK: usize = 50_000;

/// The steps of `make soak`.
const SOAK_STEPS: usize = 150_000;

/// How often, in a soak of that length.
const DONE: u32 = 200;
const REFUSED: u32 = 100;

/// The door that is open to two contracts only; and the guardian leaves once in a life.
const SELDOM_DONE: [&str; 2] = ["registry.apply", "office.step_down"];

fn setting<T: FromStr>(name: &str, otherwise: T) -> T {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn the_suite_does_what_the_model_says_and_keeps_every_invariant() {
    let steps: usize = setting("COUPONRY_STEPS", 1_500);
    let first: u64 = setting("COUPONRY_SEED", 1);
    let beginnings = Beginnings::new(None, None);
    let lives = u64::try_from(steps.div_ceil(LIFE)).unwrap();
    let seeds: Vec<u64> = failed_before().into_iter().chain(first..first + lives).collect();
    let (tally, violation) = live_all(&beginnings, &seeds);
    if let Some(violation) = violation {
        remember(&violation);
        println!("seed {}, step {}: {}", violation.seed, violation.step, violation.why);
        panic!("{}", shrink(&beginnings, violation));
    }
    println!("{tally}");
    let short = tally.short_of(DONE, REFUSED, &SELDOM_DONE, &REFUSES_NOBODY);
    println!("seldom seen: {short:?}");
    if steps >= SOAK {
        let (done, refused) = tally.totals();
        let share = 100 * done / (done + refused);
        assert!((40..=70).contains(&share), "{share} % of the messages succeeded: the test says little");
        assert!(short.is_empty(), "seldom seen: {short:?}");
    }
}

/// A fifth of a soak's lives, in the model alone: each message must be done and refused at half the pace that the soak is held to, since so few lives vary.
#[test]
fn a_soak_would_see_every_message_often() {
    let all = u64::try_from(SOAK_STEPS / LIFE).unwrap();
    let lives = setting("COUPONRY_IMAGINED", all / 5);
    let tally = imagine(&Beginnings::new(None, None), &(1..=lives).collect::<Vec<u64>>());
    println!("{tally}");
    let due = |often: u32| u32::try_from(u64::from(often) * lives / all / 2).unwrap();
    let short = tally.short_of(due(DONE), due(REFUSED), &SELDOM_DONE, &REFUSES_NOBODY);
    assert!(short.is_empty(), "seldom seen: {short:?}");
}
