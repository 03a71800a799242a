"""A Hub on the loopback interface, which serves one directory as a model."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def git_blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@contextmanager
def serve(repository: str, files: dict[str, bytes]) -> Iterator[str]:
    """Serves files as the only commit of a repository, and returns the address of the Hub."""

    class Hub(BaseHTTPRequestHandler):
        def log_message(self, *arguments: Any) -> None:
            pass

        def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def json(self, value: object) -> None:
            self.answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            if path.startswith(f"/api/models/{repository}/tree/"):
                return self.json(
                    [{"type": "file", "path": name, "size": len(data), "oid": git_blob(data)} for name, data in files.items()]
                )
            if path.startswith(f"/api/models/{repository}"):
                siblings = [{"rfilename": name, "size": len(data)} for name, data in files.items()]
                return self.json({"_id": "0", "id": repository, "sha": COMMIT, "siblings": siblings})
            name = path.removeprefix(f"/{repository}/resolve/").partition("/")[2]
            if name not in files:
                return self.answer(404, b"", {"X-Error-Code": "EntryNotFound"})
            data = files[name]
            headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{git_blob(data)}"'}
            if name.endswith(".safetensors"):
                headers |= {"X-Linked-Etag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Linked-Size": str(len(data))}
            return self.answer(200, data, headers)

        do_HEAD = do_GET

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def files_of(directory: Path) -> dict[str, bytes]:
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in paths}


def environment(address: str, home: Path) -> dict[str, str]:
    """Returns the variables that make huggingface_hub use this Hub and nothing else."""
    return {
        "HF_ENDPOINT": address,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
