/**
 * The demonstration's strip: shows each batch that leaves the page, and the collector's answer.
 *
 * It looks over the SDK's shoulder by standing in for `fetch`; it changes nothing and sends nothing itself.
 */
(() => {
  const SHOWN = 4;
  const list = document.querySelector(".strip-sent");
  const events = `${document.currentScript.dataset.collector}/v1/events`;
  const send = window.fetch;

  window.fetch = (url, request) => {
    const answered = send(url, request);
    if (url === events) show(JSON.parse(request.body), answered);
    return answered;
  };

  function show(batch, answered) {
    for (const event of batch.events) {
      const item = document.createElement("li");
      const name = document.createElement("b");
      const detail = document.createElement("span");
      const verdict = document.createElement("i");
      name.textContent = event.name;
      detail.textContent = detailOf(event);
      verdict.textContent = "sending";
      item.append(name, detail, verdict);
      list.prepend(item);
      answered.then(
        (answer) => {
          verdict.textContent = answer.ok ? "in Kafka" : `refused, ${answer.status}`;
          item.className = answer.ok ? "taken" : "refused";
        },
        () => {
          verdict.textContent = "no answer, tried again";
          item.className = "refused";
        },
      );
    }
    while (list.children.length > SHOWN) list.lastChild.remove();
  }

  function detailOf({ page, properties = {} }) {
    const pairs = Object.entries(properties).map(([name, value]) => `${name}=${value}`);
    return [page, ...pairs].join("  ");
  }
})();
