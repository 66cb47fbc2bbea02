use serde_json::{Value, json};

use crate::transfer::{export, import, stopped};

#[test]
fn exports_of_peers_are_understood() {
    let check = |name: &str, text: &str, expected: &[Value]| {
        let collector = stopped();
        for said in ["2 responses added", "0 responses added"] {
            let (good, found, problems) = import(&collector, "peer.csv", text, &[]);
            assert!(good && found.starts_with(said), "{name}: {found}{problems}");
        }
        let exported = export(&collector, "ndjson");
        for (line, expected) in exported.lines().zip(expected) {
            let found: Value = serde_json::from_str(line).unwrap();
            let fields =
                ["submitted_at", "answers", "respondent", "attributes", "imported", "excluded"];
            let found: Vec<&Value> = fields.iter().map(|field| &found[field]).collect();
            assert_eq!(json!(found), *expected, "{name}");
        }
        assert_eq!(exported.lines().count(), 2);
    };
    let answer = |value: i64, comment: &str| json!([{ "question": "nps", "value": value, "comment": comment }]);
    check(
        "Delighted",
        "Response ID,Survey type,Score,Comment,Created at,Person email,Person name,Plan,Contact\n\
         1,nps,10,=great,2026-03-01 10:00:00 UTC,ann@acme.com,Ann,pro,ann@acme.com\n2,nps,3,,2026-03-02 10:00:00 UTC,,,,\n",
        &[
            json!(["2026-03-01T10:00:00Z", answer(10, "=great"), "ann@acme.com", { "plan": "pro" }, true, false]),
            json!(["2026-03-02T10:00:00Z", [{ "question": "nps", "value": 3 }], null, null, true, false]),
        ],
    );
    check(
        "Wootric",
        "id,created_at,score,text,email,excluded_from_calculations,plan\n\
         7,2026-03-01 03:00:00 -0700,10,fast,bo@acme.com,false,3\n8,2026-03-02 10:00:00 -0700,0,slow,,true,\n",
        &[
            json!(["2026-03-01T10:00:00Z", answer(10, "fast"), "bo@acme.com", { "plan": "3" }, true, false]),
            json!(["2026-03-02T17:00:00Z", answer(0, "slow"), null, null, true, true]),
        ],
    );
    check(
        "PostHog, an event for each question",
        "uuid,event,timestamp,distinct_id,properties.$survey_submission_id,properties.$survey_response_0,properties.$survey_response_1\n\
         a,survey sent,2026-03-01T10:00:00Z,u1,s1,10,\nb,survey sent,2026-03-05T10:00:05Z,u1,s1,,late\nc,survey sent,2026-03-02T10:00:00Z,u3,s2,2,\n",
        &[
            json!(["2026-03-01T10:00:00Z", [{ "question": "nps", "value": 10 }, { "question": "wrong", "value": ["late"] }], "u1", null, true, false]),
            json!(["2026-03-02T10:00:00Z", [{ "question": "nps", "value": 2 }], "u3", null, true, false]),
        ],
    );
    check(
        "PostHog",
        "uuid,event,timestamp,distinct_id,properties.$survey_response,person.properties.plan\n\
         a,survey sent,2026-03-01T10:00:00.5Z,u1,10,pro\nb,survey shown,2026-03-01T10:00:00Z,u2,,\nc,survey sent,2026-03-02T10:00:00Z,u3,2,\n",
        &[
            json!(["2026-03-01T10:00:00.5Z", [{ "question": "nps", "value": 10 }], "u1", { "plan": "pro" }, true, false]),
            json!(["2026-03-02T10:00:00Z", [{ "question": "nps", "value": 2 }], "u3", null, true, false]),
        ],
    );
}

#[test]
fn tables_of_spreadsheets_are_understood() {
    for (name, separator) in [("semicolons.csv", ";"), ("tabs.csv", "\t")] {
        let rows = ["submitted_at,q:nps,comment:nps", "2026-03-01,9,\"a, b\"", "2026-03-02,3,c"];
        let text = rows.join("\r\n").replace(',', separator);
        let collector = stopped();
        let (good, said, problems) = import(&collector, name, &text, &[]);
        assert!(good && said.contains("2 responses added"), "{name}: {said}{problems}");
    }
}
