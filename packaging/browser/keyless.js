/**
 * The WebAssembly module that checks signatures by identities that Sigstore certified. It is loaded only if a release has one.
 *
 * Its target is a system (WASI, preview 1), because the verifier in it asks for the time. Of that system it gets a clock, random
 * numbers and a place for the message of a bug, and nothing else.
 *
 * @typedef {{
 *   memory: WebAssembly.Memory,
 *   _initialize?: () => void,
 *   input(length: number): number,
 *   call(length: number): void,
 *   output(): number,
 *   output_length(): number,
 * }} KeylessExports
 */

/** The error of a system call that does not exist. */
const ENOSYS = 52;

export class Keyless {
  /** @type {KeylessExports} */
  #exports;
  #stderr = "";

  /**
   * @param {WebAssembly.Module} module
   * @param {() => number} now Returns the time, in milliseconds since 1970.
   */
  constructor(module, now) {
    const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: this.#system(module, now) });
    this.#exports = /** @type {KeylessExports} */ (/** @type {unknown} */ (instance.exports));
    this.#exports._initialize?.();
  }

  /**
   * Answers a request in JSON.
   *
   * @param {Uint8Array} request
   * @returns {Uint8Array}
   */
  answer(request) {
    const { memory, input, call, output, output_length: length } = this.#exports;
    try {
      new Uint8Array(memory.buffer, input(request.length), request.length).set(request);
      call(request.length);
    } catch (error) {
      throw new Error(`this is a bug in openness; please report it: ${this.#stderr || error}`, { cause: error });
    }
    return new Uint8Array(memory.buffer, output(), length());
  }

  /**
   * Returns the functions that the module imports.
   *
   * @param {WebAssembly.Module} module
   * @param {() => number} now
   */
  #system(module, now) {
    const view = () => new DataView(this.#exports.memory.buffer);
    /** @type {Record<string, (...args: any[]) => number>} */
    const known = {
      clock_time_get: (_clock, _precision, into) => {
        view().setBigUint64(into, BigInt(Math.floor(now())) * 1_000_000n, true);
        return 0;
      },
      random_get: (into, length) => {
        crypto.getRandomValues(new Uint8Array(this.#exports.memory.buffer, into, length));
        return 0;
      },
      environ_sizes_get: (count, size) => {
        view().setUint32(count, 0, true);
        view().setUint32(size, 0, true);
        return 0;
      },
      environ_get: () => 0,
      fd_write: (_file, parts, count, written) => {
        let total = 0;
        for (let at = 0; at < count; at += 1) {
          const [from, length] = [0, 4].map((offset) => view().getUint32(parts + 8 * at + offset, true));
          this.#stderr += new TextDecoder().decode(new Uint8Array(this.#exports.memory.buffer, from, length));
          total += length;
        }
        view().setUint32(written, total, true);
        return 0;
      },
      proc_exit: () => {
        throw new Error("the module stopped");
      },
    };
    const names = WebAssembly.Module.imports(module).map(({ name }) => name);
    return Object.fromEntries(names.map((name) => [name, known[name] ?? (() => ENOSYS)]));
  }
}
