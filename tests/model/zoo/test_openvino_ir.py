"""The IR reader on tiny networks written here, and its refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.errors import ModelError
from model.zoo.readers.openvino_ir import read_ir

TYPES = {"f2": "f16", "f4": "f32", "i8": "i64"}
PRECISIONS = {"f16": "FP16", "f32": "FP32", "i64": "I64"}


class IrWriter:
    """Writes IR v11 files: `add` layers in order of execution, then `write`."""

    def __init__(self):
        self.layers, self.edges, self.blob, self.shapes = [], [], b"", []

    def add(self, kind: str, *inputs: int, shape=(), element="f32", data=None) -> int:
        """A layer fed by earlier ones; `shape` is that of its output. Returns its number."""
        number = len(self.layers)
        dims = [self._dims(self.shapes[i][0]) for i in inputs]
        ports = "".join(
            f'<port id="{p}" precision="{PRECISIONS[self.shapes[i][1]]}">{d}</port>'
            for p, (i, d) in enumerate(zip(inputs, dims, strict=True))
        )
        ports = f"<input>{ports}</input>" if inputs else ""
        if kind != "Result":
            ports += (
                f'<output><port id="{len(inputs)}" precision="{PRECISIONS[element]}">'
                f"{self._dims(shape)}</port></output>"
            )
        attributes = "".join(f' {key}="{value}"' for key, value in (data or {}).items())
        self.layers.append(
            f'<layer id="{number}" name="{kind}_{number}" type="{kind}" version="opset1">'
            f"<data{attributes} />{ports}</layer>"
        )
        for port, i in enumerate(inputs):
            out = self.layers[i].count("<port") - 1
            self.edges.append(
                f'<edge from-layer="{i}" from-port="{out}" to-layer="{number}" to-port="{port}" />'
            )
        self.shapes.append((shape, element))
        return number

    def constant(self, array: np.ndarray) -> int:
        """A constant; float16 is followed by a conversion, as publishers compress weights."""
        element, offset = TYPES[array.dtype.str[1:]], len(self.blob)
        self.blob += array.tobytes()
        number = self.add(
            "Const",
            shape=array.shape,
            element=element,
            data={
                "element_type": element,
                "shape": ", ".join(map(str, array.shape)),
                "offset": offset,
                "size": array.nbytes,
            },
        )
        if element != "f16":
            return number
        return self.add("Convert", number, shape=array.shape, data={"destination_type": "f32"})

    def write(self, folder: Path) -> tuple[Path, Path]:
        xml, bin = folder / "net.xml", folder / "net.bin"
        xml.write_text(
            f'<?xml version="1.0"?><net name="tiny" version="11">'
            f"<layers>{''.join(self.layers)}</layers><edges>{''.join(self.edges)}</edges></net>"
        )
        bin.write_bytes(self.blob)
        return xml, bin

    @staticmethod
    def _dims(shape) -> str:
        return "".join(f"<dim>{size}</dim>" for size in shape)


KERNEL = np.arange(18, dtype="<f2").reshape(2, 1, 3, 3)


@pytest.fixture
def tiny(tmp_path) -> tuple[Path, Path]:
    """A 3x3 convolution with a float16 kernel, and a float32 bias."""
    ir = IrWriter()
    image = ir.add(
        "Parameter", shape=(1, 1, 4, 4), data={"shape": "1,1,4,4", "element_type": "f32"}
    )
    around = dict.fromkeys(("pads_begin", "pads_end"), "0, 0")
    conv = ir.add(
        "Convolution",
        image,
        ir.constant(KERNEL),
        shape=(1, 2, 2, 2),
        data={"strides": "1, 1", "dilations": "1, 1", "auto_pad": "explicit", **around},
    )
    bias = ir.constant(np.array([[[[0.5]], [[-0.5]]]], "<f4"))
    total = ir.add("Add", conv, bias, shape=(1, 2, 2, 2), data={"auto_broadcast": "numpy"})
    ir.add("Result", total)
    return ir.write(tmp_path)


def test_reads_layers_constants_and_wiring(tiny):
    layers = read_ir(*tiny)
    kinds = [layer.kind for layer in layers]
    assert kinds == ["Parameter", "Const", "Convert", "Convolution", "Const", "Add", "Result"]
    assert [layer.inputs for layer in layers] == [(), (), (1,), (0, 2), (), (3, 4), (5,)]
    np.testing.assert_array_equal(layers[1].value, KERNEL)
    assert layers[1].value.dtype == np.float16
    assert layers[4].value.ravel().tolist() == [0.5, -0.5]
    assert layers[3].attributes["strides"] == "1, 1"
    assert all(layer.value is None for layer in layers if layer.kind != "Const")


def test_the_files_written_here_are_what_openvino_reads(tiny):
    openvino = pytest.importorskip("openvino", reason="openvino is only needed to compare with")
    net = openvino.Core().compile_model(str(tiny[0]), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    got = net(np.ones((1, 1, 4, 4), np.float32))[0]
    expected = [36.5, 116.5]  # 0 + ... + 8 + 0.5 and 9 + ... + 17 - 0.5
    np.testing.assert_allclose(got[0, :, 0, 0], expected)


def test_scalar_and_empty_constants(tmp_path):
    ir = IrWriter()
    ir.constant(np.array(7, "<i8"))
    ir.constant(np.zeros((0, 3), "<f4"))
    layers = read_ir(*ir.write(tmp_path))
    assert layers[0].value.shape == () and layers[0].value == 7
    assert layers[1].value.shape == (0, 3)


EVIL = '<!DOCTYPE net [<!ENTITY a "aaaa">]>'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<net", EVIL + "<net", "document type or entity"),
        ("<net", EVIL.lower() + "<net", "document type or entity"),
        ("<net", "<!DOCTYPE net SYSTEM 'file:///etc/passwd'><net", "document type or entity"),
        ("<net ", "<graph ", 'root element "net"'),
        ("</net>", "", "well-formed"),
        ('size="36"', 'size="38"', "needs 36 bytes, not 38"),
        ("2, 1, 3, 3", "2, 1, 3, 4", "needs 48 bytes, not 36"),
        ("2, 1, 3, 3", "2, 1, -3, -3", "shape, offset and size"),
        ("2, 1, 3, 3", "9999999999, 9999999999, 9999999999", "bytes, not 36"),
        ("2, 1, 3, 3", "9" * 5000, "shape, offset and size"),
        ("2, 1, 3, 3", ", ".join("1" * 9), "shape, offset and size"),
        ('offset="36"', 'offset="37"', "ends at byte 45, the file at byte 44"),
        ('offset="36"', 'offset="-8"', "shape, offset and size"),
        ('offset="36"', "", "shape, offset and size"),
        ('element_type="f16"', 'element_type="f12"', "expected one of f16"),
        ('<layer id="2"', '<layer id="1"', "same id"),
        ('<layer id="2"', "<layer", "lacks its id"),
        ('from-layer="1"', 'from-layer="99"', "leads nowhere"),
        ('from-layer="1"', 'from-layer="6"', "before the layer that feeds it"),
        ('to-layer="3" to-port="1"', 'to-layer="3" to-port="0"', "two edges lead to port 0"),
        ('to-port="1"', 'to-port="one"', "leads nowhere"),
    ],
)
def test_refuses_what_does_not_add_up(tiny, old, new, said):
    xml, bin = tiny
    text = xml.read_text()
    assert old in text
    xml.write_text(text.replace(old, new))
    with pytest.raises(ModelError, match=said) as refusal:
        read_ir(xml, bin)
    assert str(refusal.value).startswith(str(xml.parent)) and "Fetch" in str(refusal.value)


def test_refuses_a_declaration_in_another_text_encoding(tiny):
    xml, bin = tiny
    text = xml.read_text().replace('version="1.0"', 'version="1.0" encoding="utf-16"', 1)
    xml.write_bytes(text.replace("<net", EVIL + "<net", 1).encode("utf-16"))
    with pytest.raises(ModelError, match="document type or entity"):
        read_ir(xml, bin)


def test_refuses_other_files(tiny, tmp_path):
    xml, bin = tiny
    with pytest.raises(ModelError, match=r"expected the weights of net\.xml"):
        read_ir(xml, tmp_path / "absent.bin")
    with pytest.raises(ModelError, match="expected a network description"):
        read_ir(tmp_path / "absent.xml", bin)
    with pytest.raises(ModelError, match="well-formed"):
        read_ir(bin, bin)
    xml.write_text("<html><body/></html>")
    with pytest.raises(ModelError, match='root element "net"'):
        read_ir(xml, bin)
    xml.write_text("<net/>")
    with pytest.raises(ModelError, match="received none"):
        read_ir(xml, bin)


def test_refuses_a_truncated_bin(tiny):
    xml, bin = tiny
    bin.write_bytes(bin.read_bytes()[:-1])
    with pytest.raises(ModelError, match="ends at byte 44, the file at byte 43") as refusal:
        read_ir(xml, bin)
    assert refusal.value.file == str(bin)
