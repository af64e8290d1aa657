"""The SQLite file of `--database-url`. Nothing is kept in it; runners look at where it appears."""

import logging
import os
import sqlite3

from comfy.cli_args import args

PREFIX = "sqlite:///"


def setup_database():
    """By default it lies in the core's own `user` folder; failure is only logged, as in ComfyUI."""
    core = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    url = args.database_url or PREFIX + os.path.join(core, "user", "comfyui.db")
    try:
        if not url.startswith(PREFIX):
            raise ValueError(f"unsupported database address {url}")
        with sqlite3.connect(url[len(PREFIX) :]) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS standin (id INTEGER PRIMARY KEY)")
        connection.close()
    except (ValueError, sqlite3.Error) as error:
        logging.error(f"Failed to initialize database: {error}")
