import numpy as np


def softplus(values):
    return np.logaddexp(0, values)
