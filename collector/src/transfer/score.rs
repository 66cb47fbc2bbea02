//! `nabz score`: the score of a column of values, by the same code as everywhere.

mod column;

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, stdin};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use survey::score::{Distribution, Kind, rounded};
use survey::tally::CELLS;
use survey::{Question, Scale};

use super::rows::{Content, Row, Rows, Table};
use column::{Column, Counted, value, wanted};

/// Compute the score of a column of values, with its interval
#[derive(Debug, Args)]
pub struct Score {
    /// How it was asked: nps, faces, stars, rating, thumbs, effort, ease, agree, problems, `yes_no`
    #[arg(long, value_parser = scale)]
    scale: Scale,
    /// How many faces: 3 or 5
    #[arg(long, default_value_t = 3, value_parser = points)]
    points: u8,
    /// The name of the column, where there are several
    #[arg(long)]
    column: Option<String>,
    /// A table, or one value a line; the standard input when left out
    #[arg(value_name = "FILE.csv")]
    file: Option<PathBuf>,
}

fn scale(text: &str) -> anyhow::Result<Scale> {
    let known = || Scale::ALL.into_iter().filter(|scale| Kind::of(*scale).is_some());
    known().find(|scale| scale.name() == text).with_context(|| {
        let names: Vec<&str> = known().map(Scale::name).collect();
        format!("use one of {}", names.join(", "))
    })
}

fn points(text: &str) -> anyhow::Result<u8> {
    match text {
        "3" => Ok(3),
        "5" => Ok(5),
        _ => bail!("use 3 or 5"),
    }
}

/// The column of an export that says what is left out of every number.
const EXCLUDED: &str = "excluded";

