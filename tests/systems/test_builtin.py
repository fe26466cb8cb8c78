"""The systems that come with the project are found by name, also in an installed package."""

from weightflow.systems.builtin import BUILTIN, find_system


def test_built_in_systems_are_those_of_resources(root):
    shipped = {path.name for path in (root / "resources" / "systems").glob("*.yaml")}
    assert {path.name for path in BUILTIN.glob("*.yaml")} == shipped
    assert find_system("epidemic").read_text() == (root / "resources" / "systems" / "epidemic.yaml").read_text()


def test_a_path_stays_and_an_unknown_name_is_refused(refused):
    assert str(find_system("my/own.yaml")) == "my/own.yaml"
    with refused("unknown system 'toggle'; did you mean 'toggle_switch'"):
        find_system("toggle")
