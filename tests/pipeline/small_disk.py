"""A load on a disk that is too small, then on one somewhat larger, until it is large enough: for `test_small_disk`.

It mounts disks, and so runs in a name space of its own:

    unshare --mount --map-root-user python -m tests.pipeline.small_disk FOLDER

Prints, as JSON, how each load ended and what stands in the end.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from orchestration import pipeline
from orchestration.errors import SpaceError
from orchestration.settings import DataDirectory
from tests.pipeline import kills

SPARE_KB = (0, 256, 512, 1024, 2048, 4096, 8192, 65536)  # beside what has been delivered


def mount(folder: Path, kilobytes: int, *more: str) -> None:
    options = ",".join([*more, f"size={kilobytes}k"])
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)


def main(folder: Path) -> None:
    pipeline.require_space = lambda *_: None  # as if others filled the disk after it had looked
    mount(folder, 65536)
    directory = DataDirectory(folder / "data")
    kills.deliver(directory)
    delivered = shutil.disk_usage(folder).used // 1024
    ends = []
    for spare in SPARE_KB:
        mount(folder, delivered + spare, "remount")
        try:
            kills.load(str(directory.root))
            ends.append("done")
        except SpaceError as error:
            ends.append(str(error))
    wrong = kills.faults(str(directory.root))
    print(json.dumps({"ends": ends, "wrong": wrong, "content": str(kills.content(str(directory.root)))}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
