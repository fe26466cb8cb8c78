"""Files that are fetched: whole and right, or not at all."""

import gzip
import hashlib
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from weightflow import limits
from weightflow.formats import downloads
from weightflow.formats.downloads import check_sum, content_digest, fetch

CONTENT = b"time,a\n0,1\n"
SUM = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server():
    """A server on this machine, whose log is `asked`.

    `/busy` answers the third time, `/short` breaks off, `/long` and `/strange` say what is not so.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append(self.path)
            if self.path == "/elsewhere":
                self.send_response(302)
                self.send_header("Location", "file:///etc/hostname")
                return self.end_headers()
            said = {"/short": str(len(CONTENT) + 1), "/long": str(10**18), "/strange": "many"}
            busy = self.path == "/busy" and self.server.asked.count(self.path) < 3
            self.send_response(503 if busy else 404 if self.path == "/none" else 200)
            self.send_header("Content-Length", said.get(self.path, str(len(CONTENT))))
            self.end_headers()
            self.wfile.write(CONTENT)
            return None

        def log_message(self, *_):
            pass

    found = HTTPServer(("127.0.0.1", 0), Handler)
    found.asked = []
    found.url = f"http://127.0.0.1:{found.server_port}"
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


@pytest.mark.parametrize("sha256", [SUM, None])
def test_a_file_is_fetched_with_its_checksum(server, tmp_path, sha256):
    assert fetch(f"{server.url}/data.csv", tmp_path / "new" / "data.csv", sha256) == SUM
    assert (tmp_path / "new" / "data.csv").read_bytes() == CONTENT


def test_a_file_on_this_machine_is_fetched(tmp_path):
    (tmp_path / "there.csv").write_bytes(CONTENT)
    assert fetch((tmp_path / "there.csv").as_uri(), tmp_path / "here.csv", SUM) == SUM
    assert (tmp_path / "here.csv").read_bytes() == CONTENT


def test_a_busy_server_is_asked_again(server, tmp_path):
    fetch(f"{server.url}/busy", tmp_path / "data.csv", SUM, wait=0)
    assert server.asked == ["/busy"] * 3


@pytest.mark.parametrize(
    ("path", "sha256", "sentence", "asked"),
    [
        ("/none", SUM, r"cannot be fetched \(HTTP Error 404: Not Found\); check the key url", 1),
        ("/short", None, r"cannot be fetched \(.*11 of 12 bytes came", 2),
        ("/elsewhere", None, r"cannot be fetched \(.*[Rr]edirection to url 'file:///etc/hostname' is not allowed", 2),
        ("/long", None, rf"has {10**18} bytes or more, and \d+ is the most that fits", 1),
        ("/data.csv", "0" * 64, rf"the checksum of the download is {SUM}, not the key sha256's {'0' * 64}", 1),
    ],
)
def test_what_is_not_right_replaces_nothing(server, tmp_path, refused, path, sha256, sentence, asked):
    (tmp_path / "data.csv").write_text("what was there")
    with refused(sentence):
        fetch(server.url + path, tmp_path / "data.csv", sha256, attempts=2, wait=0)
    assert [file.name for file in tmp_path.iterdir()] == ["data.csv"]
    assert (tmp_path / "data.csv").read_text() == "what was there"
    assert len(server.asked) == asked


def test_a_server_that_is_not_there_is_told(tmp_path, refused):
    with refused(r"http://127\.0\.0\.1:9/x: cannot be fetched \(.*refused.*\); .* put the file at .*data\.csv"):
        fetch("http://127.0.0.1:9/x", tmp_path / "data.csv", None, attempts=1)


def test_what_never_ends_is_cut_off(server, tmp_path, refused, monkeypatch):
    monkeypatch.setattr(limits, "most_bytes", lambda: len(CONTENT) - 1)
    with refused(rf"has {len(CONTENT)} bytes or more, and {len(CONTENT) - 1} is the most"):
        fetch(f"{server.url}/strange", tmp_path / "data.csv", None)
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_is_not_waited_for(tmp_path, refused):
    os.mkfifo(tmp_path / "pipe")
    with refused("is no file"):
        fetch((tmp_path / "pipe").as_uri(), tmp_path / "data.csv", None, wait=0)


def test_a_file_or_its_unpacked_content_has_the_checksum(saved, refused):
    packed = [gzip.compress(CONTENT, level, mtime=level) for level in (1, 9)]
    published, anew = (saved(f"{i}.csv.gz", content) for i, content in enumerate(packed))
    of_file = hashlib.sha256(packed[0]).hexdigest()
    check_sum(published, of_file, "the config")
    for path in (published, anew):
        check_sum(path, SUM, "the config")
        check_sum(path, of_file, "the config", SUM)
    with refused(r"1\.csv\.gz: its checksum is [0-9a-f]{64}, not the sha256 in the config; get the right file"):
        check_sum(anew, of_file, "the config")
    with refused("not the sha256 in the config"):
        check_sum(saved("other.gz", gzip.compress(b"other")), of_file, "the config", SUM)


@pytest.mark.parametrize("content", [b"", CONTENT, gzip.compress(CONTENT)[:-9], gzip.compress(CONTENT) + b"x"])
def test_what_is_not_compressed_has_no_unpacked_content(saved, content):
    assert content_digest(saved("data.csv", content)) in (None, hashlib.sha256(b"").hexdigest())


def test_content_without_end_is_not_compared(saved, monkeypatch):
    monkeypatch.setattr(downloads, "_MOST_UNPACKED", 2**20)
    assert content_digest(saved("data.gz", gzip.compress(bytes(2**24)))) is None


def test_a_download_may_be_compressed_anew(saved, tmp_path):
    packed = gzip.compress(CONTENT)
    found = fetch(saved("there.csv.gz", packed).as_uri(), tmp_path / "here.csv.gz", SUM)
    assert found == hashlib.sha256(packed).hexdigest()
