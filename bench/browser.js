// What bench/browser.py calls in the page.

let longTasks = 0;
new PerformanceObserver((list) => (longTasks += list.getEntries().length)).observe({ type: "longtask" });

const nextTask = () => {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = resolve;
    port2.postMessage(0);
  });
};

/** Run the SDK as its tag would, without vitals, and give the milliseconds until its script has ended. */
async function start(code, endpoint) {
  const script = document.createElement("script");
  script.textContent = code;
  Object.assign(script.dataset, { key: "pk_demo", endpoint, vitals: "off" });
  await nextTask();
  const begun = performance.now();
  document.head.append(script);
  return { start: performance.now() - begun };
}

/** Call `track` in as many tasks; the milliseconds of each call, and with the microtasks that it leaves. */
async function calls(count) {
  const times = { call: [], settled: [] };
  let spent = 0;
  for (let i = 0; i < count; i++) {
    await nextTask();
    const begun = performance.now();
    sillage.track("invoice.sent", { plan: "pro", seats: i, trial: false, note: "as an application has them" });
    const called = performance.now();
    await null;
    await null;
    await null;
    const settled = performance.now();
    times.call.push(called - begun);
    times.settled.push(settled - begun);
    spent += settled - begun;
  }
  await sillage.flush();
  return { ...times, script: spent };
}

/** Call `track` in one loop; the milliseconds of all. */
async function burst(count) {
  await sillage.flush();
  await nextTask();
  const seen = longTasks;
  const begun = performance.now();
  for (let i = 0; i < count; i++) sillage.track("row.imported", { row: i });
  const spent = performance.now() - begun;
  await sillage.flush();
  await new Promise((resolve) => setTimeout(resolve, 100)); // long tasks are told late
  longTasks = seen;
  return spent;
}

/** Leave as many batches on the device, each of some events, as pages that were closed do. */
async function leave(count) {
  for (let batch = 0; batch < count; batch++) {
    for (let i = 0; i < 5; i++) sillage.track("row.left", { batch, i });
    dispatchEvent(new Event("pagehide"));
    await nextTask();
  }
}
