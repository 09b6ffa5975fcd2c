"""The records, on SQLite and on PostgreSQL: the same answers from both."""

import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from parley.model import Look
from parley.pricing import Override, Tier
from parley.records import (
    Records,
    RecordsError,
    RecordsNewer,
    RecordsRefused,
    ViewRefused,
    add_view,
    all_overrides,
    change_overrides,
    change_view,
    keep_package,
    kept_package,
    list_overrides,
    list_repricings,
    list_views,
    mark_done,
    mark_touched,
    pending_repricings,
    remove_view,
)
from parley.records import database as database_module
from parley.records.database import NEWEST
from parley.records.tables import METADATA
from tests.records.postgres import binaries, running_postgres


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed here: records on it are not tested")
    with running_postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "records.db")
    url: str = request.getfixturevalue("postgres")
    name = f"db{uuid.uuid4().hex[:12]}"
    engine = sa.create_engine(
        url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url.rpartition("/")[0] + f"/{name}"


@pytest.fixture
def records(address: str) -> Iterator[Records]:
    opened = Records.open(address)
    yield opened
    opened.close()


def price(model: str = "gpt-4o", project: str = "blue", **more: object) -> Override:
    values = {"provider": "", "input": Decimal("0.1"), "output": Decimal("2.000000001"), **more}
    return Override(project=project, model=model, **values)  # type: ignore[arg-type]


def test_prices_come_back_exactly(records: Records, address: str) -> None:
    full = price(
        provider="Acme ✓",
        valid_from="2026-01-01",
        valid_until="2026-02-01",
        cached_input=Decimal("0.000000001"),
        tiers=[Tier(above=200_000, input=Decimal("3.3"))],
    )
    assert change_overrides(records, "blue", [full])
    again = Records.open(address)
    assert list_overrides(again, "blue") == [full]
    assert all_overrides(again) == [full]
    again.close()


def test_a_project_sees_its_own_prices_and_those_of_all(records: Records) -> None:
    own, others, everybody = price(), price(project="red"), price("claude-*", project="")
    change_overrides(records, "blue", [own])
    change_overrides(records, "red", [others, everybody])
    assert list_overrides(records, "blue") == [own, everybody]
    assert list_overrides(records, "red") == [others, everybody]
    assert not change_overrides(records, "blue", [], [others.id])
    assert others in list_overrides(records, "red")


def test_a_price_replaces_the_one_of_the_same_model_and_first_day(records: Records) -> None:
    change_overrides(records, "blue", [price()])
    dearer = price(input=Decimal(7))
    later = price(valid_from="2026-05-01")
    change_overrides(records, "blue", [dearer, later])
    assert list_overrides(records, "blue") == [later, dearer]
    assert change_overrides(records, "blue", [dearer]) == "", "nothing changed"


def test_what_has_to_be_priced_again_is_kept_with_the_change(
    records: Records, address: str
) -> None:
    asked = change_overrides(records, "blue", [price()])
    records.close()
    records = Records.open(address)
    (found,) = pending_repricings(records)
    assert (found.id, found.project, found.overrides) == (asked, "blue", [price()])
    mark_touched(records, asked, 123, 40)
    assert pending_repricings(records) == []
    (found,) = list_repricings(records, "blue")
    assert (found.touched_at, found.traces) == (123, 40)
    assert list_repricings(records, "red") == []
    mark_done(records, asked)
    assert list_repricings(records, "blue") == []
    dearer = price(input=Decimal(7))
    change_overrides(records, "blue", [dearer])
    assert sorted(x.input for x in pending_repricings(records)[0].overrides) == [
        Decimal("0.1"),
        Decimal(7),
    ], "as it was and as it is"


def test_a_change_that_fails_changes_nothing(records: Records) -> None:
    table = METADATA.tables["price_overrides"]
    change_overrides(records, "blue", [price()])

    def fail() -> None:
        with records.write() as connection:
            connection.execute(sa.delete(table))
            connection.execute(sa.insert(table), {"id": "1"})

    with pytest.raises(RecordsError, match=r"(?i)null"):
        fail()
    assert all_overrides(records) == [price()]


def test_newer_data_of_the_package_are_kept_once(records: Records) -> None:
    assert kept_package(records) is None
    keep_package(records, "[1]", "a file")
    keep_package(records, "[2]", "https://prices.example/")
    kept = kept_package(records)
    assert kept is not None
    assert (kept.content, kept.source) == ("[2]", "https://prices.example/")


def test_the_tables_are_as_the_migrations_leave_them(records: Records) -> None:
    with records.read() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, METADATA) == []
        assert context.get_current_revision() == NEWEST
    config = Config()
    folder = Path(database_module.__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder))
    assert ScriptDirectory.from_config(config).get_current_head() == NEWEST


def test_records_of_a_newer_release_are_refused(records: Records, address: str) -> None:
    with records.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999_later'"))
    with pytest.raises(RecordsNewer, match="newer Parley"):
        Records.open(address)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://localhost/x", "expected postgresql://"),
        ("://", "not the URL of a database"),
        ("postgresql://nobody:secret@127.0.0.1:1/none", "cannot open the records"),
        ("/proc/no/such/folder/records.db", "cannot open the records"),
    ],
)
def test_a_database_that_cannot_be_opened_is_refused(url: str, words: str) -> None:
    with pytest.raises(RecordsRefused, match=words) as refusal:
        Records.open(url)
    assert "secret" not in str(refusal.value)


def test_views_are_kept_by_project_under_names_of_their_own(records: Records, address: str) -> None:
    look = Look(filter="failed", since="2026-01-01", columns=("turns",))
    view = add_view(records, "blue", "Failed ✓", look)
    add_view(records, "red", "Failed ✓", Look())
    second = add_view(records, "blue", "Second", Look())
    with pytest.raises(ViewRefused, match="another view is called"):
        add_view(records, "blue", "Second", Look())
    with pytest.raises(ViewRefused, match="another view is called"):
        change_view(records, "blue", second.id, name="Failed ✓")
    assert change_view(records, "blue", second.id, look=look)
    assert not change_view(records, "red", second.id, name="x")
    records.close()
    records = Records.open(address)
    assert [(v.name, v.look) for v in list_views(records, "blue")] == [
        ("Failed ✓", look),
        ("Second", look),
    ]
    assert not remove_view(records, "red", view.id)
    assert remove_view(records, "blue", view.id)
    assert [v.id for v in list_views(records, "blue")] == [second.id]
