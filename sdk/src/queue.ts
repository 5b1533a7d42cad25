/** The batches of this page that wait: one that grows, and closed ones; bounded, with a count of what was lost. */

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

let growing: Batch | undefined;
let closed: Batch[] = [];
/** Events that wait or are under way. */
let held = 0;
/** Counted since a batch was last closed; the open one carries them, as they grow. */
let losses: Losses = {};

/** Whether something waits. */
export function waits(): boolean {
  return !!growing || closed.length > 0;
}

/** Give all batches that wait. */
export function all(): Batch[] {
  return growing ? [...closed, growing] : closed;
}

/** Whether so much waits that it is worth a request, in bytes of events. */
export function holds(bytes: number): boolean {
  return closed.length > 0 || (growing?.bytes ?? 0) >= bytes;
}

/** Append an event to the batch that grows, and give that; or count it as lost when too much waits. */
export function add(event: UsageEvent): Batch | undefined {
  if (held >= MAX_EVENTS) return lose("queue_full");
  const json = JSON.stringify(event);
  const bytes = byteLength(json) + 1;
  const fits = growing && growing.bytes + bytes <= BATCH_BYTES && growing.events.length < MAX_BATCH_EVENTS;
  if (!fits || event.at - growing!.touched > GROWS_MS) close();
  const batch = (growing ??= newBatch(event.at, losses));
  batch.events.push(json);
  batch.bytes += bytes;
  batch.touched = event.at;
  held++;
  return batch;
}

/** Let the open batch grow no more. */
export function close(): void {
  if (!growing) return;
  closed.push(growing);
  growing = undefined;
  losses = {};
}

/** Append a batch that waits again, or that another page has left behind. */
export function giveBack(batch: Batch): void {
  closed.push(batch);
}

/** Remove a batch of at most `room` bytes, the first that came; those that are too old are lost. */
export function take(room: number, unansweredBefore = Infinity): Batch | undefined {
  const fits = (batch: Batch): boolean => batch.bytes <= room && batch.unansweredAt < unansweredBefore;
  if (!closed.some(fits) && growing && fits(growing)) close();
  const found = closed.findIndex(fits);
  return found < 0 ? undefined : closed.splice(found, 1)[0];
}

/** Count another page's batch among this page's. */
export function adopt(batch: Batch): void {
  held += batch.events.length;
  giveBack(batch);
}

/** Forget a batch that was taken out: it was delivered, or is lost for this reason. */
export function settle({ events, lost }: Batch, reason?: LossReason): void {
  held -= events.length;
  if (!reason) return;
  lose(reason, events.length);
  for (const [earlier, count] of Object.entries(lost)) lose(earlier as LossReason, count);
}

/** Forget everything. */
export function clear(): void {
  growing = undefined;
  closed = [];
  held = 0;
  losses = {};
}

/** Count lost events; the next batch reports them. */
export function lose(reason: LossReason, count = 1): undefined {
  losses[reason] = (losses[reason] ?? 0) + count;
  note("lost", { reason, count });
}

function newBatch(at: number, lost: Losses): Batch {
  const expires = performance.now() + MAX_AGE_MS;
  const id = uuidv7(at);
  return { id, at, touched: at, head: "", events: [], bytes: 0, lost, expires, unansweredAt: -Infinity };
}
