"""The clients, and what their telemetry does not hold."""

from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["CLIENTS", "Client"]

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Client:
    """One client, run live.

    script: the file that says the conversations; its environment is requirements/<environment>.
    options: environment variables of its own. not_sent: `conversation.fact` that is on no wire,
    with the attribute that is missing. rarely: run by `scripts/bench clients` only.
    """

    name: str
    script: str
    environment: str
    options: dict[str, str] = field(default_factory=dict)
    not_sent: dict[str, str] = field(default_factory=dict)
    rarely: bool = False


CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
LATEST = {"OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental"}

NO_CACHE = "no gen_ai.usage.cache_read.input_tokens"
NO_CACHE_NOR_ITS_PRICE = {"tools.cached_tokens": NO_CACHE, "tools.cost_usd": NO_CACHE}
FACTS_OF_A_TURN = "turns inputs outputs failed errors llm_calls transcript".split()
# One span for all calls of a turn; what tools gave stands on their spans, in no message.
STEPS_IN_ONE = {
    "tools.llm_calls": "no span of each call",
    "tools.transcript": "no tool results in the messages",
}

CLIENTS = [
    Client(
        "otel-openai",
        "otel_openai.py",
        "otel-openai",
        {"LIVE_TRANSPORT": "grpc", CONTENT: "span_only", **LATEST},
        NO_CACHE_NOR_ITS_PRICE,
    ),
    Client(
        "otel-openai-events",
        "otel_openai.py",
        "otel-openai",
        {"LIVE_TRANSPORT": "http", CONTENT: "event_only", **LATEST},
        NO_CACHE_NOR_ITS_PRICE,
    ),
    Client(
        "otel-openai-stable",
        "otel_openai.py",
        "otel-openai",
        {"LIVE_TRANSPORT": "http", CONTENT: "true"},
        NO_CACHE_NOR_ITS_PRICE,
        rarely=True,
    ),
    Client(
        "otel-genai-openai",
        "otel_genai.py",
        "otel-genai",
        {"LIVE_API": "openai", "LIVE_TRANSPORT": "grpc", CONTENT: "span_only", **LATEST},
    ),
    Client(
        "otel-genai-responses",
        "otel_genai.py",
        "otel-genai",
        {"LIVE_API": "responses", CONTENT: "event_only", **LATEST},
    ),
    Client(
        "otel-genai-anthropic",
        "otel_genai.py",
        "otel-genai",
        {"LIVE_API": "anthropic", CONTENT: "span_and_event", **LATEST},
        rarely=True,
    ),
    Client("otel-anthropic", "otel_anthropic.py", "otel-anthropic"),
    Client("agenta", "agenta_sdk.py", "agenta", {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}),
    Client("openinference-openai", "openinference_openai.py", "openinference"),
    Client("openinference-anthropic", "openinference_anthropic.py", "openinference"),
    Client("openinference-langchain", "openinference_langchain.py", "openinference"),
    Client("langfuse", "langfuse_sdk.py", "langfuse"),
    Client("langfuse-v3", "langfuse_sdk.py", "langfuse-v3"),
    Client("traceloop", "traceloop_sdk.py", "traceloop"),
    Client("pydantic-ai", "pydantic_ai_agent.py", "pydantic-ai"),
    Client(
        "pydantic-ai-responses",
        "pydantic_ai_agent.py",
        "pydantic-ai",
        {"LIVE_API": "responses"},
        rarely=True,
    ),
    Client(
        "pydantic-ai-anthropic",
        "pydantic_ai_agent.py",
        "pydantic-ai",
        {"LIVE_API": "anthropic"},
        rarely=True,
    ),
    Client("pydantic-ai-v1", "pydantic_ai_agent.py", "pydantic-ai-v1"),
    Client("otel-js", "otel_js.cjs", "otel-js", not_sent=NO_CACHE_NOR_ITS_PRICE),
    Client("vercel-ai", "vercel_ai.mjs", "vercel-ai"),
    Client(
        "openai-agents",
        "openai_agents.py",
        "openai-agents",
        not_sent=dict.fromkeys(
            ("retry.inputs", "retry.transcript"), "no input.value on the span of a failed response"
        ),
        rarely=True,
    ),
    Client("logfire", "logfire_sdk.py", "logfire", rarely=True),
    Client("lmnr", "lmnr_sdk.py", "lmnr", rarely=True),
    Client(
        "langsmith",
        "langsmith_sdk.py",
        "langsmith",
        {
            "LANGSMITH_TRACING": "true",
            "LANGSMITH_OTEL_ENABLED": "true",
            "LANGSMITH_OTEL_ONLY": "true",
            "LANGSMITH_API_KEY": "any",
        },
        rarely=True,
    ),
    Client(
        "litellm",
        "litellm_sdk.py",
        "litellm",
        {"LITELLM_OTEL_V2": "true", "LITELLM_LOCAL_MODEL_COST_MAP": "True", CONTENT: "span_only"},
        dict.fromkeys(
            ("tools.users", "retry.users", "left.users", "right.users"),
            "no attribute has the user of a call",
        ),
    ),
    Client("mlflow", "mlflow_sdk.py", "mlflow", {"MLFLOW_DISABLE_TELEMETRY": "true"}),
    Client("opik", "opik_otel.py", "opik"),
    Client("strands", "strands_agents.py", "strands", rarely=True),
    Client(
        "semantic-kernel",
        "semantic_kernel_chat.py",
        "semantic-kernel",
        not_sent=NO_CACHE_NOR_ITS_PRICE,
        rarely=True,
    ),
    Client(
        "openlit",
        "openlit_sdk.py",
        "openlit",
        not_sent=dict.fromkeys(
            ("retry.inputs", "retry.transcript"), "no gen_ai.input.messages of a failed call"
        ),
        rarely=True,
    ),
    Client("agent-framework", "agent_framework_agent.py", "agent-framework", rarely=True),
    Client("autogen", "autogen_agent.py", "autogen", rarely=True),
    Client(
        "openinference-llama-index",
        "openinference_llama_index.py",
        "llama-index",
        not_sent=dict.fromkeys(
            ("tools.input_tokens", "tools.output_tokens", "tools.cached_tokens", "tools.cost_usd"),
            "no llm.token_count.* of a streamed call",
        ),
        rarely=True,
    ),
    Client("langfuse-js", "langfuse_js.mjs", "langfuse-js", rarely=True),
    Client(
        "mastra",
        "mastra.mjs",
        "mastra",
        not_sent=STEPS_IN_ONE
        | dict.fromkeys(
            [f"retry.{fact}" for fact in FACTS_OF_A_TURN],
            "no root, so no session, of a turn that failed",
        ),
        rarely=True,
    ),
    Client(
        "voltagent",
        "voltagent.mjs",
        "voltagent",
        {"NODE_ENV": "production"},  # otherwise it fetches a list of models
        STEPS_IN_ONE,
        rarely=True,
    ),
    Client("phoenix", "phoenix_sdk.py", "phoenix", rarely=True),
]
