// The pages of `report` and `diff` in headless Chromium: everything that they show can be read at any width, in light and dark,
// with a screen reader and a keyboard, and they load and run nothing. Run by `.ci/browser`, which builds the program.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";

import { Chromium } from "./chromium.js";
import { packages, program, root, temporary } from "./common.js";

const axe = fs.readFileSync(packages.resolve("axe-core/axe.min.js"), "utf8");
const pictures = process.env.OPENNESS_PICTURES;
const WIDTHS = [320, 768, 1280];
const SCHEMES = ["light", "dark"];

/** A fine-tune of three models under licenses that go well, badly and nobody knows how, with names as long as they come. */
const BASES = ["lab/Base-7B", "lab/Another-Base-With-A-Name-That-Goes-On-And-On-70B-Instruct", "someone/<b>Unknown</b>"];
const LICENSES = ["Apache-2.0", "CC-BY-NC-4.0", "LicenseRef-a-license-that-nobody-has-read-before-and-whose-name-is-long"];
const DERIVED = `schema = 1
[model]
name = "Derived"
version = "1.0.0"
producer = "Example Lab"
license = "MIT"
${BASES.map((name, at) => `[[model.base]]\nname = "${name}"\nlicense = "${LICENSES[at]}"\nrelation = "finetune"\n`).join("")}
[claims]
mof = "class-1"
[component.final-weights]
openness = "open"
[component.training-data]
openness = "closed"
reason = "licensed from others, under ${"a-word-without-a-break".repeat(6)}"
`;

let chromium;
const pages = {};
before(async () => {
  chromium = await Chromium.start();
  const directory = temporary.directory();
  const write = (name, ran) => {
    assert.equal(ran.status, 0, ran.stderr);
    pages[name] = path.join(directory, `${name}.html`);
    fs.writeFileSync(pages[name], ran.stdout);
  };
  const report = (name, target, options) => write(name, program(["report", target, "--format", "html"], options));
  report("tiny-lm", path.join(root, "examples/tiny-lm"));
  report("open-washed", path.join(root, "examples/open-washed"));
  for (const name of ["llama-2-70b", "olmo-7b", "pythia-70m"]) {
    report(name, "-", { input: fs.readFileSync(path.join(root, `examples/known/${name}.toml`)) });
  }
  report("derived", "-", { input: DERIVED });
  const [before, after] = [path.join(directory, "before.toml"), path.join(directory, "after.toml")];
  fs.writeFileSync(before, fs.readFileSync(path.join(root, "examples/tiny-lm/OPENNESS.toml")));
  fs.writeFileSync(after, DERIVED);
  write("difference", program(["diff", before, after, "--format", "html"]));
});
after(async () => {
  await chromium?.stop();
  temporary.remove();
});

/** Opens a page, and closes it after the work; it may log nothing, and load nothing. */
async function withPage(name, options, work) {
  const url = pathToFileURL(pages[name]).href;
  const { page, context, errors, requests } = await chromium.open(url, options);
  try {
    await work(page);
    assert.deepEqual(errors, []);
    assert.deepEqual(requests, [url]);
  } finally {
    await context.close();
  }
}

