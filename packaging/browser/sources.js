/**
 * Reading the bytes of a release, wherever they are: in files that the user chose, or on the Hub.
 *
 * @typedef {import("./release.js").Source} Source
 */

/** The number of bytes that are read ahead for the module, which reads headers in small steps. */
const AHEAD_BYTES = 64 * 1024;

/** Reads parts of files while the module waits, which only a worker can do. */
export class Reader {
  /** @type {Source[]} */
  #sources;
  /** The part that was read last. */
  #window = { file: -1, start: 0, bytes: new Uint8Array(0) };

  /** @param {Source[]} sources */
  constructor(sources) {
    this.#sources = sources;
  }

  /**
   * Copies bytes of a file from an offset on, and returns how many.
   *
   * @type {import("./core.js").Read}
   */
  read = (file, offset, into) => {
    const source = this.#sources[file];
    const length = Math.min(into.length, source.size - offset);
    if (length <= 0) return 0;
    const { start, bytes } = this.#window;
    if (this.#window.file !== file || offset < start || offset + length > start + bytes.length) {
      const end = Math.min(source.size, offset + Math.max(length, AHEAD_BYTES));
      this.#window = { file, start: offset, bytes: bytesOf(source, offset, end) };
    }
    const from = offset - this.#window.start;
    into.set(this.#window.bytes.subarray(from, from + length));
    return length;
  };
}

/**
 * Returns the bytes of a part of a file.
 *
 * @param {Source} source
 * @param {number} start
 * @param {number} end
 */
function bytesOf(source, start, end) {
  if (source.blob) {
    return checked(new Uint8Array(new FileReaderSync().readAsArrayBuffer(source.blob.slice(start, end))), end - start);
  }
  const request = new XMLHttpRequest();
  request.open("GET", /** @type {string} */ (source.url), false);
  request.responseType = "arraybuffer";
  request.setRequestHeader("Range", `bytes=${start}-${end - 1}`);
  request.send();
  const isWhole = request.status === 200 && start === 0 && end === source.size;
  if (request.status !== 206 && !isWhole) {
    throw new Error(`the server answered ${request.status}`);
  }
  return checked(new Uint8Array(request.response), end - start);
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {number} expected
 */
function checked(bytes, expected) {
  if (bytes.length !== expected) {
    throw new Error(`${bytes.length} bytes came instead of ${expected}`);
  }
  return bytes;
}
