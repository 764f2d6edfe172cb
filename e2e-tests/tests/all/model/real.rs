//! The same steps on the chain. Signs what a step says is signed, calls the contract, and reports in the model's words.

mod alliance;
mod custody;
mod market;

use super::{
    ops::{
        key_of, Attested, CodeCall, Consent, DeskCall, Entitled, Forgery, Message, OfficeCall, Op, OrderCall,
        RegistryCall,
    },
    printed::{Printed, Sheet},
    registry::blake2,
    Answer, Outcome, Places, Refusal, Who,
};
use ::alliance::events as alliance_events;
use ::council::events as council_events;
use ::custody::events as custody_events;
use ::desk::{events as desk_events, DeskRef};
use ::market::events as market_events;
use ::office::{events as office_events, OfficeRef};
use ::registry::{events as registry_events, RegistryRef};
use chain::{
    AccountId, Balance, Chain, ChainError, EmbeddedChain, Hash, Keypair, Message as Typed, Outcome as Done,
    TypedChain,
};
use e2e_tests::{
    keys,
    signing::{wrapped, Place, Target},
    world::reference,
    World,
};
use ink::{codegen::TraitCallBuilder, contract_ref, env::DefaultEnvironment as Env, env::Event};
use mock_psp22::TokenRef;
use psp22::PSP22;
use scale::{Decode, Encode};
use shared::{
    claims::{Attestation, Claim, CodeClaim, Entitlement},
    coupons::{Coupon, Holder},
    ids::{CampaignId, CouponId},
    ledger::{Ledger, Step},
    order::{Order, Redemption},
    permit::{CouponPermit, OrderPermit, Permit, Permits, Presented, Purpose},
    psp34::{PSP34Error, PSP34},
    registry::{CouponRegistry, RegistryError, SaleTerms, ServiceDesk},
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

/// Who calls, and the value sent along.
type By = (Who, Balance);

impl Deed {
    /// One that costs nobody a deposit and moves no token.
    fn quiet(outcome: Outcome) -> Self {
        Self { outcome, signer: None, deposit: 0, tokens_moved: false }
    }
}

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
                Ok(Deed::quiet(Ok((Answer::Nothing, Vec::new()))))
            }
            Op::Gift { caller, contract, amount } => {
                let (from, to) = (self.places.of(caller), self.places.of(contract));
                self.world.chain.transfer(from, to, *amount).map_err(|fault| fault.to_string())?;
                Ok(Deed::quiet(Ok((Answer::Nothing, Vec::new()))))
            }
            Op::Allow { caller, spender, amount } => {
                let mut token: contract_ref!(PSP22, Env) = self.places.token.into();
                let call = token.call_mut().approve(self.places.of(spender), *amount);
                let by = (*caller, 0);
                self.call(
                    by,
                    call,
                    |(): ()| Answer::Nothing,
                    |fault: psp22::PSP22Error| panic!("the token refuses an approval: {fault:?}"),
                )
            }
            Op::Misbehave(mode) => {
                let mut token: TokenRef = reference(self.places.token);
                let call = token.call_mut().misbehave(*mode);
                let called = self.world.chain.call_typed(self.places.of(e2e_tests::actors::OWNER), 0, call);
                self.report(self.places.of(e2e_tests::actors::OWNER), called, |()| Ok(Answer::Nothing))
            }
            Op::Call { caller, value, message } => {
                let by = (*caller, *value);
                match message {
                    Message::Office(call) => self.office(by, call),
                    Message::Registry(call) => self.registry(by, call),
                    Message::Desk(call) => self.desk(by, call),
                    Message::Alliance(call) => self.alliance(by, call),
                    Message::Market(call) => self.market(by, call),
                    Message::Custody(call) => self.custody(by, call),
                }
            }
        }
    }

    fn call<Args: Encode, T: Decode, E: Decode>(
        &mut self,
        (caller, value): By,
        message: Typed<Args, Result<T, E>>,
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

    fn view<Args: Encode, T: Decode>(
        &mut self,
        (caller, _): By,
        message: Typed<Args, Result<T, RegistryError>>,
        answer: impl FnOnce(T) -> Answer,
    ) -> Result<Deed, String> {
        let viewed = self.world.chain.view_typed(self.places.of(caller), 0, message);
        let (result, _) = viewed.map_err(|fault| fault.to_string())?;
        Ok(Deed::quiet(match result {
            Ok(value) => Ok((answer(value), Vec::new())),
            Err(fault) => Err(Refusal::Registry(fault)),
        }))
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
            Err(ChainError::Trapped { .. }) => {
                Ok(Deed { signer: Some(signer), ..Deed::quiet(Err(Refusal::Trapped)) })
            }
            Err(fault) => Err(fault.to_string()),
        }
    }

    /// The names of the suite's events, in order.
    fn names(&self, done: &Done) -> Vec<&'static str> {
        let of_suite = done.events.iter().filter(|event| event.contract != self.places.token);
        of_suite.map(|event| name(event.topics.first())).collect()
    }

    fn office(&mut self, by: By, call: &OfficeCall) -> Result<Deed, String> {
        let nothing = |()| Answer::Nothing;
        let number = |number: u32| Answer::Number(number.into());
        let mut office: OfficeRef = reference(self.places.office);
        let office = office.call_mut();
        let of = |who: &Who| self.places.of(who);
        match call {
            OfficeCall::CreateCampaign { terms, uri, escrow } => {
                let uri = vec![b'u'; usize::try_from(*uri).unwrap()];
                let call = office.create_campaign(terms.as_ref().clone(), uri, *escrow);
                self.call(by, call, number, Refusal::Registry)
            }
            OfficeCall::ImproveCampaign { campaign, improvement } => {
                self.call(by, office.improve_campaign(*campaign, *improvement), nothing, Refusal::Registry)
            }
            OfficeCall::WithdrawEscrow { campaign, amount } => {
                self.call(by, office.withdraw_escrow(*campaign, *amount), nothing, Refusal::Registry)
            }
            OfficeCall::OfferCampaign { campaign, to } => {
                let call = office.offer_campaign(*campaign, to.as_ref().map(of));
                self.call(by, call, nothing, Refusal::Registry)
            }
            OfficeCall::AcceptCampaign { campaign } => {
                self.call(by, office.accept_campaign(*campaign), nothing, Refusal::Registry)
            }
            OfficeCall::CreateDrop { campaign, printed } => {
                let call = office.create_drop(*campaign, printed.root(), printed.size);
                self.call(by, call, number, Refusal::Registry)
            }
            OfficeCall::Issue { campaign, to, source } => {
                let call = office.issue(*campaign, to.iter().map(of).collect(), *source);
                self.call(by, call, number, Refusal::Registry)
            }
            OfficeCall::Claim { campaign, to, advocate, attested, entitled } => {
                let claim = self.claim(*campaign, to, *advocate, *attested, *entitled);
                self.call(by, office.claim(claim), Answer::Coupon, Refusal::Registry)
            }
            OfficeCall::SetVoucherKey { campaign, signer, named } => {
                let call = office.set_voucher_key(*campaign, key_of(signer), *named);
                self.call(by, call, nothing, Refusal::Registry)
            }
            OfficeCall::SetRole { account, operator, cashier, daily_cap } => {
                let call = office.set_role(of(account), *operator, *cashier, *daily_cap);
                self.call(by, call, nothing, Refusal::Registry)
            }
            OfficeCall::SetFrozen { coupon, reason } => {
                self.call(by, office.set_frozen(*coupon, *reason), nothing, Refusal::Registry)
            }
            OfficeCall::SetAccountFrozen { account, reason } => {
                self.call(by, office.set_account_frozen(of(account), *reason), nothing, Refusal::Registry)
            }
            OfficeCall::Revoke { coupon, reason } => {
                self.call(by, office.revoke(*coupon, *reason), nothing, Refusal::Registry)
            }
            OfficeCall::TopUp { coupon, value } => {
                self.call(by, office.top_up(*coupon, *value), nothing, Refusal::Registry)
            }
            OfficeCall::SetPaused { scopes } => {
                self.call(by, office.set_paused(*scopes), nothing, Refusal::Registry)
            }
            OfficeCall::OfferGuardian { to } => {
                self.call(by, office.offer_guardian(to.as_ref().map(of)), nothing, Refusal::Registry)
            }
            OfficeCall::AcceptGuardian => self.call(by, office.accept_guardian(), nothing, Refusal::Registry),
            OfficeCall::StepDown => self.call(by, office.step_down(), nothing, Refusal::Registry),
        }
    }

    fn registry(&mut self, by: By, call: &RegistryCall) -> Result<Deed, String> {
        let nothing = |()| Answer::Nothing;
        let redeemed = |redemption| Answer::Redemption(Box::new(redemption));
        let mut registry: RegistryRef = reference(self.places.registry);
        let mut psp34: contract_ref!(PSP34, Env) = self.places.registry.into();
        let mut suite: contract_ref!(CouponRegistry, Env) = self.places.registry.into();
        let mut ledger: contract_ref!(Ledger, Env) = self.places.registry.into();
        match call {
            RegistryCall::Claim(claim) => {
                let call = registry.call_mut().claim(self.code_claim(claim, None));
                self.call(by, call, Answer::Coupon, Refusal::Registry)
            }
            RegistryCall::ClaimAndRedeem { claim, order, acceptor } => {
                let unclaimed = CouponId { campaign: claim.campaign, serial: 0 };
                let call = OrderCall {
                    order: order.clone(),
                    acceptor: *acceptor,
                    coupons: vec![(unclaimed.into(), None)],
                };
                let acceptor = self.permits(&call).acceptor;
                let claim = self.code_claim(claim, Some(order));
                let call = registry.call_mut().claim_and_redeem(claim, order.clone(), acceptor);
                self.call(by, call, redeemed, Refusal::Registry)
            }
            RegistryCall::Redeem(call) => {
                let call = suite.call_mut().redeem(call.order.clone(), self.permits(call));
                self.call(by, call, redeemed, Refusal::Registry)
            }
            RegistryCall::RedeemBatch(calls) => {
                let orders = calls.iter().map(|call| (call.order.clone(), self.permits(call))).collect();
                let call = registry.call_mut().redeem_batch(orders);
                self.call(by, call, Answer::Results, Refusal::Registry)
            }
            RegistryCall::Approve { operator, coupon, approved } => {
                let id = coupon.map(Into::into);
                let call = psp34.call_mut().approve(self.places.of(operator), id, *approved);
                self.call(by, call, nothing, |fault: PSP34Error| Refusal::Psp34(fault))
            }
            RegistryCall::Transfer { to, coupon } => {
                let call = psp34.call_mut().transfer(self.places.of(to), (*coupon).into(), Vec::new());
                self.call(by, call, nothing, |fault: PSP34Error| Refusal::Psp34(fault))
            }
            RegistryCall::Apply => {
                let call = ledger.call_mut().apply(vec![Step::Pause { scopes: 7 }]);
                self.call(by, call, nothing, Refusal::Registry)
            }
        }
    }

    fn desk(&mut self, by: By, call: &DeskCall) -> Result<Deed, String> {
        let nothing = |()| Answer::Nothing;
        let mut desk: DeskRef = reference(self.places.desk);
        let mut service: contract_ref!(ServiceDesk, Env) = self.places.desk.into();
        let remains = |remains: Option<Redemption>| Answer::Remains(remains.map(Box::new));
        let plain = |redemption: &Redemption| redemption.clone();
        match call {
            DeskCall::RollBack { redemption, kept, for_alliance: true } => {
                let call = service.call_mut().roll_back_for_alliance(plain(redemption), *kept);
                self.call(by, call, remains, Refusal::Registry)
            }
            DeskCall::RollBack { redemption, kept, for_alliance: false } => {
                let call = desk.call_mut().roll_back(plain(redemption), *kept);
                self.call(by, call, remains, Refusal::Registry)
            }
            DeskCall::Reserve(call) => {
                let call = desk.call_mut().reserve(call.order.clone(), self.permits(call));
                self.call(by, call, |until: u64| Answer::Number(until.into()), Refusal::Registry)
            }
            DeskCall::Release { coupon, order } => {
                let call = desk.call_mut().release(*coupon, order.clone());
                self.call(by, call, nothing, Refusal::Registry)
            }
            DeskCall::Reward { redemption, coupon } => {
                let call = desk.call_mut().reward(plain(redemption), *coupon);
                self.call(by, call, Answer::Coupon, Refusal::Registry)
            }
            DeskCall::Rate { redemption, stars, comment } => {
                let call = desk.call_mut().rate(plain(redemption), *stars, *comment);
                self.call(by, call, nothing, Refusal::Registry)
            }
            DeskCall::Forget { redemption } => {
                self.call(by, desk.call_mut().forget(plain(redemption)), nothing, Refusal::Registry)
            }
            DeskCall::Expire { coupon } => {
                self.call(by, desk.call_mut().expire(*coupon), nothing, Refusal::Registry)
            }
            DeskCall::Split { coupon, value } => {
                self.call(by, desk.call_mut().split(*coupon, *value), Answer::Coupon, Refusal::Registry)
            }
            DeskCall::Merge { into, from } => {
                self.call(by, desk.call_mut().merge(*into, *from), nothing, Refusal::Registry)
            }
            DeskCall::CancelPermits => {
                let number = |epoch: u32| Answer::Number(epoch.into());
                self.call(by, desk.call_mut().cancel_permits(), number, Refusal::Registry)
            }
            DeskCall::WithdrawCredit { asset } => {
                self.call(by, desk.call_mut().withdraw_credit(*asset), nothing, Refusal::Registry)
            }
            DeskCall::Quote { order, presented, by: on_behalf } => {
                let on_behalf = on_behalf.map(|who| self.places.of(who));
                let call = desk.call().quote(order.clone(), presented.clone(), on_behalf);
                self.view(by, call, Answer::Quote)
            }
            DeskCall::SaleTerms { coupon } => {
                self.view(by, service.call().sale_terms(*coupon), |terms: SaleTerms| Answer::Sale(terms))
            }
            DeskCall::SaleTermsOf { coupons } => {
                self.view(by, service.call().sale_terms_of(coupons.clone()), Answer::Sales)
            }
            DeskCall::TransferMany { to, coupons } => {
                let call = service.call_mut().transfer_many(self.places.of(to), coupons.clone());
                self.call(by, call, nothing, Refusal::Registry)
            }
            DeskCall::Campaign { campaign } => {
                self.view(by, desk.call().campaign(*campaign), |found| Answer::Campaign(Box::new(found)))
            }
            DeskCall::Coupon { coupon } => {
                self.view(by, desk.call().coupon(*coupon), |coupon: Coupon| Answer::State(coupon))
            }
            DeskCall::Holder { account } => {
                let call = desk.call().holder(self.places.of(account));
                self.view(by, call, |holder: Holder| Answer::Holder(holder))
            }
        }
    }

    fn place(&self) -> Place {
        Place { chain_tag: self.places.chain_tag, registry: self.places.registry }
    }

    /// A code's claim, of `spent_on` too where the coupon is spent at once.
    fn code_claim(&self, code: &CodeCall, spent_on: Option<&Order>) -> CodeClaim {
        let CodeCall { campaign, drop, index, printed, forgery, .. } = *code;
        let printed = Printed { is_list: false, ..printed };
        let printed_index = index % printed.size.max(1);
        let sheet = printed.sheet();
        let Sheet::Codes(codes) = &*sheet else { unreachable!("it isn't a list") };
        let (to, advocate) = (self.places.of(code.to), code.advocate.map(|who| self.places.of(who)));
        let target = Target { campaign, drop, index: printed_index, to, advocate };
        let mut claim = match spent_on {
            None => codes.claim_for(self.place(), target),
            Some(order) => codes.claim_and_spend(self.place(), target, order),
        };
        match forgery {
            None => {}
            Some(Forgery::NoProof) if claim.proof.is_empty() => claim.key = [1; 32],
            Some(Forgery::NoProof) => claim.proof.clear(),
            Some(forgery) => {
                let key = Keypair::named(&format!("{} code {printed_index}", printed.name));
                let subject = (campaign, drop, index, to, advocate);
                let other = (campaign, drop, index, self.places.market, advocate);
                let (purpose, subject, other) = match spent_on.map(blake2) {
                    None => (Purpose::Claim, subject.encode(), other.encode()),
                    Some(order) => {
                        (Purpose::ClaimAndSpend, (subject, order).encode(), (other, order).encode())
                    }
                };
                let permit =
                    self.forged(&key, purpose, &Raw(subject), &Raw(other), 0, u64::MAX, Some(forgery));
                claim.signature = permit.signature;
            }
        }
        claim.index = index;
        claim
    }

    fn claim(
        &self,
        campaign: CampaignId,
        to: Who,
        advocate: Option<Who>,
        attested: Option<Attested>,
        entitled: Entitled,
    ) -> Claim {
        let account = self.places.of(to);
        let entitlement = match entitled {
            Entitled::Listed { drop, index, printed } => {
                let printed = Printed { is_list: true, ..printed };
                let printed_index = index % printed.size.max(1);
                let sheet = printed.sheet();
                let Sheet::List(list) = &*sheet else { unreachable!("it is a list") };
                match list.claim(campaign, drop, printed_index).entitlement {
                    Entitlement::Listed { drop, count, proof, .. } => {
                        Entitlement::Listed { drop, index, count, proof }
                    }
                    other => other,
                }
            }
            Entitled::Voucher { signer, nonce, deadline, forgery } => {
                let advocate = advocate.map(|who| self.places.of(who));
                let subject = (campaign, nonce, account, advocate);
                let other = (campaign, nonce, self.places.market, advocate);
                let keys = keys(signer);
                let permit = self.forged(&keys, Purpose::Voucher, &subject, &other, 0, deadline, forgery);
                Entitlement::Voucher { key: keys.public(), nonce, deadline, signature: permit.signature }
            }
            Entitled::Code { drop, index, printed, forgery } => {
                let code = CodeCall { campaign, drop, index, to, advocate, printed, forgery };
                let CodeClaim { key, proof, signature, .. } = self.code_claim(&code, None);
                Entitlement::Code { drop, index, key, proof, signature }
            }
        };
        let attestation = attested.map(|Attested { class, expires_at, forgery }| {
            let (subject, other) = ((class, account), (class, self.places.market));
            let keys = keys(super::dice::ATTESTER);
            let permit = self.forged(&keys, Purpose::Attest, &subject, &other, 0, expires_at, forgery);
            Attestation { expires_at, signature: permit.signature }
        });
        let advocate = advocate.map(|who| self.places.of(who));
        Claim { campaign, to: account, advocate, attestation, entitlement }
    }

    fn permits(&self, call: &OrderCall) -> Permits {
        let hash = blake2(&call.order);
        let other: Hash = [5; 32];
        let sign = |consent: &Consent, purpose, subject: &dyn Fn(Hash) -> Vec<u8>| {
            let signer = keys(consent.signer);
            let (epoch, deadline) = (consent.epoch, consent.deadline);
            let (subject, other) = (Raw(subject(hash)), Raw(subject(other)));
            self.forged(&signer, purpose, &subject, &other, epoch, deadline, consent.forgery)
        };
        let presented: Vec<Presented> = call.coupons.iter().map(|(presented, _)| *presented).collect();
        Permits {
            acceptor: call.acceptor.as_ref().map(|consent| OrderPermit {
                signer: self.places.of(consent.signer),
                permit: sign(consent, Purpose::Order, &|hash| (&presented, hash).encode()),
            }),
            coupons: call
                .coupons
                .iter()
                .map(|(presented, consent)| CouponPermit {
                    presented: *presented,
                    permit: consent
                        .as_ref()
                        .map(|consent| sign(consent, Purpose::Spend, &|hash| (*presented, hash).encode())),
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
        let terms = (epoch, deadline);
        Self::forged_at(self.place(), signer, (purpose, self.places.market), subject, other, terms, forgery)
    }

    /// Signed for a contract, or as a forger would: for another `contract`, say.
    fn forged_at(
        here: Place,
        signer: &Keypair,
        (purpose, contract): (Purpose, AccountId),
        subject: &impl Encode,
        other: &impl Encode,
        (epoch, deadline): (u32, u64),
        forgery: Option<Forgery>,
    ) -> Permit {
        let bytes = match forgery {
            Some(Forgery::OtherPurpose) => {
                let other = if purpose == Purpose::Spend { Purpose::Order } else { Purpose::Spend };
                here.bytes(other, subject, epoch, deadline)
            }
            Some(Forgery::OtherChain) => {
                Place { chain_tag: [3; 32], ..here }.bytes(purpose, subject, epoch, deadline)
            }
            Some(Forgery::OtherContract) => {
                Place { registry: contract, ..here }.bytes(purpose, subject, epoch, deadline)
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

/// The event that a signature topic, or none, belongs to.
fn name(topic: Option<&Hash>) -> &'static str {
    macro_rules! events {
        ($($module:ident: $($event:ident)*;)*) => {
            [$($(($module::$event::SIGNATURE_TOPIC, stringify!($event)),)*)*]
        };
    }
    let events = events! {
        registry_events: Transfer Approval CouponsIssued OrdersRedeemed CreditAdded;
        office_events: OfficeOpened CampaignCreated CampaignImproved EscrowWithdrawn CampaignOffered
            CampaignHandedOver DropCreated CouponsIssued VoucherKeyChanged RoleChanged CouponFreezeChanged
            AccountFreezeChanged CouponRevoked CouponToppedUp PauseChanged GuardianOffered GuardianChanged;
        desk_events: DeskOpened OrderRolledBack CouponsReserved CouponExpired CouponSplit CouponsMerged
            CouponReleased AdvocateRewarded RedemptionRated RedemptionForgotten PermitsCancelled CreditWithdrawn;
        alliance_events: AllianceCreated OrdersBooked DebtsReversed;
        council_events: CouncilOpened FeeWaived MemberApplied MemberLeaving MemberExited CollateralDeposited
            CollateralWithdrawn CycleClosed PayInReceived MemberDefaulted MadeGood FundEndowed PayoutMade
            MotionMoved VoteCast MotionCarried VoteCleared RateOffered RateAgreed CaseOpened CaseReplied
            CaseClosed CaseCleared CouponConverted;
        custody_events: CustodyCreated TermsSet PaymentHeld PaymentDisputed DisputeReplied DisputeRuled PaymentSettled
            PaymentGivenBack CreditAdded CreditWithdrawn;
        market_events: MarketCreated FeeChanged TokenChanged OwnershipOffered OwnerChanged ListingOpened ListingsSold
            ListingReturned BidPlaced AuctionWon ListingFailed SwapMade ListingsForgotten AllCancelled
            OfferMade OfferAccepted OfferWithdrawn CreditAdded CreditWithdrawn;
    };
    events.into_iter().find(|(known, _)| known.as_ref() == topic).map_or("an unknown event", |(_, name)| name)
}

/// The chain's storage of a contract, by key.
pub(crate) fn storage(chain: &EmbeddedChain, contract: AccountId) -> super::storage::Items {
    chain.storage(contract).unwrap_or_else(|fault| panic!("{fault}")).into_iter().collect()
}
