import type { Context } from "./context";
import { byteLength, type Losses, type LossReason, type Queue } from "./queue";
import { KEEPALIVE_QUOTA, type Transport } from "./transport";
import { uuidv7 } from "./uuid";

const FLUSH_MS = 1_000;
const FLUSH_BYTES = 16 * 1024;
/** Kept free in each body for what surrounds the events; `context.ts` bounds those texts. */
const ENVELOPE_BYTES = 8 * 1024;
const BATCH_BYTES = KEEPALIVE_QUOTA - ENVELOPE_BYTES;
const BACK_OFF_MS = { first: 1_000, longest: 60_000 };
/** A request cut off from its page fails this close to the moment the page is left. */
const CUT_OFF_MS = 100;

/** Events that travel together. Its id and content stay the same through retries. */
interface Batch {
  id: string;
  events: string[];
  bytes: number;
  lost: Losses;
  /** When its last attempt ended without an answer, on the clock of `performance.now()`. */
  unansweredAt: number;
}

/** Decides when which events are sent: soon, one batch at a time, again after a failure. */
export class Delivery {
  readonly #queue: Queue;
  readonly #transport: Transport;
  readonly #key: string;
  readonly #context: Context;
  /** Batches whose last attempt failed. */
  readonly #failed: Batch[] = [];
  #failures = 0;
  /** No attempt before these, on the clock of `performance.now()`. */
  #backOffEnds = 0;
  #serverAskedUntil = 0;
  #timer = 0;
  #running: Promise<void> | undefined;

  constructor(queue: Queue, transport: Transport, key: string, context: Context) {
    this.#queue = queue;
    this.#transport = transport;
    this.#key = key;
    this.#context = context;
  }

  /** Events were captured: send them when there are enough, or soon. */
  wake(): void {
    if (this.#queue.bytes >= FLUSH_BYTES) void this.flush();
    else this.#schedule();
  }

  /** Send all that waits. Resolves when nothing is left or an attempt failed; never rejects. */
  flush(): Promise<void> {
    this.#running ??= this.#sendAll().finally(() => {
      this.#running = undefined;
      this.#schedule();
    });
    return this.#running;
  }

  /**
   * The page may be about to go: send now, at once, what can outlive it.
   *
   * Our own back-off gives way, since there may be no later attempt; the server's Retry-After does not.
   * What just failed unanswered is not sent again: browsers reject the promise of a `keepalive` request when
   * they hide its page, and deliver it all the same.
   */
  leave(): void {
    const now = performance.now();
    if (now < this.#serverAskedUntil) return;
    for (;;) {
      const batch = this.#nextWithin(this.#transport.room - ENVELOPE_BYTES, now - CUT_OFF_MS);
      if (!batch) return;
      void this.#attempt(batch);
    }
  }

  async #sendAll(): Promise<void> {
    while (performance.now() >= this.#backOffEnds) {
      const batch = this.#next();
      if (!batch) return;
      await this.#attempt(batch);
    }
  }

  #schedule(): void {
    if (this.#timer || (!this.#failed.length && !this.#queue.bytes)) return;
    const wait = Math.max(FLUSH_MS, this.#backOffEnds - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      void this.flush();
    }, wait);
  }

  /** Take a batch that can outlive the page, or, when only larger events wait, one of those. */
  #next(): Batch | undefined {
    return this.#nextWithin(BATCH_BYTES) ?? this.#failed.shift() ?? this.#batch(this.#queue.takeOne());
  }

  #nextWithin(room: number, unansweredBefore = Infinity): Batch | undefined {
    const fitting = this.#failed.findIndex(
      ({ bytes, unansweredAt }) => bytes <= room && unansweredAt < unansweredBefore,
    );
    if (fitting >= 0) return this.#failed.splice(fitting, 1)[0];
    return this.#batch(this.#queue.take(room));
  }

  #batch(events: string[]): Batch | undefined {
    if (!events.length) return undefined;
    const bytes = byteLength(events.join());
    return { id: uuidv7(Date.now()), events, bytes, lost: this.#queue.takeLosses(), unansweredAt: -Infinity };
  }

  async #attempt(batch: Batch): Promise<void> {
    const outcome = await this.#transport.post(this.#body(batch));
    switch (outcome.verdict) {
      case "taken":
        this.#failures = 0;
        break;
      case "refused":
        this.#failures = 0;
        this.#giveUp(batch);
        break;
      case "put_off":
        this.#retryLater(batch, outcome.afterMs);
        break;
      case "unanswered":
        batch.unansweredAt = performance.now();
        this.#retryLater(batch);
    }
  }

  #body({ id, events, lost }: Batch): string {
    const envelope = { key: this.#key, batch_id: id, sent_at: Date.now(), context: this.#context, lost };
    return `${JSON.stringify(envelope).slice(0, -1)},"events":[${events.join()}]}`; // events are JSON already
  }

  #retryLater(batch: Batch, afterMs?: number): void {
    this.#failed.push(batch);
    const now = performance.now();
    const backOff = Math.min(BACK_OFF_MS.first * 2 ** this.#failures++, BACK_OFF_MS.longest);
    if (afterMs !== undefined) this.#serverAskedUntil = now + afterMs;
    // The random part keeps browsers that failed together from coming back together.
    this.#backOffEnds = now + (afterMs ?? backOff / 2) + (Math.random() * backOff) / 2;
  }

  #giveUp({ events, lost }: Batch): void {
    this.#queue.lose("refused", events.length);
    for (const [reason, count] of Object.entries(lost)) this.#queue.lose(reason as LossReason, count);
  }
}
