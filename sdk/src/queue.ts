import { note } from "./log";
import type { UsageEvent } from "./event";
import { uuidv7 } from "./uuid";

/** The age at which an undelivered event is given up, on the device as in memory. */
export const QUEUE_MAX_AGE_HOURS = 24;
export const MAX_AGE_MS = QUEUE_MAX_AGE_HOURS * 3_600_000;
/** How many events of one page wait at most. */
const MAX_EVENTS = 20_000;
const MAX_BATCH_EVENTS = 500;
/** What one page may have under way in `keepalive` requests, in bytes of body (Fetch standard). */
export const KEEPALIVE_QUOTA = 64 * 1024;
/** Kept free in each body for what surrounds the events; `context.ts` bounds those texts. */
export const ENVELOPE_BYTES = 8 * 1024;
const BATCH_BYTES = KEEPALIVE_QUOTA - ENVELOPE_BYTES;
/** A batch that did not change for so long is closed: see `store.ts`. */
const GROWS_MS = 60_000;

/** Why an event never reached the collector. */
export type LossReason = "queue_full" | "expired" | "refused" | "invalid";

/** Events lost, by reason. */
export type Losses = Partial<Record<LossReason, number>>;

/** Events that travel together. From the first attempt on its id and content stay the same. */
export interface Batch {
  id: string;
  /** When it was opened, Unix milliseconds. */
  at: number;
  /** When it last changed, Unix milliseconds. */
  touched: number;
  /** Key and context of the page that captured it, as JSON without the last brace; empty: this page. */
  head: string;
  /** As JSON, made at capture: what the page does to its objects later changes nothing. */
  events: string[];
  bytes: number;
  lost: Losses;
  /** When it is too old, on the clock of `performance.now()`, which nobody sets. */
  expires: number;
  /** When its last attempt ended without an answer, on the same clock. */
  unansweredAt: number;
}

const encoder = new TextEncoder();

/** Give the size of a text in UTF-8, in bytes. */
export function byteLength(text: string): number {
  return /[^\0-\x7F]/.test(text) ? encoder.encode(text).length : text.length;
}

/** The batches of this page that wait: one that grows, and closed ones; bounded, with a count of what was lost. */
export class Queue {
  #open: Batch | undefined;
  readonly #closed: Batch[] = [];
  /** Events that wait or are under way. */
  #events = 0;
  /** Counted since a batch was last closed; the open one carries them, as they grow. */
  #losses: Losses = {};

  /** Whether something waits. */
  get waits(): boolean {
    return !!this.#open || this.#closed.length > 0;
  }

  /** Give all batches that wait. */
  all(): Batch[] {
    return this.#open ? [...this.#closed, this.#open] : this.#closed;
  }

  /** Whether so much waits that it is worth a request, in bytes of events. */
  holds(bytes: number): boolean {
    return this.#closed.length > 0 || (this.#open?.bytes ?? 0) >= bytes;
  }

  /** Append an event to the batch that grows, and give that; or count it as lost when too much waits. */
  add(event: UsageEvent): Batch | undefined {
    if (this.#events >= MAX_EVENTS) return this.lose("queue_full");
    const json = JSON.stringify(event);
    const bytes = byteLength(json) + 1;
    const open = this.#open;
    const fits = open && open.bytes + bytes <= BATCH_BYTES && open.events.length < MAX_BATCH_EVENTS;
    if (!fits || event.at - open.touched > GROWS_MS) this.close();
    const batch = (this.#open ??= newBatch(event.at, this.#losses));
    batch.events.push(json);
    batch.bytes += bytes;
    batch.touched = event.at;
    this.#events++;
    return batch;
  }

  /** Let the open batch grow no more; gives it if there is one. */
  close(): Batch | undefined {
    const batch = this.#open;
    if (!batch) return undefined;
    this.#open = undefined;
    this.#losses = {};
    this.#closed.push(batch);
    return batch;
  }

  /** Append a batch that waits again, or that another page has left behind. */
  giveBack(batch: Batch): void {
    this.#closed.push(batch);
  }

  /** Remove a batch of at most `room` bytes, the first that came; those that are too old are lost. */
  take(room: number, unansweredBefore = Infinity): Batch | undefined {
    const fits = (batch: Batch): boolean => batch.bytes <= room && batch.unansweredAt < unansweredBefore;
    if (!this.#closed.some(fits) && this.#open && fits(this.#open)) this.close();
    const found = this.#closed.findIndex(fits);
    return found < 0 ? undefined : this.#closed.splice(found, 1)[0];
  }

  /** Count another page's batch among this page's. */
  adopt(batch: Batch): void {
    this.#events += batch.events.length;
    this.giveBack(batch);
  }

  /** Forget a batch that was taken out: it was delivered, or is lost for this reason. */
  settle({ events, lost }: Batch, reason?: LossReason): void {
    this.#events -= events.length;
    if (!reason) return;
    this.lose(reason, events.length);
    for (const [earlier, count] of Object.entries(lost)) this.lose(earlier as LossReason, count);
  }

  /** Forget everything. */
  clear(): void {
    this.#open = undefined;
    this.#closed.length = this.#events = 0;
    this.#losses = {};
  }

  /** Count lost events; the next batch reports them. */
  lose(reason: LossReason, count = 1): undefined {
    this.#losses[reason] = (this.#losses[reason] ?? 0) + count;
    note("lost", { reason, count });
  }
}

function newBatch(at: number, lost: Losses): Batch {
  const expires = performance.now() + MAX_AGE_MS;
  const id = uuidv7(at);
  return { id, at, touched: at, head: "", events: [], bytes: 0, lost, expires, unansweredAt: -Infinity };
}
