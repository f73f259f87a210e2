"""The dashboard in a headless Chromium, with the real model behind it.

Skipped where Chromium (Debian: chromium) or the playwright package is not there. PINCER_SCREENSHOTS=FOLDER keeps pictures."""

import json
import os
import pathlib
import shutil
import unittest

import support

try:
    from playwright.sync_api import expect, sync_playwright
except ImportError:
    sync_playwright = None

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SCREENSHOTS = os.environ.get("PINCER_SCREENSHOTS")
WAIT = 60_000  # ms


class Browser(unittest.TestCase):
    """A server, a browser, and pages."""

    @classmethod
    def arguments(cls):
        """Of the server."""
        return []

    @classmethod
    def setUpClass(cls):
        if not (CHROMIUM and sync_playwright):
            raise unittest.SkipTest("chromium or playwright is not installed")
        cls.home = support.Home()
        cls.addClassCleanup(cls.home.remove)
        cls.server = cls.enterClassContext(support.Server(cls.home, *cls.arguments()))
        cls.playwright = cls.enterClassContext(sync_playwright())
        # As root, as in a container, Chromium has no sandbox to offer.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        cls.browser = cls.playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        cls.addClassCleanup(cls.browser.close)

    def open(self, width=1440, height=1000, scheme="light", port=None, **context):
        """A page in a context of its own. What it writes to the console, or asks of another host, fails the test."""
        context = self.browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **context)
        self.addCleanup(context.close)
        page = context.new_page()
        page.set_default_timeout(WAIT)
        self.complaints = []
        origin = f"http://127.0.0.1:{port or self.server.port}"
        page.on("console", lambda message: message.type in ("error", "warning") and self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: request.url.startswith((origin, "data:", "blob:")) or self.complaints.append(request.url))
        page.goto(origin + "/")
        return page

    def ask(self, page, text, **parameters):
        if parameters:
            page.locator(".settings summary").click()
            for label, value in parameters.items():
                page.get_by_label(label.replace("_", " ").capitalize()).fill(str(value))
            page.locator(".settings summary").click()
        page.get_by_label("Message", exact=True).fill(text)
        page.keyboard.press("Enter")

    def finished(self, page):
        note = page.locator("article.assistant .note").last
        note.wait_for()
        return note.inner_text()

    def keep(self, page, name):
        if SCREENSHOTS:
            page.screenshot(path=str(pathlib.Path(SCREENSHOTS) / name))


