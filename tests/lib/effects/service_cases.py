"""Clients of services, each pointed at a loopback server: clouds, models, chats, payments, clusters, stores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from effects.cases import Call, Servers, case, each


def _s3(at: Servers) -> Any:
    import boto3

    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "s3", "region_name": "us-east-1"}
    return boto3.client("s3", endpoint_url=at.http, **keys)


@case("boto3.client")
def _(at: Servers) -> Call:
    return lambda: _s3(at)


@case("botocore.client.S3.list_buckets")
def _(at: Servers) -> Call:
    return _s3(at).list_buckets


@case("botocore.client.S3.put_object")
def _(at: Servers) -> Call:
    client = _s3(at)
    return lambda: client.put_object(Bucket="b", Key="k", Body=b"x")


@case("botocore.client.S3.get_object")
def _(at: Servers) -> Call:
    client = _s3(at)
    return lambda: client.get_object(Bucket="b", Key="k")


@case("botocore.client.S3.delete_object")
def _(at: Servers) -> Call:
    client = _s3(at)
    return lambda: client.delete_object(Bucket="b", Key="k")


@case("openai.OpenAI")
def _(at: Servers) -> Call:
    import openai

    return lambda: openai.OpenAI(base_url=at.http, api_key="k")


@case("openai.resources.chat.completions.completions.Completions.create")
def _(at: Servers) -> Call:
    import openai

    client = openai.OpenAI(base_url=at.http, api_key="k")
    return lambda: client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])


@case("openai.resources.models.Models.list")
def _(at: Servers) -> Call:
    import openai

    return openai.OpenAI(base_url=at.http, api_key="k").models.list


@case("anthropic.Anthropic")
def _(at: Servers) -> Call:
    import anthropic

    return lambda: anthropic.Anthropic(base_url=at.http, api_key="k")


@case("anthropic.resources.messages.messages.Messages.create")
def _(at: Servers) -> Call:
    import anthropic

    client = anthropic.Anthropic(base_url=at.http, api_key="k")
    return lambda: client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}])


@case("anthropic.resources.messages.messages.Messages.count_tokens")
def _(at: Servers) -> Call:
    import anthropic

    client = anthropic.Anthropic(base_url=at.http, api_key="k")
    return lambda: client.messages.count_tokens(model="m", messages=[{"role": "user", "content": "hi"}])


def _stripe(at: Servers) -> Any:
    import stripe

    stripe.api_key, stripe.api_base = "k", at.http
    return stripe


@case("stripe.Customer.create")
def _(at: Servers) -> Call:
    stripe = _stripe(at)
    return lambda: stripe.Customer.create(name="ann")


@case("stripe.Customer.retrieve")
def _(at: Servers) -> Call:
    stripe = _stripe(at)
    return lambda: stripe.Customer.retrieve("cus_1")


@case("slack_sdk.WebClient")
def _(at: Servers) -> Call:
    import slack_sdk

    return lambda: slack_sdk.WebClient("t", base_url=f"{at.http}/api/")


@case("slack_sdk.WebClient.chat_postMessage")
def _(at: Servers) -> Call:
    import slack_sdk

    client = slack_sdk.WebClient("t", base_url=f"{at.http}/api/")
    return lambda: client.chat_postMessage(channel="c", text="hi")


@case("slack_sdk.WebClient.conversations_list")
def _(at: Servers) -> Call:
    import slack_sdk

    return slack_sdk.WebClient("t", base_url=f"{at.http}/api/").conversations_list


def _redis(at: Servers, name: str) -> Call:
    import redis

    client = redis.Redis(port=at.redis_port)
    arguments = {"get": ("k",), "set": ("k", "v"), "delete": ("k",), "incr": ("k",), "lpush": ("k", "v")}
    return lambda: getattr(client, name)(*arguments.get(name, ()))


each("redis", "get set delete incr lpush ping", _redis, "Redis.")


@case("github.Github.get_repo")
def _(at: Servers) -> Call:
    import github

    client = github.Github(base_url=at.http, retry=None)
    return lambda: client.get_repo("ann/repo")


@case("jira.JIRA.issue")
def _(at: Servers) -> Call:
    import jira

    client = jira.JIRA(at.http, get_server_info=False, max_retries=0)
    return lambda: client.issue("A-1")


@case("docker.DockerClient.ping")
def _(at: Servers) -> Call:
    import docker

    client = docker.DockerClient(base_url=at.http.replace("http:", "tcp:"), version="1.44")
    return client.ping


def _core(at: Servers) -> Any:
    import kubernetes

    configuration = kubernetes.client.Configuration(host=at.http)
    return kubernetes.client.CoreV1Api(kubernetes.client.ApiClient(configuration))


@case("kubernetes.client.CoreV1Api.list_namespaced_pod")
def _(at: Servers) -> Call:
    api = _core(at)
    return lambda: api.list_namespaced_pod("default")


@case("kubernetes.client.CoreV1Api.create_namespaced_config_map")
def _(at: Servers) -> Call:
    api = _core(at)
    return lambda: api.create_namespaced_config_map("default", {"metadata": {"name": "c"}})


def _engine(at: Servers) -> Any:
    import sqlalchemy

    return sqlalchemy.create_engine(f"sqlite:///{Path(at.folder, 'a.db')}")


@case("sqlalchemy.create_engine")
def _(at: Servers) -> Call:
    return lambda: _engine(at)


@case("sqlalchemy.engine.Engine.connect")
def _(at: Servers) -> Call:
    engine = _engine(at)
    return lambda: engine.connect()


@case("sqlalchemy.MetaData.create_all")
def _(at: Servers) -> Call:
    import sqlalchemy

    data = sqlalchemy.MetaData()
    sqlalchemy.Table("t", data, sqlalchemy.Column("a", sqlalchemy.Integer))
    return lambda: data.create_all(_engine(at))


@case("yaml.safe_load")
def _(at: Servers) -> Call:
    import yaml

    return lambda: yaml.safe_load("a: [1, 2]")


@case("jinja2.Template.render")
def _(at: Servers) -> Call:
    import jinja2

    template = jinja2.Template("{{ a }}")
    return lambda: template.render(a=1)


@case("bs4.BeautifulSoup")
def _(at: Servers) -> Call:
    import bs4

    return lambda: bs4.BeautifulSoup("<p>a</p>", "html.parser").p
