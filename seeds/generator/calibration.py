"""What the demo region must come to, in mnkr by calendar year, and where each figure is from.

`Källa 003` is the auditors' report on Region Dalarna. All without a source is invented so that the rest makes sense.
Costs are positive and revenue negative. 2025 is the level of a whole year, of which only January is delivered.
"""

from datetime import date

FIRST_LEDGER_MONTH, LAST_LEDGER_MONTH = date(2022, 1, 1), date(2025, 1, 1)
FIRST_STAFFING_MONTH, LAST_STAFFING_MONTH = date(2022, 12, 1), date(2024, 12, 1)
FIRST_HIRED_MONTH, LAST_HIRED_MONTH = date(2023, 1, 1), date(2024, 12, 1)
YEARS = (2022, 2023, 2024, 2025)
BASELINE_YEAR, ACTION_YEAR = 2023, 2024

Yearly = tuple[float, float, float, float]  # 2022, 2023, 2024, 2025

# Health care's hired staff: 183 in 2024 (källa 003, avsnitt 3.3.2), 261 in 2023 by the printed fall of 78. Medicine and
# surgery under 2 % of personnel cost, primary care and psychiatry well above; all divisions fell.
HIRED_STAFF: dict[str, Yearly] = {
    "HSF-KIR": (30.0, 33.0, 22.0, 20.0),
    "HSF-MED": (30.0, 32.0, 21.0, 19.0),
    "HSF-MSV": (15.0, 17.0, 12.0, 11.0),
    "HSF-PRV": (80.0, 95.0, 68.0, 64.0),
    "HSF-PSY": (66.0, 79.5, 57.0, 54.0),
    "5320": (4.0, 4.5, 3.0, 3.0),  # psychiatry's to 2023, medicine's from 2024: medicine has 24 in all in 2024
}

# Own personnel cost. Health care's 2024 sums to 5 199: 183 is 3.4 % of 5 382 (källa 003, avsnitt 3.3.2). Activities of
# ACTIVITY_SALARIES, overtime, extra compensation and recruitment are within it.
OWN_PERSONNEL: dict[str, Yearly] = {
    "HSF-KIR": (1392.0, 1446.0, 1500.0, 1545.0),
    "HSF-MED": (1228.0, 1274.0, 1322.0, 1362.0),
    "HSF-MSV": (744.0, 772.0, 800.0, 824.0),
    "HSF-PRV": (738.0, 768.0, 800.0, 826.0),
    "HSF-PSY": (645.0, 668.0, 699.0, 722.0),
    "5320": (72.0, 75.0, 78.0, 80.0),  # as above: medicine has 1 400 in all in 2024
    "RSF": (214.0, 222.0, 229.0, 236.0),
    "KTF": (43.0, 45.0, 46.0, 47.0),
    "OVR": (396.0, 409.0, 421.0, 433.0),
    "RSV": (203.0, 210.0, 216.0, 222.0),  # without RSV-VNS and the meals of Säter
}

# RD-A07: the service administration's own personnel in ward services; 14.4 less, of which 1.4 comes back on the wards:
# net 13 (källa 003, avsnitt 3.3.3).
WARD_SERVICE_PERSONNEL: Yearly = (93.1, 96.4, 82.0, 78.0)

# Share of health care's own personnel cost by kind, within OWN_PERSONNEL: year sums for all five divisions.
OVERTIME: Yearly = (118.0, 121.0, 0.0, 0.0)  # 2024: the baseline by wage index plus OVERTIME_EXTRA
EXTRA_COMPENSATION: Yearly = (32.0, 34.0, 38.1, 38.5)
RECRUITMENT: Yearly = (8.6, 9.0, 11.8, 10.0)

# RD-A05, net 22.7 (källa 003, avsnitt 3.3.4) = 78.0 less hired staff - 42.1 own personnel - 6.3 overtime - 4.1 extra
# compensation - 2.8 recruitment. What is above the wage index counts.
OVERTIME_EXTRA = 6.3

# Salaries booked on an action's activity: baseline by year, and what 2024 costs above the wage index, add-on included.
# RD-A02 has 12.4 gross and no rule for the wards' own staff (3.4), so no net: the auditors saw none; RD-A04
# 39 = 52.0 - 9.4 - 3.6; RD-A07 13 = 14.4 - 1.4 (outcomes: källa 003, avsnitt 3.3.3).
ACTIVITY_SALARIES: dict[str, tuple[float, float, float]] = {  # activity: 2022, 2023, above index in 2024
    "1402": (4.8, 5.0, 3.4),
    "1404": (11.5, 12.0, 9.4),
    "1405": (36.0, 38.0, 42.1),
    "1407": (3.9, 4.0, 1.4),
}
ACTIVITY_COST_CENTRES = {
    "1402": ("1110", "2210"),
    "1404": ("1210", "3110"),
    "1405": ("2310", "4110", "4410", "5110", "5410"),
    "1407": ("1120", "2320"),
}

