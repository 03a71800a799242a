/**
 * A worker that unpacks and compiles a module, so that the page can be used meanwhile.
 *
 * @typedef {{ module: WebAssembly.Module } | { problem: string }} FromUnpacker
 */

import { unpack } from "./unpack.js";

/** @param {FromUnpacker} message */
const tell = (message) => postMessage(message);

addEventListener("message", async ({ data }) => {
  try {
    tell({ module: await WebAssembly.compile(unpack(/** @type {Uint8Array} */ (data))) });
  } catch (error) {
    tell({ problem: error instanceof Error ? error.message : String(error) });
  }
});
