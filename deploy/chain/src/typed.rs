//! Calls written as ink! messages, so that arguments and answers are checked by the compiler. It knows no particular contract.

use crate::{AccountId, Balance, Chain, ChainError, Hash, Outcome};
use ink::{
    env::{
        call::{
            state::Salt,
            utils::{ReturnType, Set, Unset},
            Call, CallBuilder, CreateBuilder, ExecutionInput, LimitParamsV2,
        },
        DefaultEnvironment,
    },
    primitives::{Clear, MessageResult},
};
use scale::{Decode, DecodeAll, Encode};

type Env = DefaultEnvironment;

/// A message to a contract, as `TraitCallBuilder::call` of the contract's reference builds it.
pub type Message<Args, R> = CallBuilder<Env, Set<Call<Env>>, Set<ExecutionInput<Args>>, Set<ReturnType<R>>>;

/// A constructor's call, as the constructor of the contract's reference builds it.
pub type Constructor<Contract, Args, R> = CreateBuilder<
    Env,
    Contract,
    Unset<ink::primitives::Hash>,
    Set<LimitParamsV2<Env>>,
    Unset<Balance>,
    Set<ExecutionInput<Args>>,
    Unset<Salt>,
    Set<ReturnType<R>>,
>;

/// What every [`Chain`] can do with typed messages.
///
/// A message that returns a `Result` and refuses gives its own `Err` as the value, not a [`ChainError`], together with an outcome that has no events.
pub trait TypedChain: Chain {
    /// Calls a message in a block of its own.
    /// # Errors
    /// As [`Chain::call`], but for `Reverted`; also `Unreadable` and `Undecodable`.
    fn call_typed<Args: Encode, R: Decode>(
        &mut self,
        signer: AccountId,
        value: Balance,
        message: Message<Args, R>,
    ) -> Result<(R, Outcome), ChainError> {
        let params = message.params();
        self.call_encoded(signer, *params.callee(), value, params.exec_input().encode())
    }

    /// `call_typed`, for a message that is encoded already.
    /// # Errors
    /// As `call_typed`.
    fn call_encoded<R: Decode>(
        &mut self,
        signer: AccountId,
        contract: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<(R, Outcome), ChainError> {
        answer(self.call(signer, contract, value, data))
    }

    /// What `call_typed` would give now, without doing it.
    /// # Errors
    /// As `call_typed`.
    fn view_typed<Args: Encode, R: Decode>(
        &self,
        caller: AccountId,
        value: Balance,
        message: Message<Args, R>,
    ) -> Result<(R, Outcome), ChainError> {
        let params = message.params();
        answer(self.view(caller, *params.callee(), value, params.exec_input().encode()))
    }

    /// Creates a contract from a stored code.
    /// # Errors
    /// As [`Chain::instantiate`].
    fn instantiate_typed<Contract, Args: Encode, R>(
        &mut self,
        signer: AccountId,
        code_hash: Hash,
        value: Balance,
        salt: Vec<u8>,
        constructor: Constructor<Contract, Args, R>,
    ) -> Result<(AccountId, Outcome), ChainError> {
        // The builder gives up its input only when complete; what is filled in here is not used.
        let params = constructor
            .code_hash(ink::primitives::Hash::CLEAR_HASH)
            .endowment(0)
            .salt_bytes(Vec::new())
            .params();
        self.instantiate(signer, code_hash, value, params.exec_input().encode(), salt)
    }
}

impl<C: Chain + ?Sized> TypedChain for C {}

fn answer<R: Decode>(result: Result<Outcome, ChainError>) -> Result<(R, Outcome), ChainError> {
    let outcome = match result {
        Err(ChainError::Reverted { data, cost }) => Outcome { data, cost, events: Vec::new() },
        other => other?,
    };
    match MessageResult::<R>::decode_all(&mut outcome.data.as_slice()) {
        Ok(Ok(value)) => Ok((value, outcome)),
        Ok(Err(fault)) => Err(ChainError::Unreadable(fault)),
        Err(_) => Err(ChainError::Undecodable { data: outcome.data }),
    }
}
