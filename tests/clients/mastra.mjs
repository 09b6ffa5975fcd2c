// Mastra's own tracing through its OpenTelemetry exporter; the session in the trace's metadata.
import talk from "./talk.cjs";
import { createOpenAI } from "@ai-sdk/openai";
import { Mastra } from "@mastra/core";
import { Agent } from "@mastra/core/agent";
import { createTool } from "@mastra/core/tools";
import { OtelExporter } from "@mastra/otel-exporter";
import { z } from "zod";

const openai = createOpenAI({ baseURL: `${talk.modelUrl}/v1`, apiKey: "any" });
const exporter = new OtelExporter({
  provider: { custom: { endpoint: `${talk.parley}/v1/traces`, protocol: "http/protobuf" } },
});
const weather = createTool({
  id: talk.tool.name,
  description: talk.tool.description,
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ context }) => talk.getWeather(context),
});
const helper = new Agent({
  name: "helper",
  instructions: "Be brief.",
  model: openai.chat(talk.model),
  tools: { [talk.tool.name]: weather },
  maxRetries: 0,
});
const mastra = new Mastra({
  agents: { helper },
  telemetry: { enabled: false },
  observability: { configs: { otel: { serviceName: "chat", exporters: [exporter] } } },
});

async function ask(chat, turn) {
  const messages = [...chat.history, { role: "user", content: turn.words }];
  const asked = {
    instructions: chat.system,
    tracingOptions: { metadata: { sessionId: chat.session_id, userId: chat.user_id } },
  };
  const agent = mastra.getAgent("helper");
  const made = turn.stream ? await agent.stream(messages, asked) : await agent.generate(messages, asked);
  const text = await made.text;
  if (turn.fails) throw new Error("the model failed");
  chat.history = [...messages, { role: "assistant", content: text }];
  return text;
}

await talk.hold(ask);
await exporter.shutdown();
process.exit(0); // its own timers go on
