import errno
import os
import shutil
import subprocess
import sys

import pytest

from sbgc.artifacts import ArtifactError
from sbgc.config.spec import Images
from sbgc.steps import command


def raising(error):
    def main():
        raise error

    return main


def line(main):
    """The one line in which a step that fails ends."""
    with pytest.raises(SystemExit) as ended:
        command.run(main)
    text = ended.value.code
    assert isinstance(text, str)
    assert "\n" not in text
    return text.split(": ", 1)[1]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ("spec.json", "'spec.json' is not the JSON of Images: Invalid JSON: expected value at line 1 column 1"),
        ('{"name": "mine", "levels": "many", "image_shape": [8, 8, 1], "num_classes": 3}', "levels: Input should be"),
    ],
)
def test_json_that_is_none_or_does_not_fit_is_told_with_the_place_of_its_first_mistake(capsys, given, fault):
    """Of a step that somebody calls by hand."""
    with pytest.raises(SystemExit):
        command.parse(None, ["--images", given], images=Images.model_validate_json)
    assert fault in capsys.readouterr().err.splitlines()[-1]


def test_a_number_that_is_none_is_told_with_the_name_of_its_type(capsys):
    with pytest.raises(SystemExit):
        command.parse(None, ["--seed", "one"], seed=int)
    assert "--seed: invalid int value: 'one'" in capsys.readouterr().err


@pytest.mark.parametrize("error", [ArtifactError("a.npz: no such file"), FloatingPointError("step 3: loss is nan")])
def test_a_refusal_is_told_as_it_is(error):
    assert line(raising(error)) == str(error)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Unable to allocate 234. MiB"),
        MemoryError(),
        RuntimeError("RESOURCE_EXHAUSTED: Out of memory\nallocating 9 bytes"),
    ],
    ids=["NumPy", "Python", "XLA"],
)
def test_too_little_memory_is_told_as_such_with_what_to_do(error):
    assert line(raising(error)).startswith(f"out of memory: {command.OUT_OF_MEMORY}: ")


@pytest.mark.parametrize("code", command.OF_FILES, ids=errno.errorcode.get)
def test_a_fault_of_a_file_or_disk_is_told_with_its_path(code):
    assert line(raising(OSError(code, os.strerror(code), "some/where"))) == f"some/where: {os.strerror(code)}"


@pytest.mark.parametrize(
    "error",
    [
        TypeError("a programming error"),
        KeyError("sde"),
        AssertionError(),
        RuntimeError("INTERNAL: of XLA"),
        NotImplementedError("not yet"),
        OSError(errno.ENOSPC, "nobody knows where"),
        OSError(errno.ECONNRESET, "of a connection", "somewhere"),
        KeyboardInterrupt(),
    ],
    ids=repr,
)
def test_every_other_error_keeps_its_traceback(error):
    with pytest.raises(type(error)) as raised:
        command.run(raising(error))
    assert raised.value is error
    assert raised.traceback[-1].name == "main"


PROGRAM = """
import sys
from sbgc import artifacts
from sbgc.steps import command

def main():
    import jax
    artifacts.write_json(sys.argv[1], jax.random.key_data(jax.random.key(0)).tolist())

command.run(main)
"""


def run(*arguments, **environment):
    command_line = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.run(command_line, env=os.environ | environment, capture_output=True, text=True)


@pytest.mark.parametrize("platform", ["cuda", "nonsense"])
def test_a_device_that_is_not_there_is_one_line_and_nothing_is_written(tmp_path, platform):
    ran = run(tmp_path / "key.json", JAX_PLATFORMS=platform)
    if ran.returncode == 0:
        pytest.skip(f"this machine has {platform}")
    assert ran.returncode == 1
    assert len(ran.stderr.splitlines()) == 1
    assert f"no device: JAX_PLATFORMS='{platform}': " in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_one_line(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    ran = run(tmp_path / "file" / "key.json", JAX_PLATFORMS="cpu")
    assert (ran.returncode, ran.stderr) == (1, f"-c: {tmp_path}/file: File exists\n")


# Fills a disk of 64 kB that only this program sees, and shows what is left on it.
FULL_DISK = """
mount -t tmpfs -o size=64k none "$1" || exit 77
"$2" -c 'import sys
from sbgc import artifacts
from sbgc.steps import command
command.run(lambda: artifacts.write_json(sys.argv[1] + "/big.json", list(range(99_999))))' "$1"
echo "status $?"; ls -A "$1"
"""


def test_a_full_disk_is_one_line_that_names_the_file_and_nothing_stays_behind(tmp_path):
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare")
    command_line = ["unshare", "--mount", "--map-root-user", "sh", "-c", FULL_DISK, "sh", str(tmp_path), sys.executable]
    ran = subprocess.run(command_line, capture_output=True, text=True)
    if ran.returncode in (1, 77):
        pytest.skip(f"may not mount a disk of its own: {ran.stderr.strip()}")
    assert ran.stderr == f"-c: {tmp_path}/big.json: No space left on device\n"
    assert ran.stdout == "status 1\n"