# Payroll add-on in % of salaries; that it changes is no effect of any action.
PAYROLL_ADDON_PCT = {2022: 44.1, 2023: 45.2, 2024: 44.6, 2025: 44.6}

# The wage index, as in seeds/reference/price_index.csv: steps every April.
WAGE_INDEX = {date(2022, 1, 1): 100.0, date(2022, 4, 1): 102.2, date(2023, 4, 1): 106.0, date(2024, 4, 1): 109.4}

# External costs and revenue: (area or cost centre, account, activity, counterparty) -> mnkr per year.
EXTERNAL: dict[tuple[str, str, str, str], Yearly] = {
    ("1310", "5210", "1401", "851"): (34.5, 36.0, 12.0, 12.3),  # RD-A01: 24 less; a third of the price (källa 003)
    ("HSF-KIR", "5640", "1402", "852"): (12.5, 12.8, 5.4, 5.0),  # RD-A02: 12.4 less with the row below
    ("HSF-MED", "5640", "1402", "852"): (8.4, 8.6, 3.6, 3.3),
    ("HSF-KIR", "5010", "", "821"): (212.0, 222.0, 191.0, 193.0),  # RD-A04: 52.0 less with the two rows below
    ("HSF-MED", "5010", "", "822"): (166.0, 173.0, 154.5, 156.0),
    ("HSF-PSY", "5010", "", "823"): (32.0, 33.0, 30.5, 31.0),
    ("3110", "5620", "", "853"): (4.2, 4.4, 8.1, 8.3),  # RD-A04: 3.6 above the 4.5 of budget B2024
    ("5210", "5410", "", "854"): (13.2, 13.8, 0.0, 0.0),  # RD-A08: the contract for meals in Säter, ended with 2023
    ("HSF-KIR", "5220", "", "851"): (136.0, 143.0, 150.0, 157.0),
    ("HSF-MED", "5220", "", "851"): (299.0, 314.0, 330.0, 346.0),
    ("HSF-MSV", "5220", "", "851"): (36.0, 38.0, 40.0, 42.0),
    ("HSF-PRV", "5220", "", "851"): (191.0, 200.0, 210.0, 220.0),
    ("HSF-PSY", "5220", "", "851"): (50.0, 52.0, 55.0, 57.0),
    ("HSF-PRV", "5110", "", "855"): (172.0, 180.0, 187.0, 193.0),
    ("HSF-KIR", "5510", "", "856"): (11.0, 11.5, 12.0, 12.3),
    ("HSF-MED", "5510", "", "856"): (16.5, 17.2, 18.0, 18.4),
    ("HSF-KIR", "5610", "", "857"): (149.0, 155.0, 160.0, 164.0),
    ("HSF-MED", "5610", "", "857"): (130.0, 135.0, 140.0, 143.0),
    ("HSF-MSV", "5610", "", "857"): (139.0, 145.0, 150.0, 154.0),
    ("HSF-PRV", "5610", "", "857"): (111.0, 116.0, 120.0, 123.0),
    ("HSF-PSY", "5610", "", "857"): (56.0, 58.0, 60.0, 61.0),
    ("RSF", "5610", "", "857"): (120.0, 125.0, 130.0, 133.0),
    ("6310", "5610", "", "857"): (10.0, 10.0, 10.0, 10.0),
    ("OVR", "5610", "", "857"): (140.0, 145.0, 150.0, 154.0),
    ("7210", "5510", "", "856"): (762.0, 798.0, 820.0, 838.0),
    ("7110", "5510", "", "856"): (98.0, 102.0, 105.0, 107.0),
    ("RSV-MAT", "5410", "", "854"): (57.0, 60.0, 62.0, 63.0),
    ("RSV", "5610", "", "857"): (205.0, 214.0, 218.0, 222.0),
    ("HSF-KIR", "7810", "", ""): (61.0, 63.0, 65.0, 67.0),
    ("HSF-MSV", "7810", "", ""): (48.0, 50.0, 52.0, 54.0),
    ("RSV-FAS", "7810", "", ""): (180.0, 186.0, 192.0, 198.0),
    ("7210", "7810", "", ""): (22.0, 22.0, 23.0, 23.0),
    ("HSF-KIR", "3010", "", ""): (-32.0, -34.0, -35.0, -36.0),
    ("HSF-MED", "3010", "", ""): (-28.0, -29.0, -30.0, -31.0),
    ("HSF-PRV", "3010", "", ""): (-65.0, -68.0, -70.0, -72.0),
    ("HSF-PSY", "3010", "", ""): (-11.0, -11.5, -12.0, -12.4),
    ("HSF-KIR", "3110", "", "821"): (-55.0, -58.0, -60.0, -62.0),
    ("HSF-MED", "3110", "", "822"): (-51.0, -53.0, -55.0, -57.0),
    ("HSF-PRV", "3810", "", "831"): (-88.0, -90.0, -84.0, -80.0),
    ("7210", "3010", "", ""): (-170.0, -181.0, -190.0, -196.0),
    ("OVR", "3010", "", ""): (-82.0, -85.0, -88.0, -90.0),
    ("RSV-MAT", "3010", "", ""): (-12.0, -13.0, -14.0, -14.0),
    ("8000", "8010", "", "831"): (-9010.0, -9230.0, -9180.0, -9610.0),
}

