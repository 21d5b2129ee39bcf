"""A front of TLS before a server on loopback, which asks for a header as proxies of sites do."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

_FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Front:
    """Speaks TLS with a certificate of an authority of its own, and passes on what may enter.

    Parameters
    ----------
    port
        Of the server behind, on loopback.
    directory
        Where the authority's certificate is put.
    header
        The line that the first request of each connection must have.
    """

    def __init__(self, port: int, directory: Path, header: str) -> None:
        authority = trustme.CA()
        self.certificate = directory / "authority.pem"
        authority.cert_pem.write_to_path(str(self.certificate))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(self._context)
        self._behind = port
        self._header = f"\r\n{header}\r\n".lower().encode()
        self.url = ""
        self.entered: set[str] = set()
        self.refused: set[str] = set()

    async def serve(self, ready: threading.Event, end: asyncio.Event) -> None:
        """Take connections until told to end."""
        server = await asyncio.start_server(self._take, "127.0.0.1", 0, ssl=self._context)
        self.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/api"
        ready.set()
        await end.wait()
        server.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode().partition("?")[0]
            if self._header in head.lower():
                self.entered.add(path)
                inside = await asyncio.open_connection("127.0.0.1", self._behind)
                inside[1].write(head)
                await asyncio.gather(_copy(reader, inside[1]), _copy(inside[0], writer))
            else:
                self.refused.add(path)
                writer.write(_FORBIDDEN)
        writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
    writer.close()


@contextmanager
def front(port: int, directory: Path, header: str) -> Iterator[Front]:
    """Start a front before a port, and end it."""
    made, loop = Front(port, directory, header), asyncio.new_event_loop()
    ready, end = threading.Event(), asyncio.Event()
    work = made.serve(ready, end)
    thread = threading.Thread(target=lambda: _run(loop, work), daemon=True)
    thread.start()
    assert ready.wait(120)
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(10)


def _run(loop: asyncio.AbstractEventLoop, work: object) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(work)  # type: ignore[arg-type]
