"""Instrumentations and observability SDKs of Python."""

from tests.docs.guide_words import ENDPOINT, EXPORTER, ROOT_SPAN, SETUP
from tests.docs.guides import Guide, Live

__all__ = ["PYTHON"]

PYTHON = [
    Guide(
        "parley-sdk",
        "The Python SDK of Parley",
        "pip install ./sdk openai",
        ("ag.session.id",),
        path="/api/otlp/v1/traces",
        environment=("AGENTA_HOST=http://127.0.0.1:4318",),
        code="""
            import agenta as ag

            ag.init()
            ag.tracing.store_session(session_id="conversation_123")

            from openai import OpenAI

            OpenAI().chat.completions.create(
                model="gpt-4o-mini", messages=[{"role": "user", "content": "Hello?"}]
            )
        """,
        runs=True,
        notes=("[sdk.md](../sdk.md) has the rest of it.",),
    ),
    Guide(
        "agenta",
        "The original agenta package",
        "pip install agenta openai opentelemetry-instrumentation-openai",
        ("ag.session.id",),
        path="/api/otlp/v1/traces",
        live=Live(
            "agenta",
            ("agenta", "openai", "opentelemetry-instrumentation-openai"),
            ("turn_of",),
        ),
        notes=("`store_session` works inside a span only; outside it does nothing.",),
    ),
    Guide(
        "otel-python",
        "OpenTelemetry Python",
        f"pip install openai {EXPORTER} opentelemetry-instrumentation-openai-v2",
        ("session.id",),
        environment=(
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=span_only",
            "OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental",
        ),
        live=Live("otel-openai", ("opentelemetry-sdk", "opentelemetry-instrumentation-openai-v2")),
        notes=(
            "Without the first variable no words are sent; `event_only` puts them into log records.",
            "The session may stand on any span of the trace; `gen_ai.conversation.id` does as well.",
            "Over gRPC: `opentelemetry-exporter-otlp-proto-grpc` and the endpoint `http://127.0.0.1:4317`.",
        ),
    ),
    Guide(
        "openinference-openai",
        "OpenInference: OpenAI",
        f"pip install openai openinference-instrumentation-openai {EXPORTER}",
        ("session.id",),
        live=Live(
            "openinference-openai",
            ("openinference-instrumentation-openai", "openai"),
            replaced=(
                ("span.set_output(said)", "span.set_output(said.choices[0].message.content)"),
            ),
        ),
    ),
    Guide(
        "openinference-anthropic",
        "OpenInference: Anthropic",
        f"pip install anthropic openinference-instrumentation-anthropic {EXPORTER}",
        ("session.id",),
        live=Live(
            "openinference-anthropic", ("openinference-instrumentation-anthropic", "anthropic")
        ),
        notes=(
            "Each call is a trace of its own; calls of one question are put together as one turn.",
        ),
    ),
    Guide(
        "openinference-langchain",
        "OpenInference: LangChain and LangGraph",
        f"pip install langchain langchain-openai openinference-instrumentation-langchain {EXPORTER}",
        ("session.id",),
        live=Live(
            "openinference-langchain",
            ("openinference-instrumentation-langchain", "langchain", "langgraph"),
            replaced=(
                ("agent_of(chat, turn).invoke(given, config)", "agent.invoke(given, config)"),
                (
                    '{"messages": [*chat.history, {"role": "user", "content": turn.words}]}',
                    '{"messages": messages}',
                ),
                (
                    '    chat.history = made["messages"]\n    return chat.history[-1].text',
                    '    return made["messages"][-1].text',
                ),
                ("from langchain_core.tools import tool\n", ""),
                (
                    "LangChainInstrumentor().instrument(tracer_provider=provider)",
                    'LangChainInstrumentor().instrument(tracer_provider=provider)\nagent = create_agent(ChatOpenAI(model="gpt-4o-mini"), [])',
                ),
            ),
        ),
        notes=("The `thread_id` of the run's configuration is the session.",),
    ),
    Guide(
        "openinference-llama-index",
        "OpenInference: LlamaIndex",
        f"pip install llama-index openinference-instrumentation-llama-index {EXPORTER}",
        ("session.id",),
        code=SETUP
        + """
    from llama_index.core.llms import ChatMessage
    from llama_index.llms.openai import OpenAI
    from openinference.instrumentation import using_session
    from openinference.instrumentation.llama_index import LlamaIndexInstrumentor

    LlamaIndexInstrumentor().instrument(tracer_provider=provider)
    with using_session("conversation_123"):
        OpenAI(model="gpt-4o-mini").chat([ChatMessage(role="user", content="Hello?")])
    provider.shutdown()
        """,
        read="OpenInference's documentation",
    ),
    Guide(
        "openllmetry",
        "OpenLLMetry / Traceloop",
        "pip install traceloop-sdk openai",
        ("traceloop.association.properties.session_id",),
        live=Live(
            "traceloop",
            ("traceloop-sdk", "openai"),
            ("answer",),
            replaced=(
                (
                    "import Traceloop\nfrom traceloop.sdk.decorators import tool, workflow",
                    "import Traceloop\nfrom traceloop.sdk.decorators import workflow",
                ),
            ),
        ),
        notes=(
            "Properties stay for what follows in the same context: set them at the start of every turn.",
        ),
    ),
    Guide(
        "openllmetry-anthropic",
        "OpenLLMetry's instrumentation of Anthropic",
        f"pip install anthropic opentelemetry-instrumentation-anthropic {EXPORTER}",
        ("gen_ai.conversation.id",),
        live=Live("otel-anthropic", ("opentelemetry-instrumentation-anthropic", "anthropic")),
    ),
    Guide(
        "langfuse",
        "Langfuse",
        "pip install langfuse openai",
        ("session.id",),
        path="/api/public/otel/v1/traces",
        live=Live("langfuse", ("langfuse", "openai"), ("turn_of",)),
        notes=(
            "By environment: `LANGFUSE_HOST`, `LANGFUSE_PUBLIC_KEY`, `LANGFUSE_SECRET_KEY` (any, or the server's token as secret key).",
            "Version 3 of the package is run as well.",
        ),
    ),
    Guide(
        "langsmith",
        "LangSmith",
        "pip install langsmith openai opentelemetry-sdk opentelemetry-exporter-otlp-proto-http",
        ("langsmith.metadata.session_id",),
        path="/otel/v1/traces",
        environment=(
            "LANGSMITH_ENDPOINT=http://127.0.0.1:4318",
            "LANGSMITH_API_KEY=any",
            "LANGSMITH_TRACING=true",
            "LANGSMITH_OTEL_ENABLED=true",
            "LANGSMITH_OTEL_ONLY=true",
        ),
        live=Live(
            "langsmith",
            ("langsmith", "openai"),
            ("answer", "ask"),
            replaced=(
                ('os.environ["LANGSMITH_ENDPOINT"] = os.environ["LIVE_PARLEY_URL"]\n', ""),
                (
                    'name="turn", client=langsmith, process_inputs=lambda inputs: {"message": inputs["words"]}',
                    'name="turn", client=langsmith',
                ),
                (
                    "return answer(turn.words, chat, turn, langsmith_extra",
                    "return answer(messages, langsmith_extra",
                ),
            ),
        ),
        notes=("`thread_id` and `conversation_id` in the metadata do as well.",),
    ),
    Guide(
        "logfire",
        "Logfire",
        "pip install logfire openai",
        ("gen_ai.conversation.id",),
        live=Live("logfire", ("logfire", "openai")),
        notes=(
            "Logfire scrubs attributes whose name holds `session`: use `gen_ai.conversation.id`.",
        ),
    ),
    Guide(
        "pydantic-ai",
        "Pydantic AI",
        f"pip install pydantic-ai-slim[openai] {EXPORTER}",
        ("gen_ai.conversation.id",),
        live=Live(
            "pydantic-ai",
            ("pydantic-ai-slim", "openai"),
            replaced=(
                ("import inspect\n", ""),
                ("from contextlib import nullcontext\n", ""),
                (
                    'tracer = trace.get_tracer("shop")\nhas_conversations = "conversation_id" in inspect.signature(Agent.run).parameters\n',
                    "",
                ),
                (
                    """    tools = [talk.get_weather] if turn.cities else []
    agent = Agent(model(), instructions=chat.system, tools=tools)
    given = {"message_history": chat.history or None, "metadata": {"user_id": chat.user_id}}
    attributes = {"session.id": chat.session_id, "user.id": chat.user_id}
    around = tracer.start_as_current_span("turn", attributes=attributes)
    if has_conversations:
        given["conversation_id"] = chat.session_id
        around = nullcontext()
    with around:
        if turn.stream:
            async with agent.run_stream(turn.words, **given) as streamed:
                said = await streamed.get_output()
            chat.history = streamed.all_messages()
        else:
            made = await agent.run(turn.words, **given)
            said, chat.history = made.output, made.all_messages()
    return said
""".rstrip(),
                    """    agent = Agent("openai:gpt-4o-mini")
    given = {"message_history": messages[:-1], "metadata": {"user_id": chat.user_id}}
    given["conversation_id"] = chat.session_id
    made = await agent.run(turn.words, **given)
    return made.output""",
                ),
            ),
        ),
        notes=("Version 1 has no `conversation_id`: put `session.id` on a span around the run.",),
    ),
    Guide(
        "litellm",
        "LiteLLM",
        f"pip install litellm {EXPORTER}",
        ("session.id",),
        environment=(
            "OTEL_EXPORTER=otlp_http",
            "OTEL_ENDPOINT=http://127.0.0.1:4318/v1/traces",
        ),
        code="""
            import litellm
            from opentelemetry import trace

            litellm.callbacks = ["otel"]
            tracer = trace.get_tracer("shop")
            attributes = {"session.id": "conversation_123", "user.id": "user_7"}
            with tracer.start_as_current_span("turn", attributes=attributes):
                litellm.completion(
                    model="gpt-4o-mini", messages=[{"role": "user", "content": "Hello?"}]
                )
        """,
        recorded="litellm",
        version="LiteLLM with its first OpenTelemetry integration",
        notes=(
            ROOT_SPAN,
            "With `LITELLM_OTEL_V2=true`, `litellm_session_id=` of a call arrives as `gen_ai.conversation.id`.",
        ),
    ),
    Guide(
        "mlflow",
        "MLflow",
        f"pip install mlflow openai {EXPORTER}",
        ("mlflow.traceTag.session_id",),
        environment=(
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://127.0.0.1:4318/v1/traces",
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf",
        ),
        code="""
            import mlflow
            from openai import OpenAI

            mlflow.openai.autolog()


            @mlflow.trace(name="turn")
            def ask(messages):
                mlflow.update_current_trace(tags={"session_id": "conversation_123"})
                return OpenAI().chat.completions.create(model="gpt-4o-mini", messages=messages)
        """,
        recorded="mlflow-semconv",
        version="MLflow 3.17.2",
        notes=(
            "`session_id=` and `mlflow.trace.session` stay in MLflow and are not exported: use a tag.",
        ),
    ),
    Guide(
        "opik",
        "Opik",
        f"pip install openai opentelemetry-instrumentation-openai {EXPORTER}",
        ("thread_id",),
        path="/opik/api/v1/private/otel/v1/traces",
        environment=(
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://127.0.0.1:4318/opik/api/v1/private/otel/v1/traces",
            "OTEL_EXPORTER_OTLP_HEADERS=projectName=shop,Comet-Workspace=default",
        ),
        code="""
            from openai import OpenAI
            from opentelemetry import trace
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.instrumentation.openai import OpenAIInstrumentor
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor

            provider = TracerProvider()
            provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
            trace.set_tracer_provider(provider)
            OpenAIInstrumentor().instrument()
            tracer = trace.get_tracer("shop")
            with tracer.start_as_current_span("turn", attributes={"thread_id": "conversation_123"}):
                OpenAI().chat.completions.create(
                    model="gpt-4o-mini", messages=[{"role": "user", "content": "Hello?"}]
                )
            provider.shutdown()
        """,
        recorded="opik-otel",
        version="an application with Opik's OpenTelemetry endpoint",
        notes=(
            "Opik's own SDK does not speak OpenTelemetry; this is the way its documentation has for it.",
        ),
    ),
    Guide(
        "laminar",
        "Laminar",
        "pip install lmnr openai",
        ("lmnr.association.properties.session_id",),
        path="/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        live=Live(
            "lmnr",
            ("lmnr", "openai"),
            replaced=(
                ('host, port = talk.PARLEY_GRPC.rsplit(":", 1)\n', ""),
                ('base_url=f"http://{host}"', 'base_url="http://127.0.0.1"'),
                ('http_port=int(talk.PARLEY_URL.rsplit(":", 1)[1])', "http_port=4318"),
                ("grpc_port=int(port)", "grpc_port=4317"),
            ),
        ),
        notes=("It speaks gRPC; `force_http=True` sends to `/v1/traces`.",),
    ),
    Guide(
        "openlit",
        "OpenLIT",
        "pip install openlit openai",
        ("session.id",),
        environment=(ENDPOINT,),
        code="""
            import openlit
            from openai import OpenAI
            from opentelemetry import trace

            openlit.init(otlp_endpoint="http://127.0.0.1:4318", application_name="shop")
            tracer = trace.get_tracer("shop")
            with tracer.start_as_current_span("turn", attributes={"session.id": "conversation_123"}):
                OpenAI().chat.completions.create(
                    model="gpt-4o-mini", messages=[{"role": "user", "content": "Hello?"}]
                )
        """,
        read="OpenLIT's documentation",
        notes=(ROOT_SPAN,),
    ),
]
