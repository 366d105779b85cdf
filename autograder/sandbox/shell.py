"""The notebook's shell in a worker, and what its cells show, in nbformat's form and bounded.

Nothing here is a wall: student code shares this interpreter and can change every line of it.
"""

from __future__ import annotations

import base64
import io
import sys
from typing import Any

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from autograder.sandbox import wire

MAX_STREAM = 64 << 10  # characters of one stream kept a cell
MAX_OUTPUT = 4 << 20  # characters of one display kept


class Recorder:
    """What a cell shows, in nbformat's form and bounded; or only swallowed while `muted`."""

    def __init__(self) -> None:
        self.outputs: list[dict[str, Any]] = []
        self.muted = False

    def begin(self) -> None:
        self.outputs = []

    def stream(self, name: str, text: str) -> None:
        if self.muted or not text:
            return
        last = self.outputs[-1] if self.outputs else {}
        if last.get("name") != name:
            last = {"output_type": "stream", "name": name, "text": ""}
            self._add(last)
        room = MAX_STREAM - len(last["text"])
        last["text"] += encodable(text[:room])

    def display(self, kind: str, data: dict[str, Any]) -> None:
        plain = {str(mime): _as_text(value) for mime, value in list(data.items())[: wire.MAX_KINDS]}
        small = {mime: text for mime, text in plain.items() if text is not None and len(text) <= MAX_OUTPUT}
        self._add({"output_type": kind, "data": small, "metadata": {}})

    def error(self, name: str, value: str, lines: list[str]) -> None:
        shown = [encodable(str(line)[:MAX_STREAM]) for line in lines[-wire.MAX_LINES :]]
        told = encodable(value[:MAX_STREAM])
        self._add({"output_type": "error", "ename": encodable(name), "evalue": told, "traceback": shown})

    def _add(self, output: dict[str, Any]) -> None:
        if not self.muted and len(self.outputs) < wire.MAX_OUTPUTS:
            self.outputs.append(output)


def _as_text(value: Any) -> str | None:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return encodable(value) if isinstance(value, str) else None


def encodable(text: str) -> str:
    """The text without lone surrogates, which no message can hold."""
    return text.encode("utf-8", "replace").decode()


class Stream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr` of the notebook."""

    def __init__(self, recorder: Recorder, name: str, fd: int) -> None:
        self._recorder = recorder
        self._name = name
        self._fd = fd

    encoding = "utf-8"
    errors = "replace"

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._recorder.stream(self._name, text)
        return len(text)


class Publisher(DisplayPublisher):
    """Takes what `display()` shows."""

    recorder: Recorder

    def publish(self, data: dict[str, Any], metadata: Any = None, **_: Any) -> None:
        self.recorder.display("display_data", data)

    def clear_output(self, wait: bool = False) -> None:
        self.recorder.begin()


class Hook(DisplayHook):
    """Takes the value of a cell's last expression."""

    recorder: Recorder

    def write_output_prompt(self) -> None:
        """Jupyter prints no prompt of its own."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
        self.recorder.display("execute_result", format_dict)

    def finish_displayhook(self) -> None:
        """Nothing was written, so nothing is flushed."""


class Compiler(CachingCompiler):
    """Names a cell's code after the cell, so that a traceback can be led back to it."""

    cell = 0

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        return f"<cell {self.cell}>"


class Shell(InteractiveShell):
    """The notebook's shell."""

    compiler_class = Compiler
    recorder: Recorder

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        self.recorder.error(etype.__name__, str(evalue), stb)

    def ask_exit(self) -> None:
        """`exit` in a notebook ends nothing: the cells below still run."""

    def enable_gui(self, gui: str | None = None) -> None:
        """Figures are drawn inline; there is no window to have."""

    def init_virtualenv(self) -> None:
        """There is none in here."""


def make_shell() -> Shell:
    """A shell with matplotlib's inline figures, no history file and no terminal."""
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.cache_size = 0  # no `_12` that keeps every result alive
    recorder = Recorder()
    Publisher.recorder = Hook.recorder = Shell.recorder = recorder
    Shell.displayhook_class, Shell.display_pub_class = Hook, Publisher
    shell: Shell = Shell.instance(config=config)
    shell.system = shell.system_raw  # no terminal device in here for the other way
    shell.enable_matplotlib("inline")
    sys.path[:] = [path for path in sys.path if path]  # the working folder comes last, in `serve`
    return shell
