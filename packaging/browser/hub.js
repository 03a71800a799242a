/**
 * The files of a repository on the Hugging Face Hub, at one commit.
 *
 * The Hub's own digests are not used: what is verified are the bytes that the browser downloads.
 *
 * @typedef {import("./release.js").Release} Release
 */

const HOST = "https://huggingface.co";
/** Files up to this size, in bytes, are downloaded before the verification; larger ones during it, piece by piece. */
const PREFETCHED_BYTES = 1024 * 1024;
/** The number of downloads at a time. */
const AT_A_TIME = 6;

/**
 * Reads the address of a repository: `https://huggingface.co/ORG/NAME`, with `/tree/REVISION` or without.
 *
 * @param {string} text
 * @returns {{ kind: string, id: string, revision: string }}
 */
export function parseAddress(text) {
  const fail = () =>
    new Error(`\`${text}\` is not the address of a repository on the Hub; expected ${HOST}/ORGANIZATION/NAME`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.origin !== HOST) throw fail();
  const names = url.pathname.split("/").filter((name) => name !== "").map(decodeURIComponent);
  const kind = ["datasets", "spaces"].includes(names[0]) ? /** @type {string} */ (names.shift()) : "models";
  const [organization, name, tree, ...revision] = names;
  const isName = /** @param {string | undefined} part */ (part) => part !== undefined && /^[\w.-]+$/.test(part);
  const hasTree = tree === undefined || ((tree === "tree" || tree === "commit") && revision.length > 0);
  if (!isName(organization) || !isName(name) || !hasTree) throw fail();
  return { kind, id: `${organization}/${name}`, revision: revision.join("/") || "main" };
}

/**
 * Lists the files of a repository, and downloads the small ones.
 *
 * @param {string} text
 * @param {AbortSignal} signal
 * @returns {Promise<Release>}
 */
export async function ofHub(text, signal) {
  const { kind, id, revision } = parseAddress(text);
  const api = `${HOST}/api/${kind}/${id}`;
  const info = await json(`${api}/revision/${encodeURIComponent(revision)}`, signal);
  const commit = String(info.value.sha);
  const files = `${HOST}/${kind === "models" ? "" : `${kind}/`}${id}/resolve/${commit}/`;
  /** @type {import("./release.js").Source[]} */
  const sources = [];
  /** @type {string | null} */
  let next = `${api}/tree/${commit}?recursive=true`;
  while (next !== null) {
    const page = await json(next, signal);
    for (const entry of page.value) {
      if (entry.type === "file") {
        const path = String(entry.path);
        const url = files + path.split("/").map(encodeURIComponent).join("/");
        sources.push({ path, size: Number(entry.size), url });
      }
    }
    next = page.next;
  }
  const small = sources.filter(({ size }) => size <= PREFETCHED_BYTES);
  const downloads = Array.from({ length: AT_A_TIME }, async () => {
    for (let source = small.pop(); source; source = small.pop()) {
      source.blob = await (await answered(/** @type {string} */ (source.url), signal)).blob();
      source.size = source.blob.size;
    }
  });
  await Promise.all(downloads);
  return { name: `${id} at ${commit.slice(0, 12)}`, sources, onDisk: false };
}

/**
 * @param {string} url
 * @param {AbortSignal} signal
 */
async function answered(url, signal) {
  let response;
  try {
    response = await fetch(url, { signal, credentials: "omit", referrerPolicy: "no-referrer" });
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`cannot load \`${url}\`: the server cannot be reached, or does not let pages read it`, {
      cause: error,
    });
  }
  if (!response.ok) {
    const help = response.status === 401 || response.status === 403 ? "; gated and private repositories cannot be read" : "";
    throw new Error(`cannot load \`${url}\`: the server answered ${response.status}${help}`);
  }
  return response;
}

/**
 * @param {string} url
 * @param {AbortSignal} signal
 * @returns {Promise<{ value: any, next: string | null }>}
 */
async function json(url, signal) {
  const response = await answered(url, signal);
  const link = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get("Link") ?? "");
  const next = link ? new URL(link[1], url) : null;
  if (next && next.origin !== HOST) {
    throw new Error(`\`${url}\` continues at \`${next.origin}\`, which is not the Hub`);
  }
  return { value: await response.json(), next: next?.href ?? null };
}
