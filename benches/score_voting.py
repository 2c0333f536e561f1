"""The tally of a CSV file by votelib's ScoreVoting, to compare `esep tally` with (docs/PERFORMANCE.md).

    python3 -m venv venv && venv/bin/pip install votelib==0.4.0
    venv/bin/python benches/score_voting.py make 1000000 20 > ballots.csv
    time venv/bin/python benches/score_voting.py count ballots.csv 11
    time esep tally ballots.csv --seats 11
"""

import csv
import sys
from collections import Counter


def make(ballots, candidates):
    state = 1
    print(",".join(f"candidate {number}" for number in range(1, candidates + 1)))
    for _ in range(ballots):
        row = []
        for _ in range(candidates):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            row.append(str((state >> 33) % 11))
        print(",".join(row))


def count(path, seats):
    from votelib.evaluate.cardinal import ScoreVoting

    with open(path, newline="") as file:
        rows = csv.reader(file)
        names = next(rows)
        votes = Counter(frozenset(zip(names, map(int, row))) for row in rows)
    print(ScoreVoting("sum").evaluate(votes, seats))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(int(sys.argv[2]), int(sys.argv[3]))
    else:
        count(sys.argv[2], int(sys.argv[3]))
