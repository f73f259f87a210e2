// Gauges of the moment, and throughput over the last minutes.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { ModelState } from "./api";
import type { Sample } from "./app";
import { bytes, count, figure, percent, short } from "./format";
import { useWidth } from "./hooks";
import { PARTS, type Theme } from "./palette";

const SPAN = 120; // seconds of the chart

type Counter = "generated_tokens" | "prompt_tokens" | "cached_prompt_tokens" | "drafted" | "accepted";

const sum = (sample: Sample | undefined, name: keyof ModelState) =>
  (sample?.state.models ?? []).reduce((total, model) => total + (model.loaded ? (model[name] as number) : 0), 0);

// Per second, from one sample to the next. A model that goes takes its counts along.
function rates(samples: Sample[], name: Counter): number[] {
  return samples.map((sample, i) => {
    const before = samples[i - 1];
    if (!before) return 0;
    return Math.max(0, (sum(sample, name) - sum(before, name)) / (sample.at - before.at));
  });
}

function Tile({ label, value, unit, detail, share }: { label: string; value: string; unit?: string; detail: string; share?: number }) {
  return (
    <div class="tile">
      <dt>{label}</dt>
      <dd>
        <span class="value">
          {value}
          {unit && <small> {unit}</small>}
        </span>
        {share !== undefined && (
          <span class="bar" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={1} aria-valuenow={Math.min(1, share)}>
            <span style={{ width: `${Math.min(1, share) * 100}%` }} />
          </span>
        )}
        <span class="detail">{detail}</span>
      </dd>
    </div>
  );
}

function Throughput({ samples, theme }: { samples: Sample[]; theme: Theme }) {
  const [box, width] = useWidth<HTMLDivElement>();
  const plot = useRef<uPlot | null>(null);
  const now = samples.at(-1)?.at ?? 0;
  const generated = rates(samples, "generated_tokens");
  const prompts = rates(samples, "prompt_tokens");
  const data: uPlot.AlignedData = [samples.map((s) => s.at - now), generated, prompts];

  useEffect(() => {
    if (!box.current || width === 0) return;
    const style = getComputedStyle(document.documentElement);
    const muted = style.getPropertyValue("--muted").trim();
    const line = style.getPropertyValue("--line").trim();
    const font = `11px ${style.getPropertyValue("--sans")}`;
    const axis = { font, ticks: { show: false } };
    const range: uPlot.Scale.Range = (_u, _min, max) => [0, Math.max(10, (max ?? 0) * 1.1)];
    const series = (scale: string, colour: string): uPlot.Series => ({ scale, stroke: colour, width: 1.5, fill: colour + "1c", points: { show: false } });
    // A prompt is read many times as fast as an answer is written: an axis for each, in its colour.
    const values = (_: uPlot, ticks: number[]) => ticks.map((t) => short(t));
    plot.current = new uPlot(
      {
        width,
        height: 136,
        padding: [8, 0, 0, 0],
        cursor: { show: false },
        legend: { show: false },
        scales: { x: { time: false, range: [-SPAN, 0] }, generated: { range }, prompts: { range } },
        axes: [
          { ...axis, stroke: muted, grid: { show: false }, size: 24, values: (_, ticks) => ticks.map((t) => (t === 0 ? "now" : `${t} s`)) },
          { ...axis, stroke: PARTS[theme].attention, scale: "generated", grid: { stroke: line, width: 1 }, size: 44, values },
          { ...axis, stroke: PARTS[theme].mlp, scale: "prompts", side: 1, grid: { show: false }, size: 44, values },
        ],
        series: [{}, series("generated", PARTS[theme].attention), series("prompts", PARTS[theme].mlp)],
      },
      data,
      box.current,
    );
    return () => plot.current?.destroy();
  }, [width, theme]);
  useEffect(() => {
    plot.current?.setData(data);
  }, [samples]);

  const words = `Throughput over ${SPAN} seconds; now ${figure(generated.at(-1) ?? 0)} tokens generated a second, ${figure(prompts.at(-1) ?? 0)} of prompts`;
  return (
    <div class="throughput">
      <p class="key">
        <i style={{ background: PARTS[theme].attention }} /> generated tokens/s <i style={{ background: PARTS[theme].mlp }} /> prompt tokens/s
      </p>
      <div class="chart" ref={box} role="img" aria-label={words} />
    </div>
  );
}

export function Live({ samples, theme }: { samples: Sample[]; theme: Theme }) {
  const last = samples.at(-1);
  const recent = samples.slice(-4); // three seconds
  const over = (name: Counter) => {
    const first = recent[0];
    if (!first || !last || recent.length < 2) return 0;
    return Math.max(0, (sum(last, name) - sum(first, name)) / (last.at - first.at));
  };
  const used = sum(last, "kv_blocks_used");
  const total = sum(last, "kv_blocks_total");
  const prompts = sum(last, "prompt_tokens");
  const cached = sum(last, "cached_prompt_tokens");
  const drafted = sum(last, "drafted");
  const pool = last?.state.pool;
  return (
    <section class="live" aria-label="Live">
      <dl class="tiles">
        <Tile label="Throughput" value={figure(over("generated_tokens"))} unit="tokens/s" detail={`${figure(over("prompt_tokens"))} prompt tokens/s`} />
        <Tile label="Running" value={count(sum(last, "active"))} unit={`+ ${count(sum(last, "queued"))} queued`} detail={`${count(last?.state.connections ?? 0)} connections`} />
        <Tile label="KV cache" value={total ? percent(used / total) : "–"} share={total ? used / total : 0} detail={`${count(used)} of ${count(total)} blocks`} />
        <Tile
          label="Prefix hits"
          value={prompts + cached ? percent(cached / (prompts + cached)) : "–"}
          share={prompts + cached ? cached / (prompts + cached) : 0}
          detail={drafted ? `${percent(sum(last, "accepted") / drafted)} of guesses right` : "of prompt tokens"}
        />
        <Tile
          label="Weights"
          value={pool ? bytes(pool.resident_bytes) : "–"}
          share={pool && pool.charged_bytes ? pool.resident_bytes / pool.charged_bytes : 0}
          detail={pool ? `resident of ${bytes(pool.charged_bytes)} mapped` : "no pool"}
        />
      </dl>
      <Throughput samples={samples} theme={theme} />
    </section>
  );
}
