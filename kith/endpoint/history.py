"""The own history as a personal endpoint sees it: what was done, with whom and at which device; never what was said.

page = await endpoint.history.page()
await endpoint.history.delete(entry=page.entries[0].number)
await endpoint.history.keep(3)
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from kith.core.history import Months
from kith.core.problem import Code, Problem
from signaling import protocol
from signaling.protocol import AnyReply, Command

T = TypeVar("T", bound=AnyReply)


class OwnHistory:
    """`ask` sends a command, `new_id` makes its id. Everything here raises Problem and dialling.Unreachable. Times are
    Unix seconds, `endpoint` is the id of an own one."""

    def __init__(self, *, ask: Callable[[Command], Awaitable[AnyReply]], new_id: Callable[[], str]) -> None:
        self._ask = ask
        self._new_id = new_id

    async def page(
        self,
        before: int | None = None,
        *,
        endpoint: str | None = None,
        since: float | None = None,
        until: float | None = None,
    ) -> protocol.History:
        """The latest first; the next page with `before=page.more`."""
        command = protocol.ListHistory(
            id=self._new_id(), before=before, endpoint=endpoint, since=since, until=until
        )
        return await self._request(command, protocol.History)

    async def delete(
        self,
        *,
        entry: int | None = None,
        endpoint: str | None = None,
        since: float | None = None,
        until: float | None = None,
        all_of_it: bool = False,
    ) -> None:
        """Exactly one of: an entry by its number; what was at an endpoint, or in a span of time, or both; all."""
        command = protocol.DeleteHistory(
            id=self._new_id(), entry=entry, endpoint=endpoint, since=since, until=until, all=all_of_it
        )
        await self._request(command, protocol.Ok)

    async def keep(self, months: Months | None) -> None:
        """Delete by itself what is older; None: nothing, 0: keep none."""
        await self._request(protocol.KeepHistory(id=self._new_id(), months=months), protocol.Ok)

    async def _request(self, command: Command, kind: type[T]) -> T:
        reply = await self._ask(command)
        if not isinstance(reply, kind):
            raise Problem(Code.MALFORMED)
        return reply
