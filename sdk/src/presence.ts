/**
 * Tells pages of one origin which of them still live: each holds a Web Lock of its own while it may act.
 *
 * Where there are no Web Locks (pages without TLS, older browsers), nobody knows: see `store.ts`.
 */
export class Presence {
  readonly id: string;
  #free: (() => void) | undefined;

  constructor(id: string) {
    this.id = id;
  }

  /** Be known as alive from when this resolves; never rejects. */
  hold(): Promise<unknown> {
    return new Promise<unknown>((held) => {
      const hold = (): Promise<void> => {
        held(0);
        return new Promise((free) => {
          this.#free = free;
        });
      };
      navigator.locks.request(lockOf(this.id), hold).catch(held);
    }).catch(() => {}); // there are no locks
  }

  /** Be known as gone: a page in the back/forward cache cannot act. */
  release(): void {
    this.#free?.();
  }

  /** Tell whether a page is gone; undefined where nobody knows. */
  async whoIsGone(): Promise<((page: string) => boolean) | undefined> {
    try {
      const { held } = await navigator.locks.query();
      const names = held!.map(({ name }) => name);
      return (page) => !names.includes(lockOf(page));
    } catch {
      return undefined;
    }
  }
}

function lockOf(page: string): string {
  return `sillage.${page}`;
}
