"""The notebook that is kept as evidence: what was run, with what it showed, cleaned."""

from __future__ import annotations

from collections.abc import Mapping

import nbformat
from nbformat import NotebookNode

from autograder.clean import clean_markdown, clean_outputs, clean_text
from autograder.execution import CellRun
from autograder.submission import Cell, Rebuilt

NOTICE = "autograder-notice"


def recorded_notebook(rebuilt: Rebuilt, runs: Mapping[int, CellRun], notes: list[str]) -> NotebookNode:
    """A notebook that renders like the student's and holds nothing active of theirs.

    Args:
        rebuilt: the cells that were run.
        runs: what each code cell did, by its place.
        notes: what the student should know of the run; they become the first cell.
    """
    cells = [_cell(cell, runs.get(number)) for number, cell in enumerate(rebuilt.cells)]
    told = [rebuilt.fault] if rebuilt.fault else []
    if told or notes:
        cells.insert(0, _notice([*told, *notes]))
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=rebuilt.metadata)
    notebook.nbformat_minor = 5
    return notebook


def _notice(notes: list[str]) -> NotebookNode:
    # notes quote names that students chose: they are shown as text
    lines = "\n\n".join(f"- {note}" for note in notes)
    return nbformat.v4.new_markdown_cell(clean_markdown(f"**About this submission**\n\n{lines}"), id=NOTICE)


def _cell(cell: Cell, run: CellRun | None) -> NotebookNode:
    if cell.kind == "code":
        node = nbformat.v4.new_code_cell(clean_text(cell.source), id=cell.cell_id)
        node.outputs = clean_outputs(run.outputs) if run else []
    elif cell.origin == "release":
        node = nbformat.v4.new_markdown_cell(cell.source, id=cell.cell_id)
    elif cell.kind == "raw":
        node = nbformat.v4.new_markdown_cell(clean_markdown(_fenced(cell.source)), id=cell.cell_id)
    else:
        node = nbformat.v4.new_markdown_cell(clean_markdown(cell.source, cell.attachments), id=cell.cell_id)
    node.metadata.update(nbformat.from_dict(cell.metadata))
    return node


def _fenced(text: str) -> str:
    fence = "`" * 3
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"
