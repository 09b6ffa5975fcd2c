"""One span of a conversation as clients of different families write it."""

import json
from typing import Any

Said = dict[str, Any]  # role, text, calls [(id, name, arguments)], call_id of a result

TOKENS = ("input", "output")


def openai(message: Said) -> dict[str, Any]:
    """Returns a message as OpenAI's chat API has it."""
    found: dict[str, Any] = {"role": message["role"], "content": message["text"]}
    if message.get("picture"):
        picture = {"type": "image_url", "image_url": {"url": message["picture"]}}
        found["content"] = [{"type": "text", "text": message["text"]}, picture]
    if message.get("calls"):
        found["tool_calls"] = [
            {"id": i, "type": "function", "function": {"name": n, "arguments": a}}
            for i, n, a in message["calls"]
        ]
        found["content"] = message["text"] or None
    if message["role"] == "tool":
        found["tool_call_id"] = message["call_id"]
    return found


def parts(message: Said) -> dict[str, Any]:
    """Returns a message as the GenAI conventions have it."""
    if message["role"] == "tool":
        body = {"type": "tool_call_response", "id": message["call_id"], "response": message["text"]}
        return {"role": "tool", "parts": [body]}
    found: list[dict[str, Any]] = []
    if message["text"]:
        found.append({"type": "text", "content": message["text"]})
    if message.get("picture"):
        data = message["picture"].partition(",")[2]
        found.append({"type": "blob", "mime_type": "image/png", "content": data})
    for i, n, a in message.get("calls", []):
        found.append({"type": "tool_call", "id": i, "name": n, "arguments": json.loads(a)})
    return {"role": message["role"], "parts": found}


def anthropic(message: Said) -> dict[str, Any]:
    """Returns a message as Anthropic's API has it: results are words of the user."""
    if message["role"] == "tool":
        body = {
            "type": "tool_result",
            "tool_use_id": message["call_id"],
            "content": [{"type": "text", "text": message["text"]}],
        }
        return {"role": "user", "content": [body]}
    found: list[dict[str, Any]] = []
    if message["text"]:
        found.append({"type": "text", "text": message["text"]})
    if message.get("picture"):
        data = message["picture"].partition(",")[2]
        source = {"type": "base64", "media_type": "image/png", "data": data}
        found.append({"type": "image", "source": source})
    for i, n, a in message.get("calls", []):
        found.append({"type": "tool_use", "id": i, "name": n, "input": json.loads(a)})
    return {"role": message["role"], "content": found}


def vercel(message: Said) -> dict[str, Any]:
    """Returns a message as the AI SDK has it."""
    if message["role"] == "system":
        return {"role": "system", "content": message["text"]}
    if message["role"] == "tool":
        body = {
            "type": "tool-result",
            "toolCallId": message["call_id"],
            "toolName": "t",
            "output": {"type": "text", "value": message["text"]},
        }
        return {"role": "tool", "content": [body]}
    found: list[dict[str, Any]] = []
    if message["text"]:
        found.append({"type": "text", "text": message["text"]})
    if message.get("picture"):
        data = message["picture"].partition(",")[2]
        found.append({"type": "image", "image": data, "mediaType": "image/png"})
    for i, n, a in message.get("calls", []):
        found.append({"type": "tool-call", "toolCallId": i, "toolName": n, "input": json.loads(a)})
    return {"role": message["role"], "content": found}


def genai(inputs: list[Said], output: Said | None, usage: dict[str, int]) -> dict[str, Any]:
    systems = [m["text"] for m in inputs if m["role"] == "system"]
    found: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": json.dumps([parts(m) for m in inputs if m["role"] != "system"]),
    }
    if systems:
        instructions = [{"type": "text", "content": text} for text in systems]
        found["gen_ai.system_instructions"] = json.dumps(instructions)
    if output:
        found["gen_ai.output.messages"] = json.dumps([parts(output) | {"finish_reason": "stop"}])
    return found | {f"gen_ai.usage.{side}_tokens": n for side, n in usage.items()}


def choices(inputs: list[Said], output: Said | None, usage: dict[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": json.dumps([openai(m) for m in inputs]),
    }
    if output:
        choice = {"index": 0, "finish_reason": "stop", "message": openai(output)}
        found["gen_ai.output.messages"] = json.dumps([choice])
    return found | {f"gen_ai.usage.{side}_tokens": n for side, n in usage.items()}


def langsmith(inputs: list[Said], output: Said | None, usage: dict[str, int]) -> dict[str, Any]:
    system = [m["text"] for m in inputs if m["role"] == "system"]
    request: dict[str, Any] = {"messages": [anthropic(m) for m in inputs if m["role"] != "system"]}
    if system:
        request["system"] = system[0]
    found: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.prompt": json.dumps(request),
    }
    if output:
        found["gen_ai.completion"] = json.dumps(anthropic(output))
    return found | {f"gen_ai.usage.{side}_tokens": n for side, n in usage.items()}


