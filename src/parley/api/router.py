"""All resources of the API under one router."""

from typing import Any

from litestar import Router
from litestar.di import Provide
from msgspec import Struct

from parley.access import Access
from parley.api.agenta import AGENTA_ROUTES
from parley.api.analytics import ANALYTICS_ROUTES
from parley.api.annotations import ANNOTATION_ROUTES
from parley.api.attachments import show_attachment
from parley.api.chat import CHAT_ROUTES
from parley.api.errors import answer_error
from parley.api.events import listen
from parley.api.exports import export_session, export_sessions
from parley.api.filters import show_completions, show_vocabulary
from parley.api.health import Readiness, show_health, show_readiness
from parley.api.labels import label_session
from parley.api.metrics import ReadMetrics, show_metrics
from parley.api.parameters import check_parameters, project_parameter
from parley.api.prices import PRICE_ROUTES
from parley.api.prompts import PROMPT_ROUTES
from parley.api.quarantine import QUARANTINE_ROUTES
from parley.api.series import show_series
from parley.api.sessions import list_sessions, show_session
from parley.api.stats import show_stats
from parley.api.traces import list_traces, show_trace
from parley.api.unknown import show_unknown
from parley.api.views import VIEW_ROUTES
from parley.bus import Bus
from parley.derive import Annotations, Labels, LivePrices
from parley.journal import Journal
from parley.prompts import ChatRunner, ProviderKeys, Registry
from parley.records import Records
from parley.store import Store

__all__ = ["ApiParts", "api_router"]


class ApiParts(Struct, frozen=True, kw_only=True):
    """What the API answers from."""

    version: str
    access: Access
    store: Store
    journal: Journal
    bus: Bus
    prices: LivePrices
    labels: Labels
    annotations: Annotations
    prices_url: str
    records: Records
    registry: Registry
    provider_keys: ProviderKeys
    chat: ChatRunner
    readiness: Readiness
    read_metrics: ReadMetrics


def api_router(parts: ApiParts) -> Router:
    """Returns the routes of /api/v1, /healthz, /readyz and /metrics."""
    provided: dict[str, Provide] = {
        name: Provide(constant(getattr(parts, name)), sync_to_thread=False)
        for name in parts.__struct_fields__
    }
    provided["project_id"] = Provide(project_parameter, sync_to_thread=False)
    return Router(
        path="/",
        route_handlers=[
            list_sessions,
            show_session,
            label_session,
            export_session,
            export_sessions,
            list_traces,
            show_trace,
            show_attachment,
            show_series,
            *ANALYTICS_ROUTES,
            show_vocabulary,
            show_completions,
            show_stats,
            *ANNOTATION_ROUTES,
            *QUARANTINE_ROUTES,
            *PRICE_ROUTES,
            *PROMPT_ROUTES,
            *VIEW_ROUTES,
            *CHAT_ROUTES,
            *AGENTA_ROUTES,
            show_unknown,
            listen,
            show_health,
            show_readiness,
            show_metrics,
        ],
        dependencies=provided,
        before_request=check_parameters,
        exception_handlers={Exception: answer_error},
    )


def constant(value: Any) -> Any:
    """Returns a provider of one value."""

    def provide() -> Any:
        return value

    return provide
