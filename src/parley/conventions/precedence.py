"""Which attribute names the session, in order: rank is position, a project's own keys first."""

from msgspec import Struct

__all__ = ["OWN_KEYS_LIMIT", "SESSION_KEYS", "SessionKey"]

OWN_KEYS_LIMIT = 1000  # ranks below belong to a project's own list


class SessionKey(Struct, frozen=True):
    """One attribute that may carry a session id, and who writes it."""

    key: str
    client: str


SESSION_KEYS = [
    SessionKey("ag.session.id", "Agenta SDK, OpenTelemetry by hand"),
    SessionKey("session.id", "OpenInference, Langfuse, Strands, OpenLIT, OpenTelemetry by hand"),
    SessionKey("gen_ai.conversation.id", "OpenTelemetry GenAI, pydantic-ai, Google ADK, LiteLLM 2"),
    SessionKey("langfuse.session.id", "Langfuse"),
    SessionKey("traceloop.association.properties.session_id", "OpenLLMetry / Traceloop"),
    SessionKey("traceloop.association.properties.conversation_id", "OpenLLMetry / Traceloop"),
    SessionKey("traceloop.association.properties.thread_id", "OpenLLMetry / Traceloop"),
    SessionKey("traceloop.association.properties.chat_id", "OpenLLMetry / Traceloop"),
    SessionKey("traceloop.association.properties.sessionId", "OpenLLMetry / Traceloop"),
    SessionKey("traceloop.association.properties.conversationId", "OpenLLMetry / Traceloop"),
    SessionKey("lmnr.association.properties.session_id", "Laminar"),
    SessionKey("ai.telemetry.metadata.sessionId", "Vercel AI SDK 4 to 6"),
    SessionKey("ai.telemetry.metadata.threadId", "Vercel AI SDK 4 to 6"),
    SessionKey("ai.telemetry.metadata.chatId", "Vercel AI SDK 4 to 6"),
    SessionKey("ai.telemetry.metadata.conversationId", "Vercel AI SDK 4 to 6"),
    SessionKey("ai.telemetry.metadata.session_id", "Vercel AI SDK 4 to 6"),
    SessionKey("ai.telemetry.metadata.thread_id", "Vercel AI SDK 4 to 6"),
    SessionKey("ai.telemetry.metadata.chat_id", "Vercel AI SDK 4 to 6"),
    SessionKey("langsmith.metadata.session_id", "LangSmith"),
    SessionKey("langsmith.metadata.thread_id", "LangSmith"),
    SessionKey("langsmith.metadata.conversation_id", "LangSmith"),
    SessionKey("langfuse.observation.metadata.langfuse_session_id", "Langfuse OpenAI drop-in"),
    SessionKey("thread_id", "Opik"),
    SessionKey("session_id", "Logfire"),
    SessionKey("mlflow.traceTag.session_id", "MLflow"),
    SessionKey("mlflow.traceTag.mlflow.trace.session", "MLflow"),
    SessionKey("mlflow.trace.session", "MLflow"),
    SessionKey("gcp.vertex.agent.session_id", "Google ADK"),
    SessionKey("gen_ai.thread.id", "Azure AI Agents"),
    SessionKey("ai.settings.context.sessionId", "Vercel AI SDK 7"),
    SessionKey("ai.settings.context.threadId", "Vercel AI SDK 7"),
    SessionKey("ai.settings.context.chatId", "Vercel AI SDK 7"),
    SessionKey("ai.settings.context.conversationId", "Vercel AI SDK 7"),
    SessionKey("ai.settings.runtimeContext.sessionId", "Vercel AI SDK 7"),
    SessionKey("ai.settings.runtimeContext.threadId", "Vercel AI SDK 7"),
    SessionKey("ai.settings.runtimeContext.chatId", "Vercel AI SDK 7"),
    SessionKey("ai.settings.runtimeContext.conversationId", "Vercel AI SDK 7"),
    SessionKey("voltagent.conversation_id", "VoltAgent"),
    SessionKey("conversation.id", "VoltAgent"),
    SessionKey("mastra.metadata.sessionId", "Mastra"),
    SessionKey("mastra.metadata.threadId", "Mastra"),
    SessionKey("sessionId", "Mastra"),
    SessionKey("threadId", "Mastra"),
    SessionKey("conversationId", "applications by hand"),
    SessionKey("conversation_id", "applications by hand"),
]
