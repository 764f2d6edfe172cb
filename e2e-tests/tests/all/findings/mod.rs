//! One test for each fault that was found, so that it stays away.

mod absent_token;
mod backing;
mod ended_card;
mod forgotten_cap;
mod friends;
mod frozen_escrow;
mod handed_over_order;
mod handed_over_rewards;
mod mixed_windows;
mod oversized_batches;
mod own_advocate;
mod paused_rewards;
mod second_first_order;
mod shaved_discount;
mod strangers_discount;
mod strangers_terms;
mod stranded_backing;
mod uncapped_cashier;
mod uncounted_claim;
mod useless_reservations;
mod used_twice;
