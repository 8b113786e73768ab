"""Personal data: from parsing on nothing is in clear. The numbers are the Tax Agency's published test numbers."""

from dataclasses import replace

import duckdb
import pytest

from orchestration.errors import UsageError
from orchestration.intake.privacy import SUSPECT, PersonKey, mask, read_key
from tests.unit.deliveries import ledger, ledger_row

TEST_NUMBER = "189001019802"

STAFFING = (
    "uttagsdatum;leveransmanad;intjanandemanad;anstallningsnummer;anstallning;kostnadsstalle;aid_kod;anstallningsform;"
    "sysselsattningsgrad;fran_och_med;till_och_med;avtalad_tid;arbetad_tid;overtid;betald_franvaro;obetald_franvaro\n"
    "2024-02-15;2024-01;2024-01;{number};{employment};1110;201010;Tillsvidare;1;2024-01-01;2024-01-31;165;150;0;15;0\n"
)


def staffing(number: str = TEST_NUMBER, employment: str = "7001") -> str:
    return STAFFING.format(number=number, employment=employment)


def test_declared_personal_columns_are_pseudonyms_the_same_for_every_way_of_writing(deliver, load_inbox, query):
    deliver("staffing/lonesystem/a.csv", staffing(TEST_NUMBER))
    deliver("staffing/lonesystem/b.csv", staffing(f"{TEST_NUMBER[:8]}-{TEST_NUMBER[8:]}"))
    load_inbox()
    ((persons, shortest, clear),) = query(
        "select count(distinct person_key), min(length(person_key)), count(*) filter (person_key like '%9802%')"
        " from raw.staffing"
    )
    assert (persons, shortest, clear) == (1, 32, 0)
    assert query("select distinct key_id from raw.delivery") == [("test",)]


WRITTEN = [
    "189001019802",
    "18900101-9802",
    "18900101 9802",
    "9001019802",
    "900101-9802",
    "900101+9802",
    "900101\xa09802",
    "900101\u20119802",
    "900101\u22129802",
    "900101\u20139802",
    "\uff19\uff10\uff10\uff11\uff10\uff11-\uff19\uff18\uff10\uff12",
]


def test_all_ways_of_writing_a_number_are_one_person(intake):
    assert len({intake.key.pseudonym(number) for number in WRITTEN}) == 1
    assert len({intake.key.pseudonym(number) for number in ("197010632391", "701063-2391")}) == 1
    # Employment numbers of twelve digits are no identity numbers: all their digits count.
    assert len({intake.key.pseudonym(number) for number in ("189999999999", "199999999999")}) == 2


@pytest.mark.parametrize("number", WRITTEN)
def test_every_way_of_writing_is_masked_in_free_text(number):
    """SQL first looks whether a text is suspect, and masks only those that are."""
    text = f"Avser {number}, l\u00f6n"
    assert duckdb.execute("select regexp_matches(?, ?)", [text, SUSPECT]).fetchall() == [(True,)]
    assert mask(text) == ("Avser [personnummer], l\u00f6n", 1)


INTERIM = f"{TEST_NUMBER[2:8]}-T{TEST_NUMBER[-3:]}"


@pytest.mark.parametrize("number", [INTERIM, f"19{INTERIM}", INTERIM.replace("-", ""), INTERIM.lower()])
def test_interim_numbers_are_masked_and_are_one_person(intake, number):
    text = f"Avser {number}."
    assert duckdb.execute("select regexp_matches(?, ?)", [text, SUSPECT]).fetchall() == [(True,)]
    assert mask(text) == ("Avser [personnummer].", 1)
    assert intake.key.pseudonym(number) == intake.key.pseudonym(INTERIM)


@pytest.mark.parametrize("text", ["Ref 991399-T123", "Ref 20240230T123", "Rum 900101 T123", "Ref 900101-T1234"])
def test_what_only_looks_like_an_interim_number_stands(text):
    assert mask(text) == (text, 0)


