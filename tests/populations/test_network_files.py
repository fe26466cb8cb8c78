"""The files of a population's networks: a folder, a pattern or a list."""

from weightflow.populations.network_files import found_files, network_files


def test_files_are_in_the_order_of_their_numbers(tmp_path):
    for name in ("net-10.pt", "net-9.pt", "net-2.safetensors", "notes.txt", "a.pth"):
        (tmp_path / name).touch()
    assert [file.name for file in network_files(tmp_path)] == ["a.pth", "net-2.safetensors", "net-9.pt", "net-10.pt"]
    assert [file.name for file in network_files(tmp_path / "net-*.pt")] == ["net-9.pt", "net-10.pt"]
    assert network_files([tmp_path / "net-9.pt", tmp_path / "a.pth"])[0].name == "net-9.pt"


def test_one_network_is_no_population(tmp_path, refused):
    (tmp_path / "a.pt").touch()
    with refused(r"has 1 file of networks .*needs two at least"):
        network_files(tmp_path)


def test_a_file_of_a_list_that_is_missing_is_named(tmp_path, refused):
    (tmp_path / "a.pt").touch()
    with refused(r"^here: there is no file .*b\.pt"):
        network_files([tmp_path / "a.pt", tmp_path / "b.pt"], "here")


def test_a_missing_folder_has_no_files(tmp_path):
    assert found_files(tmp_path / "nowhere") == []
