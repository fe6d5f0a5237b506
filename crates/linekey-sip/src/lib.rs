//! The SIP registrar of Linekey: REGISTER and OPTIONS over UDP, TCP and TLS.
//!
//! It authenticates phones by digest, keeps their bindings and hands every change to the host.
//! It routes no calls, knows no database and no web: what it needs it asks through [`Directory`]
//! and [`Surroundings`].
//!
//! | file | owns |
//! |---|---|
//! | `server`, `sockets`, `running` | start; what is listened on; what the host holds, and shutdown |
//! | `datagrams` | UDP: one thread reads, and answers at once what it can |
//! | `streams`, `connection`, `room` | TCP and TLS: who is let in; one connection; how many there may be |
//! | `frames` | cutting a stream into messages (pure) |
//! | `requests` | which method does what, and which messages get no answer |
//! | `authenticate` | from an `Authorization` header to a phone, or the one refusal |
//! | `nonce`, `nonce_counts`, `answers`, `wrong_answers` | stateless nonces and the three bounded tables |
//! | `hosts` | which host names are ours |
//! | `register`, `contacts` | REGISTER after authentication; what its contacts change (pure) |
//! | `bindings`, `saving` | bindings in memory; making them durable |
//! | `pings` | OPTIONS to phones behind a NAT, and who does not answer |
//! | `codec`, `reply` | reading and writing messages; the only files that know the SIP parser |
//! | `sent` | counts for metrics |
//! | `fuzz` | what the fuzz targets call (feature `fuzz`) |
//! | `digest` | digest arithmetic (pure) |
//! | `client` | a small user agent that registers: for the demo, tests and proofs |

mod answers;
mod ask;
mod authenticate;
mod bindings;
pub mod client;
mod codec;
mod connection;
mod contacts;
mod datagrams;
pub mod digest;
mod frames;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod hosts;
mod nonce;
mod nonce_counts;
mod pings;
mod register;
mod reply;
mod requests;
mod room;
mod running;
mod saving;
mod sent;
mod server;
mod settings;
mod sockets;
mod streams;
mod wrong_answers;

pub use ask::{
    BindingChange, Credential, Directory, Domain, Event, Former, Nth, PhoneKey, Removal, STALE_MS, SavedBinding,
    Secret, Surroundings, Transport, Unavailable, Why,
};
pub use running::{Gauges, Running};
pub use sent::Sent;
pub use server::{Registrar, StartError};
pub use settings::Settings;
pub use sockets::{Sockets, Tls};
