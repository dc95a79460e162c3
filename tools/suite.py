"""Run all tests in two phases: those that may go on side by side, then those that measure time, one after another.

usage: python -m tools.suite [--abreast=OPTIONS] [ARGUMENT OF PYTEST ...]

OPTIONS are pytest's for the first phase; every other argument goes to both. The second phase is run whatever came of
the first. What both found is in build/junit.xml, as one suite, and in the last lines that are printed.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "build" / "junit.xml"
NOTHING_SELECTED = 5
"""What pytest ends with where no test was meant: pytest.ExitCode.NO_TESTS_COLLECTED."""

SUMS = {"tests": int, "failures": int, "errors": int, "skipped": int, "time": float}


@dataclass(frozen=True)
class Phase:
    """`selected` is an expression of marks (pytest -m); `arguments` are all others."""

    name: str
    selected: str
    arguments: tuple[str, ...]

    def command(self, report: Path) -> tuple[str, ...]:
        last = ("-m", self.selected, f"--junit-xml={report}")
        return (sys.executable, "-m", "pytest", *self.arguments, *last)


def phases(arguments: Sequence[str]) -> tuple[Phase, Phase]:
    """An `-m` among the arguments narrows both."""
    parser = argparse.ArgumentParser(prog="python -m tools.suite", add_help=False, allow_abbrev=False)
    parser.add_argument("--abreast", default="")
    parser.add_argument("-m", dest="selected", default="not soak")
    known, others = parser.parse_known_args(arguments)
    return (
        Phase("abreast", f"({known.selected}) and not alone", (*shlex.split(known.abreast), *others)),
        Phase("alone", f"({known.selected}) and alone", tuple(others)),
    )


def verdict(codes: Sequence[int]) -> int:
    """One exit code for several: the first failure, if any; nothing selected only if that is so everywhere."""
    return next((code for code in codes if code not in (0, NOTHING_SELECTED)), min(codes))


def merged(reports: Sequence[bytes]) -> etree._Element:
    """JUnit reports of a suite each as one with one suite: every test with what it says of itself, and the sums."""
    suites = [suite for report in reports for suite in etree.fromstring(report).iter("testsuite")]
    together = etree.Element("testsuites", name="pytest tests")
    whole = etree.SubElement(together, "testsuite", name="pytest")
    for key, number in SUMS.items():
        whole.set(key, f"{sum(number(suite.get(key, '0')) for suite in suites):.10g}")
    if suites:
        whole.attrib.update({key: suites[0].get(key, "") for key in ("timestamp", "hostname")})
    for suite in suites:
        whole.extend(suite)
    return together


def told(report: etree._Element) -> Iterator[str]:
    """The last lines: each test that went wrong, and the total."""
    [suite] = report
    for case in suite.iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            yield f"went wrong: {case.get('classname')}::{case.get('name')}"
    tests, failures, errors, skipped = (int(suite.get(key, "0")) for key in list(SUMS)[:4])
    minutes, seconds = divmod(round(float(suite.get("time", "0"))), 60)
    yield (
        f"Both phases: {tests - failures - errors - skipped} passed, {failures} failed, {errors} errors, "
        f"{skipped} skipped in {minutes} min {seconds} s"
    )


def main(arguments: list[str]) -> int:
    REPORT.unlink(missing_ok=True)
    codes, reports = [], []
    # Tests start hundreds of processes: none is to compile again what another has compiled already.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as directory:
        for phase in phases(arguments):
            print(f"-- {phase.name} --", flush=True)
            report = Path(directory) / f"{phase.name}.xml"
            codes.append(
                subprocess.run(phase.command(report), cwd=ROOT, env=environment, check=False).returncode
            )
            if report.exists():
                reports.append(report.read_bytes())
            else:
                print(f"-- {phase.name} has left no report, and ended with {codes[-1]} --")
    both = merged(reports)
    REPORT.parent.mkdir(exist_ok=True)
    etree.ElementTree(both).write(REPORT, encoding="utf-8", xml_declaration=True)
    print(*told(both), sep="\n")
    return verdict(codes)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
