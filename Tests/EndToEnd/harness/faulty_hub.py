"""A little hub in Python, which treats what is published as it is told to: for those that check what hubs deliver."""

import contextlib
import http.server
import itertools
import threading


class FaultyHub:
    """`GET` streams, `POST` publishes to all. `deliver(number, data)` is what a stream gets for the update of that number:
    a list of data, which may be empty; None closes the stream."""

    def __init__(self, deliver=lambda number, data: [data]):
        self.lock = threading.Lock()
        self.streams = []
        numbers = itertools.count()
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                # Without a length: the stream ends with the connection.
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
                self.close_connection = True
                left = threading.Event()
                with hub.lock:
                    hub.streams.append((self, left))
                left.wait(60)

            def do_POST(self):
                data = self.rfile.read(int(self.headers["Content-Length"])).decode("ascii")
                with hub.lock:
                    number = next(numbers)
                    for stream, left in hub.streams:
                        events = deliver(number, data)
                        if events is None:
                            left.set()
                            continue
                        with contextlib.suppress(OSError):
                            stream.wfile.write(b"".join(f"data: {event}\n\n".encode("ascii") for event in events))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_):
                """A client that has gone is no news."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        with self.lock:
            for _, left in self.streams:
                left.set()
        self.server.shutdown()
        self.server.server_close()
