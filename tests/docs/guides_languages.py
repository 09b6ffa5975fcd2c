"""Other languages, and none."""

from tests.docs.guide_words import ENDPOINT, PROTOCOL, ROOT_SPAN
from tests.docs.guides import Guide, Live

__all__ = ["LANGUAGES"]

LANGUAGES = [
    Guide(
        "curl",
        "curl: OTLP as JSON",
        "",
        ("gen_ai.conversation.id",),
        language="sh",
        runs=True,
        code="""
            curl --fail --silent --show-error http://127.0.0.1:4318/v1/traces \\
              --header 'content-type: application/json' --data '{"resourceSpans": [{"scopeSpans": [{"spans": [{
                "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331",
                "name": "chat gpt-4o-mini", "kind": 3,
                "startTimeUnixNano": "1767225600000000000", "endTimeUnixNano": "1767225601500000000",
                "attributes": [
                  {"key": "gen_ai.conversation.id", "value": {"stringValue": "conversation_123"}},
                  {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
                  {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o-mini"}},
                  {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "12"}},
                  {"key": "gen_ai.input.messages", "value": {"stringValue":
                    "[{\\"role\\": \\"user\\", \\"parts\\": [{\\"type\\": \\"text\\", \\"content\\": \\"Hello?\\"}]}]"}}
                ]}]}]}]}'
        """,
        notes=("Ids are hexadecimal, times nanoseconds since 1970; both are text.",),
    ),
    Guide(
        "otel-js",
        "OpenTelemetry JavaScript and TypeScript",
        "npm install openai @opentelemetry/api @opentelemetry/sdk-trace-node @opentelemetry/sdk-logs \\\n  @opentelemetry/exporter-trace-otlp-proto @opentelemetry/exporter-logs-otlp-http \\\n  @opentelemetry/instrumentation @opentelemetry/instrumentation-openai",
        ("session.id",),
        language="js",
        live=Live(
            "otel-js",
            ("@opentelemetry/sdk-trace-node", "@opentelemetry/instrumentation-openai", "openai"),
            lines=(("const { trace", "const tools"), ("function within", "async function")),
            replaced=(
                (
                    'new OpenAI({ baseURL: `${talk.modelUrl}/v1`, apiKey: "any", maxRetries: 0 })',
                    "new OpenAI()",
                ),
                (
                    "function within",
                    'const attributes = { "session.id": "conversation_123", "user.id": "user_7" };\n// within("turn", attributes, () => client.chat.completions.create({ … }))\nfunction within',
                ),
            ),
        ),
        notes=(
            "Words come as log records, so both exporters are needed. Call `shutdown()` of both providers at the end.",
        ),
    ),
    Guide(
        "vercel-ai",
        "Vercel AI SDK",
        "npm install ai @ai-sdk/openai @ai-sdk/otel @opentelemetry/sdk-trace-node @opentelemetry/exporter-trace-otlp-http",
        ("ai.settings.runtimeContext.sessionId", "ai.settings.context.sessionId"),
        language="js",
        live=Live(
            "vercel-ai",
            ("ai", "@ai-sdk/otel", "@ai-sdk/openai"),
            lines=(("import { createOpenAI", "const weather"), ("    runtimeContext", "  };")),
            replaced=(
                (
                    'createOpenAI({ baseURL: `${talk.modelUrl}/v1`, apiKey: "any" })',
                    "createOpenAI()",
                ),
                (
                    "import { generateText, jsonSchema, registerTelemetry, stepCountIs, streamText, tool }",
                    "import { generateText, registerTelemetry }",
                ),
                (
                    "    runtimeContext: {",
                    'await generateText({\n  model: openai.chat("gpt-4o-mini"),\n  prompt: "Hello?",\n  runtimeContext: {',
                ),
                (
                    "    telemetry: { includeRuntimeContext: { sessionId: true, userId: true } },",
                    "  telemetry: { includeRuntimeContext: { sessionId: true, userId: true } },\n});",
                ),
            ),
        ),
        notes=(
            "Versions 4 to 6: `experimental_telemetry: { isEnabled: true, metadata: { sessionId } }`, which arrives as `ai.telemetry.metadata.sessionId`.",
        ),
    ),
    Guide(
        "otel-java",
        "OpenTelemetry Java",
        "curl -LO https://github.com/open-telemetry/opentelemetry-java-instrumentation/releases/latest/download/opentelemetry-javaagent.jar",
        ("session.id",),
        environment=(
            ENDPOINT,
            PROTOCOL,
            "JAVA_TOOL_OPTIONS=-javaagent:opentelemetry-javaagent.jar",
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true",
        ),
        language="java",
        code="""
            Tracer tracer = GlobalOpenTelemetry.getTracer("shop");
            Span span = tracer.spanBuilder("turn").setAttribute("session.id", "conversation_123").startSpan();
            try (Scope scope = span.makeCurrent()) {
                client.chat().completions().create(params);
            } finally {
                span.end();
            }
        """,
        read="the documentation of OpenTelemetry's Java agent, which instruments OpenAI's package",
        notes=(ROOT_SPAN,),
    ),
    Guide(
        "otel-go",
        "OpenTelemetry Go",
        "go get go.opentelemetry.io/otel/sdk go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp",
        ("gen_ai.conversation.id",),
        environment=(ENDPOINT,),
        language="go",
        code="""
            exporter, err := otlptracehttp.New(ctx)
            if err != nil {
                log.Fatal(err)
            }
            provider := trace.NewTracerProvider(trace.WithBatcher(exporter))
            defer provider.Shutdown(ctx)
            ctx, span := provider.Tracer("shop").Start(ctx, "chat gpt-4o-mini")
            span.SetAttributes(
                attribute.String("gen_ai.conversation.id", "conversation_123"),
                attribute.String("gen_ai.operation.name", "chat"),
                attribute.String("gen_ai.request.model", "gpt-4o-mini"),
                attribute.String("gen_ai.input.messages", inputJSON),
                attribute.String("gen_ai.output.messages", outputJSON),
                attribute.Int("gen_ai.usage.input_tokens", 12),
            )
            span.End()
        """,
        read="the documentation of OpenTelemetry Go and of its GenAI conventions",
        notes=("[conventions.md](../conventions.md) lists the attributes that are understood.",),
    ),
]
