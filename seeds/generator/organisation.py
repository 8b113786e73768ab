"""Where the demo's money and people are: areas, their cost centres and how they change over time.

A slot is a cost centre's place in the generator; the cost centre that it is booked on may change with the month. The
reference tables hold the same cost centres; a test compares.
"""

from datetime import date

# Area (division, administration or unit) -> slots and their weight in the area's amounts.
AREAS: dict[str, dict[str, int]] = {
    "HSF-KIR": {"1000": 4, "1110": 20, "1120": 14, "1210": 14, "1220": 9, "1310": 9, "1410": 18, "1420": 12},
    "HSF-MED": {
        "2000": 4,
        "2110": 18,
        "2120": 12,
        "2210": 14,
        "2220": 10,
        "2310": 13,
        "2320": 9,
        "2410": 8,
        "2510": 12,
    },
    "HSF-MSV": {"3000": 5, "3110": 22, "3120": 15, "3210": 26, "3220": 18, "3310": 14},
    "HSF-PRV": {"4000": 5, "4110": 19, "4120": 6, "4210": 24, "4310": 16, "4410": 18, "4510": 12},
    "HSF-PSY": {"5000": 5, "5110": 30, "5120": 20, "5210": 18, "5310": 15, "5410": 6},
    "RSF": {"6000": 10, "6110": 30, "6210": 60},
    "KTF": {"7110": 30, "7210": 70},
    "OVR": {"8110": 60, "8120": 40},
    "RSV": {"9000": 10, "9110": 30, "9120": 20, "9310": 40},
    "RSV-MAT": {"9110": 60, "9120": 40},
    "RSV-VNS": {"9210": 55, "9220": 45},
    "RSV-FAS": {"9310": 1},
}
# Cost centre 5320 moves from psychiatry to medicine in 2024, so it is a place of its own.
HEALTH_CARE = ("HSF-KIR", "HSF-MED", "HSF-MSV", "HSF-PRV", "HSF-PSY", "5320")

# The internal counterparty that stands for each area.
COUNTERPARTY = {
    "1": "111",
    "2": "112",
    "3": "113",
    "4": "114",
    "5": "115",
    "6": "116",
    "7": "117",
    "8": "118",
    "9": "119",
}

UNIT_CLOSED = date(2024, 7, 1)  # rehabilitation ends, neurology takes over on 2330
MERGED = date(2023, 10, 1)  # a branch surgery is merged with its vårdcentral
UNIT_BORN = date(2024, 3, 1)  # the staffing pool of psychiatry


def slots(place: str) -> dict[str, int]:
    """The slots of an area with their weights; a cost centre is a place of its own."""
    return AREAS.get(place, {place: 1})


def cost_centre(slot: str, month: date) -> str:
    """The cost centre that the slot is booked on in the month."""
    if slot == "2410" and month >= UNIT_CLOSED:
        return "2330"
    if slot == "4120" and month >= MERGED:
        return "4110"
    if slot == "5410" and month < UNIT_BORN:
        return "5120"
    return slot


def company(slot: str) -> str:
    """The company whose books hold the slot: the service administration has its own."""
    return "2000" if slot.startswith("9") and slot != "9999" else "1000"


def counterparty(slot: str) -> str:
    """The internal counterparty code by which others name the slot's area."""
    return COUNTERPARTY[slot[0]]
