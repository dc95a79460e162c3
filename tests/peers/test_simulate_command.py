"""Many simulated households on a real server, and the command that plays them."""

import asyncio
import json
import sys
from pathlib import Path

from kith.simulator.plan import make_plan
from tests.soak.play import play
from tests.support.server import ROOT, RunningServer, running_server


def test_three_hundred_endpoints_and_calls_between_them(tmp_path: Path) -> None:
    """A slice of `make soak`."""
    plan = make_plan(seed=7, households=100, duration=14.0, calls_per_minute=300.0)
    assert len(plan.world.endpoints) >= 290
    played = play(tmp_path, plan)
    assert played.result["ok"], str(played.result)
    assert played.result["calls"] >= 25
    assert played.sessions == len(plan.world.endpoints)
    assert played.stall < 500.0, "other tests share the machine; make soak asks for 50"
    assert "Traceback" not in played.log


# -- the command ------------------------------------------------------------------------------------


async def simulate(server: str, *arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "kith",
        "simulate",
        f"--server={server}",
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(90):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def admitting(server: RunningServer, *arguments: str) -> tuple[int, str, str]:
    assert server.ca is not None
    return await simulate(
        server.url, f"--ca={server.ca}", "--households=30", "--duration=7", "--rate=120", *arguments
    )


async def test_the_command_prints_tables_for_people_and_json_for_programs(tmp_path: Path) -> None:
    async with running_server(tmp_path, "--admit-test") as server:
        code, out, err = await admitting(server, "--seed=3")
        other_code, json_out, tables = await admitting(server, "--seed=3", "--json")
    assert (code, other_code) == (0, 0), err
    for words in ("30 households", "connect and sign in", "invite to all alerting", "p99", "never"):
        assert words in out
        assert words in tables
    assert "calling" in err, "the progress bar goes to stderr"
    result = json.loads(json_out)
    assert result["ok"] is True
    assert result["seed"] == 3
    assert result["calls"] >= 3
    assert set(result["promises"].values()) == {0}
    assert result["phases_ms"]["connect and sign in"]["count"] == result["endpoints"]
    assert result["phases_ms"]["invite to all alerting"]["count"] == result["calls"]


async def test_a_server_for_people_admits_no_simulation(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        code, out, err = await admitting(server)
    assert code == 2
    assert out == ""
    assert "admits no test principals" in err
    assert "--admit-test" in err
    assert "Traceback" not in err


async def test_nobody_there_is_said_in_one_sentence(unused_tcp_port: int) -> None:
    code, _, err = await simulate(f"http://127.0.0.1:{unused_tcp_port}", "--households=2")
    assert code == 2
    assert "Traceback" not in err
    assert "Cannot connect" in err
