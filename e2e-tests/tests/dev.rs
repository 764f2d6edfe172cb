#![allow(clippy::all, reason = "x")]
#[path = "all/invariants.rs"]
mod invariants;
#[path = "all/model/mod.rs"]
mod model;
#[path = "all/planted.rs"]
mod planted;
#[test]
fn fixed() {
    use model::run::*;
    let codes = couponry::suite::Codes::load(std::path::Path::new("/tmp/fix/out")).unwrap();
    let beginnings = Beginnings::new(Some(&codes));
    let mut tally = Tally::default();
    let first: u64 = std::env::var("FROM").unwrap().parse().unwrap();
    let lives: u64 = std::env::var("LIVES").unwrap().parse().unwrap();
    let start = std::time::Instant::now();
    for seed in first..first + lives {
        if let Err(violation) = live(&beginnings, seed, LIFE, &mut tally) {
            println!("{}", shrink(&beginnings, violation));
            break;
        }
    }
    println!("{tally} {:?}", start.elapsed());
}
#[test]
fn build_fix() {
    let options =
        builder::Options { workspace: "/tmp/fix/ws".into(), out_dir: "/tmp/fix/out".into(), force: false };
    let mut progress = builder::Progress::new();
    builder::build(&builder::suite(), &options, &mut |event| progress.show(event)).unwrap();
}
