"""Prompts that wait, the one that runs, and the history of those that ran."""

import copy
import heapq
import threading
from typing import NamedTuple

import nodes

MAXIMUM_HISTORY_SIZE = 10000


class ExecutionStatus(NamedTuple):
    status_str: str
    completed: bool
    messages: list


class PromptQueue:
    """An item is (number, prompt_id, prompt, extra_data, outputs_to_execute, sensitive).

    Two items of the same number and id cannot be ordered: putting the second one raises, as in
    ComfyUI.
    """

    def __init__(self, server):
        self.server = server
        self.mutex = threading.RLock()
        self.not_empty = threading.Condition(self.mutex)
        self.queue = []
        self.currently_running = {}
        self.history = {}
        self.flags = {}
        self.task_counter = 0

    def put(self, item):
        with self.mutex:
            heapq.heappush(self.queue, item)
            self.server.queue_updated()
            self.not_empty.notify()

    def get(self):
        """Waits for a prompt, or for a flag: then None."""
        with self.not_empty:
            while not self.queue:
                if self.flags:
                    return None
                self.not_empty.wait()
            item = heapq.heappop(self.queue)
            item_id = self.task_counter
            self.task_counter += 1
            self.currently_running[item_id] = copy.deepcopy(item)
            self.server.queue_updated()
            return item, item_id

    def task_done(self, item_id, history_result, status):
        with self.mutex:
            item = self.currently_running.pop(item_id)
            if len(self.history) > MAXIMUM_HISTORY_SIZE:
                del self.history[next(iter(self.history))]
            self.history[item[1]] = {
                "prompt": item[:5],
                "outputs": {},
                "status": copy.deepcopy(status._asdict()),
                **history_result,
            }
            self.server.queue_updated()

    def get_current_queue(self):
        with self.mutex:
            return list(self.currently_running.values()), list(self.queue)

    def get_tasks_remaining(self):
        with self.mutex:
            return len(self.queue) + len(self.currently_running)

    def interrupt_if_running(self, prompt_id):
        """Under the lock, so that the interrupt cannot hit the prompt after this one."""
        with self.mutex:
            running = any(item[1] == prompt_id for item in self.currently_running.values())
            if running:
                nodes.interrupt_processing()
            return running

    def wipe_queue(self):
        with self.mutex:
            self.queue = []
            self.server.queue_updated()

    def delete_queue_item(self, prompt_id):
        """Takes a waiting prompt out; False when none has this id."""
        with self.mutex:
            index = next((i for i, item in enumerate(self.queue) if item[1] == prompt_id), None)
            if index is None:
                return False
            del self.queue[index]
            heapq.heapify(self.queue)
            self.server.queue_updated()
            return True

    def get_history(self, prompt_id=None, max_items=None, offset=None):
        """Without an offset the newest `max_items`, with one those from there on; oldest first."""
        with self.mutex:
            if prompt_id is not None:
                found = self.history.get(prompt_id)
                return {} if found is None else {prompt_id: found}
            entries = list(self.history.items())
            if offset is None or offset < 0:
                offset = 0 if max_items is None else max(0, len(entries) - max_items)
            end = None if max_items is None else offset + max_items
            return dict(entries[offset:end])

    def wipe_history(self):
        with self.mutex:
            self.history = {}

    def delete_history_item(self, prompt_id):
        with self.mutex:
            self.history.pop(prompt_id, None)

    def set_flag(self, name, value):
        with self.mutex:
            self.flags[name] = value
            self.not_empty.notify()

    def take_flags(self):
        with self.mutex:
            flags, self.flags = self.flags, {}
            return flags
