"""Settings and small files of the one user, below user/default/."""

import json
import os
from urllib.parse import unquote

from aiohttp import web

import folder_paths


def add_routes(routes, _server):
    add_settings_routes(routes)
    add_userdata_routes(routes)

    @routes.get("/users")
    async def get_users(_request):
        answer = {"storage": "server", "migrated": os.path.exists(user_root())}
        return web.json_response(answer)


def user_root():
    return os.path.join(folder_paths.get_user_directory(), "default")


def add_settings_routes(routes):
    @routes.get("/settings")
    async def get_settings(_request):
        return web.json_response(read_settings())

    @routes.get("/settings/{id}")
    async def get_setting(request):
        return web.json_response(read_settings().get(request.match_info["id"]))

    @routes.post("/settings")
    async def post_settings(request):
        write_settings({**read_settings(), **await request.json()})
        return web.Response()

    @routes.post("/settings/{id}")
    async def post_setting(request):
        write_settings({**read_settings(), request.match_info["id"]: await request.json()})
        return web.Response()


def settings_path():
    return os.path.join(user_root(), "comfy.settings.json")


def read_settings():
    if not os.path.isfile(settings_path()):
        return {}
    with open(settings_path(), encoding="utf-8") as file:
        return json.load(file)


def write_settings(settings):
    os.makedirs(user_root(), exist_ok=True)
    with open(settings_path(), "w", encoding="utf-8") as file:
        json.dump(settings, file, indent=4)


def add_userdata_routes(routes):
    """`file` is URL-encoded, its slashes too."""

    @routes.get("/userdata")
    async def list_files(request):
        directory = request.query.get("dir", "")
        if not directory:
            return web.Response(status=400, text="Directory not provided")
        path = inside_user_root(directory)
        if path is None:
            return web.Response(status=403, text="Invalid directory")
        if not os.path.isdir(path):
            return web.Response(status=404, text="Directory not found")
        with os.scandir(path) as entries:
            return web.json_response([entry.name for entry in entries if entry.is_file()])

    @routes.get("/userdata/{file}")
    async def get_file(request):
        path = inside_user_root(request.match_info["file"])
        if path is None:
            return web.Response(status=403)
        if not os.path.isfile(path):
            return web.Response(status=404)
        return web.FileResponse(path, headers={"Content-Disposition": "attachment"})

    @routes.post("/userdata/{file}")
    async def post_file(request):
        path = inside_user_root(request.match_info["file"])
        if path is None:
            return web.Response(status=403)
        if request.query.get("overwrite") == "false" and os.path.exists(path):
            return web.Response(status=409, text="File already exists")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(await request.read())
        return web.json_response(os.path.relpath(path, user_root()))

    @routes.delete("/userdata/{file}")
    async def delete_file(request):
        path = inside_user_root(request.match_info["file"])
        if path is None:
            return web.Response(status=403)
        if not os.path.isfile(path):
            return web.Response(status=404)
        os.remove(path)
        return web.Response(status=204)


def inside_user_root(name):
    path = os.path.abspath(os.path.join(user_root(), unquote(name)))
    return path if os.path.commonpath((user_root(), path)) == user_root() else None
