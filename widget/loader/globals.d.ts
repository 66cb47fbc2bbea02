// For editors and `tsc --allowJs --checkJs`: what the loader finds in the page.

/** The rule table; the collector writes it in the place of this name. */
declare const NABZ_SITE: {
  site: string;
  /** Days of quiet between any two surveys. */
  budget_days?: number;
  /** Most urgent first. */
  surveys: Rule[];
  /** The file name of the card's glue. */
  script: string;
  /** The file name of the card. */
  wasm: string;
};

interface Window {
  /** Before the loader came: calls to make then. */
  nabz: any;
}
