// Vercel's AI SDK with its OpenTelemetry integration; the session in the runtime context.
import talk from "./talk.cjs";
import { createOpenAI } from "@ai-sdk/openai";
import { OpenTelemetry } from "@ai-sdk/otel";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { generateText, jsonSchema, registerTelemetry, stepCountIs, streamText, tool } from "ai";

const exporter = new OTLPTraceExporter({ url: `${talk.parley}/v1/traces` });
const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
provider.register();
registerTelemetry(new OpenTelemetry({ runtimeContext: true, usage: true }));
const openai = createOpenAI({ baseURL: `${talk.modelUrl}/v1`, apiKey: "any" });
const weather = tool({
  description: talk.tool.description,
  inputSchema: jsonSchema(talk.tool.parameters),
  execute: talk.getWeather,
});

async function ask(chat, turn) {
  const messages = [...chat.history, { role: "user", content: turn.words }];
  const request = {
    model: openai.chat(talk.model),
    instructions: chat.system,
    messages,
    maxRetries: 0,
    stopWhen: stepCountIs(4),
    ...(turn.cities.length ? { tools: { [talk.tool.name]: weather } } : {}),
    runtimeContext: { sessionId: chat.session_id, userId: chat.user_id },
    telemetry: { includeRuntimeContext: { sessionId: true, userId: true } },
  };
  const made = turn.stream ? streamText(request) : await generateText(request);
  const text = await made.text;
  chat.history = [...messages, ...(await made.response).messages];
  return text;
}

await talk.hold(ask);
await provider.shutdown();
