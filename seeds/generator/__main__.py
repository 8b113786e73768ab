"""`python -m seeds.generator`: write synthetic deliveries, one file per feed, source and month."""

import argparse
import sys
import tempfile
import time
from datetime import date, datetime
from pathlib import Path

import duckdb

from seeds.generator.deliveries import FEEDS, Request, generate


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m seeds.generator", description="Write synthetic deliveries.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write <feed>/<source>/ below")
    parser.add_argument("--scale", type=int, default=1, help="times as many vouchers and employments (default 1)")
    parser.add_argument("--seed", default="demo", help="another text gives another spread of the same totals")
    parser.add_argument("--feed", action="append", choices=FEEDS, help="may be repeated (default all)")
    parser.add_argument("--from", dest="first", type=_month, default=date(2022, 1, 1), metavar="YYYY-MM")
    parser.add_argument("--to", dest="last", type=_month, default=date(2025, 12, 1), metavar="YYYY-MM")
    parser.add_argument("--plain", action="store_true", help="write .csv, not .csv.gz")
    asked = parser.parse_args(arguments)
    if asked.scale < 1 or asked.first > asked.last:
        parser.error("--scale must be at least 1, and --from not after --to")
    request = Request(asked.scale, asked.seed, tuple(asked.feed or FEEDS), asked.first, asked.last, not asked.plain)
    started = time.monotonic()
    with duckdb.connect() as connection, tempfile.TemporaryDirectory() as scratch:
        files = generate(connection, request, asked.out, Path(scratch))
    size = sum(file.stat().st_size for file in files)
    print(f"{asked.out}: {len(files)} files, {size / 1e6:.1f} MB, {time.monotonic() - started:.1f} s")
    return 0


def _month(text: str) -> date:
    return datetime.strptime(text, "%Y-%m").date()


if __name__ == "__main__":
    sys.exit(main())
