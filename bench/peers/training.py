"""training.py FOLDER: the trainings that the library's side left in FOLDER (training.c), by PyTorch's optimisers.

Prints a line for each recipe: how far the parameters are apart at most, over the largest of them, in all steps; then a line for each
kind of step on the large network: both times and their ratio.  Exits with 1 where they are apart by more than 1e-10, or where PyTorch is
faster.
"""
import os
import sys

import numpy as np
import torch
from torch.nn import functional

from stopwatch import best_time

LIMIT = 1e-10


def squares(f, y):
    return functional.mse_loss(f, y)


def logistic(f, y):
    return functional.softplus(-y * f).mean()


def softmax(f, y):
    return functional.cross_entropy(f, y)


class Case:
    """What the library's side left."""

    def __init__(self, folder):
        self.folder = folder
        with open(os.path.join(folder, 'training.txt')) as file:
            self.values = {name: float(value) for name, value in map(str.split, file)}
        with open(os.path.join(folder, 'recipes.txt')) as file:
            self.recipes = [line.split() for line in file]

    def __getitem__(self, name):
        return int(self.values[name])

    def array(self, name, cols, real=np.float64):
        return torch.from_numpy(np.fromfile(os.path.join(self.folder, name + '.bin'), real).reshape(-1, cols))


# --- step by step ---

class Network:
    """Of two hidden layers of tanh with biases, in the standardised parameterization; theta as the library lays it out."""

    def __init__(self, case, theta, outputs):
        widths = [case['inputs'], case['width_1'], case['width_2']]
        shapes = [(widths[1], widths[0]), (widths[1],), (widths[2], widths[1]), (widths[2],), (outputs, widths[2]), (outputs,)]
        sizes = [int(np.prod(shape)) for shape in shapes]
        self.parameters = [part.reshape(shape).clone().requires_grad_() for part, shape in zip(theta.split(sizes), shapes)]
        self.bias, self.output_bias = case.values['bias_scale'], case.values['output_bias_scale']

    def __call__(self, x):
        W1, b1, W2, b2, a, c = self.parameters
        h = torch.tanh(x @ W1.T / W1.shape[1] ** 0.5 + self.bias * b1)
        h = torch.tanh(h @ W2.T / W2.shape[1] ** 0.5 + self.bias * b2)
        return h @ a.T / a.shape[1] ** 0.5 + self.output_bias * c

    def theta(self):
        return torch.cat([p.detach().reshape(-1) for p in self.parameters])


def optimiser_of(name, parameters, step, momentum, square_rate, epsilon, decay, nesterov):
    if name == 'SGD':
        return torch.optim.SGD(parameters, step, momentum=momentum, weight_decay=decay, nesterov=nesterov)
    if name == 'Adagrad':
        return torch.optim.Adagrad(parameters, step, eps=epsilon, weight_decay=decay)
    if name == 'RMSprop':
        return torch.optim.RMSprop(parameters, step, alpha=square_rate, eps=epsilon, weight_decay=decay)
    return torch.optim.Adam(parameters, step, betas=(momentum, square_rate), eps=epsilon, weight_decay=decay)


def look_ahead(path, momentum):
    """PyTorch's parameters of Nesterov's method are those at which the next gradient is taken."""
    ahead = path.clone()
    ahead[1:] += momentum * (path[1:] - path[:-1])
    return ahead


def distance(case, x, recipe):
    name, optimiser, objective = recipe[:3]
    step, momentum, square_rate, epsilon, decay = map(float, recipe[3:8])
    batch = int(recipe[8])
    outputs = 3 if objective == 'softmax' else 1
    y = case.array(name + '_y', outputs)
    path = case.array(name + '_path', 1).reshape(case['steps'] + 1, -1)
    network = Network(case, path[0], outputs)
    method = optimiser_of(optimiser, network.parameters, step, momentum, square_rate, epsilon, decay, name == 'nesterov')
    if name == 'nesterov':
        path = look_ahead(path, momentum)
    apart, size = 0.0, float(path.abs().max())
    for k in range(case['steps']):
        rows = slice(k * batch, (k + 1) * batch) if batch else slice(None)
        method.zero_grad()
        globals()[objective](network(x[rows]), y[rows]).backward()
        method.step()
        apart = max(apart, float((network.theta() - path[k + 1]).abs().max()) / size)
    moved = float((path[-1] - path[0]).abs().max()) / size
    return apart, moved


# --- times ---

def step_times(case, bits):
    """Seconds of a step on all rows, and on batches, shuffled anew for each epoch."""
    real = np.float64 if bits == 64 else np.float32
    name, N, d, n, batch = 'large_%d' % bits, case['N'], case['d'], case['n'], case['batch']
    x, y = case.array(name + '_x', d, real), case.array(name + '_y', 1, real)
    theta = case.array(name + '_theta', 1).to(x.dtype).reshape(-1)
    W, a = theta[:N * d].reshape(N, d).clone().requires_grad_(), theta[N * d:].reshape(1, N).clone().requires_grad_()
    method, gamma = torch.optim.SGD([W, a], 1e-3), N ** -0.5

    def step(x, y):
        method.zero_grad(set_to_none=False)
        functional.mse_loss(functional.linear(torch.relu(functional.linear(x, W)), a) * gamma, y).backward()
        method.step()

    def steps():
        order = torch.randperm(n)
        for k in range(min(16, n // batch)):
            rows = order[k * batch:(k + 1) * batch]
            step(x[rows], y[rows])

    full, some = (min(best_time(run)[0] for _ in range(2)) for run in (lambda: step(x, y), steps))
    return full, some / min(16, n // batch)


def main():
    torch.set_num_threads(os.cpu_count())
    case, failed = Case(sys.argv[1]), []
    x = case.array('x', case['inputs'])
    print('# PyTorch %s, %d threads' % (torch.__version__, torch.get_num_threads()))
    print('%-12s %-8s %-9s %5s %9s %9s' % ('recipe', 'PyTorch', 'loss', 'steps', 'moved', 'apart'))
    for recipe in case.recipes:
        apart, moved = distance(case, x, recipe)
        print('%-12s %-8s %-9s %5d %9.1e %9.1e' % (*recipe[:3], case['steps'], moved, apart), flush=True)
        if not apart <= LIMIT:
            failed.append('%s is %.1e apart, more than %.0e' % (recipe[0], apart, LIMIT))
    print('%-12s %5s %7s %5s %6s %12s %12s %6s' % ('step', 'dtype', 'n', 'd', 'N', 'libntk s', 'PyTorch s', 'ratio'))
    for bits in (64, 32):
        for kind, label, rows, theirs in zip(('full', 'some'), ('full batch', 'mini-batch'), (case['n'], case['batch']),
                                             step_times(case, bits)):
            mine = case.values['%s_%d' % (kind, bits)]
            print('%-12s %5s %7d %5d %6d %12.7f %12.7f %6.2f' %
                  (label, 'f%d' % bits, rows, case['d'], case['N'], mine, theirs, theirs / mine), flush=True)
            if theirs < mine:
                failed.append('PyTorch is faster: %s, f%d' % (label, bits))
    for sentence in failed:
        print('# WRONG: ' + sentence)
    return 1 if failed else 0


sys.exit(main())
