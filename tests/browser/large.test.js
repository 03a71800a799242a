// A large file: memory stays flat, and the progress bar moves. `OPENNESS_LARGE_MIB` is the size of the file; `.ci/lanes/browser`
// takes 2048.

import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";

import { Chromium, serve } from "./chromium.js";
import { largeRelease, page as built, temporary } from "./common.js";
import { measured } from "./speed.js";

const MIB = 1024 * 1024;
const size = Number(process.env.OPENNESS_LARGE_MIB ?? 64) * MIB;
/** What the page's processes may take in addition to what they have before, in MiB: pieces of workers, and garbage. */
const MOST_MIB = 192;

let chromium;
let server;
before(async () => {
  chromium = await Chromium.start();
  server = await serve(built);
});
after(async () => {
  await chromium?.stop();
  server?.close();
  temporary.remove();
});

/** Returns the memory of its own that each process of the browser has, in MiB. */
async function memory(client) {
  const { processInfo } = await client.send("SystemInfo.getProcessInfo");
  const own = processInfo.map(({ id }) => {
    const status = fs.existsSync(`/proc/${id}/status`) ? fs.readFileSync(`/proc/${id}/status`, "utf8") : "";
    return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  });
  return own.reduce((sum, mib) => sum + mib, 0);
}

test(`a file of ${size / MIB} MiB is verified with flat memory and a moving progress bar`, async () => {
  const { directory, file, trust } = largeRelease(size);
  const { page, errors } = await chromium.open(server.url);
  const client = await chromium.browser.newBrowserCDPSession();
  await page.setInputFiles("#folder", directory);
  await page.fill("#trust", trust);
  const before = await memory(client);
  await page.evaluate(() => {
    const bar = document.querySelector("#progress");
    globalThis.values = [];
    new MutationObserver(() => globalThis.values.push(bar.value)).observe(bar, { attributes: true });
  });
  await page.click("#verify-form [type=submit]");
  let peak = 0;
  while (!(await page.locator("#verdict, #status .failure").count())) {
    peak = Math.max(peak, await memory(client));
  }
  assert.equal(await page.locator("#verdict").textContent(), "✓ Verified", await page.textContent("#status"));
  const values = new Set(await page.evaluate(() => globalThis.values));
  console.log(`progress had ${values.size} values; memory grew by ${Math.round(peak - before)} MiB at most`);
  assert.ok(values.size > 5, `the progress bar had only ${values.size} values`);
  assert.ok(peak - before < MOST_MIB, `memory grew by ${peak - before} MiB`);
  assert.deepEqual(errors, []);
  // One changed byte at the end is found.
  const descriptor = fs.openSync(file, "r+");
  fs.writeSync(descriptor, "x", size - 1);
  fs.closeSync(descriptor);
  await page.setInputFiles("#folder", directory);
  await page.click("#verify-form [type=submit]");
  await page.waitForSelector("#verdict", { timeout: 300_000 });
  assert.equal(await page.locator("#verdict").textContent(), "✗ Not verified");
  for (const line of await measured(page)) console.log(line);
});
