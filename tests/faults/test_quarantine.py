"""What was set aside, through every door: API, page, metrics, command line."""

import re
import subprocess
from pathlib import Path

from tests.load.poison import append, good, open_journal, unreadable
from tests.serving import Server, Start, command, environment


def doctor(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command("doctor", "quarantine", *arguments, "--data", str(data)),
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(),
        check=False,
    )


def poisoned_folder(data: Path) -> None:
    """Writes a journal as a crash leaves it: two projects, poison in both, one damaged."""
    journal = open_journal(data / "journal")
    # Before the others: a damaged envelope, found by its checksum at the next start.
    append(journal, [good("blue", "damaged", 9)])
    (segment,) = journal.sealed()
    content = segment.path.read_bytes()
    segment.path.write_bytes(content[:-3] + b"\x00" + content[-2:])
    append(
        journal,
        [good("blue", "a"), unreadable("blue", 1), unreadable("red", 2), good("red", "b", 3)],
    )
    append(journal, [unreadable("blue", 4)])
    journal.close()


def set_aside(server: Server, project: str = "default") -> list[dict[str, object]]:
    entries: list[dict[str, object]] = server.in_project(project).get_json("/api/v1/quarantine")[
        "quarantine"
    ]
    return entries


def test_what_was_set_aside_is_shown_retried_and_dropped(start: Start, tmp_path: Path) -> None:
    data = tmp_path / "data"
    poisoned_folder(data)
    server = start()
    server.wait_derived("blue")
    server.wait_derived("red")
    assert server.in_project("blue").open_session("a")["session"]["spans"] == 1
    assert server.in_project("red").open_session("b")["session"]["spans"] == 1

    # Each project sees its own; what is damaged cannot say whose it was.
    blue, red, unknown = set_aside(server, "blue"), set_aside(server, "red"), set_aside(server)
    assert [entry["cause"] for entry in blue + red + unknown] == ["unreadable"] * 3 + ["damaged"]
    assert server.get_json("/api/v1/stats")["quarantined"] == 4
    metrics = server.get("/metrics").text
    assert 'parley_quarantined{cause="unreadable"} 3' in metrics
    assert 'parley_quarantined{cause="damaged"} 1' in metrics

    def send(method: str, path: str, project: str) -> tuple[int, object]:
        answer = server.client.request(
            method, server.url + path, headers={"x-parley-project": project}
        )
        return answer.status_code, answer.json()

    # Nobody touches what belongs to another project.
    for method, path in (("POST", f"{red[0]['id']}/retry"), ("DELETE", str(red[0]["id"]))):
        status, _ = send(method, f"/api/v1/quarantine/{path}", "blue")
        assert status == 404
    assert set_aside(server, "red") == red

    # A retry of poison comes back; of what had only lost its checksum, it is loaded.
    assert send("POST", "/api/v1/quarantine/retry", "blue") == (200, {"retried": 2})
    server.wait_derived("blue")
    assert {entry["id"] for entry in set_aside(server, "blue")} == {e["id"] for e in blue}
    assert send("DELETE", f"/api/v1/quarantine/{blue[0]['id']}", "blue") == (200, {"dropped": 1})
    assert len(set_aside(server, "blue")) == 1

    the_page_asks_before_it_drops(server, str(blue[1]["id"]))

    assert send("DELETE", "/api/v1/quarantine", "blue") == (200, {"dropped": 0})
    assert server.stop() == 0
    doctor_lists_retries_and_drops(data)


def the_page_asks_before_it_drops(server: Server, entry_id: str) -> None:
    listed = server.in_project("blue").get("/", params={"project": "blue", "range": "all"}).text
    link = re.search(r'href="(/quarantine[^"]*)"[^>]*>1 set aside<', listed)
    assert link
    page = server.get(link[1]).text
    assert entry_id in page
    assert "Retry" in page
    assert f"{entry_id}/drop" not in page  # no button that drops at once
    asked = server.get("/quarantine", params={"project": "blue", "drop": entry_id}).text
    form = re.search(r'action="([^"]*/drop[^"]*)"', asked)
    assert form
    address = form[1].replace("&amp;", "&")
    foreign = server.client.post(server.url + address, headers={"origin": "http://evil.example"})
    assert foreign.status_code == 403
    done = server.client.post(server.url + address, follow_redirects=True)
    assert done.status_code == 200
    assert "Dropped." in done.text
    assert "Nothing is set aside" in done.text
    assert server.get("/quarantine?project=red").text.count("Retry") == 1


def doctor_lists_retries_and_drops(data: Path) -> None:
    listed = doctor(data, "list")
    assert listed.returncode == 0, listed.stderr
    ids = re.findall(r"traces-[0-9a-f]{32}", listed.stdout)
    assert len(ids) == 2
    assert "red" in listed.stdout
    assert doctor(data, "drop").returncode == 1
    assert doctor(data, "drop", "traces-0").returncode == 1
    retried = doctor(data, "retry", ids[0])
    assert retried.returncode == 0, retried.stderr
    assert "1 put back" in retried.stdout
    assert doctor(data, "drop", "--all").stdout == "1 dropped\n"
    assert "empty" in doctor(data, "list").stdout
    journal = open_journal(data / "journal")
    assert journal.bytes_waiting() > 0  # what was put back waits for the next server
    journal.close()
