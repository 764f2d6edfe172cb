//! One test for each fault that was found, so that it stays away.

mod absent_token;
mod backing;
mod ended_card;
mod forgotten_cap;
mod forgotten_listing;
mod friends;
mod frozen_escrow;
mod handed_over_order;
mod handed_over_rewards;
mod joined_orders;
mod mixed_windows;
mod overlong_backlog;
mod oversized_batches;
mod own_advocate;
mod paused_rewards;
mod second_first_order;
mod shaved_discount;
mod stranded_backing;
mod strangers_discount;
mod strangers_terms;
mod uncapped_cashier;
mod uncounted_claim;
mod unmarked_remains;
mod used_order_reserved;
mod used_twice;
mod useless_reservations;
