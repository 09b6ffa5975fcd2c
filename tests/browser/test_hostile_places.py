"""Attacks in every place where a client puts words, on every screen and by every way there."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.visit import ATTACKED, Visit
from tests.serving import Server
from tests.telemetry import chat_attributes, make_span, pack

RUN = f"window.{ATTACKED}=1"
AWAY = "http://tracker.example"
ATTACKS = (
    f"</script><script>{RUN}</script>",
    f"--><script>{RUN}</script><!--",
    f"<!-- <img src=x onerror={RUN}> -->",
    f'"><img src=x onerror={RUN}>',
    f"'><svg/onload={RUN}>",
    f'<svg><animate onbegin="{RUN}" attributeName=x dur=1s></svg>',
    f"<iframe srcdoc='<script>parent.{ATTACKED}=1</script>'></iframe>",
    f"<math><mtext></table><img src=x onerror={RUN}>",
    f"<template shadowrootmode=open><script>{RUN}</script></template>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"</textarea></title></style></pre><img src=x onerror={RUN}>",
    f"<link rel=stylesheet href={AWAY}/c.css><base href={AWAY}/>",
    f"<div hx-get='{AWAY}/f' hx-trigger=load hx-on:load='{RUN}'>x</div>",
    "<a data-nav data-close href='/?open=stolen'>x</a><div id=facts data-project=stolen></div>",
    f"[a link](JaVa\tScRiPt:{RUN})",
    f"[a link](&#106;avascript:{RUN})",
    f"[a link](vbscript:{RUN})",
    f"<javascript:{RUN}>",
    f'[a link](https://example.com "x\\" onmouseover=\\"{RUN}")',
    f"![a picture](javascript:{RUN})",
    f'```"><img src=x onerror={RUN}>\nx\n```',
)
EVERYTHING = "\n\n".join(ATTACKS)
SESSION = f'"><img src=x onerror={RUN}>'
# What an attack must have left behind to work: a handler, a script, an address that runs or tells.
DANGERS = """() => {
  const found = [];
  const tags = /^(script|iframe|object|embed|base|meta|link|style|form|img|template)$/;
  const names = /^(on.*|hx-(on|get|post|trigger).*|style|srcdoc|formaction)$/;
  for (const element of document.querySelectorAll("#main, #main *, #drawer-slot *")) {
    if (element.matches("form[data-own]")) continue;  // ours: no text of a client says so
    if (tags.test(element.localName)) found.push(element.localName);
    for (const { name } of element.attributes) if (names.test(name)) found.push(name);
    const href = element.getAttribute("href") ?? "";
    const protocol = href && new URL(href, location.href).protocol;
    if (protocol && !/^(https?|mailto):$/.test(protocol)) found.push(href);
  }
  return found;
}"""
SCREENS = {
    "list": {},
    "conversation": {"open": SESSION},
    "traces": {"open": SESSION, "tab": "traces"},
    "page": {"open": SESSION, "full": "1"},
}


def attack(number: int) -> bytes:
    """Returns a call that attacks with everything it holds."""
    said = [("system", EVERYTHING), ("user", f"{EVERYTHING}\n\n{number}")]
    attributes = chat_attributes(SESSION, said, EVERYTHING)
    call = {"type": "tool_call", "id": "c", "name": SESSION, "arguments": {SESSION: EVERYTHING}}
    answer = {"type": "tool_call_response", "id": "c", "response": EVERYTHING}
    spoken = {"type": "text", "content": EVERYTHING}
    attributes["gen_ai.output.messages"] = json.dumps(
        [
            {"role": "assistant", "parts": [{"type": "reasoning", "content": EVERYTHING}, call]},
            {"role": "tool", "parts": [answer]},
            {"role": "assistant", "parts": [spoken], "finish_reason": "stop"},
        ]
    )
    for name in ("gen_ai.response.model", "user.id", "deployment.environment.name", SESSION):
        attributes[name] = EVERYTHING
    span = make_span(name=EVERYTHING, attributes=attributes, error=EVERYTHING)
    event = span.events.add(name=SESSION, time_unix_nano=span.end_time_unix_nano)
    event.attributes.add(key=SESSION).value.string_value = EVERYTHING
    event = span.events.add(name="exception", time_unix_nano=span.end_time_unix_nano)
    for name in ("exception.type", "exception.message", "exception.stacktrace"):
        event.attributes.add(key=name).value.string_value = EVERYTHING
    return pack(span, service=EVERYTHING)


@pytest.fixture
def attacked(server: Server, visit: Visit) -> Visit:
    """A visit to a project whose only session attacks."""
    assert server.post("/v1/traces", attack(1)).status_code == 200
    server.wait_derived()
    labels = {
        "title": SESSION,
        "tags": [text[:100].strip() for text in ATTACKS if text.isprintable()],
    }
    asked = {"id": SESSION, "project": server.project}
    path = f"{server.url}/api/v1/session"
    assert server.client.patch(path, params=asked, json=labels).status_code == 200
    return visit


def assert_harmless(visit: Visit) -> None:
    """Fails when anything of the attacks became more than words."""
    unfold = "is => { for (const part of document.querySelectorAll('details')) part.open = is; }"
    visit.page.evaluate(unfold, True)
    assert visit.page.evaluate(DANGERS) == []
    visit.page.evaluate(unfold, False)  # nothing may lie over what is clicked next
    facts = visit.page.locator("[id=facts]")
    expect(facts).to_have_count(1)
    expect(facts).to_have_attribute("data-project", visit.server.project)
    expect(visit.page.locator("[href='/?open=stolen']")).to_have_count(0)
    visit.check()


@pytest.mark.parametrize("query", SCREENS.values(), ids=SCREENS)
def test_attacks_in_every_place_are_words(attacked: Visit, query: dict[str, str]) -> None:
    attacked.open(**query)
    shown = attacked.opened() if query else attacked.rows().first
    expect(shown).to_contain_text("onerror")
    assert_harmless(attacked)


@pytest.mark.parametrize("path", ["/analytics", "/users", "/traces"])
def test_attacks_are_words_where_sessions_are_added_up(attacked: Visit, path: str) -> None:
    attacked.open(path, **({"by": "user"} if path == "/analytics" else {}))
    expect(attacked.page.locator("main")).to_contain_text("onerror")
    assert_harmless(attacked)


def test_attacks_are_words_when_the_page_changes_in_place(attacked: Visit) -> None:
    attacked.open_live()
    attacked.rows().first.locator("a.first").click()
    attacked.wait_opened(SESSION)
    assert_harmless(attacked)
    attacked.server.post("/v1/traces", attack(2))
    expect(attacked.page.locator("article.turn")).to_have_count(2)
    assert_harmless(attacked)
    attacked.opened().get_by_role("link", name="Traces").click()
    expect(attacked.page.locator(".insp")).to_contain_text("tracker.example")
    assert_harmless(attacked)
    assert not attacked.was_reloaded()


def test_attacks_in_the_address_are_words(attacked: Visit) -> None:
    attacked.open(open=f"{EVERYTHING} is not here")
    expect(attacked.opened()).to_contain_text("There is no session")
    assert_harmless(attacked)


def test_the_check_of_these_tests_sees_what_it_looks_for(visit: Visit) -> None:
    visit.open(live="off")  # else the page would render itself again
    visit.page.evaluate(
        """() => { document.getElementById("main").innerHTML =
          `<a href="javascript:1">x</a><b onclick="1">x</b><form></form>`; }"""
    )
    assert visit.page.evaluate(DANGERS) == ["javascript:1", "onclick", "form"]
    assert [text for text in visit.violations if "script-src" in text]
    visit.violations.clear()
