"""Deals cards from a deck that is shuffled in place, and writes the hands down one by one."""

import random
from pathlib import Path

SUITS = "♠♥♦♣"
RANKS = ["7", "8", "9", "10", "J", "Q", "K", "A"]


def deal(deck, players):
    hands = {player: [] for player in players}
    while len(deck) >= len(players):
        for player in players:
            hands[player].append(deck.pop())
    return hands


deck = [rank + suit for suit in SUITS for rank in RANKS]
random.seed(11)
random.shuffle(deck)
print("cut at", deck.index("A♠"))
for player, hand in deal(deck, ["ann", "bob", "cyd"]).items():
    random.shuffle(hand)
    Path(f"{player}.txt").write_text(" ".join(hand) + "\n", encoding="utf-8")
    print(player, *hand)
random.shuffle(deck)
print("left", *deck)
