# The course, its folders and the autograde pipeline, for `nbgrader`, the form grader and `make`.
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

try:
    from autograder import gradebook
except ImportError as error:  # nbgrader would log it and run student code by itself, without any wall
    raise SystemExit(f"the kit cannot be imported ({error}): use the nbgrader in .venv/bin") from error

c = get_config()

c.CourseDirectory.course_id = "deep-learning"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)

# Solutions become a stub that fails with a sentence, in place of nbgrader's bare one.
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("write your answer here")'}
c.ClearSolutions.text_stub = "*Write your answer here.*"

# Student code runs in the kit's sandbox and hidden tests outside of it; nbgrader records the outcome.
c.Autograde.exporter_class = gradebook.SubmissionExporter
c.Autograde.pre_convert_hook = gradebook.choose_notebook
c.Autograde.sanitize_preprocessors = []
c.Autograde.autograde_preprocessors = [
    gradebook.SaveReport,
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.NbGrader.logfile = ""
c.ExportApp.plugin_class = "autograder.export.QuestionExport"
