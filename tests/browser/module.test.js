// The module answers as the program does, byte by byte. Run by `.ci/browser`, which builds both.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { after, describe, test } from "node:test";

import { KEYLESS, MODULES, ajv, core, keyless, page, program, release, request, root, temporary, verifyWithProgram } from "./common.js";
import { unpack } from "../../packaging/browser/unpack.js";
import { TAMPERINGS } from "./tamperings.js";

after(temporary.remove);

const SIGNERS = fs.readFileSync(path.join(root, "examples/keys/allowed_signers"), "utf8");
const AT = "2026-12-01T00:00:00Z";

/** Requests that the page makes, and what is not one. */
test("requests match their schema", () => {
  const valid = ajv("browser-request-v1");
  const files = release(temporary.copy("examples/tiny-lm"));
  const digests = [{ file: 0, sha256: null }, { file: 1, sha256: "0f".repeat(32) }];
  const requests = [
    request(files, { trust: SIGNERS, at: AT, askForDigests: true, digests, allowUnsigned: ["*.md"], allowCrlf: true, partial: true }),
    request(files, { trustedRoot: "embedded:sigstore", identity: "a@example.org", issuer: "https://example.org", at: AT }),
    { command: "check", manifest: "" },
    { command: "show", manifest: "schema = 1" },
    { command: "path", manifest: "", goal: "osaid" },
    { command: "import", format: "card", text: "" },
    { command: "explain", code: "OPN310" },
    { command: "check-files", files: [{ path: "OPENNESS.toml", size: 0 }] },
  ];
  for (const one of requests) {
    valid(one);
    assert.throws(() => valid({ ...one, unknown: 1 }), one.command);
    // Each module reads each of them.
    for (const module of Object.values(MODULES)) {
      const { text } = core(files, module).call(one);
      assert.doesNotMatch(text, /cannot read the request/, one.command);
      assert.match(core(files, module).call({ ...one, unknown: 1 }).text, /cannot read the request/);
    }
  }
});

describe("signatures without a lasting key", () => {
  const trustedRoot = fs.readFileSync(KEYLESS.file("trusted_root.json"), "utf8");
  const { identity, issuer, at } = KEYLESS;
  const verify = (directory, more = {}, loaded = keyless()) => {
    const files = release(directory);
    return core(files, MODULES.oms, loaded).call(request(files, { trustedRoot, identity, issuer, at, ...more }));
  };

  for (const bundle of ["rekor1", "rekor2"]) {
    test(`${bundle}: verified, with the program's own output, once the other module is loaded`, () => {
      const directory = KEYLESS.directory(`${bundle}.sigstore.json`);
      assert.deepEqual(verify(directory, {}, null), { status: 6, text: "" });
      const own = verify(directory);
      assert.equal(own.text, KEYLESS.program(directory).stdout);
      assert.equal(own.status, 0);
      assert.equal(JSON.parse(own.text).signatures[0].certified.identity, identity);
    });
  }

  const refused = {
    "a tampered bundle": { bundle: "tampered.sigstore.json", reasons: ["bad-signature"] },
    "a tampered bundle that names another identity": {
      bundle: "tampered.sigstore.json",
      more: { identity: "x@lab.example" },
      reasons: ["untrusted-key"],
    },
    "another instance": { bundle: "other-root.sigstore.json", reasons: ["untrusted-key"] },
    "another identity": { bundle: "rekor1.sigstore.json", more: { identity: "release@lab.example.evil" }, reasons: ["untrusted-key"] },
    "another issuer": { bundle: "rekor2.sigstore.json", more: { issuer: `${issuer}/` }, reasons: ["untrusted-key"] },
    "an earlier time": { bundle: "rekor2.sigstore.json", more: { at: "2026-01-01T00:04:59Z" }, reasons: ["expired-key"] },
    "the public instance": { bundle: "rekor1.sigstore.json", more: { trustedRoot: "embedded:sigstore" }, reasons: ["untrusted-key"] },
  };
  for (const [name, { bundle, more, reasons }] of Object.entries(refused)) {
    test(`${name}: refused for the program's reasons`, () => {
      const directory = KEYLESS.directory(bundle);
      const own = verify(directory, more);
      assert.equal(own.text, KEYLESS.program(directory, more).stdout);
      assert.equal(own.status, 1);
      assert.deepEqual(JSON.parse(own.text).reasons, reasons);
    });
  }

  test("changed files are refused", () => {
    const directory = KEYLESS.directory("rekor1.sigstore.json");
    fs.writeFileSync(path.join(directory, "config.json"), "{ }\n");
    const own = verify(directory);
    assert.equal(own.text, KEYLESS.program(directory).stdout);
    assert.deepEqual(JSON.parse(own.text).reasons, ["content-mismatch"]);
  });

  test("the page gives the time, and nothing is accepted from the future", () => {
    const before = keyless(() => Date.parse("2025-12-31T00:00:00Z"));
    const report = JSON.parse(verify(KEYLESS.directory("rekor1.sigstore.json"), {}, before).text);
    assert.equal(report.verdict, "failed");
  });

  test("a trusted root needs an identity and an issuer, and has to be one", () => {
    const directory = KEYLESS.directory("rekor1.sigstore.json");
    for (const [more, expected] of [
      [{ identity: undefined }, /not which one you trust/],
      [{ issuer: undefined }, /not which one you trust/],
      [{ trustedRoot: undefined }, /an issuer needs a trusted root/],
      [{ trustedRoot: "{}" }, /the trusted root: it is not a trusted root of Sigstore/],
    ]) {
      const { status, text } = verify(directory, more);
      assert.equal(status, 2);
      ajv("error-v1")(JSON.parse(text));
      assert.match(JSON.parse(text).error.message, expected);
    }
  });

  test("without a keyless signature, the other module is not needed", () => {
    const directory = temporary.copy("examples/tiny-lm");
    const files = release(directory);
    const asked = request(files, { trust: SIGNERS, trustedRoot, identity: "release@example.org", issuer, at: AT });
    assert.notEqual(core(files, MODULES.oms).call(asked).status, 6);
  });

  test("the module that is loaded first leaves them to another one", () => {
    const files = release(KEYLESS.directory("rekor1.sigstore.json"));
    for (const more of [{}, { trustedRoot }, { issuer }, { trust: SIGNERS }]) {
      assert.deepEqual(core(files).call(request(files, { at, ...more })), { status: 7, text: "" });
    }
  });
});

