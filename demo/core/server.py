"""The HTTP and WebSocket server. Packs add routes to `PromptServer.instance.routes`."""

import asyncio
import errno
import logging
import struct

from aiohttp import ClientError, web

import nodes
from api_server import files, info, origin, page, prompts, user, websocket
from api_server.preview import encode_preview, encode_preview_with_metadata
from comfy.cli_args import args
from comfy_execution.queue import PromptQueue
from protocol import BinaryEventTypes


class PromptServer:
    instance = None

    def __init__(self, loop):
        PromptServer.instance = self
        self.loop = loop
        self.messages = asyncio.Queue()
        self.prompt_queue = PromptQueue(self)
        self.sockets = {}
        self.sockets_metadata = {}
        self.number = 0
        self.client_id = None  # of the running prompt, and of the latest one after it
        self.last_node_id = None
        self.last_prompt_id = None
        self.on_prompt_handlers = []
        self.app = web.Application(
            client_max_size=round(args.max_upload_size * 1024 * 1024),
            middlewares=[origin.middleware(args.enable_cors_header)],
        )
        self.routes = web.RouteTableDef()
        for area in (websocket, page, info, files, prompts, user):
            area.add_routes(self.routes, self)

    def add_routes(self):
        """Called after the packs were imported; the application takes no routes later."""
        # Every route exists twice, /x and /api/x; only static folders and /internal do not.
        for route in list(self.routes):
            if isinstance(route, web.RouteDef):
                self.app.router.add_route(
                    route.method, "/api" + route.path, route.handler, **route.kwargs
                )
        self.app.add_routes(self.routes)
        self.app.add_routes(info.internal_routes())
        for pack, directory in nodes.EXTENSION_WEB_DIRS.items():
            self.app.router.add_static(f"/extensions/{pack}", directory)
        if args.front_end_root:
            self.app.router.add_static("/", args.front_end_root)

    # Prompts

    def add_on_prompt_handler(self, handler):
        """`handler` gets the whole body of every POST /prompt and returns the one to use."""
        self.on_prompt_handlers.append(handler)

    def trigger_on_prompt(self, body):
        for handler in self.on_prompt_handlers:
            try:
                body = handler(body)
            except Exception as error:
                logging.warning(f"[ERROR] An error occurred during the on_prompt_handler: {error}")
        return body

    def get_queue_info(self):
        return {"exec_info": {"queue_remaining": self.prompt_queue.get_tasks_remaining()}}

    def queue_updated(self):
        self.send_sync("status", {"status": self.get_queue_info()})

    def client_supports(self, feature):
        metadata = self.sockets_metadata.get(self.client_id, {})
        return metadata.get("feature_flags", {}).get(feature) is True

    # Messages. `sid` None means every socket.

    def send_sync(self, event, data, sid=None):
        """From any thread."""
        self.loop.call_soon_threadsafe(self.messages.put_nowait, (event, data, sid))

    def send_progress_text(self, text, node_id, sid=None):
        node = str(node_id).encode()
        data = struct.pack(">I", len(node)) + node + text.encode()
        self.send_sync(BinaryEventTypes.TEXT, data, sid)

    async def publish_loop(self):
        """One after the other: a client that does not read stalls the events of all."""
        while True:
            await self.send(*await self.messages.get())

    async def send(self, event, data, sid=None):
        if event == BinaryEventTypes.UNENCODED_PREVIEW_IMAGE:
            event, data = BinaryEventTypes.PREVIEW_IMAGE, encode_preview(*data)
        elif event == BinaryEventTypes.PREVIEW_IMAGE_WITH_METADATA:
            data = encode_preview_with_metadata(*data)
        for socket in self._receivers(sid):
            try:
                if isinstance(event, int):
                    await socket.send_bytes(struct.pack(">I", event) + data)
                else:
                    await socket.send_json({"type": event, "data": data})
            except (ClientError, ConnectionError) as error:
                logging.warning(f"send error: {error}")

    def _receivers(self, sid):
        if sid is None:
            return list(self.sockets.values())
        return [self.sockets[sid]] if sid in self.sockets else []

    # Life

    async def serve(self):
        """Returns only by an exception: SystemExit(1) when the port is taken."""
        await asyncio.gather(self._listen(), self.publish_loop())

    async def _listen(self):
        runner = web.AppRunner(self.app, access_log=None)
        await runner.setup()
        announce = logging.debug if args.dont_print_server else logging.info
        announce("Starting server\n")
        for address in args.listen.split(","):
            try:
                await web.TCPSite(runner, address, args.port).start()
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                logging.error(
                    f"Port {args.port} is already in use on address {address}. Please close the"
                    " other application or use a different port with --port."
                )
                raise SystemExit(1) from error
            shown = f"[{address}]" if ":" in address else address
            announce(f"To see the GUI go to: http://{shown}:{args.port}")