class Dashboard(Browser):
    def test_the_chat_streams_and_the_layers_fill(self):
        page = self.open(scheme="dark", height=1560, width=1600)
        expect(page.get_by_role("status")).to_have_text("Ready", timeout=WAIT)
        # How often the answer was seen to change; one that does not stream comes in one piece.
        page.evaluate("""() => {
            window.changes = 0;
            new MutationObserver(() => ++window.changes).observe(document.querySelector('.log'),
                {subtree: true, childList: true, characterData: true});
        }""")
        self.ask(page, "Write about the sea.", max_tokens=160, temperature=0, seed=1)
        self.assertIn("token", self.finished(page))
        self.assertGreater(page.evaluate("window.changes"), 10)

        map_of_layers = page.locator(".heat canvas").last
        expect(page.locator(".heat .waiting")).to_have_count(0, timeout=WAIT)
        # The newest column is at the right; a reading of it names the layer and its time.
        map_of_layers.focus()
        page.keyboard.press("ArrowDown")
        expect(page.locator(".reading")).to_contain_text("layer 1:", timeout=WAIT)
        expect(page.locator(".reading")).to_contain_text("MLP")
        colours = map_of_layers.evaluate("""canvas => {
            const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            const seen = new Set();
            for (let i = 0; i < pixels.length; i += 4) seen.add(pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2]);
            return seen.size;
        }""")
        self.assertGreater(colours, 20)

        page.get_by_text("limits of this machine").wait_for()  # measured once the engine is idle
        rows = page.locator(".kernels tbody tr:not(.group)")
        expect(rows.filter(has_text="gate, up").first).to_contain_text("s8s8_f32_", timeout=WAIT)
        page.locator(".flame rect").nth(100).wait_for(state="attached")
        page.get_by_role("button", name="forward", exact=False).first.press("Enter")
        page.get_by_role("button", name="Whole step").click()
        self.keep(page, "dashboard-dark.png")
        self.assertEqual(self.complaints, [])

    def test_stop_ends_an_answer_and_the_generation(self):
        page = self.open()
        # Hot, so that it goes on: what the model says does not matter.
        self.ask(page, "Write a very long story about the sea.", max_tokens=1500, temperature=2)
        page.locator("article.assistant .markdown p").first.wait_for()
        page.get_by_role("button", name="Stop").click()
        self.assertIn("stopped", self.finished(page))
        expect(page.get_by_label("Message", exact=True)).to_be_focused()
        page.wait_for_function("document.querySelector('.tile:nth-child(2) .value').textContent.startsWith('0')")
        self.assertEqual(self.complaints, [])

    def test_the_trace_downloads_and_is_a_trace(self):
        page = self.open()
        self.ask(page, "Hello.", max_tokens=16)
        self.finished(page)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download trace").click()
        trace = json.loads(pathlib.Path(download.value.path()).read_text())
        slices = [event for event in trace["traceEvents"] if event["ph"] == "X"]
        self.assertTrue({"step", "forward", "layer 0", "qkv", "attention", "down", "head", "sample"} <= {s["name"] for s in slices})
        self.assertTrue(all(s["dur"] >= 0 and s["ts"] >= 0 for s in slices))
        self.assertEqual(self.complaints, [])

    def test_dark_and_light_follow_the_system_and_the_button(self):
        page = self.open(scheme="dark")
        background = "getComputedStyle(document.body).backgroundColor"
        dark = page.evaluate(background)
        page.get_by_role("button", name="Light mode").click()
        light = page.evaluate(background)
        self.assertNotEqual(dark, light)
        page.reload()
        page.get_by_role("button", name="Dark mode").wait_for()
        self.assertEqual(page.evaluate(background), light)
        self.assertEqual(self.open(scheme="light").evaluate(background), light)
        self.assertEqual(self.open(scheme="dark").evaluate(background), dark)

    def test_a_phone_shows_one_part_at_a_time_without_scrolling_sideways(self):
        page = self.open(width=390, height=844)
        self.ask(page, "Hello.", max_tokens=24)
        self.finished(page)
        for tab, section in (("Chat", ".chat"), ("Live", ".live"), ("Layers", ".layers")):
            page.get_by_role("button", name=tab, exact=True).click()
            expect(page.locator(section)).to_be_visible()
            if tab == "Layers":
                self.ask_from(page, "Tell me more.")
                expect(page.locator(".heat .waiting")).to_have_count(0, timeout=WAIT)
            self.assertEqual(page.evaluate("document.documentElement.scrollWidth"), 390, tab)
            wide = page.evaluate("""[...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll, svg, pre') &&
                e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className || e.tagName)""")
            self.assertEqual(wide, [], tab)
            self.keep(page, f"phone-{tab.lower()}.png")
        self.assertEqual(self.complaints, [])

    def ask_from(self, page, text):
        """Another client asks, while the page looks at the layers."""
        page.wait_for_event("response", lambda response: "/admin/trace/heat" in response.url)  # which begins the trace
        status, _ = self.server.request("POST", "/v1/chat/completions", {
            "model": "smollm2-135m-instruct", "max_tokens": 32, "messages": [{"role": "user", "content": text}]})
        self.assertEqual(status, 200)

    def test_the_keyboard_reaches_everything(self):
        page = self.open()
        expect(page.get_by_role("status")).to_have_text("Ready", timeout=WAIT)
        wanted = {"API key", "Dark mode", "Message", "Download trace", "Pause", "Kernels"}
        reached = set()
        for _ in range(400):  # the slices of a flame are many
            if wanted <= reached:
                break
            page.keyboard.press("Tab")
            reached.add(page.evaluate("""(() => { const e = document.activeElement;
                return e.getAttribute('aria-label') || e.textContent.trim().slice(0, 20) || e.placeholder || e.name || e.tagName; })()"""))
        self.assertEqual(wanted - reached, set())
        nameless = page.evaluate("""[...document.querySelectorAll('button, input, select, textarea')].filter(e =>
            !(e.getAttribute('aria-label') || e.labels?.length || e.textContent.trim())).map(e => e.outerHTML)""")
        self.assertEqual(nameless, [])


class DashboardWithKeys(Browser):
    @classmethod
    def arguments(cls):
        keys = cls.home.path / "keys.txt"
        keys.write_text("secret-key\n")
        return ["--api-key-file", keys]

    def test_a_key_is_asked_for_and_kept_for_the_tab(self):
        page = self.open()
        dialog = page.get_by_role("dialog")
        dialog.wait_for()
        page.get_by_label("Key", exact=True).fill("secret-key")
        page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        expect(page.get_by_role("status")).to_have_text("Ready", timeout=WAIT)
        self.ask(page, "Hello.", max_tokens=8)
        self.assertIn("token", self.finished(page))
        page.reload()
        expect(page.get_by_role("status")).to_have_text("Ready", timeout=WAIT)


if __name__ == "__main__":
    unittest.main()
