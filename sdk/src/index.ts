/** What a page can call. Nothing here throws into the page or makes it wait for the network. */

import { readContext } from "./context";
import { Delivery } from "./delivery";
import { cleanProperties, clip, MAX_CHARACTERS, type Properties, type UsageEvent } from "./event";
import { linkRequests } from "./links";
import { referrerOfView, watchPages } from "./pages";
import { Queue } from "./queue";
import { currentSession, sessionAt } from "./session";
import type { Traces } from "./trace";
import { Transport } from "./transport";
import { uuidv7 } from "./uuid";

export type { Properties };

export interface Options {
  /** Public write key, `pk_…`. */
  key: string;
  /** Address of the collector, such as `https://telemetry.example`, with a path if it has one. */
  endpoint: string;
  /** Version of the application, to compare one release with another. */
  release?: string | undefined;
  /** Whether page views are recorded by themselves; true unless set. */
  pageViews?: boolean | undefined;
  /** Whether requests carry `traceparent` and events the `trace_id` that it names; true unless set. */
  traces?: boolean | undefined;
  /** Origins whose requests carry it, besides the page's own; their CORS rules must allow the header. */
  tracedOrigins?: readonly string[] | undefined;
  /** The share of sessions whose traces are to be kept, from 0 to 1; 1 unless set. */
  traceSampleRate?: number | undefined;
}

const queue = new Queue();
let delivery: Delivery | undefined;
let traces: Traces | undefined;
let user: string | undefined;

/**
 * Start delivery, once a page load. Events tracked earlier are sent too; a second call changes nothing.
 *
 * Without `key` or `endpoint` nothing is sent, and the console says why.
 */
export function init(options: Options): void {
  try {
    if (delivery) return;
    const { key, endpoint, release, pageViews = true } = options;
    if (!key || !endpoint) throw new TypeError("init needs a key and an endpoint");
    const transport = new Transport(`${endpoint.replace(/\/$/, "")}/v1/events`);
    const started = new Delivery(queue, transport, clip(key, MAX_CHARACTERS.name), readContext(release));
    delivery = started;
    traces = linkRequests(options, warn);
    // Never `unload`: it is unreliable on phones and keeps the page out of the back/forward cache.
    addEventListener("pagehide", () => started.leave());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") started.leave();
    });
    if (pageViews) watchPages(page);
    started.wake();
  } catch (error) {
    warn(error);
  }
}

/** Record an action: a dotted name such as `invoice.sent`, and up to 50 properties. */
export function track(name: string, properties?: Properties): void {
  capture("action", name, properties);
}

/** Record a view of the current page, for pages that turn `pageViews` off. */
export function page(): void {
  capture("view", "page.viewed");
}

/** Say who uses the page from now on, by the id that the application knows; null: nobody any more. */
export function identify(id: string | number | null): void {
  const named = (typeof id === "string" && id) || Number.isFinite(id);
  user = named ? clip(String(id), MAX_CHARACTERS.name) : undefined;
}

/** Give the id of the session that events belong to now, for whoever wants it in a back end's `session.id`. */
export function session(): string {
  return currentSession();
}

/** Send what waits without delay. Resolves when it was tried once; never rejects. */
export function flush(): Promise<void> {
  return delivery?.flush() ?? Promise.resolve();
}

function capture(kind: UsageEvent["kind"], name: unknown, properties?: unknown): void {
  try {
    if (typeof name !== "string" || !name) throw new TypeError("an event needs a name");
    const at = Date.now();
    const session = sessionAt(at);
    queue.add({
      id: uuidv7(at),
      kind,
      name: clip(name, MAX_CHARACTERS.name),
      at,
      page: clip(location.pathname, MAX_CHARACTERS.page),
      referrer: kind === "view" ? clip(referrerOfView(), MAX_CHARACTERS.page) : undefined,
      session,
      user,
      trace_id: traces?.idOf(kind, session),
      properties: cleanProperties(properties),
    });
    delivery?.wake();
  } catch (error) {
    queue.lose("invalid");
    warn(error);
  }
}

function warn(error: unknown): void {
  console.warn("sillage:", error);
}
