"""The command line: the flags that a runner of ComfyUI passes, no others."""

import argparse
import os

import comfy.options


def existing_directory(path):
    if not os.path.isdir(path):
        raise argparse.ArgumentTypeError(f"{path} is not a directory")
    return path


parser = argparse.ArgumentParser(description="comfypin stand-in core")

network = parser.add_argument_group("network")
network.add_argument("--listen", nargs="?", default="127.0.0.1", const="0.0.0.0,::", metavar="IP")
network.add_argument("--port", type=int, default=8188)
network.add_argument("--enable-cors-header", nargs="?", default=None, const="*", metavar="ORIGIN")
network.add_argument("--max-upload-size", type=float, default=100, metavar="MB")
network.add_argument("--front-end-root", type=existing_directory, default=None)
network.add_argument("--disable-auto-launch", action="store_true")
network.add_argument("--dont-print-server", action="store_true")

places = parser.add_argument_group("directories")
places.add_argument("--base-directory", default=None)
places.add_argument("--output-directory", default=None)
places.add_argument("--input-directory", default=None)
places.add_argument("--temp-directory", default=None)
places.add_argument("--user-directory", type=existing_directory, default=None)
places.add_argument("--extra-model-paths-config", nargs="+", action="append", default=[])
places.add_argument("--database-url", default=None)

packs = parser.add_argument_group("custom nodes")
packs.add_argument("--disable-all-custom-nodes", action="store_true")
packs.add_argument("--whitelist-custom-nodes", nargs="+", default=[])
packs.add_argument("--disable-api-nodes", action="store_true")

running = parser.add_argument_group("running")
running.add_argument("--cpu", action="store_true")
running.add_argument("--cuda-device", default=None)
running.add_argument("--disable-metadata", action="store_true")
running.add_argument(
    "--preview-method", choices=["none", "auto", "latent2rgb", "taesd"], default="none"
)
running.add_argument("--quick-test-for-ci", action="store_true")

caches = running.add_mutually_exclusive_group()
caches.add_argument("--cache-classic", action="store_true")
caches.add_argument("--cache-lru", type=int, default=0)
caches.add_argument("--cache-none", action="store_true")

logs = parser.add_argument_group("logs")
logs.add_argument(
    "--verbose",
    nargs="?",
    default="INFO",
    const="DEBUG",
    choices=["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
)
logs.add_argument("--log-stdout", action="store_true")

args = parser.parse_args(None if comfy.options.args_parsing else [])
