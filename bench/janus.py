"""Debian's Janus with nothing but its AudioBridge, as it comes, in a process of its own."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.namespace import ADDRESS, INTERFACE

PORT = 8088
"""In a namespace of its own nobody else has it."""

_OTHERS = (
    "echotest",
    "recordplay",
    "sip",
    "nosip",
    "streaming",
    "textroom",
    "videocall",
    "videoroom",
    "voicemail",
)
_SCRIPTS = ("lua", "duktape")
_TRANSPORTS = ("rabbitmq", "mqtt", "nanomsg", "pfunix", "websockets")


class JanusMissing(Exception):
    """It is not installed."""


@contextlib.contextmanager
def janus(directory: Path, inside: Sequence[str]) -> Iterator[int]:
    """Its process id. It listens on PORT once it is ready. Raises JanusMissing."""
    if shutil.which("janus") is None:
        raise JanusMissing("janus is not installed: make system")
    for name, text in _settings(directory).items():
        (directory / f"{name}.jcfg").write_text(text)
    with (directory / "janus.log").open("w") as log:
        process = subprocess.Popen([*inside, "janus", "-F", str(directory)], stdout=log, stderr=log)
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _settings(directory: Path) -> dict[str, str]:
    folders = "\n".join(
        f'  {kind}_folder = "{next(iter(sorted(Path("/usr/lib").glob(f"*/janus/{kind}"))), "")}"'
        for kind in ("plugins", "transports", "events", "loggers")
    )
    return {
        "janus": f"""general: {{
  configs_folder = "{directory}"
{folders}
  debug_level = 3
  debug_colors = false
  session_timeout = 0
}}
certificates: {{}}
media: {{ ipv6 = false }}
nat: {{ ice_enforce_list = "{INTERFACE}" }}
plugins: {{ disable = "{_files((*_OTHERS, *_SCRIPTS))}" }}
transports: {{ disable = "{_files(_TRANSPORTS)}" }}
""",
        "janus.plugin.audiobridge": f'general: {{ local_ip = "{ADDRESS}" }}\n',
        "janus.transport.http": f"""general: {{
  json = "compact"
  base_path = "/janus"
  http = true
  port = {PORT}
  ip = "127.0.0.1"
  https = false
}}
admin: {{ admin_http = false }}
""",
    }


def _files(names: Sequence[str]) -> str:
    return ",".join(f"libjanus_{name}.so" for name in names)
