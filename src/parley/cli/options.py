"""The options of `serve` and `demo`, made from the one list of settings."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from parley.settings import SETTINGS, Setting, Settings

__all__ = ["with_settings"]


def with_settings(command: Callable[[Settings], None], *, data: Path) -> Callable[..., None]:
    """Returns a command with an option for every setting; `data` is its default folder."""

    def run(**values: Any) -> None:
        for name in repeated:
            values[name] = tuple(values[name])
        values["data"] = values["data"].expanduser().absolute()
        command(Settings(**values))

    defaults = Settings(data=data)
    repeated = [name for name in Settings.__struct_fields__ if getattr(defaults, name) == ()]
    types = get_type_hints(Settings) | dict.fromkeys(repeated, list[str])
    parameters = [option(item, types, defaults) for item in SETTINGS]
    run.__doc__ = command.__doc__
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {item.name: item.annotation for item in parameters}
    return run


def option(item: Setting, types: dict[str, Any], defaults: Settings) -> inspect.Parameter:
    """Returns the command's parameter for a setting."""
    field = item.name.replace("-", "_")
    default = getattr(defaults, field)
    declared = typer.Option(
        f"--{item.name}",
        envvar=item.variable,
        help=item.help,
        show_default=item.default if field == "data" else True,
    )
    return inspect.Parameter(
        field,
        inspect.Parameter.KEYWORD_ONLY,
        default=list(default) if isinstance(default, tuple) else default,
        annotation=Annotated[types[field], declared],
    )
