// The time of each layer over time. Columns are stretches of a quarter of a second in which steps
// ran; stretches without any are left out, and the seam is marked.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Bin, Part } from "./api";
import { duration, plural } from "./format";
import { useWidth } from "./hooks";
import type { HeatData } from "./layers";
import { heatColours, PARTS, type Theme } from "./palette";

const METRICS = { all: "Whole layer", attention: "Attention", mlp: "MLP", norm: "Norm" };
type Metric = keyof typeof METRICS;
const COLUMN = 5; // px
const LABELS = 66;
const PROFILE = 150;
const GAP = 8;
const OUTSIDE: { name: string; of: (bin: Bin, data: HeatData) => number; part: Part }[] = [
  { name: "head", part: "head", of: (bin) => bin.layers_ns.at(-1)!.reduce((a, b) => a + b, 0) },
  { name: "sampling", part: "sample", of: (bin, data) => bin.spans_ns[data.spans.indexOf("sample")] ?? 0 },
  {
    name: "scheduling",
    part: "other",
    of: (bin, data) => bin.spans_ns.reduce((sum, ns, i) => (["forward", "sample"].includes(data.spans[i]!) ? sum : sum + ns), 0),
  },
];

function layerTime(bin: Bin, layer: number, data: HeatData, metric: Metric | Part): number {
  return bin.layers_ns[layer]!.reduce((sum, ns, p) => (metric === "all" || data.phases[p]!.part === metric ? sum + ns : sum), 0);
}

// From the 2nd to the 98th percentile, so that a single slow stretch does not darken all others; at
// least a fifth wide, so that noise does not look like a difference.
function scaleOf(values: number[]): [number, number] {
  const sorted = values.filter((v) => v > 0).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 1;
  const low = at(0.02);
  return [low, Math.max(at(0.98), low * 1.2)];
}

interface Geometry {
  columns: number;
  rowHeight: number;
  layers: number;
  height: number;
}

function geometry(width: number, layers: number): Geometry {
  const map = width - LABELS - (width > 560 ? PROFILE : 0);
  const rowHeight = Math.max(5, Math.min(14, Math.floor(300 / Math.max(1, layers))));
  return { columns: Math.max(1, Math.floor(map / COLUMN)), rowHeight, layers, height: layers * rowHeight + GAP + OUTSIDE.length * 13 };
}

const yOf = (row: number, g: Geometry) => (row < g.layers ? row * g.rowHeight : g.layers * g.rowHeight + GAP + (row - g.layers) * 13);

