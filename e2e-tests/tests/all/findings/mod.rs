//! One test for each fault that was found, so that it stays away.

mod absent_token;
mod backing;
mod frozen_escrow;
mod shaved_discount;
mod strangers_discount;
mod strangers_terms;
