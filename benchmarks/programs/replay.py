"""COUNT lines to the file LEDGER, then a question: a run that is killed there has only its replay before it."""

import sys

import ledger

for number in range(int(sys.argv[1])):
    ledger.append(sys.argv[2], str(number))
input("go on? ")
