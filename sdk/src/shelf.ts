import type { Context } from "./context";
import { note } from "./log";
import type { Batch, LossReason, Queue } from "./queue";
import type { Store } from "./store";

const WRITE_MS = 100;
/** How often what other pages have left is looked for. */
const ADOPT_MS = 60_000;

/** Keeps this page's batches on the device, and finds those of pages that are gone. */
export class Shelf {
  readonly #queue: Queue;
  readonly #store: Store;
  readonly #key: string;
  readonly context: Context;
  readonly #changed = new Set<Batch>();
  /** When `adopt` looks again, on the clock of `performance.now()`. */
  adoptsAgain = 0;
  #writesAgain = 0;
  /** Settles when what was to be kept or forgotten is, or cannot be. */
  saved: Promise<unknown> = Promise.resolve();

  constructor(queue: Queue, store: Store, key: string, context: Context) {
    this.#queue = queue;
    this.#store = store;
    this.#key = key;
    this.context = context;
  }

  /** What stands before a batch's own fields: JSON without the last brace. */
  get head(): string {
    return JSON.stringify({ key: this.#key, context: this.context }).slice(0, -1);
  }

  /** Keep a batch: once the page's code that runs now has ended, or, of many changes, some ten times a second. */
  save(batch: Batch): void {
    this.#changed.add(batch);
    const now = performance.now();
    if (now < this.#writesAgain) return;
    this.#writesAgain = now + WRITE_MS;
    const write = (): void => this.write();
    queueMicrotask(write);
    setTimeout(write, WRITE_MS);
  }

  /** Write now what has changed. */
  write(): void {
    const batches = [...this.#changed];
    this.#changed.clear();
    if (batches.length) this.saved = this.#put(batches);
  }

  /** Forget a batch: it needs no further attempt. */
  forget(batch: Batch): void {
    this.#changed.delete(batch);
    this.saved = this.#store.remove(batch.id);
  }

  /** Forget all batches, of all pages. */
  clear(): void {
    this.#changed.clear();
    this.saved = this.#store.remove();
  }

  /** Put batches of pages that are gone into the queue, if it is time to look; tells whether there were some. */
  async adopt(): Promise<boolean> {
    const now = performance.now();
    if (now < this.adoptsAgain) return false;
    this.adoptsAgain = now + ADOPT_MS;
    const { batches, lost, isFull } = await this.#store.adopt(this.#key);
    for (const [reason, count] of Object.entries(lost)) this.#queue.lose(reason as LossReason, count);
    for (const batch of batches) {
      note("adopted", batch);
      this.#queue.adopt(batch);
    }
    if (isFull) this.adoptsAgain = 0;
    return batches.length > 0;
  }

  async #put(batches: Batch[]): Promise<void> {
    if (await this.#store.put(batches, this.#key, this.head)) for (const one of batches) note("stored", one);
  }
}
