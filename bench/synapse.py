"""Synapse, the Matrix server, as its package comes and on SQLite, in a process and an environment of its own."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench import servers
from bench.load.synapse import SECRET

VERSION = "1.163.2"
VENV = servers.ROOT / "build" / "bench-synapse"


@contextlib.contextmanager
def synapse(directory: Path) -> Iterator[servers.Server]:
    """Without limits to how often anybody may do anything, and without presence: nothing keeps the load from it."""
    python = _installed()
    port = servers.free_port()
    made, own = directory / "homeserver.yaml", directory / "bench.yaml"
    command = [str(python), "-m", "synapse.app.homeserver"]
    generate = [
        "--server-name",
        "localhost",
        "--config-path",
        str(made),
        "--generate-config",
        "--report-stats=no",
    ]
    quiet = {"cwd": directory, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([*command, *generate], check=True, **quiet)  # type: ignore[call-overload]
    own.write_text(_settings(directory, port))
    run = [*command, "--config-path", str(made), "--config-path", str(own)]
    with servers.listening(run, directory, port, dict(os.environ)) as server:
        yield server


def _installed() -> Path:
    python = VENV / "bin" / "python"
    if not (VENV / "lib").exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, f"matrix-synapse=={VERSION}"], check=True)
    return python


LIMITED = (
    *("rc_message", "rc_registration", "rc_admin_redaction", "rc_reports", "rc_room_creation"),
    "rc_registration_token_validity",
)
IN_PARTS = {
    "rc_login": ("address", "account", "failed_attempts"),
    "rc_joins": ("local", "remote"),
    "rc_invites": ("per_room", "per_user", "per_issuer"),
}


def _settings(directory: Path, port: int) -> str:
    free = "{per_second: 1000000, burst_count: 1000000}"
    limits = [f"{one}: {free}" for one in LIMITED]
    limits += [
        f"{one}: {{{', '.join(f'{part}: {free}' for part in parts)}}}" for one, parts in IN_PARTS.items()
    ]
    return "\n".join(
        [
            "listeners:",
            f"  - {{port: {port}, bind_addresses: [127.0.0.1], type: http, tls: false,",
            "     resources: [{names: [client], compress: false}]}",
            f"database: {{name: sqlite3, args: {{database: {directory / 'homeserver.db'}}}}}",
            f"log_config: {_logging(directory)}",
            f"registration_shared_secret: {SECRET}",
            "presence: {enabled: false}",
            "trusted_key_servers: []",
            *limits,
            "",
        ]
    )


def _logging(directory: Path) -> Path:
    """It writes down what goes wrong, and nothing else: a line for each request would be most of its work."""
    path = directory / "log.yaml"
    path.write_text("version: 1\nroot: {level: ERROR}\n")
    return path
