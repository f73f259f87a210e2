// Where a step's time goes: by layer over time, in one step, and by kernel.
import { useRef, useState } from "preact/hooks";
import { getJson, request, type Bin, type Heat, type Kernels, type Phase, type Step, type Steps } from "./api";
import { Flame } from "./flame";
import { HeatMap } from "./heat";
import { useLoop } from "./hooks";
import { KernelTable } from "./kernels";
import type { Theme } from "./palette";
import { StepStrip } from "./steps";

const KEPT_BINS = 480;
const KEPT_STEPS = 240;
const KINDS = { decode: "Decode", prompt: "Prompt", all: "All steps" };
type Kind = keyof typeof KINDS;

export interface HeatData {
  layers: number;
  phases: Phase[];
  spans: string[];
  stretch: number; // ns
  bins: Bin[];
}

// A step that was still running when its stretch was read comes with the next answer.
function append(bins: Bin[], news: Bin[]): Bin[] {
  const first = news[0];
  const last = bins.at(-1);
  if (!first || !last || first.start_ns !== last.start_ns) return [...bins, ...news].slice(-KEPT_BINS);
  return [...bins.slice(0, -1), last.steps > first.steps ? last : first, ...news.slice(1)].slice(-KEPT_BINS);
}

async function save(model: string) {
  const response = await request(`/admin/trace/chrome?model=${encodeURIComponent(model)}&steps=300`);
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = `pincer-${model}-trace.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function Layers({ model, on, theme }: { model: string; on: boolean; theme: Theme }) {
  const [kind, setKind] = useState<Kind>("decode");
  const [paused, pause] = useState(false);
  const [heat, setHeat] = useState<HeatData | null>(null);
  const [steps, setSteps] = useState<number[][]>([]);
  const [chosen, choose] = useState<number | null>(null); // null: the newest
  const [step, setStep] = useState<Step | null>(null);
  const [kernels, setKernels] = useState<Kernels | null>(null);
  const [problem, setProblem] = useState("");
  const shown = useRef(-1); // the step in the flame
  const query = `model=${encodeURIComponent(model)}`;
  const running = on && !paused;

  const from = useRef({ heat: 0, kind, model });
  useLoop(
    running,
    0.5,
    async (signal) => {
      const asked = from.current;
      if (asked.kind !== kind || asked.model !== model) {
        from.current = { heat: 0, kind, model };
        setHeat(null);
      }
      const news = await getJson<Heat>(`/admin/trace/heat?${query}&kind=${kind}&from=${from.current.heat}`, signal);
      const again = news.next < from.current.heat; // the model was loaded anew
      from.current.heat = again ? 0 : news.next;
      setHeat((known) => ({
        layers: news.layers,
        phases: news.phases,
        spans: news.spans,
        stretch: news.stretch_ns,
        bins: again || !known ? news.bins : append(known.bins, news.bins),
      }));
    },
    [query, kind],
  );

  const fromStep = useRef(0);
  useLoop(
    running,
    0.5,
    async (signal) => {
      const news = await getJson<Steps>(`/admin/trace/steps?${query}&from=${fromStep.current}&steps=${KEPT_STEPS}`, signal);
      const again = news.next < fromStep.current;
      fromStep.current = again ? 0 : news.next;
      if (news.steps.length) setSteps((known) => [...(again ? [] : known), ...news.steps].slice(-KEPT_STEPS));
    },
    [query],
  );

  const wanted = chosen ?? [...steps].reverse().find((s) => s[4] === 0)?.[0] ?? steps.at(-1)?.[0] ?? -1;
  const latest = useRef(wanted);
  latest.current = wanted;
  const loadStep = async (number: number, signal?: AbortSignal) => {
    if (number < 0 || number === shown.current) return;
    setStep(await getJson<Step>(`/admin/trace/step?${query}&number=${number}`, signal));
    shown.current = number;
  };
  useLoop(running && chosen === null, 1, (signal) => loadStep(latest.current, signal), [query]);
  const pick = (number: number | null) => {
    choose(number);
    if (number !== null) loadStep(number).catch(() => setProblem(`Step ${number} is not recorded any more.`));
  };

  useLoop(running, 2, async (signal) => setKernels(await getJson<Kernels>(`/admin/trace/kernels?${query}&steps=512`, signal)), [query]);

  return (
    <section class="layers" aria-label="Layers">
      <div class="toolbar">
        <h2>Layers</h2>
        <fieldset class="choice">
          <legend class="hidden">Steps</legend>
          {(Object.keys(KINDS) as Kind[]).map((name) => (
            <label key={name}>
              <input type="radio" name="kind" checked={kind === name} onChange={() => setKind(name)} />
              <span>{KINDS[name]}</span>
            </label>
          ))}
        </fieldset>
        <span class="space" />
        <button class="quiet" aria-pressed={paused} onClick={() => pause(!paused)}>
          {paused ? "Go on" : "Pause"}
        </button>
        <button
          class="quiet"
          disabled={!on}
          onClick={() => {
            setProblem("");
            save(model).catch((error) => setProblem(String(error.message ?? error)));
          }}
          title="For Perfetto (ui.perfetto.dev) or chrome://tracing"
        >
          Download trace
        </button>
      </div>
      {problem && (
        <p class="notice" role="alert">
          {problem}
        </p>
      )}
      <HeatMap data={heat} theme={theme} onStep={(number) => pick(number)} />
      <StepStrip steps={steps} shown={step?.number ?? -1} following={chosen === null} theme={theme} onPick={pick} />
      <Flame step={step} theme={theme} onHold={() => step && choose(step.number)} />
      <KernelTable data={kernels} theme={theme} />
    </section>
  );
}
