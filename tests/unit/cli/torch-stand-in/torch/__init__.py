"""The part of torch that docs/loaders/load_torch.py calls, made of NumPy: where torch is not installed its lines run all the same."""

import numpy as np


class Tensor(np.ndarray):
    def long(self):
        return self.astype(np.int64)

    def double(self):
        return self.astype(np.float64)


def from_numpy(array):
    return np.asarray(array).view(Tensor)


def tensor(values):
    return from_numpy(np.array(values))


def arange(count):
    return from_numpy(np.arange(count))


def argsort(values):
    return from_numpy(np.argsort(np.asarray(values)))


def where(condition, a, b):
    return from_numpy(np.where(condition, a, b))


def stack(values, dim=0):
    return from_numpy(np.stack(values, dim))


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def relu(values):
    return np.maximum(0, values)


def log(values):
    return np.log(values)


def logsumexp(values, dim):
    return np.logaddexp.reduce(values, dim)
