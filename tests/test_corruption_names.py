from sbgc.figures.corruption_names import in_families, spelled


def test_noises_come_first_then_blurs_then_the_others():
    kinds = ["fog", "zoom_blur", "jpeg_compression", "shot_noise", "defocus_blur"]
    assert in_families(kinds) == ["shot_noise", "defocus_blur", "zoom_blur", "fog", "jpeg_compression"]


def test_a_corruption_is_spelled_in_words():
    assert spelled("shot_noise") == "Shot noise"
    assert spelled("jpeg_compression") == "JPEG compression"