/** Verifies a directory with a module, which hashes every file itself. */
function verifyWithModule(directory, more = {}, module = MODULES.first) {
  const files = release(directory);
  return core(files, module).call(request(files, { trust: SIGNERS, at: AT, ...more }));
}

describe("verify", () => {
  test("tiny-lm is verified, with the program's own output", () => {
    const directory = temporary.copy("examples/tiny-lm");
    const own = verifyWithModule(directory);
    assert.equal(own.status, 0);
    const theirs = verifyWithProgram(directory, AT);
    assert.equal(theirs.status, 0);
    assert.equal(own.text, theirs.stdout);
    assert.equal(JSON.parse(own.text).verdict, "verified");
    ajv("verify-v1")(JSON.parse(own.text));
  });

  for (const [name, { tamper, reasons }] of Object.entries(TAMPERINGS)) {
    test(`${name}: refused for the program's reasons`, () => {
      const directory = temporary.copy("examples/tiny-lm");
      tamper(directory);
      const own = verifyWithModule(directory);
      const theirs = verifyWithProgram(directory, AT);
      assert.equal(own.status, 1);
      assert.equal(theirs.status, 1);
      assert.equal(own.text, theirs.stdout);
      assert.deepEqual(JSON.parse(own.text).reasons, reasons);
    });
  }

  test("digests that the page computed count, and wrong ones are changed files", () => {
    const directory = temporary.copy("examples/tiny-lm");
    const files = release(directory);
    const asked = core(files).call(request(files, { trust: SIGNERS, at: AT, askForDigests: true }));
    assert.equal(asked.status, 3);
    const numbers = JSON.parse(asked.text);
    assert.ok(numbers.length > 20, asked.text);
    const digests = numbers.map((file) => ({ file, sha256: files[file].sha256() }));
    const unread = { read: () => assert.fail("nothing that was hashed is read again") };
    const weights = files.findIndex((file) => file.path === "model.safetensors");
    assert.ok(numbers.includes(weights));
    const given = files.map((file, at) => (at === weights ? { ...file, ...unread } : file));
    const own = core(given).call(request(files, { trust: SIGNERS, at: AT, askForDigests: true, digests }));
    assert.equal(own.text, verifyWithProgram(directory, AT).stdout);
    digests.find((digest) => digest.file === weights).sha256 = "00".repeat(32);
    const other = core(files).call(request(files, { trust: SIGNERS, at: AT, digests }));
    assert.equal(other.status, 1);
    assert.deepEqual(JSON.parse(other.text).files.changed, ["model.safetensors"]);
  });

  test("an ECDSA key in a line of allowed_signers is trusted for OpenSSF Model Signing", () => {
    const directory = path.join(temporary.directory(), "m");
    fs.mkdirSync(directory);
    fs.writeFileSync(path.join(directory, "a.bin"), "weights");
    const [key, pub, signers] = ["key.pem", "key.pub", "signers"].map((name) => path.join(directory, "..", name));
    const run = (name, ...args) => {
      const { status, stdout } = spawnSync(name, args, { encoding: "utf8" });
      assert.equal(status, 0, name);
      return stdout;
    };
    run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key);
    run("openssl", "pkey", "-in", key, "-pubout", "-out", pub);
    const trust = `lab@example.org ${run("ssh-keygen", "-i", "-m", "PKCS8", "-f", pub)}`;
    fs.writeFileSync(signers, trust);
    assert.equal(program(["sign", directory, "--oms", "--key", key]).status, 0);
    const theirs = program(["verify", directory, "--allowed-signers", signers, "--verify-time", AT, "--format", "json"]);
    assert.deepEqual(verifyWithModule(directory, { trust }), { status: 7, text: "" });
    const own = verifyWithModule(directory, { trust }, MODULES.oms);
    assert.equal(own.text, theirs.stdout);
    assert.equal(JSON.parse(own.text).verdict, "verified");
  });

  test("a bundle next to the release's own signature is left to another module, and only a bundle", () => {
    const directory = temporary.copy("examples/tiny-lm");
    const bundle = fs.readFileSync(KEYLESS.file("rekor1.sigstore.json"), "utf8");
    for (const [name, content, isBundle] of [
      ["model.sig", bundle, true],
      ["other.sigstore.json", bundle.replace('"mediaType"', '"mediumType"'), true],
      ["README.md.sig", "-----BEGIN PGP SIGNATURE-----\n", false],
      ["weights/model.sig", bundle, false],
      ["model.sigstore", bundle, false],
    ]) {
      const file = path.join(directory, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, content);
      const theirs = verifyWithProgram(directory, AT);
      const own = verifyWithModule(directory, {}, MODULES.oms);
      assert.equal(own.text, theirs.stdout, name);
      const first = verifyWithModule(directory);
      assert.deepEqual(first, isBundle ? { status: 7, text: "" } : own, name);
      fs.rmSync(file);
    }
  });

  test("keys of Ed25519 are enough for the module that is loaded first, in each of their forms", () => {
    const directory = temporary.copy("examples/tiny-lm");
    const key = fs.readFileSync(path.join(root, "examples/keys/example_key.pub"), "utf8");
    const point = Buffer.from(key.split(" ")[1], "base64").subarray(-32);
    const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), point]).toString("base64");
    for (const trust of [key, `-----BEGIN PUBLIC KEY-----\n${spki}\n-----END PUBLIC KEY-----\n`]) {
      const own = verifyWithModule(directory, { trust });
      assert.equal(JSON.parse(own.text).verdict, "verified");
      assert.deepEqual(own, verifyWithModule(directory, { trust }, MODULES.oms));
    }
  });

  test("other keys and certificates are left to another module", () => {
    const directory = temporary.copy("examples/tiny-lm");
    const read = (name) => fs.readFileSync(path.join(root, "tests/data/oms", name), "utf8");
    for (const trust of [read("p521.pub.pem"), `${SIGNERS}${read("pki/root.pem")}`, `${SIGNERS}me@example.org ecdsa-sha2-nistp256 AAAA`]) {
      assert.deepEqual(verifyWithModule(directory, { trust }), { status: 7, text: "" });
      assert.notEqual(verifyWithModule(directory, { trust }, MODULES.oms).status, 7);
    }
  });

  test("a policy is enforced as the program enforces it, by the module with license texts", () => {
    const directory = temporary.copy("examples/tiny-lm");
    const files = release(directory);
    for (const name of ["research-archive", "community-hub", "company-intake"]) {
      const file = path.join(root, `examples/policies/${name}.toml`);
      const asked = request(files, { trust: SIGNERS, at: AT, policy: fs.readFileSync(file, "utf8") });
      for (const module of [MODULES.first, MODULES.oms, MODULES.workshop]) assert.equal(core(files, module).call(asked).status, 5);
      const own = core(files, MODULES.withTexts).call(asked);
      const theirs = verifyWithProgram(directory, AT, ["--policy", file]);
      assert.equal(own.status, theirs.status, name);
      assert.equal(own.text, theirs.stdout);
    }
  });

  test("a file that cannot be read is a changed file", () => {
    const files = release(temporary.copy("examples/tiny-lm"));
    const weights = files.findIndex((file) => file.path === "model.safetensors");
    const digests = [{ file: weights, sha256: null }];
    const answer = core(files).call(request(files, { trust: SIGNERS, at: AT, digests }));
    assert.equal(answer.status, 1);
    const report = JSON.parse(answer.text);
    assert.deepEqual(report.files.changed, ["model.safetensors"]);
    assert.match(report.notes.join(), /model\.safetensors.*cannot be read/);
  });

  test("mistakes are errors in the program's form", () => {
    const files = release(temporary.copy("examples/tiny-lm"));
    for (const [more, expected] of [
      [{ trust: "nonsense" }, /trusted keys/],
      [{ trust: "-----BEGIN OPENSSH PRIVATE KEY-----" }, /private key/],
      [{ policy: "policy = 2" }, /policy/],
      [{ at: "yesterday" }, /`yesterday` is not a time/],
      [{ allowUnsigned: ["[" ] }, /pattern/],
      [{ digests: [{ file: 0, sha256: "AB" }] }, /64 lowercase hex digits/],
      [{ unknown: 1 }, /unknown/],
    ]) {
      const answer = core(files, MODULES.withTexts).call(request(files, { trust: SIGNERS, at: AT, ...more }));
      assert.equal(answer.status, 2);
      const error = JSON.parse(answer.text);
      ajv("error-v1")(error);
      assert.match(error.error.message, expected);
    }
  });
});

