"""ClickHouse's HTTP interface in front of the engine that Parley embeds, in a process of its own.

    python -m tests.clickhouse FOLDER

Stands in for a ClickHouse server, which cannot be had where the tests run. It does what the driver
uses: a query in the body, the URL or a form, `param_*`, settings, formats in and out, compression
both ways, errors with their codes, and the limits that a server has unless it is told otherwise.
"""

import gzip
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import lz4.frame
from backports import zstd

ROOT = Path(__file__).parent.parent
URI_BYTES = 1024 * 1024  # http_max_uri_size
FIELD_BYTES = 128 * 1024  # http_max_field_value_size
QUERY_BYTES = 256 * 1024  # max_query_size, of the text before the data of an INSERT
OF_HTTP = {
    "query", "database", "query_id", "session_id", "default_format", "compress", "decompress",
    "wait_end_of_query", "send_progress_in_http_headers", "http_headers_progress_interval_ms",
    "enable_http_compression", "client_protocol_version", "buffer_size", "cancel_http_readonly_queries_on_client_close",
}  # fmt: skip
DATA = re.compile(rb"\s*(INSERT\s+INTO\s+[^;]+?)\s+FORMAT\s+(\w+)(?:\s|$)", re.IGNORECASE)
FORMAT = re.compile(rb"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
CODINGS = {
    "lz4": (lz4.frame.compress, lz4.frame.decompress),
    "zstd": (zstd.compress, zstd.decompress),
    "gzip": (gzip.compress, gzip.decompress),
}  # fmt: skip


class Refused(Exception):
    """A request that a server refuses: the text of its error."""


class Handler(BaseHTTPRequestHandler):
    """One request, with a connection of its own to the engine."""

    protocol_version = "HTTP/1.1"
    folder = ""

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_GET  # noqa: N815

    def _answer(self) -> None:
        body = self._body()
        try:
            data, shown = self._run(body)
            self._send(200, data, {"X-ClickHouse-Format": shown})
        except Exception as error:
            text = str(error)
            code = re.search(r"Code: (\d+)", text)
            headers = {"X-ClickHouse-Exception-Code": code[1] if code else "1001"}
            self._send(500, text.encode(), headers)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            pieces = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            body = b"".join(pieces)
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        coding = self.headers.get("Content-Encoding", "")
        return CODINGS[coding][1](body) if coding in CODINGS else body

    def _run(self, body: bytes) -> tuple[bytes, str]:
        if len(self.path) > URI_BYTES:
            raise Refused("Code: 1000. DB::Exception: URI Too Long")
        fields = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        if self.headers.get_content_type() == "multipart/form-data":
            fields |= form(self.headers["Content-Type"], body)
            body = b""
        for name, value in fields.items():
            if len(value.encode()) > FIELD_BYTES:
                raise Refused(f"Code: 1000. DB::Exception: Field value too long: {name}")
        text = b"\n".join(part for part in (fields.get("query", "").encode(), body) if part)
        settings = {
            name: value
            for name, value in fields.items()
            if name not in OF_HTTP and not name.startswith("param_")
        }
        params = {
            name[len("param_") :]: value
            for name, value in fields.items()
            if name.startswith("param_")
        }
        with tempfile.NamedTemporaryFile(suffix=".data") as file:
            if found := DATA.match(text):
                file.write(text[found.end() :])
                file.flush()
                text = b"%s FROM INFILE '%s' FORMAT %s" % (found[1], file.name.encode(), found[2])
            if len(text) > int(settings.get("max_query_size", QUERY_BYTES)):
                raise Refused("Code: 62. DB::Exception: Syntax error: max_query_size exceeded")
            named = FORMAT.search(text)
            shown = named[1].decode() if named else fields.get("default_format", "TabSeparated")
            with engine(self.folder, settings) as connection:
                return connection.query(text.decode(), shown, params=params).bytes(), shown

    def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        asked = re.split(r"\s*,\s*", self.headers.get("Accept-Encoding", ""))
        coding = next((coding for coding in asked if coding in CODINGS), "")
        if coding and status == 200:
            data = CODINGS[coding][0](data)
            headers["Content-Encoding"] = coding
        self.send_response(status)
        for name, value in {**headers, "X-ClickHouse-Summary": "{}"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def form(content_type: str, body: bytes) -> dict[str, str]:
    """Returns the fields of a form."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    parts = BytesParser(policy=HTTP).parsebytes(head + body).iter_parts()
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(
            decode=True
        ).decode()
        for part in parts
    }


@contextmanager
def engine(folder: str, settings: dict[str, str]) -> Iterator[object]:
    """Lends a connection with settings of its own."""
    import chdb

    connection = chdb.connect(folder)
    try:
        for name, value in settings.items():
            quoted = value.replace("\\", "\\\\").replace("'", "\\'")
            connection.query(f"SET {name} = '{quoted}'")
        yield connection
    finally:
        connection.close()


@contextmanager
def clickhouse_server(folder: Path) -> Iterator[str]:
    """Runs a server; gives its URL."""
    folder.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.clickhouse", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Serves the engine in a folder until it is ended."""
    Handler.folder = sys.argv[1]
    with engine(Handler.folder, {}):  # held, so that the engine lives between requests
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
