"""Classify with the real embedding model: right on sentences it has not seen, and else for what is about nothing here."""

import pytest

from backend.inference import engine
from backend.nodes.registry import all_kinds
from tests.backend.nodes.fakes import FakeContext

LABELS = [
    {
        "name": "billing",
        "description": "Invoices, payments, charges and refunds",
        "examples": [
            "I was charged twice this month",
            "Please send me the invoice for March",
            "My card was declined",
            "When will I get my refund?",
        ],
    },
    {
        "name": "technical",
        "description": "Errors, crashes and things that do not work",
        "examples": [
            "The app crashes when I open it",
            "I get an error message when saving",
            "The page does not load",
            "Login does not work since the update",
        ],
    },
    {
        "name": "cancel",
        "description": "Ending the contract or subscription",
        "examples": [
            "I want to cancel my subscription",
            "Please close my account",
            "How do I end my contract?",
            "Stop my membership at the end of the month",
        ],
    },
]
UNSEEN = {
    "billing": [
        "You took the money two times from my account",
        "The amount on the bill is wrong",
        "There is an unknown charge from you on my statement",
        "why was i billed after the trial",
        "I need a receipt with our VAT number",
    ],
    "technical": [
        "The screen stays white after signing in",
        "Export to PDF fails with code 500",
        "I cannot upload files any more",
        "The mobile app freezes on start",
        "Since yesterday the sync hangs forever",
    ],
    "cancel": [
        "terminate my plan now",
        "I am leaving, how do I quit",
        "End the subscription before the next period",
        "Please delete my profile and all data",
        "unsubscribe me from the service",
    ],
}
ELSEWHERE = [
    "What a lovely day it is",
    "Who won the match last night?",
    "The recipe needs two eggs and flour",
    "asdf qwer zxcv",
    "How tall is Mount Everest?",
]


class ModelContext(FakeContext):
    """Embeds with the real model."""

    def __init__(self, model: engine.Engine, text: str) -> None:
        super().__init__(input={"text": text})
        self.model = model

    async def embed(self, texts: list[str]) -> list[list[float]]:
        return (await self.model.embed(texts)).tolist()


@pytest.fixture
async def model(environment: pytest.MonkeyPatch) -> engine.Engine:
    return await engine.load()


async def label_of(model: engine.Engine, text: str) -> str:
    kind = all_kinds()["classify"]
    config = kind.config.model_validate({"text": "{{ input.text }}", "labels": LABELS})
    return (await kind.play(config, ModelContext(model, text))).leave_by


@pytest.mark.openvino
async def test_unseen_sentences_find_their_label(model: engine.Engine) -> None:
    wrong = {
        text: (label, got)
        for label, texts in UNSEEN.items()
        for text in texts
        if (got := await label_of(model, text)) != label
    }
    assert all(got == "else" for _, got in wrong.values()), f"sure and wrong: {wrong}"
    assert len(wrong) <= 2, f"in doubt too often: {wrong}"


@pytest.mark.openvino
async def test_sentences_about_nothing_here_leave_by_else(model: engine.Engine) -> None:
    assert [await label_of(model, text) for text in ELSEWHERE] == ["else"] * len(ELSEWHERE)
