"""The manifest of the model in use: none, one of a model that is gone, damaged, whole."""

from __future__ import annotations

import json

import pytest

from data.errors import ModelError
from data.home import home, set_current_model
from model.manifest import FILE, FORMAT, manifest_in_use, read_manifest


def test_it_is_empty_unless_a_model_that_can_be_read_is_in_use(fresh_home):
    assert manifest_in_use() == {}
    model = home() / "models" / "first"
    set_current_model(model)
    assert manifest_in_use() == {}, "the folder is gone"
    model.mkdir()
    assert manifest_in_use() == {}, "there is no manifest in it"
    for damaged in ("{", "[]", json.dumps({"format": FORMAT + 1})):
        (model / FILE).write_text(damaged, encoding="utf-8")
        assert manifest_in_use() == {}
        with pytest.raises(ModelError):
            read_manifest(model)
    whole = {"format": FORMAT, "people": ["小明"]}
    (model / FILE).write_text(json.dumps(whole), encoding="utf-8")
    assert manifest_in_use() == whole == read_manifest(model)
