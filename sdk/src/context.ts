import { clip, MAX_CHARACTERS } from "./event";

declare const VERSION: string;

/** What is the same for every event of a page load. */
export interface Context {
  sdk: string;
  release?: string | undefined;
  /** BCP 47 tag. */
  language: string;
  /** Width x height, in CSS pixels. */
  screen: string;
  /** IANA name; set by `addTimezone`. */
  timezone?: string;
  /** A program drives this browser, and the browser says so. */
  automated: boolean;
}

/** Read the context of this page. */
export function readContext(release: unknown): Context {
  return {
    sdk: `js/${VERSION}`,
    release: typeof release === "string" ? clip(release, MAX_CHARACTERS.name) : undefined,
    language: clip(navigator.language, MAX_CHARACTERS.name),
    screen: `${screen.width}x${screen.height}`,
    automated: navigator.webdriver,
  };
}

/** Complete a context, apart from the start: without Temporal a browser may need 20 ms and more to say its zone. */
export function addTimezone(context: Context): void {
  const { Temporal } = window as { Temporal?: { Now: { timeZoneId(): string } } };
  context.timezone ??= Temporal?.Now.timeZoneId() ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}
