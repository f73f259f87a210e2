"""The tables and the picture of what end_to_end.py measured."""

import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from svg import COLOURS, line, picture as svg_picture, text  # noqa: E402

BEGIN, END = "<!-- end_to_end:begin -->", "<!-- end_to_end:end -->"
US, LLAMA, GENAI = "Pincer", "llama.cpp", "OpenVINO GenAI"
PEERS = (LLAMA, GENAI)
PICTURE = "Tokens/s as multiples of llama.cpp's"
SIDES = {
    "native": "all that the CPU has",
    "no AMX": "AMX refused to all",
    "AVX2": "AVX2 only",
}
# By kind; a batch of n decodes n sequences at once.
KINDS = {"prefill": "prefill {}", "decode": "decode {}", "batch": "{} at once"}
SERVE = {"first_token_s": "first token after start, s", "pss_1": "memory of 1 process, MiB", "pss_2": "of 2 together",
         "pss_4": "of 4"}


def parts_of(name):
    """135M/Q8_0/prefill512/native/2: (model, type, kind, side, threads)"""
    model, kind_of_file, kind, side, threads = name.split("/")
    return model, kind_of_file, kind.rstrip("0123456789"), side, int(threads)


def samples(row, contender, size):
    return [r["values"][contender][size] for r in row["rounds"] if size in r["values"].get(contender, {})]


def ratios(row, peer, size):
    """Ours over theirs, of the rounds in which both ran."""
    pairs = ((r["values"].get(US, {}).get(size), r["values"].get(peer, {}).get(size)) for r in row["rounds"])
    return [ours / theirs for ours, theirs in pairs if ours and theirs]


def packed(row):
    """What Pincer was told to pack the weights to."""
    weights = {r["weights"] for r in row["rounds"]} - {""}
    return f" as {', '.join(sorted(weights))}" if weights else ""


def sizes_of(row):
    found = {}
    for r in row["rounds"]:
        for values in r["values"].values():
            found |= dict.fromkeys(values)
    return list(found)


