// Type-checks the SDK, builds dist/, prints what each file weighs and fails when the SDK weighs too much.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import zopfli from "@gfx/zopfli";
import { build } from "esbuild";
import { minify } from "terser";

const gzip = promisify(zopfli.gzip);
/** The shortest that browsers take for an integrity: the core carries those of its parts. */
const HASH = "sha256";
const SCRIPT = "sillage.min.js";
const PARTS = { vitals: "sillage-vitals.min.js", debug: "sillage-debug.min.js" };
/** Long names that are seen inside one script alone, and nowhere stored: web-vitals begins most of its own with `_`. */
const OWN = ["verdict", "afterMs", "retryAfter", "isFull", "batches"];
const OF_WEB_VITALS = [
  ...["_.*", "firstHiddenTime", "onHidden", "reportAllChanges"],
  ...["navigationInteractionId", "navigationURL", "navigationStartTime"],
];
const INTERNAL = new RegExp(`^(${[...OWN, ...OF_WEB_VITALS].join("|")})$`);
/**
 * Soft navigations are off in web-vitals unless asked for, which we do not: it asks for this name to tell whether
 * the browser has them, and for nothing else by it. Without it, what only they need is left out.
 */
const WITHOUT_SOFT_NAVIGATIONS = { "globalThis.PerformanceObserver": "undefined" };
/** What compresses best: literals stay on the right, as the source has them. */
const MINIFY = {
  ecma: 2022,
  toplevel: true,
  compress: { passes: 4, unsafe_arrows: true, lhs_constants: false, hoist_funs: true },
};
/** Bytes, gzipped as the collector serves them; the promise made to the pages that load them. */
const LIMITS = { core: 8_000, everything: 10_000 };

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

/** Bundle a script for pages; its source map is apart, and named by a header where the collector serves it. */
async function script(source, target, define) {
  const once = { format: "iife", minifySyntax: true, mangleProps: INTERNAL, define };
  const [map, bundled] = (await bundle(source, target, { ...once, sourcemap: "external", write: false })).outputFiles;
  const sourceMap = { content: map.text, filename: target, includeSources: true };
  const minified = await minify({ [target]: bundled.text }, { ...MINIFY, sourceMap });
  writeFileSync(dist(target), minified.code);
  writeFileSync(dist(`${target}.map`), minified.map);
}

function declareTypes() {
  const tsc = at("node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "--project", here], { stdio: "inherit" });
}

/** Put a file where the collector serves it from, compressed too, under a name that holds only for this content. */
async function serve(file) {
  const integrity = `${HASH}-${createHash(HASH).update(readFileSync(dist(file))).digest("base64")}`;
  const name = file.replace(".min.js", `-${integrity.slice(7, 15).replace(/\W/g, "_")}.js`); // as src/parts.ts does
  copyFileSync(dist(file), dist("served", name));
  writeFileSync(dist("served", `${name}.gz`), await gzip(readFileSync(dist(file)), { numiterations: 100 }));
  copyFileSync(dist(`${file}.map`), dist("served", `${file}.map`));
  return { file: name, integrity };
}

function weigh(file, name) {
  const size = { bytes: statSync(dist(file)).size, gzip: statSync(dist("served", `${name}.gz`)).size };
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
  const parts = {};
  for (const [name, file] of Object.entries(PARTS)) {
    await script(`${name}.script.ts`, file, name === "vitals" ? WITHOUT_SOFT_NAVIGATIONS : {});
    parts[name] = await serve(file);
  }
  const integrities = Object.entries(parts).map(([name, { integrity }]) => [name, integrity]);
  await script("script.ts", SCRIPT, { INTEGRITY: JSON.stringify(Object.fromEntries(integrities)) });
  const core = await serve(SCRIPT);
  const sizes = { [SCRIPT]: weigh(SCRIPT, core.file) };
  for (const [name, file] of Object.entries(PARTS)) sizes[file] = weigh(file, parts[name].file);
  writeFileSync(dist("sizes.json"), `${JSON.stringify({ version, ...sizes }, null, 2)}\n`);
  writeFileSync(dist("served", "sillage.json"), `${JSON.stringify({ version, ...core, parts })}\n`);
  hold("core", sizes[SCRIPT].gzip);
  hold("everything", Object.values(sizes).reduce((sum, { gzip }) => sum + gzip, 0));
} catch (error) {
  rmSync(dist(SCRIPT), { force: true }); // so that make builds it again
  console.error(`The browser SDK was not built: ${error.message}`);
  process.exitCode = 1;
}
