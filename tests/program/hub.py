"""Downloads a directory as if it were a model on the Hugging Face Hub, with huggingface_hub and a Hub on the loopback.

    hub.py SOURCE OUT LAYOUT [FLAG ...]

LAYOUT is `cache` (symbolic links), `copies` (HF_HUB_DISABLE_SYMLINKS), `local` (--local-dir) or `shared` (the store that
models share); the only FLAG that all of them support is `--force-download`. The package itself writes all files: the
first three layouts use its command. For `shared`, its function for transfers from Xet is replaced by one that writes
the same files, because this Hub does not implement that protocol.
"""

import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

REPO = "lab/tiny"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
source, out, layout, flags = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4:]

files = {
    path.relative_to(source).as_posix(): path.read_bytes()
    for path in sorted(source.rglob("*"))
    if path.is_file() and path.relative_to(source).parts[0] != ".git"
}


def is_large(name):
    """Whether the Hub keeps a file in Git LFS or Xet."""
    return name.endswith(".safetensors")


def blob_id(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def xet_hash(data):
    """Another hash function with as many digits; the layout does not depend on the function."""
    return hashlib.blake2b(data, digest_size=32).hexdigest()


def listed(name):
    data = files[name]
    entry = {"type": "file", "path": name, "size": len(data), "oid": blob_id(data)}
    if is_large(name):
        entry["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}
        if layout == "shared":
            entry["xetHash"] = xet_hash(data)
    return entry


class Hub(BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def do_GET(self):
        path = self.path.split("?")[0]
        if path.startswith(f"/api/models/{REPO}/tree/{COMMIT}"):
            return self.json([listed(name) for name in files])
        if path.startswith(f"/api/models/{REPO}"):
            return self.json({"_id": "0", "id": REPO, "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]})
        name = path.removeprefix(f"/{REPO}/resolve/").partition("/")[2]
        if name not in files:
            return self.answer(404, b"", {"X-Error-Code": "EntryNotFound"})
        data = files[name]
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{blob_id(data)}"'}
        if is_large(name):
            headers |= {"X-Linked-Etag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Linked-Size": str(len(data))}
        self.answer(200, data, headers)

    do_HEAD = do_GET

    def json(self, value):
        self.answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})


server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
threading.Thread(target=server.serve_forever, daemon=True).start()

os.environ |= {
    "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
    "HF_HOME": str(out / "home"),
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "NO_PROXY": "127.0.0.1",
    "no_proxy": "127.0.0.1",
}
if layout == "copies":
    os.environ["HF_HUB_DISABLE_SYMLINKS"] = "1"

if layout == "shared":
    from huggingface_hub import file_download, snapshot_download

    contents = {xet_hash(data): data for data in files.values()}

    def transfer(*, incomplete_path, xet_file_data, **rest):
        Path(incomplete_path).write_bytes(contents[xet_file_data.file_hash])

    file_download.xet_get = transfer
    snapshot_download(REPO, cache_dir=out / "hub", force_download="--force-download" in flags)
else:
    place = ["--local-dir", str(out / "local")] if layout == "local" else ["--cache-dir", str(out / "hub")]
    command = [sys.executable, "-m", "huggingface_hub.cli.hf", "download", REPO, *place, *flags]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
