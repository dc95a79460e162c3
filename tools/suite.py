"""Run all tests in two phases: those that may go on side by side, then those that measure time, one after another.

usage: python -m tools.suite [--abreast=OPTIONS] [ARGUMENT OF PYTEST ...]

OPTIONS are pytest's for the first phase; every other argument goes to both. The second phase is run whatever came of
the first. A few failures (MAY_BE_CROWDED) are tried once more, with the machine to themselves: browsers, relays and
clocks that share two processors are late now and then, and what fails without that is a failure. More than a few are
not tried again. What was found is in build/junit.xml, as one suite, and in the last lines that are printed; what went
wrong at first is named there as well.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "build" / "junit.xml"
FAILED = 1
NOTHING_SELECTED = 5
"""What pytest ends with where a test failed, and where none was meant (pytest.ExitCode)."""

MAY_BE_CROWDED = 8
"""Failures of one run that may be due to a crowded machine. Where something is broken, more fail than this."""

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


def third(arguments: Sequence[str]) -> Phase:
    """Whatever went wrong in the first two, one after another."""
    _, alone = phases(arguments)
    selected = alone.selected.removesuffix(" and alone")
    return Phase("once more", selected, (*alone.arguments, "--last-failed", "--last-failed-no-failures=none"))


def verdict(codes: Sequence[int]) -> int:
    """One exit code for several: the first failure, if any; nothing selected only if that is so everywhere."""
    return next((code for code in codes if code not in (0, NOTHING_SELECTED)), min(codes))


def merged(reports: Sequence[bytes], again: bytes | None = None) -> etree._Element:
    """JUnit reports of a suite each as one with one suite: every test with what it says of itself, and the sums.

    What was tried `again` counts as it went then, with the property `at_first`.
    """
    suites = [suite for report in reports for suite in etree.fromstring(report).iter("testsuite")]
    together = etree.Element("testsuites", name="pytest tests")
    whole = etree.SubElement(together, "testsuite", name="pytest")
    if suites:
        whole.attrib.update({key: suites[0].get(key, "") for key in ("timestamp", "hostname")})
    seconds = sum(float(suite.get("time", "0")) for suite in suites)
    for suite in suites:
        whole.extend(suite)
    if again is not None:
        tried = etree.fromstring(again)
        seconds += sum(float(suite.get("time", "0")) for suite in tried.iter("testsuite"))
        _replace(whole, {_name(case): case for case in tried.iter("testcase")})
    counts = (len(whole), *(len(whole.findall(f"testcase/{key}")) for key in ("failure", "error", "skipped")))
    for key, number in zip(SUMS, (*counts, seconds), strict=True):
        whole.set(key, f"{number:.10g}")
    return together


def _replace(whole: etree._Element, tried: Mapping[str, etree._Element]) -> None:
    """Each test that went wrong, by how it went when it was tried again."""
    for case in [case for case in whole if _wrong(case) and _name(case) in tried]:
        later = tried[_name(case)]
        told = later.find("properties")
        properties = etree.SubElement(later, "properties") if told is None else told
        etree.SubElement(properties, "property", name="at_first", value="went wrong")
        whole.replace(case, later)


def _wrong(case: etree._Element) -> bool:
    return case.find("failure") is not None or case.find("error") is not None


def _name(case: etree._Element) -> str:
    return f"{case.get('classname')}::{case.get('name')}"


def told(report: etree._Element) -> Iterator[str]:
    """The last lines: each test that went wrong, at first or for good, and the total."""
    [suite] = report
    for case in suite.iter("testcase"):
        if _wrong(case):
            yield f"went wrong: {_name(case)}"
        elif case.find("properties/property[@name='at_first']") is not None:
            yield f"went wrong at first, not by itself: {_name(case)}"
    tests, failures, errors, skipped = (int(suite.get(key, "0")) for key in list(SUMS)[:4])
    minutes, seconds = divmod(round(float(suite.get("time", "0"))), 60)
    yield (
        f"In all: {tests - failures - errors - skipped} passed, {failures} failed, {errors} errors, "
        f"{skipped} skipped in {minutes} min {seconds} s"
    )


def once_more(codes: Sequence[int], reports: Sequence[bytes]) -> bool:
    """Whether what failed is to be tried again: all phases came to their end, and few tests went wrong."""
    wrong = [case for report in reports for case in etree.fromstring(report).iter("testcase") if _wrong(case)]
    return {0, NOTHING_SELECTED, FAILED} >= {*codes} and 0 < len(wrong) <= MAY_BE_CROWDED


def main(arguments: list[str]) -> int:
    REPORT.unlink(missing_ok=True)
    # Tests start hundreds of processes: none is to compile again what another has compiled already.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as directory:

        def run(phase: Phase) -> tuple[int, bytes | None]:
            print(f"-- {phase.name} --", flush=True)
            report = Path(directory) / f"{phase.name}.xml"
            command = (*phase.command(report), f"--override-ini=cache_dir={directory}/cache")
            code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
            if not report.exists():
                print(f"-- {phase.name} has left no report, and ended with {code} --")
            return code, report.read_bytes() if report.exists() else None

        went = [run(phase) for phase in phases(arguments)]
        codes = [code for code, _ in went]
        reports = [report for _, report in went if report is not None]
        again = None
        if once_more(codes, reports):
            code, again = run(third(arguments))
            codes = [code]
    both = merged(reports, again)
    REPORT.parent.mkdir(exist_ok=True)
    etree.ElementTree(both).write(REPORT, encoding="utf-8", xml_declaration=True)
    print(*told(both), sep="\n")
    return verdict(codes)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
