#!/usr/bin/env python3
"""Stands where llama.cpp's server tests expect `llama-server`: starts `pincer serve` with what the same flags mean there.

A flag without a counterpart ends it with status 64 and the flag's name, so that no test passes because a flag was dropped. Dropped are only the
flags in WITHOUT_EFFECT: they say how llama.cpp does its work, or ask for what Pincer does anyway. llama_server_tests.py sets the environment:
PINCER_SHIM_BINARY, PINCER_SHIM_MODEL (a GGUF file, which stands for the small models of the tests), PINCER_SHIM_FOLDER (for copies and keys).
"""

import hashlib
import os
import pathlib
import sys

import gguf_copy

REFUSED = 64

# Models that the one at hand may stand for: tests of them look at the form of answers, or are listed as asking for this model's text.
REPLACED = ("ggml-org/test-model-stories260K", "ggml-org/models:bert-bge-small/ggml-model-f16.gguf")

# Flags with a value, and why it does not matter.
WITHOUT_EFFECT = {
    "--batch-size": "how prompts are cut", "--ubatch-size": "how prompts are cut", "-fa": "the kernel of attention",
    "--seed": "a default; which text it gives is the model's", "--n-predict": "a default; tests of lengths give them with the request",
}
# Flags without a value.
DONE_ANYWAY = {
    "--offline": "nothing is fetched", "--cont-batching": "always", "--embedding": "always", "--metrics": "always", "--no-slots": "no such endpoint",
    "--kv-unified": "always", "--jinja": "always", "--no-jinja": "the file's template is used", "--verbose": "of the log",
}
TEMPLATES = {  # those that llama.cpp has built in, of the names that the tests use
    "chatml": "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
              "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
    "llama3": "{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n{{ m['content'] | trim }}<|eot_id|>{% endfor %}"
              "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}",
    "command-r": "{% for m in messages %}<|START_OF_TURN_TOKEN|>"
                 "<|{{ {'user': 'USER', 'system': 'SYSTEM', 'assistant': 'CHATBOT'}[m['role']] }}_TOKEN|>"
                 "{{ m['content'] | trim }}<|END_OF_TURN_TOKEN|>{% endfor %}"
                 "{% if add_generation_prompt %}<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>{% endif %}",
}
POOLING = {"mean": 1, "cls": 2, "last": 3}
CACHES = {"f32": "f32", "f16": "f16", "q8_0": "int8"}
# Names that requests have, whatever is served: llama.cpp's server does not look at them, Pincer knows the models that it has, and routes.
ASKED_NAMES = ("test", "gpt-3.5-turbo", "gpt-3.5-turbo-instruct", "text-embedding-3-small")


def refuse(what):
    print(f"llama_server_shim: Pincer has nothing for {what}", file=sys.stderr)
    sys.exit(REFUSED)


class Flags:
    def __init__(self):
        self.host, self.port, self.repository, self.file, self.name = "127.0.0.1", "8080", None, None, None
        self.context, self.slots, self.shared, self.changes, self.origins = 0, 1, False, {}, ["*"]
        self.more = []

    def model(self, folder):
        """The file to serve, under the name that the server shall have for it."""
        source = pathlib.Path(os.environ["PINCER_SHIM_MODEL"])
        wanted = self.repository if self.file is None else f"{self.repository}:{self.file}"
        if self.repository is not None and wanted not in REPLACED:
            refuse(f"the model {wanted}, which cannot be had")
        # A copy even without changes: whoever else packs the same file at the time would be waited for.
        key = hashlib.sha256(repr((str(source), sorted(self.changes.items()))).encode()).hexdigest()[:16]
        changed = folder / f"{key}.gguf"
        if not changed.exists():
            gguf_copy.copy_with(source, changed.with_suffix(".part"), self.changes)
            changed.with_suffix(".part").rename(changed)
        home = folder / f"home-{key}-{self.name}" / "models"  # Pincer keeps the packed weights there for the next test
        home.mkdir(parents=True, exist_ok=True)
        named = home / f"{self.name or 'model'}.gguf"
        if not named.exists():
            named.symlink_to(changed)
        return named


