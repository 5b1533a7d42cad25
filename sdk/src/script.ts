/**
 * The script tag: `<script async src="https://telemetry.example/sillage.js" data-key="pk_…"></script>`.
 *
 * Defines the global `sillage`. With `data-key` it starts by itself, sends to where it was loaded from
 * (or to `data-endpoint`) and takes `data-release`, `data-traces="off"`, `data-traced-origins` (separated by
 * spaces) and `data-trace-sample-rate`; without it the page calls `sillage.init`.
 */

import { flush, identify, init, page, session, track } from "./index";

const sillage = { init, track, identify, page, session, flush };

declare global {
  interface Window {
    /** Absent until the script has loaded. */
    sillage?: typeof sillage;
  }
}

// A page that holds the tag twice is counted once. An element with the id "sillage" has no `init`.
if (!window.sillage?.init) {
  window.sillage = sillage;
  const script = document.currentScript as HTMLScriptElement | null;
  const { key, endpoint, release, traces, tracedOrigins, traceSampleRate } = script?.dataset ?? {};
  const origin = new URL(script?.src || location.href).origin;
  if (key)
    init({
      key,
      endpoint: endpoint || origin,
      release,
      traces: traces !== "off",
      tracedOrigins: tracedOrigins?.split(" ").filter(Boolean),
      traceSampleRate: traceSampleRate ? Number(traceSampleRate) : undefined,
    });
}
