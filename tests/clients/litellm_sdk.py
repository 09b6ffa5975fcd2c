"""LiteLLM's own OpenTelemetry of version 2 (LITELLM_OTEL_V2), which sends the session's id."""

import asyncio
import os
import threading

import talk

os.environ["OTEL_EXPORTER"] = "otlp_http"
os.environ["OTEL_ENDPOINT"] = talk.PARLEY_URL

import litellm
from litellm.litellm_core_utils.litellm_logging import _in_memory_loggers

litellm.callbacks = ["otel"]
given = {"api_base": f"{talk.MODEL_URL}/v1", "api_key": "any", "max_retries": 0}
loop = asyncio.new_event_loop()  # it traces asynchronous calls only
threading.Thread(target=loop.run_forever, daemon=True).start()


class Completions:
    """LiteLLM in the place of OpenAI's client."""

    def __init__(self, chat: talk.Chat):
        self.chat = self.completions = self
        self.about = {"session_id": chat.session_id}

    def create(self, *, model: str, **request):
        return asyncio.run_coroutine_threadsafe(self.call(model, request), loop).result()

    async def call(self, model: str, request):
        made = await litellm.acompletion(
            model=f"openai/{model}", metadata=self.about, **given, **request
        )
        return [chunk async for chunk in made] if request.get("stream") else made


def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    return talk.ask_openai(Completions(chat), chat, turn)


async def until_logged() -> None:
    from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER

    await GLOBAL_LOGGING_WORKER.flush()
    await asyncio.sleep(1)


talk.hold(ask)
asyncio.run_coroutine_threadsafe(until_logged(), loop).result()
for logger in _in_memory_loggers:
    logger._tracer_provider.force_flush()
