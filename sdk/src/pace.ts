import { keep, recall } from "./keep";

const BACK_OFF_MS = { first: 1_000, longest: 60_000 };
const MAX_RETRY_AFTER_MS = 24 * 3_600_000;
/** Until when the collector asked to be left alone, Unix milliseconds: for the next page too. */
const ASKED_UNTIL = "sillage.wait";

/** Says when the next attempt may be made. Durations are measured by a clock that nobody sets. */
export class Pace {
  #failures = 0;
  #backOffEnds = 0;
  #askedUntil = 0;

  constructor() {
    const asked = Number(recall("localStorage", ASKED_UNTIL)) - Date.now();
    if (asked > 0 && asked <= MAX_RETRY_AFTER_MS) this.#backOffEnds = this.#askedUntil = performance.now() + asked;
  }

  /** Milliseconds until the next attempt; 0 or less: now. */
  get wait(): number {
    return this.#backOffEnds - performance.now();
  }

  /** Whether the collector has asked to be left alone still. */
  get isAskedToWait(): boolean {
    return performance.now() < this.#askedUntil;
  }

  /** An attempt was answered for good. */
  succeeded(): void {
    this.#failures = 0;
  }

  /** An attempt failed; `afterMs`: how long the collector asked to wait, if it did. */
  failed(afterMs?: number): void {
    const now = performance.now();
    const backOff = Math.min(BACK_OFF_MS.first * 2 ** this.#failures++, BACK_OFF_MS.longest);
    const asked = afterMs && Math.min(afterMs, MAX_RETRY_AFTER_MS);
    if (asked) {
      this.#askedUntil = now + asked;
      keep("localStorage", ASKED_UNTIL, String(Date.now() + asked));
    }
    // The random part keeps browsers that failed together from coming back together.
    this.#backOffEnds = now + (asked ?? backOff / 2) + (Math.random() * backOff) / 2;
  }

  /** Something has changed for the better: the next attempt may be made now, unless the collector asked to wait. */
  hurry(): void {
    this.#backOffEnds = this.#askedUntil;
  }
}
