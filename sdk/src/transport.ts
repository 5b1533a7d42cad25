import { byteLength } from "./queue";

/** What one page may have under way in `keepalive` requests, in bytes of body (Fetch standard). */
export const KEEPALIVE_QUOTA = 64 * 1024;
const TIMEOUT_MS = 30_000;
const MAX_RETRY_AFTER_MS = 24 * 3_600_000;

/** What became of one attempt: taken, refused for good, put off by the server, or without an answer. */
export type Outcome =
  | { verdict: "taken" | "refused" | "unanswered" }
  /** `afterMs`: how long the server asked to wait, if it did. */
  | { verdict: "put_off"; afterMs: number | undefined };

/** Posts bodies to the collector so that they outlive the page where the browser allows it. */
export class Transport {
  readonly #url: string;
  #keptAlive = 0;

  constructor(url: string) {
    this.#url = url;
  }

  /** Bytes of body that may still be sent in requests that outlive the page. */
  get room(): number {
    return KEEPALIVE_QUOTA - this.#keptAlive;
  }

  /** Make one attempt; never rejects. */
  async post(body: string): Promise<Outcome> {
    const bytes = byteLength(body);
    const keepalive = bytes <= this.room;
    const counted = keepalive ? bytes : 0;
    this.#keptAlive += counted;
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        body,
        keepalive,
        // A request that CORS calls simple: no preflight before it, no cookie in it.
        headers: { "Content-Type": "text/plain" },
        credentials: "omit",
        referrerPolicy: "origin",
        signal: AbortSignal.timeout?.(TIMEOUT_MS) ?? null,
      });
      // The quota counts a request until its answer is read to the end.
      await response.text().catch(() => "");
      return outcome(response);
    } catch {
      return { verdict: "unanswered" };
    } finally {
      this.#keptAlive -= counted;
    }
  }
}

function outcome(response: Response): Outcome {
  if (response.ok) return { verdict: "taken" };
  const mayPass = response.status >= 500 || response.status === 429 || response.status === 408;
  if (!mayPass) return { verdict: "refused" };
  return { verdict: "put_off", afterMs: retryAfterMs(response.headers.get("Retry-After")) };
}

/** Read `Retry-After` (RFC 9110): seconds or a date. Undefined when absent, malformed or hidden by CORS. */
function retryAfterMs(header: string | null): number | undefined {
  if (!header) return undefined;
  const wait = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return wait >= 0 ? Math.min(wait, MAX_RETRY_AFTER_MS) : undefined;
}
