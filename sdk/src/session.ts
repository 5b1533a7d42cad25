import { keep, recall } from "./keep";
import { uuidv7 } from "./uuid";

const KEY = "sillage.session";
const IDLE_MS = 30 * 60_000;

/**
 * Give the id of the session that an event at `now` (Unix milliseconds) belongs to.
 *
 * A session lives in one tab, across its page loads, and ends after 30 minutes without an event.
 */
export function sessionAt(now: number): string {
  const [id, lastEvent] = recall("sessionStorage", KEY).split(" ");
  const current = id && now - Number(lastEvent) < IDLE_MS ? id : uuidv7(now);
  keep("sessionStorage", KEY, `${current} ${now}`);
  return current;
}

/** Give the id of the last event's session, or of a new one, without prolonging it. */
export function currentSession(): string {
  return recall("sessionStorage", KEY).split(" ")[0] || sessionAt(Date.now());
}
