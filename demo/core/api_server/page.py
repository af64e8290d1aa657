"""GET /: an honest page instead of ComfyUI's editor, unless --front-end-root gives one."""

import os
from html import escape

from aiohttp import web

import nodes
from comfy.cli_args import args
from comfyui_version import __version__

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>comfypin stand-in core</title>
<style>body {{ font: 16px/1.5 sans-serif; max-width: 42rem; margin: 3rem auto; }}</style>
<h1>comfypin stand-in core</h1>
<p>Version {version}. This is not ComfyUI: it speaks the same HTTP and WebSocket protocol, so that
comfypin can be tried and tested without a GPU and without large downloads. There is no editor.</p>
<h2>Nodes</h2>
<ul>
{nodes}
</ul>
</html>
"""


def add_routes(routes, _server):
    @routes.get("/")
    async def index(_request):
        if args.front_end_root:
            return web.FileResponse(os.path.join(args.front_end_root, "index.html"))
        items = [f"<li><code>{escape(name)}</code></li>" for name in nodes.NODE_CLASS_MAPPINGS]
        html = PAGE.format(version=escape(__version__), nodes="\n".join(items))
        return web.Response(text=html, content_type="text/html")
