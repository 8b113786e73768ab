"""SQL text for what cannot be bound as a parameter: what contracts say becomes part of the expressions."""

# Parts the fields of texts that are written to be read by SQL. None that is delivered may hold it.
MARK = "\x1f"


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def matches(text: str, pattern: str) -> str:
    """The SQL condition that a whole text matches a pattern, in RE2's language."""
    return f"regexp_full_match({text}, {literal(pattern)})"
