"""A model provider that costs next to nothing: `python -m bench.provider [seconds]`.

In a process of its own it speaks just enough of OpenAI's interface: it answers each question after
the same time, with as many tokens as there are words, and remembers how long it took itself.
GET /times tells that by question. It prints its address, and ends with its standard input.
"""

import asyncio
import json
import sys
import time
from typing import Any, ClassVar

MODEL = "gpt-4o-mini-2024-07-18"


class Provider(asyncio.Protocol):
    """One connection of a client that sends a request after the answer to the one before."""

    seconds: ClassVar[float] = 0.2
    times: ClassVar[dict[str, float]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        """Answers a request once all of it is there."""
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end:
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) < int(length or 0):
            return
        heard_at = time.perf_counter()
        self.received = b""
        if head.startswith(b"GET"):
            self.send(self.times)
            return
        messages = json.loads(body)["messages"]
        asyncio.get_running_loop().call_later(self.seconds, self.answer, messages, heard_at)

    def answer(self, messages: list[dict[str, Any]], heard_at: float) -> None:
        """Sends what is said to a question."""
        question = messages[-1]["content"]
        said = answer_to(question)
        used = {
            "prompt_tokens": sum(len(message["content"].split()) for message in messages),
            "completion_tokens": len(said.split()),
        }
        message = {"role": "assistant", "content": said}
        self.send(
            {
                "id": f"chatcmpl-{len(self.times)}",
                "object": "chat.completion",
                "created": int(time.time()),
                "model": MODEL,
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {**used, "total_tokens": sum(used.values())},
            }
        )
        self.times[question] = time.perf_counter() - heard_at

    def send(self, body: Any) -> None:
        """Sends an answer, unless the client has gone."""
        if self.transport.is_closing():
            return
        data = json.dumps(body).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(data)}"
        self.transport.write(head.encode() + b"\r\n\r\n" + data)


def answer_to(question: str) -> str:
    """Returns what this provider says to a question."""
    return f"You said: {question}"


async def serve() -> None:
    """Serves until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Provider, "127.0.0.1", 0, backlog=2048)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    Provider.seconds = float(sys.argv[1]) if len(sys.argv) > 1 else Provider.seconds
    asyncio.run(serve())
