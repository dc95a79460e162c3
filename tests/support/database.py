"""A database for one test, without making its tables anew each time."""

import functools
import shutil
import tempfile
from pathlib import Path

from kith.store.schema import migrate


def fresh(directory: Path) -> Path:
    """An empty database of today's tables in `directory`."""
    return Path(shutil.copyfile(Path(_template().name) / "kith.db", directory / "kith.db"))


@functools.cache
def _template() -> tempfile.TemporaryDirectory[str]:
    directory = tempfile.TemporaryDirectory(prefix="kith-template-")
    migrate(Path(directory.name) / "kith.db")
    return directory
