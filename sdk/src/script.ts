/**
 * The script tag: `<script async src="https://telemetry.example/sillage.js" data-key="pk_…"></script>`.
 *
 * Defines the global `sillage`. With `data-key` it starts by itself, sends to where it was loaded from
 * (or to `data-endpoint`) and takes the other options of `init` from `data-…`: a switch is off with "off",
 * origins are separated by spaces. Without it the page calls `sillage.init`.
 */

import * as sillage from "./index";
import { loadPart } from "./parts";

declare global {
  interface Window {
    /** Absent until the script has loaded. */
    sillage?: typeof sillage;
  }
}

/** Start by the attributes of the tag that this file was loaded by. */
function startByTag(script: HTMLScriptElement): void {
  const { key, endpoint, consent, ...data } = script.dataset;
  if (!key) return;
  const origin = endpoint || new URL(script.src || location.href).origin;
  const { release, tracedOrigins, traceSampleRate } = data;
  if (/[?&]sillage_debug\b/.test(location.search)) {
    window.sillageLog ??= [];
    loadPart("debug", origin, script.nonce);
  }
  sillage.init({
    key,
    endpoint: origin,
    release,
    pageViews: data["pageViews"] !== "off",
    errors: data["errors"] !== "off",
    clicks: data["clicks"] !== "off",
    traces: data["traces"] !== "off",
    storage: data["storage"] !== "off",
    consent: consent === "required" ? consent : undefined,
    tracedOrigins: tracedOrigins?.split(" ").filter(Boolean),
    traceSampleRate: traceSampleRate ? Number(traceSampleRate) : undefined,
  });
  // Late, so that it delays nothing that the page itself is waiting for; the browser remembers what it measures.
  const measure = (): void => loadPart("vitals", origin, script.nonce);
  if (data["vitals"] === "off") return;
  if (document.readyState === "complete") measure();
  else addEventListener("load", () => setTimeout(measure));
}

// A page that holds the tag twice is counted once. An element with the id "sillage" has no `init`.
if (!window.sillage?.init) {
  window.sillage = sillage;
  if (document.currentScript) startByTag(document.currentScript as HTMLScriptElement);
}
