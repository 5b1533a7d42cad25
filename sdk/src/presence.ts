/**
 * Tells pages of one origin which of them still live: each holds a Web Lock of its own while it may act.
 *
 * Where there are no Web Locks (pages without TLS, older browsers), nobody knows: see `store.ts`.
 */

import { uuidv7 } from "./uuid";

/** This page's name among them. */
export const id = uuidv7(Date.now());
let free: (() => void) | undefined;

/** Be known as alive from when this resolves; never rejects. */
export function hold(): Promise<unknown> {
  return new Promise<unknown>((held) => {
    const untilReleased = (): Promise<void> => {
      held(0);
      return new Promise((done) => {
        free = done;
      });
    };
    navigator.locks.request(lockOf(id), untilReleased).catch(held);
  }).catch(() => {}); // there are no locks
}

/** Be known as gone: a page in the back/forward cache cannot act. */
export function release(): void {
  free?.();
}

/** Tell whether a page is gone; undefined where nobody knows. */
export async function whoIsGone(): Promise<((page: string) => boolean) | undefined> {
  try {
    const { held } = await navigator.locks.query();
    const names = held!.map(({ name }) => name);
    return (page) => !names.includes(lockOf(page));
  } catch {
    return undefined;
  }
}

function lockOf(page: string): string {
  return `sillage.${page}`;
}
