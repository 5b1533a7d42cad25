import type { UsageEvent } from "./event";
import { currentSession } from "./session";
import { hexTime, randomHex } from "./uuid";

/** How long a trace takes in what follows, unless a click or an action ends it sooner. */
const OPEN_MS = 5_000;

/**
 * Decides which trace an event or a request belongs to: the one that the user's last deed opened.
 *
 * One trace at most is open. A click closes it; then the first event or request opens the next, and what
 * follows within five seconds joins it, in whichever order: `track` before `fetch`, or after it. An action
 * never joins a trace that has an event already; a view does, since an action often leads to another page.
 */
export class Traces {
  readonly #sampleRate: number;
  #id = "";
  #closesAt = 0;
  #hasEvent = false;

  /** `sampleRate`: the share of sessions whose traces are kept, from 0 to 1. */
  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
    const close = (event: Event): void => {
      if (event.isTrusted) this.#closesAt = 0;
    };
    addEventListener("click", close, true); // before any listener of the page
  }

  /** Give the trace id of an event captured now; undefined when its session is not sampled. */
  idOf(kind: UsageEvent["kind"], session: string): string | undefined {
    if (kind === "vital") return undefined; // of the page, not of a deed
    if (kind === "action" && this.#hasEvent) this.#closesAt = 0;
    const id = this.#openId();
    this.#hasEvent ||= kind !== "error"; // one may come between a deed's requests and its event
    return this.#samples(session) ? id : undefined;
  }

  /** Give the `traceparent` (W3C Trace Context, level 1) of a request that starts now. */
  traceparent(): string {
    return `00-${this.#openId()}-${randomHex(8)}-0${Number(this.#samples(currentSession()))}`;
  }

  #openId(): string {
    const now = performance.now();
    if (now >= this.#closesAt) {
      // The time first, so that ids sort by it; the right half is random, as samplers expect.
      this.#id = hexTime(Date.now()) + randomHex(10);
      this.#closesAt = now + OPEN_MS;
      this.#hasEvent = false;
    }
    return this.#id;
  }

  /** The session's own random digits decide, so that each page of it comes to the same answer. */
  #samples(session: string): boolean {
    return parseInt(session.slice(-8), 16) / 2 ** 32 < this.#sampleRate;
  }
}
