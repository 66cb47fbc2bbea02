//! Proofs of who a respondent is, by HMAC-SHA-256 (RFC 2104) with the secret of a site.
//!
//! A *signature* is made by the host's own server and proves that a user id is really that user's.
//! A *token* is given by the collector to a respondent who was proven so, and is good for a day.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::encoded::hex;

/// How long a token is good, in milliseconds: as long as a response can be revised.
const TOKEN_MS: i64 = survey::revise::OPEN_MS;

/// The signature of a user id, in lower-case hexadecimal digits.
pub(crate) fn of(secret: &str, user: &str) -> String {
    // HMAC takes a key of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do");
    mac.update(user.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// Whether a user id has this signature, in a time that does not depend on the right one.
pub(crate) fn fits(secret: &str, user: &str, signature: &str) -> bool {
    let signature = signature.to_ascii_lowercase();
    of(secret, user).as_bytes().ct_eq(signature.as_bytes()).into()
}

/// A token for a respondent, from a time in milliseconds since 1970 on.
pub(crate) fn token(secret: &str, respondent: &str, now_ms: i64) -> String {
    let ends_at_ms = now_ms + TOKEN_MS;
    format!("{ends_at_ms}.{}", token_mac(secret, respondent, ends_at_ms))
}

/// Whether a token belongs to a respondent and is still good.
pub(crate) fn is_token(secret: &str, respondent: &str, token: &str, now_ms: i64) -> bool {
    let parts = token.split_once('.');
    let parts = parts.and_then(|(ends, mac)| Some((ends.parse::<i64>().ok()?, mac)));
    parts.is_some_and(|(ends_at_ms, mac)| {
        let right = token_mac(secret, respondent, ends_at_ms);
        bool::from(right.as_bytes().ct_eq(mac.as_bytes())) && now_ms < ends_at_ms
    })
}

/// The key is another one than for signatures: no user id can be chosen so that its signature is a
/// token.
fn token_mac(secret: &str, respondent: &str, ends_at_ms: i64) -> String {
    of(&format!("{secret} token"), &format!("{ends_at_ms} {respondent}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_plain_hmac() {
        // RFC 4231, test case 2.
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(of("Jefe", "what do ya want for nothing?"), expected);
        assert!(fits("Jefe", "what do ya want for nothing?", &expected.to_uppercase()));
        assert!(!fits("Jefe", "what do ya want for something?", expected));
        assert!(!fits("Jefe", "what do ya want for nothing?", &expected[1..]));
    }

    #[test]
    fn a_token_is_good_for_one_respondent_and_a_day() {
        let given = token("secret", "u_42", 1_000);
        let check = |secret: &str, respondent: &str, token: &str, now_ms, expected| {
            assert_eq!(is_token(secret, respondent, token, now_ms), expected, "{token}");
        };
        check("secret", "u_42", &given, 1_000, true);
        check("secret", "u_42", &given, 999 + TOKEN_MS, true);
        check("secret", "u_42", &given, 1_000 + TOKEN_MS, false);
        check("secret", "u_43", &given, 1_000, false);
        check("other", "u_42", &given, 1_000, false);
        check("secret", "u_42", &format!("9{given}"), 1_000, false);
        check("secret", "u_42", "", 1_000, false);
        check("secret", "u_42", "soon.abc", 1_000, false);
    }
}
