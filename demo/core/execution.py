"""Runs one prompt at a time, node by node, and tells its client about every step."""

import asyncio
import inspect
import logging
import sys
import time
import traceback

import latent_preview
import nodes
from comfy.cli_args import args
from comfy.model_management import InterruptProcessingException
from comfy_execution import progress
from comfy_execution.caching import CacheEntry, OutputCache, Signatures
from comfy_execution.graph import ExecutionOrder, class_of, collect_inputs
from comfy_execution.queue import ExecutionStatus
from comfy_execution.utils import CurrentNodeContext

DEFAULT_CACHED_NODES = 100


def prompt_worker(queue, server):
    """The loop of the one worker thread. Nothing guards it: an error outside a node ends it."""
    executor = PromptExecutor(server)
    while True:
        taken = queue.get()
        if taken is not None:
            item, item_id = taken
            prompt_id = item[1]
            server.last_prompt_id = prompt_id
            started = time.perf_counter()
            executor.execute(item[2], prompt_id, {**item[3], **item[5]}, item[4])
            status_str = "success" if executor.success else "error"
            status = ExecutionStatus(status_str, executor.success, executor.status_messages)
            queue.task_done(item_id, executor.history_result, status)
            # The only event that is sent after the history was written.
            if server.client_id is not None:
                end = {"node": None, "prompt_id": prompt_id}
                server.send_sync("executing", end, server.client_id)
            seconds = time.perf_counter() - started
            logging.info(f"Prompt executed in {seconds:.2f} seconds")
        if queue.take_flags().get("free_memory"):
            executor.reset()


def cache_limit():
    """How many nodes stay cached: None = no cache at all, 0 = only those of the latest prompt."""
    if args.cache_none:
        return None
    return 0 if args.cache_classic else args.cache_lru or DEFAULT_CACHED_NODES


class PromptExecutor:
    def __init__(self, server):
        self.server = server
        self.reset()

    def reset(self):
        self.cache = OutputCache(cache_limit())
        self.objects = {}
        self.status_messages = []
        self.success = True
        self.history_result = {}

    def execute(self, prompt, prompt_id, extra_data, execute_outputs):
        latent_preview.set_preview_method(extra_data.get("preview_method"))
        nodes.interrupt_processing(False)
        self.server.client_id = extra_data.get("client_id")
        self.status_messages = []
        self.success = True
        self._message("execution_start", {"prompt_id": prompt_id})

        signatures = Signatures(prompt)
        self.cache.start_prompt([signatures.of(node_id) for node_id in prompt])
        self._keep_objects_of(prompt)
        run = PromptRun(self, prompt, prompt_id, extra_data, signatures)
        self._message("execution_cached", {"nodes": list(run.results), "prompt_id": prompt_id})
        self._run_nodes(run, execute_outputs)

        self.history_result = {
            "outputs": {node_id: ui["output"] for node_id, ui in run.ui.items()},
            "meta": {node_id: ui["meta"] for node_id, ui in run.ui.items()},
        }
        self.server.last_node_id = None

    def _run_nodes(self, run, execute_outputs):
        cached = frozenset(run.results)
        order = ExecutionOrder(run.prompt, execute_outputs, cached.__contains__)
        while (node_id := order.next()) is not None:
            try:
                run.execute_node(node_id)
            except InterruptProcessingException:
                self.success = False
                logging.info("Processing interrupted")
                self._message("execution_interrupted", run.where(node_id), broadcast=True)
                return
            except Exception as error:
                self.success = False
                logging.error(f"!!! Exception during processing !!! {error}")
                logging.error(traceback.format_exc())
                self._message("execution_error", {**run.where(node_id), **run.describe(error)})
                return
            order.done(node_id)
        self._message("execution_success", {"prompt_id": run.prompt_id})

    def _keep_objects_of(self, prompt):
        """A node object lives as long as prompts name its id and class without a break."""
        keys = {(node_id, node["class_type"]) for node_id, node in prompt.items()}
        self.objects = {key: value for key, value in self.objects.items() if key in keys}

    def _message(self, event, data, broadcast=False):
        data = {**data, "timestamp": int(time.time() * 1000)}
        self.status_messages.append((event, data))
        if self.server.client_id is not None or broadcast:
            self.server.send_sync(event, data, self.server.client_id)


