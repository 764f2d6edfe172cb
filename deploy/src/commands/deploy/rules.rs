//! What an alliance, its council and a market are instantiated with, as options. None can be changed later.

use crate::{accounts::account, amounts::Unit, refusals::Refusal, suite::SuiteConfig, times};
use chain::{AccountId, Balance};
use clap::Args;
use shared::assets::Asset;

/// Of two plans with the same options the constructors' arguments are the same, so nothing here is counted from now.
#[derive(Args, Debug)]
pub(super) struct Rules {
    #[command(flatten)]
    alliance: AllianceRules,
    #[command(flatten)]
    council: CouncilRules,
    /// The market's share of each price
    #[arg(long, value_name = "BPS", default_value_t = 200, help_heading = "The market")]
    market_fee_bps: u16,
    /// A PSP22 token that the market deals in from the start; repeat it for more
    #[arg(long, value_name = "ADDRESS", help_heading = "The market")]
    market_token: Vec<String>,
}

#[derive(Args, Debug)]
#[command(
    next_help_heading = "The alliance; amounts are in whole tokens, or in a PSP22 token's smallest units"
)]
struct AllianceRules {
    /// The PSP22 token of debts, collateral and fees [default: the native token]
    #[arg(long, value_name = "ADDRESS")]
    alliance_token: Option<String>,
    /// From so many active members on, only their votes admit, suspend and reinstate [default: never]
    #[arg(long, value_name = "MEMBERS")]
    founders: Option<u32>,
    /// How long a cycle stays open at least
    #[arg(long, value_name = "PERIOD", default_value = "7d")]
    cycle: String,
    /// How long debtors have to pay in
    #[arg(long, value_name = "PERIOD", default_value = "2d")]
    pay_in_window: String,
    /// The alliance's share of each debt
    #[arg(long, value_name = "BPS", default_value_t = 100)]
    fee_bps: u16,
    /// The share of a discount that its issuer owes the acceptor
    #[arg(long, value_name = "BPS", default_value_t = 10_000)]
    rate_bps: u16,
    /// How many times its collateral a member may owe: up to 50000
    #[arg(long, value_name = "BPS", default_value_t = 10_000)]
    cap_factor_bps: u16,
    /// The most that a default may cut from a cycle's creditors before the longstop
    #[arg(long, value_name = "BPS", default_value_t = 2_000)]
    max_cut_bps: u16,
    /// How long what is left of a default waits before creditors bear all of it
    #[arg(long, value_name = "PERIOD", default_value = "14d")]
    longstop: String,
    /// How long a member that leaves stays answerable
    #[arg(long, value_name = "PERIOD", default_value = "90d")]
    tail: String,
    /// Each member's share in the fund, paid when applying
    #[arg(long, value_name = "AMOUNT", default_value = "0")]
    fund_share: String,
    /// Paid once, when applying
    #[arg(long, value_name = "AMOUNT", default_value = "0")]
    joining_fee: String,
    /// How many applications cost no joining fee, from the first on
    #[arg(long, value_name = "APPLICATIONS", default_value_t = 0)]
    free_first: u32,
    /// The joining fee before --early-until
    #[arg(long, value_name = "AMOUNT", requires = "early_until")]
    early_fee: Option<String>,
    /// When the early fee ends: a time such as 2027-01-01T00:00:00Z
    #[arg(long, value_name = "TIME", requires = "early_fee")]
    early_until: Option<String>,
    /// For whoever closes a cycle
    #[arg(long, value_name = "AMOUNT", default_value = "0")]
    closing_bounty: String,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "The alliance's council")]
