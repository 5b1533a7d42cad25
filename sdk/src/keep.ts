/** What a page may keep in the browser's storage, and remembers itself where it may keep nothing. */

type Area = "localStorage" | "sessionStorage";

/** Stands in where storage cannot be used: sandboxed frames, blocked storage, or a page that wants it so. */
const memory = new Map<string, string>();
let mayKeep = true;

/** Keep nothing in the browser from now on but what a person asked for. */
export function keepNothing(): void {
  mayKeep = false;
}

/** Give what was kept under a key, or an empty text. Never throws. */
export function recall(area: Area, key: string): string {
  try {
    return window[area].getItem(key) ?? memory.get(key) ?? "";
  } catch {
    return memory.get(key) ?? "";
  }
}

/** Keep a text: for all tabs of the origin, or for this tab alone. Never throws. */
export function keep(area: Area, key: string, text: string, isAskedFor = false): void {
  memory.set(key, text);
  try {
    if (mayKeep || isAskedFor) window[area].setItem(key, text);
  } catch {
    // Memory has it: it ends with the page.
  }
}
