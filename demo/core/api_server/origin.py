"""Keeps other web sites away from a server on this machine, or allows one origin by CORS."""

import ipaddress
import logging
import socket
from urllib.parse import urlsplit

from aiohttp import web

ALLOWED_BY_CORS = {
    "Access-Control-Allow-Methods": "POST, GET, DELETE, PUT, OPTIONS, PATCH",
    "Access-Control-Allow-Headers": "Content-Type, Authorization",
    "Access-Control-Allow-Credentials": "true",
}


def middleware(allowed_origin):
    """With an allowed origin the check of the Origin header is off, as in ComfyUI."""

    @web.middleware
    async def allow_origin(request, handler):
        response = web.Response() if request.method == "OPTIONS" else await handler(request)
        response.headers.update(ALLOWED_BY_CORS)
        response.headers["Access-Control-Allow-Origin"] = allowed_origin
        return response

    @web.middleware
    async def check_origin(request, handler):
        if request.headers.get("Sec-Fetch-Site") == "cross-site" or not hosts_match(request):
            return web.Response(status=403)
        return web.Response() if request.method == "OPTIONS" else await handler(request)

    return allow_origin if allowed_origin else check_origin


def hosts_match(request):
    """Compares Host and Origin, ports only when both have one; only a loopback Host is checked."""
    if "Host" not in request.headers or "Origin" not in request.headers:
        return True
    host = urlsplit("//" + request.headers["Host"].lower())
    origin = urlsplit(request.headers["Origin"].lower())
    if not host.hostname or not origin.hostname or not is_loopback(host.hostname):
        return True
    same_port = None in (host.port, origin.port) or host.port == origin.port
    if host.hostname == origin.hostname and same_port:
        return True
    logging.warning(
        "WARNING: request with non matching host and origin"
        f" {host.netloc} != {origin.netloc}, returning 403"
    )
    return False


def is_loopback(host):
    try:
        addresses = [host] if _is_address(host) else _resolve(host)
    except OSError:
        return False
    return bool(addresses) and all(ipaddress.ip_address(one).is_loopback for one in addresses)


def _is_address(host):
    try:
        ipaddress.ip_address(host)
        return True
    except ValueError:
        return False


def _resolve(host):
    return [found[4][0] for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
