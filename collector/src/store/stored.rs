//! What is kept of a site beside its responses.

use survey::Definition;

/// A site as it is kept.
#[derive(Debug, Clone)]
pub struct StoredSite {
    /// The site's key.
    pub site: String,
    /// Its file.
    pub file: String,
}

/// A definition as it is kept.
#[derive(Debug, Clone)]
pub struct StoredDefinition {
    /// Its version.
    pub version: String,
    /// The definition.
    pub definition: Definition,
    /// Whether it is asked with now.
    pub current: bool,
}

/// What another collector on the same database changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// The site with this key.
    Site(String),
    /// Nobody knows what: it could not be heard for a while.
    Anything,
}
