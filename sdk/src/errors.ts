import type { Properties } from "./event";

/** How many different errors one page load records: one that recurs in a loop must not drown the others. */
const MAX_ERRORS = 20;
const seen = new Set<string>();

/** Call `record` once for each different error that nothing on the page catches. */
export function watchErrors(record: (thrown: unknown, where: Properties) => void): void {
  addEventListener("error", ({ error, message, filename, lineno, colno }) => {
    if (!message) return; // a picture or a script that did not load
    record(error ?? message, { file: withoutQueries(filename), line: lineno, column: colno });
  });
  addEventListener("unhandledrejection", ({ reason }) => record(reason, { rejected: true }));
}

/** Give an error's name and what it says of itself; undefined for one that was seen before on this page. */
export function describe(thrown: unknown): { name: string; properties: Properties } | undefined {
  const { name, message, stack } = Object(thrown) as Partial<Error>;
  const said = String(message ?? thrown);
  const properties: Properties = { message: said };
  if (stack) properties.stack = withoutQueries(stack);
  const before = seen.size;
  if (before < MAX_ERRORS) seen.add(`${name}${said}${stack}`);
  if (seen.size === before) return undefined;
  return { name: String(name || "Error"), properties };
}

/** Take the queries out of the addresses in a text: they may hold personal data. */
function withoutQueries(text: string): string {
  return text.replace(/(\/[^\s?#:)]*)[?#][^\s:)]*/g, "$1");
}
