"""Deliveries of any size, written by SQL in seconds, the same for the same number of rows."""

from pathlib import Path

import duckdb

from tests.unit.deliveries import LEDGER_HEADER

# A bad amount and a bad month in every hundred thousand lines: a file of this size is never clean.
_ODD = 100_000


def write_ledger(target: Path, rows: int) -> None:
    """A year of balanced vouchers, four lines each, as UTF-8 text for the source `ekonomisystem`."""
    if target.exists():
        return
    month = f"date '2024-01-01' + to_months(cast(i // 4 * 48 // {rows} as int))"
    drawn = {name: f"cast(hash(i // {part} + {salt}) % {size} as bigint)" for name, part, salt, size in _DRAWS}
    amount = (
        f"case when i % 4 = 3 then -({' + '.join(_of(i) for i in ('i - 1', 'i - 2', 'i - 3'))}) else {_of('i')} end"
    )
    fields = {
        "uttagsdatum": "'2025-01-15'",
        "manad": f"case when i % {_ODD} = 7 then '2024-13' else strftime({month}, '%Y-%m') end",
        "period": f"strftime({month}, '%Y%m')",
        "verifikationsserie": "'A'",
        "verifikationsnummer": "cast(i // 4 as varchar)",
        "verifikationsrad": "cast(i % 4 + 1 as varchar)",
        "bokforingsdatum": f"strftime({month} + to_days(cast(i // 4 % 28 as int)), '%Y-%m-%d')",
        "konto": f"cast(4000 + {drawn['account']} as varchar)",
        "kostnadsstalle": f"cast(10000 + {drawn['centre']} as varchar)",
        "verksamhet": f"cast(100 + {drawn['function']} as varchar)",
        "aktivitet": "null",
        "projekt": f"case when i % 10 = 0 then 'P' || {drawn['project']} end",
        "motpart": f"cast(10 + {drawn['counterparty']} as varchar)",
        "belopp": f"case when i % {_ODD} = 11 then '1.5' else {_text('amount')} end",
        "antal": "null",
        "text": f"'Faktura ' || {drawn['text']}",
        "ingaende_balans": "'N'",
        "preliminar": "'N'",
    }
    assert list(fields) == LEDGER_HEADER.split(";")
    listed = ", ".join(f"{expression} as {name}" for name, expression in fields.items())
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select {listed} from (select i, {amount} as amount from range({rows}) as t(i)))"
            f" to '{target}' (header, delimiter ';', quote '')"
        )


_DRAWS = (
    ("account", 1, 1, 3000),
    ("centre", 4, 2, 900),
    ("function", 5, 3, 300),
    ("project", 1, 4, 50),
    ("counterparty", 1, 5, 89),
    ("text", 1, 6, 90_000),
)


def _of(place: str) -> str:
    """The amount of a line in öre."""
    return f"cast(hash({place}) % 1000000 as bigint)"


def _text(amount: str) -> str:
    """Öre as kronor with a decimal comma."""
    return f"replace(cast(cast({amount} as decimal(18,0)) * cast(0.01 as decimal(3,2)) as varchar), '.', ',')"


def write_sie(target: Path, rows: int) -> None:
    """A SIE 4 export in UTF-8, which DuckDB reads too: vouchers of four rows, with one or two objects each."""
    if target.exists():
        return
    day = f"strftime(date '2024-01-01' + cast(v * 4 * 366 // {rows} as int), '%Y%m%d')"
    text = "'Leverantör ' || hash(v * 4 + {n}) % 10000"
    objects = [
        "1 \"' || 1000 + hash(v) % 900 || '\"",
        "1 \"' || 1000 + hash(v * 3) % 900 || '\" 6 \"P' || v % 50 || '\"",
    ]
    lines = ["'#VER A ' || v + 1 || ' ' || day || ' \"Faktura ' || v || '\" ' || day || chr(10) || '{' || chr(10)"]
    for n in range(4):
        öre = _of(f"v * 4 + {n}") if n < 3 else f"-({' + '.join(_of(f'v * 4 + {m}') for m in range(3))})"
        amount = f"cast(cast({öre} as decimal(18,0)) * cast(0.01 as decimal(3,2)) as varchar)"
        account = f"4000 + hash(v * 4 + {n} + 9) % 3000"
        lines.append(
            f"'#TRANS ' || {account} || ' {{{objects[n == 0]}}} ' || {amount} || ' ' || day || ' \"'"
            f" || {text.format(n=n)} || '\"' || chr(10)"
        )
    lines.append("'}' || chr(10)")
    head = '#FLAGGA 0\n#FORMAT PC8\n#GEN 20250115\n#SIETYP 4\n#RAR 0 20240101 20241231\n#DIM 1 "Kostnadsställe"\n'
    with duckdb.connect() as connection, target.open("w", encoding="utf-8", newline="\n") as out:
        out.write(head)
        vouchers = connection.execute(
            f"select {' || '.join(lines)} from (select v, {day} as day from range({rows // 4}) as t(v))"
        )
        while chunk := vouchers.fetchmany(50_000):
            out.writelines(text for (text,) in chunk)
