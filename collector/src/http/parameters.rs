//! What stands behind the `?` of an address.

use std::collections::HashMap;
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::problem::Problem;

/// Values by name.
pub(super) type Values = HashMap<String, String>;

/// All that stands there, known or not.
#[derive(Debug)]
pub(super) struct Parameters(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Parameters {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Parameters, Infallible> {
        Ok(Parameters::read(parts.uri.query().unwrap_or_default()))
    }
}

impl Parameters {
    fn read(query: &str) -> Parameters {
        // Any text can be read as pairs.
        Parameters(serde_urlencoded::from_str(query).unwrap_or_default())
    }

    /// The values, for a program: it is told what it misspelled, because an answer to something
    /// else than it asked would not look wrong.
    ///
    /// # Errors
    /// 400 for a name that is not among those that are known, and for one that comes twice.
    pub(super) fn only(self, known: &[&str]) -> Result<Values, Problem> {
        let mut values = Values::new();
        for (name, value) in self.0 {
            if !known.contains(&name.as_str()) {
                let known = known.join(", ");
                let detail = format!("there is no parameter {name:?}; there are {known}");
                // Some have no name to point at.
                let field = if name.trim().is_empty() { format!("{name}={value}") } else { name };
                return Err(Problem::bad(field, detail));
            }
            if values.insert(name.clone(), value).is_some() {
                return Err(Problem::bad(name, "this parameter came twice: send it once"));
            }
        }
        Ok(values)
    }

    /// The values, for a page: what others append to the links that they pass on is left alone.
    pub(super) fn any(self) -> Values {
        self.0.into_iter().collect()
    }
}

/// A parameter that is a yes or a no.
///
/// # Errors
/// 400 when it is something else.
pub(super) fn flag(values: &Values, name: &str) -> Result<Option<bool>, Problem> {
    let wanted = values.get(name).map(|text| text.parse());
    wanted.transpose().map_err(|_| Problem::bad(name, "use true or false"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_told_what_it_misspelled() {
        let check = |query: &str, expected: &str| {
            let told = match Parameters::read(query).only(&["from", "to"]) {
                Ok(values) => format!("{:?} {:?}", values.get("from"), values.get("to")),
                Err(problem) => {
                    let problem = serde_json::to_value(&problem).unwrap();
                    format!("{}: {}", problem["field"], problem["detail"])
                }
            };
            assert_eq!(told, expected, "{query}");
        };
        check("", "None None");
        check("from=2026-01-01&to=%32", r#"Some("2026-01-01") Some("2")"#);
        check("form=2026-01-01", r#""form": "there is no parameter \"form\"; there are from, to""#);
        check("from=1&from=1", r#""from": "this parameter came twice: send it once""#);
        check("from", "Some(\"\") None");
        check("=1", r#""=1": "there is no parameter \"\"; there are from, to""#);
    }

    #[test]
    fn a_page_passes_over_what_it_does_not_know() {
        let values = Parameters::read("from=1&utm_source=mail&from=2").any();
        assert_eq!(values["from"], "2");
    }
}
