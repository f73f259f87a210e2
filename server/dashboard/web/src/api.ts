// Requests to the server that this page came from.

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code?: string,
  ) {
    super(message);
  }
}

// The key is kept for as long as the tab lives.
const KEY = "pincer-key";
export const apiKey = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (key: string) => (key ? sessionStorage.setItem(KEY, key) : sessionStorage.removeItem(KEY)),
};

export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (apiKey.get()) headers.set("Authorization", `Bearer ${apiKey.get()}`);
  const response = await fetch(path, { ...init, headers });
  if (response.ok) return response;
  let message = `${response.status} ${response.statusText}`;
  let code: string | undefined;
  try {
    const error = (await response.json()).error;
    message = error.message ?? message;
    code = error.code ?? undefined;
  } catch {
    // Not one of the server's own answers.
  }
  throw new ApiError(response.status, message, code);
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await request(path, { signal })).json() as Promise<T>;
}

// The data of each server-sent event, up to [DONE].
export async function* events(response: Response): AsyncGenerator<string> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    buffer += value;
    for (let end = buffer.indexOf("\n\n"); end >= 0; end = buffer.indexOf("\n\n")) {
      const event = buffer.slice(0, end);
      buffer = buffer.slice(end + 2);
      const data = event
        .split("\n")
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5).trimStart())
        .join("\n");
      if (data === "[DONE]") return;
      if (data) yield data;
    }
  }
}

export const seconds = (s: number, signal?: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, s * 1000);
    signal?.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });

// What /admin/state and /admin/live say.
export interface ModelState {
  name: string;
  loaded: boolean;
  context?: number;
  active: number;
  queued: number;
  kv_blocks_used: number;
  kv_blocks_total: number;
  prompt_tokens: number;
  cached_prompt_tokens: number;
  generated_tokens: number;
  finished: number;
  rejected: number;
  drafted: number;
  accepted: number;
  steps: number;
  step_ns: number;
}
export interface State {
  uptime_ms: number;
  ready: boolean;
  draining: boolean;
  connections: number;
  requests: number;
  models: ModelState[];
  pool: { budget_bytes: number; charged_bytes: number; resident_bytes: number } | null;
}

// What /admin/trace says.
export interface Phase {
  name: string;
  part: Part;
}
export type Part = "attention" | "mlp" | "norm" | "head" | "sample" | "step" | "other";
export interface Bin {
  start_ns: number;
  first: number;
  steps: number;
  rows: number;
  prompt_rows: number;
  step_ns: number;
  spans_ns: number[];
  layers_ns: number[][];
}
export interface Heat {
  layers: number;
  threads: number;
  next: number;
  stretch_ns: number;
  phases: Phase[];
  spans: string[];
  bins: Bin[];
}
export interface Steps {
  next: number;
  steps: number[][];
}
export interface Slice {
  name: string;
  part: Part;
  start_ns: number;
  ns: number;
  depth: number;
}
export interface Step {
  number: number;
  total_ns: number;
  sequences: number;
  rows: number;
  prompt_rows: number;
  drafts: number;
  sampled: number;
  context: number;
  slices: Slice[];
}
export interface KernelUse {
  phase: string;
  part: Part;
  steps: "decode" | "prompt";
  count: number;
  kernel: string;
  rows: number;
  ns_per_step: number;
  share: number;
  gmac_s?: number;
  gb_s?: number;
}
export interface Kernels {
  threads: number;
  isa: string;
  decode_steps: number;
  prompt_steps: number;
  limits: { int8_gmac_s: number; read_gb_s: number } | null;
  kernels: KernelUse[];
}

// What /admin/routes and /admin/canary say.
export interface UpstreamRow {
  name: string;
  kind: string;
  in_flight: number;
  first_token_s: number;
  breakers: { model: string; state: string; reason?: string }[];
}
export interface Routes {
  upstreams: UpstreamRow[];
  spend: { day: string; key: string; requests: number; usd: number }[];
}
export interface GuardState {
  guard: string;
  baseline: number;
  canary: number;
  excess: number;
  limit: number;
  confidence: number;
  breached: boolean;
}
export interface CanaryState {
  route: string;
  target: string;
  baseline: string;
  stage: string;
  weight: number;
  reason: string;
  requests: { canary: number; baseline: number };
  proven: boolean;
  guards: GuardState[];
}
export interface Canaries {
  routes: number;
  canaries: CanaryState[];
}