# RD-A08: what the meals of Säter cost the service administration from 2024; the contract was 1.15 a month, so 13.8 less
# 10.8 is 3 (källa 003, avsnitt 3.3.3).
SATER_MEALS: dict[str, Yearly] = {
    "4010": (0.0, 0.0, 4.0, 4.1),
    "4510": (0.0, 0.0, 1.8, 1.8),
    "5410": (0.0, 0.0, 5.0, 5.1),
}

# RD-A09: the municipalities' school cards are billed evenly over September to May, and the price rose in September
# 2024 by 8.3 in four months (källa 003, avsnitt 3.3.3), which makes 18.7 in nine.
SCHOOL_MONTHS = (1, 2, 3, 4, 5, 9, 10, 11, 12)
SCHOOL_REVENUE_PER_MONTH: Yearly = (7.6, 7.9, 7.9, 7.9)
SCHOOL_PRICE_RISE_PER_MONTH = 2.075
SCHOOL_RISE_FROM = date(2024, 9, 1)

# Internal services: (seller's cost centre, buyer: area or cost centre, activity) -> mnkr per year. Revenue 3910 of the
# seller and cost 7610 of the buyer, so that they cancel over the region.
INTERNAL: dict[tuple[str, str, str], Yearly] = {
    ("9210", "HSF-KIR", "1402"): (48.0, 50.0, 41.0, 39.0),  # RD-A02: 17 less bought, 17 less sold: no saving
    ("9220", "HSF-MED", "1402"): (40.0, 42.0, 34.0, 32.0),
    ("9310", "HSF-KIR", ""): (94.0, 98.0, 102.0, 105.0),
    ("9310", "HSF-MED", ""): (82.0, 86.0, 89.0, 92.0),
    ("9310", "HSF-MSV", ""): (41.0, 43.0, 45.0, 46.0),
    ("9310", "HSF-PRV", ""): (45.0, 47.0, 49.0, 50.0),
    ("9310", "HSF-PSY", ""): (37.0, 38.0, 40.0, 41.0),
    ("9110", "HSF-KIR", ""): (43.0, 45.0, 47.0, 48.0),
    ("9110", "HSF-MED", ""): (46.0, 48.0, 50.0, 51.0),
    ("9120", "5210", "1408"): (0.0, 0.0, 11.6, 11.9),
    ("6210", "HSF-KIR", ""): (38.0, 39.0, 40.0, 41.0),
    ("6210", "HSF-MED", ""): (36.0, 37.0, 38.0, 39.0),
    ("6210", "HSF-PRV", ""): (24.0, 25.0, 26.0, 27.0),
    ("4510", "HSF-MED", "1403"): (0.0, 0.0, 7.5, 7.5),  # RD-A03: 12 of internal payments, which save nothing
    ("4510", "HSF-KIR", "1403"): (0.0, 0.0, 4.5, 4.5),  # (källa 003, avsnitt 3.3.3)
}

# Codes that no reference table knows, in SEK per month: (account, cost centre) and the months they occur in.
UNKNOWN_CODES = {
    ("5610", "9999"): (87_300, (date(2023, 11, 1), date(2024, 2, 1), date(2024, 10, 1))),
    ("9990", "8110"): (41_250, (date(2024, 6, 1), date(2024, 12, 1))),
}
