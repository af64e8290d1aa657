"""comfy-cli's own download function, in a process that has imported it: prints its milliseconds."""

import pathlib
import sys
import time

import httpx  # noqa: F401 -- the function imports it when it is called first
from comfy_cli.file_utils import download_file

url, target = sys.argv[1:]
started = time.perf_counter()
download_file(url, pathlib.Path(target))
print(f"\n{(time.perf_counter() - started) * 1000}")
