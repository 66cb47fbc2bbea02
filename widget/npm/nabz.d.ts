/** How far a visitor has come with a survey. */
export type State = "shown" | "answered" | "completed" | "dismissed";

/** What a visitor gave to one question. */
export interface Answer {
  question: string;
  /** A point of the scale, a text, or the ids of options. */
  value: number | string | string[];
  comment?: string;
}

/** What a page hears of a survey; all answers so far are in it. */
export interface Showing {
  /** A UUID v7, the same for one showing. */
  id: string;
  survey: string;
  state: State;
  answers: Answer[];
}

/** The value of an attribute, or of a property of an event. */
export type Value = string | number | boolean;

/** What a page can say of itself and its visitor; the block in the page takes the same. */
export interface Settings {
  user?: string | null;
  /** HMAC-SHA-256 of the user, made with the site's secret by a server of the host. */
  user_signature?: string | null;
  attributes?: Record<string, Value> | null;
  locale?: string;
  theme?: object;
  /** `none`: nothing is kept in the browser. */
  storage?: "local" | "none";
  /** Answers are marked as tests. */
  test?: boolean;
}

/** What stands in `window.nabz` once the loader has come. */
export interface Nabz {
  /** Shows a survey, whatever its rules say; tells whether it is shown. */
  open(survey: string): Promise<boolean>;
  /** Closes the survey that is shown, as its visitor would. */
  close(): void;
  /** Reports that something happened that a survey may wait for. */
  track(event: string, properties?: Record<string, Value>): void;
  /** Names the visitor; whatever was said of another one before is forgotten. */
  identify(user: string | null, attributes?: Record<string, Value>, signature?: string): void;
  /** Says something of the page or its visitor, in the place of what was said before. */
  set(settings: Settings): void;
  /**
   * Erases all traces in this browser, and the responses given here at the collector; with a
   * signature all of the user's. Tells whether the collector has done it; if it could not be
   * reached, it is asked again at the next visit.
   */
  forget(): Promise<boolean>;
  /** Opens a panel that tells of every survey why it is not shown. */
  why(): Promise<unknown>;
  /** Listens; returns what ends that. What the listener throws reaches nobody. */
  on(state: State, listener: (showing: Showing) => unknown): () => void;
  /** Makes a call: a list of a name and its values, or a function that takes all of this. */
  push(call: [keyof Nabz, ...unknown[]] | ((nabz: Nabz) => unknown)): void;
}

/** Loads the surveys of a site, once. @param url such as `https://feedback.acme.com/acme/nabz.js` */
export function load(url: string): void;
export const open: Nabz["open"];
export const close: Nabz["close"];
export const track: Nabz["track"];
export const identify: Nabz["identify"];
export const set: Nabz["set"];
export const forget: Nabz["forget"];
export const on: Nabz["on"];

declare global {
  interface Window {
    /** Before the loader has come, a list of calls. */
    nabz?: Nabz | unknown[];
  }
  interface DocumentEventMap {
    "nabz:shown": CustomEvent<Showing>;
    "nabz:answered": CustomEvent<Showing>;
    "nabz:completed": CustomEvent<Showing>;
    "nabz:dismissed": CustomEvent<Showing>;
  }
}
