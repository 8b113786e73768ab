"""Indicators by unit and month: one file per quarter, as the management portal reports them."""

from collections.abc import Iterator
from datetime import date

import duckdb

from seeds.generator.draw import draw
from seeds.generator.files import Delivery, add_months, insert_rows, months_between

SOURCE = "ledningsportalen"
FIRST_MONTH, LAST_MONTH = date(2023, 1, 1), date(2024, 12, 1)

# Shares in per mille in 2023 and 2024, and what they are shares of: indicator, unit -> (2023, 2024, denominator).
SHARES = {
    ("SJUKFRANVARO", "HSF-KIR"): (64, 66, 215_000),
    ("SJUKFRANVARO", "HSF-MED"): (67, 70, 200_000),
    ("SJUKFRANVARO", "HSF-MSV"): (58, 57, 115_000),
    ("SJUKFRANVARO", "HSF-PRV"): (66, 68, 118_000),
    ("SJUKFRANVARO", "HSF-PSY"): (71, 75, 100_000),
    ("SJUKFRANVARO", "RSV-VNS"): (72, 84, 27_000),
    ("VANTETID-90", "HSF-KIR"): (631, 648, 9_800),
    ("VANTETID-90", "HSF-MED"): (688, 671, 6_400),
    ("VANTETID-90", "HSF-PSY"): (612, 588, 2_100),
}
# Volumes a month in 2023 and 2024.
VOLUMES = {
    ("PATIENTMALTIDER", "RSV-MAT"): (61_500, 66_800),
    ("BESOK-NARAKUT", "HSF-PRV-NAR"): (2_450, 2_780),
    ("INJEKTIONER-OGON", "HSF-KIR-OGO"): (1_180, 1_260),
    ("UTOMLANSVARD", "HSF-KIR"): (205, 168),
    ("UTOMLANSVARD", "HSF-MED"): (160, 139),
    ("UTOMLANSVARD", "HSF-PSY"): (34, 31),
}


def load_values(connection: duckdb.DuckDBPyConnection, seed: str) -> None:
    """Fills the table `indicator`."""
    rows = []
    for month in months_between(FIRST_MONTH, LAST_MONTH):
        position = month.year - FIRST_MONTH.year
        for (indicator, unit), values in SHARES.items():
            whole = values[2] * _near(f"{seed}:{unit}:{indicator}:{month}:of", 30) // 1000
            # More are ill in winter; more wait after the summer.
            season = 1000 + (90 if indicator == "SJUKFRANVARO" and month.month in (1, 2, 3, 11, 12) else 0)
            season -= 50 if indicator == "VANTETID-90" and month.month in (8, 9) else 0
            part = whole * values[position] * season * _near(f"{seed}:{unit}:{indicator}:{month}", 25) // 10**9
            rows.append((month, unit, indicator, str(round(100 * part / whole, 2)), part, whole))
        for (indicator, unit), values in VOLUMES.items():
            volume = values[position] * _near(f"{seed}:{unit}:{indicator}:{month}", 60) // 1000
            rows.append((month, unit, indicator, str(volume), None, None))
    connection.execute(
        "create or replace table indicator (month date, unit varchar, indicator varchar, value varchar, part bigint,"
        " whole bigint)"
    )
    insert_rows(connection, "indicator", rows)


def deliveries(first: date, last: date) -> Iterator[Delivery]:
    for month in months_between(max(first, FIRST_MONTH), min(last, LAST_MONTH)):
        if month.month % 3 == 0:
            quarter, extracted = add_months(month, -2), add_months(month, 1).replace(day=20)
            query = f"""
                select '{extracted}' as uttagsdatum, strftime(month, '%Y-%m') as manad, unit as enhet,
                    indicator as indikator, replace(value, '.', ',') as varde, part as taljare, whole as namnare
                from indicator where month between date '{quarter}' and date '{month}'
                order by month, indicator, unit
            """
            yield Delivery("indicator", SOURCE, f"indikatorer_{month:%Y}-kv{month.month // 3}", query)


def _near(key: str, per_mille: int) -> int:
    """Per mille around 1 000."""
    return 1000 + draw(key) % (2 * per_mille + 1) - per_mille
