"""log p of binary images under a model of Inkling, with NumPy alone.

python3 load_numpy.py MODEL IMAGES    MODEL: .npz or .safetensors, IMAGES: an IDX file that is not packed; prints nats as JSON
"""

import json
import sys

import numpy as np


def load(path):
    """The tensors by name, float64, and the metadata of a file."""
    if path.endswith(".npz"):
        file = np.load(path)
        names = [name for name in file.files if name not in ("metadata", "README.md")]
        return {name: file[name].astype(float) for name in names}, json.loads(file["metadata"].item())
    raw = open(path, "rb").read()
    end = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:end])
    metadata, tensors = header.pop("__metadata__"), {}
    for name, at in header.items():
        begin, stop = (end + offset for offset in at["data_offsets"])
        numbers = np.frombuffer(raw[begin:stop], {"F32": "<f4", "F16": "<f2"}[at["dtype"]])
        tensors[name] = numbers.reshape(at["shape"]).astype(float)
    return tensors, metadata


def independent(w, hyper, x, order):
    return w["logit"]


def tree(w, hyper, x, order):
    parent = w["parent"].astype(int)
    shown = x[:, parent] * (parent >= 0)
    return np.where(shown > 0, w["logit"][:, 1], w["logit"][:, 0])


def nade(w, hyper, x, order):
    a, z = w["hidden_bias"], np.zeros_like(x)
    for i, pixel in enumerate(order):
        z[:, pixel] = 1 / (1 + np.exp(-a)) @ w["output"][i] + w["bias"][i]
        a = a + x[:, pixel, None] * w["input"][i]
    return z


def made(w, hyper, x, order):
    n, units = len(order), hyper["hidden"]
    place = np.argsort(order)
    degree = (2 * np.arange(units) + 1) * (n - 1) // (2 * units)
    h, seen = x, place
    for layer in range(1, hyper["layers"] + 1):
        visible = degree >= seen[:, None]
        h, seen = np.maximum(0, h @ (w[f"weight_{layer}"] * visible) + w[f"bias_{layer}"]), degree
    z = h @ (w["output"] * (place[:, None] > degree)).T + w["output_bias"]
    return z + x @ (w["direct"] * (place > place[:, None])) if hyper.get("direct") else z


LOGITS = {"independent": independent, "tree": tree, "nade": nade, "made": made}


def log_p(w, metadata, x):
    """log p in nats of images x, [count, n] of 0 and 1 row by row: [count]."""
    hyper = json.loads(metadata["hyper"])
    assert not hyper.get("class-conditional"), "a model of every class: take its ONNX graph"
    plain = hyper.get("order", 0) == 0 and hyper.get("orders", 1) == 1
    assert plain or "orders" in w, "its pixels are shuffled: read the NPZ file, which holds the orders"
    orders = w.get("orders", np.arange(x.shape[1])[None]).astype(int)
    logits = [LOGITS[metadata["family"]](w, hyper, x, order) for order in orders]
    nats = [-np.logaddexp(0, (1 - 2 * x) * z).sum(-1) for z in logits]
    return np.logaddexp.reduce(nats) - np.log(len(nats))


if __name__ == "__main__":
    tensors, about = load(sys.argv[1])
    pixels = np.frombuffer(open(sys.argv[2], "rb").read()[16:], np.uint8)
    images = (pixels >= 128).reshape(-1, int(about["width"]) * int(about["height"])).astype(float)
    print(json.dumps(log_p(tensors, about, images).tolist()))
