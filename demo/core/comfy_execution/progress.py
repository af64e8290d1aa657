"""Progress of the running prompt, as `progress_state`, `progress` and preview frames."""

import comfy.utils
from comfy.model_management import throw_exception_if_processing_interrupted
from comfy_execution.utils import get_executing_context
from protocol import BinaryEventTypes


class PromptProgress:
    """The state of every node that has started. Each change sends all of them."""

    def __init__(self, server, prompt_id):
        self.server = server
        self.prompt_id = prompt_id
        self.nodes = {}

    def start(self, node_id):
        self._set(node_id, "running", 0.0, 1.0)

    def update(self, node_id, value, maximum):
        self._set(node_id, "running", value, maximum)

    def finish(self, node_id):
        maximum = self.nodes.get(node_id, {"max": 1})["max"]
        self._set(node_id, "finished", maximum, maximum)

    def _set(self, node_id, state, value, maximum):
        self.nodes[node_id] = {
            "value": value,
            "max": maximum,
            "state": state,
            "prompt_id": self.prompt_id,
            **node_names(node_id),
        }
        message = {"prompt_id": self.prompt_id, "nodes": dict(self.nodes)}
        self.server.send_sync("progress_state", message, self.server.client_id)


def node_names(node_id):
    """The four ids differ in ComfyUI only for nodes that other nodes expand into."""
    return {
        "node_id": node_id,
        "display_node_id": node_id,
        "parent_node_id": None,
        "real_node_id": node_id,
    }


_current = None


def begin_prompt(server, prompt_id):
    global _current
    _current = PromptProgress(server, prompt_id)
    return _current


def install_progress_hook(server):
    """Connects `comfy.utils.ProgressBar` to the server."""

    def hook(value, total, preview=None, prompt_id=None, node_id=None):
        context = get_executing_context()
        if context is not None:
            prompt_id = prompt_id or context.prompt_id
            node_id = node_id or context.node_id
        throw_exception_if_processing_interrupted()
        prompt_id = prompt_id or server.last_prompt_id
        node_id = node_id or server.last_node_id
        if _current is not None:
            _current.update(node_id, value, total)
        wants_metadata = server.client_supports("supports_preview_metadata")
        if preview is not None and wants_metadata:
            metadata = {"prompt_id": prompt_id, **node_names(node_id)}
            frame = (preview, metadata)
            server.send_sync(BinaryEventTypes.PREVIEW_IMAGE_WITH_METADATA, frame, server.client_id)
        message = {"value": value, "max": total, "prompt_id": prompt_id, "node": node_id}
        server.send_sync("progress", message, server.client_id)
        if preview is not None and not wants_metadata:
            server.send_sync(BinaryEventTypes.UNENCODED_PREVIEW_IMAGE, preview, server.client_id)

    comfy.utils.set_progress_bar_global_hook(hook)
