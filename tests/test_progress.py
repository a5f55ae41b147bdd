import sys

from sbgc import progress


def test_in_a_log_file_the_bar_is_plain_lines_with_its_count_and_no_carriage_return(capsys):
    assert not sys.stderr.isatty()
    with progress.progress_bar(4, "train", "step", initial=1) as bar:
        bar.update(3)
    written = capsys.readouterr().err
    assert "\r" not in written
    lines = written.splitlines()
    assert all(line.startswith("train:") for line in lines)
    assert "4/4" in lines[-1]
    assert "step/s" in lines[-1]
