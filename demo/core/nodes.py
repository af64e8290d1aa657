"""The node classes of this process, and how custom-node packs become part of them."""

import importlib.util
import logging
import os
import sys
import time
import traceback

import folder_paths
from app.import_report import log_times
from comfy import model_management
from comfy.cli_args import args

MAX_RESOLUTION = 16384

NODE_CLASS_MAPPINGS = {}
NODE_DISPLAY_NAME_MAPPINGS = {}

# Pack → directory that is served at /extensions/<pack>/, and pack → directory of its module.
EXTENSION_WEB_DIRS = {}
LOADED_MODULE_DIRS = {}


def interrupt_processing(value=True):
    model_management.interrupt_current_processing(value)


def before_node_execution():
    model_management.throw_exception_if_processing_interrupted()


async def init_extra_nodes(init_custom_nodes=True, init_api_nodes=True):
    await init_builtin_extra_nodes()
    if init_api_nodes:
        await init_builtin_api_nodes()
    if init_custom_nodes:
        await init_external_custom_nodes()


async def init_builtin_extra_nodes():
    # Imported here: the node modules import this one for its constants.
    from comfy_extras import nodes_files, nodes_images, nodes_noise

    for module in (nodes_files, nodes_images, nodes_noise):
        NODE_CLASS_MAPPINGS.update(module.NODE_CLASS_MAPPINGS)
        NODE_DISPLAY_NAME_MAPPINGS.update(module.NODE_DISPLAY_NAME_MAPPINGS)


async def init_builtin_api_nodes():
    """This core has no nodes that call paid services."""


async def init_external_custom_nodes():
    core_names = set(NODE_CLASS_MAPPINGS)
    times = []
    for root in folder_paths.get_folder_paths("custom_nodes"):
        for name in os.listdir(os.path.realpath(root)):
            path = os.path.join(root, name)
            if not _is_pack(name, path):
                continue
            if args.disable_all_custom_nodes and name not in args.whitelist_custom_nodes:
                logging.info(
                    f"Skipping {name} due to disable_all_custom_nodes and whitelist_custom_nodes"
                )
                continue
            started = time.perf_counter()
            loaded = await load_custom_node(path, core_names)
            times.append((time.perf_counter() - started, path, loaded))
    log_times("Import times for custom nodes:", "IMPORT FAILED", times)


def _is_pack(name, path):
    if name == "__pycache__" or name.endswith(".disabled"):
        return False
    return not os.path.isfile(path) or path.endswith(".py")


async def load_custom_node(module_path, ignore=frozenset(), module_parent="custom_nodes"):
    """Imports one pack. An exception ends this pack only; SystemExit ends the process."""
    try:
        module, directory = _import_pack(module_path)
        return _register(module, module_path, directory, ignore, module_parent)
    except Exception as error:
        logging.warning(traceback.format_exc())
        logging.warning(f"Cannot import {module_path} module for custom nodes: {error}")
        return False


def _import_pack(path):
    """The module's name is its path, so packs find neighbours by relative imports only."""
    if os.path.isfile(path):
        name, file, directory = os.path.splitext(path)[0], path, os.path.dirname(path)
    else:
        name, file, directory = path.replace(".", "_x_"), os.path.join(path, "__init__.py"), path
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module, directory


def _register(module, path, directory, ignore, module_parent):
    pack = os.path.basename(path)
    if os.path.isfile(path):
        pack = os.path.splitext(pack)[0]
    LOADED_MODULE_DIRS[pack] = os.path.abspath(directory)

    web_directory = getattr(module, "WEB_DIRECTORY", None)
    if web_directory is not None:
        web_path = os.path.abspath(os.path.join(directory, web_directory))
        if os.path.isdir(web_path):
            EXTENSION_WEB_DIRS[pack] = web_path

    classes = getattr(module, "NODE_CLASS_MAPPINGS", None)
    if classes is None:
        logging.warning(
            f"Skip {path} module for custom nodes due to the lack of NODE_CLASS_MAPPINGS"
            " or comfy_entrypoint (need one)."
        )
        return False
    for name, node_class in classes.items():
        if name not in ignore:
            NODE_CLASS_MAPPINGS[name] = node_class
            node_class.RELATIVE_PYTHON_MODULE = f"{module_parent}.{pack}"
    NODE_DISPLAY_NAME_MAPPINGS.update(getattr(module, "NODE_DISPLAY_NAME_MAPPINGS", None) or {})
    return True
