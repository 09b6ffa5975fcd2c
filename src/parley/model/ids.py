"""Identifiers. `NewType`s, so that a session id cannot be passed where a trace id is meant."""

from typing import NewType

__all__ = ["ProjectId", "SessionId", "SpanId", "TraceId", "TurnId"]

ProjectId = NewType("ProjectId", str)
SessionId = NewType("SessionId", str)  # any characters, any length
TraceId = NewType("TraceId", str)  # 32 lowercase hex digits
SpanId = NewType("SpanId", str)  # 16 lowercase hex digits
TurnId = NewType("TurnId", str)  # "<trace id of its first trace>.<ordinal>"
