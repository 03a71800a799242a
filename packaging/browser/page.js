/** The page: what the user chooses goes to the verifier, and what it answers is shown. */

import { Status } from "./core.js";
import { byId, counted, element, prose, size } from "./dom.js";
import { shownFinding, summaryOf } from "./findings.js";
import { ofDrop, ofInput } from "./folder.js";
import { ofHub } from "./hub.js";
import { startPlayground } from "./playground.js";
import { shown } from "./report.js";
import { Verifier } from "./verifier.js";

/** @typedef {import("./release.js").Release} Release */

const TRUST_KEY = "openness.trust";
const MAX_MANIFEST_BYTES = 1024 * 1024;
const verifier = new Verifier();
/** @type {Release | null} */
let release = null;
/** @type {AbortController | null} */
let running = null;

const form = byId("verify-form", HTMLFormElement);
const folder = byId("folder", HTMLInputElement);
const zone = byId("drop", HTMLElement);
const chosen = byId("chosen", HTMLElement);
const hub = byId("hub", HTMLInputElement);
const trust = byId("trust", HTMLTextAreaElement);
const remember = byId("remember", HTMLInputElement);
const status = byId("status", HTMLElement);
const bar = byId("progress", HTMLProgressElement);
const cancel = byId("cancel", HTMLButtonElement);
const result = byId("result", HTMLElement);

/** @param {Release} found */
function choose(found) {
  release = found;
  hub.value = "";
  const bytes = found.sources.reduce((sum, source) => sum + source.size, 0);
  chosen.textContent = `${found.name}: ${counted(found.sources.length, "file")}, ${size(bytes)}`;
  result.replaceChildren();
  status.textContent = "";
}

/** @param {unknown} error */
function fail(error) {
  const message = error instanceof Error ? error.message : String(error);
  status.replaceChildren(element("span", { class: "failure" }, "Error: ", prose(message)));
}

folder.addEventListener("change", () => {
  if (folder.files?.length) choose(ofInput(folder.files));
});
zone.addEventListener("dragover", (event) => {
  event.preventDefault();
  zone.classList.add("over");
});
zone.addEventListener("dragleave", () => zone.classList.remove("over"));
zone.addEventListener("drop", async (event) => {
  event.preventDefault();
  zone.classList.remove("over");
  try {
    if (event.dataTransfer) choose(await ofDrop(event.dataTransfer));
  } catch (error) {
    fail(error);
  }
});
hub.addEventListener("input", () => {
  if (hub.value.trim() === "") return;
  release = null;
  folder.value = "";
  chosen.textContent = "";
});
cancel.addEventListener("click", () => running?.abort(new Error("canceled")));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  run().catch(fail);
});

/** The name of the trusted root that the module for keyless signatures has in it. */
const EMBEDDED_ROOT = "embedded:sigstore";

/** The text of the trusted root that the user chose, byte by byte, because reports name it by its digest. */
async function trustedRoot() {
  const [file] = byId("trusted-root", HTMLInputElement).files ?? [];
  if (file) return file.text();
  return byId("embedded-root", HTMLInputElement).checked ? EMBEDDED_ROOT : undefined;
}

/** The options of `verify` that the form holds. */
async function options() {
  const text = /** @param {string} id */ (id) => byId(id, HTMLInputElement).value.trim() || undefined;
  const isOn = /** @param {string} id */ (id) => byId(id, HTMLInputElement).checked;
  const time = text("time");
  return {
    trust: trust.value,
    identity: text("identity"),
    trustedRoot: await trustedRoot(),
    issuer: text("issuer"),
    at: time ? new Date(`${time}Z`).toISOString() : new Date().toISOString(),
    policy: byId("policy", HTMLTextAreaElement).value.trim() || undefined,
    allowUnsigned: byId("allow-unsigned", HTMLTextAreaElement).value.split("\n").map((line) => line.trim()).filter((line) => line !== ""),
    allowCrlf: isOn("allow-crlf"),
    partial: isOn("partial"),
  };
}

