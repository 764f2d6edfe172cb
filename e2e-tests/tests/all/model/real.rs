//! The same steps on the chain. Signs what a step says is signed, calls the contract, and reports in the model's words.

use super::{
    ops::{AllianceCall, Consent, Forgery, MarketCall, Op, Overpaid, RegistryCall},
    registry::{blake2, CodeSet},
    Answer, Outcome, Places, Refusal, Who,
};
use ::alliance::{events as alliance_events, AllianceRef};
use ::market::{events as market_events, MarketRef};
use ::registry::{drops::Claim, events as registry_events, RegistryRef};
use chain::{
    AccountId, Balance, Chain, ChainError, EmbeddedChain, Hash, Keypair, Message, Outcome as Done, TypedChain,
};
use e2e_tests::{
    keys,
    signing::{wrapped, Codes, Place},
    world::reference,
    World,
};
use ink::{codegen::TraitCallBuilder, contract_ref, env::DefaultEnvironment as Env, env::Event};
use mock_psp22::TokenRef;
use psp22::PSP22;
use scale::{Decode, Encode};
use shared::{
    ids::{CampaignId, CouponId},
    order::Order,
    permit::{CouponPermit, OrderPermit, Permit, Permits, Purpose},
    psp34::{PSP34Error, PSP34},
    registry::{CouponRegistry, RegistryError},
};

/// What the chain did in a step.
pub(crate) struct Deed {
    pub(crate) outcome: Outcome,
    pub(crate) signer: Option<AccountId>,
    /// What the step took from its signer for storage, or gave back.
    pub(crate) deposit: i128,
    /// The token moved something.
    pub(crate) tokens_moved: bool,
}

type Called<R> = Result<(R, Done), ChainError>;

/// Runs steps on a world.
pub(crate) struct Real<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) places: Places,
}

