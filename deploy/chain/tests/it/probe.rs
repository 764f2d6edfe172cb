//! A contract that does one thing a number of times, and a chain with one on it.

use chain::{AccountId, Chain, ChainError, EmbeddedChain, Genesis, Hash, Keypair, Message, Outcome};
use ink::env::{
    call::{
        build_call,
        utils::{Argument, ArgumentList, EmptyArgumentList},
        ExecutionInput, Selector,
    },
    DefaultEnvironment,
};
use scale::Encode;

pub(crate) const UNIT: u128 = chain::runtime::UNIT;
pub(crate) const START: u64 = 1_767_225_600_000;
pub(crate) const BLOCK_TIME: u64 = 6_000;
/// The key under which the probe writes: it gives it as it is.
pub(crate) const KEY: &[u8] = b"\x03key";
pub(crate) const VALUE: &[u8] = b"12345678";

#[derive(Clone, Copy)]
pub(crate) enum Op {
    Set = 0,
    Get = 1,
    Contains = 2,
    Clear = 3,
    Take = 4,
    Now = 5,
    Emit = 6,
    Revert = 7,
    Trap = 8,
    Spin = 9,
    Answer = 10,
    Verify = 11,
    CallAnother = 12,
    Terminate = 13,
    SetCode = 14,
}

pub(crate) fn wasm() -> Vec<u8> {
    wasm_with(0)
}

/// The probe with that many instructions more, which are never reached.
pub(crate) fn wasm_with(unreached: usize) -> Vec<u8> {
    let text = include_str!("probe.wat").replace(";; unreached", &"nop ".repeat(unreached));
    wat::parse_str(text).unwrap()
}

pub(crate) fn input(op: Op, times: u16, arguments: &[u8]) -> Vec<u8> {
    let [low, high] = times.to_le_bytes();
    [&[op as u8, low, high, 0], arguments].concat()
}

pub(crate) struct Town {
    pub(crate) chain: EmbeddedChain,
    pub(crate) ann: AccountId,
    pub(crate) ben: AccountId,
    pub(crate) code: Hash,
    pub(crate) probe: AccountId,
}

impl Town {
    pub(crate) fn new() -> Self {
        let (ann, ben) = (Keypair::named("ann").account(), Keypair::named("ben").account());
        let mut chain = EmbeddedChain::new(Genesis {
            seed: [1; 32],
            time: START,
            block_time_ms: BLOCK_TIME,
            endowed: vec![(ann, 1_000 * UNIT), (ben, UNIT)],
        })
        .unwrap();
        let (code, _) = chain.upload(ann, &wasm()).unwrap();
        let (probe, _) = chain.instantiate(ann, code, UNIT, Vec::new(), Vec::new()).unwrap();
        Self { chain, ann, ben, code, probe }
    }

    pub(crate) fn call(&mut self, op: Op, times: u16, arguments: &[u8]) -> Result<Outcome, ChainError> {
        self.chain.call(self.ann, self.probe, 0, input(op, times, arguments))
    }

    pub(crate) fn view(&self, op: Op, times: u16, arguments: &[u8]) -> Result<Outcome, ChainError> {
        self.chain.view(self.ann, self.probe, 0, input(op, times, arguments))
    }

    /// A message that the probe answers with `answer`, whatever the caller expects.
    pub(crate) fn message<A: Encode, R>(
        &self,
        flags: u8,
        answer: A,
    ) -> Message<ArgumentList<Argument<A>, EmptyArgumentList>, R> {
        build_call::<DefaultEnvironment>()
            .call(self.probe)
            .exec_input(ExecutionInput::new(Selector::new([Op::Answer as u8, flags, 0, 0])).push_arg(answer))
            .returns::<R>()
    }
}
