/**
 * The result of a verification, as `verify --format json` says it.
 */

import { counted, download, element, prose, table } from "./dom.js";
import { claims, components, labels, matrix } from "./facts.js";

/** What the reasons mean, in the words of the program. @type {Record<string, string>} */
export const REASONS = {
  unsigned: "there is no signature",
  "untrusted-key": "the signer is not trusted",
  "bad-signature": "a signature does not hold",
  "expired-key": "the key is not valid at this time",
  "revoked-key": "the key was revoked",
  "content-mismatch": "files are not what was signed",
  "unsigned-files": "there are unsigned files",
  incomplete: "signed files are missing",
  "claim-does-not-hold": "a claim does not hold",
  "manifest-invalid": "the manifest is invalid",
  "statement-invalid": "the signed statement is invalid",
  "expired-statement": "the statement has expired",
  rollback: "it is not the newest release",
  "pinned-key-changed": "the key is not the pinned one",
  "signatures-left": "there are more signatures than are checked",
  policy: "policy requirements are not met",
};

/** @type {Record<string, string>} */
const VERDICTS = { verified: "✓ Verified", partial: "◐ Partly verified", failed: "✗ Not verified" };

/**
 * @param {string} text The JSON of the program.
 * @param {any} facts What the manifest declares, if it is as signed: the JSON of `show`.
 * @param {{ onDisk: boolean }} release
 */
export function shown(text, facts, release) {
  const report = JSON.parse(text);
  const { verdict, files, signatures, alarms, notes, policy } = report;
  const heading = element("h2", { id: "verdict", tabindex: "-1" }, VERDICTS[verdict] ?? verdict);
  const save = () => download("verify.json", "application/json", text);
  return element(
    "article",
    { "aria-labelledby": "verdict", class: `report ${verdict}` },
    element(
      "header",
      {},
      heading,
      element("p", {}, ...summary(report)),
      list(report.reasons.map(/** @param {string} reason */ (reason) => reasonOf(reason))),
    ),
    alarms.length > 0 && section("Attention", list(alarms.map(/** @param {any} alarm */ ({ detail }) => prose(detail)))),
    policy.length > 0 && section("Unmet policy requirements", list(policy.map(prose))),
    section("Who signed", who(signatures)),
    section("Files", ...differences(files), list(notes.map(prose))),
    facts && section("What is declared", declared(report, facts)),
    section("What this does not prove", limits(report, release)),
    element("p", {}, element("button", { type: "button", click: save }, "Save the report as JSON")),
  );
}

/** @param {string} reason */
function reasonOf(reason) {
  return element("span", {}, REASONS[reason] ?? reason, " (", element("code", {}, reason), ")");
}

/** @param {any} report */
function summary({ statement, files, verdict }) {
  if (!statement && verdict === "failed") return ["This copy has no statement of openness that a signature holds for."];
  if (!statement) return [`${counted(files.verified, "file")} as signed. No signer that you trust declares how open the model is.`];
  const { name, version, producer } = statement.model;
  const except = files.excluded.length > 0 ? `, except ${counted(files.excluded.length, "file")} that the signer left out` : "";
  return [
    element("strong", {}, `${name} ${version}`),
    ` by ${producer}: `,
    `${counted(files.verified, "file")} as signed`,
    verdict === "failed" ? "" : except,
    ".",
  ];
}

/** @param {any[]} signatures */
function who(signatures) {
  if (signatures.length === 0) return element("p", {}, "There is no signature.");
  const rows = signatures.map(({ status, signer, key, kind, envelope, detail }) => [
    signer ?? "unknown",
    status === "good" ? "✓ trusted" : `✗ ${status}`,
    key ?? "–",
    kind === "oms" ? "OpenSSF Model Signing" : envelope,
    prose(detail),
  ]);
  return table("Signatures", ["Signer", "Status", "Key", "Form", "Detail"], rows);
}

/** @param {any} files */
function differences(files) {
  const kinds = [
    ["changed", "Changed"],
    ["unsigned", "Not signed"],
    ["absent", "Missing"],
    ["crlf", "With other line endings"],
    ["excluded", "Left out by the signer"],
  ];
  const lists = kinds
    .filter(([key]) => files[key].length > 0)
    .map(([key, title]) => {
      const names = element("ul", {}, ...files[key].map(/** @param {string} name */ (name) => element("li", {}, element("code", {}, name))));
      return element("details", { open: files[key].length <= 10 }, element("summary", {}, `${title}: ${counted(files[key].length, "file")}`), names);
    });
  const pointers =
    files.pointers > 0 &&
    element("p", {}, `${counted(files.pointers, "file")}: only a Git LFS pointer is here, not the content.`);
  return [element("p", {}, `${counted(files.verified, "file")} as signed.`), pointers, ...lists];
}

/**
 * @param {any} report
 * @param {any} facts
 */
function declared(report, facts) {
  return element(
    "div",
    {},
    claims(report.claims),
    labels(facts.evaluations),
    matrix(facts.evaluations),
    components(facts.components),
  );
}

/**
 * @param {any} report
 * @param {{ onDisk: boolean }} release
 */
function limits({ statement, verdict }, release) {
  const unseen = release.onDisk
    ? "File modes, symbolic links, other names of a file and the state of a Git repository: the browser does not show them. Links are followed or left out."
    : "File modes and symbolic links, and that the Hub gives other people the same bytes.";
  const unproven = statement
    ? [
        "Whether the declared facts are true. The signature only proves that the signer declared them.",
        `The time of signing, ${statement.created}, which is what the signer claims.`,
      ]
    : ["What the model is and does. A signature over files only proves that the signer had them."];
  return element(
    "div",
    {},
    (statement || verdict !== "failed") && element("h4", {}, "No tool can verify"),
    (statement || verdict !== "failed") && list(unproven),
    element("h4", {}, "This page cannot see"),
    list([
      unseen,
      "Earlier releases and pinned keys, which the program remembers, and proofs of transparency logs.",
      "Whether the page itself is honest: whoever serves it can change it. The program and the signed single file do not depend on a server.",
    ]),
  );
}

/**
 * @param {string} title
 * @param {...import("./dom.js").Child} children
 */
function section(title, ...children) {
  return element("section", {}, element("h3", {}, title), ...children);
}

/** @param {(Node | string | null | false | undefined)[]} items */
function list(items) {
  const kept = items.filter((item) => item);
  return kept.length > 0 && element("ul", {}, ...kept.map((item) => element("li", {}, item)));
}
