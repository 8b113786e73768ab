"""Control L4: amounts a thousand or a million times too large or small, or with all their signs turned.

What a file says of a month is held against what is known of the other months of the same company. It takes a mistake of
unit or sign in the extract to be found; a month that is merely unusual passes.
"""

from dataclasses import dataclass
from statistics import median

import duckdb

from orchestration.errors import RefusedFileError
from orchestration.intake.contract import Contract
from orchestration.intake.slices import CANDIDATE

FACTORS = (1_000, 1_000_000)
NEAR = 2.0  # within half and twice the factor
FEWEST = 3  # slices of history below which nothing can be said
NET_SHARE = 0.05  # below this share of the turnover a sum has no sign of its own: a balanced ledger comes to zero


@dataclass(frozen=True)
class Amounts:
    """What one slice comes to, SEK: the sum, and the sum without signs."""

    total: float
    turnover: float

    @property
    def sign(self) -> int:
        """1 or -1; 0 if the sum is too small against the turnover to have one."""
        if abs(self.total) < NET_SHARE * self.turnover:
            return 0
        return 1 if self.total > 0 else -1


def require_plausible(
    connection: duckdb.DuckDBPyConnection, contract: Contract, first_row_id: int, delivery_id: str
) -> None:
    """Raises RefusedFileError if the rows of raw.<feed> from `first_row_id` on differ from their history as above."""
    if contract.control_column is None:
        return
    by_company: dict[str | None, list[Amounts]] = {}
    for company, total, turnover in connection.execute(_new(contract), [first_row_id]).fetchall():
        by_company.setdefault(company, []).append(Amounts(float(total), float(turnover)))
    for company, given in by_company.items():
        rows = connection.execute(
            "select amount_sum, amount_turnover from raw.delivery_slice where feed = ? and superseded_by is null"
            " and company is not distinct from ? and amount_turnover > 0 and delivery_id <> ?",
            [contract.feed, company, delivery_id],
        ).fetchall()
        _compare(contract, company, given, [Amounts(float(total), float(turnover)) for total, turnover in rows])


def _new(contract: Contract) -> str:
    amount = contract.control_column
    company = "any_value(c.key_company)" if "company" in contract.slice_key else "null"
    return (
        f"select {company}, sum(r.{amount}) as total, sum(abs(r.{amount})) as turnover"
        f" from raw.{contract.feed} as r join {CANDIDATE} as c on c.slice_id = r._slice_id"
        f" where r.rowid >= ? group by r._slice_id having sum(abs(r.{amount})) > 0"
    )


def _compare(contract: Contract, company: str | None, given: list[Amounts], known: list[Amounts]) -> None:
    if len(known) < FEWEST:
        return
    usual, now = median(slice_.turnover for slice_ in known), median(slice_.turnover for slice_ in given)
    whose = f" i bolag {company}" if company else ""
    remedy = (
        "Rätta uttaget och skicka filen igen. Är den rätt: nettoeffekt load --accept <leverans> --because <skäl>, där"
        " leveransen är början av filens SHA-256."
    )
    for factor in FACTORS:
        for ratio, word in ((now / usual, "större"), (usual / now, "mindre")):
            if factor / NEAR <= ratio <= factor * NEAR:
                raise RefusedFileError(
                    "magnitude",
                    f"Beloppen{whose} är ungefär {factor:_} gånger {word} än i de {len(known)} delmängder som är"
                    f" inlästa ({_kr(now)} mot {_kr(usual)} kr, utan tecken): fel enhet? {remedy}".replace("_", " "),
                )
    signs = {slice_.sign for slice_ in known}
    turned = {-slice_.sign for slice_ in given}
    if len(signs) == 1 and 0 not in signs and turned == signs and usual / NEAR <= now <= usual * NEAR:
        raise RefusedFileError("sign", f"Alla belopp{whose} har omvänt tecken mot de som är inlästa. {remedy}")


def _kr(amount: float) -> str:
    return f"{round(amount):_}"
