// The page: a bar, the chat, and what the engine does, side by side or, on a phone, one at a time.
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, apiKey, events, getJson, request, seconds, type State } from "./api";
import { Chat } from "./chat";
import { useTheme, useVisible } from "./hooks";
import { Layers } from "./layers";
import { Live } from "./live";
import { RouterPanel } from "./routes";

export interface Sample {
  at: number; // seconds, of the server's clock: events may arrive late, and several at once
  state: State;
}
const KEPT = 180; // seconds

type Connection = { kind: "connecting" | "open" | "lost" | "key" | "refused"; message?: string };

// The server's state, once a second, for as long as the page is looked at.
function useServerState(visible: boolean, key: string): [Sample[], Connection] {
  const [samples, setSamples] = useState<Sample[]>([]);
  const [connection, setConnection] = useState<Connection>({ kind: "connecting" });
  useEffect(() => {
    if (!visible) return;
    const stop = new AbortController();
    (async () => {
      while (!stop.signal.aborted) {
        try {
          const response = await request("/admin/live", { signal: stop.signal });
          setConnection({ kind: "open" });
          for await (const data of events(response)) {
            const state = JSON.parse(data) as State;
            const at = state.uptime_ms / 1000;
            // What is younger than the news is from before the server was started anew.
            setSamples((known) => [...known.filter((s) => s.at > at - KEPT && s.at < at), { at, state }]);
          }
          setConnection({ kind: "lost", message: "The server is stopping." });
        } catch (error) {
          if (stop.signal.aborted) return;
          const status = error instanceof ApiError ? error.status : 0;
          const message = error instanceof Error ? error.message : String(error);
          setConnection({ kind: status === 401 ? "key" : status === 403 ? "refused" : "lost", message });
          if (status === 401 || status === 403) return; // a new key begins anew
        }
        await seconds(2, stop.signal);
      }
    })();
    return () => stop.abort();
  }, [visible, key]);
  return [samples, connection];
}

function useModels(key: string, known: string): string[] {
  const [models, setModels] = useState<string[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    getJson<{ data: { id: string }[] }>("/v1/models", stop.signal)
      .then((list) => setModels(list.data.map((model) => model.id)))
      .catch(() => {});
    return () => stop.abort();
  }, [key, known]);
  return models;
}

function KeyDialog({ open, message, onKey, onClose }: { open: boolean; message?: string; onKey: (key: string) => void; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (open && !dialog.current!.open) dialog.current!.showModal();
    if (!open && dialog.current!.open) dialog.current!.close();
  }, [open]);
  const submit = (event: Event) => {
    event.preventDefault();
    onKey(input.current!.value.trim());
  };
  return (
    <dialog ref={dialog} aria-labelledby="key-title" onClose={onClose}>
      <form onSubmit={submit}>
        <h2 id="key-title">API key</h2>
        <p>{message ?? "Sent with every request of this page, and forgotten when the tab is closed."}</p>
        <label>
          Key
          <input ref={input} type="password" autocomplete="off" spellcheck={false} defaultValue={apiKey.get()} />
        </label>
        <div class="buttons">
          <button type="button" class="quiet" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary">
            Use key
          </button>
        </div>
      </form>
    </dialog>
  );
}

const STATUS: Record<Connection["kind"], string> = {
  connecting: "Connecting",
  open: "Ready",
  lost: "No connection",
  key: "Needs a key",
  refused: "Figures are not shown here",
};
const TABS = ["chat", "live", "layers"] as const;
type Tab = (typeof TABS)[number];

