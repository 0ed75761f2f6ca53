import os


def main():
    os.mkdir("counted")
    return len(os.listdir("counted")) / len(os.listdir("counted"))
