import { objects } from "./consent";
import { markRequests } from "./requests";
import type { Options } from "./start";
import * as trace from "./trace";

/**
 * Have requests say which trace they belong to, and events too.
 *
 * Not where the page does not want it, or the person objects (Global Privacy Control), or it cannot be had:
 * then `warn` hears why. The collector's own addresses are left out, whatever their origin.
 */
export function linkRequests(
  { endpoint, traces: wanted = true, tracedOrigins = [], traceSampleRate = 1 }: Options,
  warn: (error: unknown) => void,
): void {
  if (!wanted || objects()) return;
  try {
    const origins = [location.origin, ...tracedOrigins.map((address) => new URL(address).origin)];
    const collector = new URL(`${endpoint.replace(/\/$/, "")}/v1/`, document.baseURI).href;
    const own = [`${collector}events`, `${collector}traces`];
    const traced = (address: string): boolean =>
      origins.some((origin) => address.startsWith(`${origin}/`)) &&
      !own.some((prefix) => address.startsWith(prefix));
    markRequests(traced, trace.traceparent);
    trace.begin(traceSampleRate);
  } catch (error) {
    warn(error);
  }
}
