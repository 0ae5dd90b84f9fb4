"""A web server on this machine with the faults that a test asks for."""

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Item:
    """What lies at a path.

    Attributes
    ----------
    statuses
        Answered first, one each.
    cuts
        Bytes after which a connection is dropped, one each.
    """

    content: bytes
    etag: str = '"1"'
    statuses: list[int] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    ranges: bool = True
    length: bool = True
    kind: str = "application/octet-stream"
    encoding: str = "identity"


class Shelf:
    """Serves ``items`` by path; ``asked`` holds (path, Range, If-Range) of every request, ``sent`` the bytes of its answer."""

    def __init__(self):
        self.items, self.asked, self.sent = {}, [], []
        shelf = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *words):
                pass

            def do_GET(self):
                shelf.answer(self)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *fault):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def put(self, path, content, **traits):
        self.items[path] = Item(content, **traits)
        return f"{self.address}/{path}"

    def answer(self, request):
        item = self.items.get(request.path.lstrip("/"))
        span, condition = request.headers.get("Range"), request.headers.get("If-Range")
        self.asked.append((request.path.lstrip("/"), span, condition))
        self.sent.append(b"")
        if item is None or item.statuses:
            request.send_error(item.statuses.pop(0) if item else 404)
            return
        start = 0
        if span and item.ranges and condition in (None, item.etag):
            start = int(span.removeprefix("bytes=").removesuffix("-"))
        if start >= len(item.content):
            request.send_error(416)
            return
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(item.content) - 1}/{len(item.content)}")
        body = item.content[start:]
        for name, value in (("Content-Type", item.kind), ("Content-Encoding", item.encoding), ("ETag", item.etag)):
            request.send_header(name, value)
        if item.length:
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        body = body[: item.cuts.pop(0)] if item.cuts else body
        self.sent[-1] = body
        with suppress(OSError):  # the other side may have seen enough
            request.wfile.write(body)
