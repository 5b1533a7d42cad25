/** Says when the next attempt may be made. Durations are measured by a clock that nobody sets. */

import { keep, recall } from "./keep";

const BACK_OFF_MS = { first: 1_000, longest: 60_000 };
const MAX_RETRY_AFTER_MS = 24 * 3_600_000;
/** Until when the collector asked to be left alone, Unix milliseconds: for the next page too. */
const ASKED_UNTIL = "sillage.wait";

let failures = 0;
let backOffEnds = 0;
let askedUntil = 0;

/** Begin: what the collector asked of an earlier page holds for this one. */
export function begin(): void {
  const asked = Number(recall("localStorage", ASKED_UNTIL)) - Date.now();
  if (asked > 0 && asked <= MAX_RETRY_AFTER_MS) backOffEnds = askedUntil = performance.now() + asked;
}

/** Milliseconds until the next attempt; 0 or less: now. */
export function wait(): number {
  return backOffEnds - performance.now();
}

/** Whether the collector has asked to be left alone still. */
export function isAskedToWait(): boolean {
  return performance.now() < askedUntil;
}

/** An attempt was answered for good. */
export function succeeded(): void {
  failures = 0;
}

/** An attempt failed; `afterMs`: how long the collector asked to wait, if it did. */
export function failed(afterMs?: number): void {
  const now = performance.now();
  const backOff = Math.min(BACK_OFF_MS.first * 2 ** failures++, BACK_OFF_MS.longest);
  const asked = afterMs && Math.min(afterMs, MAX_RETRY_AFTER_MS);
  if (asked) {
    askedUntil = now + asked;
    keep("localStorage", ASKED_UNTIL, String(Date.now() + asked));
  }
  // The random part keeps browsers that failed together from coming back together.
  backOffEnds = now + (asked ?? backOff / 2) + (Math.random() * backOff) / 2;
}

/** Something has changed for the better: the next attempt may be made now, unless the collector asked to wait. */
export function hurry(): void {
  backOffEnds = askedUntil;
}