export function App() {
  const [theme, toggleTheme] = useTheme();
  const visible = useVisible();
  const [key, setKey] = useState(apiKey.get());
  const [askKey, setAskKey] = useState(false);
  const [tab, setTab] = useState<Tab>("chat");
  const [wide, setWide] = useState(() => matchMedia("(min-width: 1000px)").matches);
  const [chosen, choose] = useState("");
  const [samples, connection] = useServerState(visible, key);
  const state = samples.at(-1)?.state;
  const models = useModels(key, state?.models.map((m) => m.name).join() ?? "");
  const model = models.includes(chosen) ? chosen : (models[0] ?? "");

  useEffect(() => {
    const query = matchMedia("(min-width: 1000px)");
    const change = () => setWide(query.matches);
    query.addEventListener("change", change);
    return () => query.removeEventListener("change", change);
  }, []);
  useEffect(() => {
    if (connection.kind === "key") setAskKey(true);
  }, [connection]);

  const loaded = state?.models.find((m) => m.name === model)?.loaded ?? false;
  const status =
    connection.kind !== "open"
      ? STATUS[connection.kind]
      : state?.draining
        ? "Stopping"
        : loaded || !state
          ? "Ready"
          : state.ready
            ? "Loads on first use"
            : "Loading";
  return (
    <div class="page" data-tab={tab}>
      <header>
        <h1>
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M9 27C3 20 4 9 13 4c-3 6-2 10 1 12 1-4 3-7 7-9 6 6 7 14 2 20l-4-5-3 5-3-5z" />
          </svg>
          Pincer
        </h1>
        <label class="model">
          <span class="hidden">Model</span>
          <select value={model} onChange={(e) => choose(e.currentTarget.value)} disabled={models.length === 0}>
            {models.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
            {models.length === 0 && <option value="">no model</option>}
          </select>
        </label>
        <span class="status" role="status" data-kind={connection.kind === "open" && loaded ? "open" : connection.kind === "open" ? "connecting" : connection.kind} title={connection.message}>
          <span>{status}</span>
        </span>
        <button class="icon" onClick={() => setAskKey(true)} aria-label="API key" title="API key">
          <svg viewBox="0 0 20 20" aria-hidden="true">
            <circle cx="7" cy="13" r="3.5" />
            <path d="M9.5 10.5 16 4m-3 3 2.5 2.5" />
          </svg>
        </button>
        <button class="icon" onClick={toggleTheme} aria-label={theme === "dark" ? "Light mode" : "Dark mode"} title={theme === "dark" ? "Light mode" : "Dark mode"}>
          <svg viewBox="0 0 20 20" aria-hidden="true">
            {theme === "dark" ? (
              <path d="M10 3V1.5m0 17V17m7-7h1.5m-17 0H3m12-5 1-1M4 16l1-1m10 0 1 1M4 4l1 1m8 5a3 3 0 1 1-6 0 3 3 0 0 1 6 0z" />
            ) : (
              <path d="M16.5 11.5A7 7 0 0 1 8.5 3.5a7 7 0 1 0 8 8z" />
            )}
          </svg>
        </button>
      </header>
      <nav aria-label="Parts of the page">
        {TABS.map((name) => (
          <button key={name} aria-current={tab === name ? "page" : undefined} onClick={() => setTab(name)}>
            {name[0]!.toUpperCase() + name.slice(1)}
          </button>
        ))}
      </nav>
      <main>
        <Chat model={model} keyNeeded={() => setAskKey(true)} />
        <div class="watch">
          {connection.kind === "refused" || connection.kind === "lost" || connection.kind === "key" ? (
            <p class="notice" role="alert">
              {connection.message}
            </p>
          ) : null}
          <Live samples={samples} theme={theme} />
          <RouterPanel on={visible && connection.kind === "open" && (wide || tab === "live")} />
          <Layers model={model} on={visible && loaded && connection.kind === "open" && (wide || tab === "layers")} theme={theme} />
        </div>
      </main>
      <KeyDialog
        open={askKey}
        message={connection.kind === "key" ? connection.message : undefined}
        onClose={() => setAskKey(false)}
        onKey={(entered) => {
          apiKey.set(entered);
          setKey(entered);
          setAskKey(false);
        }}
      />
    </div>
  );
}
