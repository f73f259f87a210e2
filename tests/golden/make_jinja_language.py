#!/usr/bin/env python3
# Makes jinja_language.jsonl: {"id", "template", "context", "text" | "error": true, ["tag"]} per line: small templates (written for this file)
# that exercise the Jinja language as chat templates use it, rendered by Python's jinja2 in the very environment of transformers.
# usage: make_jinja_language.py OUT.jsonl
# Made with Python 3.11.7, jinja2 3.1.6, transformers 5.23.0 (ImmutableSandboxedEnvironment, trim_blocks, lstrip_blocks, loopcontrols,
# its tojson, raise_exception, strftime_now, and its stricter `namespace` and `dict`). keep_trailing_newline is off: one newline at the end
# of a template's SOURCE is dropped. "error": rendering (or compiling) raises. "tag": "repr" marks cases that print a Python repr of a
# container, float or None/True/False.
import json
import os
import sys

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
from transformers.utils.chat_template_utils import _cached_compile_jinja_template

M = {"messages": [{"role": "system", "content": " Be nice. "}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}, {"role": "user", "content": "Bye"}]}
X = {"xs": ["a", "b", "c", "d"], "n": 7, "f": 2.5, "s": "Hello World", "e": [], "d": {"a": 1, "b": [1, 2], "c": None}, "t": True, "no": None, "u": "h\u00e9llo \U0001f600 \u4f60"}
TOOLS = {"tools": [{"type": "function", "function": {"name": "get_weather", "description": "Weather <now> & \"then\"", "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer", "default": 1.5}}, "required": ["city"]}}}, {"type": "function", "function": {"name": "t\u00edme", "parameters": {}}}]}
CALLS = {"messages": [{"role": "user", "content": "w?"}, {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": {"a": [1, 2.0, True, None], "b": "x\"y"}}}]}, {"role": "tool", "tool_call_id": "c1", "content": "42"}]}
PARTS = {"messages": [{"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "image"}, {"type": "text", "text": "two"}]}, {"role": "assistant", "content": "<think>\nhm\n</think>\n\nanswer"}]}

CASES = [
    # for and loop
    ("{% for m in messages %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.length }},{% endfor %}", M),
    ("{% for m in messages %}{% if loop.first %}F{% endif %}{{ m.role }}{% if not loop.last %}|{% endif %}{% endfor %}", M),
    ("{% for m in messages %}{{ loop.previtem.role if loop.previtem is defined else '-' }}>{{ loop.nextitem.role if loop.nextitem is defined else '-' }};{% endfor %}", M),
    ("{% for m in messages %}{% if loop.previtem and loop.previtem.role == 'user' %}<{{ m.role }}>{% endif %}{% endfor %}", M),
    ("{% for x in e %}{{ x }}{% else %}empty{% endfor %}", X),
    ("{% for x in xs %}{{ x }}{% else %}empty{% endfor %}", X),
    ("{% for x in xs if x != 'b' %}{{ loop.index }}{{ x }}{{ loop.last }} {% endfor %}", X),
    ("{% for x in xs if x == 'z' %}{{ x }}{% else %}none{% endfor %}", X),
    ("{% for m in messages if m.role == 'user' %}{{ m['content'] }};{% endfor %}", M),
    ("{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}", X, "repr"),
    ("{% for k in d %}{{ k }}{% endfor %}", X),
    ("{% for k, v in d | items %}{{ k }}{% endfor %}", X),
    ("{% for k, v in d | dictsort(reverse=true) %}{{ k }}{% endfor %}", X),
    ("{% for a, b in [[1, 2], [3, 4]] %}{{ a + b }} {% endfor %}", {}),
    ("{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(2, 8, 3) %}{{ i }}{% endfor %}{% for i in range(3, 0, -1) %}{{ i }}{% endfor %}", {}),
    ("{% for x in xs %}{% if x == 'c' %}{% break %}{% endif %}{{ x }}{% endfor %}", X),
    ("{% for x in xs %}{% if x == 'c' %}{% continue %}{% endif %}{{ x }}{% endfor %}", X),
    ("{% for x in xs %}{% for y in [1, 2, 3] %}{% if y == 2 %}{% break %}{% endif %}{{ x }}{{ y }}{% endfor %}{% endfor %}", X),
    ("{% for a in [1, 2] %}{% set outer = loop %}{% for b in [1, 2] %}{{ outer.index }}.{{ loop.index }} {% endfor %}{% endfor %}", {}),
    ("{% for c in 'h\u00e9y' %}[{{ c }}]{% endfor %}", {}),
    ("{% for x in undefined_thing %}{{ x }}{% else %}E{% endfor %}", {}),
    ("{% for x in none_thing %}{{ x }}{% endfor %}", {"none_thing": None}),
    ("{% for x in 5 %}{{ x }}{% endfor %}", {}),
    ("{% set x = 1 %}{% for y in [5, 6] %}{% set x = y %}{{ x }}{% endfor %}{{ x }}", {}),
    ("{% for x in xs %}{{ loop.cycle('odd', 'even') }} {% endfor %}", X),
    ("{% for x in [1, 1, 2, 2, 1] %}{% if loop.changed(x) %}{{ x }}{% endif %}{% endfor %}", {}),
    ("{% for m in messages %}{{ loop.depth }}{{ loop.depth0 }}{% endfor %}", M),
    ("{% for m in messages[::-1] %}{{ m.role }} {% endfor %}", M),
    ("{% for m in messages[1:] %}{{ m.role }} {% endfor %}{{ messages[-1].content }}{{ messages[0]['role'] }}", M),
    ("{% for m in messages | reverse %}{{ m.role[0] }}{% endfor %}", M),
    # if
    ("{% if n > 5 %}big{% elif n > 2 %}mid{% else %}small{% endif %}", X),
    ("{% if n > 10 %}big{% elif n > 2 %}mid{% else %}small{% endif %}", X),
    ("{% if not e and not '' and not 0 and not none and not {} and not 0.0 and not undefined_thing %}all falsy{% endif %}", X),
    ("{% if xs and d and 'x' and 1 and ' ' and [0] %}all truthy{% endif %}", X),
    ("{{ 'a' if t else 'b' }}{{ 'a' if no else 'b' }}[{{ 'a' if no }}]", X),
    ("{{ 1 if false else 2 if false else 3 }}", {}),
    ("{{ (no or 'dflt') ~ (t and 'yes') ~ ('' or 0 or 'z') }}", X),
    ("{% if 'user' == messages[1].role and (messages | length) % 2 == 0 %}ok{% endif %}", M),
    ("{% if (messages[0]['role'] == 'user') != (0 % 2 == 0) %}{{ raise_exception('bad') }}{% else %}fine{% endif %}", {"messages": [{"role": "user"}]}),
    ("{% if (messages[0]['role'] == 'user') != (0 % 2 == 0) %}{{ raise_exception('bad') }}{% else %}fine{% endif %}", M),
    # filters
    ("[{{ '  a b ' | trim }}][{{ s | upper }}][{{ s | lower }}][{{ 'hello wORLD' | capitalize }}][{{ 'hello wORLD-x' | title }}]", X),
    ("{{ xs | join }}{{ xs | join(', ') }}{{ [1, 2, 'x'] | join('-') }}{{ [] | join(',') }}", X),
    ("{{ messages | map(attribute='role') | join(',') }}", M),
    ("{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | list | join('/') }}", M),
    ("{{ messages | selectattr('role', '==', 'user') | list | length }}{{ messages | rejectattr('role', 'equalto', 'user') | list | length }}", M),
    ("{{ messages | selectattr('nope') | list | length }}{{ messages | selectattr('nope', 'defined') | list | length }}", M),
    ("{{ (messages | selectattr('role', 'in', ['user', 'system']) | list)[0].content | trim }}", M),
    ("{{ xs | map('upper') | join }}{{ [' a ', 'b '] | map('trim') | join('|') }}", X),
    ("{{ [1, 2, 3, 4] | select('odd') | join(',') }}{{ [1, 2, 3, 4] | reject('odd') | join(',') }}{{ [0, 1, '', 'a', none] | select | list | length }}", {}),
    ("{{ s | length }}{{ u | length }}{{ d | length }}{{ xs | count }}", X),
    ("{{ d | tojson }}", X),
    ("{{ tools | tojson }}", TOOLS),
    ("{{ tools | tojson(indent=2) }}", TOOLS),
    ("{% for t in tools %}{{ t.function | tojson(indent=4) }}\n{% endfor %}", TOOLS),
    ("{{ tools[1] | tojson(ensure_ascii=true) }}{{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }}{{ [1, 2] | tojson(separators=(',', ':')) }}", TOOLS),
    ("{{ 'q\"b\\\\s\\n\\t/<>&\\u00e9' | tojson }}{{ 1.0 | tojson }}{{ 1e100 | tojson }}{{ 0.1 | tojson }}{{ true | tojson }}{{ none | tojson }}{{ [] | tojson }}{{ {} | tojson }}", {}),
    ("{{ c | tojson }}", {"c": "\x00\x01\x1f\x7f\u2028\ufeff\U0001f600\b\f\r"}),
    ("{{ [] | tojson(indent=2) }}{{ {} | tojson(indent=2) }}{{ {'a': []} | tojson(indent=2) }}", {}),
    ("{{ undefined_thing | tojson }}", {}),
    ("{{ undefined_thing | default('D') }}{{ no | default('D') }}{{ '' | default('D', true) }}{{ no | default('E', boolean=true) }}{{ undefined_thing | d }}", X, "repr"),
    ("{{ s | replace('o', '0') }}{{ s | replace('l', 'L', 1) }}{{ s | replace('zz', '') }}", X),
    ("{{ xs | first }}{{ xs | last }}{{ s | first }}{{ s | last }}[{{ e | first }}]", X),
    ("{{ xs | list | length }}{{ 'abc' | list | join(' ') }}{{ d | list | join }}", X),
    ("{{ 'a\nb\n\nc' | indent }}|{{ 'a\nb' | indent(2) }}|{{ 'a\nb' | indent(2, true) }}|{{ 'a\n\nb' | indent(width=3, first=false, blank=true) }}", {}),
    ("{{ '3' | int + 1 }}{{ 'x' | int }}{{ 'x' | int(9) }}{{ 3.9 | int }}{{ '2.5' | float }}{{ 7 | string + '!' }}{{ -3 | abs }}", {}),
    ("{{ 2.567 | round(2) }}{{ 2.5 | round | int }}{{ 2.1 | round(method='ceil') | int }}", {}),
    ("{{ [3, 1, 2] | sort | join }}{{ ['b', 'A', 'c'] | sort | join }}{{ [3, 1, 2] | sort(reverse=true) | join }}{{ [1, 2, 3] | sum }}{{ [3, 1, 2] | max }}{{ [3, 1, 2] | min }}", {}),
    ("{{ ['a', 'b', 'a', 'A'] | unique | join }}{{ 'a,b' | wordcount }}{{ 'x' | center(5) }}|", {}),
    ("{{ '<a href=\"x\">&\\'' | e }}{{ '<b>' | escape }}{{ '<b>' | safe }}", {}),
    ("{% for g in messages | groupby('role') %}{{ g.grouper }}:{{ g.list | length }} {% endfor %}", M),
    ("{% for b in xs | batch(3) %}{{ b | join }};{% endfor %}{% for b in xs | slice(3) %}{{ b | join }};{% endfor %}", X),
    ("{% filter upper %}abc {{ n }}{% endfilter %}", X),
    ("{{ 'a b' | urlencode }}{{ '%s-%d' | format('x', 3) }}{{ '<p>x</p>' | striptags }}{{ 'abcdef ghi jkl' | truncate(8) }}", {}),
    ("{{ d | attr('nothing') }}|{{ xs | first | length }}", X),
    ("{{ s | nosuchfilter }}", X),
    ("{% if false %}{{ s | nosuchfilter }}{% endif %}ok", X),
    # tests
    ("{{ n is defined }}{{ zz is defined }}{{ zz is undefined }}{{ no is none }}{{ n is none }}{{ d.zz is defined }}{{ d.c is defined }}{{ d['c'] is none }}", X, "repr"),
    ("{{ s is string }}{{ n is string }}{{ d is mapping }}{{ xs is mapping }}{{ xs is iterable }}{{ s is iterable }}{{ n is iterable }}{{ d is iterable }}", X, "repr"),
    ("{{ xs is sequence }}{{ s is sequence }}{{ d is sequence }}{{ n is sequence }}{{ n is number }}{{ f is number }}{{ t is number }}{{ s is number }}", X, "repr"),
    ("{{ t is boolean }}{{ n is boolean }}{{ t is true }}{{ t is false }}{{ n is integer }}{{ f is integer }}{{ f is float }}{{ t is integer }}", X, "repr"),
    ("{{ 3 is odd }}{{ 4 is even }}{{ 9 is divisibleby(3) }}{{ 1 is eq 1 }}{{ 1 is equalto(2) }}{{ 2 is gt 1 }}{{ 1 is in [1, 2] }}{{ 'A' is upper }}{{ 'a' is lower }}{{ n is sameas n }}{{ raise_exception is callable }}", X, "repr"),
    ("{{ n is not none }}{{ zz is not defined }}{{ not n is none }}{{ s is not string }}", X, "repr"),
    ("{% if messages[0].content is string %}S{% else %}L{% endif %}{% if messages[1].content is not string %}?{% endif %}", M),
    ("{{ n is nosuchtest }}", X),
    ("{% if tools is defined and tools is not none and tools | length > 0 %}T{{ tools | length }}{% endif %}", TOOLS),
    ("{% if tools is defined and tools is not none and tools | length > 0 %}T{{ tools | length }}{% endif %}none", {"tools": None}),
    # operators
    ("{{ 'a' in xs }}{{ 'z' in xs }}{{ 'z' not in xs }}{{ 'ell' in s }}{{ 'a' in d }}{{ 1 in [1.0] }}{{ 'q' not in s }}", X, "repr"),
    ("{{ 1 ~ 'a' ~ 2.5 ~ none ~ true ~ [1, 'x'] ~ {'k': 'v'} }}", {}, "repr"),
    ("{{ 'a' + 'b' }}{{ [1] + [2] }}{{ 'ab' * 3 }}{{ [0] * 2 }}", {}, "repr"),
    ("{{ 7 // 2 }} {{ 7 % 3 }} {{ 2 ** 10 }} {{ 7 / 2 }} {{ 6 / 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 2 ** -1 }} {{ 2.0 * 3 }} {{ 1 - 2 - 3 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }}", {}, "repr"),
    ("{{ 1 + 2 * 3 - 4 / 2 }} {{ (1 + 2) * 3 }} {{ 10 - 2 + 3 }} {{ 1.5 + 1 }} {{ 7.5 // 2 }} {{ 7.5 % 2 }} {{ 1e3 }} {{ 1_000 }} {{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 1.0 }} {{ 0.1 + 0.2 }} {{ 1e16 }} {{ 1e-5 }} {{ 123456789012 * 1000 }}", {}, "repr"),
    ("{{ 1 / 0 }}", {}),
    ("{{ 1 + 'a' }}", {}),
    ("{{ 'a' + none }}", {}),
    ("{{ 1 < 2 < 3 }}{{ 1 < 3 < 2 }}{{ 1 == 1.0 }}{{ 'a' < 'b' }}{{ 'a' != 'b' }}{{ 3 >= 3 > 2 }}{{ [1, 2] == [1, 2] }}{{ [1] < [2] }}{{ true == 1 }}{{ none == false }}{{ '1' == 1 }}", {}, "repr"),
    ("{{ 'a' < 1 }}", {}),
    ("{{ not true and false }}{{ not (true and false) }}{{ true or false and false }}{{ 1 and 2 }}{{ 0 or 3 }}{{ not 1 == 2 }}", {}, "repr"),
    ("{{ xs[1] }}{{ xs[-1] }}{{ xs[1:3] | join }}{{ xs[:2] | join }}{{ xs[-2:] | join }}{{ xs[::2] | join }}{{ xs[::-1] | join }}{{ xs[3:0:-2] | join }}{{ s[0] }}{{ s[-5:] }}{{ s[::-1] }}{{ u[1:7] }}{{ u[::-1] }}", X),
    ("[{{ xs[10] }}][{{ xs[10:] | join }}][{{ d.zz }}][{{ d['zz'] }}][{{ zz }}]", X),
    ("{{ d.b[1] }}{{ d['b'][0] }}{{ d.get('a') }}{{ d.get('q', 'dq') }}{{ d['a'] }}", X),
    ("{{ zz.yy }}", X),
    ("{{ zz['yy'] }}", X),
    ("{{ zz + 'a' }}", X),
    ("{{ zz ~ 'a' }}{{ zz | length }}{{ zz == '' }}{{ zz == none }}{{ zz is none }}", X, "repr"),
    ("{{ zz() }}", X),
    ("{{ d.a.b.c }}", X),
    ("{{ no.x }}|{{ no['x'] }}|", X),
    # string and dict methods
    ("[{{ '  a '.strip() }}][{{ '  a '.lstrip() }}][{{ '  a '.rstrip() }}][{{ 'xxaxx'.strip('x') }}][{{ 'abcab'.lstrip('ab') }}][{{ '\\n\\na\\n'.strip('\\n') }}]", {}),
    ("{{ 'a,b,,c'.split(',') | join('|') }}{{ ' a  b '.split() | join('|') }}{{ 'a,b,c'.split(',', 1) | join('|') }}{{ 'a,b,c'.rsplit(',', 1) | join('|') }}{{ 'a'.split(',')[-1] }}", {}),
    ("{{ 'abc'.startswith('ab') }}{{ 'abc'.endswith('bc') }}{{ 'abc'.startswith(('x', 'a')) }}{{ 'abc'.find('c') }}{{ 'abc'.find('z') }}{{ 'aXa'.count('a') }}{{ 'a.b'.replace('.', '') }}", {}, "repr"),
    ("{{ 'aB'.upper() }}{{ 'aB'.lower() }}{{ 'ab cd'.title() }}{{ 'ab'.capitalize() }}{{ ','.join(['x', 'y']) }}{{ '12'.isdigit() }}{{ 'ab'.isalpha() }}", {}, "repr"),
    ("{{ d.keys() | list | join }}{{ d.values() | list | length }}{{ d.items() | list | length }}{{ 'a\\nb\\n'.splitlines() | join('|') }}{{ 'a=b'.partition('=') | join('|') }}{{ '{} {}'.format(1, 'x') }}{{ '{0:>4}'.format('r') }}", X),
    ("{{ xs.append('q') }}", X),
    ("{{ d.update({'a': 2}) }}", X),
    ("{{ s.__class__ }}", X),
    ("{{ ''.__class__.__mro__ }}", X),
    ("{{ xs.index('c') }}{{ xs.count('a') }}{{ 'abc'.removeprefix('a') }}{{ 'abc'.removesuffix('c') }}{{ 'x'.nosuch }}", X),
    ("{{ 'x'.nosuch() }}", {}),
    ("{{ messages[1].content.split('</think>')[-1].lstrip('\\n') }}|{{ messages[1].content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') }}", PARTS),
    # set, namespace, macros
    ("{% set x = 5 %}{% set y = x + 1 %}{{ x }}{{ y }}{% set a, b = 1, 2 %}{{ a }}{{ b }}", {}),
    ("{% set x %}block {{ n }} text{% endset %}[{{ x }}]{{ x | length }}", X),
    ("{% set x | upper | trim %}  block {{ n }} {% endset %}[{{ x }}]", X),
    ("{% set ns = namespace(found=false, n=0) %}{% for x in xs %}{% if x == 'c' %}{% set ns.found = true %}{% endif %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.found }}{{ ns.n }}", X, "repr"),
    ("{% set ns = namespace() %}{% set ns.a = 'x' %}{{ ns.a }}{{ ns.b is defined }}[{{ ns.b }}]", {}, "repr"),
    ("{% set d2 = {'a': 1} %}{% set d2.a = 2 %}{{ d2.a }}", {}),
    ("{% if true %}{% set z = 1 %}{% endif %}{{ z }}", {}),
    ("{% macro f(a, b='B', c=3) %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ f(1) }}{{ f(1, 2) }}{{ f(1, c=9) }}{{ f(b=5, a=4) }}{{ f() }}", {}),
    ("{% macro f(x) -%}\n  {%- if x > 0 -%}\n    {{ x }}{{ f(x - 1) }}\n  {%- endif -%}\n{%- endmacro %}{{ f(4) }}", {}),
    ("{% macro f(x) %}{{ x }}{{ varargs | join }}{{ kwargs.k }}{% endmacro %}{{ f(1, 2, 3, k='K') }}", {}),
    ("{% macro w(t) %}<{{ t }}>{{ caller() }}</{{ t }}>{% endmacro %}{% call w('b') %}in {{ n }}{% endcall %}", X),
    ("{% macro w() %}{{ caller('A', 1) }}{% endmacro %}{% call(p, q) w() %}{{ p }}{{ q }}{% endcall %}", {}),
    ("{% macro f() %}{{ n }}{{ zz }}{% endmacro %}{% set zz = 'Z' %}{{ f() }}{{ f() | length }}{{ f.name }}", X),
    ("{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1, 2) }}", {}),
    ("{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a }}", {}),
    ("{{ dict(a=1, b='x').b }}{{ dict(a=1) | tojson }}{% set j = joiner(', ') %}{% for x in xs %}{{ j() }}{{ x }}{% endfor %}{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}", X),
    # literals and printing
    ("{{ [1, 'a', none, true, 2.5, [], {}] }}{{ {'a': 1, 'b': 'x\\'y'} }}{{ (1, 2) }}{{ (1,) }}{{ () | length }}", {}, "repr"),
    ("{{ true }}{{ false }}{{ none }}{{ True }}{{ False }}{{ None }}", {}, "repr"),
    ("{{ d }}{{ xs }}{{ u }}{{ [u] }}{{ f }}", X, "repr"),
    ("{{ 'a\\nb\\tc\\\\d\\'e\\\"f' }}{{ \"it's\" }}{{ 'say \"x\"' }}{{ '\\u00e9\\x41' }}{{ 'a' 'b' }}", {}),
    ("{{ {'a': {'b': [10, 20, {'c': 'deep'}]}}.a.b[2].c }}{{ [[1, 2], [3]][1][0] }}{{ {'x y': 1}['x y'] }}{{ {1: 'int key'}[1] }}", {}),
    # whitespace control
    ("a\n  {% if true %}\n  b\n  {% endif %}\nc\n", {}),
    ("a\n  {%- if true %}\n  b\n  {%- endif %}\nc", {}),
    ("a\n  {% if true -%}\n  b\n  {% endif -%}\nc", {}),
    ("a  {{- ' b ' -}}  c\n\n{{- 'd' }}\n{{ 'e' -}}\n\nf", {}),
    ("x {%+ if true %} y {% endif +%}\n z", {}),
    ("  {%+ if true %}y{% endif %}\n", {}),
    ("{% for x in xs -%}\n   {{ x }}\n{%- endfor %}\n\n", X),
    ("{{ 'a' }}\n{{ 'b' }}\n\n", {}),
    ("line\n{# comment #}\nnext {# a\nmulti-line #} end{#- tight -#}  !", {}),
    ("  {# indented comment #}\nx", {}),
    ("\t {% set x = 1 %}\t\nafter\t{% set y = 2 %}\nend", {}),
    ("a\r\n{% if true %}\r\nb\r\n{% endif %}\r\nc", {}),
    ("{% raw %}{{ not }} {% a %} {# b #}{% endraw %}{{ n }}", X),
    ("a {% raw -%}  x {{ y }}  {%- endraw %} b", {}),
    ("{{ '{{' }}{{ '}}' }}{{ '{%' }}{{ \"#}\" }}", {}),
    ("", {}), ("\n", {}), ("no tags, just } text { % #}", {}), ("\n\n{{ n }}\n\n", X),
    # errors of syntax and at run time
    ("{% if true %}x", {}), ("{{ 'a }}", {}), ("{% endfor %}", {}), ("{% for x in %}{% endfor %}", {}), ("{{ }}", {}), ("{{ 1 + }}", {}), ("{% nosuchtag %}", {}), ("{% break %}", {}), ("{{ a b }}", {}),
    ("{{ raise_exception('stop') }}", {}), ("{% if false %}{{ raise_exception('stop') }}{% endif %}ok", {}), ("{# unclosed", {}), ("{% include 'x' %}", {}), ("{{ range(100001) | length }}", {}), ("{{ range(9999999999) | length }}", {}), ("{{ strftime_now('%%') }}{{ strftime_now('%Y') | length }}", {}),
    # like real chat templates
    ("{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' ' + message['content'] | trim + ' ' + eos_token }}{% endif %}{% endfor %}", dict(M, bos_token="<s>", eos_token="</s>")),
    ("{%- if messages[0]['role'] == 'system' %}\n    {%- set system_message = messages[0]['content'] | trim %}\n    {%- set loop_messages = messages[1:] %}\n{%- else %}\n    {%- set system_message = '' %}\n    {%- set loop_messages = messages %}\n{%- endif %}\n{{- '<sys>' + system_message + '</sys>\\n' }}\n{%- for message in loop_messages %}\n    {{- '<' + message.role + '>\\n' + message.content + '\\n' }}\n{%- endfor %}\n{%- if add_generation_prompt %}\n    {{- '<assistant>\\n' }}\n{%- endif %}\n", dict(M, add_generation_prompt=True)),
    ("{%- for message in messages %}\n{%- if message.content is string %}\n{{- message.content }}\n{%- else %}\n{%- for part in message.content %}\n{%- if part.type == 'text' %}{{ part['text'] }}{% elif part['type'] == 'image' %}{{ '<image>' }}{% endif %}\n{%- endfor %}\n{%- endif %}\n{{- '<eot>' }}\n{%- endfor %}", PARTS),
    ("{% for message in messages %}{% if message.tool_calls %}{% for tc in message.tool_calls %}<tool_call>\n{\"name\": \"{{ tc.function.name }}\", \"arguments\": {{ tc.function.arguments | tojson }}}\n</tool_call>{% endfor %}{% elif message.role == 'tool' %}<tool_response>{{ message.content }}</tool_response>{% else %}{{ message.content }}{% endif %}{% endfor %}", CALLS),
    ("{%- set ns = namespace(multi_step_tool=true, last_query_index=messages | length - 1) %}{%- for message in messages[::-1] %}{%- set index = (messages | length - 1) - loop.index0 %}{%- if ns.multi_step_tool and message.role == 'user' %}{%- set ns.multi_step_tool = false %}{%- set ns.last_query_index = index %}{%- endif %}{%- endfor %}{{ ns.last_query_index }}", M),
    ("{%- if tools %}# Tools\n{% for tool in tools %}{{ tool | tojson }}\n{% endfor %}{% endif %}end", TOOLS),
    ("{%- macro render_type(p) -%}{%- if p.type == 'string' -%}str{%- elif p.type == 'integer' -%}int{%- else -%}any{%- endif -%}{%- endmacro -%}{%- for tool in tools -%}{%- set f = tool.function -%}{{ f.name }}({%- for k, v in (f.parameters.properties or {}).items() -%}{{ k }}: {{ render_type(v) }}{% if v.default is defined %} = {{ v.default }}{% endif %}{{ ', ' if not loop.last }}{%- endfor -%})\n{% endfor -%}", TOOLS),
    ("{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{{ 'G' if add_generation_prompt else 'N' }}", {}),
    ("{% generation %}tracked {{ n }}{% endgeneration %}", X),
    ("{{ messages[0].content.strip() + ('' if messages[0].content.endswith('.') else '!') }}{{ (messages | length) > 3 and messages[3]['role'] == 'user' }}", M, "repr"),
]


def main():
    errors = []
    with open(sys.argv[1], "w", encoding="utf-8") as f:
        for i, (template, context, *tag) in enumerate(CASES):
            case = {"id": i, "template": template, "context": json.loads(json.dumps(context))}
            if tag:
                case["tag"] = tag[0]
            try:
                case["text"] = _cached_compile_jinja_template(template).render(**json.loads(json.dumps(context)))
            except Exception as e:
                errors.append(f"{i} {template[:70]!r}: {type(e).__name__}: {str(e)[:80]}")
                case["error"] = True
            f.write(json.dumps(case) + "\n")
    print(len(CASES), "cases,", len(errors), "errors", *errors, sep="\n")


main()
