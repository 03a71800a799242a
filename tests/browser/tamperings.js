// What an attacker or an accident does to a release, and the reasons for which it is then not verified.

import fs from "node:fs";
import path from "node:path";

const edit = (name, change) => (directory) => {
  const file = path.join(directory, name);
  fs.writeFileSync(file, change(fs.readFileSync(file)));
};
const flip = (bytes) => {
  bytes[bytes.length >> 1] ^= 1;
  return bytes;
};
const signatures = (directory) => {
  const below = path.join(directory, ".openness/signatures");
  return fs.readdirSync(below).map((name) => path.join(below, name));
};

/** @type {Record<string, { tamper: (directory: string) => void, reasons: string[] }>} */
export const TAMPERINGS = {
  "a flipped bit in the weights": { tamper: edit("model.safetensors", flip), reasons: ["content-mismatch"] },
  "a line added to a text": {
    tamper: edit("samples.txt", (bytes) => Buffer.concat([bytes, Buffer.from("More.\n")])),
    reasons: ["content-mismatch"],
  },
  "CRLF in a text": {
    tamper: edit("docs/paper.md", (bytes) => Buffer.from(bytes.toString().replaceAll("\n", "\r\n"))),
    reasons: ["content-mismatch"],
  },
  "a missing file": {
    tamper: (directory) => fs.rmSync(path.join(directory, "code/train.py")),
    reasons: ["incomplete"],
  },
  "an added pickle": {
    tamper: (directory) => fs.writeFileSync(path.join(directory, "pytorch_model.bin"), "\x80\x02."),
    reasons: ["unsigned-files"],
  },
  "another repository inside": {
    tamper: (directory) => {
      fs.mkdirSync(path.join(directory, "code/.git"));
      fs.writeFileSync(path.join(directory, "code/.git/HEAD"), "ref: refs/heads/main\n");
    },
    reasons: ["unsigned-files"],
  },
  "weights replaced by a Git LFS pointer": {
    tamper: edit("model.safetensors", (bytes) => Buffer.from(
      `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize ${bytes.length}\n`,
    )),
    reasons: ["content-mismatch"],
  },
  "a better claim in the manifest": {
    tamper: edit("OPENNESS.toml", (bytes) => Buffer.from(bytes.toString().replace('version = "1.0.0"', 'version = "1.0.1"'))),
    reasons: ["content-mismatch"],
  },
  "a changed statement": {
    tamper: edit(".openness/statement.json", flip),
    reasons: ["bad-signature"],
  },
  "a changed sums file": {
    tamper: edit(".openness/SHA256SUMS", flip),
    reasons: ["content-mismatch"],
  },
  "a flipped bit in each signature": {
    tamper: (directory) => signatures(directory).forEach((file) => edit("", flip)(file)),
    reasons: ["bad-signature"],
  },
  "no signature": {
    tamper: (directory) => signatures(directory).forEach((file) => fs.rmSync(file)),
    reasons: ["unsigned"],
  },
};
