//! Proofs by HMAC-SHA-256 (RFC 2104) with the secret of a site.
//!
//! A *signature* is made by the host's own server and proves that a user id is really that user's.
//! A *token* is given by the collector: to a respondent who was proven so, or for a showing.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::encoded::hex;

/// What a token is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum About<'a> {
    /// That a respondent was proven to be who they are.
    Respondent(&'a str),
    /// That somebody asked for a token for the response with this id.
    Showing(&'a str),
}

impl About<'_> {
    /// How long a token about it is good, in milliseconds: about a respondent as long as a response
    /// can be revised, about a showing as long as the time in its id is believed. An answer may
    /// wait so long in a browser without a connection.
    pub(crate) fn good_for_ms(self) -> i64 {
        match self {
            About::Respondent(_) => survey::revise::OPEN_MS,
            About::Showing(_) => survey::revise::BELIEVED_MS,
        }
    }

    /// Each kind has a key of its own, which is none for signatures either: no id can be chosen so
    /// that a proof of one kind is one of another.
    fn mac(self, secret: &str, given_at_ms: i64) -> String {
        let (kind, id) = match self {
            About::Respondent(id) => ("token", id),
            About::Showing(id) => ("showing", id),
        };
        of(&format!("{secret} {kind}"), &format!("{given_at_ms} {id}"))
    }
}

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

/// A token, given at a time in milliseconds since 1970.
pub(crate) fn token(secret: &str, about: About, now_ms: i64) -> String {
    format!("{now_ms}.{}", about.mac(secret, now_ms))
}

/// How old a token is, in milliseconds; `None` when it is about something else. The time that takes
/// does not depend on the right one.
pub(crate) fn age_ms(secret: &str, about: About, token: &str, now_ms: i64) -> Option<i64> {
    let (given_at, mac) = token.split_once('.')?;
    let given_at_ms = given_at.parse().ok()?;
    let right = about.mac(secret, given_at_ms);
    // Only what is right is a time that was told here, and near the present.
    bool::from(right.as_bytes().ct_eq(mac.as_bytes())).then(|| now_ms - given_at_ms)
}

/// Whether a token is about this and still good.
pub(crate) fn is_good(secret: &str, about: About, token: &str, now_ms: i64) -> bool {
    age_ms(secret, about, token, now_ms).is_some_and(|age_ms| age_ms < about.good_for_ms())
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
    fn a_token_is_good_for_one_thing_and_for_a_while() {
        for (about, days) in [(About::Respondent("u_42"), 1), (About::Showing("u_42"), 7)] {
            let given = token("secret", about, 1_000);
            let check = |secret: &str, about, token: &str, now_ms, expected| {
                assert_eq!(is_good(secret, about, token, now_ms), expected, "{about:?} {token}");
            };
            let ends_at_ms = 1_000 + days * 86_400_000;
            check("secret", about, &given, 1_000, true);
            check("secret", about, &given, ends_at_ms - 1, true);
            check("secret", about, &given, ends_at_ms, false);
            assert_eq!(age_ms("secret", about, &given, ends_at_ms), Some(days * 86_400_000));
            check("other", about, &given, 1_000, false);
            check("secret", about, &format!("9{given}"), 1_000, false);
            check("secret", about, "", 1_000, false);
            check("secret", about, "soon.abc", 1_000, false);
            for other in [About::Respondent("u_43"), About::Showing("u_43")] {
                check("secret", other, &given, 1_000, false);
            }
            let signature = of("secret", "u_42");
            check("secret", about, &format!("1000.{signature}"), 1_000, false);
        }
        let [respondent, showing] = [About::Respondent("u_42"), About::Showing("u_42")];
        assert!(!is_good("secret", showing, &token("secret", respondent, 0), 0));
        assert!(!is_good("secret", respondent, &token("secret", showing, 0), 0));
    }
}
