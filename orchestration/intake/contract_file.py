"""A contract file as a document that the Open Data Contract Standard (ODCS) accepts. What the document must mean to be
of use here stands in contracts.py."""

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import yaml

from orchestration.errors import NettoeffektError

_LONGEST_MESSAGE = 240


class BrokenContractError(NettoeffektError):
    """A broken rule at a key path such as `servers[ledningsportalen].customProperties.headers`, file not yet named."""


def parse(content: bytes) -> dict[str, Any]:
    """The document in the bytes of a YAML file. Raises BrokenContractError for what is no UTF-8, no YAML, no mapping,
    or has a key twice: YAML's own readers keep the last of two keys and say nothing."""
    try:
        # Checked by its own loader, a SafeLoader that refuses doubled keys.
        document = yaml.load(content.decode("utf-8-sig"), Loader=_loader())
    except UnicodeDecodeError as error:
        raise BrokenContractError(f"byte {error.start}", "the file is not UTF-8", "Save it as UTF-8.") from None
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise BrokenContractError(line, one_line(error.problem or "unreadable YAML"), "Mend the YAML.") from None
    except yaml.YAMLError as error:
        raise BrokenContractError("", one_line(str(error)), "Mend the YAML.") from None
    if not isinstance(document, dict):
        raise BrokenContractError("", "the file holds no contract", "Write an ODCS document: apiVersion, kind, id, ...")
    return document


def check_standard(document: dict[str, Any]) -> None:
    """Raise BrokenContractError unless both ODCS's JSON schema and its model accept the document. The model, which
    other tools of the standard read with, passes misspelt keys; the schema does not."""
    import pydantic

    # Broken leaves make their parents "unevaluated" too, so the innermost error is the cause.
    errors = sorted(_validator().iter_errors(document), key=lambda error: -len(error.instance_path))
    if errors:
        place = key_path(document, errors[0].instance_path)
        raise BrokenContractError(place, one_line(errors[0].message), "Write it as ODCS v3.2 has it.")
    try:
        _model().model_validate(document)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        raise BrokenContractError(
            key_path(document, first["loc"]), one_line(first["msg"]), "Write it as ODCS v3.2 has it."
        ) from None


def key_path(document: Any, keys: Iterable[Any]) -> str:
    """Keys from the top of a document as text; entries of lists by their own name, where they have one."""
    text, node = "", document
    for key in keys:
        try:
            node = node[key]
        except (KeyError, IndexError, TypeError):
            node = None
        if isinstance(key, int):
            text += f"[{entry_name(node, key)}]"
        else:
            text += f".{key}" if text else str(key)
    return text


def entry_name(entry: Any, position: int) -> str:
    """What to call an entry of a list: its name, else its position from 0."""
    named = entry if isinstance(entry, dict) else {}
    return str(named.get("name") or named.get("server") or named.get("property") or position)


def one_line(text: str) -> str:
    """Text of another program as one line of bearable length, without its full stop."""
    line = " ".join(text.split()).removesuffix(".")
    return line if len(line) <= _LONGEST_MESSAGE else line[: _LONGEST_MESSAGE - 3] + "..."


@cache
def _loader() -> type:
    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """The fastest safe loader there is, refusing doubled keys."""

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            seen: set[str] = set()
            for key, _ in node.value:
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key '{key.value}' stands twice", key.start_mark
                    )
                if isinstance(key.value, str):
                    seen.add(key.value)
            return super().construct_mapping(node, deep)

    return Loader


@cache
def _model() -> Any:
    from open_data_contract_standard.model import OpenDataContractStandard

    return OpenDataContractStandard


@cache
def _validator() -> Any:
    from importlib.resources import files

    from jsonschema_rs import Draft201909Validator

    schema = files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    return Draft201909Validator(json.loads(schema))
