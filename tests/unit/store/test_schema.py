"""What becomes of what was in a database before a migration."""

from pathlib import Path

from sqlite_utils import Database

from kith.store.schema import migrations


def test_a_household_has_the_country_of_its_first_adults_number(tmp_path: Path) -> None:
    db = Database(tmp_path / "kith.db")
    migrations.apply(db, stop_before="regions")
    for home in ("h_1", "h_2"):
        db.execute("INSERT INTO household(id, name) VALUES (?, 'Home')", (home,))
    for person, home, mobile, registered in (
        ("p_claims", "h_1", "+33612345678", None),
        ("p_mum", "h_1", "+447400123456", 1.0),
        ("p_dad", "h_1", "+12025550101", 2.0),
        ("p_test", "h_2", None, 1.0),
    ):
        db.execute(
            "INSERT INTO person(id, household, name, mobile, registered) VALUES (?, ?, 'N', ?, ?)",
            (person, home, mobile, registered),
        )
        db.execute("INSERT INTO contact_list(owner) VALUES (?)", (person,))
    migrations.apply(db)
    regions = dict(db.execute("SELECT id, region FROM household").fetchall())
    assert regions == {"h_1": "GB", "h_2": None}
    lists = dict(db.execute("SELECT owner, region FROM contact_list").fetchall())
    assert lists == {"p_claims": None, "p_mum": "GB", "p_dad": "US", "p_test": None}
    db.close()
