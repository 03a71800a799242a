"""Serves a directory over TLS on the loopback interface, and prints the port. Ends when standard input does.

    https.py DIRECTORY CERTIFICATE KEY ELSEWHERE

A path below `/elsewhere/` is redirected to the URL ELSEWHERE.
"""

import functools
import ssl
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

directory, certificate, key, elsewhere = sys.argv[1:]


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def send_head(self):
        if not self.path.startswith("/elsewhere/"):
            return super().send_head()
        self.send_response(302)
        self.send_header("Location", elsewhere + self.path.removeprefix("/elsewhere"))
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=directory))
server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
