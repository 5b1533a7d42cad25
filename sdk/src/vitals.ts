import { type Metric, onCLS, onFCP, onINP, onLCP } from "web-vitals";
import type { Properties } from "./event";

/**
 * Record the Web Vitals of this page load: FCP at once, LCP, INP and CLS as the page is hidden.
 *
 * `vital` is the SDK's function of that name.
 */
export function watchVitals(vital: (name: string, properties: Properties) => unknown): void {
  const record = ({ name, value, rating, navigationType }: Metric): unknown =>
    vital(name, { value, rating, navigation: navigationType });
  for (const on of [onCLS, onFCP, onINP, onLCP]) on(record);
}