impl Real<'_> {
    /// # Errors
    /// Whatever the chain says that no contract would.
    pub(crate) fn perform(&mut self, op: &Op) -> Result<Deed, String> {
        match op {
            Op::Advance(ms) => {
                self.world.chain.advance(*ms).map_err(|fault| fault.to_string())?;
                Ok(Deed {
                    outcome: Ok((Answer::Nothing, Vec::new())),
                    signer: None,
                    deposit: 0,
                    tokens_moved: false,
                })
            }
            Op::Gift { caller, contract, amount } => {
                let (from, to) = (self.places.of(caller), self.places.of(contract));
                self.world.chain.transfer(from, to, *amount).map_err(|fault| fault.to_string())?;
                Ok(Deed {
                    outcome: Ok((Answer::Nothing, Vec::new())),
                    signer: None,
                    deposit: 0,
                    tokens_moved: false,
                })
            }
            Op::Allow { caller, spender, amount } => {
                let mut token: contract_ref!(PSP22, Env) = self.places.token.into();
                let call = token.call_mut().approve(self.places.of(spender), *amount);
                self.call(
                    caller,
                    0,
                    call,
                    |_: ()| Answer::Nothing,
                    |fault: psp22::PSP22Error| panic!("the token refuses an approval: {fault:?}"),
                )
            }
            Op::Misbehave(mode) => {
                let mut token: TokenRef = self.token();
                let call = token.call_mut().misbehave(*mode);
                self.call_plain(e2e_tests::actors::OWNER, 0, call, |()| Answer::Nothing)
            }
            Op::Overpay(message) => self.overpay(*message),
            Op::Registry(call) => self.registry(call),
            Op::Alliance(call) => self.alliance(call),
            Op::Market(call) => self.market(call),
        }
    }

    fn token(&self) -> TokenRef {
        reference(self.places.token)
    }

    fn call<Args: Encode, T: Decode, E: Decode>(
        &mut self,
        caller: Who,
        value: Balance,
        message: Message<Args, Result<T, E>>,
        answer: impl FnOnce(T) -> Answer,
        refusal: impl FnOnce(E) -> Refusal,
    ) -> Result<Deed, String> {
        let signer = self.places.of(caller);
        let called = self.world.chain.call_typed(signer, value, message);
        self.report(signer, called, |result| match result {
            Ok(value) => Ok(answer(value)),
            Err(fault) => Err(refusal(fault)),
        })
    }

    fn call_plain<Args: Encode, T: Decode>(
        &mut self,
        caller: Who,
        value: Balance,
        message: Message<Args, T>,
        answer: impl FnOnce(T) -> Answer,
    ) -> Result<Deed, String> {
        let signer = self.places.of(caller);
        let called = self.world.chain.call_typed(signer, value, message);
        self.report(signer, called, |value| Ok(answer(value)))
    }

    fn view<Args: Encode, T: Decode>(
        &mut self,
        caller: Who,
        message: Message<Args, Result<T, RegistryError>>,
        answer: impl FnOnce(T) -> Answer,
    ) -> Result<Deed, String> {
        let viewed = self.world.chain.view_typed(self.places.of(caller), 0, message);
        let (result, _) = viewed.map_err(|fault| fault.to_string())?;
        let outcome = match result {
            Ok(value) => Ok((answer(value), Vec::new())),
            Err(fault) => Err(Refusal::Registry(fault)),
        };
        Ok(Deed { outcome, signer: None, deposit: 0, tokens_moved: false })
    }

    fn report<R>(
        &self,
        signer: AccountId,
        called: Called<R>,
        read: impl FnOnce(R) -> Result<Answer, Refusal>,
    ) -> Result<Deed, String> {
        match called {
            Ok((result, done)) => {
                let read = read(result);
                let refused = read.is_err();
                let outcome = read.map(|answer| (answer, self.names(&done)));
                let tokens_moved = done.events.iter().any(|event| event.contract == self.places.token);
                let deposit = if refused { 0 } else { done.cost.deposit };
                Ok(Deed { outcome, signer: Some(signer), deposit, tokens_moved })
            }
            Err(ChainError::Trapped { .. }) => Ok(Deed {
                outcome: Err(Refusal::Trapped),
                signer: Some(signer),
                deposit: 0,
                tokens_moved: false,
            }),
            Err(fault) => Err(fault.to_string()),
        }
    }

    /// The names of the suite's events, in order.
    fn names(&self, done: &Done) -> Vec<&'static str> {
        let of_suite = done.events.iter().filter(|event| event.contract != self.places.token);
        of_suite.map(|event| event.topics.first().map_or("an event without topics", name)).collect()
    }

    fn overpay(&mut self, message: Overpaid) -> Result<Deed, String> {
        let caller = e2e_tests::actors::OWNER;
        match message {
            Overpaid::CancelPermits => {
                let mut registry: RegistryRef = reference(self.places.registry);
                let call = registry.call_mut().cancel_permits();
                self.call(caller, 1, call, |_: u32| Answer::Nothing, Refusal::Registry)
            }
            Overpaid::CloseCycle => {
                let mut alliance: AllianceRef = reference(self.places.alliance);
                let call = alliance.call_mut().close_cycle();
                self.call(caller, 1, call, |_: Balance| Answer::Nothing, Refusal::Alliance)
            }
            Overpaid::SetFee => {
                let mut market: MarketRef = reference(self.places.market);
                let call = market.call_mut().set_fee(5);
                self.call(caller, 1, call, |()| Answer::Nothing, Refusal::Market)
            }
        }
    }

    fn registry(&mut self, call: &RegistryCall) -> Result<Deed, String> {
        let caller = call.caller();
        let nothing = |()| Answer::Nothing;
        let number = |number: u32| Answer::Number(number.into());
        let mut registry: RegistryRef = reference(self.places.registry);
        let mut psp34: contract_ref!(PSP34, Env) = self.places.registry.into();
        let mut suite: contract_ref!(CouponRegistry, Env) = self.places.registry.into();
        match call {
            RegistryCall::Create { terms, uri, escrow, value, .. } => {
                let uri = vec![b'u'; usize::try_from(*uri).unwrap()];
                let call = registry.call_mut().create_campaign(terms.clone(), uri, *escrow);
                self.call(caller, *value, call, number, Refusal::Registry)
            }
            RegistryCall::Improve { campaign, improvement, value, .. } => {
                let call = registry.call_mut().improve_campaign(*campaign, *improvement);
                self.call(caller, *value, call, nothing, Refusal::Registry)
            }
            RegistryCall::WithdrawEscrow { campaign, amount, .. } => {
                let call = registry.call_mut().withdraw_escrow(*campaign, *amount);
                self.call(caller, 0, call, nothing, Refusal::Registry)
            }
            RegistryCall::CreateDrop { campaign, codes, .. } => {
                let root =
                    if codes.size == 0 { [0; 32] } else { Codes::print(codes.name, codes.size).root() };
                let call = registry.call_mut().create_drop(*campaign, root, codes.size);
                self.call(caller, 0, call, number, Refusal::Registry)
            }
            RegistryCall::Issue { campaign, to, source, .. } => {
                let to = to.iter().map(|who| self.places.of(who)).collect();
                let call = registry.call_mut().issue(*campaign, to, *source);
                self.call(caller, 0, call, number, Refusal::Registry)
            }
            RegistryCall::Claim { campaign, drop, index, to, codes, forgery, .. } => {
                let claim = self.claim((*campaign, *drop, *index), to, *codes, *forgery);
                let call = registry.call_mut().claim(claim);
                self.call(caller, 0, call, Answer::Coupon, Refusal::Registry)
            }
            RegistryCall::SetFrozen { coupon, reason, .. } => {
                let call = registry.call_mut().set_frozen(*coupon, *reason);
                self.call(caller, 0, call, nothing, Refusal::Registry)
            }
            RegistryCall::SetCashier { cashier, allowed, .. } => {
                let call = registry.call_mut().set_cashier(self.places.of(cashier), *allowed);
                self.call_plain(caller, 0, call, nothing)
            }
            RegistryCall::CancelPermits { .. } => {
                self.call(caller, 0, registry.call_mut().cancel_permits(), number, Refusal::Registry)
            }
            RegistryCall::Quote { order, coupons, through, .. } => {
                let through = through.map(|who| self.places.of(who));
                let call = registry.call().quote(order.clone(), coupons.clone(), through);
                self.view(caller, call, Answer::Quote)
            }
            RegistryCall::Redeem { order, acceptor, coupons, value, through_alliance, .. } => {
                let (order, permits) = (order.clone(), self.permits(order, acceptor, coupons));
                let redeemed = |redemption| Answer::Redemption(Box::new(redemption));
                if *through_alliance {
                    let call = suite.call_mut().redeem_for_alliance(order, permits);
                    self.call(caller, *value, call, redeemed, Refusal::Registry)
                } else {
                    let call = registry.call_mut().redeem(order, permits);
                    self.call(caller, *value, call, redeemed, Refusal::Registry)
                }
            }
            RegistryCall::RollBack { redemption, value, through_alliance, .. } => {
                let redemption = redemption.as_ref().clone();
                if *through_alliance {
                    let call = suite.call_mut().roll_back_for_alliance(redemption);
                    self.call(caller, *value, call, nothing, Refusal::Registry)
                } else {
                    let call = registry.call_mut().roll_back(redemption);
                    self.call(caller, *value, call, nothing, Refusal::Registry)
                }
            }
            RegistryCall::WithdrawCredit { asset, .. } => {
                let call = registry.call_mut().withdraw_credit(*asset);
                self.call(caller, 0, call, nothing, Refusal::Registry)
            }
            RegistryCall::SaleTerms { coupon, .. } => {
                self.view(caller, suite.call().sale_terms(*coupon), Answer::Sale)
            }
            RegistryCall::Approve { operator, coupon, approved, .. } => {
                let id = coupon.map(Into::into);
                let call = psp34.call_mut().approve(self.places.of(operator), id, *approved);
                self.call(caller, 0, call, nothing, |fault: PSP34Error| Refusal::Psp34(fault))
            }
            RegistryCall::Transfer { to, coupon, .. } => {
                let call = psp34.call_mut().transfer(self.places.of(to), (*coupon).into(), Vec::new());
                self.call(caller, 0, call, nothing, |fault: PSP34Error| Refusal::Psp34(fault))
            }
        }
    }

    fn alliance(&mut self, call: &AllianceCall) -> Result<Deed, String> {
        let (caller, value) = (call.caller(), call.value());
        let nothing = |()| Answer::Nothing;
        let mut alliance: AllianceRef = reference(self.places.alliance);
        let of = |who: &Who| self.places.of(who);
        match call {
            AllianceCall::Apply { registry, profile, .. } => {
                let call = alliance.call_mut().apply(of(registry), *profile);
                self.call(caller, value, call, nothing, Refusal::Alliance)
            }
            AllianceCall::Admit { member, cap, .. } => {
                let call = alliance.call_mut().admit(of(member), *cap);
                self.call(caller, value, call, nothing, Refusal::Alliance)
            }
            AllianceCall::Deposit { amount, .. } => {
                let call = alliance.call_mut().deposit_collateral(*amount);
                self.call(caller, value, call, nothing, Refusal::Alliance)
            }
            AllianceCall::Withdraw { amount, .. } => {
                let call = alliance.call_mut().withdraw_collateral(*amount);
                self.call(caller, value, call, nothing, Refusal::Alliance)
            }
            AllianceCall::Redeem { registry, order, acceptor, coupons, .. } => {
                let permits = self.permits(order, acceptor, coupons);
                let call = alliance.call_mut().redeem(of(registry), order.clone(), permits);
                let redeemed = |redemption| Answer::Redemption(Box::new(redemption));
                self.call(caller, value, call, redeemed, Refusal::Alliance)
            }
            AllianceCall::RollBack { registry, redemption, .. } => {
                let call = alliance.call_mut().roll_back(of(registry), redemption.as_ref().clone());
                self.call(caller, value, call, nothing, Refusal::Alliance)
            }
            AllianceCall::Close { .. } => {
                self.call(caller, value, alliance.call_mut().close_cycle(), Answer::Number, Refusal::Alliance)
            }
            AllianceCall::PayIn { member, amount, .. } => {
                let call = alliance.call_mut().pay_in(of(member), *amount);
                self.call(caller, value, call, nothing, Refusal::Alliance)
            }
            AllianceCall::Cover { member, .. } => {
                let call = alliance.call_mut().cover(of(member));
                self.call(caller, value, call, Answer::Number, Refusal::Alliance)
            }
            AllianceCall::Payout { member, .. } => {
                let call = alliance.call_mut().payout(of(member));
                self.call(caller, value, call, Answer::Number, Refusal::Alliance)
            }
            AllianceCall::Exit { .. } => {
                self.call(caller, value, alliance.call_mut().exit(), nothing, Refusal::Alliance)
            }
        }
    }

    fn market(&mut self, call: &MarketCall) -> Result<Deed, String> {
        let caller = call.caller();
        let nothing = |()| Answer::Nothing;
        let mut market: MarketRef = reference(self.places.market);
        let of = |who: &Who| self.places.of(who);
        match call {
            MarketCall::List { registry, coupon, price, ends_at, .. } => {
                let call = market.call_mut().list(of(registry), *coupon, *price, *ends_at);
                self.call(caller, 0, call, nothing, Refusal::Market)
            }
            MarketCall::Buy { registry, coupon, highest, value, .. } => {
                let call = market.call_mut().buy(of(registry), *coupon, *highest);
                self.call(caller, *value, call, nothing, Refusal::Market)
            }
            MarketCall::Cancel { registry, coupon, .. } => {
                let call = market.call_mut().cancel(of(registry), *coupon);
                self.call(caller, 0, call, nothing, Refusal::Market)
            }
            MarketCall::Withdraw { asset, .. } => {
                let call = market.call_mut().withdraw(*asset);
                self.call(caller, 0, call, Answer::Number, Refusal::Market)
            }
            MarketCall::SetFee { bps, .. } => {
                let call = market.call_mut().set_fee(*bps);
                self.call(caller, 0, call, nothing, Refusal::Market)
            }
        }
    }

    fn place(&self) -> Place {
        Place { chain_tag: self.places.chain_tag, registry: self.places.registry }
    }

    fn claim(
        &self,
        (campaign, drop, index): (CampaignId, u32, u32),
        to: Who,
        codes: CodeSet,
        forgery: Option<Forgery>,
    ) -> Claim {
        let size = codes.size.max(1);
        let to = self.places.of(to);
        let printed = Codes::print(codes.name, size);
        let mut claim = printed.claim(self.place(), campaign, drop, index % size, to);
        let key = Keypair::named(&format!("{} code {}", codes.name, index % size));
        match forgery {
            None => {}
            Some(Forgery::NoProof) if claim.proof.is_empty() => claim.key = [1; 32],
            Some(Forgery::NoProof) => claim.proof.clear(),
            Some(forgery) => {
                let subject = (campaign, drop, index, to);
                let other = (campaign, drop, index, self.places.market);
                claim.signature =
                    self.forged(&key, Purpose::Claim, &subject, &other, 0, u64::MAX, Some(forgery)).signature;
            }
        }
        claim.index = index;
        claim
    }

    fn permits(
        &self,
        order: &Order,
        acceptor: &Option<Consent>,
        coupons: &[(CouponId, Option<Consent>)],
    ) -> Permits {
        let hash = blake2(order);
        let other: Hash = [5; 32];
        let first = coupons.first().map_or(CouponId { campaign: 0, serial: 0 }, |(coupon, _)| *coupon);
        let sign = |consent: &Consent, purpose, subject: &dyn Fn(Hash) -> Vec<u8>| {
            let signer = keys(consent.signer);
            let (epoch, deadline) = (consent.epoch, consent.deadline);
            let (subject, other) = (Raw(subject(hash)), Raw(subject(other)));
            self.forged(&signer, purpose, &subject, &other, epoch, deadline, consent.forgery)
        };
        Permits {
            acceptor: acceptor.as_ref().map(|consent| OrderPermit {
                signer: self.places.of(consent.signer),
                permit: sign(consent, Purpose::Order, &|hash| (first, hash).encode()),
            }),
            coupons: coupons
                .iter()
                .map(|(coupon, consent)| CouponPermit {
                    coupon: *coupon,
                    permit: consent
                        .as_ref()
                        .map(|consent| sign(consent, Purpose::Spend, &|hash| (*coupon, hash).encode())),
                })
                .collect(),
        }
    }

    #[allow(clippy::too_many_arguments, reason = "each is one of the things a forger may change")]
    fn forged(
        &self,
        signer: &Keypair,
        purpose: Purpose,
        subject: &impl Encode,
        other: &impl Encode,
        epoch: u32,
        deadline: u64,
        forgery: Option<Forgery>,
    ) -> Permit {
        let here = self.place();
        let bytes = match forgery {
            Some(Forgery::OtherPurpose) => {
                let other = if purpose == Purpose::Spend { Purpose::Order } else { Purpose::Spend };
                here.bytes(other, subject, epoch, deadline)
            }
            Some(Forgery::OtherChain) => {
                Place { chain_tag: [3; 32], ..here }.bytes(purpose, subject, epoch, deadline)
            }
            Some(Forgery::OtherContract) => {
                Place { registry: self.places.market, ..here }.bytes(purpose, subject, epoch, deadline)
            }
            Some(Forgery::OtherSubject) => here.bytes(purpose, other, epoch, deadline),
            Some(Forgery::OtherTerms) if deadline.is_multiple_of(2) => {
                here.bytes(purpose, subject, epoch, deadline - 1)
            }
            Some(Forgery::OtherTerms) => here.bytes(purpose, subject, epoch + 1, deadline),
            Some(Forgery::WrongKey | Forgery::Unwrapped | Forgery::NoProof) | None => {
                here.bytes(purpose, subject, epoch, deadline)
            }
        };
        let thief = keys("thief");
        let signature = match forgery {
            Some(Forgery::WrongKey) => thief.sign(&wrapped(&bytes)),
            Some(Forgery::Unwrapped) => signer.sign(&bytes),
            _ => signer.sign(&wrapped(&bytes)),
        };
        Permit { epoch, deadline, signature }
    }
}