async function run() {
  if (running) return;
  keepTrust();
  const address = hub.value.trim();
  if (!release && address === "") {
    throw new Error("choose a folder first, or enter the address of a repository on the Hub");
  }
  running = new AbortController();
  const { signal } = running;
  result.replaceChildren();
  cancel.hidden = false;
  bar.hidden = false;
  bar.removeAttribute("value");
  status.textContent = address ? "Listing the files of the repository …" : "Checking the signatures …";
  try {
    const found = address ? await ofHub(address, signal) : /** @type {Release} */ (release);
    const answer = await verifier.verify(found, await options(), showProgress, signal);
    if (answer.status === Status.error) {
      const { message, help } = JSON.parse(answer.text).error;
      throw new Error(help ? `${message}; ${help}` : message);
    }
    const facts = await factsOf(found, JSON.parse(answer.text));
    signal.throwIfAborted();
    result.replaceChildren(shown(answer.text, facts, found), ...(hasManifest(found) ? [check(found)] : []));
    status.textContent = "";
    byId("verdict", HTMLElement).focus();
  } finally {
    running = null;
    cancel.hidden = true;
    bar.hidden = true;
  }
}

/** @param {Release} found */
const hasManifest = (found) => found.sources.some(({ path }) => path === "OPENNESS.toml");

/**
 * Offers to check the manifest against the files, license texts included. The texts to compare with are loaded then.
 *
 * @param {Release} found
 */
function check(found) {
  const summary = element("p", { role: "status" });
  const findings = element("ul", { class: "findings" });
  const run = async () => {
    summary.textContent = "Checking …";
    try {
      const files = found.sources.map(({ path, size }) => ({ path, size }));
      const answer = await verifier.call({ command: "check-files", files });
      const report = JSON.parse(answer.text);
      if (answer.status === Status.error) throw new Error(report.error.message);
      summary.textContent = summaryOf(report.summary);
      findings.replaceChildren(...report.findings.map(/** @param {any} finding */ (finding) => shownFinding(finding, null)));
    } catch (error) {
      summary.textContent = error instanceof Error ? error.message : String(error);
    }
  };
  const button = element("button", { type: "button", click: run }, "Check the manifest against its files");
  return element("section", { "aria-label": "Check" }, button, summary, findings);
}

let lastPercent = -1;

/** @param {import("./verifier.js").Progress} progress */
function showProgress({ done, total, file }) {
  bar.max = total;
  bar.value = done;
  const percent = Math.floor((100 * done) / total);
  if (percent === lastPercent) return;
  lastPercent = percent;
  bar.textContent = `${percent} %`;
  status.textContent = `Hashing: ${size(done)} of ${size(total)} (${file})`;
}

/**
 * Returns what the manifest declares, if it is as signed.
 *
 * @param {Release} found
 * @param {any} report
 */
async function factsOf(found, report) {
  if (report.components.length === 0 || report.files.changed.includes("OPENNESS.toml")) return null;
  const source = found.sources.find(({ path }) => path === "OPENNESS.toml");
  if (!source?.blob || source.size > MAX_MANIFEST_BYTES) return null;
  const answer = await verifier.call({ command: "show", manifest: await source.blob.text() });
  return answer.status === Status.done ? JSON.parse(answer.text) : null;
}

function keepTrust() {
  try {
    if (remember.checked) localStorage.setItem(TRUST_KEY, trust.value);
    else localStorage.removeItem(TRUST_KEY);
  } catch {
    // Some browsers keep nothing for local files.
  }
}

try {
  const kept = localStorage.getItem(TRUST_KEY);
  if (kept !== null) {
    trust.value = kept;
    remember.checked = true;
  }
} catch {
  // As above.
}

/** Shows the part of the page that the address names. */
function route() {
  const isPlayground = location.hash === "#playground";
  byId("verify", HTMLElement).hidden = isPlayground;
  byId("playground", HTMLElement).hidden = !isPlayground;
  for (const link of document.querySelectorAll("nav a")) {
    if ((link.getAttribute("href") === "#playground") === isPlayground) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (isPlayground && !hasPlayground) {
    hasPlayground = true;
    startPlayground(verifier);
  }
}
let hasPlayground = false;
addEventListener("hashchange", route);
route();
