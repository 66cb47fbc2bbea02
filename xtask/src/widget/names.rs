//! The names by which a script speaks of what it has not made itself.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use oxc_allocator::Allocator;
use oxc_ast::ast::{
    AssignmentExpression, AssignmentTarget, AssignmentTargetPropertyIdentifier, BindingProperty,
    IdentifierReference, ObjectProperty, StaticMemberExpression,
};
use oxc_ast_visit::Visit;
use oxc_ast_visit::walk::{
    walk_assignment_expression, walk_assignment_target_property_identifier, walk_binding_property,
    walk_object_property, walk_static_member_expression,
};
use oxc_parser::Parser;
use oxc_span::SourceType;

/// Names shorter than this are the minifier's.
const SHORTEST: usize = 3;

/// The names in scripts that belong together.
#[derive(Default)]
pub(crate) struct Names {
    used: BTreeSet<String>,
    own: BTreeSet<String>,
}

impl Names {
    /// Reads one more script.
    pub(crate) fn read(&mut self, script: &str) -> Result<()> {
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, script, SourceType::mjs()).parse();
        if let Some(problem) = parsed.diagnostics.first() {
            bail!("a built script cannot be parsed: {problem}");
        }
        self.visit_program(&parsed.program);
        Ok(())
    }

    /// All names of variables and members that are read, but for those that the scripts give to
    /// members themselves.
    pub(crate) fn foreign(&self) -> impl Iterator<Item = &str> {
        self.used.difference(&self.own).map(String::as_str).filter(|name| name.len() >= SHORTEST)
    }
}

impl<'a> Visit<'a> for Names {
    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        self.used.insert(it.property.name.to_string());
        walk_static_member_expression(self, it);
    }

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        self.used.insert(it.name.to_string());
    }

    fn visit_binding_property(&mut self, it: &BindingProperty<'a>) {
        self.used.extend(it.key.static_name().map(String::from));
        walk_binding_property(self, it);
    }

    fn visit_assignment_target_property_identifier(
        &mut self,
        it: &AssignmentTargetPropertyIdentifier<'a>,
    ) {
        self.used.insert(it.binding.name.to_string());
        walk_assignment_target_property_identifier(self, it);
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        if let AssignmentTarget::StaticMemberExpression(member) = &it.left {
            self.own.insert(member.property.name.to_string());
        }
        walk_assignment_expression(self, it);
    }

    fn visit_object_property(&mut self, it: &ObjectProperty<'a>) {
        self.own.extend(it.key.static_name().map(String::from));
        walk_object_property(self, it);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_others() {
        let script = "const { innerWidth: w, path } = window, own = { path, late: 1 };
            navigator.sendBeacon?.(own.late, e); ({ screenX } = event); own.later = own.later";
        let mut names = Names::default();
        names.read(script).unwrap();
        let expected =
            ["event", "innerWidth", "navigator", "own", "screenX", "sendBeacon", "window"];
        assert_eq!(names.foreign().collect::<Vec<_>>(), expected);
    }
}
