"""What goes on, what went on, and by what the old is found and deleted."""

from sqlite_utils import Database


def calls(db: Database) -> None:
    """A call is one row; its state is the MessagePack of signaling.call.Call."""
    db.table("call").create(
        {"id": str, "state": bytes, "live": int, "created": float}, pk="id", not_null={"state", "live"}
    )
    db.execute("CREATE INDEX call_live ON call(id) WHERE live")
    db.table("missed").create(
        {"person": str, "call": str, "caller": str, "at": float, "video": int}, pk=("person", "call")
    )


def ages(db: Database) -> None:
    """By what is deleted when it is old (kith.store.tidy), without reading what is not."""
    db.execute("CREATE INDEX call_over ON call(created) WHERE NOT live")
    db.execute("CREATE INDEX invitation_over ON invitation(coalesce(used, expires))")
    db.execute("CREATE INDEX pairing_over ON pairing(coalesce(used, expires))")
    db.execute("CREATE INDEX token_expires ON token(expires)")
    db.execute("CREATE INDEX missed_at ON missed(person, at)")


def bounds(db: Database) -> None:
    """Who placed which call when, for quotas; what the operator should look at; since when a person is suspended."""
    db.table("call").add_column("caller", str)
    db.execute("CREATE INDEX call_by ON call(caller, created)")
    db.execute(
        "CREATE TABLE incident (id INTEGER PRIMARY KEY AUTOINCREMENT, at FLOAT NOT NULL, kind TEXT NOT NULL,"
        " person TEXT, details TEXT NOT NULL)"
    )
    db.table("incident").create_index(["at"])
    db.table("person").add_column("suspended", float)


def silenced(db: Database) -> None:
    """Whether a missed call rang nowhere because somebody was not to be disturbed."""
    db.table("missed").add_column("silenced", int, not_null_default=0)


def groups(db: Database) -> None:
    """A group is one row; its state is the MessagePack of signaling.group.Group. `starter` is the person who started
    it, and `group_person` everybody who was asked as well; `silent` if they were not to hear of it."""
    db.table("group_call").create(
        {"id": str, "state": bytes, "live": int, "created": float, "starter": str},
        pk="id",
        not_null={"state", "live"},
    )
    db.execute("CREATE INDEX group_live ON group_call(id) WHERE live")
    db.execute("CREATE INDEX group_over ON group_call(created) WHERE NOT live")
    db.execute("CREATE INDEX group_starter ON group_call(starter, created)")
    db.execute(
        "CREATE TABLE group_person (call TEXT NOT NULL REFERENCES group_call(id) ON DELETE CASCADE,"
        " person TEXT NOT NULL, silent INTEGER NOT NULL, PRIMARY KEY (call, person)) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX group_person_person ON group_person(person)")


def history(db: Database) -> None:
    """The own history of each person, and for how many months they keep it: null for ever, absent for as long as
    everybody who has not chosen. `other` is with whom, `name` what they were called, `ref` the call or message."""
    owner = "REFERENCES person(id) ON DELETE CASCADE"
    db.execute(
        f"CREATE TABLE history (id INTEGER PRIMARY KEY AUTOINCREMENT, person TEXT NOT NULL {owner},"
        " kind TEXT NOT NULL, outgoing INTEGER NOT NULL, outcome TEXT NOT NULL, at FLOAT NOT NULL,"
        " seconds FLOAT NOT NULL, other TEXT, name TEXT NOT NULL, endpoint TEXT, device TEXT NOT NULL,"
        " ref TEXT NOT NULL)"
    )
    db.execute("CREATE UNIQUE INDEX history_ref ON history(person, ref, outgoing)")
    db.execute("CREATE INDEX history_at ON history(person, at)")
    db.execute("CREATE INDEX history_other ON history(other)")
    db.execute(f"CREATE TABLE history_keep (person TEXT PRIMARY KEY {owner}, months INTEGER) WITHOUT ROWID")
