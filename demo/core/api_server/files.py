"""Images in and out: POST /upload/image and GET /view."""

import mimetypes
import os

from aiohttp import web

import folder_paths

# A browser would run these, so they are only ever downloaded.
ACTIVE_TYPES = {
    "text/html",
    "application/xhtml+xml",
    "text/javascript",
    "application/javascript",
    "text/css",
    "image/svg+xml",
    "text/xml",
    "application/xml",
}


def add_routes(routes, _server):
    @routes.post("/upload/image")
    async def upload_image(request):
        form = await request.post()
        image = form.get("image")
        if not image or not image.filename:
            return web.Response(status=400)
        filename = image.filename
        type_name = form.get("type") or "input"
        root = folder_paths.get_directory_by_type(type_name)
        if root is None:
            # ComfyUI fails on an unknown type too.
            raise ValueError(f"unknown type {type_name!r}")
        subfolder = form.get("subfolder", "")
        folder = os.path.join(root, os.path.normpath(subfolder))
        path = os.path.abspath(os.path.join(folder, filename))
        if os.path.commonpath((root, path)) != root:
            return web.Response(status=400)

        os.makedirs(folder, exist_ok=True)
        content = image.file.read()
        if form.get("overwrite") not in ("true", "1"):
            filename = free_name(folder, filename, content)
        with open(os.path.join(folder, filename), "wb") as file:
            file.write(content)
        answer = {"name": filename, "subfolder": subfolder, "type": type_name}
        return web.json_response(answer)

    @routes.get("/view")
    async def view(request):
        path, status = find_file(request.query)
        if path is None:
            return web.Response(status=status)
        content_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
        name = os.path.basename(path).replace("\\", "\\\\").replace('"', '\\"')
        disposition = f'filename="{name}"'
        if content_type in ACTIVE_TYPES:
            content_type = "application/octet-stream"
            disposition = f"attachment; {disposition}"
        headers = {
            "Content-Type": content_type,
            "Content-Disposition": disposition,
            "X-Content-Type-Options": "nosniff",
        }
        return web.FileResponse(path, headers=headers)


def free_name(folder, filename, content):
    """The name itself if it is free or holds the same bytes, else "name (1).ext" and so on."""
    stem, extension = os.path.splitext(filename)
    number = 0
    while True:
        name = f"{stem} ({number}){extension}" if number else filename
        path = os.path.join(folder, name)
        if not os.path.exists(path) or _has_content(path, content):
            return name
        number += 1


def _has_content(path, content):
    with open(path, "rb") as file:
        return file.read() == content


def find_file(query):
    """Returns (path, 200), or (None, status) when the file is missing or may not be named."""
    if "filename" not in query:
        return None, 404
    filename, root = folder_paths.annotated_filepath(query["filename"])
    if not filename or filename.startswith("/") or ".." in filename:
        return None, 400
    root = root or folder_paths.get_directory_by_type(query.get("type", "output"))
    if root is None:
        return None, 400
    folder = os.path.abspath(os.path.join(root, query.get("subfolder", "")))
    if os.path.commonpath((folder, root)) != root:
        return None, 403
    path = os.path.join(folder, os.path.basename(filename))
    return (path, 200) if os.path.isfile(path) else (None, 404)
