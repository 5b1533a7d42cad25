/** Posts bodies to the collector so that they outlive the page where the browser allows it. */

import { byteLength, KEEPALIVE_QUOTA } from "./queue";

const TIMEOUT_MS = 30_000;

/** What became of one attempt: taken, refused for good, put off by the server, or without a usable answer. */
export interface Outcome {
  verdict: "taken" | "refused" | "put_off" | "unanswered";
  status?: number;
  /** The answer's body, or what went wrong. */
  text: string;
  /** How long the server asked to wait, if it did. */
  afterMs?: number | undefined;
}

interface Answer {
  status: number;
  text: string;
  retryAfter: string | null;
}

/** The page's `fetch` as it was when this file ran: what the page puts in its place later is none of our business. */
const { fetch: send } = window;

let url: string;
let keptAlive = 0;
let mayBeBroken = false;

/** Begin to post to this address. */
export function begin(address: string): void {
  url = address;
}

/** Bytes of body that may still be sent in requests that outlive the page. */
export function room(): number {
  return KEEPALIVE_QUOTA - keptAlive;
}

/** Make one attempt; never rejects. */
export async function post(body: string): Promise<Outcome> {
  const bytes = byteLength(body);
  const keepalive = bytes <= room();
  const counted = keepalive ? bytes : 0;
  keptAlive += counted;
  try {
    const by = mayBeBroken && !/native code/.test(String(send)) ? byXhr : byFetch;
    const outcome = judge(await by(url, body, keepalive));
    mayBeBroken = false;
    return outcome;
  } catch (error) {
    mayBeBroken = !mayBeBroken;
    return { verdict: "unanswered", text: String(error) };
  } finally {
    keptAlive -= counted;
  }
}

async function byFetch(url: string, body: string, keepalive: boolean): Promise<Answer> {
  const response = await send.call(window, url, {
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
  return { status: response.status, text: await response.text(), retryAfter: response.headers.get("Retry-After") };
}

/** Where the page had put something else in the place of `fetch` before this file ran, and that fails. */
function byXhr(url: string, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open("POST", url);
    xhr.setRequestHeader("Content-Type", "text/plain");
    xhr.timeout = TIMEOUT_MS;
    xhr.onload = () =>
      resolve({ status: xhr.status, text: xhr.responseText, retryAfter: xhr.getResponseHeader("Retry-After") });
    xhr.onerror = xhr.ontimeout = reject;
    xhr.send(body);
  });
}

/** Read an answer. What says that all is well without saying it as the collector does comes from something between. */
function judge({ status, text, retryAfter }: Answer): Outcome {
  const mayPass = status >= 500 || status === 429 || status === 408;
  const isRefused = status >= 400 && !mayPass;
  const verdict = isRefused ? "refused" : mayPass ? "put_off" : counts(text) ? "taken" : "unanswered";
  return { verdict, status, text, afterMs: retryAfterMs(retryAfter) };
}

/** Whether a body is the collector's: it says how many events were accepted. */
function counts(text: string): boolean {
  try {
    return Number.isInteger(JSON.parse(text).accepted);
  } catch {
    return false;
  }
}

/** Read `Retry-After` (RFC 9110): seconds or a date. Undefined when absent, malformed or hidden by CORS. */
function retryAfterMs(header: string | null): number | undefined {
  if (!header) return undefined;
  const wait = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return wait >= 0 ? wait : undefined;
}
