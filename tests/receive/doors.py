"""Both doors on one journal, in a thread of the test process, with limits of the test's own."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import httpx
import uvicorn
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from parley.access import Access, AccessRules
from parley.journal import Journal
from parley.receive import Intake, ReceiveLimits, Receiver
from parley.receive.rpc import RPC_METHODS, RpcDoor

TRACES = next(iter(RPC_METHODS))


@dataclass
class Doors:
    """The two addresses and what is behind them."""

    intake: Intake
    folder: Path
    port: int
    rpc_port: int

    def post(self, body: bytes, **headers: str) -> httpx.Response:
        """Sends protobuf, or what the headers say."""
        sent = {"content-type": "application/x-protobuf", **headers}
        sent = {name.replace("_", "-"): value for name, value in sent.items()}
        address = f"http://127.0.0.1:{self.port}/v1/traces"
        return httpx.post(address, content=body, headers=sent, trust_env=False, timeout=20)

    def export(
        self,
        body: bytes,
        method: str = TRACES,
        *,
        compression: grpc.Compression = grpc.Compression.NoCompression,
        **headers: str,
    ) -> tuple[str, float | None]:
        """Returns the name of the code, and the seconds of RetryInfo."""
        metadata = [(name.replace("_", "-"), value) for name, value in headers.items()]
        options = [("grpc.max_send_message_length", -1)]
        target = f"127.0.0.1:{self.rpc_port}"
        with grpc.insecure_channel(target, options, compression) as channel:
            try:
                channel.unary_unary(method)(body, metadata=metadata, timeout=20)
            except grpc.RpcError as error:
                return error.code().name, retry_seconds(error)
        return "OK", None


def retry_seconds(error: grpc.RpcError) -> float | None:
    """Returns when a refused request may be sent again, None when it need not be."""
    details = dict(error.trailing_metadata()).get("grpc-status-details-bin", b"")
    for detail in Status.FromString(details).details:
        info = RetryInfo()
        assert detail.Unpack(info)
        return info.retry_delay.seconds + info.retry_delay.nanos / 1e9
    return None


@contextlib.contextmanager
def open_doors(
    folder: Path, *, token: str | None = None, quota_bytes: int = 1 << 30, **limits: float
) -> Iterator[Doors]:
    """Serves both until the end."""
    journal = Journal(folder, quota_bytes=quota_bytes, keep_seconds=600, keep_bytes=1 << 30)
    journal.open()
    intake = Intake(
        journal=journal,
        access=Access(AccessRules(token, frozenset())),
        limits=ReceiveLimits(**limits),
        quota_bytes=quota_bytes,
    )
    config = uvicorn.Config(
        Receiver(intake), port=0, log_level="warning", lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    ready = threading.Event()
    doors = Doors(intake, folder, listener.getsockname()[1], 0)

    async def serve() -> None:
        door = RpcDoor(intake)
        doors.rpc_port = await door.open("127.0.0.1:0")
        ready.set()
        await server.serve(sockets=[listener])
        await door.close(0)

    thread = threading.Thread(target=asyncio.run, args=[serve()])
    thread.start()
    assert ready.wait(20)
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    try:
        yield doors
    finally:
        server.should_exit = True
        thread.join()
        intake.close()
        journal.close()
        listener.close()