HIRED_STAFF = (
    "uttagsdatum;leveransmanad;fakturanummer;rad;avrop;bemanningsforetag;organisationsnummer;personalkategori;"
    "kostnadsstalle;avrop_fran;avrop_till;arbete_fran;arbete_till;timmar;belopp;resor;fakturadatum\n"
    "2025-01-15;2024-12;2412;1;A1;{firm};{number};Läkare;1110;2024-12-01;2024-12-31;2024-12-01;2024-12-07;8;9000;0;"
    "2024-12-30\n"
)


@pytest.mark.parametrize(
    ("number", "firm", "kept"),
    [
        (f"{TEST_NUMBER[2:8]}-{TEST_NUMBER[8:]}", "Anna Anderssons läkarkonsult", None),
        ("556677-8899", "Andersson Läkare AB", "Andersson Läkare AB"),
        ("556677-8899", f"Anna {TEST_NUMBER}", "Anna [personnummer]"),
        ("", "Andersson Läkare AB", "Andersson Läkare AB"),
    ],
)
def test_the_name_of_a_one_person_firm_is_its_owners_and_is_not_kept(
    deliver, load_inbox, intake, contracts, query, number, firm, kept
):
    deliver("hired_staff/bemanning/a.csv", HIRED_STAFF.format(number=number, firm=firm))
    load_inbox(replace(intake, contracts=contracts))
    ((agency, agency_number),) = query("select agency, agency_number from raw.hired_staff")
    assert agency == kept
    assert (agency_number is None) == (number == "")
    assert (agency_number == number) == (number.startswith("55"))


def test_another_key_gives_another_pseudonym(deliver, load_inbox, intake, query):
    deliver("staffing/lonesystem/a.csv", staffing())
    load_inbox()
    deliver("staffing/lonesystem/b.csv", staffing(employment="7002"))
    load_inbox(replace(intake, key=replace(intake.key, secret=b"another secret key")))
    assert query("select count(distinct person_key) from raw.staffing") == [(2,)]


def test_personal_data_without_a_key_are_refused(deliver, load_inbox, intake):
    deliver("staffing/lonesystem/a.csv", staffing())
    (delivery,) = load_inbox(replace(intake, key=None)).refused
    assert (delivery.rule, "NETTOEFFEKT_PERSON_KEY_FILE" in delivery.reason) == ("no_key", True)


def test_a_key_that_comes_later_lets_the_file_in(deliver, load_inbox, intake, query):
    deliver("staffing/lonesystem/a.csv", staffing())
    load_inbox(replace(intake, key=None))
    assert not load_inbox(replace(intake, key=None)).deliveries
    assert [delivery.status for delivery in load_inbox().deliveries] == ["loaded"]
    assert query("select count(*) from raw.staffing") == [(1,)]


@pytest.mark.parametrize("key", [None, "another"])
def test_a_replay_needs_the_key_that_landing_was_loaded_under(deliver, load_inbox, intake, directory, key):
    deliver("staffing/lonesystem/a.csv", staffing())
    load_inbox()
    directory.main.warehouse.unlink()
    with pytest.raises(UsageError, match="'test'"):
        load_inbox(replace(intake, key=key and replace(intake.key, key_id=key)))


def test_the_demo_directory_takes_no_personal_data_but_its_own(deliver, load_inbox, intake):
    deliver("staffing/lonesystem/a.csv", staffing())
    (delivery,) = load_inbox(replace(intake, own_deliveries=frozenset())).refused
    assert delivery.rule == "demo_directory"


def test_a_quarantined_row_shows_no_personal_column(deliver, load_inbox, intake, query):
    contract = replace(intake.contracts["staffing"], max_quarantined_share_pct=100)
    deliver("staffing/lonesystem/a.csv", staffing().replace(";1;", ";hel;") + f"trasig rad {TEST_NUMBER}\n")
    load_inbox(replace(intake, contracts={**intake.contracts, "staffing": contract}))
    texts = [text for (text,) in query("select text from raw.quarantine")]
    assert len(texts) == 2
    assert not [text for text in texts if "9802" in text or "7001" in text]


