"""contest.py FOLDER [--jacobian]: the same kernel by other programs, from the arrays that the library's side left in FOLDER.

Prints a line for each program: both times, their ratio, how far the two matrices are apart on the rows that are compared, and how
far each is from mpmath's numbers (in units of sqrt(K_ii K_jj)).  --jacobian: also what takes half a minute and more.
Exits with 1 if the library is not where it should be.
"""
import os
import random
import sys

import mpmath
import numpy as np

from stopwatch import best_time

mpmath.mp.dps = 40

# How far the library may be from mpmath, and from a peer off the diagonal where both have closed forms.  In f32, 1e-5 is some
# hundred roundoffs: what inner products of 784 terms and the angle's derivative leave.
LIMITS = {64: 1e-12, 32: 1e-5}


def read_case(folder):
    with open(os.path.join(folder, 'case.txt')) as file:
        case = dict(line.split() for line in file)
    for name in ('n', 'd', 'N', 'bits', 'rows'):
        case[name] = int(case[name])
    for name in ('seconds', 'limit'):
        case[name] = float(case[name])
    real = np.float64 if case['bits'] == 64 else np.float32
    n, d, count = case['n'], case['d'], case['rows']
    case['x'] = np.fromfile(os.path.join(folder, 'x.bin'), real).reshape(n, d)
    case['K'] = np.fromfile(os.path.join(folder, 'rows.bin'), real).reshape(n, count).T.astype(np.float64)
    case['at'] = np.array([k * n // count for k in range(count)])
    if case['N']:
        theta = np.fromfile(os.path.join(folder, 'theta.bin'))
        case['W'] = theta[:case['N'] * d].reshape(case['N'], d)
        case['a'] = theta[case['N'] * d:]
    return case


# --- the peers: functions of a case that return a function to time, which returns K ---

LAYERS = {'deep': 3}  # hidden ones; 1 otherwise


def stax_kernel(case):
    from neural_tangents import stax
    hidden = [stax.Dense(1, W_std=1, b_std=None), stax.Relu()] * LAYERS.get(case['kind'], 1)
    return stax.serial(*hidden, stax.Dense(1, W_std=1, b_std=None))


def neural_tangents(case):
    import jax
    kernel = stax_kernel(case)[2]
    jitted = jax.jit(lambda x: kernel(x, None, 'ntk'))
    x = jax.numpy.asarray(case['x'])
    return lambda: jitted(x).block_until_ready()


def neural_tangents_batched(case):
    import jax
    import neural_tangents as nt
    sizes = [b for b in range(1, case['n'] + 1) if case['n'] % b == 0 and b <= 1000]
    kernel = nt.batch(stax_kernel(case)[2], batch_size=sizes[-1], store_on_device=False)
    return lambda: np.asarray(kernel(case['x'], None, 'ntk'))


def empirical(case, implementation):
    import jax
    import neural_tangents as nt
    from neural_tangents import stax
    N, d, real = case['N'], case['d'], case['x'].dtype
    apply = stax.serial(stax.Dense(N, W_std=1, b_std=None), stax.Relu(), stax.Dense(1, W_std=1, b_std=None))[1]
    hidden, output = (jax.numpy.asarray(w.astype(real)) for w in (case['W'].T, case['a'].reshape(N, 1)))
    parameters = [(hidden, None), (), (output, None)]
    kernel = nt.empirical_ntk_fn(apply, trace_axes=(-1,), vmap_axes=0, implementation=implementation)
    jitted = jax.jit(lambda x: kernel(x, None, parameters))
    x = jax.numpy.asarray(case['x'])
    return lambda: jitted(x).block_until_ready()


def empirical_structured(case):
    import neural_tangents as nt
    return empirical(case, nt.NtkImplementation.STRUCTURED_DERIVATIVES)


def empirical_jacobian(case):
    import neural_tangents as nt
    return empirical(case, nt.NtkImplementation.JACOBIAN_CONTRACTION)


def structured_by_hand(case):
    """K_N as the library computes it: products of n x N matrices, no Jacobian."""
    import jax
    real, N, d = case['x'].dtype, case['N'], case['d']
    W, a, x = (jax.numpy.asarray(v.astype(real)) for v in (case['W'], case['a'], case['x']))

    @jax.jit
    def kernel(x):
        u = x @ W.T / np.sqrt(d)
        tangent = jax.numpy.where(u > 0, a, 0)
        rf = jax.numpy.maximum(u, 0)
        return (rf @ rf.T + x @ x.T / d * (tangent @ tangent.T)) / N
    return lambda: kernel(x).block_until_ready()


def by_hand(case):
    """What one writes from the paper: whole matrices, one pass of NumPy after the other."""
    x = case['x']
    real, d = x.dtype.type, x.shape[1]

    def run():
        q12 = x @ x.T
        q12 /= real(d)
        length = np.sqrt(np.diagonal(q12))
        r = np.outer(length, length)
        rho = np.clip(q12 / r, -1, 1)
        theta = np.arccos(rho)
        pi = real(np.pi)
        return (r * np.sqrt((1 - rho) * (1 + rho)) + 2 * q12 * (pi - theta)) / (2 * pi)
    return run


def torch_by_hand(case):
    import torch
    x = torch.from_numpy(case['x'])

    def run():
        q12 = x @ x.T / x.shape[1]
        length = torch.sqrt(torch.diagonal(q12))
        r = torch.outer(length, length)
        rho = torch.clamp(q12 / r, -1, 1)
        return ((r * torch.sqrt((1 - rho) * (1 + rho)) + 2 * q12 * (torch.pi - torch.arccos(rho))) / (2 * torch.pi)).numpy()
    return run


def scikit_learn(case):
    from sklearn.metrics.pairwise import rbf_kernel
    return lambda: rbf_kernel(case['x'], gamma=1 / (2 * case['d']))


PEERS = {
    'relu': {'neural-tangents': neural_tangents, 'NumPy by hand': by_hand, 'torch by hand': torch_by_hand},
    'deep': {'neural-tangents': neural_tangents},
    'panels': {'neural-tangents, batched': neural_tangents_batched},
    'rbf': {'scikit-learn': scikit_learn},
    'finite': {'jax by hand': structured_by_hand, 'neural-tangents, structured': empirical_structured},
}
SLOW = {'finite': {'neural-tangents, Jacobian': empirical_jacobian}}


# --- the judge ---

def exact(v):
    return [mpmath.mpf(float(e)) for e in v]


def arc(q11, q22, q12, same):
    """kappa and kdot of ReLU."""
    r = mpmath.sqrt(q11 * q22)
    theta = mpmath.mpf(0) if same else mpmath.acos(q12 / r)
    J = mpmath.sin(theta) + (mpmath.pi - theta) * mpmath.cos(theta)
    return r * J / (2 * mpmath.pi), (mpmath.pi - theta) / (2 * mpmath.pi)


def true_value(case, i, j):
    x, y, d = exact(case['x'][i]), exact(case['x'][j]), case['d']
    if case['kind'] == 'rbf':
        return mpmath.exp(-sum((a - b) ** 2 for a, b in zip(x, y)) / (2 * d))
    q12 = mpmath.fdot(x, y) / d
    if case['N']:
        total = mpmath.mpf(0)
        for w, a in zip(case['W'], exact(case['a'])):
            w = exact(w)
            u, v = mpmath.fdot(w, x), mpmath.fdot(w, y)
            if u > 0 and v > 0:
                total += u * v / d + a * a * q12
        return total / case['N']
    q11, q22, tangent = mpmath.fdot(x, x) / d, mpmath.fdot(y, y) / d, q12
    for layer in range(LAYERS.get(case['kind'], 1)):
        kappa, kdot = arc(q11, q22, q12, i == j)
        q11, q22, q12, tangent = q11 / 2, q22 / 2, kappa, kappa + tangent * kdot
    return tangent


class Judge:
    """Compares rows of K with those of a peer, in units of sqrt(K_ii K_jj)."""

    def __init__(self, case):
        self.case, self.known = case, {}
        n, at = case['n'], case['at']
        self.mine = case['K']
        self.on = [(k, int(i)) for k, i in enumerate(at)]
        self.mask = np.ones((len(at), n), bool)
        self.mask[np.arange(len(at)), at] = False

    def true(self, i, j):
        if (i, j) not in self.known:
            self.known[i, j] = true_value(self.case, i, j)
        return self.known[i, j]

    def errors(self, K, places):
        return max(float(abs(mpmath.mpf(float(K[k, j])) - self.true(int(self.case['at'][k]), j))) / self.unit[k, j]
                   for k, j in places)

    def compare(self, K, diagonal):
        """Distances off and on the diagonal, then the errors of the library and of K, off and on it."""
        case = self.case
        self.unit = np.sqrt(np.outer(diagonal[case['at']], diagonal))
        apart = np.abs(K - self.mine) / self.unit
        off = np.where(self.mask, apart, 0)
        worst = tuple(int(v) for v in np.unravel_index(np.argmax(off), off.shape))
        draw = random.Random(1)
        count = 3 if case['N'] else 40
        places = [worst]
        while case['n'] > 1 and len(places) < count:
            k, j = draw.randrange(len(case['at'])), draw.randrange(case['n'])
            if self.mask[k, j]:
                places.append((k, j))
        on = sorted(self.on, key=lambda p: -apart[p])[:count]
        return (off.max(), max(apart[p] for p in self.on), self.errors(self.mine, places), self.errors(K, places),
                self.errors(self.mine, on), self.errors(K, on))


HEADING = ('%-7s %6s %4s %5s %4s  %10s %6s  %-27s %10s %6s  %8s %8s  %8s %8s  %8s %8s' %
           ('kernel', 'n', 'd', 'N', 'type', 'libntk s', '/limit', 'peer', 'peer s', 'ratio', 'the', 'diagonal', 'libntk', 'peer',
            'libntk', 'peer'))


def main():
    if len(sys.argv) == 2 and sys.argv[1] == '--heading':
        print('%112s  %-19s  %-19s  %-19s' % ('', 'apart, off and on', 'error off the', 'error on the'))
        print(HEADING)
        return 0
    case = read_case(sys.argv[1])
    if case['bits'] == 64:
        os.environ['JAX_ENABLE_X64'] = '1'
    peers = dict(PEERS[case['kind']])
    if '--jacobian' in sys.argv:
        peers.update(SLOW.get(case['kind'], {}))
    judge, limit, wrong = Judge(case), LIMITS[case['bits']], []
    for name, peer in peers.items():
        try:
            run = peer(case)
        except ImportError as missing:
            print('# %s: skipped, no %s' % (name, missing.name))
            continue
        seconds, K = best_time(run)
        K = np.asarray(K).reshape(case['n'], case['n'])
        off, on, mine, theirs, mine_on, theirs_on = judge.compare(K[case['at']].astype(np.float64),
                                                                  np.diagonal(K).astype(np.float64))
        del K
        print('%-7s %6d %4d %5s %4s  %10.5f %6.2f  %-27s %10.5f %6.1f  %8.1e %8.1e  %8.1e %8.1e  %8.1e %8.1e' %
              (case['kind'], case['n'], case['d'], case['N'] or '-', 'f%d' % case['bits'], case['seconds'],
               case['seconds'] / case['limit'], name, seconds, seconds / case['seconds'], off, on, mine, theirs, mine_on,
               theirs_on), flush=True)
        if not max(mine, mine_on) <= limit:
            wrong.append('libntk is %.1e from mpmath' % max(mine, mine_on))
        if name.startswith('neural-tangents') and not case['N'] and case['bits'] == 64 and not off <= limit:
            wrong.append('libntk and %s are %.1e apart off the diagonal' % (name, off))
    for sentence in wrong:
        print('# WRONG: ' + sentence)
    return 1 if wrong else 0


sys.exit(main())
