"""uci_table.py RESULTS DOCUMENT: replaces what follows the line MARK of DOCUMENT by tables of RESULTS (bench/peers/uci)."""
import collections
import math
import sys

MARK = '<!-- tables: bench/peers/uci -->\n'
SETS = ('yacht', 'housing', 'energy', 'concrete', 'airfoil', 'wine', 'elevators', 'kin40k')
MODELS = tuple('%s %d' % (part, depth) for part in ('K^RF', 'K^NT', 'K^RF + K^NT') for depth in (1, 2, 3)) + ('scikit-learn RBF',)
HEADS = ('RF 1', 'RF 2', 'RF 3', 'NT 1', 'NT 2', 'NT 3', 'sum 1', 'sum 2', 'sum 3', 'RBF GP')


def read(path):
    """lines[set][model]: the numbers of each split."""
    lines = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(path) as file:
        for line in file:
            name, split, model, *rest = line.strip().split(',')
            lines[name][model].append([float(number) for number in rest])
    return lines


def mean_and_error(numbers):
    mean = sum(numbers) / len(numbers)
    if len(numbers) < 2:
        return mean, None
    return mean, math.sqrt(sum((v - mean) ** 2 for v in numbers) / (len(numbers) - 1) / len(numbers))


def shown(number):
    """Three significant digits, without an exponent where it is readable."""
    return '%.3g' % number if number == 0 or 1e-3 <= abs(number) < 1000 else '%.2e' % number


def table(lines, column):
    """Means over the splits; the best in bold."""
    yield '| data | ' + ' | '.join(HEADS) + ' |'
    yield '|---' * (len(HEADS) + 1) + '|'
    for name in (s for s in SETS if s in lines):
        cells = {m: mean_and_error([split[column] for split in lines[name][m]]) for m in MODELS if m in lines[name]}
        best = min(mean for mean, _ in cells.values())
        row = []
        for model in MODELS:
            mean, error = cells.get(model, (None, None))
            cell = '' if mean is None else '**%s**' % shown(mean) if mean == best else shown(mean)
            row.append(cell if error is None else '%s ± %s' % (cell, '%.1g' % error))
        yield '| %s | %s |' % (name, ' | '.join(row))


def sizes(lines):
    yield '| data | training rows | test rows | inputs | splits | seconds, nine kernels | seconds, RBF GP |'
    yield '|---' * 7 + '|'
    for name in (s for s in SETS if s in lines):
        models = lines[name]
        some = next(iter(models.values()))
        own = sum(split[-2] + split[-1] for model in models if model in MODELS[:-1] for split in models[model])
        peer = sum(split[-2] + split[-1] for split in models.get(MODELS[-1], []))
        yield '| %s | %d | %d | %d | %d | %.0f | %s |' % (name, some[0][0], some[0][1], some[0][2], max(map(len, models.values())),
                                                          own, '%.0f' % peer if peer else '')


def main():
    results, document = sys.argv[1:]
    lines = read(results)
    with open(document) as file:
        text = file.read()
    text = text[:text.index(MARK) + len(MARK)]
    parts = (('Test RMSE', table(lines, 3)), ('Negative log predictive density', table(lines, 4)), ('Sizes and times', sizes(lines)))
    for title, rows in parts:
        text += '\n## %s\n\n%s\n' % (title, '\n'.join(rows))
    with open(document, 'w') as file:
        file.write(text)


main()
