"""A mixer process: `python -m media.mixer --control FD [--address A]... [--announce A]... [--port N]`.

The server starts it with one end of a Unix socket pair, and ends it by closing the other. Signals that a terminal or
systemd sends to all processes of the server are its business: it may still have to drain.
"""

import argparse
import asyncio
import gc
import signal
import socket
from collections.abc import Callable
from contextlib import suppress

import aioice.ice
import uvloop
from aiortc import RTCCertificate

from media.mixer.control import ControlError, Deframer, FromMixer, Load, Quit, Ready, Speaking, ToMixer, frame
from media.mixer.encoding import silence
from media.mixer.engine import Engine
from media.mixer.port import Port
from media.mixer.private import forbid_dumps

CHUNK = 1 << 16
"""Bytes read at a time from the control socket."""

PATIENCE = 4 << 20
"""Bytes that may wait for a server that does not read. Beyond it is gone, or as good as."""

NEWS = 1 << 18
"""Bytes from which news that will be told again is left out."""

GOODBYE = 1.0
"""Seconds to say goodbye to endpoints."""


async def serve(descriptor: int, make_port: Callable[[], Port]) -> None:
    """Until the server says Quit, or nothing any more."""
    reader, writer = await asyncio.open_unix_connection(sock=socket.socket(fileno=descriptor))
    ended = asyncio.Event()

    def say(message: FromMixer) -> None:
        waiting = writer.transport.get_write_buffer_size()
        if waiting > PATIENCE:
            ended.set()
        elif waiting < NEWS or not isinstance(message, (Load, Speaking)):
            writer.write(frame(message))

    certificate = RTCCertificate.generateCertificate()
    port = make_port()
    engine = Engine(port, certificate, say, ended.set)
    silence()
    gc.collect()
    gc.freeze()
    say(Ready(_fingerprint(certificate), port.number))
    listening = asyncio.create_task(_listen(reader, engine, ended))
    await ended.wait()
    listening.cancel()
    with suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE):
            await engine.close()
    port.wipe()
    port.close()
    writer.close()


async def _listen(reader: asyncio.StreamReader, engine: Engine, ended: asyncio.Event) -> None:
    deframer: Deframer[ToMixer] = Deframer(ToMixer)
    try:
        while data := await reader.read(CHUNK):
            for message in deframer.feed(data):
                if isinstance(message, Quit):
                    return
                engine.obey(message)
    except (ControlError, OSError):
        pass  # the server is gone, or is not ours
    finally:
        ended.set()


def _fingerprint(certificate: RTCCertificate) -> bytes:
    """SHA-256 of the certificate as DTLS sends it."""
    said = next(one for one in certificate.getFingerprints() if one.algorithm == "sha-256")
    return bytes.fromhex(said.value.replace(":", ""))


def addresses() -> list[str]:
    """Every address of this machine; the loopback one if there is no other."""
    return aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=True) or ["127.0.0.1"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m media.mixer")
    parser.add_argument("--control", type=int, required=True, metavar="FD")
    parser.add_argument("--address", action="append", default=[], metavar="A")
    parser.add_argument("--announce", action="append", default=[], metavar="A")
    parser.add_argument("--port", type=int, default=0, metavar="N")
    options = parser.parse_args()
    forbid_dumps()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, signal.SIG_IGN)
    hosts = options.address or addresses()
    uvloop.run(serve(options.control, lambda: Port(hosts, options.port, options.announce)))


if __name__ == "__main__":
    main()
