"""`parley prompts list|show|create|…`: managed prompts of a running server."""

import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from parley.cli.client import Client
from parley.cli.errors import CliError
from parley.cli.prompt_tables import (
    applications_table,
    deployments_table,
    diff_lines,
    keys_table,
    run_foot,
    version_lines,
    versions_table,
)
from parley.cli.sessions import DEFAULT_URL, AsJson, Project, Token, Url, print_json
from parley.cli.tables import visible

__all__ = ["prompts"]

PROMPTS = "/api/v1/prompts"
KEYS = "/api/v1/provider-keys"
RUN_SECONDS = 600.0  # a run may take that long by its own parameters
VERSION_HELP = "As `variant:number`, or its number alone for the variant `default`."

prompts = typer.Typer(
    help="Managed prompts of a running server: versions, environments, runs, provider keys.",
    no_args_is_help=True,
    add_completion=False,
)
keys = typer.Typer(
    help="Keys of model providers; they are never shown again.",
    no_args_is_help=True,
    add_completion=False,
)
prompts.add_typer(keys, name="keys")

Slug = Annotated[str, typer.Argument(metavar="APPLICATION", help="The application's slug.")]
Version = Annotated[str, typer.Argument(metavar="VERSION", help=VERSION_HELP)]
Note = Annotated[str, typer.Option(help="What for.")]
Author = Annotated[str, typer.Option(help="Whose change it is.", envvar="PARLEY_AUTHOR")]


