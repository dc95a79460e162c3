"""A server on which a minute of recent activity lasts half a second: `python -m tests.support.hastened serve ...`.

All else goes at its own pace.
"""

from kith.cli import main
from policy import activity as rule
from presence import active
from signaling import activity

MINUTE = 0.5


if __name__ == "__main__":
    window = rule.WINDOW / rule.MINUTE * MINUTE
    for module in (rule, active, activity):
        setattr(module, "MINUTE", MINUTE)  # noqa: B010 - what is typed as whole is a fraction here
    setattr(rule, "WINDOW", window)  # noqa: B010
    main()
