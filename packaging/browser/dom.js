/**
 * Building elements without parsing markup, so that no text of a release can become markup.
 *
 * @typedef {Node | string | null | undefined | false} Child
 */

/**
 * Makes an element. Attributes that are `false`, `null` or `undefined` are left out; functions are event handlers.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>} attributes
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      made.addEventListener(name, value);
    } else if (value !== false && value !== null && value !== undefined) {
      made.setAttribute(name, value === true ? "" : String(value));
    }
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/**
 * Returns the element with an id. That it is there and of that kind is part of `index.html`.
 *
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) {
    throw new Error(`the page has no element \`${id}\` of the expected kind`);
  }
  return found;
}

/**
 * Shows the parts of a text between backticks as code.
 *
 * @param {string} text
 * @returns {Node}
 */
export function prose(text) {
  const shown = document.createDocumentFragment();
  const parts = text.split("`");
  // A text with an odd backtick is shown as it is.
  if (parts.length % 2 === 0) {
    shown.append(text);
    return shown;
  }
  parts.forEach((part, at) => shown.append(at % 2 === 1 ? element("code", {}, part) : part));
  return shown;
}

/**
 * Makes a table that can be scrolled on narrow screens.
 *
 * @param {string} caption
 * @param {string[]} columns
 * @param {Child[][]} rows
 */
export function table(caption, columns, rows) {
  const head = element("tr", {}, ...columns.map((column) => element("th", { scope: "col" }, column)));
  const body = rows.map(([first, ...rest]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, first),
      ...rest.map((cell, at) => element("td", { "data-column": columns[at + 1] }, cell)),
    ),
  );
  return element(
    "table",
    {},
    element("caption", {}, caption),
    element("thead", {}, head),
    element("tbody", {}, ...body),
  );
}

/**
 * Offers a text as a file to download.
 *
 * @param {string} name
 * @param {string} type
 * @param {string} text
 */
export function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = element("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

const UNITS = ["KiB", "MiB", "GiB", "TiB", "PiB"];

/**
 * Returns a size for people, in powers of 1024, as the program writes it.
 *
 * @param {number} bytes
 */
export function size(bytes) {
  if (bytes < 1024) return counted(bytes, "byte");
  let unit = -1;
  let rest = bytes;
  while (rest >= 1024 && unit + 1 < UNITS.length) {
    rest /= 1024;
    unit += 1;
  }
  return `${(Math.floor(rest * 10) / 10).toFixed(1)} ${UNITS[unit]}`;
}

/**
 * Returns `1 file`, `2 files`.
 *
 * @param {number} number
 * @param {string} noun
 */
export function counted(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
