// Chromium without a window, and a server for the page.

import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";

import { unpack } from "../../packaging/browser/unpack.js";
import { packages } from "./common.js";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

/** Serves a directory on this machine. */
export async function serve(directory) {
  const server = http.createServer((request, response) => {
    const name = request.url === "/" ? "index.html" : path.basename(request.url);
    const file = path.join(directory, name);
    // A module as it is before it is packed, which a measurement compiles by itself.
    if (name.endsWith(".wasm") && fs.existsSync(`${file}.lzma`)) {
      response.writeHead(200, { "Content-Type": "application/wasm" }).end(unpack(fs.readFileSync(`${file}.lzma`)));
      return;
    }
    if (!fs.existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "Content-Type": TYPES[path.extname(name)] ?? "application/octet-stream" });
    fs.createReadStream(file).pipe(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

export class Chromium {
  static async start(args = []) {
    const { chromium } = packages("playwright-core");
    const executablePath = process.env.OPENNESS_CHROMIUM ?? "/usr/bin/chromium";
    // Without its sandbox, because tests may run as root; it only loads the page that was built.
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage", ...args] });
    return Object.assign(new Chromium(), { browser });
  }

  stop() {
    return this.browser.close();
  }

  /** Opens a page in a profile of its own, and collects its errors and the addresses that it requests. */
  async open(url, options = {}) {
    const context = await this.browser.newContext({ acceptDownloads: true, ...options });
    const page = await context.newPage();
    const errors = [];
    const requests = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) errors.push(message.text());
    });
    page.on("pageerror", (error) => errors.push(String(error)));
    context.on("request", (request) => requests.push(request.url()));
    await page.goto(url);
    return { page, context, errors, requests };
  }

  /** Drops files or folders on an element. */
  async drop(page, selector, files) {
    const client = await page.context().newCDPSession(page);
    const { x, y, width, height } = await page.locator(selector).boundingBox();
    const event = { x: x + width / 2, y: y + height / 2, data: { items: [], files, dragOperationsMask: 1 } };
    for (const type of ["dragEnter", "dragOver", "drop"]) {
      await client.send("Input.dispatchDragEvent", { type, ...event });
    }
  }

  /** Runs a script in a world that shares only the elements with the page, and returns what its promise yields. */
  async evaluateIsolated(page, expression) {
    const client = await page.context().newCDPSession(page);
    const { frameTree } = await client.send("Page.getFrameTree");
    const { executionContextId: contextId } = await client.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id });
    const answer = await client.send("Runtime.evaluate", { contextId, expression, awaitPromise: true, returnByValue: true });
    if (answer.exceptionDetails) throw new Error(JSON.stringify(answer.exceptionDetails));
    return answer.result.value;
  }
}
