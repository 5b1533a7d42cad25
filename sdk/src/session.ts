import { uuidv7 } from "./uuid";

const KEY = "sillage.session";
const IDLE_MS = 30 * 60_000;

/** Stands in for sessionStorage where the page may not use it: sandboxed frames, blocked storage. */
let memory = "";

/**
 * Give the id of the session that an event at `now` (Unix milliseconds) belongs to.
 *
 * A session lives in one tab, across its page loads, and ends after 30 minutes without an event.
 */
export function sessionAt(now: number): string {
  const [id, lastEvent] = read().split(" ");
  const current = id && now - Number(lastEvent) < IDLE_MS ? id : uuidv7(now);
  write(`${current} ${now}`);
  return current;
}

/** Give the id of the last event's session, or of a new one, without prolonging it. */
export function currentSession(): string {
  return read().split(" ")[0] || sessionAt(Date.now());
}

function read(): string {
  try {
    return sessionStorage.getItem(KEY) ?? memory;
  } catch {
    return memory;
  }
}

function write(session: string): void {
  memory = session;
  try {
    sessionStorage.setItem(KEY, session);
  } catch {
    // Memory holds it: the session then ends with the page.
  }
}
