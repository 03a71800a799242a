#!/bin/sh
# oras for Python keeps only the last of several files of one name in different directories, and says nothing.
#
# Version: oras 0.2.43 (the ORAS client for Python).
# Expected: `push(files=[…])` and `pull` give the files back under the paths that were pushed: each layer has a title, and a
#   title can be a path. A model has many files of one name: `text_encoder/config.json`, `unet/config.json`.
# Behavior: the title is the last part of the path alone. All layers are in the manifest, so that nothing is missing in the
#   registry; `pull` writes each to the same file in the directory that it is given, the last one stays, and the list that
#   it returns names that file as often as there are layers. Its option `overwrite=False` keeps the first one instead. A
#   directory that is pushed as such (as one archive) keeps its paths.
# Why it matters: a release that is signed with `openness sign` and pushed file by file comes back with files missing, or
#   with the configuration of another component in place of its own, and `openness verify` rightly refuses it. Push the
#   directory.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install -q --disable-pip-version-check oras==0.2.43
mkdir "$directory/work"
cd "$directory/work"
HOME=$directory "$directory/venv/bin/python" - <<'PYTHON'
import hashlib
import http.server
import logging
import os
import pathlib
import threading

import oras.client

BLOBS, MANIFESTS = {}, {}


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Registry(http.server.BaseHTTPRequestHandler):
    """A minimal registry: it stores blobs, each in one request, and manifests."""

    def log_message(self, *_):
        pass

    def answer(self, status, content=b"", **headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_POST(self):
        self.body()
        self.answer(202, Location="/upload")

    def do_PUT(self):
        content = self.body()
        if "/manifests/" in self.path:
            kind = self.headers["Content-Type"]
            MANIFESTS[self.path] = (content, kind)
        else:
            BLOBS[digest(content)] = content
        self.answer(201, Location=self.path, Docker_Content_Digest=digest(content))

    def do_GET(self):
        if self.path in MANIFESTS:
            content, kind = MANIFESTS[self.path]
            return self.answer(200, content, Content_Type=kind)
        content = BLOBS.get(self.path.rpartition("/")[2])
        self.answer(404) if content is None else self.answer(200, content)

    do_HEAD = do_GET


registry = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
threading.Thread(target=registry.serve_forever, daemon=True).start()
host = f"127.0.0.1:{registry.server_port}"
logging.disable(logging.WARNING)
client = oras.client.OrasClient(hostname=host, insecure=True)
pushed = ["text_encoder/config.json", "unet/config.json", "model_index.json"]
for path in pushed:
    os.makedirs(os.path.dirname(f"tiny/{path}"), exist_ok=True)
    pathlib.Path(f"tiny/{path}").write_text(path)


def files(root):
    found = sorted(path for path in pathlib.Path(root).rglob("*") if path.is_file())
    return {str(path.relative_to(root)): path.read_text() for path in found}


os.chdir("tiny")
client.push(target=f"{host}/lab/tiny:files", files=pushed, quiet=True)
os.chdir("..")
client.push(target=f"{host}/lab/tiny:directory", files=["tiny"], quiet=True)
returned = client.pull(target=f"{host}/lab/tiny:files", outdir="files")
client.pull(target=f"{host}/lab/tiny:files", outdir="first", overwrite=False)
client.pull(target=f"{host}/lab/tiny:directory", outdir="directory")
print("pushed:", files("tiny"))
for name in ["files", "first", "directory"]:
    print(f"pulled, {name}:", files(name))
print("returned:", [os.path.basename(path) for path in returned])
both = {"config.json": "unet/config.json", "model_index.json": "model_index.json"}
assert files("files") == both and len(returned) == 3, "the behavior has changed"
assert files("first") == {**both, "config.json": "text_encoder/config.json"}, "the behavior has changed"
assert files("directory/tiny") == {path: path for path in pushed}, "the behavior has changed"
PYTHON
