#!/usr/bin/env python3
"""What a cascade gains, measured live: a small local model against a bigger one that plays the cloud, on questions with known answers.

    live_cascade.py --pincer BINARY --model SMALL.gguf --cloud BIG.gguf --answers FILE.jsonl [--minutes 25] [--write docs/router-quality.md]

Both models answer the same questions of reasoning-gym (pip install reasoning-gym==0.1.25 numpy); the answers are kept in FILE.jsonl and
taken from there the next time. From the local one's margins (of its first k tokens: the likeliest one's probability less the next one's)
follows what the policy `cascade` would have sent to the cloud. k and threshold are chosen on one half of the families and judged on the
other; families where the cloud is not at least 10 points better are left out. Last, the chosen point is run through a real route.
"""

import argparse
import http.client
import importlib.metadata
import json
import math
import os
import pathlib
import sys
import time

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "tests" / "e2e"), str(ROOT / "bench")]
import svg  # noqa: E402

SEED, SHOTS, BLOCK, MAX_TOKENS = 2026, 8, 10, 40
LOCAL_NAME = "smollm2-135m-instruct"
PROBES = (1, 2, 3, 4, 6, 8, 16)
LEAST_GAP, GOAL_GAIN, GOAL_SHARE = 0.10, 0.90, 0.50

# As easy as the generators can be made, or nearly so: a model of 135 M has to have a chance. Chosen by how often both models are right
# under another seed, before any curve was drawn. Answers of one line only; what neither model can do is not here.
FAMILIES = {
    "basic_arithmetic": {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1, "operators": ["+", "-"]},
    "chain_sum": {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1},
    "color_cube_rotation": {"min_rotations": 1, "max_rotations": 1},
    "count_primes": {"max_n": 20},
    "decimal_chain_sum": {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1, "min_decimal_places": 1, "max_decimal_places": 1},
    "fraction_simplification": {"max_value": 10, "max_factor": 5, "styles": ["plain"]},
    "gcd": {"min_value": 1, "max_value": 20},
    "group_anagrams": {"min_anagram_groups": 2, "max_anagram_groups": 2, "max_words_per_group": 2},
    "isomorphic_strings": {"max_string_length": 4},
    "lcm": {"min_value": 1, "max_value": 10},
    "letter_counting": {"min_words": 2, "max_words": 3},
    "letter_jumble": {"min_words": 1, "max_words": 1, "min_word_len": 2, "max_word_len": 4},
    "needle_haystack": {"min_num_statements": 3, "max_num_statements": 5},
    "number_sequence": {"max_complexity": 1},
    "prime_factorization": {"min_value": 2, "max_value": 30},
    "products": {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1},
    "string_insertion": {"min_string_length": 5, "max_string_length": 5},
    "syllogism": {},
    "word_sequence_reversal": {"min_words": 2, "max_words": 3},
    "word_sorting": {"min_words": 2, "max_words": 2},
}


def questions(family, count):
    import reasoning_gym
    return reasoning_gym.create_dataset(family, size=count + SHOTS, seed=SEED, **FAMILIES[family])


def body(model, shots, item, **more):
    """Solved examples and the question as one text that the model goes on with: a model this small follows examples, not instructions."""
    parts = [f"Question: {shot['question'].strip()}\nAnswer: {shot['answer']}" for shot in shots]
    parts.append(f"Question: {item['question'].strip()}\nAnswer:")
    return {"model": model, "messages": [{"role": "user", "content": "Answer the questions."},
                                         {"role": "assistant", "content": "\n\n".join(parts)}],
            "continue_final_message": True, "add_generation_prompt": False, "stop": ["\n"], "temperature": 0,
            "max_tokens": MAX_TOKENS, **more}


class Client:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def ask(self, request):
        self.connection.request("POST", "/v1/chat/completions", json.dumps(request), {"Content-Type": "application/json"})
        response = self.connection.getresponse()
        answer = json.loads(response.read())
        if response.status != 200:
            raise SystemExit(f"{response.status}: {answer}")
        return answer, response.getheader("x-pincer-upstream")


def text_of(answer):
    return answer["choices"][0]["message"]["content"].strip()


def is_right(dataset, item, text):
    try:
        return dataset.score_answer(text, item) > 0.999
    except Exception:  # some scorers cannot read what small models write
        return False


