/**
 * Verifies releases: a worker judges, and others hash the files that it asks for, one file each.
 *
 * @typedef {import("./core.js").Answer} Answer
 * @typedef {import("./release.js").Source} Source
 * @typedef {import("./release.js").Release} Release
 * @typedef {{ done: number, total: number, file: string }} Progress Bytes, and the file that was read last.
 */

import { Status } from "./core.js";
import { compiled, hasPart, workers } from "./parts.js";

/** The modules that answer what the first one does not, by the status with which it says so. @type {Record<number, string>} */
const LARGER = {
  [Status.needsOms]: "openness-oms.wasm",
  [Status.needsWorkshop]: "openness-workshop.wasm",
  [Status.needsTexts]: "openness-with-texts.wasm",
};

/** Files below this size, in bytes, are handed to a worker many at a time. */
const SMALL_BYTES = 1024 * 1024;
/** The number of small files that a worker gets at a time. */
const BATCH = 64;

export class Verifier {
  /** @type {Promise<{ module: WebAssembly.Module, startJudge: () => Worker, startHasher: () => Worker }> | undefined} */
  #parts;
  /** @type {Promise<Worker> | undefined} */
  #judge;
  /** @type {Map<number, { resolve: (answer: Answer) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();
  #lastId = 0;
  /** The module that is loaded first. */
  #first = "openness.wasm";

  /**
   * Loads the module first that answers what another one would refuse with this status, unless one is loaded already.
   *
   * @param {number} status
   */
  expect(status) {
    const larger = LARGER[status];
    // In the single file there is only one, which answers everything.
    if (!this.#parts && larger !== undefined && hasPart(`${larger}.lzma`)) this.#first = larger;
  }

  #load() {
    this.#parts ??= Promise.all([compiled(this.#first), workers("judge.js"), workers("hasher.js")]).then(
      ([module, startJudge, startHasher]) => ({ module, startJudge, startHasher }),
    );
    // What failed once may load later.
    this.#parts.catch(() => (this.#parts = undefined));
    return this.#parts;
  }

  #startJudge() {
    this.#judge ??= this.#load().then(({ module, startJudge }) => {
      const judge = startJudge();
      judge.addEventListener("message", ({ data }) => {
        const waiting = this.#waiting.get(data.id);
        this.#waiting.delete(data.id);
        if ("answer" in data) waiting?.resolve(data.answer);
        else waiting?.reject(new Error(data.problem));
      });
      judge.addEventListener("error", (event) => {
        const error = new Error(`the worker stopped: ${event.message}`);
        this.#waiting.forEach(({ reject }) => reject(error));
        this.#waiting.clear();
        this.#judge = undefined;
      });
      judge.postMessage({ module });
      return judge;
    });
    this.#judge.catch(() => (this.#judge = undefined));
    return this.#judge;
  }

  /**
   * Answers a request with what the program prints.
   *
   * @param {object} request
   * @returns {Promise<Answer>}
   */
  async call(request) {
    const answer = await this.#ask(request);
    const larger = LARGER[answer.status];
    const judge = await this.#startJudge();
    if (answer.status === Status.needsKeyless) judge.postMessage({ keyless: await compiled("openness-keyless.wasm") });
    else if (larger !== undefined) judge.postMessage({ module: await compiled(larger) });
    else return answer;
    return this.call(request);
  }

  /**
   * @param {object} request
   * @returns {Promise<Answer>}
   */
  async #ask(request) {
    const judge = await this.#startJudge();
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      judge.postMessage({ id, request });
    });
  }

  /**
   * Verifies a release, and returns the answer with the program's output.
   *
   * @param {Release} release
   * @param {object} options The options of `verify`, such as `trust`.
   * @param {(progress: Progress) => void} progress
   * @param {AbortSignal} signal
   * @returns {Promise<Answer>}
   */
  async verify(release, options, progress, signal) {
    const judge = await this.#startJudge();
    judge.postMessage({ sources: release.sources });
    const files = release.sources.map(({ path, size }) => ({ path, size }));
    /** @type {{ file: number, sha256: string | null }[]} */
    const digests = [];
    const { onDisk } = release;
    for (;;) {
      signal.throwIfAborted();
      const request = { command: "verify", ...options, files, onDisk, digests, askForDigests: true };
      const answer = await this.call(request);
      signal.throwIfAborted();
      if (answer.status !== Status.needsDigests) return answer;
      const wanted = /** @type {number[]} */ (JSON.parse(answer.text));
      digests.push(...(await this.#hash(release.sources, wanted, progress, signal)));
    }
  }

  /**
   * @param {Source[]} sources
   * @param {number[]} wanted
   * @param {(progress: Progress) => void} progress
   * @param {AbortSignal} signal
   * @returns {Promise<{ file: number, sha256: string | null }[]>}
   */
  async #hash(sources, wanted, progress, signal) {
    const { module, startHasher } = await this.#load();
    const batches = planned(sources, wanted);
    const total = wanted.reduce((sum, file) => sum + sources[file].size, 0);
    /** @type {{ file: number, sha256: string | null }[]} */
    const digests = [];
    let done = 0;
    const count = Math.min(navigator.hardwareConcurrency || 1, batches.length);
    const hashers = Array.from({ length: count }, startHasher);
    try {
      await new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        /** @param {Worker} hasher */
        const next = (hasher) => {
          const jobs = batches.shift();
          if (jobs) hasher.postMessage({ jobs });
          else if (digests.length === wanted.length) resolve(undefined);
        };
        for (const hasher of hashers) {
          hasher.addEventListener("error", (event) => reject(new Error(`a worker stopped: ${event.message}`)));
          hasher.addEventListener("message", ({ data }) => {
            if ("idle" in data) {
              next(hasher);
            } else if ("bytes" in data) {
              done += data.bytes;
              progress({ done, total, file: sources[data.file].path });
            } else {
              digests.push({ file: data.file, sha256: data.sha256 });
            }
          });
          hasher.postMessage({ module });
          next(hasher);
        }
      });
    } finally {
      hashers.forEach((hasher) => hasher.terminate());
    }
    return digests;
  }
}

/**
 * Sorts files in the order in which workers take them: large ones first and one at a time, then small ones in batches.
 *
 * @param {Source[]} sources
 * @param {number[]} wanted
 */
function planned(sources, wanted) {
  const sorted = wanted.toSorted((a, b) => sources[b].size - sources[a].size);
  const jobs = sorted.map((file) => ({ file, source: sources[file] }));
  const large = jobs.filter(({ source }) => source.size >= SMALL_BYTES);
  const small = jobs.slice(large.length);
  const batches = large.map((job) => [job]);
  for (let at = 0; at < small.length; at += BATCH) {
    batches.push(small.slice(at, at + BATCH));
  }
  return batches;
}
