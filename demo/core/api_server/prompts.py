"""Prompts: queue them, look at them, stop them."""

import json
import logging
import time
import uuid

from aiohttp import web

import nodes
from comfy_execution.input_checks import problem
from comfy_execution.validation import validate_prompt

SENSITIVE_KEYS = ("auth_token_comfy_org", "api_key_comfy_org")


def add_routes(routes, server):
    add_prompt_routes(routes, server)
    add_queue_routes(routes, server)
    add_history_routes(routes, server)
    add_job_routes(routes, server)


def add_prompt_routes(routes, server):
    @routes.get("/prompt")
    async def get_prompt(_request):
        return web.json_response(server.get_queue_info())

    @routes.post("/prompt")
    async def post_prompt(request):
        logging.info("got prompt")
        body = server.trigger_on_prompt(await request.json())
        number = take_number(server, body)
        if "prompt" not in body:
            return refused(problem("no_prompt", "No prompt provided", "No prompt provided"))
        prompt_id = body.get("prompt_id") or str(uuid.uuid4())
        if not is_canonical_uuid(prompt_id):
            details = (
                "prompt_id must be a UUID string in canonical lowercase hyphenated form;"
                " omit it to let the server generate one"
            )
            message = "prompt_id must be a valid UUID"
            return refused(problem("invalid_prompt_id", message, details))

        prompt = body["prompt"]
        found = validate_prompt(prompt, body.get("partial_execution_targets"))
        if found.error is not None:
            logging.warning(f"invalid prompt: {found.error}")
            return refused(found.error, found.node_errors)
        extra_data, sensitive = split_extra_data(body)
        item = (number, prompt_id, prompt, extra_data, found.outputs, sensitive)
        server.prompt_queue.put(item)
        answer = {"prompt_id": prompt_id, "number": number, "node_errors": found.node_errors}
        return web.json_response(answer)

    @routes.post("/interrupt")
    async def interrupt(request):
        """Without a prompt id whatever runs is stopped; with one, only that prompt."""
        try:
            body = await request.json()
        except json.JSONDecodeError:
            body = {}
        if body.get("prompt_id"):
            server.prompt_queue.interrupt_if_running(body["prompt_id"])
        else:
            nodes.interrupt_processing()
        return web.Response()

    @routes.post("/free")
    async def free(request):
        body = await request.json()
        for flag in ("unload_models", "free_memory"):
            if body.get(flag):
                server.prompt_queue.set_flag(flag, True)
        return web.Response()


def take_number(server, body):
    """Lower numbers run first. The very first `front` prompt gets -0 and is not in front."""
    if "number" in body:
        return float(body["number"])
    number = -server.number if body.get("front") else server.number
    server.number += 1
    return number


def split_extra_data(body):
    """Keys of accounts are kept apart, so that no route shows them."""
    extra_data = dict(body.get("extra_data", {}))
    if "client_id" in body:
        extra_data["client_id"] = body["client_id"]
    sensitive = {key: extra_data.pop(key) for key in SENSITIVE_KEYS if key in extra_data}
    extra_data["create_time"] = int(time.time() * 1000)
    return extra_data, sensitive


def refused(error, node_errors=None):
    return web.json_response({"error": error, "node_errors": node_errors or {}}, status=400)


def is_canonical_uuid(value):
    try:
        return isinstance(value, str) and str(uuid.UUID(value)) == value
    except ValueError:
        return False


def add_queue_routes(routes, server):
    @routes.get("/queue")
    async def get_queue(_request):
        running, pending = server.prompt_queue.get_current_queue()
        without_keys = {
            "queue_running": [item[:5] for item in running],
            "queue_pending": [item[:5] for item in pending],
        }
        return web.json_response(without_keys)

    @routes.post("/queue")
    async def post_queue(request):
        body = await request.json()
        if body.get("clear"):
            server.prompt_queue.wipe_queue()
        for prompt_id in body.get("delete", []):
            server.prompt_queue.delete_queue_item(prompt_id)
        return web.Response()


def add_history_routes(routes, server):
    @routes.get("/history")
    async def get_history(request):
        query = request.query
        limits = {key: int(query[key]) for key in ("max_items", "offset") if key in query}
        return web.json_response(server.prompt_queue.get_history(**limits))

    @routes.get("/history/{prompt_id}")
    async def get_history_of(request):
        prompt_id = request.match_info["prompt_id"]
        return web.json_response(server.prompt_queue.get_history(prompt_id))

    @routes.post("/history")
    async def post_history(request):
        body = await request.json()
        if body.get("clear"):
            server.prompt_queue.wipe_history()
        for prompt_id in body.get("delete", []):
            server.prompt_queue.delete_history_item(prompt_id)
        return web.Response()


def add_job_routes(routes, server):
    """Cancelling works whether the job waits or runs; anything else is `cancelled: false`."""

    def cancel(job_id):
        queue = server.prompt_queue
        return queue.delete_queue_item(job_id) or queue.interrupt_if_running(job_id)

    @routes.post("/api/jobs/{job_id}/cancel")
    async def cancel_one(request):
        return web.json_response({"cancelled": cancel(request.match_info["job_id"])})

    @routes.post("/api/jobs/cancel")
    async def cancel_many(request):
        job_ids = (await request.json()).get("job_ids")
        if not isinstance(job_ids, list):
            return web.json_response({"error": "job_ids must be a list"}, status=400)
        invalid = [job_id for job_id in job_ids if not is_canonical_uuid(job_id)]
        if invalid:
            error = {"error": "job_ids contains invalid id(s)", "invalid_ids": invalid}
            return web.json_response(error, status=400)
        return web.json_response({"cancelled": any([cancel(job_id) for job_id in job_ids])})
