//! The collector of Nabz: it hands out surveys, collects the answers and shows the scores.
//!
//! # Layout
//! - [`command`]: the command line; [`serve`](mod@serve): a collector from start to shutdown
//! - [`sites`]: the sites it serves, compiled for serving; [`watch`](mod@watch): site files that change
//! - [`loader`]: what a page loads to know which surveys are due
//! - [`http`]: the routes: thin handlers that parse, ask and answer
//! - [`pages`]: the dashboard, rendered on the server
//! - [`store`]: durable storage
//! - [`diff`]: what a changed site file changes; `apply` asks a running collector for it
//! - `remote`: a running collector, as the command line speaks to it
//! - [`transfer`]: responses out and in: exports, imports, the score of a column
//! - [`settings`]: settings from a file
//! - `servers`: from a database file to a server, and to a cluster
//! - [`demo_data`]: a believable year of responses
//!
//! # What happens to an answer
//! `POST /api/v1/responses` → [`http`] parses it, `survey::accept` checks it → [`store`] commits it
//! together with the change of its tallies → 204. A page or a JSON summary reads tallies and lets
//! `survey::summarize` compute every number.

pub mod command;
pub mod demo_data;
pub mod diff;
pub mod serve;
pub mod sites;
pub mod store;
pub mod transfer;

mod apply;
mod assets;
mod clock;
mod encoded;
mod http;
mod loader;
mod log;
mod pages;
mod remote;
mod secret;
mod servers;
mod settings;
mod signature;
mod watch;
