"""Bars go to the screen, or to the log of a job."""

from weightflow.progress import BARS, progress


def test_a_bar_is_on_standard_error_unless_the_screen_shows_the_run(capsys, monkeypatch):
    monkeypatch.delenv(BARS, raising=False)
    assert list(progress(range(2), "counting")) == [0, 1]
    shown = capsys.readouterr()
    assert "counting: 100%" in shown.err
    assert not shown.out
    monkeypatch.setenv(BARS, "log")
    assert list(progress(range(2), "counting")) == [0, 1]
    logged = capsys.readouterr()
    assert "counting: 100%" in logged.out
    assert not logged.err
