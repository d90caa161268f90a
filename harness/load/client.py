"""A logical client: one requester, one request or group at a time, in Jepsen's sense.

It draws the next item of its workload, carries it out over raw sockets, and records what came
back. It starts no thread: several requests in flight are several sockets, written first and read
afterwards. It runs in plain threads and, where gevent has patched the process, in greenlets.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.history.scenarios import Scenario
from harness.workload.maker import SOURCES
from harness.workload.mix import DEFAULT_MIX, Mix
from harness.workload.operation import Item, Manner, Operation, Policy
from harness.workload.stream import Workload

from .cache import SharedCache
from .connections import Connection, NoResponseError, SharedConnections, usable_sources
from .exchange import Completion, Exchange
from .model import Model
from .recording import Recorder

TIMEOUT_S = 10.0


class Client:
    """One client of the target at *address*.

    :param worker: number of this load process, 0-4095; :param client: number in it, 0-65535.
    :param recorder: made for this client; clients may share the journal behind it.
    :param timeout_s: bound on connecting, sending and on each response.
    :param shared: the pool this client shares with others of its process; its own if None.
    :param cache: the cache it shares with them; likewise.
    :param first: the scenarios it begins with.
    """

    def __init__(  # noqa: PLR0917 - which client of which process, of what run
        self,
        address: tuple[str, int],
        worker: int,
        client: int,
        seed: int,
        recorder: Recorder,
        timeout_s: float = TIMEOUT_S,
        *,
        mix: Mix = DEFAULT_MIX,
        shared: SharedConnections | None = None,
        cache: SharedCache | None = None,
        first: Sequence[Scenario] = (),
    ) -> None:
        self._address = address
        host = f"[{address[0]}]" if ":" in address[0] else address[0]
        self._host = f"{host}:{address[1]}"
        self._client = client
        self._timeout_s = timeout_s
        self._recorder = recorder
        sources = usable_sources(address[0], SOURCES)
        self._workload = Workload(seed, worker, client, mix, sources, first=first)
        self._model = Model()
        self._kept: Connection | None = None
        self._shared = SharedConnections() if shared is None else shared
        self._owns_shared = shared is None
        self._cache = SharedCache() if cache is None else cache
        self._opened = 0
        self._server_closes = True  # until a response shows otherwise: then nothing is pipelined
        self._under_way: list[Exchange] = []

    def next_item(self) -> Item:
        """Return what to do next; to be given to :meth:`perform` before the next call."""
        return next(self._workload)

    def step(self) -> tuple[Completion, ...]:
        """Carry out the next item; one completion per operation, in order."""
        return self.perform(self.next_item())

    def perform(self, item: Item) -> tuple[Completion, ...]:
        """Carry out *item*, or the part of it that a budget left.

        If an exception stops it halfway (Locust kills a user's greenlet), what was sent and not
        answered is recorded as such before the exception goes on.
        """
        self._under_way.clear()
        try:
            return self._perform(item)
        except BaseException:
            for exchange in self._under_way:
                if exchange.completion is None:
                    exchange.unanswered(self._model, "the client was stopped")
                exchange.connection.close()
            raise

    def _perform(self, item: Item) -> tuple[Completion, ...]:
        if item.manner is Manner.PARALLEL:
            exchanges = self._parallel(item.operations)
        elif item.manner is Manner.PIPELINED and not self._server_closes:
            exchanges = self._pipelined(item.operations)
        else:
            exchanges = [e for operation in item.operations for e in self._parallel((operation,))]
        return tuple(e.completion for e in exchanges if e.completion is not None)

    def close(self) -> None:
        """Close this client's connections."""
        if self._kept is not None:
            self._kept.close()
        if self._owns_shared:
            self._shared.close()

    def _parallel(self, operations: Sequence[Operation]) -> list[Exchange]:
        """Send each operation on a connection of its own, then read the answers in order."""
        exchanges = []
        for operation in operations:
            exchange = self._begin(operation, self._connection(operation))
            exchanges.append(exchange)
            exchange.prepare(self._model, operations)
            if not (operation.shared_cache and exchange.ask_cache(self._cache)):
                self._send(exchange.connection, [exchange])
        for exchange in exchanges:
            self._receive(exchange)
            self._give_back(exchange.connection, exchange.operation.policy)
        return exchanges

    def _pipelined(self, operations: Sequence[Operation]) -> list[Exchange]:
        """Send all on one connection, then read the answers in order."""
        connection = self._connection(operations[0])
        exchanges = [self._begin(operation, connection) for operation in operations]
        for exchange in exchanges:
            exchange.prepare(self._model, operations)
        self._send(connection, exchanges)
        for exchange in exchanges:
            self._receive(exchange)
        self._give_back(connection, operations[0].policy)
        return exchanges

    def _begin(self, operation: Operation, connection: Connection) -> Exchange:
        exchange = Exchange(operation, connection, self._recorder)
        self._under_way.append(exchange)
        return exchange

    def _send(self, connection: Connection, exchanges: Sequence[Exchange]) -> None:
        """Connect if need be, and send; exchanges that could not be sent are completed."""
        if not connection.is_open:
            try:
                connection.open()
            except OSError as error:
                for exchange in exchanges:
                    exchange.never_sent(f"cannot connect: {type(error).__name__}")
                return
        data = b"".join(exchange.request(self._host) for exchange in exchanges)
        try:
            connection.send(data, tuple(exchange.operation.method for exchange in exchanges))
        except NoResponseError as error:
            for exchange in exchanges:
                self._settle(exchange, exchange.unanswered(self._model, str(error)))

    def _receive(self, exchange: Exchange) -> None:
        if exchange.completion is None:
            self._settle(exchange, exchange.receive(self._model))

    def _settle(self, exchange: Exchange, kept_session: bool) -> None:
        if not kept_session:
            self._workload.forget_session(exchange.operation.store)

    def _connection(self, operation: Operation) -> Connection:
        """Return a connection for *operation*, by its policy; opened by whoever sends."""
        if operation.policy is Policy.KEEP_ALIVE:
            if self._kept is not None and self._kept.reusable():
                return self._kept
            self._kept = self._new_connection(operation.source)
            return self._kept
        if operation.policy is Policy.SHARED and (shared := self._shared.take()):
            return shared
        return self._new_connection(operation.source)

    def _new_connection(self, source: str) -> Connection:
        self._opened += 1
        number = (self._client & 0xFFFF) << 16 | self._opened & 0xFFFF
        return Connection(self._address, source, number, self._timeout_s)

    def _give_back(self, connection: Connection, policy: Policy) -> None:
        """Keep what may be used again; learn whether this target keeps connections at all."""
        if connection.leftover:
            connection.on_stray()
            connection.close()
        if policy is Policy.FRESH:
            connection.close()
            return
        self._server_closes = not connection.is_open
        if policy is Policy.SHARED and connection.is_open:
            self._shared.give(connection)