/** The elements with text that are wider than what they are in, and do not scroll. */
const cutOff = () =>
  [...document.querySelectorAll("main *")]
    .filter((element) => !element.closest("svg") && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
    .filter((element) => getComputedStyle(element).display !== "inline" && !element.matches(".scroll"))
    .filter((element) => !element.matches("thead, thead *"))
    .map((element) => element.outerHTML.slice(0, 200));

/** The texts of drawings that leave their drawing. */
const outside = () =>
  [...document.querySelectorAll("svg text")]
    .filter((text) => {
      const [inner, outer] = [text.getBoundingClientRect(), text.closest("svg").getBoundingClientRect()];
      return inner.left < outer.left - 1 || inner.right > outer.right + 1 || inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1;
    })
    .map((text) => text.textContent);

/** The texts of drawings that are drawn over another. */
const overlapping = () => {
  const texts = [...document.querySelectorAll("svg text")].map((text) => ({ text, svg: text.closest("svg"), box: text.getBoundingClientRect() }));
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const pairs = texts.flatMap((one, at) => texts.slice(at + 1).map((other) => [one, other]));
  const bad = pairs.filter(([one, other]) => one.svg === other.svg && meet(one.box, other.box));
  return bad.map(([one, other]) => `${one.text.textContent} | ${other.text.textContent}`);
};

const checker = process.env.OPENNESS_MARKUP_CHECKER;

test("the W3C checker finds no mistake in the markup of any page", { skip: !checker && "OPENNESS_MARKUP_CHECKER names no vnu.jar" }, () => {
  const check = (files) => {
    const ran = spawnSync("java", ["-jar", checker, "--format", "json", "--exit-zero-always", ...files], { encoding: "utf8" });
    return JSON.parse(ran.stderr).messages.filter(({ type, subType }) => type !== "info" || subType === "warning");
  };
  const shown = ({ url, lastLine, message }) => `${path.basename(url)}:${lastLine}: ${message}`;
  assert.deepEqual(check(Object.values(pages)).map(shown), []);
  // What is wrong is found.
  const wrong = path.join(path.dirname(pages.derived), "wrong.html");
  fs.writeFileSync(wrong, fs.readFileSync(pages.derived, "utf8").replace("</main>", "<p><div></p></main>"));
  assert.notEqual(check([wrong]).length, 0);
});

describe("every page", () => {
  for (const name of ["tiny-lm", "open-washed", "llama-2-70b", "olmo-7b", "pythia-70m", "derived", "difference"]) {
    for (const colorScheme of SCHEMES) {
      for (const width of WIDTHS) {
        test(`${name}, ${colorScheme}, ${width} px`, () =>
          withPage(name, { colorScheme, viewport: { width, height: 800 } }, async (page) => {
            await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
            const found = await chromium.evaluateIsolated(page, `${axe}; axe.run().then((found) => found.violations)`);
            assert.deepEqual(found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`), []);
            assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, "it has to be scrolled sideways");
            assert.deepEqual(await page.evaluate(cutOff), []);
            assert.deepEqual(await page.evaluate(outside), []);
            assert.deepEqual(await page.evaluate(overlapping), []);
            await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = false)));
            if (pictures) await page.screenshot({ path: path.join(pictures, `report-${name}-${colorScheme}-${width}.png`), fullPage: true });
          }));
      }
    }
    test(`${name} has one main heading, and no heading skips a level`, () =>
      withPage(name, {}, async (page) => {
        const levels = await page.evaluate(() => [...document.querySelectorAll("h1, h2, h3, h4")].map(({ tagName }) => Number(tagName[1])));
        assert.equal(levels[0], 1);
        assert.equal(levels.filter((level) => level === 1).length, 1);
        assert.ok(levels.every((level, at) => at === 0 || level <= levels[at - 1] + 1), `${levels}`);
      }));
  }

  test("nothing is cut off on paper", () =>
    withPage("derived", { viewport: { width: 794, height: 1123 } }, async (page) => {
      await page.emulateMedia({ media: "print" });
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 794);
      assert.deepEqual(await page.evaluate(outside), []);
      const drawn = await page.evaluate(() => [...document.querySelectorAll("svg")].map((svg) => svg.getBoundingClientRect().right));
      assert.ok(drawn.every((right) => right <= 794), `${drawn}`);
    }));
});

describe("bases", () => {
  test("are drawn with what each license means, and told in words too", () =>
    withPage("derived", {}, async (page) => {
      const section = page.locator("section", { has: page.getByRole("heading", { name: "Bases and their licenses" }) });
      const drawing = section.getByRole("img");
      const said = await drawing.getAttribute("aria-label");
      const boxes = await drawing.locator("text.head").allTextContents();
      assert.equal(boxes.length, BASES.length + 1, "a box for each base and one for the release");
      assert.equal(boxes.at(-1), "Derived 1.0.0");
      const marks = (await drawing.locator("path.link + path + text").allTextContents()).map((text) => text[0]);
      const rows = await section.locator("li").allTextContents();
      assert.equal(rows.length, BASES.length);
      BASES.forEach((name, at) => {
        const row = rows.find((row) => row.startsWith(name));
        assert.ok(row, `${name}: ${rows}`);
        assert.ok(said.includes(name) && said.includes(LICENSES[at]), said);
        assert.ok(boxes.some((box) => name.startsWith(box.replace(/…$/, "")) && box.length > 8), `${name}: ${boxes}`);
      });
      // MIT may follow Apache-2.0 on conditions, and may not follow CC-BY-NC-4.0; of an unknown license nobody knows. The worst
      // is first.
      assert.deepEqual(marks, ["✗", "?", "✓"]);
      assert.equal(await section.locator("li.bad").count(), 1);
      assert.match(await section.locator("li.bad").textContent(), /^lab\/Another-Base/);
    }));

  test("are left out of the page of a release without any", () =>
    withPage("tiny-lm", {}, async (page) => {
      assert.equal(await page.getByRole("heading", { name: "Bases and their licenses" }).count(), 0);
    }));
});

describe("with a keyboard", () => {
  test("drawings that scroll and details are reached and opened", () =>
    withPage("derived", { viewport: { width: 320, height: 640 } }, async (page) => {
      const visited = [];
      for (let step = 0; step < 200; step += 1) {
        await page.keyboard.press("Tab");
        const at = await page.evaluate(() => {
          const element = document.activeElement;
          return element === document.body ? null : (element.getAttribute("aria-label") ?? element.textContent);
        });
        if (at === null) break;
        visited.push(at);
      }
      assert.ok(visited.includes("Matrix of components") && visited.includes("Drawing of the bases"), `${visited}`);
      const details = page.locator("details").first();
      await details.locator("summary").focus();
      await page.keyboard.press("Enter");
      assert.equal(await details.getAttribute("open"), "");
    }));
});
