"""A small research agent: a model with tools, a note file as memory, every turn logged."""

import json
import logging
import os
import subprocess
from datetime import datetime
from pathlib import Path

import anthropic
import openai
import requests
from tenacity import retry, stop_after_attempt, wait_exponential

logger = logging.getLogger("agent")
MEMORY = Path("memory.jsonl")


def search(query):
    response = requests.get("https://api.search.example/v1", params={"q": query}, timeout=30)
    return [hit["snippet"] for hit in response.json()["hits"]]


def read_file(path):
    return Path(path).read_text()[:10_000]


def write_file(path, text):
    Path(path).write_text(text)
    return f"{len(text)} characters written"


def shell(command):
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


def remember(fact):
    with MEMORY.open("a") as file:
        file.write(json.dumps({"at": datetime.now().isoformat(), "fact": fact}) + "\n")


TOOLS = {"search": search, "read_file": read_file, "write_file": write_file, "shell": shell, "remember": remember, "list_files": os.listdir}


class Agent:
    def __init__(self, model):
        self.client = anthropic.Anthropic()
        self.fallback = openai.OpenAI(timeout=60)
        self.model = model
        self.messages = []

    @retry(stop=stop_after_attempt(4), wait=wait_exponential(max=60))
    def think(self):
        return self.client.messages.create(
            model=self.model, max_tokens=2000, messages=self.messages, tools=describe()
        )

    def summarise(self, text):
        answer = self.fallback.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": f"Summarise:\n{text}"}]
        )
        return answer.choices[0].message.content

    def embed(self, texts):
        found = self.fallback.embeddings.create(model="text-embedding-3-small", input=texts)
        return [item.embedding for item in found.data]

    def turn(self, task):
        self.messages.append({"role": "user", "content": task})
        while True:
            reply = self.think()
            self.messages.append({"role": "assistant", "content": reply.content})
            calls = [block for block in reply.content if block.type == "tool_use"]
            if not calls:
                return reply.content[0].text
            results = []
            for call in calls:
                logger.info("tool %s %s", call.name, call.input)
                try:
                    result = TOOLS[call.name](**call.input)
                except Exception as error:
                    result = f"error: {error}"
                results.append({"type": "tool_result", "tool_use_id": call.id, "content": str(result)})
            self.messages.append({"role": "user", "content": results})


def describe():
    return [{"name": name, "input_schema": {"type": "object"}} for name in TOOLS]


def main():
    agent = Agent(os.environ.get("MODEL", "claude-sonnet"))
    while True:
        task = input("task> ")
        if not task.strip():
            break
        answer = agent.turn(task)
        print(answer)
        print(agent.summarise(answer))


if __name__ == "__main__":
    main()
