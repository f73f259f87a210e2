// The router: upstreams and their breakers, canaries and their guards, and what this day has cost.
import { useState } from "preact/hooks";
import { getJson, type Canaries, type CanaryState, type Routes, type UpstreamRow } from "./api";
import { count, duration, percent } from "./format";
import { useLoop } from "./hooks";

const GUARDS: Record<string, string> = {
  error_rate: "errors",
  ttft: "first token",
  answer_length: "answer length",
  agreement: "agreement of shadows",
};

function value(guard: string, x: number): string {
  if (guard === "ttft") return duration(x * 1e9);
  return guard === "answer_length" ? `${count(x)} tokens` : percent(x);
}

function Upstream({ row }: { row: UpstreamRow }) {
  const open = row.breakers.filter((b) => b.state !== "closed");
  return (
    <tr>
      <th scope="row">{row.name}</th>
      <td>{row.kind}</td>
      <td class="number">{count(row.in_flight)}</td>
      <td class="number">{row.first_token_s > 0 ? duration(row.first_token_s * 1e9) : <span class="faint">–</span>}</td>
      <td>
        {open.length === 0
          ? "closed"
          : open.map((b) => `${b.model}: ${b.state.replace("_", " ")}${b.reason ? ` (${b.reason})` : ""}`).join(", ")}
      </td>
    </tr>
  );
}

function CanaryRows({ canary }: { canary: CanaryState }) {
  const stage = canary.stage.replace("_", " ");
  return (
    <tbody>
      <tr class="group">
        <th colSpan={5} scope="rowgroup">
          {canary.route}: {canary.target} for {canary.baseline}, {stage}
          {canary.stage === "running" && ` at ${canary.weight} %${canary.proven ? ", proven" : ""}`}
          {canary.reason && ` (${canary.reason})`}
          {`; ${count(canary.requests.canary)} requests beside ${count(canary.requests.baseline)}`}
        </th>
      </tr>
      {canary.guards.map((g) => (
        <tr key={g.guard}>
          <th scope="row">{GUARDS[g.guard] ?? g.guard}</th>
          <td class="number">{value(g.guard, g.baseline)}</td>
          <td class="number">{value(g.guard, g.canary)}</td>
          <td class="number rate">
            <span class="share">{percent(g.confidence)}</span>
            <span class="bar" role="meter" aria-label="evidence, share of what a rollback asks for" aria-valuemin={0} aria-valuemax={1} aria-valuenow={g.confidence}>
              <span style={{ width: `${g.confidence * 100}%` }} />
            </span>
          </td>
          <td>{g.breached ? "breached" : g.excess > g.limit ? "over its limit" : "within"}</td>
        </tr>
      ))}
    </tbody>
  );
}

export function RouterPanel({ on }: { on: boolean }) {
  const [routes, setRoutes] = useState<Routes | null>(null);
  const [canaries, setCanaries] = useState<CanaryState[]>([]);
  const [none, setNone] = useState(false);
  useLoop(
    on && !none,
    2,
    async (signal) => {
      const gray = await getJson<Canaries>("/admin/canary", signal);
      if (gray.routes === 0) return setNone(true);
      setCanaries(gray.canaries);
      setRoutes(await getJson<Routes>("/admin/routes", signal));
    },
    [none],
  );
  if (!routes) return null;
  const today = new Date().toISOString().slice(0, 10);
  const spent = routes.spend.filter((row) => row.day === today);
  const usd = spent.reduce((sum, row) => sum + row.usd, 0);
  const requests = spent.reduce((sum, row) => sum + row.requests, 0);
  return (
    <section class="router" aria-label="Router">
      <div class="toolbar">
        <h2>Router</h2>
        <span class="muted">
          today {count(requests)} answers by upstreams, {usd.toFixed(usd < 1 ? 4 : 2)} USD
        </span>
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label="Upstreams">
        <table>
          <thead>
            <tr>
              <th scope="col">Upstream</th>
              <th scope="col">Kind</th>
              <th scope="col" class="number">In flight</th>
              <th scope="col" class="number">First token</th>
              <th scope="col">Breaker</th>
            </tr>
          </thead>
          <tbody>
            {routes.upstreams.map((row) => (
              <Upstream key={row.name} row={row} />
            ))}
          </tbody>
        </table>
        {canaries.length > 0 && (
          <table>
            <thead>
              <tr>
                <th scope="col">Canary</th>
                <th scope="col" class="number">Baseline</th>
                <th scope="col" class="number">Canary</th>
                <th scope="col" class="number">Evidence</th>
                <th scope="col">Guard</th>
              </tr>
            </thead>
            {canaries.map((canary) => (
              <CanaryRows key={canary.route} canary={canary} />
            ))}
          </table>
        )}
      </div>
    </section>
  );
}