def take(flags, name, value):
    """One flag; true if `value` belonged to it."""
    if name in DONE_ANYWAY:
        flags.shared = flags.shared or name == "--kv-unified"
        return False
    if name in WITHOUT_EFFECT:
        return True
    if name == "--context-shift":
        flags.more.append(name)
        return False
    if name == "--api-key":
        keys = pathlib.Path(os.environ["PINCER_SHIM_FOLDER"]) / f"keys-{os.getpid()}.txt"
        keys.write_text(value + "\n", "utf-8")
        flags.more += ["--api-key-file", str(keys)]
    elif name == "--chat-template" and value in TEMPLATES:
        flags.changes["tokenizer.chat_template"] = TEMPLATES[value]
    elif name == "--chat-template" and not value.isidentifier():  # the template itself
        flags.changes["tokenizer.chat_template"] = value
    elif name == "--chat-template-file":
        flags.changes["tokenizer.chat_template"] = pathlib.Path(value).read_text("utf-8")
    elif name == "--pooling" and value in POOLING:
        flags.changes["llama.pooling_type"] = POOLING[value]
    elif name in ("-ctk", "-ctv") and value in CACHES:
        flags.more += ["--kv", CACHES[value]]
    elif name == "--threads":
        flags.more += [name, value]
    elif name == "--temp" and value == "0.8":
        pass  # the tests' own default, given with every test; what is drawn with it is the model's text
    elif name == "--reasoning" and value in ("on", "off"):
        flags.more += [name, value]
    elif name == "--reasoning" and value == "auto" or name == "--reasoning-format" and value == "deepseek":
        pass  # what Pincer does
    elif name == "--cors-origins" and value == "localhost":
        flags.origins = []  # pages of this machine only: Pincer's default
    else:
        fields = {"--host": "host", "--port": "port", "--hf-repo": "repository", "--hf-file": "file", "--alias": "name",
                  "--ctx-size": "context", "--parallel": "slots"}
        if name not in fields or name == "--alias" and "," in value:
            refuse(f"{name} {value}" if value and not value.startswith("--") else name)
        setattr(flags, fields[name], int(value) if name in ("--ctx-size", "--parallel") else value)
    return True


def parse(arguments):
    flags = Flags()
    at = 0
    while at < len(arguments):
        value = arguments[at + 1] if at + 1 < len(arguments) else ""
        at += 2 if take(flags, arguments[at], value) else 1
    return flags


def config(name):
    """Routes that lead the names of requests to the model that is served."""
    lines = ["version: 1", "upstreams:", "  - name: local", "    kind: engine", "    models:"]
    lines += [f'      "{asked}": "{name}"' for asked in ASKED_NAMES]
    lines += ["routes:"] + [f'  - {{model: "{asked}", local: local, policy: fixed}}' for asked in ASKED_NAMES]
    return "\n".join(lines) + "\n"


def main():
    flags = parse(sys.argv[1:])
    folder = pathlib.Path(os.environ["PINCER_SHIM_FOLDER"])
    named = flags.model(folder)
    settings = folder / f"serve-{os.getpid()}.yaml"
    settings.write_text(config(named.stem), "utf-8")
    command = [os.environ["PINCER_SHIM_BINARY"], "serve", "--config", str(settings), "-m", str(named), "--max-active", str(flags.slots)]
    for host in flags.host.split(","):
        command += ["--listen", f"http://[{host}]:{flags.port}" if ":" in host else f"http://{host}:{flags.port}"]
    if flags.context:  # llama.cpp shares it out between the slots
        command += ["--context", str(flags.context if flags.shared else flags.context // flags.slots)]
    for origin in flags.origins:
        command += ["--allow-origin", origin]
    os.environ["PINCER_HOME"] = str(named.parent.parent)
    os.execv(command[0], command + flags.more)


if __name__ == "__main__":
    main()
