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
  /** IANA name. */
  timezone: string;
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
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    automated: navigator.webdriver,
  };
}
