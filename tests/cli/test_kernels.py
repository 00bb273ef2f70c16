"""`pixlake kernels`: what is done to images, listed as programs and people read it."""

import pytest

OWN = {"hash", "header", "judge", "describe", "pixels", "thumbnail"}


def test_every_kernel_says_its_parameters_and_columns(pixlake):
    kernels = {kernel["name"]: kernel for kernel in pixlake("kernels", "--json").json["kernels"]}
    assert set(kernels) >= OWN
    for kernel in kernels.values():
        assert {"name", "version", "parameters", "needs", "gives"} <= set(kernel)
        assert kernel["version"] >= 1
        assert kernel["gives"], kernel
        assert "content" in [column["name"] for column in kernel["needs"]]
    check = next(p for p in kernels["judge"]["parameters"] if p["name"] == "check")
    assert (check["type"], check["default"], check["enum"]) == ("string", "header", ["header", "full"])


def test_one_kernel_for_a_person(pixlake):
    text = pixlake("kernels", "judge").stdout
    assert text.startswith("judge (version 1): ")
    assert "parameter max_pixels" in text
    assert "gives     verdict" in text
    assert "thumbnail" not in text


@pytest.mark.parametrize("name", ["jugde", "Thumbnial"])
def test_a_name_there_is_not_is_answered_with_what_is_near(pixlake, name):
    assert "did you mean" in pixlake("kernels", name, status=2).stderr
