"""What a client asks of a preloaded server: arguments, folder, environment and streams of the process it stands for."""

from __future__ import annotations

import marshal
import socket
from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """A process as its client would have been; ``streams`` are descriptors for standard input, output and error."""

    words: list[str]
    folder: str
    environment: dict[str, str]
    streams: tuple[int, ...]


def received(connection: socket.socket) -> Request | None:
    """The request of a connection; None where its client left before it was complete."""
    head, streams, _, _ = socket.recv_fds(connection, 8, 3)
    if len(head) < 8 or len(streams) < 3:
        return None
    size, body = int.from_bytes(head, "big"), b""
    while len(body) < size:
        part = connection.recv(size - len(body))
        if not part:
            return None
        body += part
    words, folder, environment = marshal.loads(body)
    return Request(words, folder, environment, tuple(streams))
