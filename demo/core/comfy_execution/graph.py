"""A prompt as a graph: what a link is, what a node's inputs are, which node runs next."""

import nodes


def is_link(value):
    """[node id, output index]. Any other list is a value, unwrapped from `__value__`."""
    if not isinstance(value, list) or len(value) != 2:
        return False
    return isinstance(value[0], str) and isinstance(value[1], (int, float))


def links_of(node):
    return [value for value in node["inputs"].values() if is_link(value)]


def class_of(node):
    return nodes.NODE_CLASS_MAPPINGS[node["class_type"]]


def is_output_node(node):
    return getattr(class_of(node), "OUTPUT_NODE", False) is True


def collect_inputs(node, node_id, prompt=None, extra_data=None, results=None):
    """Arguments for one of the node's functions. A link without a result yet becomes None."""
    declared = class_of(node).INPUT_TYPES()
    known = {**declared.get("required", {}), **declared.get("optional", {})}
    arguments = {}
    for name, value in node["inputs"].items():
        if is_link(value):
            source = (results or {}).get(value[0])
            arguments[name] = None if source is None else source.outputs[value[1]]
        elif name in known:
            arguments[name] = value
    hidden_values = {
        "PROMPT": prompt or {},
        "DYNPROMPT": None,
        "EXTRA_PNGINFO": (extra_data or {}).get("extra_pnginfo"),
        "UNIQUE_ID": node_id,
        "AUTH_TOKEN_COMFY_ORG": (extra_data or {}).get("auth_token_comfy_org"),
        "API_KEY_COMFY_ORG": (extra_data or {}).get("api_key_comfy_org"),
    }
    for name, kind in declared.get("hidden", {}).items():
        if kind in hidden_values:
            arguments[name] = hidden_values[kind]
    return arguments


class ExecutionOrder:
    """Hands out the nodes that the wanted outputs need, each after the nodes that it reads."""

    def __init__(self, prompt, wanted, is_cached):
        self.prompt = prompt
        self.waiting_for = {}
        to_add = list(wanted)
        while to_add:
            node_id = to_add.pop()
            if node_id in self.waiting_for:
                continue
            # A cached node only repeats its result, so nothing above it has to run.
            above = [] if is_cached(node_id) else [link[0] for link in links_of(prompt[node_id])]
            missing = {source for source in above if not is_cached(source)}
            self.waiting_for[node_id] = missing
            to_add += missing

    def next(self):
        """Output nodes first, then what they read: results appear early. None at the end."""
        ready = [node_id for node_id, sources in self.waiting_for.items() if not sources]
        return min(ready, key=self._distance_to_output, default=None)

    def done(self, node_id):
        del self.waiting_for[node_id]
        for sources in self.waiting_for.values():
            sources.discard(node_id)

    def _distance_to_output(self, node_id):
        if is_output_node(self.prompt[node_id]):
            return 0
        readers = [reader for reader, sources in self.waiting_for.items() if node_id in sources]
        return 1 if any(is_output_node(self.prompt[reader]) for reader in readers) else 2