struct CouncilRules {
    /// The share of those who have a vote that carries a motion
    #[arg(long, value_name = "BPS", default_value_t = 5_001)]
    quorum_bps: u16,
    /// How long a motion may be voted on
    #[arg(long, value_name = "PERIOD", default_value = "7d")]
    vote_window: String,
    /// Who rules on members' disputes [default: who deploys]
    #[arg(long, value_name = "NAME")]
    resolver: Option<String>,
    /// How long after a redemption its issuer may dispute it
    #[arg(long, value_name = "PERIOD", default_value = "30d")]
    case_window: String,
    /// How long the acceptor has to reply
    #[arg(long, value_name = "PERIOD", default_value = "7d")]
    reply_window: String,
    /// How long the resolver has after that
    #[arg(long, value_name = "PERIOD", default_value = "14d")]
    ruling_window: String,
    /// What opening a dispute costs; it stays in the fund
    #[arg(long, value_name = "AMOUNT", default_value = "0")]
    case_fee: String,
    /// The share that the acceptor gives back where no ruling came in time
    #[arg(long, value_name = "BPS", default_value_t = 0)]
    unruled_bps: u16,
}

impl Rules {
    /// # Errors
    /// The first option that can't be read, by its name. What constructors refuse is left to them.
    pub(super) fn config(&self, deployer: AccountId) -> Result<SuiteConfig, Refusal> {
        let mut config = SuiteConfig::for_operator(deployer);
        config.market_fee_bps = self.market_fee_bps;
        config.market_tokens = self
            .market_token
            .iter()
            .map(|token| account(token).map_err(|fault| fault.at("--market-token")))
            .collect::<Result<_, _>>()?;
        let asset = self.alliance.set(&mut config)?;
        self.council.set(&mut config, asset)?;
        Ok(config)
    }
}

impl AllianceRules {
    /// Gives what amounts are in.
    fn set(&self, config: &mut SuiteConfig) -> Result<Asset, Refusal> {
        let rules = &mut config.alliance;
        if let Some(token) = &self.alliance_token {
            rules.asset = Asset::Psp22(account(token).map_err(|fault| fault.at("--alliance-token"))?);
        }
        let amount = |option, text: &str| amount_of(rules.asset, option, text);
        if let Some(founders) = self.founders {
            rules.founders = founders;
        }
        rules.joining.fee = amount("--joining-fee", &self.joining_fee)?;
        rules.joining.free_first = self.free_first;
        rules.joining.fund_share = amount("--fund-share", &self.fund_share)?;
        if let (Some(fee), Some(until)) = (&self.early_fee, &self.early_until) {
            rules.joining.early_fee = amount("--early-fee", fee)?;
            rules.joining.early_until = fixed_time("--early-until", until)?;
        }
        rules.closing_bounty = amount("--closing-bounty", &self.closing_bounty)?;
        rules.cycle_length = period("--cycle", &self.cycle)?;
        rules.pay_in_window = period("--pay-in-window", &self.pay_in_window)?;
        rules.longstop = period("--longstop", &self.longstop)?;
        rules.tail = period("--tail", &self.tail)?;
        rules.fee_bps = self.fee_bps;
        rules.default_rate_bps = self.rate_bps;
        rules.cap_factor_bps = self.cap_factor_bps;
        rules.max_cut_bps = self.max_cut_bps;
        Ok(rules.asset)
    }
}

impl CouncilRules {
    fn set(&self, config: &mut SuiteConfig, asset: Asset) -> Result<(), Refusal> {
        let terms = &mut config.council;
        if let Some(resolver) = &self.resolver {
            terms.resolver = account(resolver).map_err(|fault| fault.at("--resolver"))?;
        }
        terms.quorum_bps = self.quorum_bps;
        terms.vote_window = period("--vote-window", &self.vote_window)?;
        terms.case_window = period("--case-window", &self.case_window)?;
        terms.reply_window = period("--reply-window", &self.reply_window)?;
        terms.ruling_window = period("--ruling-window", &self.ruling_window)?;
        terms.case_fee = amount_of(asset, "--case-fee", &self.case_fee)?;
        terms.unruled_bps = self.unruled_bps;
        Ok(())
    }
}

