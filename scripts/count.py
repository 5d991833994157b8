"""Counts the cases of a Meson test log: those of a TAP program one by one, any other program as one.

Prints the programs that were skipped, then "N passed, N failed".
"""
import json
import re
import sys

CASE = re.compile(r"^(not )?ok\b(.*)$", re.MULTILINE)
SKIP = re.compile(r"#\s*skip\b\s*(.*)", re.IGNORECASE)


def count(run):
    """Returns (passed, failed, skipped sentences) of one program."""
    passed = failed = 0
    skipped = []
    output = run.get("stdout") or ""
    for refused, rest in CASE.findall(output):
        skip = SKIP.search(rest)
        if refused:
            failed += 1
        elif skip:
            skipped.append(skip.group(1))
        else:
            passed += 1
    if run["result"] == "SKIP" and not skipped:
        plan = SKIP.search(output)
        if plan or run["returncode"] == 77:
            skipped.append(plan.group(1) if plan else output.strip().rpartition("\n")[2])
        else:  # a TAP program without a single case
            failed = 1
    elif run["result"] not in ("OK", "SKIP", "EXPECTEDFAIL"):
        failed = failed or 1
    elif not passed and not failed and not skipped:
        passed = 1
    return passed, failed, skipped


def main(path):
    passed = failed = 0
    with open(path, encoding="utf-8") as log:
        for line in log:
            run = json.loads(line)
            ok, bad, skipped = count(run)
            passed += ok
            failed += bad
            for reason in skipped:
                print(f"skipped in {run['name']}: {reason}")
            if bad:
                print(f"failed: {run['name']} ({run['result']}, {bad})")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


sys.exit(main(sys.argv[1]))
