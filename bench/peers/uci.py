"""uci.py RESULTS UCI SET SPLITS SECONDS: scikit-learn's Gaussian process with the Gaussian kernel, by its own search for the most
evidence, on the splits that bench/uci.c takes.

Appends a line for each split to RESULTS that it lacks, and begins none after SECONDS.
"""
import sys
import time
import warnings

import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

MODEL = 'scikit-learn RBF'


def standardised(train, test):
    """Both by the training rows' mean and deviation; a column that is constant to rounding becomes 0."""
    mean, deviation = train.mean(0), train.std(0)
    deviation = np.where(deviation > 1e-10 * np.abs(mean), deviation, np.inf)
    return (train - mean) / deviation, (test - mean) / deviation, deviation


def judge(data, tests):
    """Error and density of one split, in the units of the target, and the rest of a line."""
    train, test, deviation = standardised(data[~tests], data[tests])
    x, y, n, d = train[:, :-1], train[:, -1], len(train), train.shape[1] - 1
    kernel = ConstantKernel(1.0, (1e-5, 1e5)) * RBF(np.sqrt(d), (1e-3, 1e4)) + WhiteKernel(0.01, (1e-7, 1e5))
    start = time.perf_counter()
    model = GaussianProcessRegressor(kernel).fit(x, y)
    middle = time.perf_counter()
    mean, spread = model.predict(test[:, :-1], return_std=True)  # of a new y: with the noise
    residual = test[:, -1] - mean
    rmse = deviation[-1] * np.sqrt(np.mean(residual ** 2))
    nlpd = np.mean(np.log(2 * np.pi * spread ** 2) + (residual / spread) ** 2) / 2 + np.log(deviation[-1])
    return '%d,%d,%d,%.8g,%.8g,%.8g,%.8g,%d,%.3f,%.3f' % (
        n, len(test), d, rmse, nlpd, model.log_marginal_likelihood_value_ / n, model.kernel_.k2.noise_level, 0, middle - start,
        time.perf_counter() - middle)


def main():
    results, uci, name, splits, seconds = sys.argv[1:]
    until = time.monotonic() + float(seconds)
    data = np.loadtxt('%s/%s/data.csv.gz' % (uci, name), delimiter=',')
    mask = np.loadtxt('%s/%s/test_mask.csv.gz' % (uci, name), delimiter=',') != 0
    with open(results, 'a+') as file:
        file.seek(0)
        lines = file.readlines()
        for split in range(int(splits)):
            key = '%s,%d,%s,' % (name, split, MODEL)
            if any(line.startswith(key) for line in lines) or time.monotonic() > until:
                continue
            line = key + judge(data, mask[:, split])
            print(line, file=file, flush=True)
            print(line, flush=True)


warnings.filterwarnings('ignore')  # of hyperparameters at their bounds
main()
