"""Agent frameworks that speak OpenTelemetry GenAI with names of their own beside it."""

from parley.conventions.table import Dialect, Field, Payload

__all__ = ["DIALECT"]

DIALECT = Dialect(
    name="agents",
    title="Strands, Google ADK, agent-framework, Semantic Kernel, CrewAI, AutoGen",
    source="https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/",
    fields={"error_type": [Field("gen_ai.error.type")]},
    inputs=[Payload("gcp.vertex.agent.llm_request"), Payload("crew_inputs")],
    outputs=[Payload("gcp.vertex.agent.llm_response")],
    tags=["tags"],
    remarks="CrewAI frames a task (`Current Task: …`): its description is what the person said. "
    "Strands writes its messages as span events, Semantic Kernel as log records whose "
    "body is JSON text. Strands' and agent-framework's agent spans repeat the usage of the calls.",
    unused=[
        "agent_framework.",
        "crew_agents",
        "crew_id",
        "crew_key",
        "crew_tasks",
        "task_id",
        "task_key",
        "event_loop.",
        "gen_ai.event.",
        "sk.",
        "strands.",
        "gcp.vertex.agent.",
        "model",
        "stream",
        "stream_options",
        "temperature",
        "tools",
    ],
)
