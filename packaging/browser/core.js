/**
 * The WebAssembly module: a request goes in as JSON, and what the program prints comes out.
 *
 * @typedef {{ status: number, text: string }} Answer The program's exit status (3: files have to be hashed first; 4, 5 and 7: a larger module has to answer; 6: the module for keyless signatures has to be loaded first), and its output.
 * @typedef {(file: number, offset: number, into: Uint8Array<ArrayBuffer>) => number} Read Copies bytes of a numbered file,
 *   and returns how many. Fewer than there is room for means that the file ends.
 * @typedef {(request: Uint8Array) => Uint8Array | null} Certify Lets the module for keyless signatures answer; `null` if it is
 *   not loaded.
 * @typedef {{
 *   memory: WebAssembly.Memory,
 *   input(length: number): number,
 *   call(length: number): number,
 *   output(): number,
 *   output_length(): number,
 *   hash_start(): void,
 *   hash_update(offset: number, length: number): void,
 *   hash_finish(): number,
 * }} Exports
 */

/** The exit statuses of the program, and some more. */
export const Status = Object.freeze({ done: 0, failed: 1, error: 2, needsDigests: 3, needsWorkshop: 4, needsTexts: 5, needsKeyless: 6, needsOms: 7 });

/** An instance of the module. After a bug in it, calls throw. */
export class Core {
  /** @type {Exports} */
  #exports;
  /** @type {string | null} */
  #panic = null;

  /**
   * @param {WebAssembly.Module} module
   * @param {Read} read
   * @param {Certify} certify
   */
  constructor(module, read, certify = () => null) {
    /** @type {Uint8Array} */
    let certified = new Uint8Array(0);
    const page = {
      /** @type {(file: number, offset: bigint, pointer: number, length: number) => number} */
      read: (file, offset, pointer, length) => {
        try {
          return read(file, Number(offset), new Uint8Array(this.#exports.memory.buffer, pointer, length));
        } catch (error) {
          // The module reports that the file cannot be read.
          return -1;
        }
      },
      /** @type {(pointer: number, length: number) => number} */
      certify: (pointer, length) => {
        const answer = certify(new Uint8Array(this.#exports.memory.buffer, pointer, length));
        certified = answer ?? certified;
        return answer === null ? -1 : answer.length;
      },
      /** @type {(pointer: number, length: number) => void} */
      certified: (pointer, length) => {
        new Uint8Array(this.#exports.memory.buffer, pointer, length).set(certified);
      },
      /** @type {(pointer: number, length: number) => void} */
      panicked: (pointer, length) => {
        this.#panic = this.#text(pointer, length);
      },
    };
    const instance = new WebAssembly.Instance(module, { page });
    this.#exports = /** @type {Exports} */ (/** @type {unknown} */ (instance.exports));
  }

  /**
   * Answers a request.
   *
   * @param {object} request
   * @returns {Answer}
   */
  call(request) {
    const bytes = new TextEncoder().encode(JSON.stringify(request));
    return this.#guarded(() => {
      const { memory, input, call, output, output_length: length } = this.#exports;
      const pointer = input(bytes.length);
      new Uint8Array(memory.buffer, pointer, bytes.length).set(bytes);
      const status = call(bytes.length);
      return { status, text: this.#text(output(), length()) };
    });
  }

  /**
   * Makes room for pieces of a message, and returns a function that hashes its pieces and one that ends it.
   *
   * @param {number} capacity The size of the largest piece, in bytes.
   */
  hash(capacity) {
    const { memory, input, hash_start: start, hash_update: update, hash_finish: finish } = this.#exports;
    const pointer = input(capacity);
    start();
    return {
      /** @param {Uint8Array} piece */
      update: (piece) => {
        for (let at = 0; at < piece.length; at += capacity) {
          const part = piece.subarray(at, at + capacity);
          new Uint8Array(memory.buffer, pointer, part.length).set(part);
          update(0, part.length);
        }
      },
      /** Returns the digest in hex. */
      finish: () => toHex(new Uint8Array(memory.buffer, finish(), 32)),
    };
  }

  /**
   * @template T
   * @param {() => T} work
   * @returns {T}
   */
  #guarded(work) {
    if (this.#panic !== null) {
      throw new Error(`the module stopped: ${this.#panic}`);
    }
    try {
      return work();
    } catch (error) {
      this.#panic ??= String(error);
      throw new Error(`this is a bug in openness; please report it: ${this.#panic}`, { cause: error });
    }
  }

  /**
   * @param {number} pointer
   * @param {number} length
   */
  #text(pointer, length) {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      new Uint8Array(this.#exports.memory.buffer, pointer, length),
    );
  }
}

/**
 * Returns bytes as lowercase hex digits.
 *
 * @param {Uint8Array} bytes
 */
export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
