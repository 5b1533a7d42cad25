/**
 * Decides which trace an event or a request belongs to: the one that the user's last deed opened.
 *
 * One trace at most is open. A click closes it; then the first event or request opens the next, and what
 * follows within five seconds joins it, in whichever order: `track` before `fetch`, or after it. An action
 * never joins a trace that has an event already; a view does, since an action often leads to another page.
 */

import type { UsageEvent } from "./event";
import { currentSession } from "./session";
import { hexTime, randomHex } from "./uuid";

/** How long a trace takes in what follows, unless a click or an action ends it sooner. */
const OPEN_MS = 5_000;

/** The share of sessions whose traces are kept, from 0 to 1; undefined: events belong to none. */
let sampleRate: number | undefined;
let openTrace = "";
let closesAt = 0;
let hasEvent = false;

/** Begin to have traces, and keep those of this share of the sessions. */
export function begin(share: number): void {
  sampleRate = share;
  const close = (event: Event): void => {
    if (event.isTrusted) closesAt = 0;
  };
  addEventListener("click", close, true); // before any listener of the page
}

/** Give the trace id of an event captured now; undefined when its session is not sampled. */
export function idOf(kind: UsageEvent["kind"], session: string): string | undefined {
  if (sampleRate === undefined || kind === "vital") return undefined; // a measurement is of the page, not of a deed
  if (kind === "action" && hasEvent) closesAt = 0;
  const id = openId();
  hasEvent ||= kind !== "error"; // one may come between a deed's requests and its event
  return samples(session) ? id : undefined;
}

/** Give the `traceparent` (W3C Trace Context, level 1) of a request that starts now. */
export function traceparent(): string {
  return `00-${openId()}-${randomHex(8)}-0${Number(samples(currentSession()))}`;
}

function openId(): string {
  const now = performance.now();
  if (now >= closesAt) {
    // The time first, so that ids sort by it; the right half is random, as samplers expect.
    openTrace = hexTime(Date.now()) + randomHex(10);
    closesAt = now + OPEN_MS;
    hasEvent = false;
  }
  return openTrace;
}

/** The session's own random digits decide, so that each page of it comes to the same answer. */
function samples(session: string): boolean {
  return parseInt(session.slice(-8), 16) / 2 ** 32 < sampleRate!;
}
