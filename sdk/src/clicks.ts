import type { Properties } from "./event";

/**
 * Call `record` for clicks on elements with `data-sillage-action="invoice.sent"`, and on what is in them.
 *
 * Their other attributes that begin with `data-sillage-` are properties: `data-sillage-plan="pro"`.
 */
export function watchClicks(record: (name: string, properties: Properties) => void): void {
  const clicked = ({ target }: Event): void => {
    const marked = target instanceof Element && target.closest<HTMLElement>("[data-sillage-action]");
    if (!marked) return;
    const properties: Properties = {};
    for (const [name, value] of Object.entries(marked.dataset)) {
      const [, property] = /^sillage(?!Action$)([A-Z].*)$/.exec(name) ?? [];
      if (property && value !== undefined) properties[snake(property)] = value;
    }
    record(marked.dataset["sillageAction"] ?? "", properties);
  };
  addEventListener("click", clicked, true); // before any listener of the page, which may stop the event
}

/** `SeatCount` of `dataset` was `data-sillage-seat-count`, and becomes `seat_count`. */
function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter, at) => (at ? "_" : "") + letter.toLowerCase());
}
