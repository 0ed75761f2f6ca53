"""A text adventure over piped input: match statements, a saved game, commands with aliases, an end by giving up."""

import json
import os
from dataclasses import asdict, dataclass, field

ROOMS = {
    "entrance": {"north": "hall", "things": ["lamp"]},
    "hall": {"south": "entrance", "east": "vault", "things": []},
    "vault": {"west": "hall", "things": ["gold", "sword"]},
}


@dataclass
class Game:
    room: str = "entrance"
    bag: list[str] = field(default_factory=list)
    moves: int = 0
    rooms: dict = field(default_factory=lambda: json.loads(json.dumps(ROOMS)))

    @classmethod
    def load(cls, path):
        with open(path) as file:
            return cls(**json.load(file))

    def save(self, path):
        temporary = f"{path}.new"
        with open(temporary, "w") as file:
            json.dump(asdict(self), file)
        os.replace(temporary, path)

    @property
    def here(self):
        return self.rooms[self.room]


class Quit(Exception):
    pass


def obey(game, words):
    match words:
        case []:
            return "Pardon?"
        case ["go", ("north" | "south" | "east" | "west") as way] | [("north" | "south" | "east" | "west") as way]:
            if way not in game.here:
                return "You bump into a wall."
            if game.here[way] == "vault" and "lamp" not in game.bag:
                return "It is too dark."
            game.room = game.here[way]
            return look(game)
        case ["look"]:
            return look(game)
        case ["take", "all"] if game.here["things"]:
            return " ".join(obey(game, ["take", thing]) for thing in list(game.here["things"]))
        case ["take", thing] if thing in game.here["things"]:
            game.here["things"].remove(thing)
            game.bag.append(thing)
            return f"You have the {thing}."
        case ["take" | "drop", *_]:
            return "You can't."
        case ["save", *rest]:
            name = rest[0] if rest else "game"
            game.save(f"{name}.json")
            return f"Saved as {name}."
        case ["quit" | "exit"]:
            raise Quit(f"You leave with {', '.join(game.bag) or 'nothing'}.")
        case [verb, *objects]:
            return f"I don't know how to {verb}" + (f" a {objects[-1]}." if objects else ".")


def look(game):
    things = game.here["things"]
    return f"This is the {game.room}." + (f" You see {' and '.join(things)}." if things else "")


def main():
    game = Game.load("game.json") if os.path.exists("game.json") else Game()
    print(look(game))
    try:
        while True:
            print(obey(game, input("> ").lower().split()))
            game.moves += 1
    except Quit as end:
        print(end)
    except EOFError:
        print("\nYou fall asleep.")
    finally:
        game.save("autosave.json")
    again = Game.load("autosave.json")
    print(again == game, again.moves, again.bag, sorted(os.listdir()).count("game.json"))
    raise SystemExit(len(again.bag))


main()
