"""How the other programs are timed."""
import time


def best_time(run):
    """The best of three or more runs after a warm-up, and the last result; fewer where they take longer than a minute."""
    run()
    best, start, rounds = float('inf'), time.perf_counter(), 0
    while (rounds < 3 or time.perf_counter() - start < 0.5) and time.perf_counter() - start < 60:
        begin = time.perf_counter()
        result = run()
        best = min(best, time.perf_counter() - begin)
        rounds += 1
    return best, result
