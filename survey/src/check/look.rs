//! Checks how surveys look and where they stand, and gives advice on what is hard to see.

use super::meaning::Meaning;
use super::{Lines, Problem, parse};
use crate::colour::Colour;
use crate::definition::{ANY_GROUP, Survey};
use crate::look::{Farewell, Placement, Thanks};
use crate::scale::Group;
use crate::site::Site;
use crate::theme::{Contrast, Theme};

impl Meaning<'_> {
    /// The place of a survey in the page, its last words and its colours.
    pub(super) fn look(&mut self, field: &str, survey: &Survey) {
        let placement = survey.placement;
        let positions = placement.positions();
        if let Some(position) = survey.position.filter(|position| !positions.contains(position)) {
            let name = placement.name();
            let message = format!("the placement {name} does not stand at {}", position.name());
            let names: Vec<_> = positions.iter().map(|position| position.name()).collect();
            let remedy = match names[..] {
                [] => "Remove the field.".to_owned(),
                _ => format!("Use one of {}.", names.join(", ")),
            };
            self.report(&format!("{field}.position"), message, remedy);
        }
        match (&survey.target, placement) {
            (None, Placement::Inline) => {
                let message = "an inline survey needs an element to stand in".to_owned();
                self.report(field, message, "Add \"target\": \"#feedback\", a CSS selector.");
            }
            (Some(_), Placement::Inline) | (None, _) => {}
            (Some(_), _) => {
                let message = "only an inline survey stands in an element of the page".to_owned();
                let remedy = "Remove the field, or add \"placement\": \"inline\".";
                self.report(&format!("{field}.target"), message, remedy);
            }
        }
        if survey.label.is_some() && placement != Placement::Tab {
            let message = "only a tab has a label".to_owned();
            let remedy = "Remove the field, or add \"placement\": \"tab\".";
            self.report(&format!("{field}.label"), message, remedy);
        }
        self.locales(&format!("{field}.label"), survey.label.as_ref());
        self.thanks(&format!("{field}.thanks"), survey);
        self.theme(&format!("{field}.theme"), survey.theme.as_ref());
    }

    fn thanks(&mut self, field: &str, survey: &Survey) {
        let groups = match &survey.thanks {
            Some(Thanks::ByGroup(groups)) => groups,
            Some(Thanks::Text(text)) => return self.locales(field, Some(text)),
            None => return,
        };
        let scale = survey.questions[0].scale;
        let known: Vec<&str> = scale.groups().map(Group::name).chain([ANY_GROUP]).collect();
        for (group, Farewell { text, link }) in groups {
            let field = format!("{field}.{group}");
            self.known_group(&field, group, scale, &known);
            self.locales(&format!("{field}.text"), Some(text));
            self.locales(&format!("{field}.link.label"), link.as_ref().map(|link| &link.label));
            if let Some(link) = link.as_ref().filter(|link| !link.is_safe()) {
                let message = format!("{:?} is no address to send visitors to", link.url);
                let remedy = "Start it with https://, or with a slash for a page of your own.";
                self.report(&format!("{field}.link.url"), message, remedy);
            }
        }
    }

    /// The tokens of a theme, each by itself.
    pub(super) fn theme(&mut self, field: &str, theme: Option<&Theme>) {
        let Some(theme) = theme else { return };
        for (token, colour) in theme.colours().filter(|(_, it)| Colour::parse(it).is_none()) {
            let message = format!("{colour:?} is not a colour");
            self.report(&format!("{field}.{token}"), message, "Write it as #rrggbb.");
        }
        let is_odd = |c: char| c.is_control() || ";{}()<>@\\".contains(c);
        if theme.font.as_ref().is_some_and(|font| font.contains(is_odd)) {
            let message = "these are no names of fonts".to_owned();
            let remedy = "List them as CSS does, such as Inter, system-ui, sans-serif.";
            self.report(&format!("{field}.font"), message, remedy);
        }
    }
}

/// What in a good file could be better: colours that are hard to tell apart.
pub fn advice(text: &str, site: &Site) -> Vec<Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Ok(tree) = parse(text) else { return Vec::new() };
    let lines = Lines { text, tree: &tree };
    let with_theme = |(at, survey): (usize, &Survey)| {
        survey.theme.as_ref()?;
        Some((format!("surveys[{at}].theme"), site.theme_of(survey)?))
    };
    let of_site = site.theme.clone().map(|theme| ("theme".to_owned(), theme));
    let of_surveys = site.surveys.iter().enumerate().filter_map(with_theme);
    let mut found = Vec::new();
    for (field, theme) in of_site.into_iter().chain(of_surveys) {
        let near = theme.contrasts().into_iter().filter(|contrast| !contrast.is_enough());
        found.extend(near.map(|contrast| near_colours(&lines, &field, &contrast)));
    }
    found
}

