//! Linekey: the account portal of a hosted phone system.
//!
//! A folder is a feature, a file is a verb: `password/set.rs` sets a password. `ARCHITECTURE.md` is the map.
//!
//! Left never imports right: `clock ids random when words brand config error new_file keys news work -> db -> app -> audit
//! links mail throttle -> accounts -> users -> sessions -> phones -> password -> sign_in -> help_centre -> provider -> backup -> export`. The doors (`pages`,
//! `cli`, `jobs`, `routes`, `serve`, `demo`) may call any action; actions never see the web framework; SQL is in
//! `store.rs` and `db/` alone.

pub mod accounts;
pub mod app;
pub mod audit;
pub mod backup;
pub mod brand;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod demo;
pub mod error;
pub mod export;
pub mod help_centre;
pub mod ids;
pub mod jobs;
pub mod keys;
pub mod links;
pub mod mail;
pub mod new_file;
pub mod news;
pub mod password;
pub mod phones;
pub mod provider;
pub mod random;
pub mod routes;
#[cfg(test)]
mod routes_tests;
pub mod serve;
pub mod sessions;
pub mod sign_in;
#[cfg(test)]
mod testing;
pub mod throttle;
pub mod users;
pub mod web;
pub mod when;
pub mod words;
pub mod work;
