/**
 * A manifest to play with: findings, verdicts and ways to a level, as one types.
 */

import { Status } from "./core.js";
import { byId, download, element, prose } from "./dom.js";
import { claims, labels, matrix } from "./facts.js";
import { shownFinding, summaryOf } from "./findings.js";

/** The time without typing after which the manifest is checked, in milliseconds. */
const PAUSE_MS = 150;

const FIRST = `schema = 1

[model]
name = "My model"
version = "1.0.0"
producer = "My lab"
license = "Apache-2.0"

[claims]
mof = "class-3"

[component.final-weights]
openness = "open"
files = ["*.safetensors"]

[component.model-architecture]
openness = "open"
files = ["config.json"]

[component.training-data]
openness = "closed"
reason = "contains personal data"
`;

/** @param {import("./verifier.js").Verifier} verifier */
export function startPlayground(verifier) {
  const manifest = byId("manifest", HTMLTextAreaElement);
  const goal = byId("goal", HTMLSelectElement);
  const output = byId("assessment", HTMLElement);
  const summary = byId("findings-summary", HTMLElement);
  const findings = byId("findings", HTMLElement);
  const way = byId("way", HTMLElement);
  manifest.value = FIRST;
  verifier.expect(Status.needsWorkshop);
  let round = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** @param {any} span */
  const select = ({ start, end }) => {
    manifest.focus();
    const [from, to] = [start, end].map(({ line, column }) => indexOf(manifest.value, line, column));
    manifest.setSelectionRange(from, to);
  };
  const assess = async () => {
    round += 1;
    const own = round;
    const text = manifest.value;
    const checked = await verifier.call({ command: "check", manifest: text });
    const show = await verifier.call({ command: "show", manifest: text });
    const path = await verifier.call({ command: "path", manifest: text, goal: goal.value });
    // A later round has a newer text.
    if (own !== round) return;
    const report = JSON.parse(checked.text);
    summary.textContent = summaryOf(report.summary);
    findings.replaceChildren(...report.findings.map(/** @param {any} finding */ (finding) => shownFinding(finding, select)));
    way.replaceChildren(wayOf(path, goal.value));
    if (show.status === Status.done) {
      const facts = JSON.parse(show.text);
      const children = [claims(facts.claims), labels(facts.evaluations), matrix(facts.evaluations)];
      output.replaceChildren(...children.filter((child) => child !== null));
    } else {
      output.replaceChildren(element("p", {}, "The verdicts appear when the manifest has no errors in its form."));
    }
  };
  const fail = /** @param {unknown} error */ (error) => {
    summary.textContent = error instanceof Error ? error.message : String(error);
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => assess().catch(fail), PAUSE_MS);
  };
  manifest.addEventListener("input", soon);
  goal.addEventListener("change", soon);
  byId("save-manifest", HTMLButtonElement).addEventListener("click", () =>
    download("OPENNESS.toml", "application/toml", manifest.value),
  );
  const card = byId("card", HTMLInputElement);
  card.addEventListener("change", async () => {
    const [file] = card.files ?? [];
    if (!file) return;
    try {
      const answer = await verifier.call({ command: "import", format: "card", text: await file.text() });
      if (answer.status !== Status.done) throw new Error(JSON.parse(answer.text).error.message);
      manifest.value = answer.text;
      soon();
    } catch (error) {
      fail(error);
    } finally {
      card.value = "";
    }
  });
  const open = byId("open-manifest", HTMLInputElement);
  open.addEventListener("change", async () => {
    const [file] = open.files ?? [];
    if (file) manifest.value = await file.text();
    open.value = "";
    soon();
  });
  soon();
}

/**
 * Returns the position of a line and a column, both from 1, the column in Unicode scalar values.
 *
 * @param {string} text
 * @param {number} line
 * @param {number} column
 */
function indexOf(text, line, column) {
  let start = 0;
  for (let at = 1; at < line; at += 1) {
    start = text.indexOf("\n", start) + 1;
  }
  return start + Array.from(text.slice(start, start + 2 * column)).slice(0, column - 1).join("").length;
}

/**
 * @param {import("./core.js").Answer} answer
 * @param {string} goal
 */
function wayOf(answer, goal) {
  if (answer.status === Status.error) {
    return element("p", {}, "The ways appear when the manifest has no errors in its form.");
  }
  const { reachable, answers, unreachable } = JSON.parse(answer.text);
  if (!reachable) {
    const items = unreachable.map(/** @param {any} obstacle */ ({ text }) => element("li", {}, prose(text)));
    return element("div", {}, element("p", {}, `No change of facts reaches ${goal}:`), element("ul", {}, ...items));
  }
  if (answers.length === 0 || answers.some(/** @param {any} set */ ({ changes }) => changes.length === 0)) {
    return element("p", {}, `${goal} is reached.`);
  }
  const sets = answers.map(/** @param {any} set */ ({ changes }) =>
    element("li", {}, element("ul", {}, ...changes.map(/** @param {any} change */ (change) => element("li", {}, element("code", {}, written(change)))))),
  );
  return element("div", {}, element("p", {}, `Each of these sets of changes reaches ${goal}:`), element("ol", {}, ...sets));
}

/** @param {any} change */
function written({ key, from, to }) {
  const now = from === null ? "" : `, now ${JSON.stringify(from)}`;
  return to === null ? `without ${key}${now}` : `${key} = ${JSON.stringify(to)}${now}`;
}
