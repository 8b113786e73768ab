"""Employments and their hours: one file per company and delivery month.

A delivery holds the contracts of its own month and the hours of the month before. Persons are numbers; nobody is behind
them. A post is a place in a group that one person after another may hold.
"""

from collections.abc import Iterator
from datetime import date

import duckdb

from seeds.generator import calibration as c
from seeds.generator.files import Delivery, add_months, insert_rows, months_between
from seeds.generator.organisation import MERGED, UNIT_BORN, UNIT_CLOSED, company

SOURCES = {"1000": "lonesystem", "2000": "lonesystem_service"}

FULL_TIME_HOURS = 165  # of a month: 1 980 a year
WORKED_HOURS = 130  # of a mean month and full-time post: 1 560 a year
# The month's share of a mean month, in %: July about 0.7, March 1.1.
MONTH_SHAPE = (104, 102, 110, 98, 103, 96, 70, 90, 108, 110, 110, 99)

# Posts by slot; about 8 000 in all. Half of the pool's come from 5110 and 5120 when it opens.
POSTS = {
    "1000": 60, "1110": 400, "1120": 270, "1210": 280, "1220": 180, "1310": 170, "1410": 350, "1420": 240,
    "2000": 60, "2110": 340, "2120": 225, "2210": 270, "2220": 190, "2310": 250, "2320": 165, "2410": 140, "2510": 160,
    "3000": 55, "3110": 225, "3120": 150, "3210": 260, "3220": 180, "3310": 140,
    "4000": 55, "4110": 200, "4120": 55, "4210": 250, "4310": 165, "4410": 185, "4510": 115,
    "5000": 45, "5110": 260, "5120": 170, "5210": 175, "5310": 140, "5320": 115,
    "6000": 30, "6110": 90, "6210": 180, "7110": 20, "7210": 45, "8110": 250, "8120": 170,
    "9000": 20, "9110": 120, "9120": 75, "9210": 120, "9220": 95, "9310": 110,
}  # fmt: skip

# Posts that come during the period, replacing hired staff: slot, month, posts.
RECRUITED = (
    ("5410", date(2024, 3, 1), 24),
    ("5110", date(2024, 2, 1), 14),
    ("5120", date(2024, 5, 1), 10),
    ("4110", date(2024, 2, 1), 12),
    ("4410", date(2024, 4, 1), 10),
    ("2310", date(2024, 9, 1), 8),
)
TO_POOL = {"5110": 14, "5120": 10}  # whole posts, permanent, moved to 5410 when the pool opens

# RD-A07: 42 whole posts in ward services end in 2024 (källa 003, avsnitt 3.3.3): slot, first month without, posts.
ENDED = (
    ("9210", date(2024, 5, 1), 8),
    ("9220", date(2024, 5, 1), 6),
    ("9210", date(2024, 9, 1), 9),
    ("9220", date(2024, 9, 1), 7),
    ("9210", date(2024, 12, 1), 7),
    ("9220", date(2024, 12, 1), 5),
)

# Per cent of a slot's posts by AID code, by the first digits of the slot.
CARE = {"202010": 17, "203010": 5, "205010": 28, "206012": 12, "207011": 24, "225010": 8, "151012": 6}
MIX = {
    "1000": {"101010": 30, "151012": 70}, "2000": {"101010": 30, "151012": 70}, "3000": {"101010": 30, "151012": 70},
    "4000": {"101010": 30, "151012": 70}, "5000": {"101010": 30, "151012": 70},
    "3": {"202010": 14, "205010": 20, "225010": 52, "207011": 6, "151012": 8},
    "4": {"202010": 20, "203010": 6, "205010": 34, "207011": 20, "225010": 10, "151012": 10},
    "6": {"101010": 12, "151012": 68, "351010": 20},
    "7": {"101010": 12, "151012": 60, "451010": 28},
    "8": {"101010": 8, "151012": 52, "351010": 40},
    "9": {"101010": 4, "451010": 96},
}  # fmt: skip

# Rates in the order in which a group's posts get them: (per cent of the posts, rate in hundredths).
RATES = ((58, 100), (12, 90), (18, 75), (7, 80), (5, 50))
HOURLY_PCT = 5
SMALL_GROUP = 25  # posts
CORRECTIONS = (date(2023, 9, 1), date(2024, 4, 1), date(2024, 10, 1))  # delivery months with negative hours


