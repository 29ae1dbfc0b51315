"""log p of binary images under a model of Inkling, with PyTorch: differentiable, so that the weights can be trained further.

python3 load_torch.py MODEL IMAGES    MODEL: .npz or .safetensors, IMAGES: an IDX file that is not packed; prints nats as JSON
"""

import json
import sys

import torch
from torch.nn.functional import softplus

from load_numpy import load as load_arrays


def load(path):
    """The tensors by name, float64, and the metadata of a file."""
    arrays, metadata = load_arrays(path)
    return {name: torch.from_numpy(array) for name, array in arrays.items()}, metadata


def independent(w, hyper, x, order):
    return w["logit"]


def tree(w, hyper, x, order):
    parent = w["parent"].long()
    shown = x[:, parent] * (parent >= 0)
    return torch.where(shown > 0, w["logit"][:, 1], w["logit"][:, 0])


def nade(w, hyper, x, order):
    a, z = w["hidden_bias"] + 0 * x[:, :1], []
    for i, pixel in enumerate(order):
        z.append(torch.sigmoid(a) @ w["output"][i] + w["bias"][i])
        a = a + x[:, pixel, None] * w["input"][i]
    return torch.stack(z, 1)[:, torch.argsort(order)]


def made(w, hyper, x, order):
    n, units = len(order), hyper["hidden"]
    place = torch.argsort(order)
    degree = (2 * torch.arange(units) + 1) * (n - 1) // (2 * units)
    h, seen = x, place
    for layer in range(1, hyper["layers"] + 1):
        visible = degree >= seen[:, None]
        h, seen = torch.relu(h @ (w[f"weight_{layer}"] * visible) + w[f"bias_{layer}"]), degree
    z = h @ (w["output"] * (place[:, None] > degree)).T + w["output_bias"]
    return z + x @ (w["direct"] * (place > place[:, None])) if hyper.get("direct") else z


LOGITS = {"independent": independent, "tree": tree, "nade": nade, "made": made}


def log_p(w, metadata, x):
    """log p in nats of images x, [count, n] of 0 and 1 row by row: [count]."""
    hyper = json.loads(metadata["hyper"])
    assert not hyper.get("class-conditional"), "a model of every class: take its ONNX graph"
    plain = hyper.get("order", 0) == 0 and hyper.get("orders", 1) == 1
    assert plain or "orders" in w, "its pixels are shuffled: read the NPZ file, which holds the orders"
    orders = w["orders"].long() if "orders" in w else torch.arange(x.shape[1])[None]
    logits = [LOGITS[metadata["family"]](w, hyper, x, order) for order in orders]
    nats = torch.stack([-softplus((1 - 2 * x) * z).sum(-1) for z in logits])
    return torch.logsumexp(nats, 0) - torch.log(torch.tensor(float(len(nats))))


if __name__ == "__main__":
    tensors, about = load(sys.argv[1])
    pixels = torch.tensor(list(open(sys.argv[2], "rb").read()[16:]))
    images = (pixels >= 128).reshape(-1, int(about["width"]) * int(about["height"])).double()
    print(json.dumps(log_p(tensors, about, images).tolist()))
