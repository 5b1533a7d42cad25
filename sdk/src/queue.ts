import type { UsageEvent } from "./event";

const MAX_EVENTS = 1_000;
const MAX_BATCH_EVENTS = 500;

/** Why an event never reached the collector. */
export type LossReason = "queue_full" | "refused" | "invalid";

/** Events lost, by reason. */
export type Losses = Partial<Record<LossReason, number>>;

/** An event as JSON text, made at capture: what the page does to its objects later changes nothing. */
interface Captured {
  json: string;
  bytes: number;
}

const encoder = new TextEncoder();

/** Give the size of a text in UTF-8, in bytes. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/** Captured events that no batch holds yet, bounded, with a count of those that were lost. */
export class Queue {
  #events: Captured[] = [];
  #losses: Losses = {};

  /** Bytes of JSON that wait. */
  bytes = 0;

  /** Append an event, or count it as lost when the queue is full. */
  add(event: UsageEvent): void {
    if (this.#events.length >= MAX_EVENTS) return this.lose("queue_full");
    const json = JSON.stringify(event);
    const captured = { json, bytes: byteLength(json) };
    this.#events.push(captured);
    this.bytes += captured.bytes;
  }

  /** Remove the oldest events that fit into `room` bytes of JSON, commas included, at most 500. */
  take(room: number): string[] {
    const taken: string[] = [];
    this.#events = this.#events.filter(({ json, bytes }) => {
      if (taken.length === MAX_BATCH_EVENTS || bytes + 1 > room) return true;
      room -= bytes + 1;
      this.bytes -= bytes;
      taken.push(json);
      return false;
    });
    return taken;
  }

  /** Remove the oldest event, whatever its size. */
  takeOne(): string[] {
    const oldest = this.#events.shift();
    this.bytes -= oldest?.bytes ?? 0;
    return oldest ? [oldest.json] : [];
  }

  /** Count lost events; the next batch reports them. */
  lose(reason: LossReason, count = 1): void {
    this.#losses[reason] = (this.#losses[reason] ?? 0) + count;
  }

  /** Remove the losses counted since the last call. */
  takeLosses(): Losses {
    const losses = this.#losses;
    this.#losses = {};
    return losses;
  }
}
