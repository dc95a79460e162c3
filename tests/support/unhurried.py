"""Our server, as ever, at which one may try to drop in as often as one likes.

python -m tests.support.unhurried serve --data=...
"""

from policy import drop_in
from policy.quota import Quota

drop_in.ATTEMPTS = (Quota(100_000, 600.0),)

from kith.cli import main  # noqa: E402 - whoever reads the quota reads this one

if __name__ == "__main__":
    main()
