// VoltAgent: one agent a conversation, its spans through an exporter of OpenTelemetry's.
import talk from "./talk.cjs";
import { createOpenAI } from "@ai-sdk/openai";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { Agent, createTool, VoltAgentObservability } from "@voltagent/core";
import { z } from "zod";

const exporter = new OTLPTraceExporter({ url: `${talk.parley}/v1/traces` });
const processor = new BatchSpanProcessor(exporter);
const observability = new VoltAgentObservability({ spanProcessors: [processor] });
const openai = createOpenAI({ baseURL: `${talk.modelUrl}/v1`, apiKey: "any" });
const weather = createTool({
  name: talk.tool.name,
  description: talk.tool.description,
  parameters: z.object({ city: z.string() }),
  execute: async (given) => talk.getWeather(given),
});
const agents = {};

async function ask(chat, turn) {
  agents[chat.key] ??= new Agent({
    name: "helper",
    instructions: chat.system,
    model: openai.chat(talk.model),
    tools: [weather],
    memory: false,
    maxRetries: 0,
    observability,
  });
  const messages = [...chat.history, { role: "user", content: turn.words }];
  const about = { userId: chat.user_id, conversationId: chat.session_id };
  const agent = agents[chat.key];
  const made = turn.stream ? await agent.streamText(messages, about) : await agent.generateText(messages, about);
  const text = await made.text;
  chat.history = [...messages, { role: "assistant", content: text }];
  return text;
}

await talk.hold(ask);
await processor.forceFlush();
process.exit(0); // its own timers go on
