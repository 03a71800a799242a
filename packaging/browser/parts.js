/**
 * The parts of the page that are not in its first script: the module and the workers.
 *
 * A part is named by an element with `data-part`. On a server it has the address and the digest that the browser requires;
 * in the single file it holds the part itself.
 */

/**
 * @param {string} name
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function part(name) {
  const found = document.querySelector(`[data-part="${name}"]`);
  if (!(found instanceof HTMLElement)) {
    throw new Error(`the page has no part \`${name}\``);
  }
  const { href, integrity } = found.dataset;
  if (href === undefined) {
    return unpacked(found.textContent);
  }
  const response = await fetch(new URL(href, document.baseURI), { integrity, credentials: "omit" });
  if (!response.ok) {
    throw new Error(`cannot load \`${href}\`: the server answered ${response.status}`);
  }
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * Returns whether the page has a part.
 *
 * @param {string} name
 */
export function hasPart(name) {
  return document.querySelector(`[data-part="${name}"]`) !== null;
}

/**
 * Undoes Base64 and gzip.
 *
 * @param {string} text
 */
async function unpacked(text) {
  const packed = Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Returns a compiled module.
 *
 * @param {string} name
 * @returns {Promise<WebAssembly.Module>}
 */
export async function compiled(name) {
  const [packed, start] = await Promise.all([part(`${name}.lzma`), workers("unpacker.js")]);
  const unpacker = start();
  try {
    return await new Promise((resolve, reject) => {
      unpacker.addEventListener("error", (event) => reject(new Error(`the worker stopped: ${event.message}`)));
      unpacker.addEventListener("message", ({ data }) => {
        const message = /** @type {import("./unpacker.js").FromUnpacker} */ (data);
        if ("module" in message) resolve(message.module);
        else reject(new Error(`cannot load \`${name}\`: ${message.problem}`));
      });
      unpacker.postMessage(packed, [packed.buffer]);
    });
  } finally {
    unpacker.terminate();
  }
}

/**
 * Returns a function that starts a worker. It is a classic script: from a file on a disk, Chromium starts no module workers.
 *
 * @param {string} name
 * @returns {Promise<() => Worker>}
 */
export async function workers(name) {
  const url = URL.createObjectURL(new Blob([await part(name)], { type: "text/javascript" }));
  return () => new Worker(url, { name });
}