describe("a manifest alone", () => {
  const texts = {
    sound: fs.readFileSync(path.join(root, "examples/tiny-lm/OPENNESS.toml"), "utf8"),
    "open-washed": fs.readFileSync(path.join(root, "examples/open-washed/OPENNESS.toml"), "utf8"),
    broken: 'schema = 1\n[model]\nnme = "x"\n[component.final-weights]\nopenness = "opne"\n',
    empty: "",
  };
  const ask = (request) => core([], MODULES.workshop).call(request);

  test("the module that is loaded first only shows", () => {
    const manifest = texts.sound;
    for (const request of [
      { command: "check", manifest },
      { command: "path", manifest, goal: "osaid" },
      { command: "import", format: "card", text: "" },
      { command: "explain", code: "OPN310" },
    ]) {
      assert.deepEqual(core([]).call(request), { status: 4, text: "" });
    }
    const show = { command: "show", manifest };
    assert.deepEqual(core([]).call(show), ask(show));
  });

  for (const [name, manifest] of Object.entries(texts)) {
    test(`${name}: check, show and path say what the program says`, () => {
      for (const [own, args] of [
        [{ command: "check", manifest }, ["check", "-", "--format", "json"]],
        [{ command: "show", manifest }, ["show", "-", "--format", "json"]],
        [{ command: "path", manifest, goal: "mof=class-2" }, ["path", "mof=class-2", "-", "--format", "json"]],
      ]) {
        const answer = ask(own);
        const theirs = program(args, { input: manifest });
        if (answer.status === 2) {
          // The program exits with 1 because it lists the errors; the page asks for them with `check`.
          assert.equal(theirs.status, 1);
          assert.equal(JSON.parse(theirs.stdout).error.kind, JSON.parse(answer.text).error.kind);
          continue;
        }
        assert.equal(answer.status, theirs.status, args[0]);
        assert.equal(answer.text, theirs.stdout);
        ajv(`${args[0]}-v1`)(JSON.parse(answer.text));
      }
    });
  }

  test("a model card is imported as the program imports it", () => {
    const file = path.join(root, "examples/tiny-lm/README.md");
    const answer = ask({ command: "import", format: "card", text: fs.readFileSync(file, "utf8") });
    assert.equal(answer.status, 0);
    assert.equal(answer.text, program(["import", "card", file]).stdout);
    assert.equal(ask({ command: "import", format: "word", text: "" }).status, 2);
  });

  test("a rule is explained, and an unknown code is refused", () => {
    const answer = ask({ command: "explain", code: "OPN310" });
    assert.equal(answer.status, 0);
    assert.match(answer.text, /## What it does/);
    assert.equal(ask({ command: "explain", code: "OPN999" }).status, 2);
  });
});

test("files are checked as the program checks a directory", () => {
  for (const example of ["tiny-lm", "open-washed"]) {
    const directory = temporary.copy(`examples/${example}`);
    const files = release(directory);
    const request = { command: "check-files", files: files.map(({ path, size }) => ({ path, size })) };
    for (const module of [MODULES.first, MODULES.oms, MODULES.workshop]) {
      assert.equal(core(files, module).call(request).status, 5, "only the module with license texts can say");
    }
    const answer = core(files, MODULES.withTexts).call(request);
    const theirs = program(["check", "--format", "json"], { cwd: directory });
    assert.equal(answer.status, theirs.status);
    assert.equal(answer.text, theirs.stdout);
  }
});

test("the single file is signed by the program, and a changed one is refused", () => {
  const directory = temporary.directory();
  const [file, key] = ["openness-verifier.html", "key.pem"].map((name) => path.join(directory, name));
  fs.copyFileSync(path.join(page, "openness-verifier.html"), file);
  const openssl = (...args) => assert.equal(spawnSync("openssl", args).status, 0, args.join(" "));
  openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key);
  openssl("pkey", "-in", key, "-pubout", "-out", `${key}.pub`);
  assert.equal(program(["sign", file, "--oms", "--key", key]).status, 0);
  const verify = () => program(["verify", file, "--signature", `${file}.sig`, "--key", `${key}.pub`]);
  assert.match(verify().stdout, /\nverified\n$/);
  fs.appendFileSync(file, " ");
  assert.match(verify().stdout, /NOT VERIFIED: files are not what was signed/);
});

