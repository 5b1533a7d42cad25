/** What a page can call. Nothing here throws into the page or makes it wait for the network. */

import { capture, captureError, state, warn } from "./capture";
import { objects, setConsent } from "./consent";
import * as delivery from "./delivery";
import { clip, MAX_CHARACTERS, type Properties } from "./event";
import * as queue from "./queue";
import { currentSession } from "./session";
import * as shelf from "./shelf";
import { type Options, start } from "./start";

export type { Options, Properties };

/**
 * Start delivery, once a page load. Events tracked earlier are sent too; a second call changes nothing.
 *
 * Without `key` or `endpoint` nothing is sent, and the console says why.
 */
export function init(options: Options): void {
  try {
    start(options);
  } catch (error) {
    warn(error);
  }
}

/**
 * Record an action: a dotted name such as `invoice.sent`, and up to 50 properties.
 *
 * Gives the event's id; an empty text when it was not captured.
 */
export function track(name: string, properties?: Properties): string {
  return capture("action", name, properties);
}

/** Record a view: of the current page, or of a path such as `/invoices/:id` that stands for many. */
export function page(path?: string): string {
  return capture("view", "page.viewed", undefined, path);
}

/** Record an error that the page has caught; each different one once a page load. */
export function error(thrown: unknown, properties?: Properties): string {
  return captureError(thrown, properties);
}

/** Record a measurement, such as one of the Web Vitals. */
export function vital(name: string, properties?: Properties): string {
  return capture("vital", name, properties);
}

/** Say who uses the page from now on, by the id that the application knows; null: nobody any more. */
export function identify(id: string | number | null): void {
  const named = (typeof id === "string" && id) || Number.isFinite(id);
  state.user = named ? clip(String(id), MAX_CHARACTERS.name) : undefined;
}

/** Give the id of the session that events belong to now, for whoever wants it in a back end's `session.id`. */
export function session(): string {
  return objects() ? "" : currentSession();
}

/** Send what waits without delay. Resolves when it was tried once and the rest is kept; never rejects. */
export async function flush(): Promise<void> {
  if (state.isStarted) await delivery.flush();
}

/** The person objects: capture nothing any more, in no tab, and forget what waits. Kept until `optIn`. */
export function optOut(): void {
  setConsent("out");
  queue.clear();
  shelf.clear();
}

/** The person agrees (again). Kept until `optOut`. */
export function optIn(): void {
  setConsent("in");
}