def extract_date(month: date) -> date:
    return add_months(month, 1).replace(day=15)


def load_posts(connection: duckdb.DuckDBPyConnection, scale: int, seed: str) -> None:
    """Fills the table `post`: one row per employment with all that its months follow from.

    ended is the first month without the post; holder_from the month in which another person takes it over.
    """
    rows = []
    for slot, total in POSTS.items():
        gone = [(month, count) for place, month, count in ENDED if place == slot]
        kept = total - sum(count for _, count in gone)
        rows += [(slot, aid, form, rate, None, None, count) for aid, form, rate, count in _groups(slot, kept)]
        rows += [(slot, "451010", "Tillsvidare", 100, None, month, count) for month, count in gone]
    rows += [(slot, "205010", "Tillsvidare", 100, month, None, count) for slot, month, count in RECRUITED]
    connection.execute(
        "create or replace table post_group (position bigint, company varchar, slot varchar, aid varchar, form varchar,"
        " rate bigint, started date, ended date, posts bigint)"
    )
    insert_rows(
        connection,
        "post_group",
        [(position, company(row[0]), *row[:-1], row[-1] * scale) for position, row in enumerate(rows)],
    )
    pool = " or ".join(
        f"(slot = '{slot}' and aid = '205010' and rate = 100 and started is null and place < {count * scale})"
        for slot, count in TO_POOL.items()
    )
    # Like rows are neighbours, which packs well: a small group has one kind of hours, a large one has them in order.
    connection.execute(
        f"""
        create or replace table post as
        with place as (select *, unnest(range(posts)) as place from post_group),
        numbered as (
            select *, row_number() over (order by position, place) as number, 
                case when posts < {SMALL_GROUP * scale} then position % 5 else place * 5 // posts end as kind,
                '{seed}:post:' || position || ':' || place as key
            from place
        )
        select *, {pool} as goes_to_pool,
            case when draw(key || ':change') % 100 < 14
                then date '2023-01-01' + to_months(cast(draw(key || ':when') % 23 as integer)) end as holder_from,
            case when draw(key || ':rate') % 100 < 3 and rate < 100 and not starts_with(slot, '92')
                then date '2023-02-01' + to_months(cast(draw(key || ':raised') % 22 as integer)) end as rate_from,
            case when draw(key || ':leave') % 100 < 5 and form <> 'Timavlönad'
                then date '2022-09-01' + to_months(cast(draw(key || ':left') % 24 as integer)) end as leave_from,
            draw(key || ':leave') % 2 as leave_is_part, 5 + draw(key || ':leave') % 7 as leave_months,
            draw(key || ':second') % 100 = 0 and place > 0 and rate <= 50 as is_second
        from numbered
        """
    )


def _groups(slot: str, total: int) -> Iterator[tuple[str, str, int, int]]:
    """AID code, form of employment, rate and posts of a slot's groups, which make the total."""
    mix = MIX.get(slot) or MIX.get(slot[0], CARE)
    hourly = total * HOURLY_PCT // 100 if slot[0] in "123459" else 0
    left = total - hourly
    for position, (aid, percent) in enumerate(mix.items(), 1):
        of_aid = left if position == len(mix) else (total - hourly) * percent // 100
        left -= of_aid
        rest = of_aid
        for share, rate in RATES:
            count = rest if rate == RATES[-1][1] else of_aid * share // 100
            rest -= count
            if count:
                yield aid, "Visstid" if rate == 80 else "Tillsvidare", rate, count
    if hourly:
        yield list(mix)[-2 if len(mix) > 2 else -1], "Timavlönad", 0, hourly


def deliveries(of_company: str, first: date, last: date) -> Iterator[Delivery]:
    for month in months_between(max(first, c.FIRST_STAFFING_MONTH), min(last, c.LAST_STAFFING_MONTH)):
        name = f"bemanning_{of_company}_{month:%Y-%m}"
        yield Delivery("staffing", SOURCES[of_company], name, _rows(of_company, month))


