// A conversation through /v1/chat/completions.
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, events, request } from "./api";
import { figure, plural } from "./format";
import { Markdown } from "./markdown";

interface Message {
  role: "user" | "assistant";
  text: string;
  note?: string; // under an answer: its speed, or why it ended
  failed?: boolean;
}
interface Settings {
  system: string;
  temperature: string;
  top_p: string;
  max_tokens: string;
  seed: string;
}
const DEFAULTS: Settings = { system: "", temperature: "", top_p: "", max_tokens: "", seed: "" };
const NUMBERS: { name: Exclude<keyof Settings, "system">; label: string; min: number; max?: number; step: number }[] = [
  { name: "temperature", label: "Temperature", min: 0, max: 2, step: 0.1 },
  { name: "top_p", label: "Top p", min: 0, max: 1, step: 0.05 },
  { name: "max_tokens", label: "Max tokens", min: 1, step: 1 },
  { name: "seed", label: "Seed", min: 0, step: 1 },
];

function body(model: string, history: Message[], settings: Settings) {
  const messages = history.filter((m) => !m.failed).map((m) => ({ role: m.role, content: m.text }));
  if (settings.system.trim()) messages.unshift({ role: "system" as never, content: settings.system });
  const numbers = NUMBERS.filter(({ name }) => settings[name] !== "").map(({ name }) => [name, Number(settings[name])]);
  return { model, messages, stream: true, stream_options: { include_usage: true }, ...Object.fromEntries(numbers) };
}

const REASONS: Record<string, string> = { length: "token limit", stop: "", tool_calls: "wants a tool" };

interface Run {
  text: string;
  reason: string;
  tokens: number;
  started: number;
  first: number; // seconds from the start; 0: none yet
  last: number;
}

function note(run: Run, stopped: boolean): string {
  const parts = [plural(run.tokens, "token")];
  if (run.tokens > 1 && run.last > run.first) parts.push(`${figure((run.tokens - 1) / (run.last - run.first))} tokens/s`);
  if (run.first) parts.push(`first after ${figure(run.first)} s`);
  const reason = stopped ? "stopped" : (REASONS[run.reason] ?? run.reason);
  if (reason) parts.push(reason);
  return parts.join(" · ");
}

async function ask(run: Run, json: unknown, signal: AbortSignal, changed: () => void) {
  const response = await request("/v1/chat/completions", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(json),
    signal,
  });
  let pieces = 0;
  for await (const data of events(response)) {
    const event = JSON.parse(data);
    if (event.error) throw new ApiError(500, event.error.message, event.error.code);
    const choice = event.choices?.[0];
    const piece = choice?.delta?.content;
    if (piece) {
      run.last = (performance.now() - run.started) / 1000;
      run.first ||= run.last;
      run.text += piece;
      run.tokens = ++pieces;
    }
    if (choice?.finish_reason) run.reason = choice.finish_reason;
    if (event.usage?.completion_tokens) run.tokens = event.usage.completion_tokens;
    changed();
  }
}

export function Chat({ model, keyNeeded }: { model: string; keyNeeded: () => void }) {
  const [messages, setMessages] = useState<Message[]>([]);
  const [draft, setDraft] = useState("");
  const [settings, setSettings] = useState(DEFAULTS);
  const [running, setRunning] = useState<AbortController | null>(null);
  const log = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [messages]);
  useEffect(() => {
    const field = input.current!;
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight, 200)}px`;
  }, [draft]);

  const send = async () => {
    const text = draft.trim();
    if (!text || running || !model) return;
    const stop = new AbortController();
    const history: Message[] = [...messages, { role: "user", text }];
    const run: Run = { text: "", reason: "", tokens: 0, started: performance.now(), first: 0, last: 0 };
    const show = (more: Partial<Message> = {}) => setMessages([...history, { role: "assistant", text: run.text, ...more }]);
    setDraft("");
    setRunning(stop);
    show();
    try {
      await ask(run, body(model, history, settings), stop.signal, show);
      show({ note: note(run, false) });
    } catch (error) {
      if (stop.signal.aborted) {
        show({ note: note(run, true) });
      } else {
        if (error instanceof ApiError && error.status === 401) keyNeeded();
        show({ note: error instanceof Error ? error.message : String(error), failed: true });
      }
    }
    setRunning(null);
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
    if (event.key === "Escape") running?.abort();
  };

  return (
    <section class="chat" aria-label="Chat">
      <div class="log" ref={log} role="log" aria-live="polite" aria-busy={running !== null} tabIndex={0}>
        {messages.length === 0 && (
          <div class="empty">
            <p class="lead">Ask the model something.</p>
            <p>While it answers, the panels show where each millisecond of a token goes.</p>
          </div>
        )}
        {messages.map((message, i) => (
          <article key={i} class={message.role} aria-label={message.role === "user" ? "You" : "Model"}>
            {message.role === "user" ? <p>{message.text}</p> : <Markdown text={message.text} />}
            {running && i === messages.length - 1 && <span class="caret" aria-hidden="true" />}
            {message.note && (
              <p class="note" data-failed={message.failed}>
                {message.note}
              </p>
            )}
          </article>
        ))}
      </div>
      <form
        class="composer"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <label>
          <span class="hidden">Message</span>
          <textarea
            ref={input}
            rows={1}
            value={draft}
            placeholder="Message"
            onInput={(event) => setDraft(event.currentTarget.value)}
            onKeyDown={onKeyDown}
          />
        </label>
        {running ? (
          <button type="button" class="primary" onClick={() => running.abort()}>
            Stop
          </button>
        ) : (
          <button type="submit" class="primary" disabled={!draft.trim() || !model}>
            Send
          </button>
        )}
      </form>
      <details class="settings">
        <summary>
          Parameters
          {messages.length > 0 && !running && (
            <button
              type="button"
              class="quiet"
              onClick={(event) => {
                event.preventDefault();
                setMessages([]);
                input.current?.focus();
              }}
            >
              New chat
            </button>
          )}
        </summary>
        <div class="fields">
          <label class="whole">
            System prompt
            <textarea rows={2} value={settings.system} onInput={(e) => setSettings({ ...settings, system: e.currentTarget.value })} />
          </label>
          {NUMBERS.map(({ name, label, ...range }) => (
            <label key={name}>
              {label}
              <input
                type="number"
                inputMode="decimal"
                placeholder="default"
                value={settings[name]}
                {...range}
                onInput={(e) => setSettings({ ...settings, [name]: e.currentTarget.value })}
              />
            </label>
          ))}
        </div>
      </details>
    </section>
  );
}
