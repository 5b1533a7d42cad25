import type { UsageEvent } from "./event";
import type { Step } from "./log";

/** A row's class is the state of its event. Of very many, the newest 200 are shown. */
const STYLE = `
:host{all:initial;position:fixed;inset:auto 12px 12px auto;z-index:2147483647;max-width:95vw}
details{font:12px/1.5 monospace;color:#e6e9ef;background:#161b26;border-radius:8px;box-shadow:0 4px 24px #0006}
summary{padding:8px 12px;cursor:pointer;font-weight:600}
div{max-height:40vh;overflow:auto;padding:0 12px 8px}
tr:nth-child(n+201){display:none}
td{padding-right:14px;vertical-align:top;white-space:nowrap;max-width:22em;overflow:hidden;text-overflow:ellipsis}
td:nth-child(5){color:var(--c)}
td:nth-child(6){white-space:normal}
.taken{--c:#7ee2a8}
.refused,.lost{--c:#ff8f8f}
.put_off,.unanswered{--c:#ffd479}
.sent,.stored{--c:#9cc4ff}`;

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
  const details = append(root, "details");
  details.toggleAttribute("open");
  const summary = append(details, "summary");
  const table = append(append(details, "div"), "table");
  const rows = new Map<string, HTMLElement>();
  let lost = 0;

  const addRow = (id: string, ...texts: string[]): void => {
    const row = append(table, "tr");
    table.prepend(row);
    rows.set(id, row);
    for (const text of [...texts, "", ""]) append(row, "td", text);
  };
  const mark = (id: string, state: Step, why = ""): void => {
    const row = rows.get(id);
    if (!row || (state === "stored" && row.className !== "captured")) return;
    row.className = state;
    row.children[4]!.textContent = state.replace("_", " ");
    row.children[5]!.textContent = why;
  };
  const count = (selector: string): number => table.querySelectorAll(selector).length;
  const show = ([step, detail]: [Step, unknown]): void => {
    if (step === "captured") {
      const { id, at, kind, name, page } = detail as UsageEvent;
      addRow(id, new Date(at).toLocaleTimeString(), kind, name, page);
      mark(id, step);
    } else if (step === "lost") {
      const { reason, count } = detail as { reason: string; count: number };
      const id = String((lost += count));
      addRow(id, "", "", `${count} events`, "");
      mark(id, step, reason);
    } else {
      const answered = detail as Partial<Answered>;
      const { events } = answered.batch ?? (detail as Answered["batch"]);
      const why = reasons(answered);
      for (const event of events) {
        const { id } = JSON.parse(event) as UsageEvent;
        mark(id, why[id] ? "refused" : step, why[id] ?? why[""]);
      }
    }
    const waiting = count("tr:not(.taken, .refused, .lost)");
    summary.textContent = `Sillage · ${count(".taken")} taken · ${waiting} waiting · ${count(".refused")} refused · ${lost} lost`;
  };

  summary.textContent = "Sillage";
  log.forEach(show);
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
    const why: Record<string, string> = {};
    if (error) why[""] = `${status} ${error.code}: ${error.message} ${error.remedy}`;
    for (const { id, reason } of refused) why[id] = reason;
    return why;
  } catch {
    return { "": `${status ?? "no answer"}: ${text.slice(0, 200)}` };
  }
}

function append(parent: Node, name: string, text = ""): HTMLElement {
  const child = document.createElement(name);
  child.textContent = text;
  return parent.appendChild(child);
}
