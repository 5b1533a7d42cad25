/** Random bytes, drawn many at a time: each draw costs more than the id that it is for. */
const pool = new Uint8Array(1_024);
let drawn = pool.length;

/**
 * Make a UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then random bits: ids sort by time of capture.
 *
 * `crypto.randomUUID` is no substitute: it makes version 4, and only in secure contexts.
 */
export function uuidv7(now: number): string {
  const digits = `${hexTime(now)}7${randomHex(10)}`; // version 7
  const variant = "89ab"[now % 4]!; // of RFC 9562, whose two free bits need not be random
  return digits.replace(/(.{8})(.{4})(.{4}).(.{3})(.{12}).*/, `$1-$2-$3-${variant}$4-$5`);
}

/** Give a time in Unix milliseconds as twelve hexadecimal digits. */
export function hexTime(now: number): string {
  return now.toString(16).padStart(12, "0");
}

/** Give that many random bytes as lower-case hexadecimal digits. */
export function randomHex(bytes: number): string {
  if (drawn + bytes > pool.length) {
    crypto.getRandomValues(pool);
    drawn = 0;
  }
  let digits = "";
  for (const end = drawn + bytes; drawn < end; drawn++) digits += (pool[drawn]! + 256).toString(16).slice(1);
  return digits;
}