describe("packed modules", () => {
  const xz = (bytes, options) => {
    const { status, stdout } = spawnSync("xz", ["--format=lzma", "--stdout", `--lzma1=${options}`], { input: bytes, maxBuffer: 2 ** 28 });
    assert.equal(status, 0);
    stdout.writeBigUInt64LE(BigInt(bytes.length), 5);
    return stdout;
  };

  test("are unpacked as they were", () => {
    const lines = Buffer.from(Array.from({ length: 20_000 }, (_, at) => `${(at * 7919) % 1013}\n`).join(""));
    const noise = Buffer.from(Array.from({ length: 4096 }, (_, at) => createHash("sha256").update(String(at)).digest()[0]));
    const far = Buffer.concat([noise, Buffer.alloc(300_000, "x"), noise, lines, noise]);
    for (const options of ["preset=9e,lc=4,lp=0,pb=0", "preset=1,lc=0,lp=4,pb=4", "preset=6"]) {
      for (const bytes of [Buffer.alloc(0), Buffer.from("a"), Buffer.alloc(1000), lines, noise, far]) {
        assert.deepEqual(Buffer.from(unpack(xz(bytes, options))), bytes, options);
      }
    }
  });

  test("are refused if they are damaged", () => {
    const packed = xz(Buffer.from("a few words, a few words, a few words"), "preset=9e");
    const changed = (at, value) => packed.map((byte, own) => (own === at ? value : byte));
    assert.throws(() => unpack(new Uint8Array(3)), /not LZMA|Offset is outside/);
    assert.throws(() => unpack(changed(13, 1)), /not LZMA/);
    assert.throws(() => unpack(changed(0, 255)), /not LZMA/);
    assert.throws(() => unpack(packed.subarray(0, 30)), /ends too early/);
    const large = Uint8Array.from(packed);
    new DataView(large.buffer).setBigUint64(5, 1_000_000n, true);
    assert.throws(() => unpack(large), /damaged|ends too early/);
  });
});

test("pieces of any size have the digest that others compute", () => {
  const message = Uint8Array.from({ length: 100_000 }, (_, at) => (at * 31 + (at >> 8)) & 255);
  const expected = createHash("sha256").update(message).digest("hex");
  for (const [capacity, piece] of [[64, 100], [4096, 4096], [1 << 20, 99_999], [1000, 1]]) {
    const hash = core([]).hash(capacity);
    for (let at = 0; at < message.length; at += piece) {
      hash.update(message.subarray(at, at + piece));
    }
    assert.equal(hash.finish(), expected);
  }
});