fn near_colours(lines: &Lines, field: &str, contrast: &Contrast) -> Problem {
    let Contrast { is_dark, pair, ratio, wanted, token, better } = contrast;
    let (dark, scheme) = if *is_dark { ("dark.", "dark") } else { ("", "light") };
    // Rounded down: 4.499 is not enough, and is not shown as 4.5.
    let ratio = (ratio * 100.0).floor() / 100.0;
    let message = format!(
        "in {scheme} colours {pair} has a contrast of {ratio:.2}, and WCAG 2.2 AA wants {wanted}"
    );
    let remedy = match better {
        Some(better) => {
            format!("Use {better} for {dark}{token}, or what is as far from the background.")
        }
        None => format!("Choose a lighter or darker {dark}background."),
    };
    lines.problem(&format!("{field}.{dark}{token}"), message, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    /// A file with one survey whose further fields are given: its problems, else the advice.
    fn check(fields: &str, expected: &Expect) {
        let text = format!(
            "{{ \"site\": \"acme\", \"origins\": [\"*\"], \"surveys\": [{{ \"id\": \"a\",\n\
             \"questions\": [{{ \"scale\": \"nps\", \"prompt\": \"?\" }}], {fields} }}] }}"
        );
        let found = match super::super::check(&text, |_| true) {
            Ok(site) => advice(&text, &site),
            Err(problems) => problems,
        };
        expected.assert_eq(&found.iter().map(|it| format!("{it}\n")).collect::<String>());
    }

    #[test]
    fn a_placement_has_its_own_positions() {
        check(r#""placement": "bar", "position": "top""#, &expect![[""]]);
        check(r#""placement": "tab", "position": "start", "label": "Tell us""#, &expect![[""]]);
        check(r##""placement": "inline", "target": "#feedback""##, &expect![[""]]);
        check(
            r#""placement": "tab", "position": "top-end""#,
            &expect![[r#"
            line 2: surveys[0].position: the placement tab does not stand at top-end. Use one of end, start.
        "#]],
        );
        check(
            r#""placement": "modal", "position": "top", "label": "x", "target": "x""#,
            &expect![[r#"
            line 2: surveys[0].position: the placement modal does not stand at top. Remove the field.
            line 2: surveys[0].target: only an inline survey stands in an element of the page. Remove the field, or add "placement": "inline".
            line 2: surveys[0].label: only a tab has a label. Remove the field, or add "placement": "tab".
        "#]],
        );
        check(
            r#""placement": "inline""#,
            &expect![[r##"
            line 1: surveys[0]: an inline survey needs an element to stand in. Add "target": "#feedback", a CSS selector.
        "##]],
        );
        check(
            r#""placement": "poppover""#,
            &expect![[r#"
            line 2: surveys[0].placement: "poppover" is not known. Did you mean "popover"? Use one of popover, bar, modal, inline, tab.
        "#]],
        );
    }

    #[test]
    fn thanks_know_the_groups_and_where_links_lead() {
        check(
            r#""thanks": { "promoter": { "text": "Great!", "link": { "label": "Review us", "url": "https://example.com" } } }"#,
            &expect![[""]],
        );
        check(
            r#""thanks": { "promotor": { "text": " ", "link": { "label": "x", "url": "javascript:x" } }, "any": { "text": 1, "url": "x" } }"#,
            &expect![[r#"
                line 2: surveys[0].thanks.any.text: a number does not fit here. Write a text or an object.
                line 2: surveys[0].thanks.any.url: there is no such field. Remove it; known here are text, link.
            "#]],
        );
        check(
            r#""thanks": { "promotor": { "text": " ", "link": { "label": "x", "url": "javascript:x" } } }"#,
            &expect![[r#"
                line 2: surveys[0].thanks.promotor: the scale nps has no group "promotor". Did you mean "promoter"? Use promoter, passive, detractor, any.
                line 2: surveys[0].thanks.promotor.text: there are no words in it. Write something.
                line 2: surveys[0].thanks.promotor.link.url: "javascript:x" is no address to send visitors to. Start it with https://, or with a slash for a page of your own.
            "#]],
        );
        check(
            r#""thanks": { "en": "Thanks", "any": { "text": "Thanks" } }"#,
            &expect![[r#"
                line 2: surveys[0].thanks.en: the scale nps has no group "en". Use promoter, passive, detractor, any.
            "#]],
        );
    }

    #[test]
    fn colours_are_read_and_compared() {
        check(
            r##""theme": { "accent": "blue", "font": "a; b", "radius_px": 99, "dark": { "txt": "#fff" } }"##,
            &expect![[r#"
                line 2: surveys[0].theme.radius_px: 99 is out of range. Use 0 to 32.
                line 2: surveys[0].theme.dark.txt: there is no such field. Did you mean "text"?
            "#]],
        );
        check(
            r##""theme": { "accent": "blue", "font": "a; b", "dark": { "text": "#ff" } }"##,
            &expect![[r##"
                line 2: surveys[0].theme.accent: "blue" is not a colour. Write it as #rrggbb.
                line 2: surveys[0].theme.dark.text: "#ff" is not a colour. Write it as #rrggbb.
                line 2: surveys[0].theme.font: these are no names of fonts. List them as CSS does, such as Inter, system-ui, sans-serif.
            "##]],
        );
        check(
            r##""theme": { "accent": "#ffd400", "dark": { "background": "#888888" } }"##,
            &expect![[r#"
                line 2: surveys[0].theme.accent: in light colours the accent on the background has a contrast of 1.43, and WCAG 2.2 AA wants 3. Use #a68a00 for accent, or what is as far from the background.
                line 2: surveys[0].theme.dark.text: in dark colours text on the background has a contrast of 3.05, and WCAG 2.2 AA wants 4.5. Choose a lighter or darker dark.background.
                line 2: surveys[0].theme.dark.text: in dark colours quiet text on the background has a contrast of 2.32, and WCAG 2.2 AA wants 4.5. Choose a lighter or darker dark.background.
                line 2: surveys[0].theme.dark.text: in dark colours text on a button under the pointer has a contrast of 2.82, and WCAG 2.2 AA wants 4.5. Choose a lighter or darker dark.background.
                line 2: surveys[0].theme.dark.text: in dark colours the border of a field on the background has a contrast of 1.94, and WCAG 2.2 AA wants 3. Choose a lighter or darker dark.background.
                line 2: surveys[0].theme.dark.accent: in dark colours the accent on the background has a contrast of 2.85, and WCAG 2.2 AA wants 3. Use #ffed96 for dark.accent, or what is as far from the background.
            "#]],
        );
    }
}
