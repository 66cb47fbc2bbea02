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
