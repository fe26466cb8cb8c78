"""The name of a run: a key, or the name of the last config file."""

from pathlib import Path

import pytest

from weightflow.config.run_name import run_name
from weightflow.yaml_files import read_config


@pytest.fixture
def named(tmp_path):
    """The name of a run from config files, with keys on the command line."""

    def name(files: dict[str, str], **given) -> str | None:
        paths = [tmp_path / file for file in files]
        for path, text in zip(paths, files.values(), strict=True):
            path.write_text(text)
        content = {key: value for path in paths for key, value in read_config(path).items()}
        return run_name(content | given, paths)

    return name


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, None),
        ({"cells.yaml": "seeds: [1]"}, "cells"),
        ({"2024-cells_a.json": "{}"}, "2024-cells_a"),
        ({"config.yaml": "{}"}, None),
        ({"settings.yaml": "{}"}, None),
        ({"cells.yaml": "name: other"}, "other"),
        ({"settings.yaml": "name: other"}, "other"),
        ({"populations.yaml": "name: null"}, None),
        ({"cells.yaml": "{}", "more.yaml": "{}"}, "more"),
        ({"cells.yaml": "name: other", "more.yaml": "{}"}, "more"),
        ({"cells.yaml": "name: null", "more.yaml": "name: last"}, "last"),
        ({"my cells.yaml": "name: cells"}, "cells"),
    ],
)
def test_the_last_file_names_the_run(named, files, found):
    assert named(files) == found


def test_the_command_line_names_it_before_any_file(named):
    assert named({}, name="given") == "given"
    assert named({"cells.yaml": "name: other"}, name="given") == "given"
    assert named({"cells.yaml": "{}"}, name=None) is None


@pytest.mark.parametrize("file", ["my cells.yaml", "run.v2.yaml", "é.yaml", "-a.yaml", "x" * 65 + ".yaml"])
def test_a_file_whose_name_is_no_folder_of_results_is_refused(named, refused, file):
    with refused("a run has the name of its config file, and .* add the key name, or rename the file"):
        named({file: "{}"})


def test_a_missing_file_is_refused(refused, tmp_path):
    with refused("none.yaml: there is no such file"):
        run_name({}, [Path(tmp_path, "none.yaml")])