def number(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def with_spread(values):
    if not values:
        return ""
    if len(values) == 1:
        return number(values[0])
    return f"{number(statistics.median(values))} ({number(min(values))} - {number(max(values))})"


def share(row, kind, size):
    """Of the limit that is near: the INT8 peak for prompts, reading memory for decoding, both for batches."""
    details = [r["details"]["rows"][size] for r in row["rounds"] if size in r["details"].get("rows", {})]
    if not details:
        return ""
    words = []
    if kind != "decode":
        words.append(f"{100 * statistics.median(d['share_of_int8_peak'] for d in details):.1f} % of INT8")
    if kind != "prefill":
        words.append(f"{100 * statistics.median(d['share_of_read'] for d in details):.0f} % of reading")
    return ", ".join(words)


def summary(name, row):
    """Lines for the terminal."""
    for size in sizes_of(row):
        words = [f"{contender} {with_spread(samples(row, contender, size))}" for contender in (US, *PEERS)
                 if samples(row, contender, size)]
        if parts_of(name)[2] != "serve":
            words += [f"{with_spread(ratios(row, peer, size))} x {peer}" for peer in PEERS if ratios(row, peer, size)]
        yield f"{name} {size}: {'; '.join(words)}"


def speed_lines(data, side, threads):
    for name, row in data["rows"].items():
        model, kind_of_file, kind, row_side, row_threads = parts_of(name)
        if (row_side, row_threads) != (side, threads) or kind == "serve":
            continue
        for size in sizes_of(row):
            label = f"{model} {kind_of_file}{packed(row)}, {KINDS[kind].format(size)}"
            cells = [label, with_spread(samples(row, US, size))]
            for peer in PEERS:
                ratio = ratios(row, peer, size)
                cells += [with_spread(samples(row, peer, size)), f"**{with_spread(ratio)}**" if ratio else ""]
            yield [*cells, share(row, kind, size)]


def serve_lines(data, threads):
    for name, row in data["rows"].items():
        model, kind_of_file, kind, _, row_threads = parts_of(name)
        if kind != "serve" or row_threads != threads:
            continue
        for contender in (US, LLAMA):
            ours = packed(row) if contender == US else ""
            yield [f"{model} {kind_of_file}{ours}, {contender}", *(with_spread(samples(row, contender, key)) for key in SERVE)]


def table(head, lines):
    rule = "|---|" + "---:|" * (len(head) - 1)
    return "\n".join(["| " + " | ".join(head) + " |", rule, *("| " + " | ".join(cells) + " |" for cells in lines)])


def limits_line(data, threads):
    """The largest that any run has measured."""
    found = [r["details"]["limits"] for row in data["rows"].values() for r in row["rounds"] if r["details"].get("limits")]
    key = str(threads)
    read = max((limits["read_gb_s"].get(key, 0) for limits in found), default=0)
    int8 = max((limits["int8_gmac_s"].get(key, 0) for limits in found), default=0)
    return f"read {read:.1f} GB/s from memory, {int8:.0f} INT8 GMAC/s"


def introduction(data, pincer_arguments):
    rounds = [r for row in data["rows"].values() for r in row["rounds"]]
    counts = sorted({len(row["rounds"]) for row in data["rows"].values() if row["rounds"]})
    dates = sorted({r["time"][:10] for r in rounds})
    words = (f"{data['machine']['cpu']}, {data['machine']['cores']} cores, {span(dates)}. Tokens/s, medians (smallest - largest) of"
             f" {span(counts)} alternating runs; ratios are of pairs of runs.")
    if pincer_arguments:
        words += f" Pincer with `{' '.join(pincer_arguments)}`."
    if len({r["pincer"] for r in rounds}) > 1:
        words += " Rows come from different builds of Pincer."
    return words


def span(values):
    """The first and the last of them, or the one that there is."""
    return " to ".join(str(value) for value in dict.fromkeys((values[0], values[-1])))


def tables(data, pincer_arguments=()):
    if not any(row["rounds"] for row in data["rows"].values()):
        return "Nothing is measured yet.\n"
    parts = [introduction(data, pincer_arguments)]
    for threads in sorted({parts_of(name)[4] for name in data["rows"]}):
        on = f"{threads} thread{'s' if threads > 1 else ''}"
        parts.append(f"Limits of the machine with {on}: {limits_line(data, threads)}.")
        for side, words in SIDES.items():
            found = list(speed_lines(data, side, threads))
            if found:
                head = ["", US, LLAMA, "ratio", GENAI, "ratio", "share of the limit"]
                parts += [f"**{on}, {words}**", table(head, found)]
        found = list(serve_lines(data, threads))
        if found:
            parts += [f"**A server, {on},** context of 4096, warm page cache; memory is Pss after one answer",
                      table(["", *SERVE.values()], found)]
    return "\n\n".join(parts) + "\n"


def write_between_markers(path, words):
    whole = path.read_text(encoding="utf-8")
    if whole.count(BEGIN) != 1 or whole.count(END) != 1 or whole.index(BEGIN) > whole.index(END):
        raise SystemExit(f"{path} needs one line '{BEGIN}' and after it one line '{END}'")
    before, after = whole[: whole.index(BEGIN) + len(BEGIN)], whole[whole.index(END):]
    path.write_text(f"{before}\n\n{words}\n{after}", encoding="utf-8")


def bars_of(data):
    """(label, {contender: median tokens/s over llama.cpp's}) of each row, native and of the most threads."""
    most = max(parts_of(name)[4] for name in data["rows"])
    for side in ("native", "no AMX"):
        for name, row in data["rows"].items():
            model, kind_of_file, kind, row_side, threads = parts_of(name)
            if row_side != side or threads != most or kind == "serve":
                continue
            for size in sizes_of(row):
                ours, theirs = ratios(row, LLAMA, size), ratios(row, GENAI, size)
                if not ours:
                    continue
                bars = {US: statistics.median(ours)}
                if theirs:
                    bars[GENAI] = statistics.median(ours) / statistics.median(theirs)
                what = f"{model} {kind_of_file}, {KINDS[kind].format(size)}"
                yield what + (", no AMX" if side == "no AMX" else ""), bars


def picture(data):
    """Tokens/s as multiples of llama.cpp's."""
    rows = list(bars_of(data))
    if not rows:
        raise SystemExit("there is nothing to draw yet")
    width, left, right, top, step = 960, 230, 900, 76, 26
    most = max(value for _, bars in rows for value in bars.values()) * 1.06
    bottom = top + step * len(rows)

    def x(value):
        return left + value / most * (right - left)

    words = f"{PICTURE}, {data['machine']['cpu']}, {data['machine']['cores']} cores"
    parts = [text(left, 28, words, kind="title")]
    for i, contender in enumerate((US, GENAI)):
        parts.append(f'<rect x="{left + 130 * i}" y="42" width="12" height="12" fill="{COLOURS[i]}"/>')
        parts.append(text(left + 18 + 130 * i, 53, contender))
    for tick in range(int(most) + 1):
        parts.append(line(x(tick), top - 6, x(tick), bottom, "roof" if tick == 1 else "grid"))
        parts.append(text(x(tick), bottom + 16, f"{tick} x", "middle", "small"))
    for i, (label, bars) in enumerate(rows):
        y = top + step * i
        parts.append(text(left - 8, y + 13, label, "end", "small"))
        height = 18 / len(bars)
        for j, (contender, value) in enumerate(bars.items()):
            colour = COLOURS[(US, GENAI).index(contender)]
            parts.append(f'<rect x="{left}" y="{y + j * height:.1f}" width="{x(value) - left:.1f}" height="{height - 1:.1f}"'
                         f' fill="{colour}"/>')
        parts.append(text(x(bars[US]) + 5, y + 4 + height / 2, f"{bars[US]:.2f} x", kind="small halo"))
    return svg_picture(width, bottom + 32, words, parts)
