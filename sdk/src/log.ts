/** What becomes of events, step by step, for whoever looks: the overlay of `?sillage_debug`, and tests. */
export type Step =
  /** An event: it is in the queue. */
  | "captured"
  /** A batch is kept on the device. */
  | "stored"
  /** A request with a batch is under way. */
  | "sent"
  /** The collector has the batch. */
  | "taken"
  /** It never will. */
  | "refused"
  /** The collector put it off, or there was no usable answer: it is sent again. */
  | "put_off"
  | "unanswered"
  /** A batch of a page that is gone is this page's now. */
  | "adopted"
  /** A number of events was lost. */
  | "lost";

declare global {
  interface Window {
    /** Whoever sets this before the SDK starts is told: `push([step, detail])`. */
    sillageLog?: { push(entry: [Step, unknown]): unknown };
  }
}

/** Tell whoever looks. */
export function note(step: Step, detail: unknown): void {
  window.sillageLog?.push([step, detail]);
}
