//! What custody refuses, in plain words.

use super::{asset, percent, Refusal, Words};
use crate::times;
use ::custody::error::CustodyError;

/// In milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1_000;

impl Words {
    /// What custody said.
    pub fn custody(&self, error: &CustodyError) -> Refusal {
        use CustodyError as E;
        let (account, money, time) = (
            |account| self.account(account),
            |amount: &u128| self.money(*amount),
            |time: &u64| times::show(*time),
        );
        match error {
            E::RegistryCount { listed, most } => {
                Refusal::new(format!("{listed} registries are listed, and 1 to {most} fit"), "list as many")
            }
            E::UnknownRegistry { registry, .. } => Refusal::new(
                format!("{} is not a registry whose code custody knows", account(registry)),
                "use the registry custody was opened for; a look-alike is refused",
            ),
            E::BadResolver { resolver } => Refusal::new(
                format!("{} can't rule on the merchant's disputes", account(resolver)),
                "name somebody else whom your customers trust: --resolver NAME",
            ),
            E::TimeToDispute { most, .. } => Refusal::new(
                format!("the time to dispute must be above zero and at most {} days", most.div_euclid(DAY)),
                "set --dispute to something between",
            ),
            E::TimeToRule { most, .. } => Refusal::new(
                format!("the time to rule must be above zero and at most {} days", most.div_euclid(DAY)),
                "set --rule to something between",
            ),
            E::ShareOverWhole { bps } => {
                Refusal::new(format!("{}% is more than the whole", percent(*bps)), "name at most 10000 bps")
            }
            E::OnChainOrder { number } => Refusal::new(
                format!("order {number} is to be settled on chain at the registry"),
                "pay it with `couponry redeem`, or have it written with --settle off-chain",
            ),
            E::NoTerms { acceptor } => Refusal::new(
                format!("{} takes no payments through custody: it has set no terms", account(acceptor)),
                "the merchant runs `couponry custody terms` first",
            ),
            E::OwnOrder { acceptor } => Refusal::new(
                format!("the order is {}'s own", account(acceptor)),
                "the customer pays: run the command --as the customer",
            ),
            E::ResolverPays { resolver } => Refusal::new(
                format!("{} would rule on its own dispute", account(resolver)),
                "pay from another account",
            ),
            E::PermitExpired { deadline, now } => Refusal::new(
                format!("the acceptor's permit was good until {}, and it is {}", time(deadline), time(now)),
                "ask for a new one (`couponry custody sign`)",
            ),
            E::PermitCancelled { epoch, current } => Refusal::new(
                format!("the permit was signed under terms {epoch}, and terms {current} hold now"),
                "ask for a new one (`couponry custody sign`)",
            ),
            E::PermitInvalid { signer } => Refusal::new(
                format!("{} didn't sign this order with these coupons for custody", account(signer)),
                "ask for a permit for exactly these coupons (`couponry custody sign`)",
            ),
            E::AlreadyHeld { number } => Refusal::new(
                format!("a payment for order {number} is held already"),
                "give the order the next number",
            ),
            E::Registry(refusal) => match refusal.error() {
                Some(error) => self.registry(&error),
                None => Refusal::new(
                    "the registry gave no reason that is known",
                    "build the tool from the same source",
                ),
            },
            E::RegistryFailed { registry } => Refusal::new(
                format!("the registry {} didn't answer as one", account(registry)),
                "check its address",
            ),
            E::NothingToHold { number } => Refusal::new(
                format!("the coupons pay for all of order {number}"),
                "spend them with `couponry redeem`: there is no money to hold",
            ),
            E::NoSuchPayment { acceptor, number } => Refusal::new(
                format!("no payment to {} for order {number} is held, or not any more", account(acceptor)),
                "check the order's number",
            ),
            E::NotPayer { payer, .. } => {
                Refusal::new(format!("the payment is {}'s", account(payer)), self.act_as(payer))
            }
            E::AlreadyDisputed { number } => Refusal::new(
                format!("the payment for order {number} is disputed already"),
                "wait for the resolver",
            ),
            E::TimeToDisputeOver { until, now } => Refusal::new(
                format!("it could be disputed until {}, and it is {}", time(until), time(now)),
                "ask the merchant for a refund",
            ),
            E::NotDisputed { number } => {
                Refusal::new(format!("nobody disputes the payment for order {number}"), "nothing to do")
            }
            E::AlreadyReplied { number } => Refusal::new(
                format!("the dispute of order {number} is answered already"),
                "wait for the resolver",
            ),
            E::TimeToRuleOver { until, now } => Refusal::new(
                format!("it could be ruled until {}, and it is {}", time(until), time(now)),
                "settle it: `couponry custody settle`",
            ),
            E::NotResolver { resolver, .. } => {
                Refusal::new(format!("{} rules on this payment", account(resolver)), self.act_as(resolver))
            }
            E::StillDisputable { until, now } => Refusal::new(
                format!("it can be disputed until {}, and it is {}", time(until), time(now)),
                "wait until then",
            ),
            E::StillToBeRuled { until, now } => Refusal::new(
                format!("it can be ruled until {}, and it is {}", time(until), time(now)),
                "wait until then",
            ),
            E::ZeroAmount => Refusal::new("an amount of zero", "name an amount above zero"),
            E::OverHeld { asked, held } => Refusal::new(
                format!("{} is more than the {} that is held", money(asked), money(held)),
                format!("give back at most {}", money(held)),
            ),
            E::NoCredit { asset: of } => {
                Refusal::new(format!("nothing in {} waits for this account", asset(*of)), "nothing to do")
            }
            E::Payment(fault) => self.payment(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chain::AccountId;
    use shared::registry::RegistryError;

    #[test]
    fn accounts_have_their_names_amounts_their_unit_and_a_registrys_refusal_its_own_words() {
        let mut words = Words::default();
        let anna = AccountId::from([1; 32]);
        words.name(anna, "anna");
        let not_payer =
            words.custody(&CustodyError::NotPayer { payer: anna, caller: AccountId::from([2; 32]) });
        assert_eq!(not_payer.to_string(), "the payment is anna's\n  fix: run the command --as anna");
        let over =
            words.custody(&CustodyError::OverHeld { asked: 2_500_000_000_000, held: 1_000_000_000_000 });
        assert!(over.what.starts_with(&words.money(2_500_000_000_000)), "{over}");
        let used = RegistryError::OrderUsed { number: 7 };
        assert_eq!(words.custody(&CustodyError::Registry(used.into())), words.registry(&used));
        let long = words.custody(&CustodyError::TimeToRule { time: 0, most: 90 * DAY });
        assert_eq!(long.what, "the time to rule must be above zero and at most 90 days");
    }
}
