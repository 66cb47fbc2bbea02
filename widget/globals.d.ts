// For editors and `tsc`: what the widget's scripts find around them.

/** The rule table; the collector writes it in the place of this name. */
declare const NABZ_SITE: Table;

interface Table {
  site: string;
  /** Days of quiet between any two surveys. */
  budget_days?: number;
  /** Most urgent first. */
  surveys: Rule[];
  /** The file name of the host part, which holds the glue. */
  script: string;
  /** The file name of the card. */
  wasm: string;
}

/** What the loader lends to the host part. */
interface Loader {
  table: Table;
  /** The collector's address, with a slash at its end. */
  base: string;
  memory: Memory;
  page: typeof page;
}

/** A survey in the page. */
interface Showing {
  isOpen: () => boolean;
  close: () => void;
}

/** Starts the WebAssembly; part of the glue. */
declare function __wbg_init(source: { module_or_path: Promise<Response> }): Promise<unknown>;
/** Calls back after a trap; part of the glue. */
declare function on_trap(hook: () => void): void;
/** Draws the card; exported by the WebAssembly. */
declare function open_card(definition: unknown, options: object): void;
/** Closes the card as its visitor would; exported by the WebAssembly. */
declare function close_card(): void;

interface Window {
  /** Before the loader came: calls to make then. */
  nabz: any;
}
