// Judges Sigstore bundles by the verifier of npm, with a public key: one line `BUNDLE sigstore yes|no` for each.
//
//     NODE_PATH=... node bundles.cjs KEY.pem BUNDLE...
const crypto = require("node:crypto");
const fs = require("node:fs");
const { bundleFromJSON } = require("@sigstore/bundle");
const { Verifier, toSignedEntity } = require("@sigstore/verify");

const [pem, ...paths] = process.argv.slice(2);
const publicKey = crypto.createPublicKey(fs.readFileSync(pem));
const material = {
  certificateAuthorities: [],
  timestampAuthorities: [],
  tlogs: [],
  ctlogs: [],
  publicKey: () => ({ publicKey, validFor: () => true }),
};
const verifier = new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
for (const path of paths) {
  let answer = "no";
  try {
    const bundle = bundleFromJSON(JSON.parse(fs.readFileSync(path, "utf8")));
    verifier.verify(toSignedEntity(bundle));
    answer = "yes";
  } catch (error) {
    if (process.env.VERBOSE) console.error(path, error.code || error.message);
  }
  console.log(path, "sigstore", answer);
}
