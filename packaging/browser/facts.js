/**
 * What a manifest declares and what each taxonomy makes of it, as `show --format json` says it.
 */

import { element, prose, table } from "./dom.js";

/** @param {any} evaluation */
export function label(evaluation) {
  const { verdict, score, low, high } = evaluation;
  if (verdict) return String(verdict);
  if (typeof score === "number") return `score ${score}`;
  if (typeof low === "number") return `score ${low} to ${high}`;
  return "descriptive, without levels";
}

/**
 * The verdict of each taxonomy, with its reasons to unfold.
 *
 * @param {any[]} evaluations
 */
export function labels(evaluations) {
  const rows = evaluations.map((evaluation) => {
    const open = (evaluation.reasons ?? []).filter(/** @param {any} reason */ ({ outcome }) => outcome !== "met");
    return [evaluation.taxonomy, label(evaluation), reasons(evaluation.taxonomy, open)];
  });
  return table("Labels: the verdict of each taxonomy", ["Taxonomy", "Verdict", "What is not met or not stated"], rows);
}

/**
 * @param {string} taxonomy
 * @param {any[]} open
 */
function reasons(taxonomy, open) {
  if (open.length === 0) return "nothing";
  const items = open.map(({ outcome, text }) => element("li", {}, `${outcome}: `, prose(text)));
  return element(
    "details",
    {},
    element("summary", { "aria-label": `${open.length} of ${taxonomy}` }, String(open.length)),
    element("ul", {}, ...items),
  );
}

/**
 * The matrix of the Columbia Convening: component by attribute.
 *
 * @param {any[]} evaluations
 */
export function matrix(evaluations) {
  const found = evaluations.find(({ taxonomy }) => taxonomy === "columbia-2024");
  if (!found) return null;
  const list = /** @param {string[] | undefined} items */ (items) => (items?.length ? items.join(", ") : "not stated");
  const rows = found.matrix.map(/** @param {any} row */ (row) => [
    row.component,
    row.layer,
    row.availability ?? "not stated",
    row.license ?? "not stated",
    list(row.documentation),
    list(row.safeguards),
  ]);
  const columns = ["Component", "Layer", "Availability", "License", "Documentation", "Safeguards"];
  return table("Matrix of the Columbia Convening", columns, rows);
}

/** @param {any[]} declared */
export function claims(declared) {
  if (declared.length === 0) return null;
  const outcome = /** @param {boolean | null} holds */ (holds) =>
    holds === null ? "? cannot be decided" : holds ? "✓ holds" : "✗ does not hold";
  const rows = declared.map(({ taxonomy, claimed, derived, holds }) => [taxonomy, claimed, derived, outcome(holds)]);
  return table("Claims of the producer", ["Taxonomy", "Claimed", "From the facts", "Outcome"], rows);
}

/** @param {any[]} components */
export function components(components) {
  const rows = components.map(({ id, openness, license, reason }) => [id, openness, license ?? "–", reason ?? "–"]);
  return table("Declared components", ["Component", "Openness", "License", "Reason"], rows);
}
