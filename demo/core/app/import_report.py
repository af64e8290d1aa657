"""The two tables of times in the log, which runners read to learn which packs failed."""

import logging


def log_times(title, failure, times):
    """`times` holds (seconds, path, succeeded)."""
    if not times:
        return
    logging.info(f"\n{title}")
    for seconds, path, succeeded in sorted(times):
        mark = "" if succeeded else f" ({failure})"
        logging.info(f"{seconds:6.1f} seconds{mark}: {path}")
    logging.info("")