/// Bytes that are SCALE-encoded already.
struct Raw(Vec<u8>);

impl Encode for Raw {
    fn encode_to<T: scale::Output + ?Sized>(&self, output: &mut T) {
        output.write(&self.0);
    }
}
/// The event that a signature topic belongs to.
fn name(topic: &Hash) -> &'static str {
    macro_rules! events {
        ($($module:ident: $($event:ident)*;)*) => {
            [$($(($module::$event::SIGNATURE_TOPIC, stringify!($event)),)*)*]
        };
    }
    let events = events! {
        registry_events: Transfer Approval RegistryCreated CampaignCreated CampaignImproved EscrowWithdrawn DropCreated
            CouponsIssued CouponFreezeChanged OrderRedeemed OrderRolledBack CashierChanged PermitsCancelled CreditAdded
            CreditWithdrawn;
        alliance_events: AllianceCreated MemberApplied MemberAdmitted MemberExited CollateralDeposited
            CollateralWithdrawn DebtBooked DebtReversed CycleClosed PayInReceived PayInCovered PayoutMade;
        market_events: MarketCreated FeeChanged ListingOpened ListingSold ListingCancelled CreditAdded CreditWithdrawn;
    };
    events.into_iter().find(|(known, _)| *known == Some(*topic)).map_or("an unknown event", |(_, name)| name)
}

/// The chain's storage of a contract, by key.
pub(crate) fn storage(chain: &EmbeddedChain, contract: AccountId) -> super::storage::Items {
    chain.storage(contract).unwrap_or_else(|fault| panic!("{fault}")).into_iter().collect()
}
