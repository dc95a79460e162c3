"""All sections, in the order in which they are described."""

import json
from pathlib import Path

from tools.vectors import calls, delegated, granted, grouped, household, keys, meeting, mixed, person
from tools.vectors.form import Case

PATH = Path(__file__).resolve().parents[2] / "tests" / "vectors" / "trust.json"


def sections() -> dict[str, list[Case]]:
    return {
        **keys.sections(),
        **person.sections(),
        **calls.sections(),
        **mixed.sections(),
        **household.sections(),
        **delegated.sections(),
        **granted.sections(),
        **grouped.sections(),
        **meeting.sections(),
    }


def text() -> str:
    return json.dumps(sections(), indent=1, ensure_ascii=True) + "\n"
