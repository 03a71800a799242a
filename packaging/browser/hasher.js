/**
 * A worker that hashes one file at a time. Memory does not grow with the size of a file.
 *
 * @typedef {{ file: number, source: import("./release.js").Source }} Job
 * @typedef {{ module: WebAssembly.Module } | { jobs: Job[] }} ToHasher
 * @typedef {{ file: number, bytes: number } | { file: number, sha256: string | null, problem?: string } | { idle: true }} FromHasher
 */

import { Core, toHex } from "./core.js";

/** The size of the largest piece that is read and hashed, in bytes. */
const PIECE_BYTES = 1024 * 1024;
/** Files up to this size, in bytes, are hashed by the browser itself, which is faster but takes them as a whole. */
const ONE_SHOT_BYTES = 16 * 1024 * 1024;

/** @type {Core | undefined} */
let core;

/** @param {FromHasher} message */
const tell = (message) => postMessage(message);

addEventListener("message", async ({ data }) => {
  const message = /** @type {ToHasher} */ (data);
  if ("module" in message) {
    core = new Core(message.module, () => {
      throw new Error("a hasher reads no files for the module");
    });
    return;
  }
  for (const { file, source } of message.jobs) {
    try {
      tell({ file, sha256: await digest(source, (bytes) => tell({ file, bytes })) });
    } catch (error) {
      tell({ file, sha256: null, problem: String(error) });
    }
  }
  tell({ idle: true });
});

/**
 * @param {import("./release.js").Source} source
 * @param {(bytes: number) => void} progress
 * @returns {Promise<string>}
 */
async function digest(source, progress) {
  // Without a secure context there is no `subtle`.
  if (source.blob && source.size <= ONE_SHOT_BYTES && globalThis.crypto?.subtle) {
    const bytes = await source.blob.arrayBuffer();
    expectSize(bytes.byteLength, source.size);
    progress(bytes.byteLength);
    return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  }
  const hash = /** @type {Core} */ (core).hash(PIECE_BYTES);
  let count = 0;
  for await (const piece of source.blob ? ofBlob(source.blob) : ofUrl(source)) {
    hash.update(piece);
    count += piece.length;
    progress(piece.length);
  }
  expectSize(count, source.size);
  return hash.finish();
}

/**
 * Reads each piece while the one before is hashed, into two buffers in turn: new ones for each piece would pile up until they
 * are collected.
 *
 * @param {Blob} blob
 */
async function* ofBlob(blob) {
  const reader = blob.stream().getReader({ mode: "byob" });
  /** @param {ArrayBuffer} buffer */
  const read = (buffer) => {
    const piece = reader.read(new Uint8Array(buffer));
    // An error of a piece that is not waited for yet is reported when it is.
    piece.catch(() => {});
    return piece;
  };
  let next = read(new ArrayBuffer(PIECE_BYTES));
  let spare = new ArrayBuffer(PIECE_BYTES);
  for (;;) {
    const { done, value } = await next;
    if (done || !value) return;
    next = read(spare);
    yield value;
    spare = value.buffer;
  }
}

/** @param {import("./release.js").Source} source */
async function* ofUrl(source) {
  const response = await fetch(/** @type {string} */ (source.url));
  if (!response.ok || !response.body) {
    throw new Error(`the server answered ${response.status}`);
  }
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/**
 * @param {number} found
 * @param {number} expected
 */
function expectSize(found, expected) {
  if (found !== expected) {
    throw new Error(`the file had ${expected} bytes, and ${found} were read`);
  }
}
