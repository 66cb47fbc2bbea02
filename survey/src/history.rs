//! What the versions of a definition mean together: which cannot be counted as one, and what was
//! ever asked.

use crate::definition::{Definition, Question};

impl Definition {
    /// Why answers to `self` and to `next` cannot be counted together, if so: a question that
    /// keeps its id has to keep its scale, and two questions what they measure together.
    pub fn breaks_history(&self, next: &Definition) -> Option<String> {
        let scale = next.questions.iter().find_map(|after| {
            let before = self.question(after.id())?;
            let changed = before.range() != after.range() || before.scale != after.scale;
            changed.then(|| {
                format!(
                    "question {:?} of survey {:?} was asked on the scale {} and cannot become {}: \
                     give the question a new id",
                    after.id(),
                    self.survey,
                    described(before),
                    described(after),
                )
            })
        });
        scale.or_else(|| {
            let (before, after) = self.metric.zip(next.metric).filter(|(a, b)| a != b)?;
            Some(format!(
                "survey {:?} measured {} and cannot measure {}: give the survey a new id",
                self.survey,
                before.name(),
                after.name(),
            ))
        })
    }
}

fn described(question: &Question) -> String {
    let points = question.range().map_or(String::new(), |range| format!(" to {}", range.end()));
    format!("{}{points}", question.scale)
}

/// Every question that these definitions ask, with every option they offer. What stands in the
/// first definition, the current one, comes first.
pub fn ever_asked<'a>(definitions: impl IntoIterator<Item = &'a Definition>) -> Vec<Question> {
    let mut all: Vec<Question> = Vec::new();
    for question in definitions.into_iter().flat_map(|definition| &definition.questions) {
        let Some(known) = all.iter_mut().find(|known| known.id() == question.id()) else {
            all.push(question.clone());
            continue;
        };
        for option in &question.options {
            if known.options.iter().all(|it| it.id != option.id) {
                known.options.push(option.clone());
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(questions: &str, metric: &str) -> Definition {
        let json = format!(
            r#"{{"survey":"s","locale":"en","position":"bottom-end","questions":{questions},
            "metric":{metric}}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn a_question_keeps_its_scale_for_ever() {
        let check = |before: &str, after: &str, expected: bool| {
            let (before, after) = (definition(before, "null"), definition(after, "null"));
            assert_eq!(before.breaks_history(&after).is_some(), expected, "{before:?} {after:?}");
        };
        let nps = r#"[{"id":"q","scale":"nps","prompt":"a"}]"#;
        check(nps, r#"[{"id":"q","scale":"nps","prompt":"b"}]"#, false);
        check(nps, r#"[{"id":"q","scale":"effort","prompt":"a"}]"#, true);
        check(nps, r#"[{"id":"r","scale":"effort","prompt":"a"}]"#, false);
        let faces = r#"[{"scale":"faces","prompt":"a"}]"#;
        check(faces, r#"[{"scale":"faces","points":3,"prompt":"a"}]"#, false);
        check(faces, r#"[{"scale":"faces","points":5,"prompt":"a"}]"#, true);
    }

    #[test]
    fn a_survey_measures_one_thing_for_ever() {
        let check = |before: &str, after: &str, expected: bool| {
            let (before, after) = (definition("[]", before), definition("[]", after));
            assert_eq!(before.breaks_history(&after).is_some(), expected, "{before:?} {after:?}");
        };
        check("null", "\"value_enhancement\"", false);
        check("\"value_enhancement\"", "null", false);
        check("\"value_enhancement\"", "\"value_enhancement\"", false);
        check("\"value_enhancement\"", "\"resolution_effort\"", true);
    }

    #[test]
    fn what_was_ever_asked_begins_with_what_is_asked_now() {
        let option = |id: &str| format!(r#"{{"id":"{id}","label":"{id}"}}"#);
        let choice = |options: &[&str]| {
            let options: Vec<String> = options.iter().map(|id| option(id)).collect();
            let options = options.join(",");
            format!(r#"[{{"id":"c","scale":"choice","prompt":"?","options":[{options}]}}]"#)
        };
        let now = definition(&choice(&["a", "b"]), "null");
        let before = definition(r#"[{"id":"old","scale":"nps","prompt":"?"}]"#, "null");
        let first = definition(&choice(&["b", "gone"]), "null");
        let all = ever_asked([&now, &before, &first]);
        let found: Vec<(&str, Vec<&str>)> = all
            .iter()
            .map(|q| (q.id(), q.options.iter().map(|option| option.id.as_str()).collect()))
            .collect();
        assert_eq!(found, [("c", vec!["a", "b", "gone"]), ("old", vec![])]);
    }
}
