"""Debian's ejabberd, which hands messages on and stores none, in a process of its own."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench import servers
from bench.load.ejabberd import DOMAIN

PACKAGE = "ejabberd"
EBIN = "/usr/lib/*/ejabberd-*/ebin"


class EjabberdMissing(Exception):
    """It is not installed."""


@contextlib.contextmanager
def ejabberd(directory: Path) -> Iterator[servers.Server]:
    """With the modules that a chat needs and none that keeps what was said. Raises EjabberdMissing."""
    library = _library()
    port = servers.free_port()
    settings, spool = directory / "ejabberd.yml", directory / "spool"
    settings.write_text(_settings(port))
    spool.mkdir()
    environment = os.environ | {
        "ERL_LIBS": str(library),
        "ERL_CRASH_DUMP_SECONDS": "0",
        "EJABBERD_CONFIG_PATH": str(settings),
        "EJABBERD_LOG_PATH": str(directory / "ejabberd.log"),
        "HOME": str(directory),
    }
    # As its own script starts it, without the distribution: there is one of it.
    command = [
        "erl",
        "+K",
        "true",
        "+P",
        "250000",
        "-noinput",
        "-mnesia",
        "dir",
        f'"{spool}"',
        "-s",
        "ejabberd",
    ]
    with servers.listening(command, directory, port, environment) as server:
        yield server


def version() -> str:
    found = sorted(Path("/").glob(EBIN.lstrip("/")))
    return found[0].parent.name.removeprefix("ejabberd-") if found else ""


def _library() -> Path:
    """Where its code is. It is installed if this may be done; nothing is started by that."""
    if not version() and os.geteuid() == 0 and shutil.which("apt-get"):
        quietly = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", PACKAGE]
        subprocess.run(install, env=quietly, stdout=subprocess.DEVNULL, check=False)
    found = sorted(Path("/").glob(EBIN.lstrip("/")))
    if not found:
        raise EjabberdMissing(
            "ejabberd is not installed: apt-get install ejabberd, and systemctl disable --now it"
        )
    return found[0].parent.parent


def _settings(port: int) -> str:
    return f"""loglevel: warning
hosts: [{DOMAIN}]
auth_method: [anonymous]
anonymous_protocol: sasl_anon
allow_multiple_connections: true
listen:
  - port: {port}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers: {{/ws: ejabberd_http_ws}}
websocket_ping_interval: 600
websocket_timeout: 1200
modules:
  mod_disco: {{}}
  mod_roster: {{}}
  mod_offline: {{}}
  mod_ping: {{}}
  mod_carboncopy: {{}}
  mod_stream_mgmt: {{}}
"""
