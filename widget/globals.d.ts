// For editors and `tsc`: what the widget's scripts find around them.

/** The rule table; the collector writes it in the place of this name. */
declare const NABZ_SITE: Table;

/** The code of all conditions and facts; the build writes it in the place of this name. */
declare const NABZ_CODE: {
  condition: Record<string, Condition<any>>;
  fact: Record<string, Fact>;
};

interface Table {
  site: string;
  /** `none` when nothing may be kept in the browser. */
  storage?: string;
  /** Whether a visitor's Global Privacy Control is honoured. */
  respect_gpc?: boolean;
  /** Whether every showing needs a token of its own. */
  proof?: boolean;
  /** Most urgent first. */
  surveys: Rule[];
  /** The conditions that these surveys have, by name, in the order in which they are asked. */
  conditions: Record<string, Condition<any>>;
  /** What these conditions look at, by name, as far as it takes code of its own. */
  facts: Record<string, Fact>;
  /** The triggers that these surveys wait for, by name. */
  triggers: Record<string, Trigger<any>>;
  /** The file name of the host part, which holds the glue. */
  script: string;
  /** The file name of the card. */
  wasm: string;
  /** The file name of the part that sends and erases. */
  send: string;
  /** The file name of the part that says why a survey is not shown. */
  why: string;
}

/** Whether a condition, whose value stands in the rule, holds. */
type Condition<Value> = (value: Value, visit: Visit) => boolean;

/** Something about the visitor or the page. */
type Fact = (loader: Loader, survey: string) => unknown;

/** Calls back whenever something happens in the page; returns what ends that. */
type Trigger<Value> = (value: Value, fire: () => void) => () => void;

/** What attributes or properties have to be, by name: `survey::audience::Tests`. */
type Tests = Record<
  string,
  { one_of?: any[]; not?: any[]; at_least?: number; at_most?: number; exists?: boolean }
>;

/** What the loader lends to the host part. */
interface Loader {
  table: Table;
  /** The collector's address, with a slash at its end. */
  base: string;
  memory: Memory;
  page: typeof page;
  /** Events that were tracked on the present page. */
  events: string[];
  /** What this page has to say: another tab may overwrite what is stored. */
  own: Unsent;
  /** Has the part for sending do something; nothing comes of it when that cannot be loaded. */
  send: (what: "flush" | "forget" | "due" | "prove", about?: Rule | Begun) => Promise<any>;
  /** Set by the part for sending. */
  outbox?: Outbox;
}

/** A response of which nothing has happened yet. */
interface Begun {
  id: string;
  /** That the collector gave for it. */
  token?: string | null;
}

/** A survey in the page. */
interface Showing {
  /** Until the card has taken the place of its sketch. */
  drawn?: Promise<void>;
  isOpen: () => boolean;
  close: () => unknown;
}

/** The style sheet; part of the glue. */
declare const CARD_STYLE: string;
/** The languages that have a file of words; part of the glue. */
declare const LOCALES: string[];
/** The hash in the names of these files; part of the glue. */
declare const LOCALES_HASH: string;
/** What the WebAssembly needs; part of the glue. */
declare function __wbg_get_imports(): WebAssembly.Imports;
/** Takes the WebAssembly into use; part of the glue. */
declare function __wbg_finalize_init(
  instance: WebAssembly.Instance,
  module: WebAssembly.Module,
): void;
/** Calls back after a trap; part of the glue. */
declare function on_trap(hook: () => void): void;
/** Draws the card; exported by the WebAssembly. */
declare function open_card(root: Element, asked: string): void;
/** Does an action of the visitor; exported by the WebAssembly. */
declare function act(name: string, place: number, draft: string): void;

interface Navigator {
  /** Global Privacy Control: the visitor does not want to be followed. */
  globalPrivacyControl?: boolean;
}

interface Window {
  /** Before the loader came: calls to make then. */
  nabz: any;
}
