import { keep, recall } from "./keep";
import { uuidv7 } from "./uuid";

const KEY = "sillage.session";
const IDLE_MS = 30 * 60_000;
/** To write takes longer than all else that an event needs: the time of the last is kept to the second. */
const WRITE_MS = 1_000;

let current = "";
let written = 0;

/**
 * Give the id of the session that an event at `now` (Unix milliseconds) belongs to.
 *
 * A session lives in one tab, across its page loads, and ends after 30 minutes without an event.
 */
export function sessionAt(now: number): string {
  if (Math.abs(now - written) < WRITE_MS) return current;
  const [id, lastEvent] = recall("sessionStorage", KEY).split(" ");
  current = id && now - Number(lastEvent) < IDLE_MS ? id : uuidv7(now);
  written = now;
  keep("sessionStorage", KEY, `${current} ${now}`);
  return current;
}

/** Give the id of the last event's session, or of a new one, without prolonging it. */
export function currentSession(): string {
  return recall("sessionStorage", KEY).split(" ")[0] || sessionAt(Date.now());
}