def margins(answer):
    """As server/route/cascade_probe.cpp computes them."""
    out = []
    for token in answer["choices"][0]["logprobs"]["content"]:
        others = [math.exp(other["logprob"]) for other in token["top_logprobs"] if other["bytes"] != token["bytes"]]
        out.append(math.exp(token["logprob"]) - max(others, default=0))
    return out


def collect(local, cloud, cloud_name, file, minutes, most):
    end = time.monotonic() + 60 * minutes
    data = {family: questions(family, most) for family in FAMILIES}
    items = {family: [dataset[i] for i in range(SHOTS + most)] for family, dataset in data.items()}
    with open(file, "w") as out:
        for begin in range(0, most, BLOCK):
            for family, dataset in data.items():
                shots = items[family][:SHOTS]
                for number in range(begin, begin + BLOCK):
                    item = items[family][SHOTS + number]
                    here, _ = local.ask(body(LOCAL_NAME, shots, item, logprobs=True, top_logprobs=2))
                    there, _ = cloud.ask(body(cloud_name, shots, item))
                    row = {"family": family, "number": number, "margins": [round(m, 5) for m in margins(here)],
                           "local": is_right(dataset, item, text_of(here)), "cloud": is_right(dataset, item, text_of(there)),
                           "local_tokens": here["usage"]["total_tokens"], "cloud_tokens": there["usage"]["total_tokens"]}
                    out.write(json.dumps(row) + "\n")
            out.flush()
            if time.monotonic() > end:  # whole blocks only, so that families weigh the same
                return


class Answers:
    """Arrays of one set of questions."""

    def __init__(self, rows):
        self.family = numpy.array([row["family"] for row in rows])
        self.local = numpy.array([row["local"] for row in rows], dtype=float)
        self.cloud = numpy.array([row["cloud"] for row in rows], dtype=float)
        self.tokens = numpy.array([row["cloud_tokens"] for row in rows], dtype=float)
        self.margins = [row["margins"] for row in rows]

    def mean_margin(self, k):
        return numpy.array([numpy.mean(m[:k]) if m else 1.0 for m in self.margins])

    def least_margin(self):
        return numpy.array([min(m) if m else 1.0 for m in self.margins])

    def at(self, sent, take=slice(None)):
        """(share of the cloud's gain, share of its tokens) if `sent` go there."""
        gain = (self.cloud - self.local)[take]
        return (gain * sent[take]).sum() / gain.sum(), (self.tokens[take] * sent[take]).sum() / self.tokens[take].sum()

    def curve(self, signal):
        """Shares of gain and of tokens as the threshold grows."""
        order = numpy.argsort(signal, kind="stable")
        gain, tokens = numpy.cumsum((self.cloud - self.local)[order]), numpy.cumsum(self.tokens[order])
        return numpy.concatenate([[0], gain / gain[-1]]), numpy.concatenate([[0], tokens / tokens[-1]])


def calibrate(answers):
    """(k, threshold): the least share of tokens that reaches the goal; nothing is asked of the other half."""
    best = None
    for k in PROBES:
        signal = answers.mean_margin(k)
        for threshold in numpy.linspace(0.01, 1, 100):
            gain, share = answers.at(signal < threshold)
            if gain >= GOAL_GAIN and (best is None or share < best[0]):
                best = (share, k, float(threshold), gain)
    return best


def share_for(curve, goal=GOAL_GAIN):
    gain, tokens = curve
    return float(tokens[numpy.argmax(gain >= goal)])


def interval(answers, sent, samples=2000):
    random = numpy.random.default_rng(SEED)
    values = numpy.array([answers.at(sent, random.integers(0, len(sent), len(sent))) for _ in range(samples)])
    return numpy.quantile(values, (0.025, 0.975), axis=0)


