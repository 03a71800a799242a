/** Findings of `check`, as `check --format json` says them. */

import { counted, element, prose } from "./dom.js";

/** @param {{ errors: number, warnings: number, notes: number }} summary */
export function summaryOf({ errors, warnings, notes }) {
  return `${counted(errors, "error")}, ${counted(warnings, "warning")}, ${counted(notes, "note")}`;
}

/**
 * Shows a finding. Its place is a button if there is somewhere to go.
 *
 * @param {any} finding
 * @param {((span: any) => void) | null} go
 */
export function shownFinding({ code, severity, message, help, span }, go) {
  const place = `${severity} ${code}, line ${span.start.line}`;
  return element(
    "li",
    { class: severity },
    go ? element("button", { type: "button", click: () => go(span) }, place) : element("strong", {}, place),
    " ",
    prose(message),
    help && element("div", {}, "Help: ", prose(help)),
  );
}
