/**
 * The demonstration's strip: shows each event that leaves the page, and what the collector made of it.
 *
 * The SDK tells whoever asks what becomes of events, by `window.sillageLog`; the strip changes and sends nothing.
 */
(() => {
  const SHOWN = 4;
  const VERDICTS = {
    taken: ["taken", "in Kafka"],
    refused: ["refused", "refused"],
    put_off: ["refused", "put off, tried again"],
    unanswered: ["refused", "no answer, tried again"],
  };
  const list = document.querySelector(".strip-sent");
  const shown = new Map();
  const log = (window.sillageLog ??= []);
  const push = log.push;

  log.push = (entry) => {
    const [step, detail] = entry;
    if (step === "sent") detail.events.forEach((json) => show(JSON.parse(json)));
    else if (step in VERDICTS) detail.batch.events.forEach((json) => judge(JSON.parse(json).id, ...VERDICTS[step]));
    return push.call(log, entry); // the overlay of `?sillage_debug` looks too
  };

  function show(event) {
    if (event.kind === "vital") return; // measured by the browser, not done by the person
    const item = document.createElement("li");
    const name = document.createElement("b");
    const detail = document.createElement("span");
    const verdict = document.createElement("i");
    name.textContent = event.name;
    detail.textContent = detailOf(event);
    verdict.textContent = "sending";
    item.append(name, detail, verdict);
    item.at = event.at;
    // In the order of what was done: a page also sends what the one before it may not have brought through.
    list.insertBefore(item, [...list.children].find((other) => other.at <= event.at) ?? null);
    shown.set(event.id, { item, verdict });
    while (list.children.length > SHOWN) list.lastChild.remove();
  }

  function judge(id, className, text) {
    const { item, verdict } = shown.get(id) ?? {};
    if (!item) return;
    item.className = className;
    verdict.textContent = text;
  }

  function detailOf({ page, properties = {} }) {
    const pairs = Object.entries(properties).map(([name, value]) => `${name}=${value}`);
    return [page, ...pairs].join("  ");
  }
})();
