"""What follows from what: incidents that a missing delivery explains are grouped under it. No I/O."""

import re
from collections.abc import Iterable

from orchestration.alerting.values import MISSING, Incident, Rules
from orchestration.model import Severity

DELIVERIES = ("feed", "feed_month", "file")  # L2 also finds calendars that end too soon


def find_causes(standing: Iterable[Incident], rules: Rules) -> dict[str, str]:
    """The cause of each incident that follows from another: a delivery that is missing, or was refused, of a feed that
    its control reads, and that had opened no later than itself. Of several the oldest, and of its cause the cause.

    A refused file explains that a delivery is missing only towards the same owner: another source may be late, too. A
    stop follows from nothing: it must be heard.
    """
    standing = sorted(standing, key=lambda i: (i.opened_on, i.check_id, i.incident_id))
    missing = [
        incident for incident in standing if incident.check_id in MISSING and incident.subject_type in DELIVERIES
    ]
    causes: dict[str, str] = {}
    for incident in standing:
        if incident.severity is Severity.STOP:
            continue
        for cause in missing:
            if incident.check_id in MISSING:
                same = (_feed(cause), cause.owner_role) == (_feed(incident), incident.owner_role)
                explains = same and MISSING[cause.check_id] > MISSING[incident.check_id]
            else:
                explains = _feed(cause) in rules.follows_from.get(incident.check_id, ())
            if explains and cause.opened_on <= incident.opened_on:
                causes[incident.incident_id] = cause.incident_id
                break
    return {incident_id: causes.get(cause, cause) for incident_id, cause in causes.items()}


def _feed(incident: Incident) -> str:
    """The feed of a subject named <feed>/<source>/<file> or <feed>:<company>[:<month>]."""
    return re.split("[:/]", incident.subject_id)[0]
