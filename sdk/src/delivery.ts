/** Decides when which batches are sent: soon, one at a time, again after a failure. */

import { mayCapture } from "./consent";
import { note } from "./log";
import * as pace from "./pace";
import * as queue from "./queue";
import * as shelf from "./shelf";
import * as transport from "./transport";

const FLUSH_MS = 1_000;
const FLUSH_BYTES = 16 * 1024;
/** A request cut off from its page fails this close to the moment the page is left. */
const CUT_OFF_MS = 100;

let timer = 0;
let timerWaits = 0;
let running: Promise<void> | undefined;

/** Send what waits soon, and never in the page's own call. */
export function wake(): void {
  schedule(queue.holds(FLUSH_BYTES) ? 0 : FLUSH_MS);
}

/** Send all that waits. Resolves when nothing is left or an attempt failed, and what is left is kept. */
export function flush(): Promise<unknown> {
  running ??= sendAll().finally(() => {
    running = undefined;
    wake();
  });
  return running.then(() => {
    shelf.write();
    return shelf.saved;
  });
}

/** The network or the person is back: try now, and look for what other pages have left. */
export function retry(): void {
  pace.hurry();
  shelf.hurry();
  void flush();
}

/**
 * The page may be about to go: send now, at once, what can outlive it.
 *
 * Our own back-off gives way, since there may be no later attempt; the server's Retry-After does not.
 * What just failed unanswered is not sent again: browsers reject the promise of a `keepalive` request when
 * they hide its page, and deliver it all the same.
 */
export function leave(): void {
  queue.close();
  shelf.write();
  if (pace.isAskedToWait()) return;
  const cutOff = performance.now() - CUT_OFF_MS;
  for (;;) {
    const batch = next(transport.room() - queue.ENVELOPE_BYTES, cutOff);
    if (!batch) return;
    void attempt(batch);
  }
}

async function sendAll(): Promise<void> {
  shelf.complete();
  while (pace.wait() <= 0) {
    // One that can outlive the page, or, when only larger ones wait, one of those.
    const batch = next(queue.KEEPALIVE_QUOTA - queue.ENVELOPE_BYTES) ?? next(Infinity);
    if (batch) await attempt(batch);
    else if (!(await shelf.adopt())) return;
  }
}

/** Plan a flush, unless one is under way, which plans the next. */
function schedule(soonest: number): void {
  if (running || !queue.waits() || (timer && timerWaits <= soonest)) return;
  clearTimeout(timer);
  timerWaits = soonest;
  timer = setTimeout(
    () => {
      timer = 0;
      void flush();
    },
    Math.max(soonest, pace.wait()),
  );
}

function next(room: number, unansweredBefore?: number): queue.Batch | undefined {
  for (;;) {
    const batch = queue.take(room, unansweredBefore);
    if (!batch || performance.now() < batch.expires) return batch;
    settle(batch, "expired");
  }
}

async function attempt(batch: queue.Batch): Promise<void> {
  if (!mayCapture()) return settle(batch);
  note("sent", batch);
  const { verdict, afterMs, ...answer } = await transport.post(body(batch));
  note(verdict, { batch, ...answer });
  const isRefused = verdict === "refused";
  if (verdict === "taken" || isRefused || !mayCapture()) {
    pace.succeeded();
    return settle(batch, isRefused ? verdict : undefined);
  }
  if (verdict === "unanswered") batch.unansweredAt = performance.now();
  batch.touched = Date.now();
  queue.giveBack(batch);
  shelf.save(batch);
  pace.failed(afterMs);
}

function body({ id, head, events, lost }: queue.Batch): string {
  const own = JSON.stringify({ batch_id: id, sent_at: Date.now(), lost }).slice(1, -1);
  return `${head || shelf.head()},${own},"events":[${events.join()}]}`; // head and events are JSON already
}

/** Be done with a batch that was taken out of the queue. */
function settle(batch: queue.Batch, lost?: queue.LossReason): void {
  queue.settle(batch, lost);
  shelf.forget(batch);
}
