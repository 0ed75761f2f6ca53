"""Ask the team for stand-up notes in Slack and post a digest an hour later."""

import os
import re
import time
from collections import defaultdict
from dataclasses import dataclass, field

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

CHANNEL = "C024BE91L"
QUESTION = "What did you do yesterday, what today, and what is in the way?"


@dataclass
class Standup:
    client: WebClient
    threads: dict = field(default_factory=dict)
    answers: dict = field(default_factory=lambda: defaultdict(list))

    def members(self):
        found = self.client.conversations_members(channel=CHANNEL)
        for user in found["members"]:
            info = self.client.users_info(user=user)["user"]
            if not info["is_bot"]:
                yield user, info["profile"]["real_name"]

    def ask(self, user):
        try:
            opened = self.client.conversations_open(users=user)
            channel = opened["channel"]["id"]
            posted = self.client.chat_postMessage(channel=channel, text=QUESTION)
        except SlackApiError as error:
            print("could not ask", user, error.response["error"])
            return
        self.threads[user] = (channel, posted["ts"])

    def collect(self):
        for user, (channel, since) in self.threads.items():
            history = self.client.conversations_history(channel=channel, oldest=since)
            for message in reversed(history["messages"]):
                text = re.sub(r"<@\w+>", "", message["text"]).strip()
                self.answers[user].append(text)

    def digest(self, names):
        blocks = []
        for user, lines in sorted(self.answers.items()):
            text = "\n".join(f"• {line}" for line in lines)
            blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": f"*{names[user]}*\n{text}"}})
        return blocks


def main():
    client = WebClient(token=os.environ["SLACK_TOKEN"])
    who = client.auth_test()
    print("running as", who["user"])
    standup = Standup(client)
    names = dict(standup.members())
    for user in names:
        standup.ask(user)
    time.sleep(60 * 60)
    standup.collect()
    summary = client.chat_postMessage(channel=CHANNEL, blocks=standup.digest(names), text="Stand-up")
    client.reactions_add(channel=CHANNEL, name="memo", timestamp=summary["ts"])
    client.files_upload_v2(channel=CHANNEL, filename="standup.txt", content=repr(dict(standup.answers)))


if __name__ == "__main__":
    main()
