/** What an event is on the wire, and how the page's values are brought within the wire's limits. */

/** Values that an event may carry; anything else that a page passes is left out. */
export type Properties = Record<string, string | number | boolean>;

/** One event as `POST /v1/events` takes it. */
export interface UsageEvent {
  id: string;
  kind: "view" | "action" | "error" | "vital";
  name: string;
  /** The browser's clock at capture, Unix milliseconds. */
  at: number;
  /** Path, without query, and without a fragment that is no route: they may hold personal data. */
  page: string;
  referrer?: string | undefined;
  /** Absent where the person objects to be recognised. */
  session?: string | undefined;
  user?: string | undefined;
  /** The trace that its requests carry, 32 hexadecimal digits. */
  trace_id?: string | undefined;
  properties?: Properties | undefined;
}

/** Most characters (code points) of each text; the collector refuses longer ones. */
export const MAX_CHARACTERS = { name: 200, page: 2_048, value: 1_024 };
const MAX_PROPERTIES = 50;

/**
 * Cut a text to `limit` code points and replace lone surrogates.
 *
 * A lone surrogate has no UTF-8 form: one of them would make the collector refuse the whole batch.
 */
export function clip(text: string, limit: number): string {
  if (text.length <= limit && !/[\uD800-\uDFFF]/.test(text)) return text; // as nearly all are
  // 2 x limit code units hold at least `limit` code points, and spare the work on a huge text.
  const characters = Array.from(text.slice(0, 2 * limit)).slice(0, limit);
  return characters.join("").replace(/\p{Surrogate}/gu, "\uFFFD");
}

/** Give an address without its query and fragment, but with a fragment that is a route (`#/…`, `#!/…`). */
export function withoutQuery(address: string): string {
  const [, base = "", route = ""] = /^([^?#]*)[^#]*(#!?\/[^?#]*)?/.exec(address) ?? [];
  return base + route;
}

/** Keep the first 50 properties that are strings, finite numbers or booleans; undefined when none is. */
export function cleanProperties(given: unknown): Properties | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  const kept = Object.entries(given).flatMap(([key, value]): [string, string | number | boolean][] => {
    const name = clip(key, MAX_CHARACTERS.name);
    if (typeof value === "string") return [[name, clip(value, MAX_CHARACTERS.value)]];
    return typeof value === "boolean" || Number.isFinite(value) ? [[name, value]] : [];
  });
  return kept.length ? Object.fromEntries(kept.slice(0, MAX_PROPERTIES)) : undefined;
}
