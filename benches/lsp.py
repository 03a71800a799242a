"""Types into a manifest of 1 MiB through `openness lsp`; prints what a key stroke costs.

    OPENNESS_BENCH_PROGRAM=target/release/openness python3 benches/lsp.py

A key stroke is a change of one letter and the completions that an editor asks for after it. Findings come later, and never in
its way: the time until those of the last letter is measured on its own, and so is typing faster than a check takes.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

OURS = os.environ.get("OPENNESS_BENCH_PROGRAM", "target/release/openness")
ROUNDS = int(os.environ.get("OPENNESS_BENCH_ROUNDS", "40"))
SIZE = 1024 * 1024 - 4096
LIMIT_MS = 50

HEAD = """schema = 1

[model]
name = "Tiny"
version = "1.0.0"
producer = "Example Lab"
license = "Apache-2.0"

[component.final-weights]
openness = "open"
files = ["weights/*.safetensors"]

[component.training-data]
openness = "closed"
reason = "licensed from others"
"""
REMOTE = """
[[component.training-data.remote]]
url = "https://example.org/data/part-{0:06}.parquet"
sha256 = "{0:064x}"
size = {0}
description = "Part {0} of the data"
"""


def manifest():
    parts, size, number = [HEAD], len(HEAD), 1
    while size < SIZE:
        parts.append(REMOTE.format(number))
        size, number = size + len(parts[-1]), number + 1
    return "".join(parts)


class Server:
    def __init__(self, path, text):
        self.process = subprocess.Popen([OURS, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.uri, self.version, self.asked = path.as_uri(), 1, 0
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        self.tell("initialized", {})
        item = {"uri": self.uri, "languageId": "toml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": item})

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def tell(self, method, params):
        self.send({"method": method, "params": params})

    def receive(self):
        length = 0
        while line := self.process.stdout.readline().strip():
            length = int(line.rpartition(b" ")[2])
        return json.loads(self.process.stdout.read(length))

    def ask(self, method, params):
        self.asked += 1
        self.send({"id": self.asked, "method": method, "params": params})
        while (message := self.receive()).get("id") != self.asked:
            pass
        return message

    def type(self, line, character, letter):
        self.version += 1
        place = {"line": line, "character": character}
        change = {"range": {"start": place, "end": place}, "text": letter}
        document = {"uri": self.uri, "version": self.version}
        self.tell("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})

    def findings(self):
        """Waits for the findings in the newest text."""
        while True:
            message = self.receive()
            params = message.get("params", {})
            if message.get("method") == "textDocument/publishDiagnostics" and params["version"] == self.version:
                return


def timed(work):
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def row(title, took):
    took = sorted(took)
    print(f"| {title} | {took[0]:.1f} | {statistics.median(took):.1f} | {took[-1]:.1f} |")


def main():
    text = manifest()
    with tempfile.TemporaryDirectory() as work:
        path = pathlib.Path(work, "OPENNESS.toml")
        path.write_text(text)
        pathlib.Path(work, "weights").mkdir()
        pathlib.Path(work, "weights", "a.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
        server = Server(path, text)
        server.findings()
        line = text.count("\n")
        server.type(line, 0, "\n\n")
        server.findings()
        at = {"textDocument": {"uri": server.uri}}
        strokes, quick = [], []

        def stroke(number):
            server.type(line + 1, number, "x")
            server.ask("textDocument/completion", {**at, "position": {"line": line + 1, "character": number + 1}})

        found = []
        for number in range(ROUNDS):
            strokes.append(timed(lambda: stroke(number)))
            found.append(strokes[-1] + timed(server.findings))
        # Without a pause, while older texts are being checked.
        for number in range(ROUNDS, 2 * ROUNDS):
            quick.append(timed(lambda: stroke(number)))
        server.findings()
        print(f"\n{len(text)} bytes, {ROUNDS} key strokes\n")
        print("| | minimum ms | median ms | maximum ms |\n|---|---|---|---|")
        row("key stroke with completions", strokes)
        row("the same, without a pause", quick)
        row("until its findings are there", found)
        server.process.kill()
    slow = statistics.median(strokes + quick)
    if slow > LIMIT_MS:
        sys.exit(f"a key stroke takes {slow:.1f} ms, more than {LIMIT_MS}")


main()
