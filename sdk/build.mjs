// Type-checks the SDK, builds dist/, prints what each file weighs and fails when the SDK weighs too much.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** The shortest that browsers take for an integrity: the core carries those of its parts. */
const HASH = "sha256";
const SCRIPT = "sillage.min.js";
const PARTS = { vitals: "sillage-vitals.min.js", debug: "sillage-debug.min.js" };
/** Long names that no page, request, store or other part sees: the script has shorter ones. */
const INTERNAL =
  /^(unansweredAt|isAskedToWait|succeeded|adoptsAgain|write|whoIsGone|retryAfter|afterMs|isFull|verdict|settle|adopt|waits|holds|hurry|leave|wake|giveBack|idOf|expires|saved|lose|room|save|forget|take|retry|hold|failed|wait|isAllowed|batches|post)$/;
/** Bytes, gzipped; the promise made to the pages that load them. Only a developer's browser loads the overlay. */
const LIMITS = { core: 8_000, "core and vitals": 10_000 };

const here = dirname(fileURLToPath(import.meta.url));
const at = (...path) => join(here, ...path);
const dist = (...path) => at("dist", ...path);
const { version } = JSON.parse(readFileSync(at("package.json"), "utf8"));

function bundle(source, target, options) {
  return build({
    entryPoints: [at("src", source)],
    outfile: dist(target),
    bundle: true,
    logLevel: "warning",
    sourcemap: true,
    target: "es2022",
    ...options,
    define: { VERSION: JSON.stringify(version), ...options.define },
  });
}

const module = (source, target) => bundle(source, target, { format: "esm" });
const script = (source, target, define) =>
  bundle(source, target, { format: "iife", minify: true, mangleProps: INTERNAL, define });

function declareTypes() {
  const tsc = at("node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "--project", here], { stdio: "inherit" });
}

/** Put a file where the collector serves it from, under a name that holds only for this content. */
function serve(file) {
  const integrity = `${HASH}-${createHash(HASH).update(readFileSync(dist(file))).digest("base64")}`;
  const name = file.replace(".min.js", `-${integrity.slice(7, 15).replace(/\W/g, "_")}.js`); // as src/parts.ts does
  copyFileSync(dist(file), dist("served", name));
  copyFileSync(dist(`${file}.map`), dist("served", `${file}.map`));
  return { file: name, integrity };
}

function weigh(file) {
  const content = readFileSync(dist(file));
  const size = { bytes: content.length, gzip: gzipSync(content, { level: 9 }).length };
  console.log(`${file}: ${size.bytes} bytes, ${size.gzip} gzipped`);
  return size;
}

function hold(what, gzip) {
  console.log(`${what}: ${gzip} bytes gzipped (limit ${LIMITS[what]})`);
  if (gzip > LIMITS[what]) throw new Error(`${what} is ${gzip - LIMITS[what]} bytes over its limit`);
}

try {
  rmSync(dist(), { recursive: true, force: true });
  mkdirSync(dist("served"), { recursive: true });
  declareTypes();
  await module("index.ts", "sillage.mjs");
  for (const name of Object.keys(PARTS)) await module(`${name}.ts`, `${name}.mjs`);
  const served = {};
  for (const [name, file] of Object.entries(PARTS)) {
    await script(`${name}.script.ts`, file);
    served[name] = serve(file);
  }
  const integrities = Object.entries(served).map(([name, { integrity }]) => [name, integrity]);
  await script("script.ts", SCRIPT, { INTEGRITY: JSON.stringify(Object.fromEntries(integrities)) });
  const sizes = Object.fromEntries([SCRIPT, ...Object.values(PARTS)].map((file) => [file, weigh(file)]));
  writeFileSync(dist("sizes.json"), `${JSON.stringify({ version, ...sizes }, null, 2)}\n`);
  writeFileSync(dist("served", "sillage.json"), `${JSON.stringify({ version, ...serve(SCRIPT), parts: served })}\n`);
  hold("core", sizes[SCRIPT].gzip);
  hold("core and vitals", sizes[SCRIPT].gzip + sizes[PARTS.vitals].gzip);
} catch (error) {
  rmSync(dist(SCRIPT), { force: true }); // so that make builds it again
  console.error(`The browser SDK was not built: ${error.message}`);
  process.exitCode = 1;
}
