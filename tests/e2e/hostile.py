"""What people who mean harm would type everywhere, and what a browser that showed it wrongly would do."""

from typing import Any

from playwright.sync_api import BrowserContext, Dialog, Page, Request

ELSEWHERE = "https://elsewhere.example"
RAN = "__ran=1"
# Fits where the shortest name fits (80), ends attributes, strings and template literals, and has a word to look for.
NAME = f"""Marked"'`${{{RAN}}}</title><img src=//elsewhere.example onerror={RAN}>"""
MAIL = f'"<img src=x onerror={RAN}>"@elsewhere.example'
TEXT = "\n\n".join(
    (
        NAME,
        MAIL,
        f"<svg onload={RAN}><image href={ELSEWHERE}/svg /></svg>",
        f"<iframe src=javascript:{RAN}></iframe><iframe srcdoc='<script>parent.{RAN}</script>'></iframe>",
        f"<style>*{{background:url({ELSEWHERE}/css)}}</style><link rel=stylesheet href={ELSEWHERE}/css>",
        f"<div style='background:url({ELSEWHERE}/style)'>styled</div>",
        f"<base href={ELSEWHERE}><meta http-equiv=refresh content='0;url={ELSEWHERE}'>",
        f"<form action={ELSEWHERE}><button formaction=javascript:{RAN}>html button</button></form>",
        f"<a href=javascript:{RAN}>html link</a> <object data={ELSEWHERE}/o></object>",
        f"[dead link](javascript:{RAN}) [dead too](  JaVaScRiPt:{RAN}) <javascript:{RAN}>",
        f"[data link](data:text/html,<script>{RAN}</script>) [vb](vbscript:x)",
        f"![a picture]({ELSEWHERE}/markdown.png) ![]({ELSEWHERE}/bare.svg) ![x](javascript:{RAN})",
        f"[outside]({ELSEWHERE}/page)",
        f"$\\href{{javascript:{RAN}}}{{x}}$ $\\includegraphics{{{ELSEWHERE}/katex.png}}$",
        f"```html\n<script>{RAN}</script>\n```",
        "# Told in full",
    )
)
DIAGRAM: dict[str, Any] = {
    "quadrille": 1,
    "name": NAME,
    "description": TEXT,
    "nodes": [
        {
            "id": "start",
            "kind": "start",
            "name": NAME,
            "note": TEXT,
            "config": {
                "fields": [
                    {"name": "text", "type": "long_text", "label": NAME, "help": TEXT[:900]},
                    {"name": "pick", "type": "choice", "label": NAME, "choices": [NAME, MAIL]},
                ]
            },
            "position": {"x": 0, "y": 0},
        },
        {
            "id": "words",
            "kind": "note",
            "name": NAME,
            "config": {"text": TEXT},
            "position": {"x": 0, "y": 320},
        },
        {
            "id": "tell",
            "kind": "emit_event",
            "name": NAME,
            "config": {"topic": "told", "data": [{"name": "text", "value": "{{ input.text }}"}]},
            "position": {"x": 320, "y": 0},
        },
        {
            "id": "ask",
            "kind": "human_approval",
            "name": NAME,
            "config": {
                "title": NAME,
                "message": TEXT + "\n\n{{ input.text }}",
                "fields": [
                    {
                        "name": "answer",
                        "type": "long_text",
                        "label": NAME,
                        "help": TEXT[:900],
                        "proposal": "{{ input.text }}",
                    }
                ],
            },
            "position": {"x": 0, "y": 160},
        },
        {
            "id": "fail",
            "kind": "code",
            "name": NAME,
            "config": {"source": "raise ValueError(input['text'])"},
            "position": {"x": 320, "y": 160},
        },
    ],
    "wires": [
        {"source": "start", "target": "tell", "label": NAME},
        {"source": "tell", "target": "ask"},
        {"source": "ask", "source_port": "approved", "target": "fail"},
    ],
    "samples": {NAME: {"text": TEXT, "pick": MAIL}},
}
# Elements and attributes that nothing of ours has, read from the page as the browser understood it.
_LOOK = """() => {
  const found = [], from = "elsewhere.example", addresses = ["href", "src", "action", "formaction", "xlink:href"];
  for (const one of document.querySelectorAll("*")) {
    if (["IFRAME", "OBJECT", "EMBED", "BASE"].includes(one.tagName)) found.push(one.outerHTML);
    if (["SCRIPT", "STYLE", "META", "LINK", "TITLE"].includes(one.tagName) && one.outerHTML.includes("<img"))
      found.push(one.outerHTML);
    for (const { name, value } of one.attributes) {
      if (name === "style" && one.tagName === "SPAN" && value.includes("url(")) found.push(value);
      const told = `${one.tagName} ${name}=${value}`;
      if (name.startsWith("on")) found.push(told);
      if (addresses.includes(name) && /^\\s*(javascript|vbscript|data:text)/i.test(value)) found.push(told);
      if (!value.includes(from) || one.tagName === "SPAN") continue;  // a span loads nothing and leads nowhere
      if (["src", "srcset", "data", "poster", "style"].includes(name)) found.push(told);
      if (name === "href" && !(one.tagName === "A" && one.rel === "noopener noreferrer")) found.push(told);
    }
  }
  if (window.__ran) found.push("it ran");
  return found.concat(window.__refused ?? []);
}"""
_WATCH = """window.__refused = [];
document.addEventListener("securitypolicyviolation", (e) => window.__refused.push(`refused ${e.blockedURI} ${e.sample}`));
"""


class Guarded:
    """A browser context in which every request, dialog and refused load is noted."""

    def __init__(self, context: BrowserContext, own: str) -> None:
        self.own, self.outside, self.dialogs = own, list[str](), list[str]()
        context.add_init_script(_WATCH)
        context.on("request", self._asked)
        context.on("dialog", self._stopped)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.own}/", "data:", "blob:")):
            self.outside.append(request.url)

    def _stopped(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def require_clean(self, page: Page) -> None:
        """Nothing ran, nothing was loaded from elsewhere, and nothing in the page could do either."""
        found = page.evaluate(_LOOK)
        assert not found, f"{page.url}: {found}"
        assert (self.outside, self.dialogs) == ([], []), page.url


def refused(page: Page) -> list[str]:
    """What the policy has refused in this page."""
    return page.evaluate("window.__refused")
