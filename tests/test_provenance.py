import importlib.metadata
import subprocess

from sbgc import digests, provenance, runtime


def test_a_manifest_says_what_the_numbers_depend_on_and_the_callers_facts_as_they_were_given():
    manifest = provenance.manifest(["sbgc.units"], seed=3)
    assert manifest["seed"] == 3
    assert manifest["code"] == digests.code_digest("sbgc.units")
    assert manifest["runtime"] == runtime.facts()
    assert manifest.keys() - {"seed"} == {"commit", "code", "python", "versions", "device", "machine", "runtime"}


def test_a_manifest_names_the_versions_of_the_packages_that_are_installed(monkeypatch):
    def version(package):
        if package == "opencv-python-headless":
            raise importlib.metadata.PackageNotFoundError(package)
        return f"{package}-1.0"

    monkeypatch.setattr(importlib.metadata, "version", version)
    versions = provenance.manifest(["sbgc.units"])["versions"]
    assert {"jax", "numpy", "foolbox", "scikit-image", "pillow"} <= set(versions)
    assert versions["numpy"] == "numpy-1.0"
    assert "opencv-python-headless" not in versions


def test_outside_of_a_repository_and_without_git_the_commit_is_unknown(monkeypatch, tmp_path):
    monkeypatch.setattr(provenance, "PACKAGE", tmp_path)
    assert provenance.manifest(["sbgc.units"])["commit"] == "unknown"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert provenance.manifest(["sbgc.units"])["commit"] == "unknown"


def test_a_commit_with_edits_is_marked_dirty(monkeypatch, tmp_path):
    def git(*arguments):
        identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    (tmp_path / "file").write_text("one")
    git("init")
    git("add", "file")
    git("commit", "-m", "Begin")
    monkeypatch.setattr(provenance, "PACKAGE", tmp_path)
    clean = provenance.manifest(["sbgc.units"])["commit"]
    (tmp_path / "file").write_text("two")
    assert len(clean) == 12
    assert provenance.manifest(["sbgc.units"])["commit"] == f"{clean}-dirty"


def test_equal_values_have_equal_json():
    assert (
        provenance.as_json({"b": (1,), "a": None}) == provenance.as_json({"a": None, "b": [1]}) == '{"a":null,"b":[1]}'
    )
