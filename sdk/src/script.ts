/**
 * The script tag: `<script async src="https://telemetry.example/sillage.js" data-key="pk_…"></script>`.
 *
 * Defines the global `sillage`. With `data-key` it starts by itself, sends to where it was loaded from
 * (or to `data-endpoint`) and takes the other options of `init` from `data-…`: a switch is off with "off",
 * origins are separated by spaces. Without it the page calls `sillage.init`.
 */

import { error, flush, identify, init, optIn, optOut, page, session, track, vital } from "./index";
import { loadPart } from "./parts";

const sillage = { init, track, identify, page, error, vital, session, flush, optOut, optIn };

declare global {
  interface Window {
    /** Absent until the script has loaded. */
    sillage?: typeof sillage;
  }
}

/** Start by the attributes of the tag that this file was loaded by. */
function startByTag(script: HTMLScriptElement): void {
  const { dataset, src, nonce } = script;
  const { key, release, consent, tracedOrigins, traceSampleRate } = dataset;
  const endpoint = dataset["endpoint"] || new URL(src || location.href).origin;
  const on = (name: string): boolean => dataset[name] !== "off";
  if (!key) return;
  if (/[?&]sillage_debug\b/.test(location.search)) {
    window.sillageLog ??= [];
    loadPart("debug", endpoint, nonce);
  }
  sillage.init({
    key,
    endpoint,
    release,
    pageViews: on("pageViews"),
    errors: on("errors"),
    clicks: on("clicks"),
    traces: on("traces"),
    storage: on("storage"),
    consent,
    tracedOrigins: tracedOrigins?.split(" ").filter(Boolean),
    traceSampleRate: Number(traceSampleRate || 1),
  });
  // Late, so that it delays nothing that the page itself is waiting for; the browser remembers what it measures.
  const measure = (): void => loadPart("vitals", endpoint, nonce);
  if (!on("vitals")) return;
  if (document.readyState === "complete") measure();
  else addEventListener("load", () => setTimeout(measure));
}

// A page that holds the tag twice is counted once. An element with the id "sillage" has no `init`.
if (!window.sillage?.init) {
  window.sillage = sillage;
  if (document.currentScript) startByTag(document.currentScript as HTMLScriptElement);
}
