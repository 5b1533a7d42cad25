import type { UsageEvent } from "./event";
import type { Step } from "./log";

const MAX_ROWS = 200;
const STYLE = `
  :host { all: initial; position: fixed; inset: auto 12px 12px auto; z-index: 2147483647; max-width: calc(100vw - 24px) }
  details { font: 12px/1.5 ui-monospace, monospace; color: #e6e9ef; background: #161b26; border-radius: 8px; box-shadow: 0 4px 24px #0006 }
  summary { padding: 8px 12px; cursor: pointer; font-weight: 600 }
  div { max-height: 40vh; overflow: auto; padding: 0 12px 8px }
  table { border-collapse: collapse }
  td { padding: 2px 14px 2px 0; vertical-align: top; white-space: nowrap; max-width: 22em; overflow: hidden; text-overflow: ellipsis }
  td:last-child { white-space: normal; padding: 2px 0 }
  .taken { color: #7ee2a8 } .refused, .lost { color: #ff8f8f } .put_off, .unanswered { color: #ffd479 } .sent, .stored { color: #9cc4ff }
`;

interface Answered {
  batch: { events: string[] };
  status?: number;
  text: string;
}

/** Show on the page what was captured, kept, sent, taken and refused, and why. For developers. */
export function showOverlay(): void {
  const log = (window.sillageLog ??= []);
  if (!Array.isArray(log)) return;
  const host = document.createElement("sillage-debug");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet(); // no Content-Security-Policy forbids it
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const details = append(root, "details") as HTMLDetailsElement;
  details.open = true;
  const summary = append(details, "summary");
  const table = append(append(details, "div"), "table");
  const rows = new Map<string, { state: Step; cells: HTMLElement[] }>();
  let lost = 0;

  const addRow = (id: string, ...texts: string[]): void => {
    const row = document.createElement("tr");
    table.prepend(row);
    rows.set(id, { state: "captured", cells: [...texts, "", ""].map((text) => append(row, "td", text)) });
    if (rows.size > MAX_ROWS) table.lastChild?.remove();
  };
  const mark = (id: string, state: Step, why = ""): void => {
    const row = rows.get(id);
    if (!row || (state === "stored" && row.state !== "captured")) return;
    row.state = state;
    const [reason, shown] = [...row.cells].reverse();
    Object.assign(shown!, { textContent: state.replace("_", " "), className: state });
    reason!.textContent = why;
  };
  const show = ([step, detail]: [Step, unknown]): void => {
    if (step === "captured") {
      const { id, at, kind, name, page } = detail as UsageEvent;
      addRow(id, new Date(at).toLocaleTimeString(), kind, name, page);
      mark(id, step);
    } else if (step === "lost") {
      const { reason, count } = detail as { reason: string; count: number };
      lost += count;
      addRow(String(lost), "", "", `${count} events`, "");
      mark(String(lost), step, reason);
    } else {
      const answered = detail as Partial<Answered>;
      const { events } = answered.batch ?? (detail as Answered["batch"]);
      const why = reasons(answered);
      for (const { id } of events.map((json) => JSON.parse(json) as UsageEvent))
        mark(id, why[id] ? "refused" : step, why[id] ?? why[""]);
    }
    const count = (...states: Step[]): number => [...rows.values()].filter(({ state }) => states.includes(state)).length;
    const waiting = count("captured", "stored", "sent", "put_off", "unanswered", "adopted");
    summary.textContent = `Sillage · ${count("taken")} taken · ${waiting} waiting · ${count("refused")} refused · ${lost} lost`;
  };

  summary.textContent = "Sillage";
  for (const entry of log) show(entry);
  const push = log.push;
  log.push = (entry) => {
    show(entry);
    return push.call(log, entry); // others may look too
  };
  document.body.append(host);
}

/** Read an answer: why each event was refused, by its id; under "" what holds for all. */
function reasons({ status, text }: Partial<Answered>): Record<string, string> {
  if (text === undefined) return {};
  try {
    const { error, refused = [] } = JSON.parse(text);
    const all = error ? `${status} ${error.code}: ${error.message} ${error.remedy}` : "";
    return Object.fromEntries([["", all], ...refused.map((one: { id: string; reason: string }) => [one.id, one.reason])]);
  } catch {
    return { "": `${status ?? "no answer"}: ${text.slice(0, 200)}` };
  }
}

function append(parent: Node, name: string, text = ""): HTMLElement {
  const child = document.createElement(name);
  child.textContent = text;
  parent.appendChild(child);
  return child;
}
