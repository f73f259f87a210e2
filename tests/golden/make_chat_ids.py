#!/usr/bin/env python3
# Makes chat_ids.jsonl: {"id", "messages", "text", "ids"} per line: 20 conversations whose rendered prompts span 16 to 604 tokens.
# usage: make_chat_ids.py MODEL.gguf OUT.jsonl
# Made with Python 3.11.7, jinja2 3.1.6, tokenizers 0.23.3, transformers 5.23.0 (its apply_chat_template must agree; asserted), gguf 0.19.0.
# "text" is the GGUF's tokenizer.chat_template rendered with add_generation_prompt=True; "ids" are its tokens with special tokens parsed
# (no BOS added: the model has add_bos_token = false). Tokenizer: make_tokenizer.load (SmolLM's pre-tokenizer).
import json
import os
import sys

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
from gguf import GGUFReader
from make_tokenizer import load


def u(t):
    return {"role": "user", "content": t}


def a(t):
    return {"role": "assistant", "content": t}


def s(t):
    return {"role": "system", "content": t}


CODE = '''Explain what this function does and find the bug.

```python
def moving_average(values, window):
    """Return the running mean of `values` over `window` items."""
    out = []
    total = 0.0
    for i, v in enumerate(values):
        total += v
        if i >= window:
            total -= values[i - window - 1]
        if i >= window - 1:
            out.append(total / window)
    return out
```
'''
CPP = '''```cpp
#include <atomic>
#include <vector>

template <class T>
class Ring {
public:
    explicit Ring(std::size_t n) : buf_(n + 1) {}
    bool push(const T &v) {
        auto h = head_.load(std::memory_order_relaxed);
        auto next = (h + 1) % buf_.size();
        if (next == tail_.load(std::memory_order_acquire)) return false;
        buf_[h] = v;
        head_.store(next, std::memory_order_release);
        return true;
    }
    bool pop(T &v) {
        auto t = tail_.load(std::memory_order_relaxed);
        if (t == head_.load(std::memory_order_acquire)) return false;
        v = buf_[t];
        tail_.store((t + 1) % buf_.size(), std::memory_order_release);
        return true;
    }
private:
    std::vector<T> buf_;
    std::atomic<std::size_t> head_{0}, tail_{0};
};
```
Is this ring buffer safe for one producer and one consumer? Which memory orders could be relaxed?'''
ESSAY = (
    "The harbour had been quiet since the storm. Along the quay the fishermen mended their nets and argued about the price of diesel, about the new quota, "
    "and about whether the old lighthouse should be painted red or white. Maria, who kept the tide tables, listened without taking part. She had measured the water "
    "every morning for thirty-one years, and her notebooks filled two shelves of the harbour master's office. In 1998 the highest spring tide had stood at 4.82 metres; "
    "in 2017 it had reached 5.07. Nobody had asked her what she thought this meant. When the young engineer from the city arrived with his laser level and his laptop, he asked. "
    "They spent an afternoon with the notebooks, copying numbers into a table, and by evening they had a curve. It was not a straight line. It bent upward, gently, the way "
    "a gull's wing bends when it turns into the wind. "
)

CHATS = [
    [s("Hi"), u("Hi")],
    [s(""), u("What is 2+2?")],
    [u("Hello!")],
    [u("What is the capital of France?")],
    [s("You are a pirate. Answer like one."), u("Where is the treasure?")],
    [u("Write a haiku about autumn rain.")],
    [u("Compute 17 * 23 and show the steps. Then divide the result by 7, to 3 decimal places.")],
    [u("\u00bfC\u00f3mo se dice \u201cgood morning\u201d en japon\u00e9s? \u304a\u306f\u3088\u3046 \u2014 \u00bfes correcto? \U0001f914")],
    [s("You translate to English."), u("\u4eca\u5929\u5929\u6c14\u5f88\u597d\uff0c\u6211\u4eec\u53bb\u516c\u56ed\u6563\u6b65\u5427\u3002\nΚαλημέρα κόσμε. \u041f\u0440\u0438\u0432\u0435\u0442! \u0645\u0631\u062d\u0628\u0627 \U0001f468\u200d\U0001f469\u200d\U0001f467")],
    [u("Hi, my name is Ada."), a("Hello Ada! How can I help you today?"), u("What is my name?")],
    [u("Give me three fruits."), a("1. Apple\n2. Banana\n3. Cherry"), u("And three vegetables?"), a("1. Carrot\n2. Leek\n3. Spinach"), u("Now list all six in alphabetical order.")],
    [s("You are a careful software engineer."), u(CODE)],
    [u(CPP)],
    [u("Summarize the following story in two sentences.\n\n" + ESSAY)],
    [s("You are an editor. Keep the author's voice; correct only grammar."), u(ESSAY), a("The text is already in good shape. I would only shorten the second sentence."), u("Please do, and explain why.")],
    [u("Turn this into JSON:\nname\tage\tcity\nJos\u00e9\t41\tS\u00e3o Paulo\nZo\u00eb\t7\tMalm\u00f6\n\u674e\u96f7\t33\t\u5317\u4eac\n"), a('[{"name": "Jos\u00e9", "age": 41}]'), u("You left out the cities and two people.")],
    [s("Answer with a single word."), u("Is the sky blue?"), a("Yes"), u("Is grass red?"), a("No"), u("Is snow white?"), a("Yes"), u("Is coal white?")],
    [u("Why does the Moon always show the same face to the Earth? Explain tidal locking to a ten-year-old, with an example from everyday life, and then give the more technical reason in one paragraph.")],
    [s("You are a helpful assistant. Today is 2026-11-22."), u(ESSAY[:-190] + "\n\n" + CODE + "\n" + CPP + "\nAnswer two questions: what was the highest tide in 2017, and what is wrong with the function?")],
    [u("Write a short dialogue between two old friends who meet at a train station after twenty years."), a('"Is that you, Tom?"\n\n"Anna! I would have known that hat anywhere."\n\n"It is the same hat."\n\n"I know. That is how I knew."'), u(ESSAY + "Write the same kind of dialogue between Maria and the engineer."), a("Maria: You came about the numbers.\nEngineer: I came because nobody else wrote them down.\n"), u("Continue for four more lines, and let the curve be mentioned once." + " Keep it plain." * 12)],
]


def main():
    import jinja2
    from jinja2.ext import loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from transformers import AutoTokenizer

    path, out = sys.argv[1], sys.argv[2]
    tok = load(path)
    template = GGUFReader(path).fields["tokenizer.chat_template"].contents()
    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    hf = AutoTokenizer.from_pretrained(os.path.dirname(os.path.abspath(path)), gguf_file=os.path.basename(path))
    lengths = []
    with open(out, "w", encoding="utf-8") as f:
        for i, messages in enumerate(CHATS):
            text = env.from_string(template).render(messages=messages, add_generation_prompt=True)
            assert text == hf.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
            ids = tok.encode(text, add_special_tokens=False).ids
            assert tok.decode(ids, skip_special_tokens=False) == text
            f.write(json.dumps({"id": i, "messages": messages, "text": text, "ids": ids}) + "\n")
            lengths.append(len(ids))
    print(jinja2.__version__, lengths)


if __name__ == "__main__":
    main()
