"""Nothing that people said is in the log."""

import io
from contextlib import redirect_stderr

import structlog

from parley.logs import write_logs

SECRET = "my card is 4111"


def logged(**values: str) -> str:
    with redirect_stderr(io.StringIO()) as written:
        write_logs()
        structlog.get_logger().error("a segment is not loaded whole", **values)
    structlog.reset_defaults()
    return written.getvalue()


def test_what_the_engine_quotes_is_left_out() -> None:
    line = logged(reason=f"Code: 27. Cannot parse '{SECRET}' before \"{SECRET}", segment="7.seg")
    assert SECRET not in line
    assert "Code: 27. Cannot parse" in line
    assert "7.seg" in line


def test_an_exception_tells_its_place_and_not_what_it_quotes() -> None:
    with redirect_stderr(io.StringIO()) as written:
        write_logs()
        try:
            raise ValueError(f"no number: '{SECRET}'")
        except ValueError:
            structlog.get_logger().exception("a trace could not be derived")
    structlog.reset_defaults()
    assert SECRET not in written.getvalue()
    assert "test_logs.py" in written.getvalue()
    assert "ValueError: no number" in written.getvalue()
