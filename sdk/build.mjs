// Type-checks the SDK, builds dist/, prints what the script weighs and fails when it weighs too much.

import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const SCRIPT = "dist/sillage.min.js";
const GZIP_LIMIT = 8_000; // bytes; the promise made to the pages that load it

const here = dirname(fileURLToPath(import.meta.url));
const at = (...path) => join(here, ...path);
const { version } = JSON.parse(readFileSync(at("package.json"), "utf8"));

function bundle(source, target, options) {
  return build({
    ...options,
    entryPoints: [at(source)],
    outfile: at(target),
    bundle: true,
    define: { VERSION: JSON.stringify(version) },
    logLevel: "warning",
    sourcemap: true,
    target: "es2022",
  });
}

function declareTypes() {
  const tsc = at("node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "--project", here], { stdio: "inherit" });
}

function weigh(file) {
  const code = readFileSync(file);
  return { bytes: code.length, gzip: gzipSync(code, { level: 9 }).length };
}

try {
  declareTypes();
  await bundle("src/index.ts", "dist/sillage.mjs", { format: "esm" });
  await bundle("src/script.ts", SCRIPT, { format: "iife", minify: true });
  const { bytes, gzip } = weigh(at(SCRIPT));
  console.log(`sillage.min.js: ${bytes} bytes, ${gzip} gzipped (limit ${GZIP_LIMIT})`);
  if (gzip > GZIP_LIMIT) throw new Error(`sillage.min.js is ${gzip - GZIP_LIMIT} bytes over its limit`);
} catch (error) {
  rmSync(at(SCRIPT), { force: true }); // so that make builds it again
  console.error(`The browser SDK was not built: ${error.message}`);
  process.exitCode = 1;
}
