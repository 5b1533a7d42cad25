/** Atelier's pages: drawn here, one path each, moved between through the History API. */

import { addInvoice, entries, euros, invoice, invoices, logTime, projects, rate } from "./app.js";
import { ask, showTrace } from "./backend.js";

const main = document.getElementById("main");

/** Record an action. `window.sillage` is absent until the async script has loaded, or where it is blocked. */
const track = (name, properties) => window.sillage?.track(name, properties);

const PAGES = [
  [/^\/$/, "dashboard", "Dashboard", drawDashboard],
  [/^\/time$/, "time", "Time", drawTime],
  [/^\/invoices$/, "invoices", "Invoices", drawInvoices],
  [/^\/invoices\/(\d+)$/, "invoice", "Invoice", drawInvoice],
  [/^\/settings$/, "settings", "Settings", drawSettings],
];

function draw() {
  for (const [pattern, template, title, fill] of PAGES) {
    const match = pattern.exec(location.pathname);
    if (!match) continue;
    document.title = `${title} · Atelier`;
    main.replaceChildren(document.getElementById(template).content.cloneNode(true));
    fill(match[1]);
    for (const link of document.querySelectorAll("nav a")) {
      const path = link.getAttribute("href");
      const here = path === location.pathname || (path !== "/" && location.pathname.startsWith(`${path}/`));
      link.toggleAttribute("aria-current", here);
      if (here) link.setAttribute("aria-current", "page");
    }
    return;
  }
}

function go(path) {
  history.pushState(null, "", path);
  draw();
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
}

function drawDashboard() {
  const late = invoices.filter(({ status }) => status === "overdue" || status === "draft");
  main.querySelector("[data-invoices]").append(
    ...late.map(({ number, client, status }) => {
      const item = element("li");
      item.append(linkTo(number, `${status === "draft" ? "Send" : "Follow up"} ${number}`), element("span", client));
      return item;
    }),
  );
}

function drawTime() {
  const form = main.querySelector("#log-time");
  form.elements.project.append(...projects.map((project) => element("option", project)));
  const fill = () => main.querySelector("#entries").replaceChildren(...entries.map((entry) => row(...entry)));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { project, hours, billable } = form.elements;
    logTime(project.value, Number(hours.value));
    track("time.logged", { hours: Number(hours.value), billable: billable.checked });
    fill();
  });
  fill();
}

function drawInvoices() {
  main.querySelector("#rows").append(
    ...invoices.map(({ number, client, due, amount, status }) => {
      const cells = row("", client, due, euros(amount), "");
      cells.children[0].append(linkTo(number, String(number)));
      cells.children[3].className = "number";
      cells.children[4].append(badge(status));
      return cells;
    }),
  );
  main.querySelector("#new-invoice").addEventListener("click", () => {
    const { number, lines } = addInvoice();
    track("invoice.created", { lines: lines.length, from_time: true });
    go(`/invoices/${number}`);
  });
}

function drawInvoice(number) {
  const shown = invoice(Number(number));
  main.querySelector("h1").textContent = `Invoice ${shown.number}`;
  main.querySelector(".lead").textContent = `${shown.client} · due ${shown.due}`;
  main.querySelector("#lines").append(
    ...shown.lines.map(([work, hours]) => row(work, hours.toFixed(1), euros(rate), euros(hours * rate))),
  );
  main.querySelector("#totals").append(
    row("Net", "", "", euros(shown.amount)),
    row("VAT 20 %", "", "", euros(shown.amount * 0.2)),
    row("Total", "", "", euros(shown.amount * 1.2)),
  );
  const status = () => main.querySelector(".status").replaceChildren(badge(shown.status));
  const [said, trace] = [main.querySelector(".done"), main.querySelector(".trace")];
  const settle = async (noun, done, failed) => {
    const answer = await ask(`/api/invoices/${shown.number}/${noun}`);
    said.textContent = answer.done ? done : failed;
    said.classList.toggle("failed", !answer.done);
    showTrace(trace, answer);
    return answer.done;
  };
  main.querySelector("#send").addEventListener("click", async () => {
    track("invoice.sent", { amount: shown.amount, currency: "EUR", by_post: false });
    const done = `Invoice ${shown.number} is on its way to ${shown.client}.`;
    if (await settle("deliveries", done, "The invoice could not be sent. Please try again.")) shown.status = "sent";
    status();
  });
  main.querySelector("#remind").addEventListener("click", () => {
    track("reminder.sent");
    settle("reminders", `A reminder is on its way to ${shown.client}.`, "The reminder could not be sent.");
  });
  main.querySelector("#book").addEventListener("click", () => {
    track("booking.requested");
    settle("bookings", `Invoice ${shown.number} is in the books.`, "The books cannot be reached right now. We are on it.");
  });
  status();
}

function drawSettings() {
  const form = main.querySelector("#save-settings");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    track("settings.saved", { section: "taxes" });
    form.querySelector(".done").textContent = "Saved.";
  });
}

function element(tag, text = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function linkTo(number, text) {
  const link = element("a", text);
  link.href = `/invoices/${number}`;
  return link;
}

function badge(status) {
  const made = element("span", status);
  made.className = `badge ${status}`;
  return made;
}

/** A table row; numbers and amounts stand on the right. */
function row(...cells) {
  const made = element("tr");
  made.append(
    ...cells.map((cell) => {
      const data = element("td", cell);
      if (/^€|^[\d.]+$/.test(cell)) data.className = "number";
      return data;
    }),
  );
  return made;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='/']");
  if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
    event.preventDefault();
    go(link.getAttribute("href"));
  }
  const tracked = event.target.closest("[data-track]");
  if (tracked) track(tracked.dataset.track, JSON.parse(tracked.dataset.properties ?? "{}"));
});
addEventListener("popstate", draw);
addEventListener("load", () => window.sillage?.identify("u-17"));
draw();
