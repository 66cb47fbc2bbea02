//! What the card tells the page's part. The functions stand in `widget/host`, in whose module the
//! glue of WebAssembly lives.

use survey::State as Progress;
use wasm_bindgen::prelude::*;

use crate::state::Given;

#[wasm_bindgen]
extern "C" {
    /// The response has come so far: its state, and for each of two questions the chosen cells,
    /// one bit for each, and the text.
    fn on_answer(state: &str, chosen: u32, text: &str, next_chosen: u32, next_text: &str);

    /// There is nothing to show any more.
    pub(crate) fn on_close();
}

/// Tells how far the response has come, and all answers so far.
pub(crate) fn post(progress: Progress, [given, next]: &[Given; 2]) {
    on_answer(progress.name(), given.chosen, &given.text, next.chosen, &next.text);
}
