//! Random secrets, and comparing them without telling how much was right.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use crate::encoded::hex;

/// A new secret: 32 hexadecimal digits, 128 bits from the operating system.
///
/// # Errors
/// When the operating system has no randomness to give.
pub(crate) fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}

/// What is kept of a secret: its SHA-256. Secrets are random, so they need no slow hash.
pub(crate) fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret))
}

/// Whether a secret has this hash, in a time that does not depend on the secret.
pub(crate) fn matches(secret: &str, hash: &str) -> bool {
    self::hash(secret).as_bytes().ct_eq(hash.as_bytes()).into()
}
