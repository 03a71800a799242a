// What the tests share: the module, the program, and copies of the examples.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { Core } from "../../packaging/browser/core.js";
import { Keyless } from "../../packaging/browser/keyless.js";
import { unpack } from "../../packaging/browser/unpack.js";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
/** The built page. */
export const page = process.env.OPENNESS_PAGE ?? path.join(root, "target/browser-page");
const modules = new Map();

function moduleOf(name) {
  if (!modules.has(name)) modules.set(name, new WebAssembly.Module(unpack(fs.readFileSync(path.join(page, `${name}.lzma`)))));
  return modules.get(name);
}

/** Packages of the registry, which `.ci/browser` installs outside the repository. */
export const packages = createRequire(path.join(process.env.OPENNESS_NODE_PACKAGES ?? root, "package.json"));

/** The modules, each of which answers everything that the one before answers. */
export const MODULES = {
  first: "openness.wasm",
  oms: "openness-oms.wasm",
  workshop: "openness-workshop.wasm",
  withTexts: "openness-with-texts.wasm",
};

/** Returns a module over files, next to the module for keyless signatures if that is given. */
export function core(files, name = MODULES.first, keyless = null) {
  const read = (file, offset, into) => files[file].read(offset, into);
  return new Core(moduleOf(name), read, (request) => keyless?.answer(request) ?? null);
}

/** Returns the module for keyless signatures. */
export const keyless = (now = Date.now) => new Keyless(moduleOf("openness-keyless.wasm"), now);

/** A model that is signed without a lasting key, whom a verifier trusts, and when. The instance of Sigstore is only for tests. */
export const KEYLESS = {
  identity: "release@lab.example",
  issuer: "https://idp.lab.example/oauth2",
  at: "2026-06-01T00:00:00Z",
  file: (name) => path.join(root, "crates/openness-keyless/tests/data", name),
  directory(bundle) {
    const directory = path.join(temporary.directory(), "m");
    fs.mkdirSync(path.join(directory, "weights"), { recursive: true });
    fs.writeFileSync(path.join(directory, "config.json"), "{}\n");
    fs.writeFileSync(path.join(directory, "weights/a.safetensors"), "weights");
    fs.copyFileSync(this.file(bundle), path.join(directory, "model.sig"));
    return directory;
  },
  /** Verifies with the program. */
  program(directory, { trustedRoot = this.file("trusted_root.json"), identity = this.identity, issuer = this.issuer, at = this.at } = {}) {
    const trust = ["--trusted-root", trustedRoot, "--identity", identity, "--issuer", issuer];
    return program(["verify", directory, "--format", "json", "--verify-time", at, ...trust]);
  },
};

/** Lists every file of a directory, except symbolic links, which a browser follows or leaves out. */
export function release(directory) {
  const names = fs.readdirSync(directory, { recursive: true, withFileTypes: true });
  const found = names.filter((name) => name.isFile()).map((name) => path.join(name.parentPath ?? name.path, name.name));
  return found.map((file) => {
    const bytes = fs.readFileSync(file);
    return {
      path: path.relative(directory, file).split(path.sep).join("/"),
      size: bytes.length,
      read: (offset, into) => bytes.copy(into, 0, offset),
      sha256: () => createHash("sha256").update(bytes).digest("hex"),
    };
  });
}

export function request(files, more) {
  return { command: "verify", files: files.map(({ path, size }) => ({ path, size })), onDisk: true, ...more };
}

/** Runs the program as a user without any settings. */
export function program(args, options = {}) {
  const home = temporary.directory();
  const env = { PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: home, GIT_CONFIG_NOSYSTEM: "1", TZ: "UTC" };
  const found = spawnSync(process.env.OPENNESS_PROGRAM ?? path.join(root, "target/debug/openness"), args, { encoding: "utf8", env, ...options });
  if (found.error) throw found.error;
  return found;
}

export function verifyWithProgram(directory, at, more = []) {
  const signers = path.join(root, "examples/keys/allowed_signers");
  return program(["verify", directory, "--allowed-signers", signers, "--verify-time", at, "--format", "json", ...more]);
}

const made = [];
export const temporary = {
  directory() {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "openness-browser-"));
    made.push(directory);
    return directory;
  },
  copy(example) {
    const to = path.join(this.directory(), path.basename(example));
    fs.cpSync(path.join(root, example), to, { recursive: true });
    return to;
  },
  remove() {
    made.splice(0).forEach((directory) => fs.rmSync(directory, { recursive: true, force: true }));
  },
};

/** Makes and signs a release with one large file of weights, of that many bytes. */
export function largeRelease(size) {
  const directory = path.join(temporary.directory(), "large");
  fs.mkdirSync(directory);
  const data = size - 4096;
  const header = JSON.stringify({ w: { dtype: "U8", shape: [data], data_offsets: [0, data] } }).padEnd(4096 - 8, " ");
  const file = path.join(directory, "model.safetensors");
  const start = Buffer.alloc(4096);
  start.writeBigUInt64LE(4088n);
  start.write(header, 8);
  fs.writeFileSync(file, start);
  fs.truncateSync(file, size);
  fs.writeFileSync(
    path.join(directory, "OPENNESS.toml"),
    'schema = 1\n[model]\nname = "Large"\nversion = "1"\nproducer = "Lab"\nlicense = "Apache-2.0"\n' +
      '[component.final-weights]\nopenness = "open"\nfiles = ["*.safetensors"]\n',
  );
  const key = path.join(directory, "../key");
  for (const args of [
    ["key", "generate", "--output", key, "--no-passphrase"],
    ["sign", directory, "--key", key, "--created", "2026-01-01T00:00:00Z"],
  ]) {
    const { status, stderr } = program(args);
    if (status !== 0) throw new Error(stderr);
  }
  return { directory, file, trust: fs.readFileSync(`${key}.pub`, "utf8") };
}

const validators = new Map();

/** Returns a function that throws if a value does not match one of the published schemas. */
export function ajv(name) {
  if (!validators.has(name)) {
    const Ajv = packages("ajv").default;
    const schema = JSON.parse(fs.readFileSync(path.join(root, `schemas/${name}.schema.json`), "utf8"));
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    validators.set(name, (value) => {
      if (!validate(value)) throw new Error(`${name}: ${JSON.stringify(validate.errors)}`);
    });
  }
  return validators.get(name);
}
