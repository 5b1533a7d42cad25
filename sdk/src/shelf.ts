/** Keeps this page's batches on the device, and finds those of pages that are gone. */

import { addTimezone, type Context } from "./context";
import { note } from "./log";
import * as queue from "./queue";
import * as store from "./store";

const WRITE_MS = 100;
/** How often what other pages have left is looked for. */
const ADOPT_MS = 60_000;

let key: string;
let context: Context;
const changed = new Set<queue.Batch>();
/** When `adopt` looks again and `save` writes again, on the clock of `performance.now()`. */
let adoptsAgain = 0;
let writesAgain = 0;
/** Settles when what was to be kept or forgotten is, or cannot be. */
export let saved: Promise<unknown> = Promise.resolve();

/** Begin to keep what is captured for this key, in this context. */
export function begin(givenKey: string, given: Context): void {
  key = givenKey;
  context = given;
}

/** What stands before a batch's own fields: JSON without the last brace. */
export function head(): string {
  return JSON.stringify({ key, context }).slice(0, -1);
}

/** Complete what stands there, apart from the start. */
export function complete(): void {
  addTimezone(context);
}

/** Keep a batch: as soon as the page's task has ended, or, of many changes, some ten times a second. */
export function save(batch: queue.Batch): void {
  changed.add(batch);
  const now = performance.now();
  if (now < writesAgain) return;
  writesAgain = now + WRITE_MS;
  // In a task of its own, so that the page's is not longer for it; a hidden page's tasks may come late.
  if (document.hidden) queueMicrotask(write);
  else setTimeout(write);
  setTimeout(write, WRITE_MS);
}

/** Write now what has changed. */
export function write(): void {
  const batches = [...changed];
  changed.clear();
  if (batches.length) saved = put(batches);
}

/** Forget a batch: it needs no further attempt. */
export function forget(batch: queue.Batch): void {
  changed.delete(batch);
  saved = store.remove(batch.id);
}

/** Forget all batches, of all pages. */
export function clear(): void {
  changed.clear();
  saved = store.remove();
}

/** What other pages have left is to be looked for soon. */
export function hurry(): void {
  adoptsAgain = 0;
}

/** Put batches of pages that are gone into the queue, if it is time to look; tells whether there were some. */
export async function adopt(): Promise<boolean> {
  const now = performance.now();
  if (now < adoptsAgain) return false;
  adoptsAgain = now + ADOPT_MS;
  const { batches, lost, isFull } = await store.adopt(key);
  for (const [reason, count] of Object.entries(lost)) queue.lose(reason as queue.LossReason, count);
  for (const batch of batches) {
    note("adopted", batch);
    queue.adopt(batch);
  }
  if (isFull) adoptsAgain = 0;
  return batches.length > 0;
}

async function put(batches: queue.Batch[]): Promise<void> {
  if (await store.put(batches, key, head())) for (const one of batches) note("stored", one);
}
