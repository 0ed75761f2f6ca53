"""COUNT lines to the file LEDGER, one after the other."""

import sys

import ledger

for number in range(int(sys.argv[1])):
    ledger.append(sys.argv[2], str(number))
