/**
 * Undelivered batches on the device, in IndexedDB: they outlive the page, a crash and a restart of the browser.
 *
 * Only its owner changes or sends a batch. Another page becomes the owner, in one transaction, once the first is
 * gone: of a batch that still grew it would send a part, and the collector takes each id once.
 * Where nothing can be kept everything here does nothing: the queue in memory is enough while the page lives.
 */

import * as presence from "./presence";
import { type Batch, type Losses, MAX_AGE_MS } from "./queue";

const DATABASE = "sillage";
const BATCHES = "batches";
/** How many batches of all pages are kept at most. */
const MAX_BATCHES = 1_000;
/** How many of pages that are gone one page takes over at once. */
const MAX_ADOPTED = 10;
/** Without Web Locks, a page whose batch did not change for so long is taken to be gone. */
const GONE_MS = 180_000;

/** A batch as it is kept: with its owner, the page that may send it, and the key it was captured for. */
interface Kept extends Batch {
  owner: string;
  key: string;
}

/** What a page found of others that are gone. */
interface Found {
  batches: Batch[];
  lost: Losses;
  /** Whether there may be more. */
  isFull: boolean;
}

let database: Promise<IDBDatabase | undefined> = Promise.resolve(undefined);

/** Begin to keep. */
export function begin(): void {
  // Nobody may see a batch of a page that is not yet known to live.
  database = presence.hold().then(connect);
}

/** Keep batches as they are now. Resolves when they are, or cannot be; tells which. */
export function put(batches: Batch[], key: string, head: string): Promise<boolean> {
  const kept = batches.map((batch): Kept => ({ ...batch, head: batch.head || head, key, owner: presence.id }));
  return change((store) => {
    for (const one of kept) store.put(one);
    store.transaction.commit?.(); // at once: the page may be going
  });
}

/** Forget a batch, or all. Resolves like `put`. */
export function remove(id?: string): Promise<boolean> {
  return change((store) => {
    if (id) store.delete(id);
    else store.clear();
    store.transaction.commit?.(); // at once: the page may be going
  });
}

/** Become the owner of batches for this key whose pages are gone, the oldest first. Never rejects. */
export async function adopt(key: string): Promise<Found> {
  const found: Found = { batches: [], lost: {}, isFull: false };
  const now = Date.now();
  const isGone = await presence.whoIsGone();
  const isOrphan = ({ owner, at, touched }: Kept): boolean =>
    owner !== presence.id && (isGone ? isGone(owner) && at < now : Math.abs(now - touched) > GONE_MS);
  await change((store) => {
    let surplus = 0;
    const count = store.count();
    count.onsuccess = () => {
      surplus = count.result - MAX_BATCHES;
    };
    const walk = store.openCursor();
    walk.onsuccess = () => {
      const cursor = walk.result;
      found.isFull = found.batches.length === MAX_ADOPTED;
      if (!cursor || found.isFull) return;
      const kept = cursor.value as Kept;
      const age = now - kept.at;
      if (isOrphan(kept)) {
        const lost = Math.abs(age) > MAX_AGE_MS ? "expired" : surplus-- > 0 && "queue_full";
        if (lost) {
          found.lost[lost] = (found.lost[lost] ?? 0) + kept.events.length;
          cursor.delete();
        } else if (kept.key === key) {
          cursor.update({ ...kept, owner: presence.id });
          found.batches.push(revive(kept, age));
        }
      }
      cursor.continue();
    };
  });
  return found;
}

async function change(work: (store: IDBObjectStore) => void): Promise<boolean> {
  try {
    const opened = await database;
    if (!opened) return false;
    return await new Promise<boolean>((resolve) => {
      const transaction = opened.transaction(BATCHES, "readwrite");
      transaction.oncomplete = () => resolve(true);
      transaction.onabort = () => resolve(false); // the disk is full, say: memory has what waits
      work(transaction.objectStore(BATCHES));
    });
  } catch {
    return false;
  }
}

function connect(): Promise<IDBDatabase | undefined> {
  return new Promise((resolve) => {
    const none = (): void => resolve(undefined);
    try {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(BATCHES, { keyPath: "id" });
      request.onerror = none;
      request.onsuccess = () => {
        const opened = request.result;
        opened.onversionchange = () => opened.close(); // a later version of this file wants it
        opened.onclose = () => {
          database = connect(); // the person has cleared it, or the browser has lost it
        };
        resolve(opened);
      };
    } catch {
      none();
    }
  });
}

/** What is on the clock of a page means nothing on another's. */
function revive(kept: Kept, age: number): Batch {
  return { ...kept, expires: performance.now() + MAX_AGE_MS - age, unansweredAt: -Infinity };
}