def picture(curves, point):
    width, height, left, top, right, bottom = 640, 420, 60, 50, 20, 50

    def at(share, gain):
        return left + share * (width - left - right), height - bottom - gain / 1.25 * (height - top - bottom)

    parts = [svg.text(left, 26, "Share of the cloud's gain against the share of its tokens", kind="title")]
    for i in range(0, 11, 2):
        x, y = at(i / 10, 0)
        parts += [svg.line(x, y, x, top, "grid"), svg.text(x, y + 18, f"{10 * i} %", "middle", "small")]
        x, y = at(0, i / 10)
        parts += [svg.line(x, y, width - right, y, "grid"), svg.text(x - 6, y + 4, f"{10 * i} %", "end", "small")]
    for i, (name, (gain, tokens)) in enumerate(curves.items()):
        step = max(1, len(gain) // 200)
        points = [at(s, max(0, g)) for g, s in list(zip(gain, tokens))[::step]] + [at(tokens[-1], gain[-1])]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        colour, y = svg.COLOURS[i], height - bottom - 16 * (len(curves) - i) - 4
        parts += [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
                  f'<rect x="{width - 290}" y="{y - 9}" width="12" height="4" fill="{colour}"/>',
                  svg.text(width - 272, y - 3, name, kind="small halo")]
    x, y = at(GOAL_SHARE, GOAL_GAIN)
    parts += [svg.line(x - 6, y, x + 6, y, "roof"), svg.line(x, y - 6, x, y + 6, "roof"), svg.text(x - 10, y - 8, "the bar", "end", "small halo")]
    x, y = at(point[1], point[0])
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="none" stroke="{svg.COLOURS[1]}" stroke-width="2"/>',
              svg.text(x + 9, y + 14, "calibrated on other families", kind="small halo")]
    return svg.picture(width, height, "A live cascade on families that it was not calibrated on", parts)


def through_a_route(support, home, cloud, cloud_name, k, threshold, rows, count):
    """The same questions through the policy `cascade`: (questions, share that the cloud answered, the same as computed, right, right as computed)."""
    config = home.path / "cascade.yaml"
    config.write_text(f"""
upstreams:
  - {{name: local, kind: engine, models: {{chat: {LOCAL_NAME}}}}}
  - {{name: cloud, kind: openai, base_url: "http://127.0.0.1:{cloud.port}/v1", proxy: none, models: {{chat: {cloud_name}}}, prefill: continued}}
routes:
  - {{model: chat, local: local, cloud: cloud, policy: {{cascade: {{probe_tokens: {k}, escalate_below: {threshold:.2f}}}}}}}
""")
    families = sorted({row["family"] for row in rows})
    data = {family: questions(family, max(row["number"] for row in rows) + 1) for family in families}
    counts = {"questions": 0, "cloud": 0, "agree": 0, "right": 0, "computed": 0}
    with support.Server(home, "--config", str(config)) as server:
        client = Client(server.port)
        for row in sorted(rows, key=lambda row: row["number"])[:count]:
            dataset = data[row["family"]]
            item = dataset[SHOTS + row["number"]]
            answer, upstream = client.ask(body("chat", [dataset[i] for i in range(SHOTS)], item))
            sent = bool(row["margins"]) and float(numpy.mean(row["margins"][:k])) < threshold
            counts["questions"] += 1
            counts["cloud"] += upstream == "cloud"
            counts["agree"] += (upstream == "cloud") == sent
            counts["right"] += is_right(dataset, item, text_of(answer))
            counts["computed"] += row["cloud"] if sent else row["local"]
    return counts


