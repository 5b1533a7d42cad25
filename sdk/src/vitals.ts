import type { Metric } from "web-vitals";
import { onCLS } from "web-vitals/onCLS.js";
import { onFCP } from "web-vitals/onFCP.js";
import { onINP } from "web-vitals/onINP.js";
import { onLCP } from "web-vitals/onLCP.js";
import type { Properties } from "./event";

/**
 * Record the Web Vitals of this page load: FCP at once, LCP, INP and CLS as the page is hidden.
 *
 * `vital` is the SDK's function of that name.
 */
export function watchVitals(vital: (name: string, properties: Properties) => unknown): void {
  const record = ({ name, value, rating, navigationType }: Metric): unknown =>
    vital(name, { value, rating, navigation: navigationType });
  onCLS(record);
  onFCP(record);
  onINP(record);
  onLCP(record);
}
