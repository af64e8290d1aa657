"""What this server is and has: nodes, models, packs' files, the machine, its log."""

import glob
import logging
import os
import sys
import traceback
from urllib.parse import quote

from aiohttp import web

import folder_paths
import nodes
from app import logger
from comfy.cli_args import args
from comfyui_version import __version__


def server_features():
    return {
        "supports_preview_metadata": True,
        "max_upload_size": args.max_upload_size * 1024 * 1024,
    }


def add_routes(routes, _server):
    add_node_routes(routes)
    add_model_routes(routes)

    @routes.get("/extensions")
    async def get_extensions(_request):
        return web.json_response(list(extension_scripts()))

    @routes.get("/features")
    async def get_features(_request):
        return web.json_response(server_features())

    @routes.get("/system_stats")
    async def get_system_stats(_request):
        return web.json_response(system_stats())


def add_node_routes(routes):
    @routes.get("/object_info")
    async def get_object_info(_request):
        found = {}
        for name in nodes.NODE_CLASS_MAPPINGS:
            try:
                found[name] = node_info(name)
            except Exception:
                logging.error(
                    f"[ERROR] An error occurred while retrieving information for the '{name}' node."
                )
                logging.error(traceback.format_exc())
        return web.json_response(found)

    @routes.get("/object_info/{node_class}")
    async def get_object_info_of(request):
        name = request.match_info["node_class"]
        known = name in nodes.NODE_CLASS_MAPPINGS
        return web.json_response({name: node_info(name)} if known else {})


def node_info(name):
    node_class = nodes.NODE_CLASS_MAPPINGS[name]
    inputs = node_class.INPUT_TYPES()
    outputs = node_class.RETURN_TYPES
    return {
        "input": inputs,
        "input_order": {category: list(names) for category, names in inputs.items()},
        "is_input_list": getattr(node_class, "INPUT_IS_LIST", False),
        "output": outputs,
        "output_is_list": getattr(node_class, "OUTPUT_IS_LIST", [False] * len(outputs)),
        "output_name": getattr(node_class, "RETURN_NAMES", outputs),
        "name": name,
        "display_name": nodes.NODE_DISPLAY_NAME_MAPPINGS.get(name, name),
        "description": getattr(node_class, "DESCRIPTION", ""),
        "python_module": getattr(node_class, "RELATIVE_PYTHON_MODULE", "nodes"),
        "category": getattr(node_class, "CATEGORY", "sd"),
        "output_node": getattr(node_class, "OUTPUT_NODE", False) is True,
        "search_aliases": getattr(node_class, "SEARCH_ALIASES", []),
    }


def add_model_routes(routes):
    @routes.get("/models")
    async def get_categories(_request):
        return web.json_response(list(folder_paths.folder_names_and_paths))

    @routes.get("/models/{folder}")
    async def get_models(request):
        """Legacy names like "unet" are not found here."""
        folder = request.match_info["folder"]
        if folder not in folder_paths.folder_names_and_paths:
            return web.Response(status=404)
        return web.json_response(folder_paths.get_filename_list(folder))

    @routes.get("/embeddings")
    async def get_embeddings(_request):
        names = folder_paths.get_filename_list("embeddings")
        return web.json_response([os.path.splitext(name)[0] for name in names])


def extension_scripts():
    """Addresses of every .js file that packs serve, to be imported by the front end."""
    for pack, directory in nodes.EXTENSION_WEB_DIRS.items():
        for path in glob.glob("**/*.js", root_dir=directory, recursive=True):
            yield f"/extensions/{quote(pack)}/{path}"


def system_stats():
    total, free = memory_bytes()
    device = {
        "name": "cpu",
        "type": "cpu",
        "index": None,
        "vram_total": total,
        "vram_free": free,
        "torch_vram_total": total,
        "torch_vram_free": free,
    }
    system = {
        "os": sys.platform,
        "ram_total": total,
        "ram_free": free,
        "comfyui_version": __version__,
        "python_version": sys.version,
        "pytorch_version": "none (stand-in core)",
        "embedded_python": False,
        "argv": sys.argv,
    }
    return {"system": system, "devices": [device]}


def memory_bytes():
    page = os.sysconf("SC_PAGE_SIZE")
    available = "SC_AVPHYS_PAGES"
    free = os.sysconf(available) if available in os.sysconf_names else 0
    return page * os.sysconf("SC_PHYS_PAGES"), page * free


def internal_routes():
    """ComfyUI says of these that nothing may depend on them; runners read the log anyway."""

    async def get_logs(_request):
        lines = [f"{entry['t']} - {entry['m']}" for entry in logger.get_logs()]
        return web.json_response("".join(lines))

    async def get_raw_logs(_request):
        size = {"cols": 80, "rows": 24}
        return web.json_response({"entries": logger.get_logs(), "size": size})

    async def get_folder_paths(_request):
        every = folder_paths.folder_names_and_paths
        return web.json_response({name: roots for name, (roots, _) in every.items()})

    return [
        web.get("/internal/logs", get_logs),
        web.get("/internal/logs/raw", get_raw_logs),
        web.get("/internal/folder_paths", get_folder_paths),
    ]
