"""The pages of prompts, asked as a browser without scripts would."""

import re
from html import unescape

import httpx

from tests.prompts.conftest import PROMPT, send
from tests.serving import Server

FORM = {
    "role.0": "system",
    "content.0": "You help in a {{tone}} way.\r\nAsk for the {{city}}.",
    "role.1": "history",
    "content.1": "",
    "provider": "openai",
    "model": "gpt-4o-mini",
    "parameters.temperature": "0.3",
    "variant": "default",
    "note": "asks for the city",
    "author": "Ada",
}


def page(server: Server, path: str, **query: str) -> httpx.Response:
    return server.client.get(server.url + path, params={"project": server.project, **query})


def submit(server: Server, path: str, data: dict[str, str], **query: str) -> httpx.Response:
    query = {"project": server.project, **query}
    return server.client.post(server.url + path, params=query, data=data)


def follow(server: Server, answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    shown = server.client.get(server.url + answer.headers["location"])
    assert shown.status_code == 200
    return shown.text


def wrong_fields(text: str) -> dict[str, str]:
    """Returns the errors of a form by the id of their place."""
    found = re.findall(r'class="hint hint--bad" id="([^"]+)">([^<]*)<', text)
    return {name: unescape(told) for name, told in found}


def field_value(text: str, name: str) -> str:
    found = re.search(rf'<input[^>]* name="{name}" value="([^"]*)"', text)
    assert found, name
    return unescape(found[1])


def test_an_application_is_made_edited_and_deployed_by_forms(server: Server) -> None:
    assert "No prompt yet" in page(server, "/prompts").text
    odd = submit(server, "/prompts", {"slug": "not good"})
    assert odd.status_code == 400
    assert "expected 1 to 100 letters" in wrong_fields(odd.text)["h-slug"]
    text = follow(server, submit(server, "/prompts", {"slug": "desk", "name": "The <desk>"}))
    assert "Write its first version" in text
    assert "The &lt;desk&gt;" in text

    sent = FORM | {"do": "save", "deploy_to": "production"}
    text = follow(server, submit(server, "/prompts/desk/edit", sent))
    assert '<span class="var">{{city}}</span>' in text
    assert "asks for the city" in text
    assert "city, tone, chat_history" not in text, "inputs stand in order of appearance"
    assert "tone, city, chat_history" in text
    shown = server.get_json("/api/v1/prompts/desk")
    (version,) = shown["versions"]
    expected = "You help in a {{tone}} way.\nAsk for the {{city}}."
    assert version["prompt"]["messages"][0]["content"] == expected
    assert (version["note"], version["author"]) == ("asks for the city", "Ada")
    assert shown["application"]["environments"] == {
        "production": {"variant": "default", "version": 1}
    }
    again = submit(server, "/prompts/desk/edit", sent | {"deploy_to": ""})
    assert "newest version already" in follow(server, again)


def test_a_wrong_form_keeps_what_was_typed_and_saves_nothing(ready: Server) -> None:
    for change, place in (
        ({"parameters.temperature": "9"}, "h-parameters.temperature"),
        ({"content.0": "{{not a name}}"}, "w-0"),
        ({"tools": "[{}]"}, "h-tools"),
        ({"deploy_to": "not good"}, "h-deploy_to"),
        ({"variant": "-"}, "h-variant"),
        ({"note": "x" * 2001}, "h-note"),
    ):
        answer = submit(ready, "/prompts/support/edit", FORM | change | {"do": "save"})
        assert answer.status_code == 400
        assert list(wrong_fields(answer.text)) == [place]
        assert "gpt-4o-mini" in answer.text
        (typed,) = change.values()
        assert typed in unescape(answer.text)
    assert ready.get_json("/api/v1/prompts/support")["application"]["variants"] == {"default": 1}


def test_a_button_that_adds_a_row_saves_nothing(ready: Server) -> None:
    answer = submit(ready, "/prompts/support/edit", FORM | {"do": "add"})
    assert answer.status_code == 200
    assert 'name="content.2"' in answer.text
    assert "asks for the city" in answer.text
    assert len(ready.get_json("/api/v1/prompts/support")["versions"]) == 1


def test_a_version_is_deployed_and_rolled_back(ready: Server) -> None:
    submit(ready, "/prompts/support/edit", FORM | {"do": "save"})
    odd = submit(ready, "/prompts/support/deploy", {"environment": "a b"}, version="default:2")
    assert odd.status_code == 400
    assert list(wrong_fields(odd.text)) == ["h-environment"]
    data = {"environment": "production", "note": "it asks", "author": "Lin"}
    text = follow(ready, submit(ready, "/prompts/support/deploy", data, version="default:2"))
    assert "Roll back" in text
    assert "to default 1" in text
    assert now(ready)["version"] == 2
    answer = submit(ready, "/prompts/support/rollback", {"environment": "production"})
    assert "rolled back from default 2" in follow(ready, answer)
    assert now(ready)["version"] == 1
    diff = page(ready, "/prompts/support/diff", before="default:1", after="default:2").text
    assert "<ins>Ask for the {{city}}.</ins>" in diff or "Ask for the {{city}}." in diff
    assert "diff__row--new" in diff
    assert "<del>0.2</del>" in diff


def now(server: Server) -> dict[str, object]:
    environments = server.get_json("/api/v1/prompts/support")["application"]["environments"]
    found: dict[str, object] = environments["production"]
    return found


def test_an_application_is_renamed_and_removed(ready: Server) -> None:
    assert submit(ready, "/prompts/support/rename", {"name": " "}).status_code == 400
    follow(ready, submit(ready, "/prompts/support/rename", {"name": "Front desk"}))
    assert ready.get_json("/api/v1/prompts/support")["application"]["name"] == "Front desk"
    assert "Remove it with all versions" in page(ready, "/prompts/support", remove="1").text
    assert "No prompt yet" in follow(ready, submit(ready, "/prompts/support/remove", {}))


def test_what_is_not_there_is_a_page_that_says_so(ready: Server) -> None:
    for path in ("/prompts/suport", "/prompts/suport/edit", "/prompts/suport/playground"):
        answer = page(ready, path)
        assert answer.status_code == 404
        assert "did you mean &#39;support&#39;?" in answer.text
    for version in ("default:9", "default", ":", "x:1"):
        assert page(ready, "/prompts/support", version=version).status_code == 404
    other = ready.in_project(f"{ready.project}-other")
    assert page(other, "/prompts/support").status_code == 404


def test_a_form_of_another_origin_is_refused(ready: Server) -> None:
    answer = ready.client.post(
        f"{ready.url}/prompts/support/remove",
        params={"project": ready.project},
        headers={"origin": "https://elsewhere.example"},
    )
    assert answer.status_code == 403
    assert ready.get("/api/v1/prompts/support").status_code == 200


def test_a_key_is_set_replaced_and_removed_and_never_shown(server: Server) -> None:
    secret = "sk-very-secret-4711"
    odd = submit(server, "/settings/provider-keys", {"provider": "openai", "api_key": ""})
    assert (odd.status_code, list(wrong_fields(odd.text))) == (400, ["h-api_key"])
    data = {"provider": "openai", "api_key": secret, "base_url": "ftp://x"}
    odd = submit(server, "/settings/provider-keys", data)
    assert list(wrong_fields(odd.text)) == ["h-base_url"]
    assert secret not in odd.text
    data["base_url"] = "http://127.0.0.1:9/v1"
    text = follow(server, submit(server, "/settings/provider-keys", data))
    assert "ends in 4711" in text
    assert secret not in text
    assert secret not in page(server, "/settings/provider-keys", set="openai").text
    follow(server, submit(server, "/settings/provider-keys/openai/remove", {}))
    assert server.get_json("/api/v1/provider-keys")["keys"] == []


def test_a_name_is_changed_over_http(ready: Server) -> None:
    answer = send(ready, "PATCH", "/api/v1/prompts/support", {"name": "Desk"})
    assert (answer.status_code, answer.json()["name"]) == (200, "Desk")
    assert send(ready, "PATCH", "/api/v1/prompts/support", {"name": ""}).status_code == 422
    assert send(ready, "PATCH", "/api/v1/prompts/nobody", {"name": "x"}).status_code == 404
    assert PROMPT["model"] in page(ready, "/prompts/support").text
