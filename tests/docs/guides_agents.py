"""Frameworks of agents, in Python."""

from tests.docs.guide_words import ENDPOINT, EXPORTER, PROTOCOL, ROOT_SPAN, SETUP
from tests.docs.guides import Guide, Live

__all__ = ["AGENTS"]

AGENTS = [
    Guide(
        "strands",
        "Strands Agents",
        "pip install 'strands-agents[otel,openai]'",
        ("session.id",),
        environment=(ENDPOINT, PROTOCOL),
        code="""
            from strands import Agent
            from strands.telemetry import StrandsTelemetry

            StrandsTelemetry().setup_otlp_exporter()
            agent = Agent(
                trace_attributes={"session.id": "conversation_123", "user.id": "user_7"},
            )
            agent("Hello?")
        """,
        read="Strands' documentation",
    ),
    Guide(
        "google-adk",
        "Google ADK",
        "pip install google-adk opentelemetry-exporter-otlp-proto-http",
        ("gen_ai.conversation.id",),
        environment=(
            ENDPOINT,
            PROTOCOL,
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_AND_EVENT",
            "OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental",
        ),
        code=SETUP
        + """
    from google.adk.agents import Agent
    from google.adk.runners import InMemoryRunner
    from google.genai import types

    runner = InMemoryRunner(Agent(name="shop", model="gemini-2.5-flash"), app_name="shop")


    async def ask(words):
        sessions = runner.session_service
        await sessions.create_session(
            app_name="shop", user_id="user_7", session_id="conversation_123"
        )
        message = types.Content(role="user", parts=[types.Part(text=words)])
        async for event in runner.run_async(
            user_id="user_7", session_id="conversation_123", new_message=message
        ):
            print(event.content)
        """,
        recorded="google-adk",
        version="Google ADK 2.13.0",
        notes=("Without the last two variables no words are sent. The session is ADK's own.",),
    ),
    Guide(
        "agent-framework",
        "Microsoft Agent Framework",
        "pip install agent-framework opentelemetry-exporter-otlp-proto-http",
        ("gen_ai.conversation.id",),
        environment=(
            ENDPOINT,
            PROTOCOL,
            "ENABLE_INSTRUMENTATION=true",
            "ENABLE_SENSITIVE_DATA=true",
        ),
        code=SETUP
        + """
    tracer = trace.get_tracer("shop")


    async def ask(agent, words):
        attributes = {"gen_ai.conversation.id": "conversation_123"}
        with tracer.start_as_current_span("turn", attributes=attributes):
            return await agent.run(words)
        """,
        recorded="agent-framework",
        version="Agent Framework 1.23.0",
        notes=(ROOT_SPAN, "`create_session(session_id=…)` is not exported."),
    ),
    Guide(
        "semantic-kernel",
        "Semantic Kernel",
        f"pip install semantic-kernel {EXPORTER}",
        ("session.id",),
        environment=("SEMANTICKERNEL_EXPERIMENTAL_GENAI_ENABLE_OTEL_DIAGNOSTICS_SENSITIVE=true",),
        code=SETUP
        + """
    tracer = trace.get_tracer("shop")


    async def ask(agent, words, thread):
        with tracer.start_as_current_span("turn", attributes={"session.id": "conversation_123"}):
            return await agent.get_response(messages=words, thread=thread)
        """,
        read="Semantic Kernel's documentation",
        notes=(
            ROOT_SPAN,
            "Its words are in log records: export those of Python's logging to `/v1/logs`.",
        ),
    ),
    Guide(
        "crewai",
        "CrewAI",
        f"pip install crewai openinference-instrumentation-crewai openinference-instrumentation-openai {EXPORTER}",
        ("session.id",),
        code=SETUP
        + """
    from openinference.instrumentation import using_session
    from openinference.instrumentation.crewai import CrewAIInstrumentor
    from openinference.instrumentation.openai import OpenAIInstrumentor

    CrewAIInstrumentor().instrument(tracer_provider=provider)
    OpenAIInstrumentor().instrument(tracer_provider=provider)


    def ask(crew, words):
        with using_session("conversation_123"):
            return crew.kickoff(inputs={"question": words})
        """,
        read="OpenInference's documentation",
        notes=(
            "CrewAI's own telemetry goes to its vendor; `CREWAI_DISABLE_TELEMETRY=true` stops it.",
        ),
    ),
    Guide(
        "autogen",
        "AutoGen",
        f"pip install autogen-agentchat 'autogen-ext[openai]' opentelemetry-instrumentation-openai-v2 {EXPORTER}",
        ("session.id",),
        environment=("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true",),
        code=SETUP
        + """
    from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()
    tracer = trace.get_tracer("shop")


    async def ask(agent, words):
        with tracer.start_as_current_span("turn", attributes={"session.id": "conversation_123"}):
            return await agent.run(task=words)
        """,
        read="AutoGen's documentation",
        notes=(
            ROOT_SPAN,
            "AutoGen's own spans hold no words and no tokens: those of the model's package do.",
        ),
    ),
    Guide(
        "openai-agents",
        "OpenAI Agents",
        f"pip install openai-agents openinference-instrumentation-openai-agents {EXPORTER}",
        ("session.id",),
        live=Live(
            "openai-agents",
            ("openai-agents", "openinference-instrumentation-openai-agents"),
            replaced=(
                (
                    "from agents import (\n    Agent,\n    OpenAIResponsesModel,\n    RunConfig,\n    Runner,\n    function_tool,\n    set_trace_processors,\n)\nfrom openai import AsyncOpenAI\n",
                    "from agents import Agent, Runner, set_trace_processors\n",
                ),
                (
                    'client = AsyncOpenAI(base_url=f"{talk.MODEL_URL}/v1", api_key="any", max_retries=0)\n',
                    'agent = Agent(name="guide", model="gpt-4o-mini")\n',
                ),
                (
                    """    agent = Agent(
        name="guide",
        instructions=chat.system,
        model=OpenAIResponsesModel(talk.OPENAI_MODEL, client),
        tools=[function_tool(talk.get_weather)] if turn.cities else [],
    )
    given = [*chat.history, {"role": "user", "content": turn.words}]
    config = RunConfig(group_id=chat.session_id)
""",
                    "",
                ),
                (
                    """        if turn.stream:
            made = Runner.run_streamed(agent, given, run_config=config)
            async for _ in made.stream_events():
                pass
        else:
            made = await Runner.run(agent, given, run_config=config)
    chat.history = made.to_input_list()
""",
                    "        made = await Runner.run(agent, messages)\n",
                ),
            ),
        ),
    ),
]
