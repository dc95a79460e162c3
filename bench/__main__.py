"""`python -m bench [NAME] [ARGS...]`: one bench with its options, or all of them."""

import sys

import click

from bench import report
from bench.directory import directory
from bench.messages import messages
from bench.mixing import mixing
from bench.policy import policy
from bench.relay import relay
from bench.setup import setup

BENCHES: dict[str, click.Command] = {
    "directory": directory,
    "messages": messages,
    "mixing": mixing,
    "policy": policy,
    "relay": relay,
    "setup": setup,
}


@click.group(invoke_without_command=True, help=__doc__)
@click.pass_context
def bench(context: click.Context) -> None:
    if context.invoked_subcommand is not None:
        return
    for name, command in BENCHES.items():
        report.console.rule(name)
        command.main([], standalone_mode=False)


for _name, _command in BENCHES.items():
    bench.add_command(_command, _name)

if __name__ == "__main__":
    sys.exit(bench())
