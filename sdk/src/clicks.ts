import type { Properties } from "./event";

const ACTION = "data-sillage-action";

/**
 * Call `record` for clicks on elements with `data-sillage-action="invoice.sent"`, and on what is in them.
 *
 * Their other attributes that begin with `data-sillage-` are properties: `data-sillage-seat-count="3"` is `seat_count`.
 */
export function watchClicks(record: (name: string, properties: Properties) => void): void {
  const clicked = ({ target }: Event): void => {
    const marked = target instanceof Element && target.closest(`[${ACTION}]`);
    if (!marked) return;
    const properties: Properties = {};
    for (const { name, value } of marked.attributes) {
      const [, property] = /^data-sillage-([a-z].*)/.exec(name) ?? [];
      if (property && name !== ACTION) properties[property.replace(/-/g, "_")] = value;
    }
    record(marked.getAttribute(ACTION)!, properties);
  };
  addEventListener("click", clicked, true); // before any listener of the page, which may stop the event
}