def _rows(of_company: str, delivered: date) -> str:
    """The rows of a delivery: contracts of its month, hours of the month before, and corrections."""
    parts = [_contracts(of_company, delivered)]
    before = add_months(delivered, -1)
    if before >= c.FIRST_STAFFING_MONTH:
        parts.append(_hours(of_company, before, ""))
    if delivered in CORRECTIONS:
        parts.append(_hours(of_company, add_months(delivered, -3), "draw(key || ':corrected') % 400 = 0"))
    rows = " union all ".join(parts)
    return f"""
        select '{extract_date(delivered)}' as uttagsdatum, '{delivered:%Y-%m}' as leveransmanad,
            earned as intjanandemanad, centre as kostnadsstalle, aid as aid_kod, form as anstallningsform,
            replace(cast(rate_now * 0.01 as varchar), '.', ',') as sysselsattningsgrad,
            segment_from as fran_och_med, segment_to as till_och_med, {_tenths("contracted")} as avtalad_tid,
            {_tenths("worked")} as arbetad_tid, {_tenths("overtime")} as overtid, {_tenths("paid")} as betald_franvaro,
            {_tenths("unpaid")} as obetald_franvaro, person as anstallningsnummer, employment as anstallning
        from ({rows})
        order by part, number
    """


def _tenths(column: str) -> str:
    return f"replace(cast({column} * 0.1 as varchar), '.', ',')"


def _employed(of_company: str, month: date) -> str:
    """The posts that are held in the month, with person, cost centre, rate and days, as SQL."""
    last = add_months(month, 1)
    centre = "slot"
    if month >= UNIT_CLOSED:
        centre = f"case when slot = '2410' then '2330' else {centre} end"
    if month >= MERGED:
        centre = f"case when slot = '4120' then '4110' else {centre} end"
    if month >= UNIT_BORN:
        centre = f"case when goes_to_pool then '5410' else {centre} end"
    return f"""
        select *, {centre} as centre,
            case when is_second then 999999 + number
                when holder_from <= date '{month}' then 5000000 + number else 1000000 + number end as person,
            case when is_second then 2 else 1 end as employment,
            case when form = 'Timavlönad' then null when rate_from <= date '{month}' then 100 else rate end as rate_now,
            -- One in four new holders comes in the middle of the month.
            case when holder_from = date '{month}' and draw(key || ':day') % 4 = 0 then date '{month}' + 14
                else date '{month}' end as segment_from,
            date '{last}' - 1 as segment_to,
            case when holder_from = date '{month}' and draw(key || ':day') % 4 = 0 then 50 else 100 end as days_pct,
            leave_from <= date '{month}' and date '{month}' < leave_from + to_months(cast(leave_months as integer))
                as is_on_leave
        from post
        where company = '{of_company}' and coalesce(started, date '2000-01-01') <= date '{month}'
            and coalesce(ended, date '2100-01-01') > date '{month}'
    """


def _contracts(of_company: str, month: date) -> str:
    return f"""
        select 1 as part, number, '{month:%Y-%m}' as earned, centre, aid, form, rate_now, segment_from, segment_to,
            rate_now * days_pct * {FULL_TIME_HOURS * 10} // 10000 as contracted, null as worked, null as overtime,
            null as paid, null as unpaid, person, employment
        from ({_employed(of_company, month)})
        where form <> 'Timavlönad'
    """


def _hours(of_company: str, month: date, corrected: str) -> str:
    """Hours in tenths. With a condition, only a small part of the hours of those it holds for, taken back."""
    shape = MONTH_SHAPE[month.month - 1]
    columns = """worked, overtime, paid, unpaid"""
    if corrected:
        columns = "-80 as worked, null as overtime, 80 as paid, null as unpaid"
    return f"""
        select {3 if corrected else 2} as part, number, '{month:%Y-%m}' as earned, centre, aid, form, rate_now,
            segment_from, segment_to, null as contracted, {columns}, person, employment
        from (
            select *, greatest(due - worked - unpaid, 0) as paid
            from (
                select *,
                    case when form = 'Timavlönad' then {shape} * (3 + kind) // 1
                        else (due - unpaid) * {WORKED_HOURS * shape} * (97 + 2 * kind) // ({FULL_TIME_HOURS} * 10000)
                    end as worked,
                    case when kind = 4 and form <> 'Timavlönad' and unpaid = 0 then 35 when kind = 3 then 10 else 0 end
                        as overtime
                from (
                    select *,
                        case when is_on_leave then due * (case when leave_is_part = 1 then 25 else 100 end) // 100
                            else 0 end as unpaid
                    from (
                        select *,
                            coalesce(rate_now * days_pct * {FULL_TIME_HOURS * 10} // 10000, 0) as due
                        from ({_employed(of_company, month)})
                    )
                )
            )
        )
        {f"where worked > 100 and {corrected}" if corrected else ""}
    """
