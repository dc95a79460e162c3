"""Phases of tests are reported as one."""

import sys
from pathlib import Path

import pytest
from lxml import etree

from tools import suite

ABREAST = b"""<?xml version="1.0"?><testsuites name="pytest tests"><testsuite name="abreast" errors="0" failures="1"
  skipped="1" tests="3" time="61.500" timestamp="2026-01-01T00:00:00" hostname="here">
  <testcase classname="tests.a" name="one"><properties><property name="row" value="R1"/></properties></testcase>
  <testcase classname="tests.a" name="two[x]"><failure message="no">why</failure></testcase>
  <testcase classname="tests.a" name="three"><skipped/></testcase></testsuite></testsuites>"""
ALONE = b"""<?xml version="1.0"?><testsuites name="pytest tests"><testsuite name="alone" errors="1" failures="0"
  skipped="0" tests="2" time="1.600"><testcase classname="tests.b" name="four"/>
  <testcase classname="tests.b" name="five"><error message="no"/></testcase></testsuite></testsuites>"""


@pytest.mark.parametrize(
    ("given", "selected", "others"),
    [
        ([], "not soak", ()),
        (["-x", "-m", "row", "tests/peers"], "row", ("-x", "tests/peers")),
        (["-m=row or soak", "-k", "a and b"], "row or soak", ("-k", "a and b")),
        (["--maxfail", "2", "--durations=9"], "not soak", ("--maxfail", "2", "--durations=9")),
    ],
)
def test_arguments_go_to_both_phases_and_what_is_selected_is_divided(
    given: list[str], selected: str, others: tuple[str, ...]
) -> None:
    abreast, alone = suite.phases(["--abreast=--numprocesses=2 --dist=loadfile", *given])
    assert abreast.arguments == ("--numprocesses=2", "--dist=loadfile", *others)
    assert alone.arguments == others
    assert abreast.selected == f"({selected}) and not alone"
    assert alone.selected == f"({selected}) and alone"


@pytest.mark.parametrize(
    ("codes", "one"),
    [
        ((0, 0), 0),
        ((0, 5), 0),
        ((5, 0), 0),
        ((5, 5), 5),
        ((1, 0), 1),
        ((0, 1), 1),
        ((5, 2), 2),
        ((-9, 0), -9),
    ],
)
def test_one_failure_is_enough_and_nothing_selected_is_none(codes: tuple[int, int], one: int) -> None:
    assert suite.verdict(codes) == one


def test_the_report_is_one_suite_with_every_test_and_its_rows() -> None:
    report = suite.merged([ABREAST, ALONE])
    [whole] = report
    assert {key: whole.get(key) for key in suite.SUMS} == {
        "tests": "5",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
        "time": "63.1",
    }
    assert whole.get("timestamp") == "2026-01-01T00:00:00"
    assert [case.get("name") for case in report.iter("testcase")] == [
        "one",
        "two[x]",
        "three",
        "four",
        "five",
    ]
    assert [row.get("value") for row in report.iter("property")] == ["R1"]


def test_the_last_lines_name_what_went_wrong() -> None:
    assert [*suite.told(suite.merged([ABREAST, ALONE]))] == [
        "went wrong: tests.a::two[x]",
        "went wrong: tests.b::five",
        "In all: 2 passed, 1 failed, 1 errors, 1 skipped in 1 min 3 s",
    ]


AGAIN = b"""<?xml version="1.0"?><testsuites name="pytest tests"><testsuite name="again" errors="0" failures="1"
  skipped="0" tests="2" time="2.000"><testcase classname="tests.a" name="two[x]"/>
  <testcase classname="tests.b" name="five"><failure message="no"/></testcase></testsuite></testsuites>"""


def test_what_went_well_by_itself_is_told_as_such() -> None:
    report = suite.merged([ABREAST, ALONE], AGAIN)
    assert [*suite.told(report)] == [
        "went wrong at first, not by itself: tests.a::two[x]",
        "went wrong: tests.b::five",
        "In all: 3 passed, 1 failed, 0 errors, 1 skipped in 1 min 5 s",
    ]
    assert len(report.findall(".//testcase")) == 5


@pytest.mark.parametrize(
    ("codes", "wrong", "again"),
    [((1, 0), 1, True), ((1, 1), 8, True), ((1, 1), 9, False), ((0, 0), 0, False), ((1, 2), 1, False)],
)
def test_few_failures_are_tried_once_more_and_many_are_not(
    codes: tuple[int, int], wrong: int, *, again: bool
) -> None:
    failed = b"<testcase><failure/></testcase>" * wrong
    assert (
        suite.once_more(codes, [b"<testsuites><testsuite>" + failed + b"</testsuite></testsuites>"]) is again
    )


@pytest.mark.parametrize(("second_try", "code"), [("pass", 0), ("raise SystemExit(1)", 1)])
def test_what_fails_twice_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, second_try: str, code: int
) -> None:
    monkeypatch.setattr(suite, "REPORT", tmp_path / "build" / "junit.xml")

    def command(phase: suite.Phase, report: Path) -> tuple[str, ...]:
        first = ABREAST if phase.name == "abreast" else ALONE
        end = second_try if phase.name == "once more" else "raise SystemExit(1)"
        return (sys.executable, "-c", f"open({str(report)!r}, 'wb').write({first!r}); {end}")

    monkeypatch.setattr(suite.Phase, "command", command)
    assert suite.main([]) == code


def test_a_phase_that_dies_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other one is run, and what it found is told."""
    monkeypatch.setattr(suite, "REPORT", tmp_path / "build" / "junit.xml")

    def command(phase: suite.Phase, report: Path) -> tuple[str, ...]:
        if phase.name == "abreast":
            return (sys.executable, "-c", "raise SystemExit(3)")
        return (sys.executable, "-c", f"open({str(report)!r}, 'wb').write({ALONE!r})")

    monkeypatch.setattr(suite.Phase, "command", command)
    assert suite.main([]) == 3
    assert "abreast has left no report" in capsys.readouterr().out
    assert len(etree.parse(suite.REPORT).findall(".//testcase")) == 2