def report(rows, cloud_label):
    """(text of the page's section, picture, k, threshold, rows of the families that were tested)"""
    table = ["| family | half | local | cloud | only cloud | tokens for 90 % of the gain: cascade | the same, oracle |", "|---|---|---|---|---|---|---|"]
    halves, dropped = {"calibrated": [], "tested": []}, []
    everything = Answers(rows)
    per_family = int((everything.family == everything.family[0]).sum())
    kept = []
    for family in sorted(FAMILIES):
        take = everything.family == family
        local, cloud = everything.local[take].mean(), everything.cloud[take].mean()
        if cloud - local < LEAST_GAP:
            dropped.append(f"{family} ({100 * local:.0f} % and {100 * cloud:.0f} %)")
        else:
            kept.append(family)
    for number, family in enumerate(kept):  # every other one in the order of the alphabet
        halves[("calibrated", "tested")[number % 2]].append(family)
    one = Answers([row for row in rows if row["family"] in halves["calibrated"]])
    other_rows = [row for row in rows if row["family"] in halves["tested"]]
    other = Answers(other_rows)
    share, k, threshold, gain = calibrate(one)
    sent = other.mean_margin(k) < threshold
    point = other.at(sent)
    low, high = interval(other, sent)
    _, back_k, back_threshold, _ = calibrate(other)
    back = one.at(one.mean_margin(back_k) < back_threshold)
    for number, family in enumerate(kept):
        mine = Answers([row for row in rows if row["family"] == family])
        only = ((mine.cloud > mine.local).mean(), mine.local.mean(), mine.cloud.mean())
        table.append(f"| {family} | {('calibrated', 'tested')[number % 2]} | {100 * only[1]:.0f} % | {100 * only[2]:.0f} % | {100 * only[0]:.0f} % | "
                     f"{100 * share_for(mine.curve(mine.mean_margin(k))):.0f} % | {100 * share_for(mine.curve(mine.local - mine.cloud)):.0f} % |")
    random = numpy.random.default_rng(SEED).random(len(other.local))
    curves = {"oracle: what only the cloud knows": other.curve(other.local - other.cloud),
              f"cascade: mean margin of {k} tokens": other.curve(other.mean_margin(k)),
              "least margin of the whole answer": other.curve(other.least_margin()),
              "ideal verifier of the local answer": other.curve(other.local + 0.5 * random),
              "random": other.curve(random)}
    lines = [f"{len(kept) * per_family} questions ({per_family} of each family) of reasoning-gym {importlib.metadata.version('reasoning-gym')}, "
             f"{SHOTS} solved examples before each; local is {LOCAL_NAME}, the cloud {cloud_label}.", "",
             "| | share of the gain | share of the cloud's tokens |\n|---|---|---|",
             f"| the bar | >= {100 * GOAL_GAIN:.0f} % | <= {100 * GOAL_SHARE:.0f} % |",
             f"| families it was calibrated on ({k} tokens, margin < {threshold:.2f}) | {100 * gain:.0f} % | {100 * share:.0f} % |",
             f"| **other families, same setting** | **{100 * point[0]:.0f} %** ({100 * low[0]:.0f} to {100 * high[0]:.0f}) | **{100 * point[1]:.0f} %** "
             f"({100 * low[1]:.0f} to {100 * high[1]:.0f}) |",
             f"| the halves exchanged ({back_k} tokens, margin < {back_threshold:.2f}) | {100 * back[0]:.0f} % | {100 * back[1]:.0f} % |", "",
             "| on those other families | tokens for 90 % of the gain | gain at 50 % of the tokens |", "|---|---|---|"]
    for name, curve in curves.items():
        at_half = float(curve[0][numpy.searchsorted(curve[1], GOAL_SHARE, side="right") - 1])
        lines.append(f"| {name} | {100 * share_for(curve):.0f} % | {100 * at_half:.0f} % |")
    lines += ["", *table, "", f"Left out, since the cloud is less than 10 points better: {', '.join(dropped) or 'none'}."]
    return lines, picture(curves, point), k, threshold, other_rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pincer", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--cloud", required=True)
    parser.add_argument("--answers", required=True)
    parser.add_argument("--minutes", type=float, default=25)
    parser.add_argument("--most", type=int, default=200, help="questions of each family")
    parser.add_argument("--live", type=int, default=300, help="questions through the route")
    parser.add_argument("--cloud-label", help="what the page calls the cloud's model")
    parser.add_argument("--write")
    arguments = parser.parse_args()
    os.environ.update(PINCER_BIN=arguments.pincer, PINCER_TEST_MODEL=arguments.model)
    import support

    home, cloud_name = support.Home(), pathlib.Path(arguments.cloud).stem
    try:
        with support.Server(home, "-m", arguments.cloud, "-c", "4096") as cloud:
            if not pathlib.Path(arguments.answers).exists():
                with support.Server(home, "-c", "4096") as local:
                    collect(Client(local.port), Client(cloud.port), cloud_name, arguments.answers, arguments.minutes, arguments.most)
            rows = [json.loads(line) for line in open(arguments.answers)]
            lines, drawing, k, threshold, tested = report(rows, arguments.cloud_label or cloud_name)
            live = through_a_route(support, home, cloud, cloud_name, k, threshold, tested, arguments.live)
    finally:
        home.remove()
    n = live["questions"]
    lines += ["", f"Through a real route (`cascade: {{probe_tokens: {k}, escalate_below: {threshold:.2f}}}`), {n} questions: the cloud answered "
              f"{100 * live['cloud'] / n:.1f} %, the decision was the computed one in {100 * live['agree'] / n:.1f} %, {100 * live['right'] / n:.1f} % "
              f"were right ({100 * live['computed'] / n:.1f} % as computed)."]
    text = "\n".join(lines) + "\n"
    print(text)
    if arguments.write:
        page = pathlib.Path(arguments.write)
        page.with_name("router-cascade.svg").write_text(drawing)
        begin, end = "<!-- begin: made by bench/router/live_cascade.py -->\n", "<!-- end: live_cascade.py -->\n"
        head, rest = page.read_text().split(begin)
        page.write_text(head + begin + "\n" + text + "\n" + end + rest.split(end, 1)[1])


if __name__ == "__main__":
    main()
