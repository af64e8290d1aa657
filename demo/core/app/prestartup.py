"""prestartup_script.py of each pack: runs before nodes, server and anything heavy is imported."""

import importlib.util
import logging
import os
import time

import folder_paths
from app.import_report import log_times
from comfy.cli_args import args


def run_prestartup_scripts():
    if args.disable_all_custom_nodes and not args.whitelist_custom_nodes:
        return
    for root in folder_paths.get_folder_paths("custom_nodes"):
        times = []
        for name in os.listdir(root):
            pack = os.path.join(root, name)
            script = os.path.join(pack, "prestartup_script.py")
            if pack.endswith(".disabled") or not os.path.exists(script):
                continue
            if args.disable_all_custom_nodes and name not in args.whitelist_custom_nodes:
                continue
            started = time.perf_counter()
            succeeded = _run(script)
            times.append((time.perf_counter() - started, pack, succeeded))
        log_times("Prestartup times for custom nodes:", "PRESTARTUP FAILED", times)


def _run(script):
    try:
        spec = importlib.util.spec_from_file_location(os.path.splitext(script)[0], script)
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
        return True
    except Exception as error:
        logging.error(f"Failed to execute startup-script: {script} / {error}")
        return False
