#!/bin/sh
# model_signing does not verify an unchanged model that the Hub's client has downloaded into a directory.
#
# Versions: model-signing 1.1.1 (with pyOpenSSL 26.4.0, which it needs), huggingface_hub 2.4.0.
# Expected: a signed model is uploaded, `hf download REPOSITORY --local-dir DIR` brings it back, and `model_signing verify`
#   accepts DIR: it ignores what Git leaves in a directory (`.git`, `.gitignore`, `.gitattributes`, `.github`) by default.
# Behavior: verification fails with "Extra files found", because the client keeps notes in `DIR/.cache/huggingface/`. The
#   same files in the Hub's cache (without `--local-dir`) are refused as well, because they are symbolic links.
#   `--ignore-paths DIR/.cache` lets the first pass. `--allow_symlinks` (with an underscore) lets the second pass, although
#   the signature itself records `"allow_symlinks": false`.
# Why it matters: a failure of model_signing on a fresh download does not show that a file was changed. `openness verify`
#   leaves out `.cache/huggingface/` and follows the links of the Hub's cache.
set -eu
directory=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$directory"' EXIT
server=
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install -q --disable-pip-version-check model-signing==1.1.1 sigstore==4.5.1 \
    pyOpenSSL==26.4.0 huggingface_hub==2.4.0
cd "$directory"
mkdir model
echo '{"model_type": "tiny"}' >model/config.json
echo 'numbers' >model/weights.txt
cat >keys.py <<'PYTHON'
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

key = ec.generate_private_key(ec.SECP256R1())
pem = serialization.Encoding.PEM
with open("key.pem", "wb") as file:
    file.write(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
with open("key.pub", "wb") as file:
    file.write(key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo))
PYTHON
cat >hub.py <<'PYTHON'
"""The least that a Hub must answer for a download of the files in `model/`."""
import hashlib, http.server, json, pathlib

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {path.name: path.read_bytes() for path in pathlib.Path("model").iterdir()}


def blob(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Hub(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path, headers = self.path.split("?")[0], {}
        name = path.rpartition("/")[2]
        if "/tree/" in path:
            listed = [
                {"type": "file", "path": name, "size": len(content), "oid": blob(content)}
                for name, content in FILES.items()
            ]
            body = json.dumps(listed).encode()
        elif path.startswith("/api/"):
            listed = [{"rfilename": name} for name in FILES]
            body = json.dumps({"id": "lab/tiny", "sha": COMMIT, "siblings": listed}).encode()
        else:
            body = FILES[name]
            headers = {"ETag": f'"{blob(body)}"', "X-Repo-Commit": COMMIT}
        self.send_response(200)
        for key, value in {**headers, "Content-Length": str(len(body)), "Content-Type": "application/json"}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


hub = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
pathlib.Path("port").write_text(str(hub.server_port))
hub.serve_forever()
PYTHON
bin=$directory/venv/bin
"$bin/python" keys.py
"$bin/model_signing" sign key model --private_key key.pem --signature model/model.sig >/dev/null
"$bin/python" hub.py &
server=$!
until [ -s port ]; do sleep 0.1; done
export HF_ENDPOINT="http://127.0.0.1:$(cat port)" HF_HOME="$directory/home" HF_HUB_DISABLE_XET=1
"$bin/hf" download lab/tiny --local-dir download --quiet >/dev/null 2>&1
snapshot=$("$bin/hf" download lab/tiny --quiet 2>/dev/null | tail -n 1)
verify() {
    name=$1 folder=$2
    shift 2
    answer=$("$bin/model_signing" verify key "$folder" --public_key key.pub --signature "$folder/model.sig" "$@" 2>&1 |
        tail -n 1)
    printf '%-38s %s\n' "$name:" "$answer"
}
expect() {
    case $answer in
    *"$1"*) ;;
    *) echo 'the behavior has changed' >&2; exit 1 ;;
    esac
}
cmp model/weights.txt download/weights.txt
cmp model/weights.txt "$snapshot/weights.txt"
verify 'before the upload' model
expect 'succeeded'
verify 'hf download --local-dir' download
expect 'Extra files'
verify 'the same with --ignore-paths' download --ignore-paths download/.cache
expect 'succeeded'
verify 'in the cache' "$snapshot"
expect 'failed'
verify 'in the cache with --allow_symlinks' "$snapshot" --allow_symlinks
expect 'succeeded'
