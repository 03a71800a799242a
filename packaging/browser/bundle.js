#!/usr/bin/env node
/**
 * Puts the page together: `bundle.js VERSION MODULES TOOLS DIRECTORY`. The WebAssembly modules are in the directory MODULES, and
 * esbuild is installed in TOOLS.
 *
 * Writes a directory for a server (each part with its digest, which browsers require), and one file that holds everything and
 * needs no server. The same input, packed by the same versions of `xz` and esbuild, gives the same bytes.
 */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const HERE = path.dirname(fileURLToPath(import.meta.url));
/** Where a page may read from if the user enters an address of the Hub. */
const HUB = "https://huggingface.co https://*.huggingface.co https://*.hf.co";
const SINGLE_FILE = "openness-verifier.html";
/** The module that a page loads first. */
const FIRST = "openness.wasm";
/** The modules that are loaded when the first one cannot answer. The last can do all that the others do. */
const LARGER = ["openness-oms.wasm", "openness-workshop.wasm", "openness-with-texts.wasm"];
/** What is loaded only if a release, or what the user does, needs it. */
const ON_DEMAND = [...LARGER, "openness-keyless.wasm"];
const LARGEST = `${LARGER.at(-1)}.lzma`;

/** @param {string} name */
const read = (name) => readFileSync(path.join(HERE, name), "utf8");

/**
 * Returns a module and those that it imports as one short text.
 *
 * @param {string} entry
 * @param {"esm" | "iife"} format
 */
function bundled(entry, format) {
  const [{ text }] = buildSync({
    entryPoints: [path.join(HERE, entry)],
    bundle: true,
    minify: true,
    format,
    target: "es2022",
    charset: "utf8",
    write: false,
    logLevel: "error",
  }).outputFiles;
  return text;
}

/**
 * @param {string} algorithm
 * @param {string | Uint8Array} content
 */
const integrity = (algorithm, content) => `${algorithm}-${createHash(algorithm).update(content).digest("base64")}`;

/** @param {Record<string, string>} values */
function html(values) {
  return read("index.html").replaceAll(/\{\{(\w+)\}\}/g, (_, name) => values[name]);
}

/**
 * @param {string} scripts
 * @param {string} styles
 * @param {string} connections
 */
function policy(scripts, styles, connections) {
  return [
    "default-src 'none'",
    `script-src ${scripts} 'wasm-unsafe-eval'`,
    "worker-src blob:",
    `style-src ${styles}`,
    `connect-src ${connections}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/**
 * Packs a module. LZMA makes it a quarter smaller than gzip does. Positions do not matter in WebAssembly, which is not aligned.
 *
 * @param {string} file
 */
function packed(file) {
  const options = { maxBuffer: 2 ** 28 };
  const bytes = execFileSync("xz", ["--format=lzma", "--stdout", "--lzma1=preset=9e,lc=4,lp=0,pb=0", file], options);
  // xz leaves the size open.
  bytes.writeBigUInt64LE(BigInt(statSync(file).size), 5);
  return bytes;
}

const [version, modules, tools, out] = process.argv.slice(2);
if (out === undefined) {
  console.error("usage: bundle.js VERSION MODULES TOOLS DIRECTORY");
  process.exit(2);
}
/** @type {{ buildSync(options: object): { outputFiles: { text: string }[] } }} */
const { buildSync } = createRequire(path.resolve(tools, "package.json"))("esbuild");
const page = bundled("page.js", "esm");
const style = bundled("style.css", "esm");
/** @type {[string, string | Uint8Array][]} */
const parts = [
  ...[FIRST, ...ON_DEMAND].map(/** @returns {[string, Uint8Array]} */ (name) => [`${name}.lzma`, packed(path.join(modules, name))]),
  ["judge.js", bundled("judge.js", "iife")],
  ["hasher.js", bundled("hasher.js", "iife")],
  ["unpacker.js", bundled("unpacker.js", "iife")],
];

// One module is enough there, and it has to be able to do everything.
const partsOfSingle = parts
  .filter(([name]) => name === LARGEST || ![FIRST, ...LARGER].includes(name.replace(/\.lzma$/, "")))
  .map(/** @returns {[string, string | Uint8Array]} */ ([name, content]) => [name === LARGEST ? `${FIRST}.lzma` : name, content]);
const served = html({
  version,
  policy: policy("'self'", "'self'", `'self' ${HUB}`),
  style: `<link rel="stylesheet" href="style.css" integrity="${integrity("sha384", style)}">`,
  parts: parts
    .map(([name, content]) => `<template data-part="${name}" data-href="${name}" data-integrity="${integrity("sha384", content)}"></template>`)
    .join("\n"),
  script: `<script type="module" src="page.js" integrity="${integrity("sha384", page)}"></script>`,
});
const single = html({
  version,
  policy: policy(`'${integrity("sha256", page)}'`, `'${integrity("sha256", style)}'`, HUB),
  style: `<style>${style}</style>`,
  parts: partsOfSingle
    .map(([name, content]) => `<script type="text/plain" data-part="${name}">${gzipSync(content, { level: 9 }).toString("base64")}</script>`)
    .join("\n"),
  script: `<script type="module">${page}</script>`,
});

/** @type {[string, string | Uint8Array][]} */
const files = [["index.html", served], ["page.js", page], ["style.css", style], ...parts, [SINGLE_FILE, single]];
mkdirSync(out, { recursive: true });
for (const [name, content] of files) {
  writeFileSync(path.join(out, name), content);
}
const sums = files.map(([name, content]) => `${createHash("sha256").update(content).digest("hex")}  ${name}\n`);
writeFileSync(path.join(out, "SHA256SUMS"), sums.toSorted().join(""));
const loaded = files.filter(([name]) => name !== SINGLE_FILE && !ON_DEMAND.includes(name.replace(/\.lzma$/, "")));
const total = loaded.reduce((sum, [, content]) => sum + gzipSync(content, { level: 9 }).length, 0);
console.log(`${out}: ${total} bytes in gzip before the first verdict; ${SINGLE_FILE} has ${Buffer.byteLength(single)} bytes`);
