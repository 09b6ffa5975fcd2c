"""/metrics: the server's own numbers in Prometheus text.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/ (text, 0.0.4).
"""

import asyncio
from collections.abc import Callable

from litestar import Response, get
from msgspec import Struct, field

__all__ = ["Metric", "ReadMetrics", "Sample", "metrics_text", "show_metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Sample(Struct, frozen=True):
    """One number, with what tells it from its siblings."""

    value: float
    labels: dict[str, str] = field(default_factory=dict)


class Metric(Struct, frozen=True, kw_only=True):
    """A family of numbers; `kind` is "counter" or "gauge"."""

    name: str
    kind: str
    help: str
    samples: list[Sample]


ReadMetrics = Callable[[], list[Metric]]  # blocking


@get("/metrics", summary="Numbers for Prometheus", tags=["server"], media_type="text/plain")
async def show_metrics(read_metrics: ReadMetrics) -> Response[str]:
    """The server's counters and gauges."""
    metrics = await asyncio.to_thread(read_metrics)
    return Response(metrics_text(metrics), media_type=CONTENT_TYPE)


def metrics_text(metrics: list[Metric]) -> str:
    """Returns the exposition text."""
    lines: list[str] = []
    for metric in metrics:
        lines.append(f"# HELP {metric.name} {metric.help}")
        lines.append(f"# TYPE {metric.name} {metric.kind}")
        lines += [
            f"{metric.name}{labels_text(sample.labels)} {sample.value:.17g}"
            for sample in metric.samples
        ]
    return "\n".join(lines) + "\n"


def labels_text(labels: dict[str, str]) -> str:
    """Returns `{name="value"}`, escaped, or nothing without labels."""
    if not labels:
        return ""
    pairs = ",".join(f'{name}="{escape(value)}"' for name, value in labels.items())
    return "{" + pairs + "}"


def escape(value: str) -> str:
    """Returns a label's value with backslash, quote and line feed escaped."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
