import type { Presence } from "./presence";
import { type Batch, byteLength, type Losses, MAX_AGE_MS } from "./queue";

const DATABASE = "sillage";
const BATCHES = "batches";
/** How many batches of all pages are kept at most. */
const MAX_BATCHES = 1_000;
/** How many of pages that are gone one page takes over at once. */
const MAX_ADOPTED = 10;
/** Without Web Locks, a page whose batch did not change for so long is taken to be gone. */
const GONE_MS = 180_000;

/** A batch as it is kept: with its owner, the page that may send it, and the key it was captured for. */
interface Kept extends Pick<Batch, "id" | "at" | "touched" | "head" | "events" | "lost"> {
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

/**
 * Undelivered batches on the device, in IndexedDB: they outlive the page, a crash and a restart of the browser.
 *
 * Only its owner changes or sends a batch. Another page becomes the owner, in one transaction, once the first is
 * gone: of a batch that still grew it would send a part, and the collector takes each id once.
 * Where nothing can be kept everything here does nothing: the queue in memory is enough while the page lives.
 */
export class Store {
  readonly #presence: Presence;
  #database: Promise<IDBDatabase | undefined>;

  constructor(presence: Presence, isWanted: boolean) {
    this.#presence = presence;
    // Nobody may see a batch of a page that is not yet known to live.
    this.#database = isWanted ? presence.hold().then(() => this.#open()) : Promise.resolve(undefined);
  }

  /** Keep batches as they are now. Resolves when they are, or cannot be; tells which. */
  put(batches: Batch[], key: string, head: string): Promise<boolean> {
    const kept = batches.map(
      ({ id, at, touched, head: own, events, lost }): Kept => {
        return { id, at, touched, head: own || head, events, lost, key, owner: this.#presence.id };
      },
    );
    return this.#change((store) => {
      for (const one of kept) store.put(one);
      store.transaction.commit?.(); // at once: the page may be going
    });
  }

  /** Forget a batch, or all. Resolves like `put`. */
  remove(id?: string): Promise<boolean> {
    return this.#change((store) => {
      if (id) store.delete(id);
      else store.clear();
      store.transaction.commit?.(); // at once: the page may be going
    });
  }

  /** Become the owner of batches for this key whose pages are gone, the oldest first. Never rejects. */
  async adopt(key: string): Promise<Found> {
    const found: Found = { batches: [], lost: {}, isFull: false };
    const now = Date.now();
    const isGone = await this.#presence.whoIsGone();
    const isOrphan = ({ owner, at, touched }: Kept): boolean =>
      owner !== this.#presence.id && (isGone ? isGone(owner) && at < now : Math.abs(now - touched) > GONE_MS);
    await this.#change((store) => {
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
            cursor.update({ ...kept, owner: this.#presence.id });
            found.batches.push(revive(kept, age));
          }
        }
        cursor.continue();
      };
    });
    return found;
  }

  async #change(work: (store: IDBObjectStore) => void): Promise<boolean> {
    try {
      const database = await this.#database;
      if (!database) return false;
      return await new Promise<boolean>((resolve) => {
        const transaction = database.transaction(BATCHES, "readwrite");
        transaction.oncomplete = () => resolve(true);
        transaction.onabort = () => resolve(false); // the disk is full, say: memory has what waits
        work(transaction.objectStore(BATCHES));
      });
    } catch {
      return false;
    }
  }

  #open(): Promise<IDBDatabase | undefined> {
    return new Promise((resolve) => {
      const none = (): void => resolve(undefined);
      try {
        const request = indexedDB.open(DATABASE, 1);
        request.onupgradeneeded = () => request.result.createObjectStore(BATCHES, { keyPath: "id" });
        request.onerror = none;
        request.onsuccess = () => {
          const database = request.result;
          database.onversionchange = () => database.close(); // a later version of this file wants it
          database.onclose = () => {
            this.#database = this.#open(); // the person has cleared it, or the browser has lost it
          };
          resolve(database);
        };
      } catch {
        none();
      }
    });
  }
}

function revive({ id, at, touched, head, events, lost }: Kept, age: number): Batch {
  const expires = performance.now() + MAX_AGE_MS - age;
  const bytes = byteLength(events.join()) + 1;
  return { id, at, touched, head, events, bytes, lost, expires, unansweredAt: -Infinity };
}