def openinference(inputs: list[Said], output: Said | None, usage: dict[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {"openinference.span.kind": "LLM"}
    sides = [("llm.input_messages", inputs), ("llm.output_messages", [output] if output else [])]
    for key, messages in sides:
        for place, message in enumerate(messages):
            at = f"{key}.{place}.message"
            found[f"{at}.role"] = message["role"]
            if message.get("picture"):
                one, two = (f"{at}.contents.{place}.message_content" for place in (0, 1))
                found |= {f"{one}.type": "text", f"{one}.text": message["text"]}
                found |= {f"{two}.type": "image", f"{two}.image.image.url": message["picture"]}
            elif message["text"]:
                found[f"{at}.content"] = message["text"]
            if message["role"] == "tool":
                found[f"{at}.tool_call_id"] = message["call_id"]
            for number, (i, n, a) in enumerate(message.get("calls", [])):
                call = f"{at}.tool_calls.{number}.tool_call"
                found |= {f"{call}.id": i, f"{call}.function.name": n}
                found[f"{call}.function.arguments"] = a
    names = {"input": "prompt", "output": "completion"}
    return found | {f"llm.token_count.{names[side]}": n for side, n in usage.items()}


def indexed(inputs: list[Said], output: Said | None, usage: dict[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {"llm.request.type": "chat"}
    for key, messages in (("prompt", inputs), ("completion", [output] if output else [])):
        for place, message in enumerate(messages):
            at = f"gen_ai.{key}.{place}"
            found[f"{at}.role"] = message["role"]
            if message.get("picture"):
                found[f"{at}.content"] = json.dumps(openai(message)["content"])
            elif message["text"]:
                found[f"{at}.content"] = message["text"]
            if message["role"] == "tool":
                found[f"{at}.tool_call_id"] = message["call_id"]
            for number, (i, n, a) in enumerate(message.get("calls", [])):
                call = f"{at}.tool_calls.{number}"
                found |= {f"{call}.id": i, f"{call}.name": n, f"{call}.arguments": a}
    names = {"input": "prompt", "output": "completion"}
    return found | {f"gen_ai.usage.{names[side]}_tokens": n for side, n in usage.items()}


def langfuse(inputs: list[Said], output: Said | None, usage: dict[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "langfuse.observation.type": "generation",
        "langfuse.observation.input": json.dumps({"messages": [openai(m) for m in inputs]}),
    }
    if output:
        found["langfuse.observation.output"] = json.dumps(openai(output))
    if usage:
        named = {"prompt_tokens": usage["input"], "completion_tokens": usage["output"]}
        found["langfuse.observation.usage_details"] = json.dumps(named)
    return found


def ai_sdk(inputs: list[Said], output: Said | None, usage: dict[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.prompt.messages": json.dumps([vercel(m) for m in inputs]),
    }
    if output and output["text"]:
        found["ai.response.text"] = output["text"]
    if output and output.get("calls"):
        calls = [
            {"type": "tool-call", "toolCallId": i, "toolName": n, "input": a}
            for i, n, a in output["calls"]
        ]
        found["ai.response.toolCalls"] = json.dumps(calls)
    return found | {f"ai.usage.{side}Tokens": n for side, n in usage.items()}


def bedrock(message: Said) -> list[dict[str, Any]]:
    """Returns a message's content as Bedrock has it."""
    if message["role"] == "tool":
        told = [{"text": message["text"]}]
        return [{"toolResult": {"toolUseId": message["call_id"], "content": told}}]
    found: list[dict[str, Any]] = [{"text": message["text"]}] if message["text"] else []
    if message.get("picture"):
        data = message["picture"].partition(",")[2]
        found.append({"image": {"format": "png", "source": {"bytes": data}}})
    for i, n, a in message.get("calls", []):
        found.append({"toolUse": {"toolUseId": i, "name": n, "input": json.loads(a)}})
    return found


def events(inputs: list[Said], output: Said | None, usage: dict[str, int]) -> dict[str, Any]:
    """Returns a call whose words are span events, as Strands has it."""
    told = [(f"gen_ai.{m['role']}.message", "content", json.dumps(bedrock(m))) for m in inputs]
    if output:
        told.append(("gen_ai.choice", "message", json.dumps(bedrock(output))))
    found: dict[str, Any] = {"gen_ai.operation.name": "chat", "events": told}
    return found | {f"gen_ai.usage.{side}_tokens": n for side, n in usage.items()}


CALLS = {
    "events": events,
    "genai": genai,
    "choices": choices,
    "langsmith": langsmith,
    "openinference": openinference,
    "indexed": indexed,
    "langfuse": langfuse,
    "ai_sdk": ai_sdk,
}
OTHERS: dict[str, dict[str, dict[str, str]]] = {  # dialect -> kind of a span -> its attributes
    "openinference": {
        "agent": {"openinference.span.kind": "AGENT"},
        "chain": {"openinference.span.kind": "CHAIN"},
        "tool": {"openinference.span.kind": "TOOL", "tool.name": "t"},
    },
    "indexed": {
        "agent": {"traceloop.span.kind": "agent"},
        "chain": {"traceloop.span.kind": "workflow"},
        "tool": {"traceloop.span.kind": "tool"},
    },
    "langfuse": {
        "agent": {"langfuse.observation.type": "agent"},
        "chain": {"langfuse.observation.type": "span"},
        "tool": {"langfuse.observation.type": "tool"},
    },
    "ai_sdk": {
        "agent": {"ai.operationId": "ai.generateText"},
        "chain": {},
        "tool": {"ai.operationId": "ai.toolCall"},
    },
}
GENAI_OTHERS = {
    "agent": {"gen_ai.operation.name": "invoke_agent"},
    "chain": {},
    "tool": {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "t"},
}


def other(dialect: str, kind: str) -> dict[str, Any]:
    """Returns the attributes of a span that is no call of a model."""
    return dict(OTHERS.get(dialect, GENAI_OTHERS)[kind])
