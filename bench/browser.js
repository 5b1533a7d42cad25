// What bench/browser.py calls in the page.

const nextTask = () => {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = resolve;
    port2.postMessage(0);
  });
};

/** Run the SDK as its tag would, without vitals. */
async function start(code, endpoint) {
  const script = document.createElement("script");
  script.textContent = code;
  Object.assign(script.dataset, { key: "pk_demo", endpoint, vitals: "off" });
  document.head.append(script);
}

/** Call `track` in as many tasks, and deliver. */
async function calls(count) {
  for (let i = 0; i < count; i++) {
    await nextTask();
    performance.mark("call");
    sillage.track("invoice.sent", { plan: "pro", seats: i, trial: false, note: "as an application has them" });
  }
  await sillage.flush();
}

/** Call `track` in one loop; the milliseconds of all. */
async function burst(count) {
  const begun = performance.now();
  for (let i = 0; i < count; i++) sillage.track("row.imported", { row: i });
  const spent = performance.now() - begun;
  await sillage.flush();
  return spent;
}

/** Leave as many batches on the device, each of some events, as pages that are hidden with no network do. */
async function leave(count) {
  for (let batch = 0; batch < count; batch++) {
    for (let i = 0; i < 5; i++) sillage.track("row.left", { batch, i });
    dispatchEvent(new Event("pagehide"));
    await nextTask();
  }
  await sillage.flush();
}
