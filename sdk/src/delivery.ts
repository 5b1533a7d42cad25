import { mayCapture } from "./consent";
import { addTimezone } from "./context";
import { note } from "./log";
import type { Pace } from "./pace";
import { type Batch, ENVELOPE_BYTES, KEEPALIVE_QUOTA, type LossReason, type Queue } from "./queue";
import type { Shelf } from "./shelf";
import type { Transport } from "./transport";

const FLUSH_MS = 1_000;
const FLUSH_BYTES = 16 * 1024;
/** A request cut off from its page fails this close to the moment the page is left. */
const CUT_OFF_MS = 100;

/** Decides when which batches are sent: soon, one at a time, again after a failure. */
export class Delivery {
  readonly #queue: Queue;
  readonly #shelf: Shelf;
  readonly #transport: Transport;
  readonly #pace: Pace;
  #timer = 0;
  #timerWaits = 0;
  #running: Promise<void> | undefined;

  constructor(queue: Queue, shelf: Shelf, transport: Transport, pace: Pace) {
    this.#queue = queue;
    this.#shelf = shelf;
    this.#transport = transport;
    this.#pace = pace;
  }

  /** An event was captured: send it soon, and never in the page's own call. */
  wake(): void {
    this.#schedule(this.#queue.holds(FLUSH_BYTES) ? 0 : FLUSH_MS);
  }

  /** Send all that waits. Resolves when nothing is left or an attempt failed, and what is left is kept. */
  flush(): Promise<unknown> {
    this.#running ??= this.#sendAll().finally(() => {
      this.#running = undefined;
      this.#schedule(FLUSH_MS);
    });
    return this.#running.then(() => {
      this.#shelf.write();
      return this.#shelf.saved;
    });
  }

  /** The network or the person is back: try now, and look for what other pages have left. */
  retry(): void {
    this.#pace.hurry();
    this.#shelf.adoptsAgain = 0;
    void this.flush();
  }

  /**
   * The page may be about to go: send now, at once, what can outlive it.
   *
   * Our own back-off gives way, since there may be no later attempt; the server's Retry-After does not.
   * What just failed unanswered is not sent again: browsers reject the promise of a `keepalive` request when
   * they hide its page, and deliver it all the same.
   */
  leave(): void {
    this.#queue.close();
    this.#shelf.write();
    if (this.#pace.isAskedToWait) return;
    const cutOff = performance.now() - CUT_OFF_MS;
    for (;;) {
      const batch = this.#next(this.#transport.room - ENVELOPE_BYTES, cutOff);
      if (!batch) return;
      void this.#attempt(batch);
    }
  }

  async #sendAll(): Promise<void> {
    addTimezone(this.#shelf.context);
    while (this.#pace.wait <= 0) {
      // One that can outlive the page, or, when only larger ones wait, one of those.
      const batch = this.#next(KEEPALIVE_QUOTA - ENVELOPE_BYTES) ?? this.#next(Infinity);
      if (batch) await this.#attempt(batch);
      else if (!(await this.#shelf.adopt())) return;
    }
  }

  #schedule(soonest: number): void {
    if (!this.#queue.waits || (this.#timer && this.#timerWaits <= soonest)) return;
    clearTimeout(this.#timer);
    this.#timerWaits = soonest;
    this.#timer = setTimeout(
      () => {
        this.#timer = 0;
        void this.flush();
      },
      Math.max(soonest, this.#pace.wait),
    );
  }

  #next(room: number, unansweredBefore?: number): Batch | undefined {
    for (;;) {
      const batch = this.#queue.take(room, unansweredBefore);
      if (!batch || performance.now() < batch.expires) return batch;
      this.#settle(batch, "expired");
    }
  }

  async #attempt(batch: Batch): Promise<void> {
    if (!mayCapture()) return this.#settle(batch);
    note("sent", batch);
    const { verdict, afterMs, ...answer } = await this.#transport.post(this.#body(batch));
    note(verdict, { batch, ...answer });
    const isRefused = verdict === "refused";
    if (verdict === "taken" || isRefused || !mayCapture()) {
      this.#pace.succeeded();
      return this.#settle(batch, isRefused ? verdict : undefined);
    }
    if (verdict === "unanswered") batch.unansweredAt = performance.now();
    batch.touched = Date.now();
    this.#queue.giveBack(batch);
    this.#shelf.save(batch);
    this.#pace.failed(afterMs);
  }

  #body({ id, head, events, lost }: Batch): string {
    const own = JSON.stringify({ batch_id: id, sent_at: Date.now(), lost }).slice(1, -1);
    return `${head || this.#shelf.head},${own},"events":[${events.join()}]}`; // head and events are JSON already
  }

  /** Be done with a batch that was taken out of the queue. */
  #settle(batch: Batch, lost?: LossReason): void {
    this.#queue.settle(batch, lost);
    this.#shelf.forget(batch);
  }
}