class PromptRun:
    """What is known during one prompt: results by node id, cached ones from the start."""

    def __init__(self, executor, prompt, prompt_id, extra_data, signatures):
        self.executor = executor
        self.server = executor.server
        self.prompt = prompt
        self.prompt_id = prompt_id
        self.extra_data = extra_data
        self.signatures = signatures
        self.progress = progress.begin_prompt(self.server, prompt_id)
        self.executed = []
        self.ui = {}
        self.arguments = {}
        self.results = {}
        for node_id in prompt:
            entry = executor.cache.get(signatures.of(node_id))
            if entry is not None:
                self.results[node_id] = entry

    def execute_node(self, node_id):
        self.arguments = {}
        if node_id in self.results:
            self._show(node_id, self.results[node_id].ui)
            self.progress.finish(node_id)
            return
        node = self.prompt[node_id]
        self.progress.start(node_id)
        self.arguments = collect_inputs(node, node_id, self.prompt, self.extra_data, self.results)
        self._announce(node_id)
        outputs, output_ui = self._call(node_id, node)
        ui = {"output": output_ui, "meta": meta_of(node_id)} if output_ui else None
        self._show(node_id, ui)
        self.results[node_id] = CacheEntry(outputs, ui)
        self.executor.cache.set(self.signatures.of(node_id), self.results[node_id])
        self.progress.finish(node_id)
        self.executed.append(node_id)

    def _announce(self, node_id):
        if self.server.client_id is not None:
            self.server.last_node_id = node_id
            data = {"node": node_id, "display_node": node_id, "prompt_id": self.prompt_id}
            self.server.send_sync("executing", data, self.server.client_id)

    def _call(self, node_id, node):
        """Returns the outputs and the `ui` part of what the node's function returned."""
        key = (node_id, node["class_type"])
        if key not in self.executor.objects:
            self.executor.objects[key] = class_of(node)()
        node_object = self.executor.objects[key]
        nodes.before_node_execution()
        function = getattr(node_object, node_object.FUNCTION)
        with CurrentNodeContext(self.prompt_id, node_id, 0):
            returned = function(**self.arguments)
            if inspect.isawaitable(returned):
                returned = asyncio.run(_awaited(returned))
        if isinstance(returned, dict):
            ui = {key: list(value) for key, value in returned.get("ui", {}).items()}
            return returned.get("result", ()), ui
        return returned, {}

    def _show(self, node_id, ui):
        if ui is None:
            return
        self.ui[node_id] = ui
        if self.server.client_id is not None:
            data = {
                "node": node_id,
                "display_node": node_id,
                "output": ui["output"],
                "prompt_id": self.prompt_id,
            }
            self.server.send_sync("executed", data, self.server.client_id)

    def where(self, node_id):
        return {
            "prompt_id": self.prompt_id,
            "node_id": node_id,
            "node_type": self.prompt[node_id]["class_type"],
            "executed": list(self.executed),
        }

    def describe(self, error):
        kind = type(error)
        prefix = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
        return {
            "exception_message": f"{error}\n",
            "exception_type": prefix + kind.__qualname__,
            "traceback": traceback.format_tb(sys.exc_info()[2]),
            "current_inputs": {
                name: [value if isinstance(value, (int, float, str, type(None))) else str(value)]
                for name, value in self.arguments.items()
            },
            "current_outputs": list(self.results),
        }


async def _awaited(awaitable):
    return await awaitable


def meta_of(node_id):
    return {
        "node_id": node_id,
        "display_node": node_id,
        "parent_node": None,
        "real_node_id": node_id,
    }
