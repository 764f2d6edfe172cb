//! The commands: what each takes from the command line, and what it does. Rules are the contracts'; words are `refusals`'.

pub mod aftercare;
pub mod alliance;
pub mod audit;
pub mod best;
pub mod build;
pub mod campaign;
pub mod chain;
pub mod claim;
pub mod council;
pub mod coupon;
pub mod custody;
pub mod demo;
pub mod deploy;
pub mod doctor;
pub mod drop;
pub mod entitle;
pub mod hands;
pub mod insights;
pub mod market;
pub mod order;
pub mod quote;
pub mod redeem;
pub mod statement;
pub mod trust;
