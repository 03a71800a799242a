// A release on the Hub: the page asks the Hub for nothing until the user enters an address, and then for nothing else. The Hub
// is a server on this machine to which Chromium is told to connect.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import https from "node:https";
import path from "node:path";
import { after, before, test } from "node:test";

import { parseAddress } from "../../packaging/browser/hub.js";
import { Chromium, serve } from "./chromium.js";
import { largeRelease, page as built, release, temporary } from "./common.js";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const API = "/api/models/lab/large";

let hub;
let chromium;
let server;
let signed;
before(async () => {
  signed = largeRelease(5 * 1024 * 1024 + 123);
  hub = await startHub(signed.directory);
  const rules = ["huggingface.co", "cdn-lfs.hf.co"].map((host) => `MAP ${host} 127.0.0.1:${hub.port}`);
  chromium = await Chromium.start([`--host-resolver-rules=${rules.join(", ")}`, "--ignore-certificate-errors"]);
  server = await serve(built);
});
after(async () => {
  await chromium?.stop();
  server?.close();
  hub?.close();
  temporary.remove();
});

/** Serves a directory as the Hub does: a list in pages, small files, and large ones after a redirect to another host. */
async function startHub(directory) {
  const key = path.join(temporary.directory(), "key.pem");
  const made = spawnSync("openssl", [
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=huggingface.co",
    "-keyout", key, "-out", `${key}.crt`,
  ]);
  assert.equal(made.status, 0, String(made.stderr));
  const found = { asked: [], damaged: false };
  const answer = (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "https://huggingface.co");
    found.asked.push(`${request.method} ${pathname}`);
    const headers = { "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Link, Content-Range" };
    const json = (value, more = {}) => response.writeHead(200, { ...headers, ...more }).end(JSON.stringify(value));
    // The page must get by without preflights.
    if (request.method !== "GET") return response.writeHead(403, headers).end();
    if (pathname === `${API}/revision/main`) return json({ sha: COMMIT });
    if (pathname === `${API}/tree/${COMMIT}`) {
      const entries = release(directory).map(({ path, size }) => ({ type: "file", path, size, oid: "0".repeat(40) }));
      const [first, ...rest] = [{ type: "directory", path: ".openness", size: 0 }, ...entries];
      const next = `<https://huggingface.co${API}/tree/${COMMIT}?recursive=true&cursor=x>; rel="next"`;
      return searchParams.has("cursor") ? json(rest) : json([first], { Link: next });
    }
    const name = decodeURIComponent(pathname.replace(`/lab/large/resolve/${COMMIT}/`, "").replace(/^\/cdn\//, ""));
    const file = path.join(directory, name);
    if (!fs.existsSync(file)) return response.writeHead(404, headers).end();
    if (name === "model.safetensors" && !pathname.startsWith("/cdn/")) {
      return response.writeHead(302, { ...headers, Location: `https://cdn-lfs.hf.co/cdn/${name}` }).end();
    }
    const bytes = fs.readFileSync(file);
    if (found.damaged && name === "model.safetensors") bytes[bytes.length - 1] ^= 1;
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    if (!range) return response.writeHead(200, headers).end(bytes);
    const part = bytes.subarray(Number(range[1]), Number(range[2]) + 1);
    return response.writeHead(206, { ...headers, "Content-Range": `bytes ${range[1]}-${range[2]}/${bytes.length}` }).end(part);
  };
  const server = https.createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(`${key}.crt`) }, answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(found, { port: server.address().port, close: () => server.close() });
}

test("only addresses of repositories on the Hub are taken", () => {
  const of = (text) => Object.values(parseAddress(text)).join(" ");
  assert.equal(of("https://huggingface.co/lab/model"), "models lab/model main");
  assert.equal(of("https://huggingface.co/lab/model/tree/v1.0/x"), "models lab/model v1.0/x");
  assert.equal(of("https://huggingface.co/datasets/lab/data/"), "datasets lab/data main");
  for (const text of [
    "", "lab/model", "http://huggingface.co/lab/model", "https://huggingface.co.example.org/lab/model", "https://huggingface.co/lab",
    "https://huggingface.co/lab/model/blob/main/x", "https://huggingface.co/lab/model/tree", "https://huggingface.co/lab/%2e%2e%2fx",
  ]) {
    assert.throws(() => parseAddress(text), /is not the address/, text);
  }
});

test("a release on the Hub is verified at one commit, and a damaged one is not", async () => {
  const { page, errors, requests } = await chromium.open(server.url);
  assert.deepEqual(hub.asked, []);
  await page.fill("#trust", signed.trust);
  await page.fill("#hub", "https://huggingface.co/lab/large");
  await page.click("#verify-form [type=submit]");
  await page.waitForSelector("#verdict, #status .failure");
  assert.equal(await page.textContent("#status"), "");
  assert.equal(await page.textContent("#verdict"), "✓ Verified");
  const hosts = new Set(requests.filter((request) => request.startsWith("http")).map((request) => new URL(request).host));
  hosts.delete(new URL(server.url).host);
  assert.deepEqual([...hosts].toSorted(), ["cdn-lfs.hf.co", "huggingface.co"]);
  assert.deepEqual(hub.asked.filter((asked) => !asked.startsWith("GET ")), []);
  hub.damaged = true;
  await page.click("#verify-form [type=submit]");
  await page.waitForFunction(() => document.querySelector("#verdict")?.textContent === "✗ Not verified");
  assert.match(await page.textContent("#result"), /model\.safetensors/);
  assert.deepEqual(errors, []);
});

test("a repository that is not there is an error", async () => {
  const { page } = await chromium.open(server.url);
  await page.fill("#hub", "https://huggingface.co/lab/none");
  await page.click("#verify-form [type=submit]");
  await page.waitForSelector("#status .failure");
  assert.match(await page.textContent("#status"), /the server answered 404/);
});
