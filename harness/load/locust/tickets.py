"""Who may send how many operations: ``--operations N`` is the total over all users and workers.

The rule this file guards: **no operation without a ticket, and N tickets in all.** The office on the
local or master runner hands them out in shares that shrink (guided self-scheduling), so that a
Locust worker without users takes none, and one that dies takes few with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

#: The largest share: small enough that progress is seen, large enough that asking costs nothing.
SHARE_MAX = 256


@dataclass(slots=True)
class _Account:
    """What one load worker was given, and what it says it has finished."""

    granted: int = 0
    finished: int = 0
    gone: bool = False


@dataclass(slots=True)
class TicketOffice:
    """Hands out *total* tickets; ``total`` None: as many as anybody wants, without asking."""

    total: int | None
    left: int = field(init=False)
    accounts: dict[int, _Account] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.left = self.total or 0

    def claim(self, worker: int, finished: int, *, wanted: bool) -> int:
        """Note that *worker* has *finished* so many operations; return its next share.

        A share of 0 for a worker that wanted one means that there are no tickets left.
        ``finished`` is untrusted: it counts for no more than was granted.
        """
        account = self.accounts.setdefault(worker, _Account())
        account.finished = max(account.finished, min(finished, account.granted))
        account.gone = False
        if not wanted or self.left <= 0:
            return 0
        workers = max(1, len(self.accounts))
        share = min(self.left, SHARE_MAX, max(1, self.left // (2 * workers)))
        self.left -= share
        account.granted += share
        return share

    def give_up(self, worker: int) -> None:
        """Note that *worker* is gone: nobody waits for what it was given."""
        self.accounts.setdefault(worker, _Account()).gone = True

    @property
    def finished(self) -> int:
        """How many operations are known to be finished."""
        return sum(account.finished for account in self.accounts.values())

    @property
    def is_over(self) -> bool:
        """Whether every ticket was handed out and every worker still there finished its own."""
        return (
            self.total is not None
            and self.left == 0
            and all(account.gone or account.finished >= account.granted for account in self.accounts.values())
        )
