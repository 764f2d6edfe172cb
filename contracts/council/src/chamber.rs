//! The alliance as its council sees it: looked at in one call, changed in another. Also what the council asks of registries. Decides nothing.
//!
//! Every call keeps ink's default flags: whoever calls back into the council meanwhile traps.
use ink::{
    env::{
        call::{build_call, ExecutionInput, Selector},
        DefaultEnvironment as Env, ReturnFlags,
    },
    prelude::{vec, vec::Vec},
};
use scale::{Decode, Error, Input};
use shared::{
    alliance::{
        door::{Look, Step},
        error::{AllianceError, Outcome},
        members::Member,
    },
    assets::Asset,
    ids::CouponId,
    ledger::{items, key, Raw},
    order::{Order, OrderWord, Redemption},
    permit::Permits,
    psp34::Id,
    AccountId, Balance, Hash,
};

/// An alliance, and what it is to do.
pub struct Chamber {
    alliance: AccountId,
    steps: Vec<Step>,
}

impl Chamber {
    /// Nothing to do yet.
    pub fn new(alliance: AccountId) -> Self {
        Self { alliance, steps: Vec::new() }
    }

    /// Members, and a pair's rate: acceptor, issuer.
    /// # Errors
    /// `AllianceFailed`.
    #[inline(never)]
    pub fn look(&self, accounts: Vec<AccountId>, pair: Option<(AccountId, AccountId)>) -> Outcome<Look> {
        let selector = Selector::new(ink::selector_bytes!("AllianceDoor::look"));
        let input = ExecutionInput::new(selector).push_arg(accounts).push_arg(pair);
        let reply = build_call::<Env>().call(self.alliance).exec_input(input).returns::<Look>().try_invoke();
        match reply {
            Ok(Ok(look)) => Ok(look),
            Ok(Err(_)) | Err(_) => Err(AllianceError::AllianceFailed.into()),
        }
    }

    /// One member, with everything else there is to see.
    /// # Errors
    /// `NotMember`.
    #[inline(never)]
    pub fn member(&self, account: AccountId) -> Outcome<(Look, Member)> {
        let mut look = self.look(vec![account], None)?;
        let member = look.members.pop().flatten().ok_or(AllianceError::NotMember { account })?;
        Ok((look, member))
    }

    /// Two members, with their rate.
    /// # Errors
    /// `NotMember` for the first that isn't one.
    #[inline(never)]
    pub fn pair(&self, acceptor: AccountId, issuer: AccountId) -> Outcome<Pair> {
        let mut look = self.look(vec![acceptor, issuer], Some((acceptor, issuer)))?;
        let (second, first) = (look.members.pop().flatten(), look.members.pop().flatten());
        let first = first.ok_or(AllianceError::NotMember { account: acceptor })?;
        let second = second.ok_or(AllianceError::NotMember { account: issuer })?;
        Ok(Pair { look, acceptor: first, issuer: second })
    }

    /// Adds a step.
    pub fn add(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// Has the alliance do it all, and collects `amount` from `payer`, the caller, for it; `paid` is the native value sent along.
    ///
    /// A token that is asked for money runs code of its own, so what was decided is written by then.
    /// # Errors
    /// `Payment`, and as `apply`.
    #[inline(never)]
    pub fn collect_and_apply(
        self,
        asset: Asset,
        payer: AccountId,
        amount: Balance,
        paid: Balance,
    ) -> Outcome<()> {
        let alliance = self.alliance;
        let expected = asset.value_due(amount);
        if paid != expected {
            let fault = shared::assets::PaymentFault::WrongValue { expected, paid };
            return Err(AllianceError::Payment(fault).into());
        }
        self.apply(paid)?;
        Ok(asset.collect_for(alliance, payer, amount, paid).map_err(AllianceError::Payment)?)
    }

    /// Has the alliance do it all, with `value` sent along.
    /// # Errors
    /// `AllianceFailed`, and what the alliance refuses.
    #[inline(never)]
    pub fn apply(self, value: Balance) -> Outcome<()> {
        let selector = Selector::new(ink::selector_bytes!("AllianceDoor::apply"));
        let reply = build_call::<Env>()
            .call(self.alliance)
            .transferred_value(value)
            .exec_input(ExecutionInput::new(selector).push_arg(self.steps))
            .returns::<Answer>()
            .try_invoke();
        match reply {
            Ok(Ok(Answer::Done)) => Ok(()),
            Ok(Ok(Answer::Refused(refusal))) => pass_on(refusal),
            Ok(Err(_)) | Err(_) => Err(AllianceError::AllianceFailed.into()),
        }
    }
}

/// Two members and their rate.
pub struct Pair {
    /// Everything else.
    pub look: Look,
    /// Who accepts.
    pub acceptor: Member,
    /// Who owes.
    pub issuer: Member,
}

/// The alliance's answer, as far as it matters. A refusal is passed on as it came.
enum Answer {
    Done,
    Refused(Vec<u8>),
}

impl Decode for Answer {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let refused = input.read_byte()? != 0;
        // An answer that isn't read to its end counts as none.
        let rest = Raw::decode(input)?.0;
        Ok(if refused { Self::Refused(rest) } else { Self::Done })
    }
}

