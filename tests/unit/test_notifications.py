"""What freshline.yaml says of channels and webhooks, and what it may not say."""

import pytest

from freshline.declare.project import read_settings
from freshline.people import Channel, Webhooks


def read(text: str) -> tuple[list[str], tuple[Channel, ...], Webhooks]:
    settings = read_settings(f"project: shop\n{text}")
    project = settings.project
    return (
        [f"{d.code} {d.message}" for d in settings.diagnostics],
        project.channels,
        project.webhooks,
    )


def test_channels_and_webhooks_are_read_with_their_secrets_left_as_references() -> None:
    problems, channels, webhooks = read(
        "notifications:\n"
        "  data-team: {slack: '${secret.slack_url}'}\n"
        "  mail:\n"
        "    smtp: {host: smtp.shop.example, port: 587, from: f@shop.example,"
        " user: f, password: '${secret.smtp}'}\n"
        "webhooks:\n"
        "  allow: [builds.internal:8080, localhost, 10.0.0.0/8, '[::1]:80']\n"
        "  catalog: https://catalog.shop.example\n"
    )
    assert problems == []
    assert [(each.name, each.notifier) for each in channels] == [
        ("data-team", "slack"),
        ("mail", "smtp"),
    ]
    assert channels[0].settings == {"url": "${secret.slack_url}"}
    assert channels[1].settings["password"] == "${secret.smtp}"
    assert channels[1].settings["port"] == 587
    assert webhooks.allow == ("builds.internal:8080", "localhost", "10.0.0.0/8", "[::1]:80")
    assert webhooks.catalog == "https://catalog.shop.example"


def test_variables_are_put_in() -> None:
    problems, channels, webhooks = read(
        "vars: {where: shop.example}\n"
        "notifications: {a: {slack: 'https://${var.where}/x'}}\n"
        "webhooks: {catalog: 'https://${var.where}'}\n"
    )
    assert (problems, webhooks.catalog) == ([], "https://shop.example")
    assert channels[0].settings == {"url": "https://shop.example/x"}


def test_owners_are_part_of_the_project() -> None:
    settings = read_settings(
        "project: shop\nowners: {ada: {email: ada@shop.example, chat: '#a'}}\n"
    )
    (ada,) = settings.project.owners
    assert (ada.name, ada.email, ada.chat) == ("ada", "ada@shop.example", "#a")


WRONG = {
    "a name that is none": ("notifications: {Data Team: {slack: x}}", "E105"),
    "a channel that is a text": ("notifications: {data: slack}", "E105"),
    "a channel of two notifiers": ("notifications: {data: {slack: x, smtp: y}}", "E105"),
    "an unknown key": ("webhooks: {allowed: [x]}", "E102"),
    "a network that is none": ("webhooks: {allow: [10.0.0.0/99]}", "E105"),
    "an address instead of a host": ("webhooks: {allow: ['https://x/y']}", "E105"),
    "a catalog that is no address": ("webhooks: {catalog: catalog.shop}", "E105"),
    "a secret in the catalog's address": ("webhooks: {catalog: 'https://${secret.x}'}", "E113"),
}


@pytest.mark.parametrize(("text", "code"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_told_once(text: str, code: str) -> None:
    problems, _, _ = read(f"{text}\n")
    assert [each[:4] for each in problems] == [code]
