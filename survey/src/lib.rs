//! The domain of Nabz: what a site owner defines, what a visitor answers, and what it is worth.
//!
//! # Layout
//! - [`site`], [`definition`], [`text`]: what an owner writes into a site file
//! - [`history`]: what the versions of a definition mean together
//! - [`look`], [`theme`], [`colour`]: where a survey stands, and whether its colours can be told apart
//! - [`check`] (feature `schema`): what is wrong with a site file, with line, field and remedy
//! - [`scale`]: what can be answered, and which group an answer belongs to
//! - [`response`], [`accept`], [`revise`]: what a visitor posts, whether it is right, and what
//!   becomes of the response stored before
//! - [`show`], [`audience`], [`hours`]: when, where and to whom a survey is shown; [`rules`],
//!   [`condition`]: whether it is due; [`standing`]: whether it is asked at all
//! - [`frequency`]: whether a named respondent may be asked again, whatever their device
//! - [`scope`]: which days a summary covers
//! - [`tally`], [`interval`], [`score`], [`metric`], [`summary`]: from counts to numbers that can be trusted
//! - [`explain`]: where a number comes from
//! - [`day`]: a calendar day
//!
//! Invariant: nothing here does IO, reads a clock or draws a random number. Callers pass the time.

pub mod accept;
pub mod audience;
#[cfg(feature = "schema")]
pub mod check;
pub mod colour;
pub mod condition;
pub mod day;
pub mod definition;
pub mod explain;
pub mod frequency;
pub mod history;
pub mod hours;
pub mod interval;
pub mod look;
pub mod metric;
#[cfg(feature = "schema")]
pub mod nearest;
pub mod response;
pub mod revise;
pub mod rules;
pub mod scale;
pub mod scope;
pub mod score;
pub mod show;
pub mod site;
pub mod standing;
pub mod summary;
pub mod tally;
pub mod text;
pub mod theme;

pub use accept::{Refusal, accept};
pub use day::Day;
pub use definition::{Definition, Question, Survey};
pub use explain::explain;
pub use history::ever_asked;
pub use response::{Answer, Response, State, Value};
pub use scale::{Group, Scale};
pub use site::Site;
pub use summary::{Summary, summarize};
pub use text::Text;
