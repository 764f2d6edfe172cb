//! The couponry tool as a library: what its commands, the demo, the auditor and the end-to-end tests share.

pub mod accounts;
pub mod amounts;
pub mod audit;
pub mod campaign_file;
pub mod cli;
pub mod codes;
pub mod commands;
pub mod context;
pub mod demo;
pub mod entitlements;
pub mod keys;
pub mod live;
pub mod orders;
pub mod payload;
pub mod refusals;
pub mod suite;
pub mod times;