impl Score {
    /// Prints the score, its interval, the number of answers and the groups.
    ///
    /// # Errors
    /// When the file cannot be read or the column is not told.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let name = self.file.as_ref().map_or("-".to_owned(), |file| file.display().to_string());
        let input: Box<dyn Read> = match &self.file {
            Some(file) if file.as_os_str() != "-" => {
                Box::new(File::open(file).with_context(|| format!("{name} cannot be read"))?)
            }
            _ => Box::new(stdin().lock()),
        };
        let question = self.question()?;
        let counted = self.count(input, &question).with_context(|| name.clone())?;
        for (line, value) in &counted.wrong {
            eprintln!("{name}:{line}: {value:?} is not {}", wanted(&question));
        }
        print!("{}", report(&Distribution::new(&question, counted.cells, Vec::new())));
        Ok(if counted.wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn question(&self) -> anyhow::Result<Question> {
        // What can go wrong has no names here, only a number of them.
        let options: Vec<_> = match self.scale {
            Scale::Problems => (1..CELLS)
                .map(|at| serde_json::json!({ "id": at.to_string(), "label": "" }))
                .collect(),
            _ => Vec::new(),
        };
        let question = serde_json::json!({
            "scale": self.scale, "points": self.points, "prompt": "", "options": options,
        });
        Ok(serde_json::from_value(question)?)
    }

    fn count(&self, input: impl Read, question: &Question) -> anyhow::Result<Counted> {
        let mut rows = Rows::Table(Table::new(input));
        let mut values = Column::default();
        let (mut column, mut excluded) = (None, None);
        while let Some(Row { line, content }) = rows.next()? {
            let Content::Cells(cells) = content else {
                bail!("line {line}: this row has more than a MiB: is a quote left open?");
            };
            let cells: Vec<_> = cells.iter().map(String::from_utf8_lossy).collect();
            let cell_at = |at: usize| cells.get(at).map_or("", |cell| cell.trim());
            let (at, is_header) = match column {
                Some(at) => (at, false),
                None => self.column_in(&cells, question)?,
            };
            column = Some(at);
            if is_header {
                excluded = cells.iter().position(|name| name.trim() == EXCLUDED);
                continue;
            }
            if excluded.is_none_or(|at| cell_at(at) != "true") {
                values.add(line, cell_at(at), question);
            }
        }
        Ok(values.counted())
    }

    /// The place of the column, and whether the first row is a header.
    fn column_in(&self, first: &[Cow<str>], question: &Question) -> anyhow::Result<(usize, bool)> {
        let names: Vec<&str> = first.iter().map(|name| name.trim()).collect();
        match &self.column {
            Some(column) => {
                let place = names.iter().position(|name| name == column);
                let place = place.with_context(|| {
                    format!("there is no column {column:?}; there are {}", names.join(", "))
                })?;
                Ok((place, true))
            }
            None if names.len() > 1 => {
                bail!("there are several columns: choose one with --column: {}", names.join(", "))
            }
            // Anything but a number on top of a single column is its name.
            None => {
                Ok((0, value(names[0], question).is_none() && names[0].parse::<f64>().is_err()))
            }
        }
    }
}

/// What the values come to, for people.
fn report(values: &Distribution) -> String {
    let Some(score) = values.score() else { return String::new() };
    let (name, unit, digits) = match score.kind {
        Kind::Nps => ("NPS", "", 1),
        Kind::Csat => ("CSAT", " %", 1),
        Kind::Effort => ("CES (mean effort)", "", 2),
        Kind::Ease => ("CES 2.0 (found it easy)", " %", 1),
        Kind::Agree => ("agree", " %", 1),
        Kind::Tgw => ("TGW (per 100 answers)", "", 1),
        Kind::Yes => ("yes", " %", 1),
    };
    let show = |value: f64| rounded(value, digits);
    let point =
        score.value.map_or("no answers".to_owned(), |value| format!("{}{unit}", show(value)));
    let interval = score.low.zip(score.high).map_or(String::new(), |(low, high)| {
        format!(" (95 % interval: {} to {}{unit})", show(low), show(high))
    });
    let thin = if score.thin { " (thin: fewer than 30)" } else { "" };
    let mut lines =
        vec![format!("{name}: {point}{interval}"), format!("answers: {}{thin}", values.answered())];
    if let Some((mean, ..)) = values.moments().filter(|_| score.kind != Kind::Effort) {
        lines.push(format!("mean: {}", rounded(mean, 2)));
    }
    let groups = values.groups().into_iter();
    lines.extend(groups.map(|(group, size)| format!("{group}: {size}")));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(scale: Scale, column: Option<&str>, input: &str, expected: &Expect) {
        let score = Score { scale, points: 3, column: column.map(str::to_owned), file: None };
        let question = score.question().unwrap();
        let found = match score.count(input.as_bytes(), &question) {
            Err(error) => format!("{error:#}"),
            Ok(Counted { cells, wrong }) => {
                let report = report(&Distribution::new(&question, cells, Vec::new()));
                format!("{wrong:?}\n{report}")
            }
        };
        expected.assert_eq(&found);
    }

    #[test]
    fn a_column_has_a_score() {
        check(
            Scale::Nps,
            None,
            "10\n9\n8\n\n3\n",
            &expect![[r#"
            []
            NPS: 25.0 (95 % interval: -44.2 to 72.7)
            answers: 4 (thin: fewer than 30)
            mean: 7.50
            promoter: 2
            passive: 1
            detractor: 1
        "#]],
        );
        check(
            Scale::Nps,
            None,
            "score\n10\n11\nx\n",
            &expect![[r#"
            [(3, "11"), (4, "x")]
            NPS: 100.0 (95 % interval: -48.5 to 100.0)
            answers: 1 (thin: fewer than 30)
            mean: 10.00
            promoter: 1
            passive: 0
            detractor: 0
        "#]],
        );
        check(
            Scale::Effort,
            Some("q:ces"),
            "id,excluded,q:ces\na,false,2\nb,,\nc,,5\nd,true,7\n",
            &expect![[r#"
            []
            CES (mean effort): 3.50 (95 % interval: 1.00 to 7.00)
            answers: 2 (thin: fewer than 30)
            low: 1
            medium: 0
            high: 1
        "#]],
        );
    }

    fn check_lists(rows: &str, expected: &Expect) {
        check(Scale::Problems, Some("q:wrong"), &format!("id,q:wrong\r\n{rows}"), expected);
    }

    #[test]
    fn what_went_wrong_may_be_listed() {
        check_lists(
            "a,;\r\nb,late;rude\r\nc,3\r\nd,\r\ne,late\r\n",
            &expect![[r#"
            []
            TGW (per 100 answers): 100.0 (95 % interval: 0.0 to 229.9)
            answers: 4 (thin: fewer than 30)
            mean: 1.00
            clean: 1
            complaint: 3
        "#]],
        );
        check_lists(
            "a,late\r\nb,rude\r\n",
            &expect![[r#"
            []
            TGW (per 100 answers): 100.0
            answers: 2 (thin: fewer than 30)
            mean: 1.00
            clean: 0
            complaint: 2
        "#]],
        );
    }

    #[test]
    fn the_other_cells_tell_lists_from_numbers() {
        check_lists(
            "a,2\r\nb,x\r\n",
            &expect![[r#"
            [(3, "x")]
            TGW (per 100 answers): 200.0
            answers: 1 (thin: fewer than 30)
            mean: 2.00
            clean: 0
            complaint: 1
        "#]],
        );
        check_lists(
            "a,300\r\n",
            &expect![[r#"
            [(2, "300")]
            TGW (per 100 answers): no answers
            answers: 0 (thin: fewer than 30)
            clean: 0
            complaint: 0
        "#]],
        );
        check_lists(
            "a,;\r\nb,late;late\r\nc,It was late;rude\r\n",
            &expect![[r#"
            [(3, "late;late"), (4, "It was late;rude")]
            TGW (per 100 answers): 0.0
            answers: 1 (thin: fewer than 30)
            mean: 0.00
            clean: 1
            complaint: 0
        "#]],
        );
        check_lists(
            "a,;\r\nb,3;1;2\r\nc,16\r\n",
            &expect![[r#"
            []
            TGW (per 100 answers): 133.3 (95 % interval: 0.0 to 512.8)
            answers: 3 (thin: fewer than 30)
            mean: 1.33
            clean: 1
            complaint: 2
        "#]],
        );
        check(
            Scale::Problems,
            None,
            "wrong\nlate;rude\n;\n",
            &expect![[r#"
            []
            TGW (per 100 answers): 100.0 (95 % interval: 0.0 to 1370.6)
            answers: 2 (thin: fewer than 30)
            mean: 1.00
            clean: 1
            complaint: 1
        "#]],
        );
    }

    #[test]
    fn a_column_without_answers_or_of_another_name_is_told() {
        check(
            Scale::Problems,
            None,
            "0\n0\n3\n",
            &expect![[r#"
            []
            TGW (per 100 answers): 100.0 (95 % interval: 0.0 to 530.3)
            answers: 3 (thin: fewer than 30)
            mean: 1.00
            clean: 2
            complaint: 1
        "#]],
        );
        check(
            Scale::Nps,
            None,
            "",
            &expect![[r#"
            []
            NPS: no answers
            answers: 0 (thin: fewer than 30)
            promoter: 0
            passive: 0
            detractor: 0
        "#]],
        );
        check(
            Scale::Nps,
            None,
            "score\nten\n",
            &expect![[r#"
            [(2, "ten")]
            NPS: no answers
            answers: 0 (thin: fewer than 30)
            promoter: 0
            passive: 0
            detractor: 0
        "#]],
        );
        check(
            Scale::Nps,
            Some("c"),
            "a,b\n1,2\n",
            &expect![[r#"there is no column "c"; there are a, b"#]],
        );
        check(
            Scale::Nps,
            None,
            "a,b\n1,2\n",
            &expect!["there are several columns: choose one with --column: a, b"],
        );
    }
}
