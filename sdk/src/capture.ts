import { mayCapture, objects } from "./consent";
import * as delivery from "./delivery";
import { describe } from "./errors";
import { cleanProperties, clip, MAX_CHARACTERS, type Properties, type UsageEvent } from "./event";
import { note } from "./log";
import { currentPath, referrerOfView } from "./pages";
import * as queue from "./queue";
import { sessionAt } from "./session";
import * as shelf from "./shelf";
import * as trace from "./trace";
import { uuidv7 } from "./uuid";

/** Whether `init` has started delivery, and whom events belong to. */
export const state: { isStarted?: boolean; user?: string | undefined } = {};

/** Put an event into the queue and give its id; an empty one when it may not be captured. Never throws. */
export function capture(kind: UsageEvent["kind"], name: unknown, properties?: unknown, path?: unknown): string {
  try {
    if (typeof name !== "string" || !name) throw new TypeError("an event needs a name");
    if (!mayCapture()) return "";
    const at = Date.now();
    const session = objects() ? undefined : sessionAt(at);
    const id = uuidv7(at);
    const event: UsageEvent = {
      id,
      kind,
      name: clip(name, MAX_CHARACTERS.name),
      at,
      page: clip(typeof path === "string" && path ? path : currentPath(), MAX_CHARACTERS.page),
      referrer: kind === "view" ? clip(referrerOfView(), MAX_CHARACTERS.page) : undefined,
      session,
      user: session && state.user,
      trace_id: session && trace.idOf(kind, session),
      properties: cleanProperties(properties),
    };
    const batch = queue.add(event);
    if (!batch) return "";
    note("captured", event);
    if (state.isStarted) keepAndSend(batch);
    return id;
  } catch (error) {
    queue.lose("invalid");
    warn(error);
    return "";
  }
}

/** Deliver a batch that has grown: what is captured before `init` waits for it. */
export function keepAndSend(batch: queue.Batch): void {
  shelf.save(batch);
  delivery.wake();
}

/** The same for an error, if it is the first of its like on this page. */
export function captureError(thrown: unknown, more?: Properties): string {
  try {
    const error = describe(thrown);
    return error ? capture("error", error.name, { ...error.properties, ...more }) : "";
  } catch (hostile) {
    warn(hostile);
    return "";
  }
}

/** Tell the developer, never the page. */
export function warn(error: unknown): void {
  console.warn("sillage:", error);
}
