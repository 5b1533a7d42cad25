/** What Atelier shows: kept in this tab alone and forgotten with it. */

export const rate = 90;

export const projects = ["Shop redesign", "Booking engine", "Accounts export", "Brand guide"];

export const entries = [
  ["Mon", "Shop redesign", "7.5"],
  ["Tue", "Shop redesign", "5.0"],
  ["Tue", "Accounts export", "3.0"],
  ["Wed", "Booking engine", "6.5"],
  ["Thu", "Booking engine", "7.5"],
  ["Fri", "Brand guide", "2.0"],
];

const WORK = ["Design", "Implementation", "Tests and review", "Workshop"];

export const invoices = [
  make(1048, "Cabinet Rivoli", "18 December", "draft", [14, 9.5, 3]),
  make(1047, "Librairie des Quais", "12 December", "sent", [6, 12]),
  make(1046, "Menuiserie Armor", "4 December", "sent", [8, 4.5, 2, 4]),
  make(1045, "Fromagerie du Vercors", "1 December", "paid", [22, 6]),
  make(1044, "Transports Belledonne", "24 November", "paid", [10, 3.5]),
  make(1042, "Maison Ouessant", "14 November", "overdue", [12, 6.5, 2]),
];

/** Give an invoice; numbers that are not in the list stand for older ones. */
export function invoice(number) {
  return invoices.find((one) => one.number === number) ?? make(number, "Atelier du Midi", "30 October", "paid", [8, 4]);
}

/** Add a draft made from logged hours. */
export function addInvoice() {
  const added = make(invoices[0].number + 1, "Librairie des Quais", "23 December", "draft", [7.5, 2]);
  invoices.unshift(added);
  return added;
}

/** Add hours to the week. */
export function logTime(project, hours) {
  entries.push(["Today", project, hours.toFixed(1)]);
}

/** Write an amount as `€ 1,840.00`. */
export function euros(amount) {
  return `€ ${amount.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

function make(number, client, due, status, hours) {
  const lines = hours.map((worked, index) => [WORK[index], worked]);
  return { number, client, due, status, lines, amount: hours.reduce((sum, worked) => sum + worked * rate, 0) };
}