@prompts.command("list")
def list_applications(
    *,
    archived: Annotated[bool, typer.Option("--archived", help="Those that are archived.")] = False,
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """List applications, their newest versions and what each environment answers with."""
    asked = {"archived": "true"} if archived else {}
    answer = Client(url=url, project=project, token=token).get(PROMPTS, asked)
    if as_json:
        print_json(answer)
    elif answer["applications"]:
        Console().print(applications_table(answer["applications"]))
    elif archived:
        typer.echo("No application is archived.")
    else:
        typer.echo("No application yet; `parley prompts create` makes one.")


@prompts.command("show")
def show(
    slug: Slug,
    version: Annotated[str, typer.Argument(metavar="[VERSION]", help=VERSION_HELP)] = "",
    *,
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Show an application with its versions and deployments, or one version in full."""
    client = Client(url=url, project=project, token=token)
    console = Console()
    if version:
        answer = client.get(version_path(slug, version), {})
        if as_json:
            print_json(answer)
            return
        for line in version_lines(answer):
            console.print(line)
        return
    answer = client.get(path_of(slug), {})
    if as_json:
        print_json(answer)
        return
    console.print(applications_table([answer["application"]]))
    console.print(versions_table(answer))
    if answer["deployments"]:
        console.print(deployments_table(answer["deployments"]))


@prompts.command("create")
def create(
    slug: Slug,
    *,
    name: Annotated[str, typer.Option(help="What people call it.")] = "",
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
) -> None:
    """Make an application; it answers nothing until a version is deployed."""
    body = msgspec.json.encode({"slug": slug, "name": name})
    Client(url=url, project=project, token=token).send("POST", PROMPTS, {}, body)
    typer.echo(f"{slug} made")


@prompts.command("rename")
def rename(
    slug: Slug,
    name: Annotated[str, typer.Argument(help="What people call it; the slug stays.")],
    *,
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
) -> None:
    """Give an application another name."""
    body = msgspec.json.encode({"name": name})
    Client(url=url, project=project, token=token).send("PATCH", path_of(slug), {}, body)
    typer.echo(f"{slug} is called {name}")


@prompts.command("archive")
def archive(
    slug: Slug,
    *,
    author: Author = "",
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
) -> None:
    """Take an application out of use: lists hide it, its runs are refused; nothing is lost."""
    body = msgspec.json.encode({"author": author})
    client = Client(url=url, project=project, token=token)
    client.send("POST", f"{path_of(slug)}/archive", {}, body)
    typer.echo(f"{slug} archived")


@prompts.command("unarchive")
def unarchive(
    slug: Slug,
    *,
    author: Author = "",
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
) -> None:
    """Bring an archived application back; its environments answer as they did."""
    body = msgspec.json.encode({"author": author})
    client = Client(url=url, project=project, token=token)
    client.send("POST", f"{path_of(slug)}/unarchive", {}, body)
    typer.echo(f"{slug} is in use again")


@prompts.command("remove")
def remove(
    slug: Slug,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
) -> None:
    """Remove an application with its versions and deployments; sessions keep what it said."""
    if not yes:
        typer.confirm(f"Remove {slug} with all versions and deployments?", abort=True)
    Client(url=url, project=project, token=token).send("DELETE", path_of(slug), {})
    typer.echo(f"{slug} removed")


@prompts.command("commit")
def commit(
    slug: Slug,
    file: Annotated[str, typer.Argument(help="A prompt as JSON, as `show … --json` prints it.")],
    *,
    variant: Annotated[str, typer.Option(help="Another name begins another.")] = "default",
    note: Note = "",
    author: Author = "",
    deploy_to: Annotated[str, typer.Option("--deploy", help="An environment, at once.")] = "",
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Save the next version of a variant; `-` reads the prompt from standard input."""
    given = {"prompt": read_prompt(file), "variant": variant, "note": note, "author": author}
    given |= {"deploy_to": deploy_to} if deploy_to else {}
    client = Client(url=url, project=project, token=token)
    answer = client.send("POST", f"{path_of(slug)}/versions", {}, msgspec.json.encode(given))
    if as_json:
        print_json(answer)
        return
    where = f", deployed to {deploy_to}" if deploy_to else ""
    typer.echo(f"{slug} {answer['variant']}:{answer['version']}{where}")


@prompts.command("deploy")
def deploy(
    slug: Slug,
    version: Version,
    environment: Annotated[str, typer.Argument(help="As production.")],
    *,
    note: Note = "",
    author: Author = "",
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
) -> None:
    """Make an environment answer with a version from now on."""
    variant, number = split_version(version)
    body = {"environment": environment, "variant": variant, "version": number}
    body |= {"note": note, "author": author}
    client = Client(url=url, project=project, token=token)
    client.send("POST", f"{path_of(slug)}/deployments", {}, msgspec.json.encode(body))
    typer.echo(f"{environment} of {slug} answers with {variant}:{number}")


@prompts.command("rollback")
def roll_back(
    slug: Slug,
    environment: Annotated[str, typer.Argument(help="As production.")],
    *,
    author: Author = "",
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
) -> None:
    """Make an environment answer with what it answered with before."""
    body = msgspec.json.encode({"environment": environment, "author": author})
    client = Client(url=url, project=project, token=token)
    answer = client.send("POST", f"{path_of(slug)}/rollback", {}, body)
    typer.echo(f"{environment} of {slug} answers with {answer['variant']}:{answer['version']}")


@prompts.command("diff")
def diff(
    slug: Slug,
    before: Version,
    after: Version,
    *,
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Show what differs between two versions."""
    client = Client(url=url, project=project, token=token)
    answer = client.get(f"{path_of(slug)}/diff", {"before": before, "after": after})
    if as_json:
        print_json(answer)
    elif answer["lines"]:
        console = Console()
        for line in diff_lines(answer["lines"]):
            console.print(line, soft_wrap=True)
    else:
        typer.echo("Nothing differs.")


@prompts.command("run")
def run(
    slug: Slug,
    message: Annotated[str, typer.Argument(help="What the user says; empty: nothing.")] = "",
    *,
    environment: Annotated[str, typer.Option(help="What answers.")] = "production",
    inputs: Annotated[
        list[str] | None, typer.Option("--input", help="A variable, as city=Delft; repeatable.")
    ] = None,
    session: Annotated[str, typer.Option(help="The session of the run; empty: a new one.")] = "",
    history: Annotated[
        Path | None, typer.Option(help="Messages so far, as JSON in OpenAI's form.")
    ] = None,
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
    as_json: AsJson = False,
) -> None:
    """Run what an environment answers with; the run is a turn of its session."""
    said = read_json(str(history)) if history else []
    if not isinstance(said, list):
        raise CliError(f"{history} holds no list of messages")
    said += [{"role": "user", "content": message}] if message else []
    given: dict[str, Any] = dict(read_input(text) for text in inputs or [])
    given |= {"chat_history": said} if said else {}
    body: dict[str, Any] = {"base_id": slug, "environment": environment, "inputs": given}
    body |= {"metadata": {"ag.session.id": session}} if session else {}
    client = Client(url=url, project=project, token=token, timeout_seconds=RUN_SECONDS)
    answer = client.send("POST", "/chat/run", {}, msgspec.json.encode(body))
    if as_json:
        print_json(answer)
        return
    typer.echo(visible(answer["message"]))
    for call in answer["tool_calls"]:
        function = call["function"]
        typer.echo(visible(f"calls {function['name']}({function['arguments']})"))
    Console(stderr=True).print(Text(run_foot(answer), style="dim"), soft_wrap=True)


@keys.command("list")
def list_keys(
    *, url: Url = DEFAULT_URL, project: Project = "", token: Token = "", as_json: AsJson = False
) -> None:
    """List the providers that have a key in the project."""
    answer = Client(url=url, project=project, token=token).get(KEYS, {})
    if as_json:
        print_json(answer)
    elif answer["keys"]:
        Console().print(keys_table(answer["keys"]))
    else:
        typer.echo("No key is set; the server's own environment is asked.")


@keys.command("set")
def set_key(
    provider: Annotated[str, typer.Argument(help="As openai.")],
    *,
    base_url: Annotated[str, typer.Option(help="Of what speaks its API elsewhere.")] = "",
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
) -> None:
    """Set a provider's key: asked for, or read from standard input; never an argument."""
    key = typer.prompt("Key", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    body = {"provider": provider, "api_key": key.strip(), "base_url": base_url}
    client = Client(url=url, project=project, token=token)
    client.send("PUT", KEYS, {}, msgspec.json.encode(body))
    typer.echo(f"key of {provider} set")


@keys.command("remove")
def remove_key(
    provider: Annotated[str, typer.Argument(help="As openai.")],
    *,
    url: Url = DEFAULT_URL,
    project: Project = "",
    token: Token = "",
) -> None:
    """Remove a provider's key."""
    client = Client(url=url, project=project, token=token)
    client.send("DELETE", f"{KEYS}/{quote(provider, safe='')}", {})
    typer.echo(f"key of {provider} removed")


def path_of(slug: str) -> str:
    """Returns the path of an application."""
    return f"{PROMPTS}/{quote(slug, safe='')}"


def split_version(text: str) -> tuple[str, int]:
    """Returns (variant, number). Raises CliError."""
    variant, colon, number = text.rpartition(":")
    if not (number.isascii() and number.isdigit()) or (colon and not variant):
        raise CliError(f"{text} is no version: expected variant:number, as default:3, or a number")
    return variant or "default", int(number)


def version_path(slug: str, version: str) -> str:
    """Returns the path of a version."""
    variant, number = split_version(version)
    return f"{path_of(slug)}/versions/{quote(variant, safe='')}/{number}"


def read_prompt(file: str) -> Any:
    """Returns the prompt in a file: by itself, or within a version as `show` prints it."""
    found = read_json(file)
    if not isinstance(found, dict):
        raise CliError(f"{file} holds no prompt: expected an object")
    return found.get("prompt", found)


def read_json(file: str) -> Any:
    """Returns the JSON in a file, `-` for standard input. Raises CliError."""
    try:
        return msgspec.json.decode(
            sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        )
    except OSError as error:
        raise CliError(f"cannot read {file}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise CliError(f"{file} is not JSON: {error}") from error


def read_input(text: str) -> tuple[str, str]:
    """Returns (name, value) of `name=value`. Raises CliError."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise CliError(f"--input {text}: expected name=value")
    return name, value
