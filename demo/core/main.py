"""comfypin stand-in core: speaks ComfyUI's protocol, computes small pictures, needs no GPU.

The phases and their order are ComfyUI's, because packs and runners rely on them.
"""

import comfy.options

comfy.options.enable_args_parsing()

import asyncio
import logging
import os
import shutil
import sys
import threading

import folder_paths
from app.logger import setup_logger
from app.prestartup import run_prestartup_scripts
from comfy.cli_args import args
from comfyui_version import __version__
from utils.extra_config import load_extra_path_config


def main():
    setup_logger(args.verbose, args.log_stdout)
    apply_paths()
    run_prestartup_scripts()
    logging.info(f"Python version: {sys.version}")
    logging.info(f"ComfyUI version: {__version__}")
    logging.info("This is the comfypin stand-in core, not ComfyUI")
    if args.cuda_device is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = args.cuda_device
        logging.info(f"Set cuda device to: {args.cuda_device}")
    loop, server = start_comfyui()
    try:
        loop.run_until_complete(server.serve())
    except KeyboardInterrupt:
        logging.info("\nStopped server")
    finally:
        remove_temp()


def apply_paths():
    core = os.path.dirname(os.path.realpath(__file__))
    beside_main = os.path.join(core, "extra_model_paths.yaml")
    if os.path.isfile(beside_main):
        load_extra_path_config(beside_main)
    for config in (path for paths in args.extra_model_paths_config for path in paths):
        load_extra_path_config(config)

    if args.base_directory:
        logging.info(f"Setting base directory to: {folder_paths.base_path}")
    for name in ("output", "input", "user"):
        given = getattr(args, f"{name}_directory")
        if given:
            path = os.path.abspath(given)
            logging.info(f"Setting {name} directory to: {path}")
            getattr(folder_paths, f"set_{name}_directory")(path)
    for category in ("checkpoints", "clip", "vae", "diffusion_models", "loras"):
        saved_models = os.path.join(folder_paths.get_output_directory(), category)
        folder_paths.add_model_folder_path(category, saved_models)
    if args.temp_directory:
        path = os.path.join(os.path.abspath(args.temp_directory), "temp")
        logging.info(f"Setting temp directory to: {path}")
        folder_paths.set_temp_directory(path)


def start_comfyui():
    """Returns the event loop and a server that has its routes and its worker."""
    # Not earlier: prestartup scripts run before anything of this is imported.
    import nodes
    from app.database import setup_database
    from comfy_execution.progress import install_progress_hook
    from execution import prompt_worker
    from server import PromptServer

    remove_temp()
    os.makedirs(folder_paths.get_user_directory(), exist_ok=True)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    server = PromptServer(loop)
    with_packs = not args.disable_all_custom_nodes or bool(args.whitelist_custom_nodes)
    loop.run_until_complete(
        nodes.init_extra_nodes(
            init_custom_nodes=with_packs, init_api_nodes=not args.disable_api_nodes
        )
    )
    setup_database()
    server.add_routes()
    install_progress_hook(server)
    threading.Thread(target=prompt_worker, args=(server.prompt_queue, server), daemon=True).start()
    if args.quick_test_for_ci:
        sys.exit(0)
    os.makedirs(folder_paths.get_temp_directory(), exist_ok=True)
    return loop, server


def remove_temp():
    shutil.rmtree(folder_paths.get_temp_directory(), ignore_errors=True)


if __name__ == "__main__":
    main()
