"""GET /ws: one socket a client id."""

import json
import logging
import uuid

from aiohttp import WSMsgType, web

from api_server.info import server_features


def add_routes(routes, server):
    @routes.get("/ws")
    async def websocket(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        sid = request.query.get("clientId") or uuid.uuid4().hex
        server.sockets[sid] = socket
        server.sockets_metadata[sid] = {"feature_flags": {}}
        try:
            await server.send("status", {"status": server.get_queue_info(), "sid": sid}, sid)
            if server.client_id == sid and server.last_node_id is not None:
                await server.send("executing", {"node": server.last_node_id}, sid)
            await read_messages(server, socket, sid)
        finally:
            # As in ComfyUI this also drops a newer socket of the same client id.
            server.sockets.pop(sid, None)
            server.sockets_metadata.pop(sid, None)
        return socket


async def read_messages(server, socket, sid):
    """Only the first message counts, and only if it negotiates feature flags."""
    first = True
    async for message in socket:
        if message.type != WSMsgType.TEXT:
            continue
        try:
            content = json.loads(message.data)
        except json.JSONDecodeError:
            logging.warning(f"Invalid JSON received from client {sid}: {message.data}")
            continue
        is_negotiation = isinstance(content, dict) and content.get("type") == "feature_flags"
        if first and is_negotiation and sid in server.sockets_metadata:
            server.sockets_metadata[sid]["feature_flags"] = content.get("data", {})
            await server.send("feature_flags", server_features(), sid)
        first = False