export function HeatMap({ data, theme, onStep }: { data: HeatData | null; theme: Theme; onStep: (step: number) => void }) {
  const [box, width] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [metric, setMetric] = useState<Metric>("all");
  const [at, setAt] = useState<{ column: number; row: number } | null>(null);
  const colours = useMemo(() => heatColours(theme), [theme]);
  const layers = data?.layers ?? 30;
  const g = geometry(width, layers);
  const bins = useMemo(() => data?.bins.slice(-g.columns) ?? [], [data, g.columns]);
  const values = useMemo(
    () => (data ? bins.map((bin) => Array.from({ length: layers }, (_, layer) => layerTime(bin, layer, data, metric))) : []),
    [data, bins, metric],
  );
  const outside = useMemo(() => (data ? bins.map((bin) => OUTSIDE.map((row) => row.of(bin, data))) : []), [data, bins]);
  const [low, high] = useMemo(() => scaleOf(values.flat()), [values]);
  const highOutside = useMemo(() => scaleOf(outside.flat())[1], [outside]);
  const first = g.columns - bins.length; // the newest stand at the right

  useEffect(() => {
    const element = canvas.current;
    if (!element || width === 0) return;
    const ratio = devicePixelRatio || 1;
    element.width = width * ratio;
    element.height = g.height * ratio;
    const c = element.getContext("2d")!;
    c.scale(ratio, ratio);
    const style = getComputedStyle(document.documentElement);
    const muted = style.getPropertyValue("--muted").trim();
    c.font = `10px ${style.getPropertyValue("--sans")}`;
    c.textBaseline = "middle";
    c.fillStyle = style.getPropertyValue("--sunken").trim();
    c.fillRect(LABELS, 0, g.columns * COLUMN, layers * g.rowHeight);
    c.fillRect(LABELS, yOf(layers, g), g.columns * COLUMN, OUTSIDE.length * 13);
    const paint = (value: number, min: number, max: number) =>
      colours[Math.max(0, Math.min(255, Math.round(((value - min) / (max - min)) * 255)))]!;
    values.forEach((column, i) => {
      const x = LABELS + (first + i) * COLUMN;
      column.forEach((value, layer) => {
        c.fillStyle = paint(value, low, high);
        c.fillRect(x, layer * g.rowHeight, COLUMN, g.rowHeight);
      });
      outside[i]!.forEach((value, row) => {
        c.fillStyle = paint(value, 0, highOutside);
        c.fillRect(x, yOf(layers + row, g), COLUMN, 12);
      });
      const before = bins[i - 1];
      if (before && bins[i]!.start_ns - before.start_ns > data!.stretch * 1.5) {
        c.fillStyle = style.getPropertyValue("--panel").trim();
        c.fillRect(x, 0, 1, g.height);
      }
    });
    c.fillStyle = muted;
    c.textAlign = "right";
    const every = g.rowHeight >= 11 ? 1 : 5;
    for (let layer = 0; layer < layers; layer += every) c.fillText(layer === 0 ? "layer 0" : String(layer), LABELS - 8, layer * g.rowHeight + g.rowHeight / 2);
    OUTSIDE.forEach((row, i) => c.fillText(row.name, LABELS - 8, yOf(layers + i, g) + 6));
    if (data && width > 560) drawProfile(c, data, bins, g, theme, LABELS + g.columns * COLUMN + 14, muted);
    if (at) {
      c.strokeStyle = style.getPropertyValue("--ink").trim();
      c.strokeRect(LABELS + at.column * COLUMN - 0.5, yOf(at.row, g) - 0.5, COLUMN + 1, at.row < layers ? g.rowHeight : 13);
    }
  }, [width, values, outside, low, high, highOutside, theme, at]);

  const cell = (event: MouseEvent) => {
    const bounds = canvas.current!.getBoundingClientRect();
    const column = Math.floor((event.clientX - bounds.left - LABELS) / COLUMN);
    const y = event.clientY - bounds.top;
    const below = y - layers * g.rowHeight - GAP;
    const row = below >= 0 ? layers + Math.floor(below / 13) : Math.min(layers - 1, Math.floor(y / g.rowHeight));
    const there = column >= 0 && column < g.columns && row >= 0 && row < layers + OUTSIDE.length;
    return there ? { column, row } : null;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === "Escape") setAt(null);
    if (event.key === "Enter" && at && bins[at.column - first]) onStep(bins[at.column - first]!.first);
    if (!move) return;
    event.preventDefault();
    const from = at ?? { column: g.columns - 1, row: 0 };
    setAt({
      column: Math.max(first, Math.min(g.columns - 1, from.column + move[0]!)),
      row: Math.max(0, Math.min(layers + OUTSIDE.length - 1, from.row + move[1]!)),
    });
  };

  const bin = at && bins[at.column - first];
  const words = bin && data && describe(bin, at.row, layers, data);
  return (
    <figure class="heat">
      <figcaption>
        <fieldset class="choice">
          <legend class="hidden">Part of a layer</legend>
          {(Object.keys(METRICS) as Metric[]).map((name) => (
            <label key={name}>
              <input type="radio" name="metric" checked={metric === name} onChange={() => setMetric(name)} />
              <span>{METRICS[name]}</span>
            </label>
          ))}
        </fieldset>
        <span class="space" />
        <Scale colours={colours} low={bins.length ? duration(low) : "–"} high={bins.length ? duration(high) : "–"} />
      </figcaption>
      <div ref={box} class="map">
        <canvas
          ref={canvas}
          style={{ width: `${width}px`, height: `${g.height}px` }}
          tabIndex={0}
          role="img"
          aria-label={`Time of each of ${layers} layers over ${plural(bins.length, "quarter")} of a second. Arrow keys move, Enter opens a step.`}
          onMouseMove={(event) => setAt(cell(event))}
          onMouseLeave={() => setAt(null)}
          onKeyDown={onKeyDown}
          onClick={(event) => {
            const where = cell(event);
            const clicked = where && bins[where.column - first];
            if (clicked) onStep(clicked.first);
          }}
        />
        {bins.length === 0 && <p class="waiting">Nothing was computed since you look. Ask the model something.</p>}
      </div>
      <p class="reading" aria-live="polite">
        {words ?? (bins.length ? `Mean of the steps in each quarter of a second. Rows below the layers: 0 to ${duration(highOutside)}.` : "\u00a0")}
      </p>
    </figure>
  );
}

function describe(bin: Bin, row: number, layers: number, data: HeatData): string {
  const what = `${plural(bin.steps, "step")} of ${(bin.rows / bin.steps).toFixed(bin.rows % bin.steps ? 1 : 0)} rows, ${duration(bin.step_ns)} each`;
  if (row >= layers) return `${OUTSIDE[row - layers]!.name}: ${duration(OUTSIDE[row - layers]!.of(bin, data))} · ${what}`;
  const parts = (["attention", "mlp", "norm"] as const).map((part) => `${METRICS[part]} ${duration(layerTime(bin, row, data, part))}`);
  return `layer ${row}: ${duration(layerTime(bin, row, data, "all"))} (${parts.join(", ")}) · ${what}`;
}

// Means over what is shown, by layer and part.
function drawProfile(c: CanvasRenderingContext2D, data: HeatData, bins: Bin[], g: Geometry, theme: Theme, x: number, muted: string) {
  if (bins.length === 0) return;
  const parts: Part[] = ["attention", "mlp", "norm"];
  const mean = (of: (bin: Bin) => number) => bins.reduce((sum, bin) => sum + of(bin), 0) / bins.length;
  const rows = Array.from({ length: g.layers }, (_, layer) => parts.map((part) => mean((bin) => layerTime(bin, layer, data, part))));
  const longest = Math.max(...rows.map((row) => row.reduce((a, b) => a + b, 0)));
  const scale = (PROFILE - 24) / longest;
  rows.forEach((row, layer) => {
    let left = x;
    row.forEach((ns, i) => {
      c.fillStyle = PARTS[theme][parts[i]!];
      c.fillRect(left, layer * g.rowHeight, ns * scale, g.rowHeight - (g.rowHeight > 6 ? 1 : 0));
      left += ns * scale;
    });
  });
  c.fillStyle = muted;
  c.textAlign = "left";
  OUTSIDE.forEach((row, i) => c.fillText(duration(mean((bin) => row.of(bin, data))), x, yOf(g.layers + i, g) + 6));
}

function Scale({ colours, low, high }: { colours: string[]; low: string; high: string }) {
  const bar = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const c = bar.current!.getContext("2d")!;
    colours.forEach((colour, i) => {
      c.fillStyle = colour;
      c.fillRect(i / 2, 0, 1, 8);
    });
  }, [colours]);
  return (
    <span class="scale">
      {low} <canvas ref={bar} width={128} height={8} aria-hidden="true" /> {high}
    </span>
  );
}
