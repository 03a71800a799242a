/**
 * The worker in which the module runs: it holds the files of a release, and answers requests.
 *
 * @typedef {{ module: WebAssembly.Module } | { keyless: WebAssembly.Module } | { sources: import("./release.js").Source[] } | { id: number, request: object }} ToJudge
 * @typedef {{ id: number, answer: import("./core.js").Answer } | { id: number, problem: string }} FromJudge
 */

import { Core } from "./core.js";
import { Keyless } from "./keyless.js";
import { Reader } from "./sources.js";

/** @type {WebAssembly.Module | undefined} */
let compiledModule;
/** @type {Core | undefined} */
let core;
/** @type {Keyless | undefined} */
let keyless;
let reader = new Reader([]);

/** @param {FromJudge} message */
const answer = (message) => postMessage(message);

addEventListener("message", ({ data }) => {
  const message = /** @type {ToJudge} */ (data);
  if ("module" in message) {
    compiledModule = message.module;
    core = undefined;
  } else if ("keyless" in message) {
    keyless = new Keyless(message.keyless, Date.now);
  } else if ("sources" in message) {
    reader = new Reader(message.sources);
  } else {
    try {
      core ??= new Core(
        /** @type {WebAssembly.Module} */ (compiledModule),
        (...args) => reader.read(...args),
        (request) => keyless?.answer(request) ?? null,
      );
      answer({ id: message.id, answer: core.call(message.request) });
    } catch (error) {
      // After a bug the memory of an instance cannot be relied on.
      core = undefined;
      answer({ id: message.id, problem: error instanceof Error ? error.message : String(error) });
    }
  }
});
