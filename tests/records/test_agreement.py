"""Whether results were made with the settings of now: before a run, and before figures are made of saved results."""

from base64 import urlsafe_b64encode

import pytest

from weightflow.records.agreement import check_parameters, check_saved, remembered


def test_parameters_that_are_those_of_now_are_accepted(chain):
    check_parameters(lambda record: record.params)


def test_results_that_no_rule_of_now_makes_are_left_alone(chain):
    check_parameters(lambda record: None)


@pytest.mark.parametrize(("change", "told"), [({"code": "z"}, "code"), ({"steps": 6}, "steps"), ({"new": 1}, "new")])
def test_other_parameters_are_refused_where_snakemake_has_forgotten(chain, refused, change, told):
    with refused(rf"^results/model: made with other parameters than a run of now has \({told}\)"):
        check_parameters(lambda record: record.params | (change if record.rule == "model" else {}))


def test_parameters_are_compared_as_they_are_read_back(chain):
    chain("list", "1", points=[1, 2])
    check_parameters(lambda record: record.params | ({"points": (1, 2)} if record.rule == "list" else {}))


def test_what_snakemake_remembers_is_left_to_it(chain, tmp_path):
    short, long = "results/model", "results/" + "/".join(["long"] * 70)
    code = urlsafe_b64encode(long.encode()).decode()
    for name in (urlsafe_b64encode(short.encode()).decode(), f"@{code[:254]}/{code[254:]}", "no name of ours"):
        place = tmp_path / ".snakemake/metadata" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    assert remembered() >= {short, long}
    check_parameters(lambda record: record.params | ({"steps": 6} if record.rule == "model" else {}))


def test_of_what_it_has_forgotten_one_file_is_enough(chain, refused, tmp_path):
    (tmp_path / ".snakemake/metadata").mkdir(parents=True)
    (tmp_path / ".snakemake/metadata" / urlsafe_b64encode(b"results/table").decode()).touch()
    with refused("^results/data, results/model: made with other parameters"):
        check_parameters(lambda record: record.params | {"steps": 6})


def test_where_it_keeps_a_database_all_is_left_to_it(chain, tmp_path):
    (tmp_path / ".snakemake").mkdir()
    (tmp_path / ".snakemake/metadata.db").touch()
    check_parameters(lambda record: record.params | {"steps": 6})


def held(change=None, rule: str = "model", redrawn: tuple[str, ...] = ()) -> None:
    """Hold the table and what it was made from against settings of now that differ for one rule."""

    def now(record):
        return record.params | ((change or {}) if record.rule == rule else {})

    check_saved(["results/table", "config/none.csv"], now, redrawn, "config.yaml")


def test_saved_results_of_the_settings_of_now_are_accepted(chain):
    held()
    check_saved([], lambda record: None, [], "config.yaml")


def test_what_saved_results_were_made_from_is_held_too(chain, refused):
    with refused(r"^results/model: made with other settings than config.yaml has \(steps\)"):
        held({"steps": 6})


def test_what_is_drawn_anew_may_have_other_settings(chain):
    held({"steps": 6}, redrawn=("model",))


def test_results_that_no_figure_is_made_from_are_not_held(chain):
    chain("export", "4", ("model",), times=[1])
    held({"times": [2]}, rule="export")


@pytest.mark.parametrize("version", [{"code": "z"}, {"software": "2"}])
def test_saved_results_of_another_version_are_accepted(chain, version):
    held(version)


def test_of_another_version_only_settings_that_both_know_are_held(chain, refused):
    held({"code": "z", "new": 1})
    with refused("steps"):
        held({"code": "z", "new": 1, "steps": 6})


def test_of_one_version_a_setting_more_is_refused(chain, refused):
    with refused(r"\(new\)"):
        held({"new": 1})


def test_a_setting_is_named_with_those_that_it_is_a_part_of(chain, refused):
    chain("model", "2", ("data",), code="b", settings={"training": {"steps": 5, "rate": 1}})
    with refused(r"\(settings.training.steps\)"):
        held({"settings": {"training": {"steps": 6, "rate": 1}}})


@pytest.mark.parametrize(
    ("before", "now", "same"),
    [(["a", "b"], ["a", None], True), (["a"], ["b"], False), ([None], ["b"], True), (["a"], ["a", "b"], False)],
)
def test_files_that_are_gone_are_not_missed_and_changed_ones_are_refused(chain, refused, before, now, same):
    chain("model", "2", ("data",), code="b", contents=before)
    if same:
        held({"contents": now})
    else:
        with refused(r"\(contents of files\)"):
            held({"contents": now})


def test_a_system_may_be_elsewhere_but_not_another_one(chain, refused):
    chain("model", "2", ("data",), code="b", settings={"system": "config/mine.yaml"})
    held({"settings": {"system": "systems/mine.yaml"}})
    with refused(r"\(settings.system\)"):
        held({"settings": {"system": "epidemic"}})
