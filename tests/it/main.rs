//! All end-to-end tests, in one binary.

/// Who may look and change, and what stays secret.
mod access;
/// axe-core, in every way a survey can look.
mod accessibility;
/// What may be posted, and what is refused.
mod answers;
/// Several collectors on one database.
mod cluster;
/// The command line.
mod commands;
/// Site files and the admin interface over their life.
mod configuration;
/// The dashboard's pages and signing in.
mod dashboard;
/// Loader, definitions and assets.
mod delivery;
/// Nothing acknowledged is lost.
mod durability;
/// What no well-behaved client sends.
mod edge;
/// Disks that fail, and power cuts.
mod faults;
/// Input that is nearly right, in thousands of ways.
mod fuzz;
/// How much may be posted, and what is kept apart.
mod limits;
/// Every score, and what can be asked about it.
mod numbers;
/// Running it: metrics, backups, settings, sockets.
mod operations;
/// Exports of other services.
mod peers;
/// Where surveys stand in a page.
mod placements;
/// Answers that prove that they were asked for.
mod proof;
/// The README tells the truth.
mod readme;
/// What is stored of one person.
mod respondents;
/// What is due, decided in JavaScript as in Rust.
mod rules;
/// What is asked, on every scale and in every language.
mod scales;
/// A page with surveys in it.
mod stage;
/// TLS, and certificates that are renewed.
mod tls;
/// Responses out and in.
mod transfer;
/// What a visitor downloads.
mod weight;
/// Rows that cannot be imported as they stand.
mod wrong_rows;

/// What visitors have set, and what they hold.
mod devices;
/// A survey in a yew app of somebody else.
mod embedded;
/// A host page in a real browser, before a real collector.
mod host;
/// What a page can ask of the widget, and hear from it.
mod interface;
/// An answer once given arrives, and counts once.
mod outbox;
/// What the browser keeps, and whom it tells.
mod privacy;
/// What is seen before the card has come.
mod sketch;
/// When a survey appears.
mod triggers;
/// Why a survey does not appear.
mod why;
/// The real widget in a real browser.
mod widget;

/// A site with one survey of each scale.
const SITE: &str = r#"{
  "site": "acme",
  "origins": ["https://acme.com", "https://*.acme.com"],
  "breakdowns": ["plan"],
  "surveys": [
    { "id": "checkout", "questions": [{ "scale": "nps", "prompt": "Would you recommend us?" }] },
    { "id": "faces", "questions": [{ "scale": "faces", "prompt": "How was it?" }] },
    { "id": "five", "questions": [{ "scale": "faces", "points": 5, "prompt": "How was it?" }] },
    { "id": "support", "questions": [{ "scale": "effort", "prompt": "How much effort was it?" },
                                     { "id": "why", "scale": "text", "prompt": "Why?" }] }
  ]
}"#;
