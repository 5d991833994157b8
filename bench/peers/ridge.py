"""ridge.py FOLDER NAME: the models that the library's side left in FOLDER (models.c), by scikit-learn; NAME is the data set's.

Prints a line for each quantity: what both say of it, how far they are apart, and both times.  The errors are in units of the
targets' deviation.  Apart: the largest difference over the largest number.  Where scikit-learn is given the kernel, its time is
without it.  --heading prints the columns' names instead.  Exits with 1 where they disagree.
"""
import os
import sys

import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import RidgeCV

from stopwatch import best_time

LIMIT = 1e-8


class Case:
    """What the library's side left."""

    def __init__(self, folder):
        with open(os.path.join(folder, 'models.txt')) as file:
            self.values = {name: float(value) for name, value in map(str.split, file)}
        self.folder = folder
        self.n, self.m, self.d = (int(self.values[name]) for name in ('n', 'm', 'd'))
        self.x, self.x_test = self.array('x', self.d), self.array('x_test', self.d)
        self.y, self.y_test = self.array('y'), self.array('y_test')
        self.gamma = 1 / (2 * self.d)

    def array(self, name, cols=0):
        values = np.fromfile(os.path.join(self.folder, name + '.bin'))
        return values.reshape(-1, cols) if cols else values

    def error(self, prediction):
        return np.sqrt(np.mean((prediction - self.y_test) ** 2))


def apart(mine, theirs):
    return float(np.max(np.abs(mine - theirs)) / np.max(np.abs(theirs)))


# --- each yields (model, quantity, what libntk says, what scikit-learn says, how far they are apart, both times) ---

def kernel_ridge(case, name, label, model, x, x_test):
    seconds, theirs = best_time(lambda: model.fit(x, case.y).predict(x_test))
    mine = case.array(name + '_mean')
    yield label, 'test RMSE', case.error(mine), case.error(theirs), apart(mine, theirs), case.values[name + '_seconds'], seconds


def gaussian_process(case):
    model = GaussianProcessRegressor(RBF(np.sqrt(case.d), 'fixed'), alpha=case.values['lambda'], optimizer=None)
    seconds, (mean, deviation) = best_time(lambda: model.fit(case.x, case.y).predict(case.x_test, return_std=True))
    times = case.values['gp_seconds'], seconds
    mine, my_deviation, label = case.array('gp_mean'), case.array('gp_deviation'), 'Gaussian process'
    yield (label, 'test RMSE', case.error(mine), case.error(mean), apart(mine, mean)) + times
    yield (label, 'mean deviation', my_deviation.mean(), deviation.mean(), apart(my_deviation, deviation)) + times
    evidence = np.array([case.values['gp_log_evidence']]), np.array([model.log_marginal_likelihood_value_])
    yield (label, 'log evidence', evidence[0][0], evidence[1][0], apart(*evidence)) + times


def leave_one_out(case, name, label, x):
    alphas = case.array(name + '_alphas')
    model = RidgeCV(alphas, store_cv_results=True)
    seconds, model = best_time(lambda: model.fit(x, case.y))
    times = case.values[name + '_seconds'], seconds
    mine, means = case.array(name + '_loo', len(alphas)) ** 2, case.array(name + '_path')
    theirs = np.reshape(model.cv_results_, (case.n, -1))
    chosen, best = alphas[np.argmin(means)], np.argmin(theirs.mean(0))
    yield (label, "samples' LOO", np.sqrt(mine[:, best].mean()), np.sqrt(theirs[:, best].mean()), apart(mine, theirs)) + times
    yield (label, 'mean LOO', np.sqrt(means.min()), np.sqrt(-model.best_score_), apart(means, theirs.mean(0))) + times
    yield (label, 'alpha chosen', chosen, model.alpha_, apart(chosen, model.alpha_)) + times


def rows(case):
    given = KernelRidge(alpha=case.values['lambda'], kernel='precomputed')
    yield from kernel_ridge(case, 'relu', 'ridge, K^RF + K^NT', given, case.array('relu_train', case.n),
                            case.array('relu_test', case.n))
    own = KernelRidge(alpha=case.values['lambda'], kernel='rbf', gamma=case.gamma)
    yield from kernel_ridge(case, 'rbf', 'ridge, Gaussian', own, case.x, case.x_test)
    yield from gaussian_process(case)
    yield from leave_one_out(case, 'linear', 'linear, alphas', case.x)
    yield from leave_one_out(case, 'wide', '%d features, alphas' % case.values['p'], case.array('features', int(case.values['p'])))


def main():
    if sys.argv[1:] == ['--heading']:
        print('%-9s %5s %3s  %-21s %-14s  %12s %12s  %8s  %10s %10s %6s' %
              ('data', 'n', 'd', 'model', 'quantity', 'libntk', 'scikit-learn', 'apart', 'libntk s', 'sklearn s', 'ratio'))
        return 0
    case, name, wrong = Case(sys.argv[1]), sys.argv[2], []
    for label, quantity, mine, theirs, distance, my_seconds, seconds in rows(case):
        print('%-9s %5d %3d  %-21s %-14s  %12.6g %12.6g  %8.1e  %10.5f %10.5f %6.1f' %
              (name, case.n, case.d, label, quantity, mine, theirs, distance, my_seconds, seconds, seconds / my_seconds), flush=True)
        if not distance <= LIMIT:
            wrong.append('# WRONG: %s of %s is %.1e apart, more than %.0e' % (quantity, label, distance, LIMIT))
    print(*wrong, sep='\n', end='\n' if wrong else '')
    return 1 if wrong else 0


sys.exit(main())