fn amount_of(asset: Asset, option: &str, text: &str) -> Result<Balance, Refusal> {
    Unit::of(asset).read(text).map_err(|fault| fault.at(option))
}

fn period(option: &str, text: &str) -> Result<u64, Refusal> {
    times::period(text).map_err(|fault| fault.at(option))
}

/// A time that doesn't depend on when it is read.
fn fixed_time(option: &str, text: &str) -> Result<u64, Refusal> {
    if text.trim().starts_with('+') {
        let fault = Refusal::new(
            format!("`{text}` is another time in each run, and so would the alliance's address be"),
            "write a time such as 2027-01-01T00:00:00Z",
        );
        return Err(fault.at(option));
    }
    times::parse(text, 0).map_err(|fault| fault.at(option))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use shared::alliance::{config::Joining, council::CouncilTerms};

    const HOUR: u64 = 3_600_000;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        rules: Rules,
    }

    fn config(options: &str) -> Result<SuiteConfig, Refusal> {
        let line = std::iter::once("deploy").chain(options.split_whitespace());
        Line::try_parse_from(line).unwrap_or_else(|fault| panic!("{fault}")).rules.config([1; 32].into())
    }

    #[test]
    fn without_options_the_rules_are_the_suites_defaults() {
        assert_eq!(config("").unwrap(), SuiteConfig::for_operator([1; 32].into()));
    }

    #[test]
    fn every_option_sets_its_rule() {
        let token = chain::Keypair::named("token").account();
        let address = chain::keys::ss58(&token);
        let found = config(&format!(
            "--alliance-token {address} --founders 5 --cycle 30d --pay-in-window 3d --fee-bps 50 --rate-bps 9000 --cap-factor-bps 20000 --max-cut-bps 1000 \
             --longstop 7d --tail 60d --fund-share 20 --joining-fee 10 --free-first 3 --early-fee 4 --early-until 2027-01-01T00:00:00Z --closing-bounty 1 \
             --quorum-bps 6667 --vote-window 3d --resolver chamber --case-window 10d --reply-window 2d --ruling-window 4d --case-fee 2 --unruled-bps 5000 \
             --market-fee-bps 30 --market-token {address}"
        ))
        .unwrap();
        let mut expected = SuiteConfig::for_operator([1; 32].into());
        let rules = &mut expected.alliance;
        (rules.asset, rules.founders) = (Asset::Psp22(token), 5);
        (rules.cycle_length, rules.pay_in_window) = (720 * HOUR, 72 * HOUR);
        (rules.fee_bps, rules.default_rate_bps) = (50, 9_000);
        (rules.cap_factor_bps, rules.max_cut_bps) = (20_000, 1_000);
        (rules.longstop, rules.tail, rules.closing_bounty) = (168 * HOUR, 1_440 * HOUR, 1);
        rules.joining =
            Joining { fee: 10, free_first: 3, early_fee: 4, early_until: 1_798_761_600_000, fund_share: 20 };
        expected.council = CouncilTerms {
            quorum_bps: 6_667,
            vote_window: 72 * HOUR,
            resolver: chain::Keypair::named("chamber").account(),
            case_window: 240 * HOUR,
            reply_window: 48 * HOUR,
            ruling_window: 96 * HOUR,
            case_fee: 2,
            unruled_bps: 5_000,
        };
        (expected.market_fee_bps, expected.market_tokens) = (30, vec![token]);
        assert_eq!(found, expected);
    }

    #[test]
    fn what_cant_be_read_is_named_by_its_option() {
        for (options, what) in [
            ("--reply-window soon", "--reply-window: `soon` is not a period"),
            ("--case-fee much", "--case-fee: `much` is not an amount"),
            (
                "--early-fee 1 --early-until +30d",
                "--early-until: `+30d` is another time in each run, and so would the alliance's address be",
            ),
        ] {
            assert_eq!(config(options).unwrap_err().what, what);
        }
    }
}
