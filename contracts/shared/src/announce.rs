//! Emitting events in little code, and answering in few touches. Knows no event, and none is defined here.
//!
//! What every event shares is compiled once: ink's own `emit_event` is compiled anew for every event, at 400 bytes each. The topics and the data are the same here, byte for byte.
#[cfg(target_arch = "wasm32")]
use ink::env::ReturnFlags;
use ink::{
    env::{
        event::{state, Event, TopicsBuilder, TopicsBuilderBackend},
        DefaultEnvironment, Environment,
    },
    prelude::vec::Vec,
};
use scale::Encode;

use crate::{ledger::Raw, AccountId};

/// Emits an event with one topic besides its signature.
pub fn announce<E: Event>(event: &E) {
    let topics = event.topics::<DefaultEnvironment, Collector>(Collector(Vec::new()).into());
    publish(Written::<2> { topics, data: event.encode() });
}

/// Emits an event whose one topic besides its signature is `account`, as one of its fields: `announce` in still less code, since the event isn't asked for its
/// topics.
pub fn announce_of<E: Event>(account: AccountId, event: &E) {
    // Without asking the event for its size, which would be code too.
    let mut data = Vec::new();
    event.encode_to(&mut data);
    publish_of(E::SIGNATURE_TOPIC, account, data);
}

#[inline(never)]
fn publish_of(signature: Option<[u8; 32]>, account: AccountId, data: Vec<u8>) {
    let topics = ink::prelude::vec![Raw(signature.unwrap_or_default().to_vec()), Raw(account.encode())];
    publish(Written::<2> { topics, data });
}

/// Emits an event without any topic.
pub fn announce_anonymous<E: Event>(event: &E) {
    publish(Written::<0> { topics: Vec::new(), data: event.encode() });
}

/// Emits an event with no topic but its signature.
pub fn announce_bare<E: Event>(event: &E) {
    let topics = event.topics::<DefaultEnvironment, Collector>(Collector(Vec::new()).into());
    publish(Written::<1> { topics, data: event.encode() });
}

/// Ends the call with this answer, and without writing the contract's root, which hasn't changed: ink would write it after every message that takes
/// `&mut self`, a storage touch for nothing. Off chain it just gives the answer.
pub fn answer_unchanged<T: Encode>(answer: T) -> T {
    #[cfg(target_arch = "wasm32")]
    ink::env::return_value(ReturnFlags::empty(), &Ok::<T, ink::LangError>(answer));
    #[cfg(not(target_arch = "wasm32"))]
    answer
}

/// Ends the call with an answer that is encoded already, and without writing the contract's root: whoever has changed it has written it. One piece of code for
/// all of a contract's messages.
#[cfg(target_arch = "wasm32")]
#[inline(never)]
pub fn answer_bytes(answer: Vec<u8>) -> ! {
    ink::env::return_value(ReturnFlags::empty(), &Raw(answer))
}

/// Takes down an event's topics as their SCALE bytes.
struct Collector(Vec<Raw>);

impl TopicsBuilderBackend<DefaultEnvironment> for Collector {
    type Output = Vec<Raw>;

    fn expect(&mut self, _topics: usize) {}

    fn push_topic<T: Encode>(&mut self, topic: &T) {
        self.0.push(Raw(topic.encode()));
    }

    fn output(self) -> Self::Output {
        self.0
    }
}

/// An event whose topics and data are encoded already.
struct Written<const TOPICS: usize> {
    topics: Vec<Raw>,
    data: Vec<u8>,
}

impl<const TOPICS: usize> Encode for Written<TOPICS> {
    fn encode_to<T: scale::Output + ?Sized>(&self, output: &mut T) {
        output.write(&self.data);
    }
}

impl Event for Written<0> {
    type RemainingTopics = state::NoRemainingTopics;
    const SIGNATURE_TOPIC: Option<[u8; 32]> = None;

    fn topics<E, B>(
        &self,
        builder: TopicsBuilder<state::Uninit, E, B>,
    ) -> <B as TopicsBuilderBackend<E>>::Output
    where
        E: Environment,
        B: TopicsBuilderBackend<E>,
    {
        builder.build::<Self>().finish()
    }
}

impl Event for Written<1> {
    type RemainingTopics = [state::HasRemainingTopics; 1];
    const SIGNATURE_TOPIC: Option<[u8; 32]> = None;

    fn topics<E, B>(
        &self,
        builder: TopicsBuilder<state::Uninit, E, B>,
    ) -> <B as TopicsBuilderBackend<E>>::Output
    where
        E: Environment,
        B: TopicsBuilderBackend<E>,
    {
        builder.build::<Self>().push_topic(self.topics.first()).finish()
    }
}

impl Event for Written<2> {
    type RemainingTopics = [state::HasRemainingTopics; 2];
    const SIGNATURE_TOPIC: Option<[u8; 32]> = None;

    fn topics<E, B>(
        &self,
        builder: TopicsBuilder<state::Uninit, E, B>,
    ) -> <B as TopicsBuilderBackend<E>>::Output
    where
        E: Environment,
        B: TopicsBuilderBackend<E>,
    {
        builder.build::<Self>().push_topic(self.topics.first()).push_topic(self.topics.get(1)).finish()
    }
}

#[inline(never)]
fn publish<E: Event>(event: E) {
    ink::env::emit_event::<DefaultEnvironment, _>(event);
}
