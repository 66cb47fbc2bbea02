//! Minifying JavaScript with oxc.

use anyhow::{Context as _, Result, bail};
use oxc_allocator::Allocator;
use oxc_codegen::{Codegen, CodegenOptions, CommentOptions};
use oxc_minifier::{CompressOptions, Minifier, MinifierOptions};
use oxc_parser::Parser;
use oxc_span::SourceType;

use crate::baseline;

/// Minifies an ES module.
pub(crate) fn module(source: &str) -> Result<String> {
    minify(source, SourceType::mjs())
}

/// Minifies a classic script. Its top-level names are the page's, and are kept.
pub(crate) fn script(source: &str) -> Result<String> {
    minify(source, SourceType::script())
}

/// Minifies what a module exports by default to one expression.
pub(crate) fn expression(source: &str) -> Result<String> {
    let minified = module(source)?;
    let inner = minified.trim_end_matches(';').strip_prefix("export default");
    inner.map(|inner| inner.trim_start().to_owned()).with_context(|| {
        format!("a module should do nothing but export one expression, and not: {minified}")
    })
}

fn minify(source: &str, source_type: SourceType) -> Result<String> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source, source_type).parse();
    if let Some(problem) = parsed.diagnostics.first() {
        bail!(
            "JavaScript cannot be parsed: {:?}",
            problem.clone().with_source_code(source.to_owned())
        );
    }
    let mut program = parsed.program;
    let compress = CompressOptions { target: baseline::targets()?, ..CompressOptions::default() };
    let options = MinifierOptions { compress: Some(compress), ..MinifierOptions::default() };
    let minified = Minifier::new(options).minify(&allocator, &mut program);
    let options = CodegenOptions {
        minify: true,
        comments: CommentOptions::disabled(),
        ..CodegenOptions::default()
    };
    let printed = Codegen::new()
        .with_options(options)
        .with_scoping(minified.scoping)
        .with_private_member_mappings(minified.class_private_mappings)
        .build(&program);
    Ok(printed.code.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unused_code_of_a_module_is_dropped_and_names_are_shortened() {
        let source = "function unused() {} export function used(value) { return value + 1; }";
        let minified = module(source).unwrap();
        assert!(!minified.contains("unused"), "{minified}");
        assert!(!minified.contains("value"), "{minified}");
    }

    #[test]
    fn one_expression_is_left_of_what_exports_one() {
        let source = "export default (value, { path }) => value === path;";
        assert_eq!(expression(source).unwrap(), "(e,{path:t})=>e===t");
        assert!(expression("let a = 1; export default () => a++;").is_err());
    }

    #[test]
    fn broken_code_is_refused_with_its_place() {
        let error = script("let a = ;").unwrap_err().to_string();
        assert!(error.contains("Unexpected token"), "{error}");
    }
}
