//! Shows people how a build goes and what it gave. Owns the wording; must not know how to build.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use indicatif::{HumanCount, ProgressBar};

use crate::{Built, Event, Step};

/// Writes what a build is doing to standard error: beside a spinner on a terminal, else as plain lines.
///
/// ```no_run
/// let mut progress = builder::Progress::new();
/// builder::build(&builder::suite(), &builder::Options::of_this_checkout(), &mut |event| progress.show(event))?;
/// # Ok::<(), builder::BuildError>(())
/// ```
#[derive(Default)]
pub struct Progress {
    spinner: Option<ProgressBar>,
    step: String,
}

impl Progress {
    pub fn new() -> Self {
        let spinner = io::stderr().is_terminal().then(ProgressBar::new_spinner);
        Self { spinner, step: String::new() }
    }

    pub fn show(&mut self, event: Event) {
        match event {
            Event::Cargo { line } => {
                if let Some(spinner) = &self.spinner {
                    spinner.set_message(format!("{} {}", self.step, line.trim()));
                }
            }
            Event::Waiting { .. } | Event::Step { .. } => {
                self.step = say(&event);
                match &self.spinner {
                    Some(spinner) => {
                        spinner.enable_steady_tick(Duration::from_millis(100));
                        spinner.set_message(self.step.clone());
                    }
                    None => eprintln!("{}", self.step),
                }
            }
            Event::Tools { .. } | Event::Done(_) => match &self.spinner {
                Some(spinner) => spinner.suspend(|| eprintln!("{}", say(&event))),
                None => eprintln!("{}", say(&event)),
            },
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}

fn say(event: &Event) -> String {
    match event {
        Event::Tools { compiler, linker, optimiser } => {
            format!("contracts: {compiler}; {linker}; {optimiser}")
        }
        Event::Waiting { out_dir } => format!("waiting for another build into {}", out_dir.display()),
        Event::Step { name, step } => format!("{name}: {}", work(*step)),
        Event::Cargo { line } => line.clone(),
        Event::Done(built) => {
            let state = if built.fresh { "unchanged" } else { "built" };
            format!(
                "{}: {state}, {} bytes, code hash {}",
                built.name,
                HumanCount(count(built.size)),
                code_hash(built)
            )
        }
    }
}

fn work(step: Step) -> &'static str {
    match step {
        Step::Compile => "compiling",
        Step::Optimise => "optimising",
        Step::DescribeInterface => "writing metadata",
    }
}

/// A line for each contract: its size beside its limit and beside what it was before it was optimised, in bytes, and its
/// code hash. The share of the limit rounds up.
pub fn table(contracts: &[Built]) -> String {
    let width =
        contracts.iter().map(|built| built.name.len()).max().unwrap_or_default().max("contract".len());
    let mut table = format!(
        "{:width$}  {:>8}  {:>8}  {:>5}  {:>11}  code hash\n",
        "contract", "size", "limit", "used", "unoptimised"
    );
    for built in contracts {
        table.push_str(&format!(
            "{:width$}  {:>8}  {:>8}  {:>4}%  {:>11}  {}\n",
            built.name,
            HumanCount(count(built.size)).to_string(),
            HumanCount(count(built.size_limit)).to_string(),
            percent(built.size, built.size_limit),
            HumanCount(count(built.unoptimised_size)).to_string(),
            code_hash(built),
        ));
    }
    table
}

fn code_hash(built: &Built) -> String {
    format!("0x{}", hex::encode(built.code_hash))
}

fn count(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

fn percent(part: usize, whole: usize) -> u64 {
    let whole = count(whole).max(1);
    count(part).saturating_mul(100).div_ceil(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built() -> Built {
        Built {
            name: "registry".into(),
            wasm: "registry.wasm".into(),
            metadata: "registry.json".into(),
            bundle: "registry.contract".into(),
            code_hash: [0xab; 32],
            size: 43_212,
            unoptimised_size: 101_234,
            size_limit: 65_536,
            fresh: true,
        }
    }

    #[test]
    fn the_table_lines_sizes_up_beside_their_limits() {
        let hash = "ab".repeat(32);
        assert_eq!(
            table(&[built()]),
            format!(
                "contract      size     limit   used  unoptimised  code hash\n\
                 registry    43,212    65,536    66%      101,234  0x{hash}\n"
            )
        );
    }

    #[test]
    fn a_finished_contract_says_whether_anything_was_built() {
        let hash = "ab".repeat(32);
        let line = say(&Event::Done(built()));
        assert_eq!(line, format!("registry: unchanged, 43,212 bytes, code hash 0x{hash}"));
    }
}
