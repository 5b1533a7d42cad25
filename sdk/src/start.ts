import { capture, captureError, keepAndSend, state, warn } from "./capture";
import { watchClicks } from "./clicks";
import { objects, requireConsent } from "./consent";
import { readContext } from "./context";
import * as delivery from "./delivery";
import { watchErrors } from "./errors";
import { clip, MAX_CHARACTERS } from "./event";
import { keepNothing } from "./keep";
import { linkRequests } from "./links";
import * as pace from "./pace";
import { watchPages } from "./pages";
import * as presence from "./presence";
import * as queue from "./queue";
import * as shelf from "./shelf";
import * as store from "./store";
import * as transport from "./transport";

/** What `init` takes; all but the first two may be left out. */
export interface Options {
  /** Public write key, `pk_…`. */
  key: string;
  /** Address of the collector, such as `https://telemetry.example`, with a path if it has one. */
  endpoint: string;
  /** Version of the application, to compare one release with another. */
  release?: string | undefined;
  /** Whether page views are recorded by themselves; true unless set. */
  pageViews?: boolean | undefined;
  /** Whether errors that nothing catches are recorded; true unless set. */
  errors?: boolean | undefined;
  /** Whether clicks on `data-sillage-action` are recorded; true unless set. */
  clicks?: boolean | undefined;
  /** Whether requests carry `traceparent` and events the `trace_id` that it names; true unless set. */
  traces?: boolean | undefined;
  /** Origins whose requests carry it, besides the page's own; their CORS rules must allow the header. */
  tracedOrigins?: readonly string[] | undefined;
  /** The share of sessions whose traces are to be kept, from 0 to 1; 1 unless set. */
  traceSampleRate?: number | undefined;
  /** "required": nothing is captured before `optIn`; "assumed" unless set. */
  consent?: string | undefined;
  /** Whether queue and session may be kept in the browser's storage; true unless set. */
  storage?: boolean | undefined;
}

/** Start everything that the options ask for; throws where it cannot. A second call changes nothing. */
export function start(options: Options): void {
  if (state.isStarted) return;
  const { key, endpoint, release, consent, storage = true } = options;
  if (!key || !endpoint) throw new TypeError("init needs key and endpoint");
  if (consent === "required") requireConsent();
  const keeps = storage && !objects();
  if (keeps) store.begin();
  else keepNothing();
  shelf.begin(clip(key, MAX_CHARACTERS.name), readContext(release));
  transport.begin(`${endpoint.replace(/\/$/, "")}/v1/events`);
  pace.begin();
  linkRequests(options, warn);
  state.isStarted = true;
  watchLeaving(keeps);
  watchPerson(options);
  queue.all().forEach(keepAndSend); // tracked before `init`
}

/** Send when the page is left, and again when it is back. */
function watchLeaving(keeps: boolean): void {
  // On the window, after all listeners on the document: what they record at the last moment goes along.
  addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") delivery.leave();
    else delivery.retry();
  });
  // Never `unload`: it is unreliable on phones and keeps the page out of the back/forward cache.
  addEventListener("pagehide", () => {
    delivery.leave();
    presence.release();
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    queue.close(); // others may have taken over what was captured while the page was going
    if (keeps) void presence.hold();
    delivery.retry();
  });
  addEventListener("online", delivery.retry);
}

/** Record by itself what the options do not exclude. */
function watchPerson({ pageViews = true, errors = true, clicks = true }: Options): void {
  if (pageViews) watchPages(() => capture("view", "page.viewed"));
  if (clicks) watchClicks((name, properties) => capture("action", name, properties));
  if (errors) watchErrors(captureError);
}
