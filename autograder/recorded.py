"""The notebook that is kept as evidence: what was run, with what it showed, cleaned."""

from __future__ import annotations

from collections.abc import Mapping

import nbformat
from nbformat import NotebookNode

from autograder.clean import clean_cell, clean_markdown, clean_outputs
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
    plain = {
        "cell_type": cell.kind,
        "source": cell.source,
        "id": cell.cell_id,
        "attachments": cell.attachments,
    }
    if cell.origin == "student":
        node = clean_cell(plain)
    else:
        new = nbformat.v4.new_code_cell if cell.kind == "code" else nbformat.v4.new_markdown_cell
        node = new(cell.source, id=cell.cell_id)
    if run is not None:
        node.outputs = clean_outputs(run.outputs)
    node.metadata.update(nbformat.from_dict(cell.metadata))
    return node