def test_free_text_is_masked_and_counted(deliver, load_inbox, query):
    text = f"Avser {TEST_NUMBER[:8]}-{TEST_NUMBER[8:]}, ring 070-123 45 67 eller skriv a.b@example.org"
    deliver(
        "ledger/ekonomisystem/a.csv",
        ledger(ledger_row(text=text), ledger_row(text="Faktura 556677-8899", line=2)),
        "cp1252",
    )
    load_inbox()
    assert query("select text from raw.ledger order by _row_number") == [
        ("Avser [personnummer], ring [telefon] eller skriv [e-post]",),
        ("Faktura 556677-8899",),
    ]
    assert query("select masked_values from raw.delivery") == [(3,)]


@pytest.mark.parametrize(
    "text", ["Faktura 556677-8899", "konto 4010 1110", "2024-12-09 kl 08:00", "belopp 1 234 567,00", "189001019803"]
)
def test_numbers_that_are_not_identity_numbers_stand(text):
    assert mask(text) == (text, 0)


@pytest.mark.parametrize(
    ("content", "told"), [("bara-id", "cannot be read"), ("id kort", "cannot be read"), ("id 00ff", "too short")]
)
def test_a_key_file_that_cannot_be_used_is_named(tmp_path, content, told):
    file = tmp_path / "key"
    file.write_text(content)
    with pytest.raises(UsageError, match=told):
        read_key(file, tmp_path / "data")


def test_a_key_in_the_data_directory_is_not_accepted(tmp_path):
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "key"
    file.write_text("id " + "ab" * 16)
    with pytest.raises(UsageError, match="lies in the data directory"):
        read_key(file, tmp_path / "data")


OTHER_KEY = PersonKey("2026", b"fedcba9876543210")


def test_nothing_is_loaded_under_another_key_than_what_is_there(deliver, load_inbox, intake):
    deliver("staffing/lonesystem/a.csv", staffing())
    load_inbox()
    with pytest.raises(UsageError, match="the build stands under the key 'test'"):
        load_inbox(replace(intake, key=OTHER_KEY))


def test_a_change_of_keys_gives_every_person_a_new_pseudonym_in_all_months_alike(
    deliver, load_inbox, intake, directory, query
):
    for month in ("2024-01", "2024-03"):
        deliver(f"staffing/lonesystem/{month}.csv", staffing().replace("2024-01", month))
        load_inbox()
    persons = "select person_key, count(*) from raw.staffing group by 1 order by 1"
    before = query(persons)
    directory.main.warehouse.unlink()

    load_inbox(replace(intake, key=OTHER_KEY, is_new_key=True))
    intake.landing.note_new_key(OTHER_KEY.key_id)

    after = query(persons)
    assert sorted(count for _, count in after) == sorted(count for _, count in before)
    assert not {person for person, _ in before} & {person for person, _ in after}
    assert query("select distinct key_id from raw.delivery") == [("2026",)]
    directory.main.warehouse.unlink()
    load_inbox(replace(intake, key=OTHER_KEY))  # from now on a plain rebuild takes the new key
    assert query(persons) == after
    directory.main.warehouse.unlink()
    with pytest.raises(UsageError, match="landing was loaded under the key '2026'"):
        load_inbox()


def test_no_file_outside_landing_holds_what_was_delivered_in_clear(deliver, load_inbox, intake, directory):
    """Build and notes on refused files show neither a person nor the key; the delivered files themselves do."""
    deliver("staffing/lonesystem/a.csv", staffing())
    deliver("staffing/lonesystem/b.csv", staffing(employment="7002") + f"trasig rad {TEST_NUMBER}\n")
    deliver("ledger/ekonomisystem/c.csv", ledger(ledger_row(text=f"Avser {TEST_NUMBER}")), "cp1252")
    report = load_inbox()
    assert {delivery.status for delivery in report.deliveries} == {"loaded", "refused"}
    canaries = [TEST_NUMBER[2:].encode(), intake.key.secret, intake.key.secret.hex().encode()]
    files = [path for path in directory.root.rglob("*") if path.is_file()]
    held = {path for path in files if any(canary in path.read_bytes() for canary in canaries)}
    delivered = {path for path in held if path.is_relative_to(directory.landing) or path.suffix == ".csv"}
    assert {path.relative_to(directory.root).parts[0] for path in delivered} == {"landing", "refused"}
    assert held == delivered