/// Ends the call with a refusal of the alliance's: `Ok(Err(refusal))`, as every message here would encode it.
fn pass_on(mut refusal: Vec<u8>) -> ! {
    refusal.splice(0..0, [0, 1]);
    ink::env::return_value(ReturnFlags::REVERT, &Raw(refusal))
}

/// Refuses a contract whose code the alliance doesn't know as a registry's.
/// # Errors
/// `UnknownRegistry`.
#[inline(never)]
pub fn ensure_known(registry: AccountId, known: &[Hash]) -> Outcome<()> {
    let code = ink::env::code_hash::<Env>(&registry).map(|hash| <[u8; 32]>::from(hash));
    if code.is_ok_and(|code| known.contains(&code)) {
        return Ok(());
    }
    Err(AllianceError::UnknownRegistry { registry }.into())
}

/// An item of a registry's ledger.
#[inline(never)]
pub fn item(registry: AccountId, key: Vec<u8>) -> Option<Vec<u8>> {
    let selector = Selector::new(ink::selector_bytes!("Ledger::items"));
    let input = ExecutionInput::new(selector).push_arg(vec![key]);
    let reply =
        build_call::<Env>().call(registry).exec_input(input).returns::<Vec<Option<Vec<u8>>>>().try_invoke();
    reply.ok()?.ok()?.pop().flatten()
}

/// The digest that a registry keeps of a redemption; `None` once it is undone.
pub fn digest_kept(registry: AccountId, acceptor: AccountId, number: u64) -> Option<Hash> {
    let (word, place) = OrderWord::locate(number);
    let bytes = item(registry, key(items::ORDERS, &(acceptor, word)))?;
    OrderWord::decode(&mut bytes.as_slice()).ok()?.digest(place)
}

/// Redeems through the alliance.
/// # Errors
/// `AllianceFailed`, and what the alliance refuses.
#[inline(never)]
pub fn redeem(
    alliance: AccountId,
    registry: AccountId,
    order: &Order,
    permits: &Permits,
) -> Outcome<Redemption> {
    let selector = Selector::new(ink::selector_bytes!("redeem"));
    let input = ExecutionInput::new(selector).push_arg(registry).push_arg(order).push_arg(permits);
    let reply = build_call::<Env>().call(alliance).exec_input(input).returns::<Result<Redemption, Raw>>().try_invoke();
    match reply {
        Ok(Ok(Ok(redemption))) => Ok(redemption),
        Ok(Ok(Err(Raw(refusal)))) => pass_on(refusal),
        Ok(Err(_)) | Err(_) => Err(AllianceError::AllianceFailed.into()),
    }
}

/// Who holds a coupon.
pub fn owner_of(registry: AccountId, coupon: CouponId) -> Option<AccountId> {
    let selector = Selector::new(ink::selector_bytes!("PSP34::owner_of"));
    let input = ExecutionInput::new(selector).push_arg(Id::U64(coupon.to_u64()));
    let reply = build_call::<Env>().call(registry).exec_input(input).returns::<Option<AccountId>>().try_invoke();
    reply.ok()?.ok()?
}

/// Hands a coupon over that its holder lets the council move.
/// # Errors
/// `TransferRefused`.
#[inline(never)]
pub fn hand_over(registry: AccountId, coupon: CouponId, to: AccountId) -> Outcome<()> {
    let selector = Selector::new(ink::selector_bytes!("PSP34::transfer"));
    let id = Id::U64(coupon.to_u64());
    let input = ExecutionInput::new(selector).push_arg(to).push_arg(id).push_arg(Vec::<u8>::new());
    let reply = build_call::<Env>().call(registry).exec_input(input).returns::<Answer>().try_invoke();
    match reply {
        Ok(Ok(Answer::Done)) => Ok(()),
        Ok(Ok(Answer::Refused(_)) | Err(_)) | Err(_) => {
            Err(AllianceError::TransferRefused { coupon }.into())
        }
    }
}
