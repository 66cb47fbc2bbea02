//! Keeps traps of the widget away from the host page.
//!
//! A panic in the widget is a trap, and a trap is an exception in whatever called into the
//! module: mostly a listener of an event, where it would reach `window.onerror` of the host page.
//! So the functions that the module exports are wrapped where the glue takes them:
//!
//! - the first exception marks the widget dead; after it nothing of it can be trusted;
//! - the function given to `on_trap` is called once with that exception;
//!   if it came before, at once; what this function itself throws or rejects is dropped;
//! - from then on every call quietly returns `undefined`; where the glue expects several results
//!   it finds each of them undefined, instead of throwing an error of its own.
//!
//! The memory and the tables are not functions and pass through as they are.

use anyhow::{Result, ensure};

/// Where the glue takes the exports of the module.
const TAKEN: &str = "wasm = instance.exports;";
const TAKEN_GUARDED: &str = "wasm = __nabz_guard(instance.exports);";

/// The host part starts the module in its own way; without these exports the code for the others
/// is dropped by the minifier.
const EXPORTS: &str = "export { initSync, __wbg_init as default };";

/// How the glue reads one of several results of a call.
const RESULT: &str = "ret[";
const RESULT_GUARDED: &str = "ret?.[";

const GUARD: &str = r"
let __nabz_trap, __nabz_hook;
// Async, so that nothing the hook throws or rejects gets any further.
async function __nabz_report() {
    try { await __nabz_hook(__nabz_trap.error); } catch {}
}
function on_trap(hook) {
    __nabz_hook = hook;
    if (__nabz_trap) __nabz_report();
}
function __nabz_guarded(call, ...values) {
    if (!__nabz_trap) try {
        return call(...values);
    } catch (error) {
        // A call into the module may be made inside of another one, and both may fail.
        if (!__nabz_trap) {
            __nabz_trap = { error };
            if (__nabz_hook) __nabz_report();
        }
    }
}
function __nabz_guard(exports) {
    const guarded = {};
    for (const name in exports) {
        const value = exports[name];
        guarded[name] = typeof value === 'function' ? __nabz_guarded.bind(null, value) : value;
    }
    return guarded;
}
";

/// The glue with guarded exports.
pub(crate) fn guard(glue: &str) -> Result<String> {
    let glue = replace_once(glue, TAKEN, TAKEN_GUARDED)?;
    let glue = replace_once(&glue, EXPORTS, "")?;
    Ok(glue.replace(RESULT, RESULT_GUARDED) + GUARD)
}

/// Replaces the only occurrence; none or several mean that wasm-bindgen writes other glue now.
fn replace_once(text: &str, from: &str, to: &str) -> Result<String> {
    let count = text.matches(from).count();
    ensure!(count == 1, "the glue should hold `{from}` once, but holds it {count} times");
    Ok(text.replacen(from, to, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_are_guarded_where_they_are_taken() {
        let glue = guard(&format!("let wasm;\n{TAKEN}\n{EXPORTS}")).unwrap();
        assert!(glue.starts_with(&format!("let wasm;\n{TAKEN_GUARDED}\n")));
        assert!(glue.contains("function on_trap(hook)"));
    }

    #[test]
    fn results_of_a_dead_widget_are_undefined() {
        let glue = guard(&format!("if (ret[1]) throw take(ret[0]);\n{TAKEN}\n{EXPORTS}")).unwrap();
        assert!(glue.starts_with("if (ret?.[1]) throw take(ret?.[0]);\n"));
    }

    #[test]
    fn unknown_glue_is_refused() {
        assert!(guard(EXPORTS).is_err());
        assert!(guard(&format!("{TAKEN}{TAKEN}{EXPORTS}")).is_err());
    }
}
