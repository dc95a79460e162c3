"""The command `kith`. Each subcommand is a module of its own, loaded when it is asked for."""

from importlib import import_module

import click

_COMMANDS = {
    "serve": "Run the server.",
    "device": "Run an Echo-like endpoint.",
    "admin": "See who is here, review reports, suspend.",
    "log": "Read and check the log of who called or dropped in.",
    "simulate": "Let households live on a server for tests.",
    "turn-config": "Print a configuration for the relay, coturn.",
    "verify-web": "Compare the web app that a server serves with the published one.",
    "certs": "Show the certificate authority and how to trust it.",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command = getattr(import_module(f"kith.cli.{name}"), name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kith", message="%(version)s")
def main() -> None:
    """Calling, messaging and drop in for households, on a server of their own."""
