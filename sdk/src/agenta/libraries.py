"""The LLM libraries whose calls become spans, each through its OpenInference instrumentor.

A library is instrumented when the application imports it: `init` imports none of them itself.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from opentelemetry.trace import TracerProvider

__all__ = ["LIBRARIES", "Library", "instrument_libraries", "wanted_libraries"]

log = logging.getLogger("agenta")


@dataclass(frozen=True)
class Library:
    """How one library is instrumented."""

    module: str  # whose import starts it
    instrumentor: str  # module:class


def _openinference(module: str, name: str) -> Library:
    return Library(module, f"openinference.instrumentation.{name}")


LIBRARIES: Mapping[str, Library] = {
    "openai": _openinference("openai", "openai:OpenAIInstrumentor"),
    "anthropic": _openinference("anthropic", "anthropic:AnthropicInstrumentor"),
    "bedrock": _openinference("boto3", "bedrock:BedrockInstrumentor"),
    "google-genai": _openinference("google.genai", "google_genai:GoogleGenAIInstrumentor"),
    "groq": _openinference("groq", "groq:GroqInstrumentor"),
    "langchain": _openinference("langchain_core", "langchain:LangChainInstrumentor"),
    "litellm": _openinference("litellm", "litellm:LiteLLMInstrumentor"),
    "llama-index": _openinference("llama_index.core", "llama_index:LlamaIndexInstrumentor"),
    "mistralai": _openinference("mistralai", "mistralai:MistralAIInstrumentor"),
    "openai-agents": _openinference("agents", "openai_agents:OpenAIAgentsInstrumentor"),
}


def wanted_libraries(instrument: bool | Iterable[str]) -> list[str]:
    """Returns the names to instrument. Raises ValueError for a name that is not known."""
    if isinstance(instrument, bool):
        return list(LIBRARIES) if instrument else []
    names = [instrument] if isinstance(instrument, str) else list(instrument)
    if unknown := [name for name in names if name not in LIBRARIES]:
        message = f"instrument: unknown {', '.join(unknown)}; known are {', '.join(LIBRARIES)}"
        raise ValueError(message)
    return names


def instrument_libraries(names: Iterable[str], provider: TracerProvider, *, named: bool) -> None:
    """Instruments each library now, if it is imported already, else as it is imported.

    Args:
        names: keys of LIBRARIES.
        provider: whose spans they become.
        named: whether the application asked for these by name; then a missing one is told.
    """
    import wrapt

    for name in names:
        library = LIBRARIES[name]
        if _find(library.instrumentor.partition(":")[0]):
            wrapt.register_post_import_hook(
                partial(_instrument, name, library, provider), library.module
            )
        elif named:
            log.warning("%s is not traced: pip install 'parley-sdk[%s]'", name, name)


def _find(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _instrument(name: str, library: Library, provider: TracerProvider, module: ModuleType) -> None:
    """Runs as the library is imported; what goes wrong is told and breaks nothing."""
    del module
    try:
        where, _, kind = library.instrumentor.partition(":")
        instrumentor: Callable[[], Any] = getattr(importlib.import_module(where), kind)
        found = instrumentor()
        if not found.is_instrumented_by_opentelemetry:
            found.instrument(tracer_provider=provider)
    except Exception as error:  # the application's import must go on
        log.warning("%s is not traced: %s: %s", name, type(error).__name__, error)
