"""The pattern of Swedish identity numbers in clear, as DuckDB SQL for control P1.

An identity number is YYMMDD or YYYYMMDD, an optional hyphen or plus, and four digits, of which the last is a Luhn check
digit over the ten; a coordination number has the day plus 60. Organisation numbers have a "month" of at least 20 and so
never match; date and checksum let nearly all invoice numbers and references through that look alike.

What stands here must find no more than what the intake masks (orchestration/intake/privacy.py), or else a text that the
intake lets through in good faith would stop every release; a test holds the two together.
"""

from collections.abc import Sequence

# Hyphen, plus and space, and the dashes and spaces that other hands write for them.
_SEPARATOR = "[-+ \xa0\u2007\u2009\u202f\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d]"
_MONTH = "(0[1-9]|1[0-2])"
_DAY = "(0[1-9]|[12][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])"
_ROUGHLY = f"[0-9]{{6}}{_SEPARATOR}?[0-9]{{4}}"

# Free text may glue a word to the number, a keyed value may not: its hexadecimal digits hold runs of ten by chance.
_EDGE_IN_TEXT = "[^0-9]"
_EDGE_IN_KEYED = "[^0-9A-Za-z]"


def identity_number_query(keyed_columns: Sequence[str] = (), text_columns: Sequence[str] = ()) -> str:
    """SQL over `{batch}`, one row per identity number found, holding only the name of its column.

    The row never holds the number itself, since results are stored. Braces of the pattern are doubled, as the query is
    a format string. Raises ValueError if no column is given, for that check would pass whatever the table holds.
    """
    columns = [(name, _EDGE_IN_KEYED) for name in keyed_columns] + [(name, _EDGE_IN_TEXT) for name in text_columns]
    if not columns:
        raise ValueError("no column to search for identity numbers")
    candidates = "\nunion all\n".join(_candidates(name, edge) for name, edge in columns)
    number = f"{_is_date('digits')}\nand substr(digits, 7, 3) <> '000'\nand {_luhn('digits')}"
    return f"select column_name from (\n{candidates}\n) as candidate\nwhere {number}"


def _candidates(column: str, edge: str) -> str:
    name = column.replace('"', '""')
    label = column.replace("'", "''")
    # Every sign that is no digit is doubled, so that two numbers with one sign between them have an edge each.
    doubled = f"regexp_replace(\"{name}\", '([^0-9])', '\\1\\1', 'g')"
    number = f"(19|20)?[0-9]{{2}}{_MONTH}{_DAY}({_SEPARATOR}{{2}})?[0-9]{{4}}"
    # The number's own groups capture: a colon before a letter or digit would be read as a parameter of the statement.
    pattern = f"(?:^|{edge})({number})(?:{edge}|$)"
    found = f"unnest(regexp_extract_all({doubled}, '{pattern}', 1))"
    query = (
        f"select '{label}' as column_name, right(regexp_replace({found}, '[^0-9]', '', 'g'), 10) as digits "
        f"from §batch§ where regexp_matches(\"{name}\", '{_ROUGHLY}')"
    )
    return query.replace("{", "{{").replace("}", "}}").replace("§batch§", "{batch}")


def _is_date(digits: str) -> str:
    """True where YYMMDD is a day of the calendar, with 60 taken from the day of a coordination number."""
    number = f"cast(substr({digits}, 5, 2) as integer)"
    day = f"cast({number} - case when {number} > 60 then 60 else 0 end as varchar)"
    # Read as 20YY: that century has every leap day of the one before.
    text = f"'20' || substr({digits}, 1, 2) || '-' || substr({digits}, 3, 2) || '-' || lpad({day}, 2, '0')"
    return f"try_cast({text} as date) is not null"


def _luhn(digits: str) -> str:
    """True where the ten digits sum to a multiple of ten, every other one doubled and its own digits added."""
    terms = []
    for position in range(1, 11):
        digit = f"cast(substr({digits}, {position}, 1) as integer)"
        terms.append(f"(2 * {digit} - case when {digit} > 4 then 9 else 0 end)" if position % 2 else digit)
    return f"({' + '.join(terms)}) % 10 = 0"
