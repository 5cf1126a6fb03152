"""A little web server on loopback, with what it serves in a dictionary."""

import http.server
import socket
import threading


class Site:
    """Serves `pages`, a (type, text) by path; anything else is 404. `requests` are the paths that were asked for."""

    def __init__(self, pages=None, port=0):
        self.pages = dict(pages or {})
        self.requests = []
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                site.requests.append(self.path)
                type, text = site.pages.get(self.path.partition("?")[0], ("text/plain", None))
                body = (text or "There is no such page.").encode("utf-8")
                self.send_response(404 if text is None else 200)
                self.send_header("Content-Type", type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def url(self, path="/", host="127.0.0.1"):
        return f"http://{host}:{self.port}{path}"

    def origin(self, host="127.0.0.1"):
        return f"http://{host}:{self.port}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def unused_port():
    """A port of loopback on which nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
