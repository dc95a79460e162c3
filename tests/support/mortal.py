"""Our server, as ever, but that it dies between the commit of a message and its answer, if the file `die` lies beside
its data directory: `python -m tests.support.mortal serve --data=...`.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from kith.cli import main
from signaling.message_sending import Sending


def _mortal(data: Path) -> None:
    told = Sending.sent

    def sent(self: Sending, *about: Any) -> Any:
        if (data.parent / "die").exists():
            os.kill(os.getpid(), signal.SIGKILL)
        return told(self, *about)

    Sending.sent = sent  # type: ignore[method-assign,assignment]


if __name__ == "__main__":
    _mortal(Path(next(one for one in sys.argv if one.startswith("--data=")).removeprefix("--data=")))
    main()
